//! `/users/auth/magic-link/*`: signing in by mail.

use serde::Serialize;

use crate::api::connections::shapes::{Done, User};
use crate::api::magic_link;
use crate::api::session::shapes::Challenge;
use crate::cx::Cx;
use crate::domain::session::sessions::SessionSecret;
use crate::domain::sign_in::Step;
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::ports::Fault;

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(untagged)]
pub(super) enum MagicLink {
    SignedIn(SignedIn),
    SecondFactor(SecondFactor),
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct SignedIn {
    success: bool,
    /// An access token.
    token: String,
    user: User,
}

/// A second factor is needed: complete it with `/api/auth/mfa/verify`.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct SecondFactor {
    #[serde(flatten)]
    challenge: Challenge,
    success: bool,
}

/// `POST /users/auth/magic-link/request`: `{email}`; the same answer whether the address has an account or not.
pub(super) async fn request(cx: &Cx, call: &Call<'_>) -> Answer {
    magic_link::request(cx, call).await?;
    Ok(Response::json(200, &Done::saying("Magic link sent to your email")))
}

/// `POST /users/auth/magic-link/verify`: `{email, code}` or `{token}`, for a token and the user, or for what
/// `/api/auth/mfa/verify` completes.
pub(super) async fn verify(cx: &Cx, call: &Call<'_>) -> Answer {
    let answer = match magic_link::verify(cx, call).await? {
        Step::SignedIn(signed_in) => {
            let SessionSecret::Tokens(tokens) = signed_in.session_secret else {
                return Err(Fault::new("sign-in", "a cookie for an API").into());
            };
            let user = User::of(&signed_in.user, "magic-link-login");
            MagicLink::SignedIn(SignedIn { success: true, token: tokens.access, user })
        }
        Step::Second(waiting) => {
            MagicLink::SecondFactor(SecondFactor { challenge: Challenge::of(cx, &waiting)?, success: true })
        }
    };
    Ok(Response::json(200, &answer))
}
