//! An organisation's own OpenID provider: Okta, Entra ID, Keycloak, Auth0 and all that do as OpenID Connect Core 1.0 says.

use serde_json::Value;
use zeroize::Zeroizing;

use crate::cx::Cx;
use crate::domain::federation::assertion::ProviderAssertion;
use crate::domain::federation::kinds::claims;
use crate::domain::upstream::discovery::{Metadata, discover};
use crate::domain::upstream::id_token::IdToken;
use crate::domain::upstream::{Audience, Authentication, Dialect, Error, Issuer, Upstream, userinfo};
use crate::model::identity_provider::{Oidc, TokenAuth};
use crate::ports::http::Reach;

/// The provider's server and what we are there, by its metadata.
///
/// # Errors
/// Why there is none.
pub(super) async fn upstream(
    cx: &Cx,
    tenant_id: &str,
    oidc: &Oidc,
    secret: Option<&str>,
) -> Result<Upstream, Error> {
    let metadata = discover(cx, &oidc.issuer, Reach::Administrator).await?;
    let authentication = authentication(tenant_id, oidc, secret, &metadata)?;
    let Metadata { issuer, endpoints, algorithms, says_iss, .. } = metadata;
    Ok(Upstream {
        issuer: Issuer::exactly(issuer),
        endpoints,
        client_id: oidc.client_id.clone(),
        authentication,
        reach: Reach::Administrator,
        algorithms,
        audience: Audience::OursByAzp,
        says_iss,
        dialect: Dialect::default(),
    })
}

/// How we authenticate: as the administrator says, else as the provider takes it, a secret in the header before one in the
/// form (OpenID Connect Core 1.0 §9).
fn authentication(
    tenant_id: &str,
    oidc: &Oidc,
    secret: Option<&str>,
    metadata: &Metadata,
) -> Result<Authentication, Error> {
    let takes = |method: &str| metadata.token_auth_methods.iter().any(|one| one == method);
    let method = match (oidc.token_endpoint_auth_method, secret) {
        (Some(method), _) => method,
        (None, Some(_)) if takes("client_secret_post") && !takes("client_secret_basic") => {
            TokenAuth::ClientSecretPost
        }
        (None, Some(_)) => TokenAuth::ClientSecretBasic,
        (None, None) if takes("private_key_jwt") && !takes("none") => TokenAuth::PrivateKeyJwt,
        (None, None) => TokenAuth::None,
    };
    let secret = || {
        let secret = secret.map(|secret| Zeroizing::new(secret.to_owned()));
        secret.ok_or_else(|| Error::failed("our secret there is not set"))
    };
    Ok(match method {
        TokenAuth::None => Authentication::None,
        TokenAuth::ClientSecretBasic => Authentication::SecretBasic(secret()?),
        TokenAuth::ClientSecretPost => Authentication::SecretPost(secret()?),
        TokenAuth::PrivateKeyJwt => Authentication::PrivateKeyJwt { tenant_id: tenant_id.to_owned() },
    })
}

/// What is asked for; `openid` always is.
pub(super) fn scope(oidc: &Oidc) -> String {
    let others = oidc.scopes.iter().map(String::as_str).filter(|scope| *scope != "openid");
    std::iter::once("openid").chain(others).collect::<Vec<&str>>().join(" ")
}

/// Who signed in, by an ID token that holds, and by what the provider tells beside it where that lacks the address or the
/// claim that roles are made of.
///
/// # Errors
/// Why what is missing could not be had.
pub(super) async fn read(
    cx: &Cx,
    upstream: &Upstream,
    mut token: IdToken,
    access_token: &str,
    role_claim: Option<&str>,
) -> Result<ProviderAssertion, Error> {
    let is_missing = |claim: &str| !token.claims.contains_key(claim);
    if upstream.endpoints.userinfo.is_some() && (is_missing("email") || role_claim.is_some_and(is_missing)) {
        let more = userinfo::ask(cx, upstream, access_token, &token.subject).await?;
        // `email_verified` is of the address that it came with.
        let with_email = is_missing("email") && more.contains_key("email");
        if with_email {
            token.claims.remove("email_verified");
        }
        for (name, value) in more {
            let is_of_email = name == "email_verified" && !with_email;
            if !is_of_email {
                token.claims.entry(name).or_insert(value);
            }
        }
    }
    let mut assertion = claims::assertion(token);
    assertion.email_verified = assertion.email.is_some() && is_true(assertion.claims.get("email_verified"));
    Ok(assertion)
}

/// Some providers write what is to be true as a text.
fn is_true(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Bool(is)) => *is,
        Some(Value::String(text)) => text == "true",
        _ => false,
    }
}
