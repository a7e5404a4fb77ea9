//! Microsoft: accounts of organisations (Entra ID) and personal ones.
//!
//! A person is `oid` in the tenant `tid`. What a token says of addresses (`email`, `preferred_username`, `upn`) is written by
//! the administrators of that tenant, and anybody can have one: it identifies nobody, and is verified only where Microsoft says
//! that the tenant owns the mail's domain (`xms_edov`), or for a personal account, whose address Microsoft has verified.

mod access_tokens;
mod person;

use crate::crypto::foreign::Alg;
use crate::cx::Cx;
use crate::domain::federation::assertion::ProviderAssertion;
use crate::domain::federation::kinds::microsoft::person::CONSUMERS;
use crate::domain::federation::kinds::{by_secret, endpoints_of, not_configured, stand_in, upstream_of};
use crate::domain::refusal;
use crate::domain::upstream::id_token::{self, Expected};
use crate::domain::upstream::{Audience, Dialect, Endpoints, Issuer, Upstream};
use crate::model::identity_provider::{IdentityProvider, Kind, Microsoft};
use crate::ports::http::Reach;

pub use self::access_tokens::{client, verify_access_token};
pub(super) use self::person::read;

/// Who makes its tokens, for each tenant.
const ISSUER: &str = "https://login.microsoftonline.com/{tenantid}/v2.0";

/// What it signs with where there are several tenants.
const KEYS: &str = "https://login.microsoftonline.com/common/discovery/v2.0/keys";

/// What Graph knows of the person whose access token it is.
const ME: &str = "https://graph.microsoft.com/v1.0/me?$select=id,displayName,mail,userPrincipalName";

/// Microsoft's server and what we are there.
pub(super) fn upstream(cx: &Cx, microsoft: &Microsoft, secret: Option<&str>) -> Upstream {
    let stand_in = stand_in(cx, microsoft.endpoints.as_ref());
    let real = || {
        let at = format!("https://login.microsoftonline.com/{}/oauth2/v2.0", authority(&microsoft.tenants));
        Endpoints {
            authorization: format!("{at}/authorize"),
            token: format!("{at}/token"),
            jwks: Some(KEYS.to_owned()),
            userinfo: Some(ME.to_owned()),
            revocation: None,
            end_session: Some(format!("{at}/logout")),
        }
    };
    Upstream {
        issuer: Issuer::PerTenant(
            stand_in.map_or_else(|| ISSUER.to_owned(), |endpoints| template(&endpoints.issuer)),
        ),
        endpoints: stand_in.map_or_else(real, endpoints_of),
        client_id: microsoft.client_id.clone(),
        authentication: by_secret(secret),
        reach: if stand_in.is_some() { Reach::Administrator } else { Reach::Operator },
        algorithms: if stand_in.is_some() { Alg::PROVIDERS.to_vec() } else { vec![Alg::Rs256] },
        audience: Audience::OursAlone,
        says_iss: false,
        dialect: Dialect::default(),
    }
}

/// Whose sign-in page is shown.
fn authority(tenants: &[String]) -> &str {
    match tenants {
        [one] => one,
        several if several.iter().all(|one| one != "common" && one != "consumers" && one != CONSUMERS) => {
            "organizations"
        }
        _ => "common",
    }
}

/// A stand-in's issuer for each tenant: where it names one, its id is another for another tenant; where it names none, the id
/// is put behind it as Microsoft does.
fn template(issuer: &str) -> String {
    let is_tenant = |part: &str| {
        let words = ["{tenantid}", "{tenant}", "{tid}", "common", "organizations", "consumers"];
        let is_id = part.len() == 36 && part.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
        is_id || words.contains(&part)
    };
    let (mut found, mut parts) = (false, Vec::new());
    for part in issuer.split('/') {
        let is_first = !found && is_tenant(part);
        found |= is_first;
        parts.push(if is_first { "{tenantid}" } else { part });
    }
    if found { parts.join("/") } else { format!("{}/{{tenantid}}/v2.0", issuer.trim_end_matches('/')) }
}

/// What is known of the provider that a token which an app got is to be of.
async fn known<'p>(
    cx: &Cx,
    provider: &'p IdentityProvider,
) -> Result<(&'p Microsoft, Upstream), refusal::Error> {
    let Kind::Microsoft(microsoft) = &provider.spec.kind else { return Err(not_configured()) };
    Ok((microsoft, upstream_of(cx, "", provider, None).await?))
}

/// Who signed in, by an ID token that an app got.
///
/// # Errors
/// As [`super::redeem`].
pub async fn verify_id_token(
    cx: &Cx,
    provider: &IdentityProvider,
    token: &str,
) -> Result<ProviderAssertion, refusal::Error> {
    let (microsoft, upstream) = known(cx, provider).await?;
    let read = async { read(microsoft, id_token::verify(cx, &upstream, token, &Expected::default()).await?) };
    read.await.map_err(|error| error.into_refusal(&provider.spec.name))
}
