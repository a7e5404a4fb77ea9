//! What is wrong with an identity provider, field by field: asked as a sign-in asks it, before anybody signs in.

use crate::cx::Cx;
use crate::domain::federation::kinds;
use crate::domain::providers::{Usable, manage, opened};
use crate::domain::refusal::{Error, Federation, Refusal};
use crate::domain::session::principal::CredentialAdmin;
use crate::domain::tenants::Tenant;
use crate::domain::throttle;
use crate::domain::upstream::{self, discovery, jwks};
use crate::model::identity_provider::{Kind, Oidc, Saml, TokenAuth};
use crate::ports::http::Reach;
use crate::saml::certificate::{Certificate, Outlook};
use crate::store::identity_providers::StoredProvider;

/// How often a tenant has a provider asked in an hour.
const AN_HOUR: u32 = 120;

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The member of the provider, or of its metadata.
    pub(crate) field: &'static str,
    pub(crate) is_ok: bool,
    pub(crate) message: String,
}

fn good(field: &'static str, message: impl Into<String>) -> Finding {
    Finding { field, is_ok: true, message: message.into() }
}

fn bad(field: &'static str, message: impl Into<String>) -> Finding {
    Finding { field, is_ok: false, message: message.into() }
}

/// Looks at a provider of the tenant, enabled or not.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::Limited`] by tenant.
pub(crate) async fn examine(cx: &Cx, admin: &CredentialAdmin, id: &str) -> Result<Vec<Finding>, Error> {
    let tenant = &admin.tenant;
    let stored = manage::find(cx, tenant, id).await?;
    throttle::window(cx, format!("{}:provider-test", tenant.id), AN_HOUR, 3_600).await?;
    let mut found = setting_findings(tenant, &stored);
    let usable = opened(cx, tenant, stored.provider)?;
    match &usable.provider.spec.kind {
        Kind::Saml(saml) => found.extend(certificates(cx, saml)),
        Kind::Oidc(oidc) => found.extend(metadata(cx, tenant, oidc, &usable).await?),
        _ => found.extend(keys(cx, tenant, &usable).await?),
    }
    Ok(found)
}

/// What keeps a provider from being used that is well described.
fn setting_findings(tenant: &Tenant, stored: &StoredProvider) -> Vec<Finding> {
    let spec = &stored.provider.spec;
    let mut found = Vec::new();
    if !spec.enabled {
        found.push(bad("enabled", "nobody can sign in with it"));
    }
    if spec.kind.is_organisations() && !tenant.enterprise {
        found.push(bad("kind", "the tenant is no enterprise organisation"));
    }
    let verified = stored.domains.iter().any(|domain| tenant.is_verified_of(&stored.provider.id, domain));
    match (spec.enforced, verified, stored.domains.is_empty()) {
        (_, true, _) => found.push(good("domains", "a domain is verified")),
        (true, false, _) => {
            found.push(bad("enforced", "it has no verified domain whose people could be held to it"))
        }
        (false, false, false) => {
            found.push(bad("domains", "none is verified: nobody is led here by their address"))
        }
        (false, false, true) => {}
    }
    found
}

/// An OpenID provider's metadata, and its keys.
async fn metadata(cx: &Cx, tenant: &Tenant, oidc: &Oidc, usable: &Usable) -> Result<Vec<Finding>, Error> {
    let described = match discovery::examine(cx, &oidc.issuer, Reach::Administrator).await {
        Ok(Ok(described)) => described,
        Ok(Err(problems)) => {
            let each = problems.into_iter().map(|problem| bad(problem.member, problem.rule));
            return Ok(each.collect());
        }
        Err(error) => return Ok(vec![bad("issuer", told(error)?)]),
    };
    let mut found = vec![good("issuer", format!("its metadata is at {}", discovery::address(&oidc.issuer)))];
    found.extend(authentication(oidc, &described.token_auth_methods, usable.secret.is_some()));
    found.extend(keys(cx, tenant, usable).await?);
    Ok(found)
}

/// Whether we can authenticate at the token endpoint as it is said.
fn authentication(oidc: &Oidc, offered: &[String], has_secret: bool) -> Option<Finding> {
    let (name, needs_secret) = match oidc.token_endpoint_auth_method {
        Some(TokenAuth::ClientSecretBasic) => ("client_secret_basic", true),
        Some(TokenAuth::ClientSecretPost) => ("client_secret_post", true),
        Some(TokenAuth::PrivateKeyJwt) => ("private_key_jwt", false),
        Some(TokenAuth::None) => ("none", false),
        None => return None,
    };
    if needs_secret && !has_secret {
        return Some(bad("clientSecret", "is missing"));
    }
    match offered.iter().any(|one| one == name) {
        true => Some(good("tokenEndpointAuthMethod", format!("the provider takes {name}"))),
        false => Some(bad(
            "tokenEndpointAuthMethod",
            format!("the provider does not say that it takes {name}, but {}", offered.join(", ")),
        )),
    }
}

/// The keys that a provider signs with. GitHub signs nothing.
async fn keys(cx: &Cx, tenant: &Tenant, usable: &Usable) -> Result<Vec<Finding>, Error> {
    let provider = &usable.provider;
    let secret = usable.secret.as_deref().map(String::as_str);
    let server = match kinds::upstream_of(cx, &tenant.id, provider, secret).await {
        Ok(server) => server,
        Err(Error::Refused(Refusal::Federation(why))) => return Ok(vec![bad("clientId", words(why))]),
        Err(error) => return Err(error),
    };
    if server.endpoints.jwks.is_none() {
        return Ok(vec![good("clientId", "is tried by the first sign-in")]);
    }
    Ok(match jwks::keys(cx, &server).await {
        Ok(keys) if keys.is_empty() => vec![bad("jwks_uri", "has no key that we can verify with")],
        Ok(keys) => vec![good("jwks_uri", format!("has {} keys", keys.len()))],
        Err(error) => vec![bad("jwks_uri", told(error)?)],
    })
}

/// What an administrator is told of an error.
fn told(error: upstream::Error) -> Result<String, Error> {
    match error {
        upstream::Error::Failed(why) => Ok(why),
        upstream::Error::Late => Ok("it did not answer in time".to_owned()),
        upstream::Error::Busy { .. } => Ok("it asks to be asked later".to_owned()),
        upstream::Error::Declined(code) => Ok(format!("it declined with {code}")),
        upstream::Error::Forged(rule) => Ok(rule.to_owned()),
        upstream::Error::Ours(error) => Err(error),
    }
}

fn words(why: Federation) -> String {
    match why {
        Federation::Failed { why, .. } => why,
        Federation::Late { .. } => "it did not answer in time".to_owned(),
        _ => "it cannot be asked like that".to_owned(),
    }
}

/// Whether the certificates are good, and for how long. That one is over does not stop sign-ins: its key is trusted by the
/// administrator's word.
fn certificates(cx: &Cx, saml: &Saml) -> Vec<Finding> {
    let each = saml.certificates.iter().map(|text| match Certificate::parse(text) {
        Err(why) => bad("certificates", format!("one is not {why}")),
        Ok(one) => {
            let (subject, day) = (&one.subject, day(&one));
            match one.outlook(cx.now) {
                Outlook::Ended => bad("certificates", format!("{subject} expired on {day}")),
                Outlook::EndsSoon => {
                    bad("certificates", format!("{subject} expires on {day}: add its successor"))
                }
                Outlook::Good => good("certificates", format!("{subject} is good until {day}")),
            }
        }
    });
    each.collect()
}

fn day(certificate: &Certificate) -> String {
    certificate.not_after.rfc3339().chars().take(10).collect()
}
