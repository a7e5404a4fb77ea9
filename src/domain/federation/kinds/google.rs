//! Google (`developers.google.com/identity`): ID tokens, from its pages, its button, or an app.

use serde_json::Value;

use crate::crypto::foreign::{Alg, Foreign};
use crate::cx::Cx;
use crate::domain::federation::assertion::ProviderAssertion;
use crate::domain::federation::kinds::{by_secret, claims, endpoints_of, not_allowed, stand_in, upstream_of};
use crate::domain::refusal;
use crate::domain::upstream::id_token::{self, Expected, IdToken};
use crate::domain::upstream::{Audience, Dialect, Endpoints, Error, Issuer, Upstream};
use crate::model::domain::to_ascii;
use crate::model::email::Email;
use crate::model::identity_provider::{Google, IdentityProvider, Kind};
use crate::ports::http::Reach;

/// Who Google says that it is. Its tokens have said the second spelling as well.
const ISSUERS: [&str; 2] = ["https://accounts.google.com", "accounts.google.com"];

/// The mail domains that are Google's own.
const GMAIL: [&str; 2] = ["gmail.com", "googlemail.com"];

/// Google's server and what we are there.
pub(super) fn upstream(cx: &Cx, google: &Google, secret: Option<&str>) -> Upstream {
    let stand_in = stand_in(cx, google.endpoints.as_ref());
    let real = || Endpoints {
        authorization: "https://accounts.google.com/o/oauth2/v2/auth".to_owned(),
        token: "https://oauth2.googleapis.com/token".to_owned(),
        jwks: Some("https://www.googleapis.com/oauth2/v3/certs".to_owned()),
        userinfo: Some("https://openidconnect.googleapis.com/v1/userinfo".to_owned()),
        revocation: Some("https://oauth2.googleapis.com/revoke".to_owned()),
        end_session: None,
    };
    let other =
        stand_in.map(|endpoints| endpoints.issuer.as_str()).filter(|issuer| !ISSUERS.contains(issuer));
    Upstream {
        issuer: match other {
            Some(issuer) => Issuer::exactly(issuer),
            None => Issuer::Spelled(ISSUERS.map(str::to_owned).to_vec()),
        },
        endpoints: stand_in.map_or_else(real, endpoints_of),
        client_id: google.client_id.clone(),
        authentication: by_secret(secret),
        reach: if stand_in.is_some() { Reach::Administrator } else { Reach::Operator },
        algorithms: if stand_in.is_some() { Alg::PROVIDERS.to_vec() } else { vec![Alg::Rs256] },
        // `azp` is the app that asked: a phone's has a client id of its own.
        audience: Audience::OursAlone,
        says_iss: false,
        dialect: Dialect::default(),
    }
}

/// Who signed in, by an ID token that holds.
///
/// # Errors
/// [`refusal::Federation::NotAllowed`] for an account of another Workspace domain than is demanded.
pub(super) fn read(google: &Google, token: IdToken) -> Result<ProviderAssertion, Error> {
    let mut assertion = claims::assertion(token);
    assertion.organisation = claims::text(&assertion.claims, "hd");
    if let Some(demanded) = &google.hosted_domain {
        // The parameter of the request only chooses what Google offers; this is what counts.
        let is_of = |hd: &String| to_ascii(hd).is_some_and(|hd| Some(hd) == to_ascii(demanded));
        if !assertion.organisation.as_ref().is_some_and(is_of) {
            return Err(not_allowed());
        }
    }
    assertion.email_verified = is_authoritative(&assertion);
    assertion.authoritative = assertion.email_verified;
    Ok(assertion)
}

/// Whether Google runs the mailbox, or manages it for an organisation. It has verified other addresses once, and whoever has
/// them now may be somebody else.
fn is_authoritative(assertion: &ProviderAssertion) -> bool {
    let Some(email) = assertion.email.as_deref().and_then(Email::parse) else { return false };
    let is_google_mail = GMAIL.contains(&email.domain());
    match assertion.claims.get("email_verified") {
        Some(Value::Bool(true)) => is_google_mail || assertion.organisation.is_some(),
        None => is_google_mail,
        Some(_) => false,
    }
}

/// The client that a credential says it is for, to find the provider by. Nothing about it is believed.
pub fn audience(credential: &str) -> Option<String> {
    let token = Foreign::parse(credential, &["JWT"])?;
    let claims: serde_json::Map<String, Value> = token.claims_unchecked()?;
    claims::text(&claims, "aud")
}

/// Who signed in, by a credential that Google's button or an app got.
///
/// # Errors
/// As [`super::redeem`].
pub async fn verify_credential(
    cx: &Cx,
    provider: &IdentityProvider,
    credential: &str,
) -> Result<ProviderAssertion, refusal::Error> {
    let Kind::Google(google) = &provider.spec.kind else { return Err(super::not_configured()) };
    let upstream = upstream_of(cx, "", provider, None).await?;
    let read =
        async { read(google, id_token::verify(cx, &upstream, credential, &Expected::default()).await?) };
    read.await.map_err(|error| error.into_refusal(&provider.spec.name))
}
