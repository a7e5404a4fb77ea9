//! What a browser that navigates is shown when something went wrong, on every surface and behind the gateway:
//! what, at whose place, who is signed in, the ways from here, and what to tell who runs the place.

use std::rc::Rc;

use askama::Template;

use crate::api::pages::messages::{self, Messages, fill};
use crate::api::pages::place::{encode, is_local};
use crate::api::pages::words;
use crate::api::wording::{way_on, with_headers, word};
use crate::cx::Cx;
use crate::domain::refusal::Refusal;
use crate::domain::session::credential::Credential;
use crate::domain::session::principal;
use crate::domain::session::sessions::COOKIE;
use crate::domain::tenants::{self, Tenant};
use crate::http::request::Request;
use crate::http::response::Response;
use crate::http::table::{Failure, Why};

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    m: &'static Messages,
    tenant: Option<&'a str>,
    title: &'a str,
    text: &'a str,
    /// Who is signed in, in a sentence.
    who: Option<String>,
    /// The ways from here, the likeliest first: where, and what it is called.
    ways: Vec<(String, &'a str)>,
    /// What the log knows it by.
    reference: Option<String>,
}

/// The page for a failure.
pub(crate) async fn error(cx: &Cx, request: &Request, failure: Failure<'_>) -> Response {
    let m = messages::of(request);
    let (status, text) = match failure.why {
        Why::Refused(refusal) => (word(refusal).status, words::sentence(m, refusal)),
        Why::Status(status) => (status, words::of_status(m, status, failure.id)),
    };
    let around =
        if asks(&failure.why) { around(cx, request, failure.named).await } else { Around::default() };
    let text = match (failure.why, &around.tenant) {
        (Why::Refused(Refusal::WrongTenant), Some(tenant)) => fill(m.refused_tenant, "tenant", &tenant.name),
        (Why::Refused(Refusal::Forbidden), _) if request.method == "GET" => m.refused_role.to_owned(),
        _ => text,
    };
    let reference = Some(failure.id).filter(|id| !id.is_empty() && status != 500);
    let page = ErrorPage {
        m,
        tenant: around.tenant.as_ref().map(|tenant| tenant.name.as_str()),
        title: words::title(m, status),
        text: &text,
        who: around.email().map(|email| fill(m.home_in, "email", email)),
        ways: ways(m, request, &failure.why, status, &around),
        reference: reference.map(|id| fill(m.reference, "id", id)),
    };
    // If even the page does not render, its text is sent as it is.
    let response = match page.render() {
        Ok(html) => Response::html(status, html).with_own_scripts(),
        Err(_) => Response { status, headers: Vec::new(), body: text.into() },
    };
    match failure.why {
        Why::Refused(refusal) => with_headers(response, refusal),
        Why::Status(_) => response,
    }
}

/// Whether the database may be asked for it: not when it may be what is broken or not ready, nor for a user who asks
/// too much or in a circle.
fn asks(why: &Why<'_>) -> bool {
    match why {
        Why::Refused(refusal) => !matches!(
            refusal,
            Refusal::Limited(_) | Refusal::Looping | Refusal::Unready | Refusal::Unavailable(_)
        ),
        Why::Status(status) => matches!(status, 502 | 504),
    }
}

/// Whose place it is, and who is there.
#[derive(Default)]
struct Around {
    tenant: Option<Rc<Tenant>>,
    person: Option<Rc<Credential>>,
}

impl Around {
    fn email(&self) -> Option<&str> {
        self.person.as_ref()?.user().map(|user| user.email.as_str())
    }
}

/// What cannot be found is left out: the page says something more important.
async fn around(cx: &Cx, request: &Request, named: Option<&str>) -> Around {
    let header = request.headers.get("x-tenant-id");
    let chosen = tenants::choose(cx, named, &request.host, header).await.ok();
    let person = match request.headers.cookie(COOKIE) {
        Some(cookie) => principal::by_cookie(cx, cookie).await.ok().flatten(),
        None => None,
    };
    Around { tenant: chosen.map(|chosen| chosen.tenant), person }
}

fn ways<'a>(
    m: &'static Messages,
    request: &Request,
    why: &Why<'_>,
    status: u16,
    around: &Around,
) -> Vec<(String, &'a str)> {
    let here = (request.method == "GET").then(|| format!("{}{}", request.path, request.query));
    let here = here.filter(|here| is_local(here));
    let mut ways = Vec::new();
    if let Why::Refused(refusal) = why {
        ways.extend(way_on(refusal).map(|start| (start, m.federation_sso_required)));
    }
    if status >= 500 || status == 429 {
        ways.extend(here.clone().map(|here| (here, m.try_again)));
    }
    if let Some(tenant) = &around.tenant
        && (matches!(status, 401 | 403 | 404 | 405) || matches!(why, Why::Refused(Refusal::LinkDead)))
    {
        // A page of ours that did not work is nothing to come back to.
        let ours = |here: &String| here.starts_with("/tenant/") || here.starts_with("/auth/");
        let back = here.filter(|here| !ours(here));
        let back = back.map(|here| format!("?return_to={}", encode(&here))).unwrap_or_default();
        let id = &tenant.id;
        match (why, &around.person) {
            (Why::Refused(Refusal::MfaRequired), Some(_)) => {
                ways.push((format!("/tenant/{id}/mfa{back}"), m.continue_));
            }
            (_, Some(_)) => ways.push((format!("/tenant/{id}/login{back}"), m.sign_in_other)),
            (_, None) => ways.push((format!("/tenant/{id}/login{back}"), m.sign_in)),
        }
    }
    match before(request) {
        Some(before) => ways.push((before, m.go_back)),
        None => ways.push(("/".to_owned(), m.go_home)),
    }
    ways
}

/// The page of this origin that one came from.
fn before(request: &Request) -> Option<String> {
    let (_, rest) = request.headers.get("referer")?.split_once("://")?;
    let path = rest.strip_prefix(&request.host)?;
    let here = format!("{}{}", request.path, request.query);
    (is_local(path) && path != here).then(|| path.to_owned())
}
