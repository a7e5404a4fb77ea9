//! Clients that register themselves (RFC 7591) and manage what they registered (RFC 7592), as far as their
//! tenant lets them: not at all, with an initial access token, or anyone.
//!
//! An initial access token is a credential of the tenant with the scope [`SCOPE`] that only administrators can
//! make (a key of the tenant's own, or a client's own token), or any with which an administrator may write.

use std::rc::Rc;

use crate::crypto::api_key::parse_key;
use crate::crypto::secret::{same, stored};
use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::clients::authentication;
use crate::domain::clients::new_clients::count_new;
use crate::domain::clients::registry::{Client, Made};
use crate::domain::clients::{self, rules};
use crate::domain::public_uris;
use crate::domain::refusal::{CHANGED, Error, Refusal, invalid};
use crate::domain::session::principal::{self, Credential, Sent};
use crate::domain::session::recency::{self, Lasting};
use crate::domain::tenants::{ClientRegistration, ResolvedTenant, Tenant};
use crate::model::client::{AUTHORIZATION_CODE, DEVICE_CODE, Described, REFRESH_TOKEN};
use crate::model::role::ADMIN;
use crate::model::scope::{OPENID, is_scope};
use crate::ports::http::Reach;
use crate::store;

/// What an initial access token may do.
pub(crate) const SCOPE: &str = "clients:register";

/// Registers a client.
///
/// # Errors
/// [`Refusal::Invalid`]; [`Refusal::SignUpClosed`]; [`Refusal::Limited`]; what is wrong with the
/// initial access token.
pub(crate) async fn register(
    cx: &Cx,
    resolved: &ResolvedTenant,
    sent: &Sent<'_>,
    described: Described,
) -> Result<Made, Error> {
    let tenant = resolved.tenant.as_ref();
    let voucher = match tenant.settings.client_registration {
        ClientRegistration::Closed => return Err(Refusal::SignUpClosed.into()),
        ClientRegistration::Token => Some(voucher(cx, resolved, sent).await?),
        ClientRegistration::Open => None,
    };
    let described =
        narrow(described, voucher.as_ref().map(|_| Granted::Vouched).unwrap_or(Granted::Nothing))?;
    public_uris::check(cx, &described.metadata, Reach::Stranger).await?;
    if voucher.is_none() {
        count_new(cx, tenant).await?;
    }
    let mut made = clients::new(cx, tenant, described);
    let token = cx.secret();
    made.client.registration_hash = Some(stored(&token));
    made.registration_token = Some(token);
    let actor = voucher.as_ref().map_or(made.client.id.as_str(), |credential| credential.actor());
    let entry = Entry::ok("client.registered").by(actor).on(&made.client.id).saying(&made.client.name);
    if clients::store(cx, &made, entry).await? { Ok(made) } else { Err(CHANGED.into()) }
}

/// Who vouches for a client that registers. The token may be an API key, sent as RFC 7591 §3 has it.
async fn voucher(cx: &Cx, resolved: &ResolvedTenant, sent: &Sent<'_>) -> Result<Rc<Credential>, Error> {
    let found = match (sent.bearer, sent.key) {
        (None, _) if let Some(bound) = &sent.bound => principal::by_bound_token(cx, bound, None).await?,
        (Some(token), _) if parse_key(token).is_some() => principal::by_api_key(cx, token).await?,
        (Some(token), _) => principal::by_bearer(cx, token).await?,
        (None, Some(key)) => principal::by_api_key(cx, key).await?,
        (None, None) => return Err(Refusal::NoCredential.into()),
    };
    let credential = found.ok_or(Refusal::BadCredential)?;
    if credential.tenant.id != resolved.tenant.id {
        return Err(Refusal::WrongTenant.into());
    }
    if !credential.is_for(&credential.tenant.issuer) {
        return Err(Refusal::BadCredential.into());
    }
    // A user can give a key of their own any scope; what has no user was made by an administrator.
    let own = credential.user().is_none() && credential.scopes.has(SCOPE);
    let admin = credential.subject.roles().iter().any(|role| role == ADMIN) && credential.scopes.has("write");
    if !own && !admin {
        return Err(Refusal::ScopeMissing(vec![SCOPE.into()]).into());
    }
    recency::require(cx, &credential, Lasting::ApiKey).await?;
    Ok(credential)
}

/// What a client that registers itself may have beyond OpenID's scopes.
#[derive(Clone, Copy)]
enum Granted<'a> {
    Nothing,
    /// Whatever it asks for: somebody vouches for it.
    Vouched,
    /// What it has already.
    Held(&'a str),
}

/// A checked description, within what a client can have that no administrator made: it asks its users, and it
/// cannot act by itself, for the gateway lets in whoever has a token of the tenant.
fn narrow(mut described: Described, granted: Granted<'_>) -> Result<Described, Error> {
    let metadata = &mut described.metadata;
    let may = |scope: &str| match granted {
        Granted::Nothing => OPENID.contains(&scope),
        Granted::Vouched => OPENID.contains(&scope) || is_scope(scope),
        Granted::Held(held) => OPENID.contains(&scope) || held.split(' ').any(|one| one == scope),
    };
    metadata.scope = within(&metadata.scope, may);
    metadata.require_consent = true;
    // To do without PKCE and nonce is an administrator's to allow.
    metadata.require_pkce = metadata.require_pkce.filter(|required| *required);
    metadata.roles.clear();
    metadata.resources.clear();
    rules::check(&mut described)?;
    rules::check_unvouched_name(&described)?;
    let metadata = &described.metadata;
    let grants = [AUTHORIZATION_CODE, REFRESH_TOKEN, DEVICE_CODE];
    if !metadata.grant_types.iter().all(|grant| grants.contains(&grant.as_str())) {
        return Err(invalid(
            "grant_types",
            format!("for a client that registers itself: {}", grants.join(", ")),
        ));
    }
    Ok(described)
}

/// The scopes of a list that may be had, each once. The answer says which they are (RFC 7591 §3.2.1).
fn within(scope: &str, may: impl Fn(&str) -> bool) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for one in scope.split_ascii_whitespace() {
        if may(one) && !kept.contains(&one) {
            kept.push(one);
        }
    }
    kept.join(" ")
}

/// The client that a registration access token manages.
///
/// # Errors
/// [`Refusal::NoCredential`]; [`Refusal::BadCredential`] for any other token, and for a client that there is
/// not (RFC 7592 §2.1).
pub(crate) async fn find_managed(
    cx: &Cx,
    tenant: &Tenant,
    id: &str,
    token: Option<&str>,
) -> Result<Client, Error> {
    let token = token.ok_or(Refusal::NoCredential)?;
    let client = store::clients::by_id(cx.db.as_ref(), &tenant.id, id).await?;
    let hash = stored(token);
    let fits = |client: &Client| {
        client.registration_hash.as_deref().is_some_and(|known| same(known.as_bytes(), hash.as_bytes()))
    };
    match client.filter(fits) {
        Some(client) => Ok(client),
        None => {
            authentication::note_refusal(cx, tenant, Some(id), "the registration access token is wrong")
                .await?;
            Err(Refusal::BadCredential.into())
        }
    }
}

/// Replaces what a client registered. One whose secret is named must name the one that it has.
///
/// # Errors
/// [`Refusal::Invalid`].
pub(crate) async fn change(
    cx: &Cx,
    tenant: &Tenant,
    client: Client,
    secret: Option<&str>,
    described: Described,
) -> Result<Made, Error> {
    if let Some(secret) = secret {
        let known = client.secret_hash.as_deref().unwrap_or_default();
        if !same(known.as_bytes(), stored(secret).as_bytes()) {
            return Err(invalid("client_secret", "the one that the client has, or none"));
        }
    }
    let described = narrow(described, Granted::Held(&client.metadata.scope))?;
    public_uris::check(cx, &described.metadata, Reach::Stranger).await?;
    let id = client.id.clone();
    clients::replace_checked(cx, tenant, &id, client, described).await
}

/// Removes a client that registered itself.
pub(crate) async fn remove(cx: &Cx, tenant: &Tenant, client: &Client) -> Result<(), Error> {
    clients::delete(cx, tenant, &client.id, &client.id).await
}
