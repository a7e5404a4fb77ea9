//! What a program is answered that has signed somebody in with Google by redirect.

use serde::Serialize;

use crate::api::connections::shapes::User;
use crate::api::session::shapes::Challenge;
use crate::cx::Cx;
use crate::domain::federation::finish::Arrived;
use crate::domain::refusal::{Federation, Refusal};
use crate::domain::session::sessions::SessionSecret;
use crate::domain::sign_in::Step;
use crate::http::guard::Answer;
use crate::http::response::Response;
use crate::ports::Fault;

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(untagged)]
pub(in crate::api) enum WithGoogle {
    SignedIn(SignedIn),
    SecondFactor(SecondFactor),
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(in crate::api) struct SignedIn {
    success: bool,
    /// An access token.
    token: String,
    user: User,
}

/// A second factor is needed: complete it with `/api/auth/mfa/verify`.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(in crate::api) struct SecondFactor {
    #[serde(flatten)]
    challenge: Challenge,
    success: bool,
}

/// The answer to a program.
pub(in crate::api) fn answer(cx: &Cx, arrived: Arrived) -> Answer {
    let answer = match arrived {
        Arrived::On(Step::SignedIn(signed_in), _) => {
            let SessionSecret::Tokens(tokens) = signed_in.session_secret else {
                return Err(Fault::new("sign-in", "a cookie for an API").into());
            };
            let user = User::of(&signed_in.user, "google-login");
            WithGoogle::SignedIn(SignedIn { success: true, token: tokens.access, user })
        }
        Arrived::On(Step::Second(waiting), _) => {
            WithGoogle::SecondFactor(SecondFactor { challenge: Challenge::of(cx, &waiting)?, success: true })
        }
        Arrived::Ask(_) => return Err(Refusal::Federation(Federation::LinkRequired).into()),
    };
    Ok(Response::json(200, &answer))
}
