//! Giving tokens back (RFC 7009).

use crate::cx::Cx;
use crate::domain::outbound::send;
use crate::domain::upstream::answers::refusal;
use crate::domain::upstream::client_authentication::post;
use crate::domain::upstream::{Error, Upstream};

/// What kind of token is given back (§2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hint {
    /// An access token.
    AccessToken,
    /// A refresh token, and with it what it gave.
    RefreshToken,
}

impl Hint {
    fn name(self) -> &'static str {
        match self {
            Hint::AccessToken => "access_token",
            Hint::RefreshToken => "refresh_token",
        }
    }
}

/// Gives a token back. A server that does not know it has nothing to revoke, and says so with 200 (§2.2).
///
/// # Errors
/// Why it may still be good.
pub async fn revoke(cx: &Cx, upstream: &Upstream, token: &str, hint: Hint) -> Result<(), Error> {
    let endpoint = upstream.endpoints.revocation.as_deref();
    let endpoint = endpoint.ok_or_else(|| Error::failed("it has no revocation endpoint"))?;
    let members = [("token", token), ("token_type_hint", hint.name())];
    let request = post(cx, upstream, endpoint, &members).await?;
    let answer = send(cx, request, upstream.reach).await?;
    refusal(&answer, "the revocation endpoint").map_or(Ok(()), Err)
}
