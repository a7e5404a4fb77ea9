//! Answers that several endpoints of the user and connection API give.

use serde::Serialize;

use crate::store::users;

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct Failure {
    /// With `SSO_REQUIRED`: where the person signs in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    pub(super) auth_url: Option<String>,
    /// `REAUTHENTICATION_REQUIRED` and `SSO_REQUIRED`, where that is why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    pub(super) code: Option<&'static str>,
    pub(super) error: String,
    /// With a 500: the request's id, which the log has too.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    pub(super) request_id: Option<String>,
    pub(super) status_code: u16,
    pub(super) success: bool,
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    pub(super) timestamp: String,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Done {
    message: &'static str,
    success: bool,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct LoggedOut {
    /// Where the person's browser signs out at the organisation's provider that the session began with, once and within ten
    /// minutes; absent where there is nothing to sign out of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    pub(super) logout_url: Option<String>,
    #[serde(flatten)]
    pub(super) done: Done,
}

impl Done {
    pub(super) fn saying(message: &'static str) -> Done {
        Done { message, success: true }
    }
}

/// It was done.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Succeeded {
    success: bool,
}

impl Succeeded {
    pub(super) fn new() -> Succeeded {
        Succeeded { success: true }
    }
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct User {
    /// How the session began, as `password-login`.
    auth_type: &'static str,
    email: String,
    id: String,
    name: Option<String>,
}

impl User {
    pub(super) fn of(user: &users::User, auth_type: &'static str) -> User {
        User { auth_type, email: user.email.clone(), id: user.id.clone(), name: user.name.clone() }
    }
}
