//! How our requests say who we are at another server: by a secret (RFC 6749 §2.3.1), or by an assertion (RFC 7523 §2.2).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::{Map, Value};
use url::form_urlencoded::{Serializer, byte_serialize};

use crate::crypto::jws::Validity;
use crate::cx::Cx;
use crate::domain::keys;
use crate::domain::upstream::answers::MOST_BYTES;
use crate::domain::upstream::{Authentication, Error, Upstream};
use crate::model::catalogue::TokenBody;
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

/// Members posted to an endpoint of a server, by us: as a form, or as JSON where the server wants that.
///
/// # Errors
/// A fault of ours: the tenant's key.
pub(super) async fn post(
    cx: &Cx,
    upstream: &Upstream,
    endpoint: &str,
    members: &[(&str, &str)],
) -> Result<HttpRequest, Error> {
    post_as(cx, upstream, &upstream.authentication, endpoint, members).await
}

/// The same, where we say who we are in another way than at the token endpoint.
///
/// # Errors
/// A fault of ours: the tenant's key.
pub(super) async fn post_as(
    cx: &Cx,
    upstream: &Upstream,
    authentication: &Authentication,
    endpoint: &str,
    members: &[(&str, &str)],
) -> Result<HttpRequest, Error> {
    let mut headers =
        vec![("accept", "application/json".to_owned()), ("user-agent", super::USER_AGENT.to_owned())];
    let id = upstream.client_id.as_str();
    let mut members = members.to_vec();
    let assertion;
    match authentication {
        Authentication::None => members.push(("client_id", id)),
        Authentication::SecretBasic(secret) => headers.push(("authorization", basic(id, secret))),
        Authentication::SecretPost(secret) => {
            members.extend([("client_id", id), ("client_secret", secret)]);
        }
        Authentication::PrivateKeyJwt { tenant_id } => {
            assertion = assert_client(cx, upstream, tenant_id).await?;
            members.extend([
                ("client_id", id),
                ("client_assertion_type", client_assertion::TYPE),
                ("client_assertion", &assertion),
            ]);
        }
    }
    let (kind, body) = write(upstream.dialect.body, &members);
    headers.push(("content-type", kind.to_owned()));
    Ok(HttpRequest {
        method: Method::Post,
        url: endpoint.to_owned(),
        headers,
        body,
        wanted: Wanted::Body(MOST_BYTES),
    })
}

/// The media type of members, and how they are written in it.
fn write(body: TokenBody, members: &[(&str, &str)]) -> (&'static str, String) {
    match body {
        TokenBody::Form => {
            let form = Serializer::new(String::new()).extend_pairs(members).finish();
            ("application/x-www-form-urlencoded", form)
        }
        TokenBody::Json => {
            let object: Map<String, Value> =
                members.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
            ("application/json", Value::Object(object).to_string())
        }
    }
}

/// Id and secret are form-urlencoded before they are joined.
pub(super) fn basic(id: &str, secret: &str) -> String {
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    format!("Basic {}", STANDARD.encode(format!("{}:{}", encoded(id), encoded(secret))))
}

async fn assert_client(cx: &Cx, upstream: &Upstream, tenant_id: &str) -> Result<String, Error> {
    let aud = upstream
        .issuer
        .identifier()
        .ok_or_else(|| Error::failed("it has no issuer that an assertion is for"))?;
    let id = upstream.client_id.as_str();
    let claims = Assertion { iss: id, sub: id, aud, jti: cx.secret() };
    let validity = Validity { from: cx.now, until: cx.now.plus(ASSERTION_LIFE) };
    Ok(keys::of(cx, tenant_id).await?.sign(ASSERTION_TYP, validity, &claims)?)
}
