//! Signing out at a client's request (OpenID Connect RP-Initiated Logout 1.0).

use std::rc::Rc;

use crate::crypto::secret::sha256;
use crate::cx::Cx;
use crate::domain::clients;
use crate::domain::oauth::reauthentication::{person, read_hint};
use crate::domain::refusal::{Error, oauth};
use crate::domain::session::sessions;
use crate::domain::tenants::Tenant;
use crate::model::document_id::row_id;
use crate::oidc::error::Code;
use crate::oidc::id_token::IdToken;
use crate::oidc::params::Params;
use crate::ports::Fault;
use crate::store;
use crate::store::clients::Client;

/// Where the browser goes when it is signed out; it is registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Back {
    /// The address.
    pub(crate) uri: String,
    /// What the client wants back.
    pub(crate) state: Option<String>,
}

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The person is asked first (§2).
    Ask(Option<Back>),
    /// Nobody is signed in any more; the session that was ended, if somebody was.
    Out(Option<Back>, Option<String>),
}

/// Decides on a request; `cookie` is the session cookie's value, and `confirmed` whether the person said yes on
/// our own page.
///
/// # Errors
/// `invalid_request` for an address to go back to that is not registered, for a client that is not, and for an
/// ID token of another client than the request names: nothing is ended, and the person sees why.
pub(crate) async fn request(
    cx: &Cx,
    tenant: &Tenant,
    params: &Params,
    cookie: Option<&str>,
    confirmed: bool,
) -> Result<Outcome, Error> {
    // §2: an ID token is good as a hint also when it has expired.
    let hint = match params.get("id_token_hint") {
        Some(token) => Some(read_hint(cx, tenant, token).await?),
        None => None,
    };
    let client = client(cx, tenant, params, hint.as_ref()).await?;
    let back = back(client.as_deref(), params)?;
    let Some(live) = person(cx, tenant, cookie).await? else { return Ok(Outcome::Out(back, None)) };
    // A link of a stranger signs nobody out: either the client shows what only this session gave it, or the
    // person says so.
    let theirs = match hint.flatten() {
        Some(hint) => parent_of(cx, tenant, &hint).await?.is_some_and(|parent| parent == live.id),
        None => false,
    };
    if !theirs && !confirmed {
        return Ok(Outcome::Ask(back));
    }
    sessions::end(cx, &tenant.id, &live.user.id, &live.id).await?;
    Ok(Outcome::Out(back, Some(live.id)))
}

/// The browser's session in which the token's grant began.
async fn parent_of(cx: &Cx, tenant: &Tenant, hint: &IdToken) -> Result<Option<String>, Fault> {
    let client_row = row_id(&tenant.id, &hint.aud, sha256);
    store::grants::parent_of(cx.db.as_ref(), &hint.sid, &client_row, &hint.sub).await
}

/// The client that asks: the one that the ID token is for, or the one that is named. With an ID token that is
/// not ours there is none, as the name cannot be checked against it (§2, §4).
async fn client(
    cx: &Cx,
    tenant: &Tenant,
    params: &Params,
    hint: Option<&Option<IdToken>>,
) -> Result<Option<Rc<Client>>, Error> {
    let named = params.get("client_id");
    let id = match (hint, named) {
        (Some(None), _) | (None, None) => return Ok(None),
        (Some(Some(hint)), Some(named)) if hint.aud != named => {
            return Err(oauth(Code::InvalidRequest, "the id_token_hint is another client's than client_id"));
        }
        (Some(Some(hint)), _) => &hint.aud,
        (None, Some(named)) => named,
    };
    let known = clients::by_client_id(cx, tenant, id).await?;
    if known.is_none() && named.is_some() {
        return Err(oauth(Code::InvalidRequest, "the client is not registered"));
    }
    Ok(known)
}

/// Where to go back to (§3). Without a client whose address it could be, nowhere.
fn back(client: Option<&Client>, params: &Params) -> Result<Option<Back>, Error> {
    let (Some(client), Some(uri)) = (client, params.get("post_logout_redirect_uri")) else { return Ok(None) };
    if !client.metadata.post_logout_redirect_uris.iter().any(|known| known == uri) {
        let text = "post_logout_redirect_uri is not registered for the client";
        return Err(oauth(Code::InvalidRequest, text));
    }
    Ok(Some(Back { uri: uri.to_owned(), state: params.get("state").map(str::to_owned) }))
}
