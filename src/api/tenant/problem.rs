//! How the tenant API says what went wrong: `application/problem+json` (RFC 9457).

use serde::Serialize;

use crate::api::wording::{way_on, with_headers, word};
use crate::cx::Cx;
use crate::domain::refusal::Refusal;
use crate::http::request::Request;
use crate::http::response::Response;

/// RFC 9457.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Problem {
    /// With `SSO_REQUIRED`: where the person signs in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    auth_url: Option<String>,
    code: &'static str,
    /// With `UPGRADE_REQUIRED`: what the tenant has.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    current_plan: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    detail: Option<String>,
    /// With `VALIDATION_ERROR`: which fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    errors: Option<Vec<Field>>,
    /// With `UPGRADE_REQUIRED`: `Upgrade required`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    error: Option<&'static str>,
    /// With `UPGRADE_REQUIRED`: the same as `detail`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    message: Option<String>,
    /// With a 500: the request's id, which the log has too.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    request_id: Option<String>,
    /// With `UPGRADE_REQUIRED`: what it needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    required_plan: Option<String>,
    status: u16,
    title: &'static str,
    r#type: &'static str,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
struct Field {
    detail: String,
    field: &'static str,
}

/// `application/problem+json`.
pub(crate) fn word_refusal(_: &Cx, _: &Request, refusal: &Refusal) -> Response {
    let worded = word(refusal);
    let errors = match refusal {
        Refusal::Invalid(problems) => Some(
            problems.iter().map(|one| Field { detail: one.reason.to_string(), field: one.field }).collect(),
        ),
        _ => None,
    };
    let mut problem = Problem {
        auth_url: way_on(refusal),
        code: worded.code,
        current_plan: None,
        detail: Some(worded.sentence),
        errors,
        error: None,
        message: None,
        request_id: None,
        required_plan: None,
        status: worded.status,
        title: title(worded.status),
        r#type: "about:blank",
    };
    if let Refusal::PlanTooLow { current, required } = refusal {
        problem.error = Some("Upgrade required");
        problem.message.clone_from(&problem.detail);
        (problem.current_plan, problem.required_plan) = (Some(current.clone()), Some(required.clone()));
    }
    with_headers(Response::problem(worded.status, &problem), refusal)
}

/// The bare 500.
pub(crate) fn word_fault(_: &Cx, id: &str) -> Response {
    let problem = Problem {
        auth_url: None,
        code: "INTERNAL_ERROR",
        current_plan: None,
        detail: None,
        errors: None,
        error: None,
        message: None,
        request_id: Some(id.to_owned()),
        required_plan: None,
        status: 500,
        title: title(500),
        r#type: "about:blank",
    };
    Response::problem(500, &problem)
}

/// The status code's phrase, as RFC 9457 §4.2.1 asks of `about:blank`.
fn title(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        429 => "Too Many Requests",
        _ => "Internal Server Error",
    }
}
