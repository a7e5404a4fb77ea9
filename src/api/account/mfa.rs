//! `/auth/mfa*`: the second factor of a sign-in, and what users do about theirs.

use serde::{Deserialize, Serialize};

use crate::api::account::shapes::{Challenge, Message, Tokens, of_an_api};
use crate::cx::Cx;
use crate::domain::refusal::{Error, invalid};
use crate::domain::session::channel::Channel;
use crate::domain::session::principal::{self, OwnSession};
use crate::domain::sign_in::guess::Proof;
use crate::domain::sign_in::second_factor;
use crate::domain::sign_in::{self, Attempt, challenges, enrolment, fresh_sign_in};
use crate::http::body::{self, SMALL};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::model::factor::Method;
use crate::model::state::Mfa;
use crate::ports::Fault;

#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Enable {
    /// `totp`, which it is if absent, or `email`.
    method: Option<String>,
    /// The caller's, where they did not just sign in.
    password: Option<String>,
}

#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Verify {
    /// What the login answered with. Without it, a bearer token says who sets up a second factor.
    mfa_token: Option<String>,
    /// From the app or the mail, or a backup code.
    code: Option<String>,
    /// Instead of a code, where `methods` lists `password`. Beside the code of what is set up: the caller's, who did not just sign in.
    password: Option<String>,
}

#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct MfaLogin {
    #[cfg_attr(not(target_arch = "wasm32"), schema(required = true, nullable = false))]
    email: Option<String>,
    #[cfg_attr(not(target_arch = "wasm32"), schema(required = true, nullable = false))]
    password: Option<String>,
    /// From the app, or a backup code.
    #[cfg_attr(not(target_arch = "wasm32"), schema(required = true, nullable = false))]
    code: Option<String>,
}

#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Send {
    /// What the login answered with. Without it, a bearer token says which session is asked.
    mfa_token: Option<String>,
    /// The caller's, who did not just sign in and has no second factor yet.
    password: Option<String>,
}

#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Code {
    /// From the app, from a mail that `/auth/mfa/send` sent to the session, or a backup code.
    #[cfg_attr(not(target_arch = "wasm32"), schema(required = true, nullable = false))]
    code: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Standing {
    backup_codes_remaining: i64,
    /// The account's method: `none`, `totp` or `email`.
    method: Mfa,
    /// Whether sign-ins take a second factor.
    mfa_enabled: bool,
    /// Whether the tenant requires a second factor of every user.
    required: bool,
}

/// What is being set up: complete it with one of its codes at `/auth/mfa/verify`.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Enabling {
    /// Seconds.
    expires_in: i64,
    method: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    otpauth_uri: Option<String>,
    /// The `otpauth:` address as a QR code, in SVG.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    qr_svg: Option<String>,
    /// The shared secret of an authenticator app, in base32.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    secret: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(untagged)]
pub(super) enum Verified {
    SignedIn(Tokens),
    Enabled(Enabled),
}

/// The second factor is set up. The tokens replace the session's former ones.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Enabled {
    access_token: String,
    /// Codes for when it fails, shown this once.
    backup_codes: Vec<String>,
    expires_in: i64,
    method: &'static str,
    mfa_enabled: bool,
    refresh_token: String,
    token_type: &'static str,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(untagged)]
pub(super) enum Sent {
    Mailed(Message),
    Asked(Challenge),
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct BackupCodes {
    backup_codes: Vec<String>,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Remaining {
    remaining: i64,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Disabled {
    mfa_enabled: bool,
}

fn need<'a>(field: &'static str, sent: &'a Option<String>) -> Result<&'a str, Error> {
    sent.as_deref().ok_or_else(|| invalid(field, "is missing"))
}

/// `GET /auth/mfa`: how the caller stands with second factors.
pub(super) async fn status(cx: &Cx, _: &Call<'_>, session: OwnSession) -> Answer {
    let standing = enrolment::standing(cx, &session).await?;
    let standing = Standing {
        backup_codes_remaining: standing.backup_codes,
        method: standing.method,
        mfa_enabled: standing.enabled,
        required: standing.required,
    };
    Ok(Response::json(200, &standing))
}

/// `POST /auth/mfa/enable`: begins to set a second factor up.
pub(super) async fn enable(cx: &Cx, call: &Call<'_>, session: OwnSession) -> Answer {
    let body: Enable = body::json_or_nothing(call, SMALL).await?;
    let method = match body.method.as_deref() {
        None | Some("totp") => Method::Totp,
        Some("email") => Method::Email,
        Some(_) => return Err(invalid("method", "totp or email")),
    };
    let password = body.password.as_deref();
    let waiting = challenges::for_enrolment(cx, &session, method, password, Channel::Api).await?;
    let mut enabling = Enabling {
        expires_in: waiting.expires_in(cx),
        method: method.name(),
        otpauth_uri: None,
        qr_svg: None,
        secret: None,
    };
    if let Some(app) = waiting.enrolling(cx)? {
        (enabling.otpauth_uri, enabling.qr_svg, enabling.secret) =
            (Some(app.uri), Some(app.svg), Some(app.secret));
    }
    Ok(Response::json(200, &enabling))
}

/// `POST /auth/mfa/verify`: with `mfa_token` completes a sign-in, otherwise what the caller began to set up.
pub(super) async fn verify(cx: &Cx, call: &Call<'_>) -> Answer {
    let body: Verify = body::json(call, SMALL).await?;
    if let Some(token) = &body.mfa_token {
        let proof = match &body.password {
            Some(password) if body.code.is_none() => Proof::Password(password),
            _ => Proof::Code(need("code", &body.code)?),
        };
        let signed_in = sign_in::complete(cx, &call.resolved, token, Channel::Api, proof, false).await?;
        return Ok(Response::json(200, &Verified::SignedIn(Tokens::signed_in(signed_in)?)));
    }
    let session = principal::own_session(cx, &call.resolved, &call.sent()).await?;
    let code = Proof::Code(need("code", &body.code)?);
    if let Some(password) = &body.password {
        fresh_sign_in::confirm(cx, &session, password).await?;
    }
    let waiting = challenges::enrolment_of(cx, &call.resolved, &session).await?;
    let method =
        waiting.methods().first().ok_or_else(|| Fault::new("mfa", "nothing is being set up"))?.name();
    let enrolled = second_factor::complete(cx, &call.resolved, &waiting, Channel::Api, code, false).await?;
    // The session has proved more: what stood for it before is renewed no more.
    let tokens = of_an_api(enrolled.session_secret)?;
    let enabled = Enabled {
        access_token: tokens.access,
        backup_codes: enrolled.backup_codes,
        expires_in: tokens.expires_in,
        method,
        mfa_enabled: true,
        refresh_token: tokens.refresh,
        token_type: "Bearer",
    };
    Ok(Response::json(200, &Verified::Enabled(enabled)))
}

/// `POST /auth/mfa/login`: signs in with password and code at once.
pub(super) async fn login(cx: &Cx, call: &Call<'_>) -> Answer {
    let body: MfaLogin = body::json(call, SMALL).await?;
    let attempt = Attempt { email: need("email", &body.email)?, password: need("password", &body.password)? };
    let code = need("code", &body.code)?;
    let signed_in = sign_in::with_password_and_code(cx, &call.resolved, attempt, code).await?;
    Ok(Response::json(200, &Tokens::signed_in(signed_in)?))
}

/// `POST /auth/mfa/send`: mails another code for `mfa_token`. With a bearer token instead, asks the session
/// for its second factor.
pub(super) async fn send(cx: &Cx, call: &Call<'_>) -> Answer {
    let body: Send = body::json_or_nothing(call, SMALL).await?;
    if let Some(token) = &body.mfa_token {
        let waiting = challenges::find(cx, &call.resolved, token, Channel::Api).await?;
        challenges::send_code(cx, &waiting).await?;
        let mailed = Message { message: "A code is on its way to your email" };
        return Ok(Response::json(200, &Sent::Mailed(mailed)));
    }
    let session = principal::own_session(cx, &call.resolved, &call.sent()).await?;
    let waiting = challenges::for_session(cx, &session, body.password.as_deref(), Channel::Api).await?;
    Ok(Response::json(200, &Sent::Asked(Challenge::of(cx, &waiting)?)))
}

/// `POST /auth/mfa/backup-codes`: a fresh set, for a code.
pub(super) async fn new_backup_codes(cx: &Cx, call: &Call<'_>, session: OwnSession) -> Answer {
    let body: Code = body::json(call, SMALL).await?;
    let backup_codes = enrolment::new_backup_codes(cx, &session, need("code", &body.code)?).await?;
    Ok(Response::json(200, &BackupCodes { backup_codes }))
}

/// `GET /auth/mfa/backup-codes`: how many are left.
pub(super) async fn backup_codes(cx: &Cx, _: &Call<'_>, session: OwnSession) -> Answer {
    let remaining = enrolment::backup_codes_left(cx, &session).await?;
    Ok(Response::json(200, &Remaining { remaining }))
}

/// `POST /auth/mfa/disable`: removes the second factor, for a code.
pub(super) async fn disable(cx: &Cx, call: &Call<'_>, session: OwnSession) -> Answer {
    let body: Code = body::json(call, SMALL).await?;
    enrolment::disable(cx, &session, need("code", &body.code)?).await?;
    Ok(Response::json(200, &Disabled { mfa_enabled: false }))
}
