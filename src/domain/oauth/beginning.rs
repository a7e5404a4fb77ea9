//! A grant that begins by the exchange of a code or a device.
//!
//! What is exchanged is taken and its grant begun in one batch, at once if the database can tell that all of it may be had
//! ([`Beginning::conditions`]). Where it cannot, nothing is taken, and the domain decides by what the same batch read.

use serde_json::Value;

use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::oauth::grants::{self, Grant, Issued};
use crate::domain::oauth::narrowing::Held;
use crate::domain::refusal::Error;
use crate::domain::session::place::place;
use crate::domain::session::refresh_token::{RefreshToken, current_key};
use crate::domain::session::standing;
use crate::domain::tenants::{MfaPolicy, Tenant};
use crate::model::client::REFRESH_TOKEN;
use crate::model::scope::Scopes;
use crate::oidc::request::CLAIMS;
use crate::ports::{Fault, Stmt};
use crate::store;
use crate::store::clients::Client;
use crate::store::exchanges::{Conditions, Source};
use crate::store::grants::{Lent, NewGrant};
use crate::store::sessions::Live;

/// A grant before it begins.
pub(crate) struct Beginning<'a> {
    pub(crate) cx: &'a Cx,
    pub(crate) tenant: &'a Tenant,
    pub(crate) client: &'a Client,
    /// Its id, which its session has.
    pub(crate) grant_id: String,
    /// The thumbprint of the key that its tokens are bound to.
    jkt: Option<&'a str>,
    /// The event.
    event: &'static str,
    refresh: Option<RefreshToken>,
}

/// What a person in a live session let the client have.
pub(crate) struct Given<'a> {
    pub(crate) live: &'a Live,
    /// What is granted.
    pub(crate) held: Held,
    /// What of it the first access token is for.
    pub(crate) for_this_token: Held,
    /// What the ID token is to repeat.
    pub(crate) nonce: Option<String>,
    /// Single claims that were asked for (OpenID Connect Core §5.5).
    pub(crate) claims: Option<Value>,
}

impl Given<'_> {
    fn scopes(&self) -> Vec<String> {
        grants::lent(self.held.scopes.iter().map(String::as_str), &self.live.granted)
    }
}

/// The claims that are asked for singly under `userinfo` (OpenID Connect Core 1.0 §5.5): its person agreed to them.
fn asked_of_userinfo(claims: Option<&Value>) -> Vec<String> {
    let asked = |name: &str| claims.is_some_and(|claims| claims["userinfo"].get(name).is_some());
    CLAIMS.iter().filter(|(name, _)| asked(name)).map(|(name, _)| (*name).to_owned()).collect()
}

impl<'a> Beginning<'a> {
    pub(crate) fn new(
        cx: &'a Cx,
        tenant: &'a Tenant,
        client: &'a Client,
        jkt: Option<&'a str>,
        event: &'static str,
    ) -> Beginning<'a> {
        let grant_id = cx.id();
        let refreshes = client.metadata.grants(REFRESH_TOKEN);
        let refresh = refreshes.then(|| RefreshToken::new(cx, &tenant.id, &grant_id));
        Beginning { cx, tenant, client, grant_id, jkt, event, refresh }
    }

    /// What lets all that was let be had at once, with a first token for these resources. Each holds only where
    /// [`is_sufficient`](standing::is_sufficient), [`still_registered`](super::narrowing::still_registered),
    /// [`Held::narrow`] and [`grants::lent`] take nothing away.
    pub(crate) fn conditions(&self, asked_resources: &[String]) -> Conditions {
        let (tenant, metadata) = (self.tenant, &self.client.metadata);
        let mut resources = metadata.resources.clone();
        resources.push(tenant.issuer.clone());
        Conditions {
            needs_two: tenant.settings.mfa == MfaPolicy::Required,
            enough: &standing::ENOUGH,
            scopes: metadata.scope.split_ascii_whitespace().map(str::to_owned).collect(),
            resources: tenant.audiences_to_store(&resources),
            lendable: Scopes::lendable(&[]).tokens().to_vec(),
            asked_resources: tenant.audiences_to_store(asked_resources),
        }
    }

    /// Takes a row of that hash, and begins the grant with all that was let: all or nothing.
    pub(crate) fn begin_at_once(
        &self,
        source: Source,
        hash: &str,
        take_if: Stmt,
    ) -> Result<Change<'a>, Fault> {
        let known_claims = CLAIMS.map(|(name, _)| name);
        self.change(take_if, Lent::Row { source, hash, known_claims: &known_claims })
    }

    /// Takes what was looked at, and begins the grant with what may be had of it; whether it was still there to be taken, and
    /// the session still stood.
    ///
    /// # Errors
    /// [`Fault`].
    pub(crate) async fn begin(&self, given: &Given<'_>, take: Stmt) -> Result<bool, Fault> {
        let lent = Lent::Known {
            parent_id: &given.live.id,
            scope: &given.scopes().join(" "),
            resources: &self.tenant.audiences_to_store(&given.held.resources),
            userinfo_claims: &asked_of_userinfo(given.claims.as_ref()),
        };
        Ok(self.change(take, lent)?.commit().await?.is_some())
    }

    fn change(&self, take: Stmt, lent: Lent<'_>) -> Result<Change<'a>, Fault> {
        let Beginning { cx, tenant, client, grant_id, jkt, event, refresh } = self;
        let to_store = refresh.as_ref().map(|token| token.to_store(cx)).transpose()?;
        let expires_at = |operator| {
            cx.now.plus(match refresh {
                Some(_) => tenant.refresh_token_seconds_of(operator),
                None => tenant.access_token_seconds_of(operator),
            })
        };
        let new = NewGrant {
            id: grant_id,
            lent,
            client_id: &client.id,
            // A confidential client proves who it is at each refresh, with whichever key it has then (RFC 9449 §5).
            dpop_jkt: jkt.filter(|_| client.metadata.is_public()),
            address: &cx.caller.address,
            user_agent: &cx.caller.user_agent,
            created_at: cx.now,
            expires_at: expires_at(false),
            expires_at_of_operator: expires_at(true),
            place: &place(cx),
            refresh: to_store.as_ref(),
        };
        let entry = Entry::ok(event).by_user_of(grant_id).on(&client.id).saying(grant_id);
        let mut change = Change::new(cx, &tenant.id, entry);
        change
            .take(take)
            .take(store::grants::begin(&new))
            .then_all(store::usage::note_user_of(grant_id, cx.now));
        Ok(change)
    }

    /// The first tokens of the grant, which has begun.
    ///
    /// # Errors
    /// [`Fault`].
    pub(crate) async fn issue(self, given: Given<'_>) -> Result<Issued, Error> {
        let Beginning { cx, tenant, client, grant_id, jkt, refresh, .. } = self;
        let scopes = given.scopes();
        let Given { live, for_this_token, nonce, claims, .. } = given;
        let grant = Grant {
            session_id: &grant_id,
            user: &live.user,
            amr: &live.amr,
            auth_time: live.auth_time,
            scopes,
            resources: for_this_token.resources,
            jkt,
            nonce,
            claims,
        };
        let key_id = current_key(cx, &tenant.id)?;
        let refresh = refresh.map(|token| token.to_text(cx, &key_id)).transpose()?;
        Ok(grants::issue(cx, tenant, client, &grant, refresh).await?)
    }
}
