//! How our requests say who we are at another server: by a secret (RFC 6749 §2.3.1), or by an assertion (RFC 7523 §2.2).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use url::form_urlencoded::{Serializer, byte_serialize};

use crate::crypto::jws::Validity;
use crate::cx::Cx;
use crate::domain::keys;
use crate::domain::upstream::answers::MOST_BYTES;
use crate::domain::upstream::{Authentication, Error, Upstream};
use crate::oidc::client_assertion;
use crate::ports::http::{HttpRequest, Method, Wanted};

/// How long an assertion of ours is good, in seconds.
const ASSERTION_LIFE: i64 = 60;

/// The `typ` of an assertion: servers that check it know this one.
const ASSERTION_TYP: &str = "JWT";

/// What our assertion says beside its times (RFC 7523 §3).
#[derive(Serialize)]
struct Assertion<'a> {
    iss: &'a str,
    sub: &'a str,
    /// The issuer alone: an assertion for an endpoint's address could be asked for by another server, and used there.
    aud: &'a str,
    jti: String,
}

/// A form posted to an endpoint of a server, by us.
///
/// # Errors
/// A fault of ours: the tenant's key.
pub(super) async fn post(
    cx: &Cx,
    upstream: &Upstream,
    endpoint: &str,
    members: &[(&str, &str)],
) -> Result<HttpRequest, Error> {
    let mut headers = vec![
        ("content-type", "application/x-www-form-urlencoded".to_owned()),
        ("accept", "application/json".to_owned()),
    ];
    let id = upstream.client_id.as_str();
    let mut form = Serializer::new(String::new());
    form.extend_pairs(members);
    match &upstream.authentication {
        Authentication::None => {
            form.append_pair("client_id", id);
        }
        Authentication::SecretBasic(secret) => headers.push(("authorization", basic(id, secret))),
        Authentication::SecretPost(secret) => {
            form.append_pair("client_id", id).append_pair("client_secret", secret);
        }
        Authentication::PrivateKeyJwt { tenant_id } => {
            let assertion = assertion(cx, upstream, tenant_id).await?;
            form.append_pair("client_id", id)
                .append_pair("client_assertion_type", client_assertion::TYPE)
                .append_pair("client_assertion", &assertion);
        }
    }
    let body = form.finish();
    Ok(HttpRequest {
        method: Method::Post,
        url: endpoint.to_owned(),
        headers,
        body,
        wanted: Wanted::Body(MOST_BYTES),
    })
}

/// Id and secret are form-urlencoded before they are joined.
fn basic(id: &str, secret: &str) -> String {
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    format!("Basic {}", STANDARD.encode(format!("{}:{}", encoded(id), encoded(secret))))
}

async fn assertion(cx: &Cx, upstream: &Upstream, tenant_id: &str) -> Result<String, Error> {
    let aud = upstream
        .issuer
        .identifier()
        .ok_or_else(|| Error::failed("it has no issuer that an assertion is for"))?;
    let id = upstream.client_id.as_str();
    let claims = Assertion { iss: id, sub: id, aud, jti: cx.secret() };
    let validity = Validity { from: cx.now, until: cx.now.plus(ASSERTION_LIFE) };
    Ok(keys::of(cx, tenant_id).await?.sign(ASSERTION_TYP, validity, &claims)?)
}
