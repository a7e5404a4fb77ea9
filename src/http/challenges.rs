//! What an answer says of DPoP (RFC 9449): a challenge in the scheme that the request used, and the next nonce.

use crate::cx::Cx;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::oidc::dpop::ALGS;

/// The answer with both, as far as they are due.
pub(super) fn word(cx: &Cx, request: &Request, mut response: Response) -> Response {
    // §7.1: who came with that scheme is answered in it.
    for (name, value) in &mut response.headers {
        if *name == "www-authenticate"
            && let Some(rest) = value.strip_prefix("Bearer")
            && request.headers.bound_token().is_some()
        {
            let between = if rest.is_empty() { " " } else { ", " };
            *value = format!("DPoP{rest}{between}algs=\"{ALGS}\"");
        }
    }
    match cx.caller.nonce.take() {
        Some(nonce) => response.with("dpop-nonce", nonce),
        None => response,
    }
}
