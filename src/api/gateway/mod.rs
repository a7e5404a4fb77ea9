//! The gateway's wording: every path that no surface owns. A route's answer is the origin's; a refusal is
//! the documents' JSON, or for a browser's navigation the login page or an error page. `/` is a small home page
//! until a route owns it.

mod protected_resource;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use crate::api::wording::word;
use crate::api::{pages, session};
use crate::cx::Cx;
use crate::domain::gateway::forward::{self, Decision};
use crate::domain::gateway::incoming::Incoming;
use crate::domain::refusal::{Error, Refusal};
use crate::http::Outcome;
use crate::http::request::{Call, Request};
use crate::http::response::Response;
use crate::http::table::Surface;

/// `502` when an origin cannot be reached.
pub const BAD_GATEWAY: &str =
    r#"{"success":false,"error":"The origin could not be reached","code":"BAD_GATEWAY"}"#;

/// `504` when an origin takes too long.
pub const GATEWAY_TIMEOUT: &str =
    r#"{"success":false,"error":"The origin did not answer in time","code":"GATEWAY_TIMEOUT"}"#;

/// `502` when a provider's API answers with a redirect.
pub const REDIRECTED: &str = r#"{"success":false,"error":"The provider answered with a redirect, which is not followed","code":"REDIRECT_REFUSED"}"#;

const QUERY_VALUE: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Decides on a request and says what the edge is to do with it.
pub(crate) async fn gateway(cx: &Cx, call: &Call<'_>) -> Result<Outcome, Error> {
    let request = call.request;
    if let Some(document) = protected_resource::answer(cx, call).await? {
        return Ok(Outcome::Answer(document));
    }
    let incoming = Incoming {
        method: &request.method,
        host: &request.host,
        path: &request.path,
        query: &request.query,
        headers: &request.headers,
    };
    let decision = match forward::plan(cx, &call.resolved, &incoming).await {
        Err(Error::Refused(Refusal::NotFound)) if request.path == "/" && is_look(request) => {
            return Ok(Outcome::Answer(pages::home(cx, call).await?));
        }
        decision => decision?,
    };
    match decision {
        Decision::Send(plan) => Ok(Outcome::Forward(plan)),
        Decision::SignIn { tenant_id, page, back } => {
            let back = utf8_percent_encode(&back, QUERY_VALUE);
            let page = format!("/tenant/{tenant_id}/{page}?return_to={back}");
            Ok(Outcome::Answer(Response::see_other(&page).with("cache-control", "no-store")))
        }
    }
}

/// Whether a person looks at a page, and sends nothing.
fn is_look(request: &Request) -> bool {
    matches!(request.method.as_str(), "GET" | "HEAD") && request.wants_page()
}

/// Who words what goes wrong here; it owns no rows.
pub(crate) fn wording() -> Surface {
    Surface { name: "gateway", routes: Vec::new(), word_refusal, word_fault: session::word_fault }
}

/// That the caller's plan does not reach.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Upgrade<'a> {
    current_plan: &'a str,
    error: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    required_feature: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    required_plan: Option<&'a str>,
}

/// That the caller has to connect a service first.
#[derive(Serialize)]
struct Connect<'a> {
    success: bool,
    error: String,
    code: &'static str,
    provider: &'a str,
    connect: &'a str,
    page: &'a str,
}

fn word_refusal(cx: &Cx, request: &Request, refusal: &Refusal) -> Response {
    if let Refusal::ConnectionNeeded { provider, connect, page } = refusal {
        let worded = word(refusal);
        let (error, code) = (worded.sentence, worded.code);
        let body = Connect { success: false, error, code, provider, connect, page };
        return Response::json(worded.status, &body);
    }
    let (error, current_plan, required_plan, required_feature) = match refusal {
        Refusal::PlanTooLow { current, required } => {
            ("Upgrade required", current, Some(required.as_str()), None)
        }
        Refusal::FeatureMissing { current, feature } => {
            ("Feature not available", current, None, Some(feature.as_str()))
        }
        _ => return session::word_refusal(cx, request, refusal),
    };
    let worded = word(refusal);
    let upgrade = Upgrade { current_plan, error, message: worded.sentence, required_feature, required_plan };
    Response::json(worded.status, &upgrade)
}
