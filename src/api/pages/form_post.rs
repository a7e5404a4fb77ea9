//! A page whose form a browser sends on by itself, to another server: the answer to a client (OAuth 2.0 Form Post Response
//! Mode), a message to a SAML provider (saml-bindings §3.5). Without JavaScript there is a button.

use askama::Template;

use crate::api::pages::leave::leave;
use crate::api::pages::messages::{self, Messages};
use crate::domain::saml::sending::Sending;
use crate::http::guard::Answer;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::ports::Fault;

/// Submits the page's form; its hash stands in the policy, so that nothing else runs.
const SUBMIT: &str = "document.forms[0].submit()";

/// Base64 of [`SUBMIT`]'s SHA-256.
const SUBMIT_HASH: &str = "ePniVEkSivX/c7XWBGafqh8tSpiRrKiqYeqbG7N1TOE=";

#[derive(Template)]
#[template(path = "form_post.html")]
struct FormPost<'a> {
    m: &'static Messages,
    action: &'a str,
    fields: &'a [(&'static str, String)],
    script: &'a str,
}

/// The page with a form of these fields. `to` is what its policy names besides every web server: the scheme of an
/// application.
pub(crate) fn form_post(
    request: &Request,
    action: &str,
    fields: &[(&'static str, String)],
    to: &str,
) -> Answer {
    let page = FormPost { m: messages::of(request), action, fields, script: SUBMIT }
        .render()
        .map_err(|error| Fault::new("page", error))?;
    // The other server may answer the form with a redirect to anywhere, which browsers hold to this as well. Nothing
    // stands on the page but what is escaped.
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{SUBMIT_HASH}'; style-src 'self'; img-src 'self'; form-action {to} https: http:; \
         base-uri 'none'; frame-ancestors 'none'"
    );
    Ok(Response::html_under(200, page, policy))
}

/// Sends a browser to a SAML provider with a message.
pub(crate) fn send(request: &Request, sending: &Sending) -> Answer {
    match sending {
        Sending::Redirect(url) => leave(request, url),
        Sending::Form(form) => form_post(request, &form.action, &form.fields, "'self'"),
    }
}
