//! Authorization codes: issued once, exchanged once (RFC 6749 §4.1.2, §4.1.3).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::crypto::secret::stored;
use crate::cx::Cx;
use crate::domain::audit::{self, Entry};
use crate::domain::change::Change;
use crate::domain::oauth::beginning::{Beginning, Given};
use crate::domain::oauth::grants::Issued;
use crate::domain::oauth::narrowing::still_registered;
use crate::domain::refusal::{Error, oauth};
use crate::domain::session::standing::is_sufficient;
use crate::domain::tenants::Tenant;
use crate::model::json;
use crate::oidc::error::Code;
use crate::oidc::pkce;
use crate::ports::Fault;
use crate::store;
use crate::store::authorization_codes::{self, NewCode, Presented};
use crate::store::clients::Client;
use crate::store::exchanges::CODES;
use crate::store::sessions::Live;

/// How long a code is good for, in seconds (RFC 6749 §4.1.2 has ten minutes at most).
const SECONDS: i64 = 60;

/// What a code's exchange is held to, and what its tokens say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Terms {
    /// Where the code was sent.
    pub(crate) redirect_uri: String,
    /// Whether the request named that; then the exchange must as well.
    pub(crate) redirect_uri_sent: bool,
    /// PKCE's challenge.
    pub(crate) code_challenge: Option<String>,
    /// The key that its tokens are bound to (RFC 9449 §10).
    #[serde(default)]
    pub(crate) dpop_jkt: Option<String>,
    /// For the ID token.
    pub(crate) nonce: Option<String>,
    /// What is granted.
    pub(crate) scopes: Vec<String>,
    /// What the tokens may be for.
    pub(crate) resources: Vec<String>,
    /// Single claims that were asked for.
    pub(crate) claims: Option<Value>,
}

/// What a client presents to exchange a code.
pub(crate) struct PresentedCode<'a> {
    pub(crate) code: &'a str,
    /// Where it says the code was sent.
    pub(crate) redirect_uri: Option<&'a str>,
    /// The thumbprint of the key that the client proves to hold.
    pub(crate) jkt: Option<&'a str>,
    /// PKCE's verifier.
    pub(crate) code_verifier: Option<&'a str>,
    /// What of the resources this token is for; all if it names none (RFC 8707 §2.2).
    pub(crate) resources: Vec<String>,
}

/// A new code, and the change that keeps it.
pub(crate) fn new<'a>(
    cx: &'a Cx,
    tenant: &Tenant,
    client: &Client,
    live: &Live,
    terms: &Terms,
) -> (String, Change<'a>) {
    let code = cx.secret();
    let row = NewCode {
        hash: &stored(&code),
        tenant_id: &tenant.id,
        client_id: &client.id,
        user_id: &live.user.id,
        session_id: &live.id,
        terms: serde_json::to_value(terms).unwrap_or_default(),
        created_at: cx.now,
        expires_at: cx.now.plus(SECONDS),
    };
    let entry = Entry::ok("code.issued").by(&live.user.id).on(&client.id).saying(terms.scopes.join(" "));
    let mut change = Change::new(cx, &tenant.id, entry);
    change.then(authorization_codes::insert(&row));
    (code, change)
}

/// Exchanges a code for tokens. One that was exchanged before ends what it gave (RFC 6749 §4.1.2).
///
/// # Errors
/// `invalid_grant`, which does not say what of it is wrong; `invalid_target`.
pub(crate) async fn exchange(
    cx: &Cx,
    tenant: &Tenant,
    client: &Client,
    presented: PresentedCode<'_>,
) -> Result<Issued, Error> {
    let bad = || oauth(Code::InvalidGrant, "the code is unknown, used, expired, or not this client's");
    let hash = stored(presented.code);
    let beginning = Beginning::new(cx, tenant, client, presented.jkt, "code.exchanged");
    let (has_begun, found) = begin_or_find(&beginning, &presented, &hash).await?;
    let found = found.ok_or_else(bad)?;
    if found.client_id != client.id {
        return Err(bad());
    }
    if found.used_at.is_some() && !has_begun {
        return Err(end_replayed(cx, tenant, client, &found.user_id, found.grant_id.as_deref()).await?);
    }
    let terms: Terms = json::read_text(&found.terms).map_err(|wrong| Fault::new("codes", wrong))?;
    let held = holds(&terms, &presented) && cx.now < found.expires_at;
    let Some(live) = found.live.filter(|live| held && is_sufficient(tenant, &live.user, &live.amr)) else {
        let entry = Entry::failed("code.refused").by(&found.user_id).on(&client.id);
        audit::write(cx, &tenant.id, entry).await?;
        return Err(bad());
    };
    let held = still_registered(tenant, client, terms.scopes, terms.resources)?;
    let for_this_token = held.narrow(tenant, client, None, &presented.resources)?;
    let given = Given { live: &live, held, for_this_token, nonce: terms.nonce, claims: terms.claims };
    let take = authorization_codes::take(&hash, &beginning.grant_id, cx.now);
    if has_begun || beginning.begin(&given, take).await? {
        return beginning.issue(given).await;
    }
    match authorization_codes::grant_of(cx.db.as_ref(), &hash).await? {
        Some(taken_for) => Err(end_replayed(cx, tenant, client, &live.user.id, Some(&taken_for)).await?),
        // Nobody took it: the grant could not begin, as its session has ended, or the code has expired.
        None => Err(bad()),
    }
}

/// Takes a code and begins its grant, if the database can tell that it may; and the code as it stands then, with the session
/// of the grant, or where that did not begin, with the one that the code was given in.
async fn begin_or_find(
    beginning: &Beginning<'_>,
    presented: &PresentedCode<'_>,
    hash: &str,
) -> Result<(bool, Option<authorization_codes::Code>), Fault> {
    let Beginning { cx, tenant, client, grant_id, .. } = beginning;
    let ask = authorization_codes::ask(&tenant.id, hash, grant_id, cx.now);
    let challenge = presented.code_verifier.map(pkce::challenge_of);
    let mut answers = Vec::new();
    // What cannot be a verifier is none of any challenge.
    if challenge != Some(None) {
        let proof = Presented {
            tenant_id: &tenant.id,
            client_id: &client.id,
            redirect_uri: presented.redirect_uri,
            challenge: challenge.as_ref().and_then(Option::as_deref),
            jkt: presented.jkt,
        };
        let conditions = beginning.conditions(&presented.resources);
        let take = authorization_codes::take(hash, grant_id, cx.now);
        let take = authorization_codes::take_if(take, &proof, &conditions, cx.now);
        let mut change = beginning.begin_at_once(CODES, hash, take)?;
        let [code, live] = ask.clone();
        change.ask(code).ask(live).reads_anyway(authorization_codes::undo_if_halfway(hash, grant_id));
        match change.commit_or_read().await? {
            Ok(done) => return Ok((true, authorization_codes::read(done.answers())?)),
            Err(read) => answers = read,
        }
    }
    if answers.is_empty() {
        answers = cx.db.run(ask.into()).await?;
    }
    Ok((false, authorization_codes::read(&answers)?))
}

/// Whether what is presented fits the request that the code came from. A verifier without a challenge is an
/// attempt at a downgrade (RFC 9700 §2.1.1).
fn holds(terms: &Terms, presented: &PresentedCode<'_>) -> bool {
    let redirect_uri = match presented.redirect_uri {
        Some(sent) => sent == terms.redirect_uri,
        None => !terms.redirect_uri_sent,
    };
    let proof = match (&terms.code_challenge, presented.code_verifier) {
        (Some(challenge), Some(verifier)) => pkce::verifies(challenge, verifier),
        (None, None) => true,
        _ => false,
    };
    let key = terms.dpop_jkt.is_none() || terms.dpop_jkt.as_deref() == presented.jkt;
    redirect_uri && proof && key
}

async fn end_replayed(
    cx: &Cx,
    tenant: &Tenant,
    client: &Client,
    user_id: &str,
    grant_id: Option<&str>,
) -> Result<Error, Error> {
    let entry = Entry::failed("code.reused").by(user_id).on(&client.id).saying("what it gave was ended");
    let mut change = Change::new(cx, &tenant.id, entry);
    change
        .then_all(grant_id.map(|id| store::sessions::end(id, cx.now)).into_iter().flatten())
        .ends_sessions_of(user_id);
    change.commit().await?;
    Ok(oauth(Code::InvalidGrant, "the code was used before"))
}
