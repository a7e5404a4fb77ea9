//! Access tokens (RFC 9068): the one place that builds them, for a person's own session, for what they let a client do,
//! and for a client by itself.

use crate::crypto::jws::Validity;
use crate::cx::Cx;
use crate::domain::keys::KeySet;
use crate::domain::tenants::Tenant;
use crate::model::time::Time;
use crate::oidc::access_token::{AccessToken, Act, Audiences, TYP};
use crate::oidc::dpop::Confirmation;
use crate::oidc::id_token::acr;
use crate::ports::Fault;
use crate::store::clients::Client;
use crate::store::users::User;

/// Whom a token authenticates.
pub(crate) enum TokenSubject<'a> {
    /// A person, in a session of their own or of a client.
    User {
        user: &'a User,
        session_id: &'a str,
        /// How the user signed in (RFC 8176).
        amr: &'a [String],
        auth_time: Option<Time>,
    },
    /// A client by itself (RFC 9068 §2.2).
    Client(&'a Client),
}

/// What one token says other than the next.
pub(crate) struct NewAccessToken<'a> {
    pub(crate) subject: TokenSubject<'a>,
    /// The client that it is given to; none for a person's own.
    pub(crate) client_id: Option<&'a str>,
    /// Whom it is for.
    pub(crate) audiences: Audiences,
    /// Space-separated scopes.
    pub(crate) scope: String,
    /// Whether it says the subject's roles and plan. The issuer's API and the gateway read them from the database, and
    /// need no token for that.
    pub(crate) with_roles: bool,
    /// The thumbprint of the key that it is bound to.
    pub(crate) jkt: Option<&'a str>,
    /// Who acts for the user, in a token that was exchanged.
    pub(crate) act: Option<Act>,
    /// When it expires.
    pub(crate) until: Time,
}

/// Signs an access token with the tenant's keys.
pub(crate) fn sign(
    cx: &Cx,
    keys: &KeySet,
    tenant: &Tenant,
    new: NewAccessToken<'_>,
) -> Result<String, Fault> {
    let NewAccessToken { subject, client_id, audiences, scope, with_roles, jkt, act, until } = new;
    let (sub, roles, plan) = match &subject {
        TokenSubject::User { user, .. } => (&user.id, &user.roles, user.plan.as_ref()),
        TokenSubject::Client(client) => (&client.id, &client.metadata.roles, None),
    };
    let (user_id, sid, amr, auth_time) = match subject {
        TokenSubject::User { user, session_id, amr, auth_time } => {
            (Some(user.id.clone()), Some(session_id.to_owned()), Some(amr.to_vec()), auth_time)
        }
        TokenSubject::Client(_) => (None, None, None, None),
    };
    let claims = AccessToken {
        iss: tenant.issuer.clone(),
        sub: sub.clone(),
        user_id,
        tenant_id: tenant.id.clone(),
        aud: audiences,
        client_id: client_id.map(str::to_owned),
        jti: cx.id(),
        sid,
        roles: with_roles.then(|| roles.clone()),
        scope,
        plan: with_roles.then(|| plan.unwrap_or(&tenant.settings.default_plan).clone()),
        kind: "access".into(),
        acr: amr.as_ref().map(|amr| acr(amr).into()),
        amr,
        auth_time: auth_time.map(|at| at.unix()),
        cnf: jkt.map(|jkt| Confirmation { jkt: jkt.to_owned() }),
        act,
    };
    keys.sign(TYP, Validity { from: cx.now, until }, &claims)
}
