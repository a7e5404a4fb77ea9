//! `/auth/mfa*`: the second factor of a sign-in, and what users do about theirs.

use serde::Deserialize;
use serde_json::json;

use crate::api::account::{message, ok, signed_in_shape, tokens_shape};
use crate::api::factor::{self, Names};
use crate::cx::Cx;
use crate::domain::refusal::{Error, invalid};
use crate::domain::session::channel::Channel;
use crate::domain::session::principal::{self, OwnSession};
use crate::domain::session::sessions::SessionSecret;
use crate::domain::sign_in::guess::Proof;
use crate::domain::sign_in::second_factor;
use crate::domain::sign_in::{self, Attempt, challenges, enrolment, fresh_sign_in};
use crate::http::body::{self, SMALL};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::model::factor::Method;

/// What any of these endpoints reads; the document says which members each needs.
#[derive(Deserialize)]
struct Body {
    mfa_token: Option<String>,
    code: Option<String>,
    email: Option<String>,
    password: Option<String>,
    method: Option<String>,
}

fn need<'a>(field: &'static str, sent: &'a Option<String>) -> Result<&'a str, Error> {
    sent.as_deref().ok_or_else(|| invalid(field, "is missing"))
}

/// `GET /auth/mfa`: how the caller stands with second factors.
pub(super) async fn status(cx: &Cx, _: &Call<'_>, session: OwnSession) -> Answer {
    Ok(ok(200, &factor::standing(&enrolment::standing(cx, &session).await?, Names::Snake).into()))
}

/// `POST /auth/mfa/enable`: begins to set a second factor up.
pub(super) async fn enable(cx: &Cx, call: &Call<'_>, session: OwnSession) -> Answer {
    let body: Body = body::json_or_nothing(call, SMALL).await?;
    let method = match body.method.as_deref() {
        None | Some("totp") => Method::Totp,
        Some("email") => Method::Email,
        Some(_) => return Err(invalid("method", "totp or email")),
    };
    let password = body.password.as_deref();
    let waiting = challenges::for_enrolment(cx, &session, method, password, Channel::Api).await?;
    let mut shape = factor::enrolment(cx, &waiting, Names::Snake)?.unwrap_or_default();
    shape.insert("method".into(), method.name().into());
    shape.insert("expires_in".into(), waiting.expires_in(cx).into());
    Ok(ok(200, &shape.into()))
}

/// `POST /auth/mfa/verify`: with `mfa_token` completes a sign-in, otherwise what the caller began to set up.
pub(super) async fn verify(cx: &Cx, call: &Call<'_>) -> Answer {
    let body: Body = body::json(call, SMALL).await?;
    if let Some(token) = &body.mfa_token {
        let proof = match &body.password {
            Some(password) if body.code.is_none() => Proof::Password(password),
            _ => Proof::Code(need("code", &body.code)?),
        };
        let signed_in = sign_in::complete(cx, &call.resolved, token, Channel::Api, proof, false).await?;
        return Ok(signed_in_shape(&signed_in));
    }
    let session = principal::own_session(cx, &call.resolved, &call.sent()).await?;
    let code = Proof::Code(need("code", &body.code)?);
    if let Some(password) = &body.password {
        fresh_sign_in::confirm(cx, &session, password).await?;
    }
    let waiting = challenges::enrolment_of(cx, &call.resolved, &session).await?;
    let method = waiting.methods().first().map(|method| method.name());
    let enrolled = second_factor::complete(cx, &call.resolved, &waiting, Channel::Api, code, false).await?;
    let mut shape = json!({ "mfa_enabled": true, "method": method, "backup_codes": enrolled.backup_codes });
    // The session has proved more: what stood for it before is renewed no more.
    if let (SessionSecret::Tokens(tokens), Some(shape)) = (&enrolled.session_secret, shape.as_object_mut()) {
        shape.extend(tokens_shape(tokens).as_object().cloned().unwrap_or_default());
    }
    Ok(ok(200, &shape))
}

/// `POST /auth/mfa/login`: signs in with password and code at once.
pub(super) async fn login(cx: &Cx, call: &Call<'_>) -> Answer {
    let body: Body = body::json(call, SMALL).await?;
    let attempt = Attempt { email: need("email", &body.email)?, password: need("password", &body.password)? };
    let code = need("code", &body.code)?;
    let signed_in = sign_in::with_password_and_code(cx, &call.resolved, attempt, code).await?;
    Ok(signed_in_shape(&signed_in))
}

/// `POST /auth/mfa/send`: mails another code for `mfa_token`. With a bearer token instead, asks the session
/// for its second factor.
pub(super) async fn send(cx: &Cx, call: &Call<'_>) -> Answer {
    let body: Body = body::json_or_nothing(call, SMALL).await?;
    if let Some(token) = &body.mfa_token {
        let waiting = challenges::find(cx, &call.resolved, token, Channel::Api).await?;
        challenges::send_code(cx, &waiting).await?;
        return Ok(message(200, "A code is on its way to your email"));
    }
    let session = principal::own_session(cx, &call.resolved, &call.sent()).await?;
    let waiting = challenges::for_session(cx, &session, body.password.as_deref(), Channel::Api).await?;
    Ok(ok(200, &factor::challenge(cx, &waiting, Names::Snake, "mfaToken")?))
}

/// `POST /auth/mfa/backup-codes`: a fresh set, for a code.
pub(super) async fn new_backup_codes(cx: &Cx, call: &Call<'_>, session: OwnSession) -> Answer {
    let body: Body = body::json(call, SMALL).await?;
    let codes = enrolment::new_backup_codes(cx, &session, need("code", &body.code)?).await?;
    Ok(ok(200, &json!({ "backup_codes": codes })))
}

/// `GET /auth/mfa/backup-codes`: how many are left.
pub(super) async fn backup_codes(cx: &Cx, _: &Call<'_>, session: OwnSession) -> Answer {
    Ok(ok(200, &json!({ "remaining": enrolment::backup_codes_left(cx, &session).await? })))
}

/// `POST /auth/mfa/disable`: removes the second factor, for a code.
pub(super) async fn disable(cx: &Cx, call: &Call<'_>, session: OwnSession) -> Answer {
    let body: Body = body::json(call, SMALL).await?;
    enrolment::disable(cx, &session, need("code", &body.code)?).await?;
    Ok(ok(200, &json!({ "mfa_enabled": false })))
}
