//! `/api/auth/magic-link/*`: signing in by mail.

use crate::api::magic_link;
use crate::api::session::shapes::Message;
use crate::api::session::{ok, step};
use crate::cx::Cx;
use crate::http::guard::Answer;
use crate::http::request::Call;

/// `POST /api/auth/magic-link/request`: `{email}`; the same answer whether the address has an account or not.
pub(super) async fn request(cx: &Cx, call: &Call<'_>) -> Answer {
    magic_link::request(cx, call).await?;
    Ok(ok(200, Message { message: "Magic link sent to your email" }))
}

/// `POST /api/auth/magic-link/verify`: `{email, code}` or `{token}`, for what a login answers.
pub(super) async fn verify(cx: &Cx, call: &Call<'_>) -> Answer {
    step(cx, magic_link::verify(cx, call).await?)
}
