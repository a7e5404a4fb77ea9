//! `GET …/.well-known/jwks.json`: the tenant's public keys (RFC 7517 §5): current, next and retiring.

use crate::cx::Cx;
use crate::domain::keys::{self, JWKS_MAX_AGE};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;

pub(super) async fn jwks(cx: &Cx, call: &Call<'_>) -> Answer {
    let keys = keys::of(cx, &call.resolved.tenant.id).await?;
    // RFC 9110 §13.1.2: one of the listed tags, weak or not, or any.
    let known = call.request.headers.get("if-none-match").is_some_and(|tags| {
        tags.split(',')
            .map(|tag| tag.trim().trim_start_matches("W/"))
            .any(|tag| tag == keys.etag || tag == "*")
    });
    let response = if known { Response::empty(304) } else { Response::json_text(keys.jwks.clone()) };
    Ok(response
        .with("etag", keys.etag.clone())
        .with("cache-control", format!("public, max-age={JWKS_MAX_AGE}"))
        .with("access-control-allow-origin", "*"))
}
