//! `GET /users/auth/status`: whether the caller is signed in. Never refuses: a missing or bad token is
//! simply unknown.

use serde::Serialize;

use crate::api::connections::shapes::User;
use crate::cx::Cx;
use crate::domain::federation;
use crate::domain::refusal::Error;
use crate::domain::session::principal;
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct Status {
    is_authenticated: bool,
    /// If so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    user: Option<User>,
}

pub(super) async fn status(cx: &Cx, call: &Call<'_>) -> Answer {
    let user = match principal::session(cx, &call.resolved, &call.sent()).await {
        Ok(session) => {
            let auth_type = match session.amr.first().is_some_and(|first| first == "fed") {
                true => with_provider(federation::kind_of_session(cx, session.id()).await?.as_deref()),
                false => auth_type(&session.amr),
            };
            Some(User::of(&session.user, auth_type))
        }
        Err(Error::Refused(_)) => None,
        Err(broken) => return Err(broken),
    };
    Ok(Response::json(200, &Status { is_authenticated: user.is_some(), user }))
}

/// The same of one that began with a provider of that kind.
fn with_provider(kind: Option<&str>) -> &'static str {
    match kind {
        Some("google") => "google-login",
        Some("microsoft") => "microsoft-login",
        Some("github") => "github-login",
        _ => "sso-login",
    }
}

/// How the session was begun, in the document's manner (`google-login`).
fn auth_type(amr: &[String]) -> &'static str {
    match amr.first().map(String::as_str) {
        Some("pwd") => "password-login",
        Some("otp") => "magic-link-login",
        _ => "login",
    }
}
