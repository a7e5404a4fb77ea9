//! What a server knows of the person whose access token we have (OpenID Connect Core 1.0 §5.3), and other documents that it
//! gives for one.

use serde_json::{Map, Value};

use crate::crypto::foreign::Foreign;
use crate::cx::Cx;
use crate::domain::outbound::send;
use crate::domain::upstream::answers::{MOST_BYTES, media_type, object};
use crate::domain::upstream::tokens::LONGEST_TOKEN;
use crate::domain::upstream::{Error, Upstream, jwks};
use crate::model::json;
use crate::oidc::access_token::Audiences;
use crate::ports::http::{HttpAnswer, HttpRequest};

const ENDPOINT: &str = "the userinfo endpoint";

/// What the server knows of the person with that subject: as JSON, or as a JWT that it signed.
///
/// # Errors
/// [`Error::Forged`] if it is of somebody else (§5.3.2: the `sub` of both MUST be the same), or is not the server's word.
pub async fn ask(
    cx: &Cx,
    upstream: &Upstream,
    access_token: &str,
    subject: &str,
) -> Result<Map<String, Value>, Error> {
    let url = upstream.endpoints.userinfo.as_deref();
    let url = url.ok_or_else(|| Error::failed("it has no userinfo endpoint"))?;
    let answer = get(cx, upstream, url, access_token, "application/json, application/jwt").await?;
    if answer.status != 200 {
        return Err(Error::failed(format!("{ENDPOINT} answered {}", answer.status)));
    }
    let claims = match media_type(&answer).as_str() {
        "application/jwt" => signed(cx, upstream, &answer).await?,
        _ => object(&answer, ENDPOINT)?,
    };
    match claims.get("sub").and_then(Value::as_str) {
        Some(sub) if sub == subject => Ok(claims),
        _ => Err(Error::Forged("the userinfo endpoint tells of somebody else")),
    }
}

/// The claims of a signed answer: `iss` and `aud` SHOULD be there, and if they are, are this server and us.
async fn signed(cx: &Cx, upstream: &Upstream, answer: &HttpAnswer) -> Result<Map<String, Value>, Error> {
    let none = || Error::failed(format!("{ENDPOINT} answered no JWT"));
    let text = str::from_utf8(&answer.body).map_err(|_| none())?;
    let token = Foreign::parse_up_to(text.trim(), &["JWT"], LONGEST_TOKEN).ok_or_else(none)?;
    let signed = jwks::verify(cx, upstream, &token).await?;
    let claims = &signed.claims;
    if claims.contains_key("iss") && upstream.issuer.of(claims).is_none() {
        return Err(Error::Forged("the userinfo is of another issuer"));
    }
    if let Some(aud) = claims.get("aud") {
        let audiences: Option<Audiences> = json::read(aud.clone()).ok();
        if !audiences.is_some_and(|all| all.contain(&upstream.client_id)) {
            return Err(Error::Forged("the userinfo is for another client"));
        }
    }
    if signed.expires_at.is_some_and(|at| at.plus(super::id_token::SKEW) <= cx.now) {
        return Err(Error::Forged("the userinfo has expired"));
    }
    Ok(signed.claims)
}

/// A document that an API gives for an access token, whatever its status.
///
/// # Errors
/// Why there is no answer.
pub async fn get(
    cx: &Cx,
    upstream: &Upstream,
    url: &str,
    access_token: &str,
    accept: &str,
) -> Result<HttpAnswer, Error> {
    let mut request = HttpRequest::get(url, accept, MOST_BYTES);
    request.headers.push(("authorization", format!("Bearer {access_token}")));
    request.headers.push(("user-agent", super::USER_AGENT.to_owned()));
    Ok(send(cx, request, upstream.reach).await?)
}
