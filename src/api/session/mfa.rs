//! `/api/auth/mfa/*`: the second factor of a sign-in, and of a session.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::api::session::ok;
use crate::api::session::shapes::{Challenge, Login, Message};
use crate::cx::Cx;
use crate::domain::refusal::invalid;
use crate::domain::session::channel::Channel;
use crate::domain::session::principal::OwnSession;
use crate::domain::sign_in::guess::Proof;
use crate::domain::sign_in::second_factor;
use crate::domain::sign_in::{challenges, enrolment, fresh_sign_in, passkeys};
use crate::http::body::{self, SMALL};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::model::state::Mfa;

#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Body {
    /// What the login answered with.
    challenge: String,
    /// From the app or the mail, or a backup code.
    #[serde(default)]
    code: Option<String>,
    /// Instead of a code, where `methods` lists `password`.
    #[serde(default)]
    password: Option<String>,
    /// Instead, a passkey's answer to `/api/auth/passkeys/login/options` with this challenge.
    #[serde(default)]
    credential: Option<Value>,
}

/// The challenge for which another code is to be mailed.
#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Send {
    /// What the login answered with.
    challenge: String,
}

/// The caller's password.
#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Password {
    password: String,
}

/// The same where it may be left out: of a user who just signed in.
#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Confirmed {
    /// The caller's, where they did not just sign in.
    #[serde(default)]
    pub(crate) password: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct Standing {
    backup_codes_remaining: i64,
    /// The account's method: `none`, `totp` or `email`.
    method: Mfa,
    /// Whether sign-ins take a second factor.
    mfa_enabled: bool,
    /// Whether the tenant requires a second factor of every user.
    required: bool,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Reauthenticated {
    reauthenticated: bool,
}

/// `POST /api/auth/reauthenticate`: the person proves with the password that it is them.
pub(super) async fn reauthenticate(cx: &Cx, call: &Call<'_>, session: OwnSession) -> Answer {
    let Password { password } = body::json(call, SMALL).await?;
    fresh_sign_in::confirm(cx, &session, &password).await?;
    Ok(ok(200, Reauthenticated { reauthenticated: true }))
}

/// `POST /api/auth/mfa/verify`: completes a sign-in, or a step-up.
pub(super) async fn verify(cx: &Cx, call: &Call<'_>) -> Answer {
    let body: Body = body::json(call, SMALL).await?;
    let waiting = challenges::find(cx, &call.resolved, &body.challenge, Channel::Api).await?;
    let proof = match (&body.code, &body.password, &body.credential) {
        (Some(code), None, None) => Proof::Code(code),
        (None, Some(password), None) => Proof::Password(password),
        (None, None, Some(credential)) => {
            Proof::Passkey(passkeys::second(cx, &waiting, &call.request.host, credential).await?)
        }
        _ => return Err(invalid("code", "exactly one of code, password and credential")),
    };
    let signed_in = second_factor::complete(cx, &call.resolved, &waiting, Channel::Api, proof, false).await?;
    Ok(ok(200, Login::of(signed_in)?))
}

/// `POST /api/auth/mfa/send`: mails a code.
pub(super) async fn send(cx: &Cx, call: &Call<'_>) -> Answer {
    let body: Send = body::json(call, SMALL).await?;
    let waiting = challenges::find(cx, &call.resolved, &body.challenge, Channel::Api).await?;
    challenges::send_code(cx, &waiting).await?;
    Ok(ok(200, Message { message: "A code is on its way to your email" }))
}

/// `GET /api/auth/mfa`: how the caller stands with second factors.
pub(super) async fn status(cx: &Cx, _: &Call<'_>, session: OwnSession) -> Answer {
    let standing = enrolment::standing(cx, &session).await?;
    let standing = Standing {
        backup_codes_remaining: standing.backup_codes,
        method: standing.method,
        mfa_enabled: standing.enabled,
        required: standing.required,
    };
    Ok(ok(200, standing))
}

/// `POST /api/auth/mfa/step-up`: asks the session for its second factor.
pub(super) async fn step_up(cx: &Cx, call: &Call<'_>, session: OwnSession) -> Answer {
    let Confirmed { password } = body::json_or_nothing(call, SMALL).await?;
    let waiting = challenges::for_session(cx, &session, password.as_deref(), Channel::Api).await?;
    Ok(ok(200, Challenge::of(cx, &waiting)?))
}
