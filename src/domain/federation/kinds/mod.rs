//! What each kind of provider is asked, and what its word is worth: one file for each. `domain::upstream` knows how servers
//! are asked; here is what their answers say of a person.
//!
//! | kind | identity | address counts as verified |
//! |---|---|---|
//! | [`google`] | `iss`, `sub` | in Gmail, or with `email_verified` and `hd` |
//! | [`microsoft`] | tenant, `oid` | with `xms_edov`, or for a personal account |
//! | [`github`] | `id` | the primary one, if GitHub says so |
//! | [`oidc`] | `iss`, `sub` | if the provider says so; it is authoritative for its verified domains alone |

mod claims;
pub mod github;
pub mod google;
pub mod microsoft;
pub mod oidc;

use crate::config::Mode;
use crate::cx::Cx;
use crate::domain::federation::assertion::ProviderAssertion;
use crate::domain::refusal::{self, Federation, Refusal};
use crate::domain::upstream::id_token::{self, Expected};
use crate::domain::upstream::tokens::{self, Code, Tokens};
use crate::domain::upstream::{Authentication, Endpoints, Error, Upstream, authorize};
use crate::model::identity_provider::{self, IdentityProvider, Kind};
use zeroize::Zeroizing;

/// What a sign-in at a provider begins with.
#[derive(Debug, Clone, Copy)]
pub struct Begin<'a> {
    /// Our address that the browser comes back to.
    pub redirect_uri: &'a str,
    /// What ties the response to this browser.
    pub state: &'a str,
    /// What ties the ID token to this sign-in.
    pub nonce: &'a str,
    /// What the code is exchanged with.
    pub verifier: &'a str,
    /// The address that the person gave.
    pub login_hint: Option<&'a str>,
    /// `login`, `select_account`, `none`.
    pub prompt: Option<&'a str>,
    /// How many seconds ago the person may have signed in there.
    pub max_age: Option<i64>,
    /// How well they must have.
    pub acr_values: Option<&'a str>,
}

/// What a browser came back with, and what its sign-in began with.
#[derive(Clone, Copy)]
pub struct Returned<'a> {
    /// What the provider had it bring.
    pub response: authorize::Response<'a>,
    /// As it began.
    pub redirect_uri: &'a str,
    /// As it began.
    pub nonce: &'a str,
    /// As it began.
    pub verifier: &'a str,
    /// As it began.
    pub max_age: Option<i64>,
}

/// The server of a provider and what we are there. The metadata of an OpenID provider is fetched or remembered; that of the
/// others is known.
///
/// # Errors
/// [`Federation::NotConfigured`] for one that is asked otherwise; [`Federation::Failed`], [`Federation::Late`] if there is no
/// metadata.
pub async fn upstream_of(
    cx: &Cx,
    tenant_id: &str,
    provider: &IdentityProvider,
    secret: Option<&str>,
) -> Result<Upstream, refusal::Error> {
    let upstream = match &provider.spec.kind {
        Kind::Google(google) => google::upstream(cx, google, secret),
        Kind::Microsoft(microsoft) => microsoft::upstream(cx, microsoft, secret),
        Kind::Github(github) => github::upstream(cx, github, secret),
        Kind::Oidc(oidc) => {
            let found = oidc::upstream(cx, tenant_id, oidc, secret).await;
            found.map_err(|error| error.into_refusal(&provider.spec.name))?
        }
        Kind::Saml(_) => return Err(not_configured()),
    };
    // No id: every audience would be ours.
    if upstream.client_id.is_empty() { Err(not_configured()) } else { Ok(upstream) }
}

/// Where the browser goes.
///
/// # Errors
/// [`Federation::Failed`] if the provider says no address to go to.
pub fn authorize_url(
    provider: &IdentityProvider,
    upstream: &Upstream,
    begin: &Begin<'_>,
) -> Result<String, refusal::Error> {
    let scope = match &provider.spec.kind {
        Kind::Oidc(oidc) => oidc::scope(oidc),
        Kind::Github(_) => github::SCOPE.to_owned(),
        _ => "openid email profile".to_owned(),
    };
    let request = authorize::Request {
        redirect_uri: begin.redirect_uri,
        scope: &scope,
        state: begin.state,
        // GitHub makes no ID tokens.
        nonce: (!matches!(provider.spec.kind, Kind::Github(_))).then_some(begin.nonce),
        verifier: begin.verifier,
        prompt: begin.prompt,
        login_hint: begin.login_hint,
        hd: match &provider.spec.kind {
            Kind::Google(google) => google.hosted_domain.as_deref(),
            _ => None,
        },
        domain_hint: None,
        max_age: begin.max_age,
        acr_values: begin.acr_values,
        others: &[],
    };
    authorize::url(upstream, &request).map_err(|error| error.into_refusal(&provider.spec.name))
}

/// Who signed in at the provider, by what the browser came back with.
///
/// # Errors
/// [`Federation::Declined`], [`Federation::Failed`], [`Federation::Late`], [`Federation::Forged`]; [`Federation::NotAllowed`]
/// for accounts of organisations that are not to sign in.
pub async fn redeem(
    cx: &Cx,
    provider: &IdentityProvider,
    upstream: &Upstream,
    returned: &Returned<'_>,
) -> Result<ProviderAssertion, refusal::Error> {
    let read = async {
        let code = authorize::read_response(upstream, &returned.response)?;
        let code = Code { code, redirect_uri: returned.redirect_uri, verifier: returned.verifier };
        let tokens = tokens::exchange(cx, upstream, code).await?;
        read(cx, provider, upstream, &tokens, returned).await
    };
    read.await.map_err(|error| error.into_refusal(&provider.spec.name))
}

async fn read(
    cx: &Cx,
    provider: &IdentityProvider,
    upstream: &Upstream,
    tokens: &Tokens,
    returned: &Returned<'_>,
) -> Result<ProviderAssertion, Error> {
    if let Kind::Github(_) = &provider.spec.kind {
        return github::read(cx, upstream, &tokens.access_token).await;
    }
    let text =
        tokens.id_token.as_ref().ok_or_else(|| Error::failed("the token endpoint answered no id_token"))?;
    let expected = Expected {
        nonce: Some(returned.nonce),
        access_token: Some(&tokens.access_token),
        // Others than an organisation's own do not tell when it was.
        max_age: returned.max_age.filter(|_| provider.spec.kind.is_organisations()),
    };
    let token = id_token::verify(cx, upstream, text, &expected).await?;
    match &provider.spec.kind {
        Kind::Google(google) => google::read(google, token),
        Kind::Microsoft(microsoft) => microsoft::read(microsoft, token),
        Kind::Oidc(_) => {
            let claim = provider.spec.role_map.as_ref().map(|map| map.claim.as_str());
            oidc::read(cx, upstream, token, &tokens.access_token, claim).await
        }
        Kind::Github(_) | Kind::Saml(_) => Err(Error::Ours(not_configured())),
    }
}

fn not_configured() -> refusal::Error {
    Refusal::Federation(Federation::NotConfigured).into()
}

fn not_allowed() -> Error {
    Error::Ours(Refusal::Federation(Federation::NotAllowed).into())
}

/// The endpoints of a stand-in, where the deployment may have one: its administrator chose them.
fn stand_in<'a>(
    cx: &Cx,
    endpoints: Option<&'a identity_provider::Endpoints>,
) -> Option<&'a identity_provider::Endpoints> {
    endpoints.filter(|_| cx.config.mode != Mode::Production)
}

fn endpoints_of(stand_in: &identity_provider::Endpoints) -> Endpoints {
    Endpoints {
        authorization: stand_in.authorization_endpoint.clone(),
        token: stand_in.token_endpoint.clone(),
        jwks: stand_in.jwks_uri.clone(),
        userinfo: stand_in.userinfo_endpoint.clone(),
        ..Endpoints::default()
    }
}

/// A secret in the form is what Google, Microsoft and GitHub document.
fn by_secret(secret: Option<&str>) -> Authentication {
    secret
        .map_or(Authentication::None, |secret| Authentication::SecretPost(Zeroizing::new(secret.to_owned())))
}
