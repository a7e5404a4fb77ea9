//! `GET|POST …/oauth2/authorize` (RFC 6749 §3.1): to a page of ours, or back to the client.

use askama::Template;

use crate::api::pages::leave;
use crate::api::pages::messages::{self, Messages};
use crate::cx::Cx;
use crate::domain::oauth::authorize::{self, Back, Outcome};
use crate::domain::session::sessions::COOKIE;
use crate::http::body;
use crate::http::guard::Answer;
use crate::http::request::{Call, Request};
use crate::http::response::Response;
use crate::oidc::params::Params;
use crate::oidc::request::ResponseMode;
use crate::ports::Fault;

/// Submits the form below; its hash stands in the policy, so that nothing else runs.
const SUBMIT: &str = "document.forms[0].submit()";

/// Base64 of [`SUBMIT`]'s SHA-256.
const SUBMIT_HASH: &str = "ePniVEkSivX/c7XWBGafqh8tSpiRrKiqYeqbG7N1TOE=";

#[derive(Template)]
#[template(path = "form_post.html")]
struct FormPost<'a> {
    m: &'static Messages,
    back: &'a Back,
    script: &'a str,
}

pub(super) async fn ask(cx: &Cx, call: &Call<'_>) -> Answer {
    let query = call.request.query.strip_prefix('?').unwrap_or_default();
    decide(cx, call, Params::parse(query)).await
}

pub(super) async fn submit(cx: &Cx, call: &Call<'_>) -> Answer {
    let params = body::repeatable_params(call).await?;
    decide(cx, call, params).await
}

async fn decide(cx: &Cx, call: &Call<'_>, params: Params) -> Answer {
    let cookie = call.request.headers.cookie(COOKIE);
    answer(call.request, authorize::decide(cx, &call.resolved.tenant, params, cookie).await?)
}

/// Sends the browser where it is to go; the consent page answers with this as well.
pub(crate) fn answer(request: &Request, outcome: Outcome) -> Answer {
    match outcome {
        Outcome::Page(path) => Ok(Response::see_other(&path)),
        Outcome::Back(back) => match back.mode {
            ResponseMode::Query => leave(request, &with_query(&back.redirect_uri, &back.params)),
            ResponseMode::FormPost => form_post(request, &back),
        },
    }
}

/// An address with parameters; a query that it has is kept (RFC 6749 §3.1.2).
pub(super) fn with_query(uri: &str, params: &[(&str, String)]) -> String {
    if params.is_empty() {
        return uri.to_owned();
    }
    let separator = match uri.find('?') {
        None => "?",
        Some(at) if at + 1 == uri.len() || uri.ends_with('&') => "",
        Some(_) => "&",
    };
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
    format!("{uri}{separator}{query}")
}

/// OAuth 2.0 Form Post Response Mode; without JavaScript there is a button.
fn form_post(request: &Request, back: &Back) -> Answer {
    let page = FormPost { m: messages::of(request), back, script: SUBMIT }
        .render()
        .map_err(|error| Fault::new("page", error))?;
    // The client may answer the form with a redirect to anywhere, which browsers hold to this as well. Nothing stands
    // on the page but what is escaped.
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{SUBMIT_HASH}'; style-src 'self'; img-src 'self'; form-action {} https: http:; \
         base-uri 'none'; frame-ancestors 'none'",
        authorize::form_action(&back.redirect_uri)
    );
    Ok(Response::html_under(200, page, policy))
}
