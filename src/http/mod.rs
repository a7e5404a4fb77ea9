//! Route and policy: knows HTTP, knows no API. One way for every request: match → tenant → limit → guard →
//! run → render; what no surface owns goes to the gateway.

pub(crate) mod body;
mod challenges;
pub(crate) mod cors;
pub mod guard;
mod outcome;
pub mod report;
pub mod request;
pub mod response;
pub(crate) mod stream;
pub mod table;

pub use self::outcome::{Asset, Outcome, added_fields};
use crate::cx::Cx;
use crate::domain::gateway::outgoing;
use crate::domain::refusal::{Error, Refusal};
use crate::domain::session::principal;
use crate::domain::session::sessions::COOKIE;
use crate::domain::tenants;
use crate::domain::throttle::{self, lookups};
use crate::http::cors::Reach;
use crate::http::guard::{Answer, Run};
use crate::http::report::Ending;
use crate::http::request::{Call, Request};
use crate::http::response::{DOCS_CSP, MAILS_CSP, Response};
use crate::http::table::{Failure, Limit, Match, Route, Surface, Table, Why};
use crate::model::host::canonical;
use crate::ports::Fault;

/// Serves one request.
pub async fn serve(cx: &Cx, table: &Table, request: &Request) -> Outcome {
    match cx.counting(decide(cx, table, request)).await {
        (Outcome::Answer(response), ending) => {
            Outcome::Answer(report::answered(cx, request, response, ending))
        }
        (outcome, _) => outcome,
    }
}

/// What is to be done, and how the request ended if that is an answer.
async fn decide(cx: &Cx, table: &Table, request: &Request) -> (Outcome, Ending) {
    let found = table.find(&request.method, &request.path);
    cx.note_place(|place| {
        place.surface = found.surface().unwrap_or(&table.rest).name;
        place.route = found.pattern().map(str::to_owned);
    });
    let (surface, reach, named, answer) = match found {
        found if outgoing::is_looping(cx, &request.headers) => {
            (found.surface().unwrap_or(&table.rest), Reach::Own, None, Err(Refusal::Looping.into()))
        }
        found if is_kept_out(cx, request, &found) => {
            (found.surface().unwrap_or(&table.rest), Reach::Own, None, Err(Refusal::NotFound.into()))
        }
        Match::Route { route: Route { run: Run::Asset, .. }, surface, .. } => {
            return (Outcome::Asset(asset(cx, table, surface, request).await), Ending::File);
        }
        Match::Route { route, surface, params } => {
            let (reach, named) = ((table.reach)(surface.name, route.path), tenant_in_path(&params));
            (surface, reach, named, answer(cx, request, route, params).await)
        }
        Match::WrongMethod { surface, path, params, allow } => {
            let (reach, named) = ((table.reach)(surface.name, path), tenant_in_path(&params));
            let answer = match cors::preflight(cx, request, reach, named.as_deref(), &allow).await {
                Some(response) => Ok(response),
                None => Err(Refusal::MethodNotAllowed(allow.into_iter().map(str::to_owned).collect()).into()),
            };
            (surface, reach, named, answer)
        }
        Match::Nothing => match gateway(cx, table, request).await {
            Ok(Outcome::Answer(answer)) => (&table.rest, Reach::Origins, None, Ok(answer)),
            Ok(outcome) => {
                lookups::settle(cx, None);
                return (outcome, Ending::Forwarded);
            }
            Err(error) => (&table.rest, cors::reach_of_refusal(&error), None, Err(error)),
        },
    };
    let (refusal, ending) = match &answer {
        Ok(_) => (None, Ending::Answered),
        Err(Error::Refused(refusal)) => (Some(refusal.clone()), Ending::Refused),
        Err(Error::Broken(_)) => (None, Ending::Failed),
    };
    let place = Place { table, surface, named: named.as_deref() };
    let response = challenges::word(cx, request, render(cx, &place, request, answer).await);
    let response = cors::open(cx, request, reach, named.as_deref(), response).await;
    lookups::settle(cx, refusal.as_ref());
    (Outcome::Answer(response), ending)
}

/// What the console's own host has: the console and what it calls. No page of a tenant and no application is there, whose
/// script could act in it.
const AT_CONSOLE: [&str; 4] = ["console", "session", "system", "tenant"];

/// Whether a request goes to the console's own host for something that is not there.
fn is_kept_out(cx: &Cx, request: &Request, found: &Match<'_>) -> bool {
    cx.config.console_host.is_some()
        && tenants::is_console_host(cx, &canonical(&request.host))
        && !found.surface().is_some_and(|surface| AT_CONSOLE.contains(&surface.name))
}

/// The tenant of the path.
fn tenant_in_path(params: &[(String, String)]) -> Option<String> {
    params.iter().find(|(name, _)| name == "tenant").map(|(_, id)| id.clone())
}

async fn answer(cx: &Cx, request: &Request, route: &Route, params: Vec<(String, String)>) -> Answer {
    match &route.run {
        Run::Bare(run) => run(cx, request).await,
        Run::Call(run) => {
            let call = call(cx, request, params).await?;
            let is_counted = run.is_open() && route.limit != Limit::FromMemory;
            if is_counted && !is_remembered(cx, &call) {
                lookups::admit_open(cx).await?;
            }
            count_request(cx, &call, route.limit, route.path).await?;
            Box::pin(run.answer(cx, &call)).await
        }
        Run::Asset => Err(Refusal::NotFound.into()),
    }
}

/// Whether the isolate remembers who calls.
fn is_remembered(cx: &Cx, call: &Call<'_>) -> bool {
    let headers = &call.request.headers;
    let token = headers.bearer().or_else(|| headers.bound_token());
    principal::is_remembered(cx, token, headers.get("x-api-key"), headers.cookie(COOKIE))
}

/// The file of the request's path.
async fn asset(cx: &Cx, table: &Table, surface: &Surface, request: &Request) -> Asset {
    let headers = Response::empty(200)
        .with("content-security-policy", if request.path == "/docs/mails" { MAILS_CSP } else { DOCS_CSP })
        .with("cache-control", "public, max-age=300")
        .secured()
        .headers;
    // It is seldom shown: nothing is asked of the database for it, and nothing logged.
    let missing = match request.wants_page() {
        true => {
            let failure = Failure { named: None, why: Why::Status(404), id: "" };
            (table.error_page)(cx, request, failure).await
        }
        false => (surface.word_refusal)(cx, request, &Refusal::NotFound),
    };
    let missing = missing.secured();
    // A folder's own path, which the platform would redirect to.
    let path = if request.path == "/docs" { "/docs/" } else { &request.path };
    Asset { path: path.into(), headers, missing }
}

async fn gateway(cx: &Cx, table: &Table, request: &Request) -> Result<Outcome, Error> {
    let call = call(cx, request, Vec::new()).await?;
    let tenant = &call.resolved.tenant;
    if let Some(response) = cors::gateway_preflight(cx, tenant, request).await? {
        return Ok(Outcome::Answer(response));
    }
    let mut outcome = (table.gateway)(cx, &call).await?;
    if let Outcome::Forward(plan) = &mut outcome {
        plan.readable_by = cors::allowed(cx, tenant, request, Reach::Origins).await.map(str::to_owned);
        plan.dpop_nonce = cx.caller.nonce.take();
    }
    Ok(outcome)
}

async fn call<'a>(cx: &Cx, request: &'a Request, params: Vec<(String, String)>) -> Result<Call<'a>, Error> {
    let header = request.headers.get("x-tenant-id");
    let resolved = tenants::choose(cx, tenant_in_path(&params).as_deref(), &request.host, header).await?;
    cx.note_place(|place| place.tenant_id = Some(resolved.tenant.id.clone()));
    Ok(Call { request, params, resolved })
}

async fn count_request(cx: &Cx, call: &Call<'_>, limit: Limit, path: &str) -> Result<(), Error> {
    let Limit::PerAddress { requests, seconds } = limit else { return Ok(()) };
    let object = throttle::of_address(cx, format_args!("{}:endpoint:{path}", call.resolved.tenant.id));
    throttle::window(cx, object, requests, seconds).await.map(drop)
}

/// Where an answer comes from.
struct Place<'a> {
    table: &'a Table,
    surface: &'a Surface,
    /// The tenant of the path.
    named: Option<&'a str>,
}

/// The answer, or why there is none: as a page for a browser that navigates, else in the surface's words; with
/// the header fields that all answers have.
async fn render(cx: &Cx, place: &Place<'_>, request: &Request, answer: Result<Response, Error>) -> Response {
    let error = match answer {
        Ok(response) => return response.secured(),
        Err(error) => error,
    };
    let id = cx.id();
    let error = match error {
        Error::Broken(fault) => {
            log_fault(cx, request, &id, &fault);
            match fault.outage() {
                Some(outage) => Refusal::Unavailable(outage).into(),
                // A Worker that is newer than its database is not broken, but early.
                None if fault.is_of_the_schema() => Refusal::Unready.into(),
                None => Error::Broken(fault),
            }
        }
        refused => refused,
    };
    let response = match &error {
        _ if request.wants_page() => {
            let why = match &error {
                Error::Refused(refusal) => Why::Refused(refusal),
                Error::Broken(_) => Why::Status(500),
            };
            error_page(cx, place.table, request, Failure { named: place.named, why, id: &id }).await
        }
        Error::Refused(refusal) => (place.surface.word_refusal)(cx, request, refusal),
        Error::Broken(_) => (place.surface.word_fault)(cx, &id),
    };
    response.secured()
}

/// The page that an origin's failure is told with, if the caller would show one: `502` when it cannot be
/// reached, `504` when it takes too long, `0` when it did not fail.
pub async fn origin_failed(cx: &Cx, table: &Table, request: &Request, status: u16) -> Option<Response> {
    if status == 0 || !request.wants_page() {
        return None;
    }
    let failure = Failure { named: None, why: Why::Status(status), id: &cx.id() };
    Some(error_page(cx, table, request, failure).await.secured())
}

/// The page, and a line of the log that has the reference which the page shows.
async fn error_page(cx: &Cx, table: &Table, request: &Request, failure: Failure<'_>) -> Response {
    let id = failure.id;
    let page = (table.error_page)(cx, request, failure).await;
    let line = serde_json::json!({
        "level": "info", "request": id, "method": request.method, "path": request.path, "status": page.status,
    });
    cx.log.line(&line.to_string());
    page
}

fn log_fault(cx: &Cx, request: &Request, id: &str, fault: &Fault) {
    let members = [
        ("request", id.into()),
        ("method", request.method.as_str().into()),
        ("path", request.path.as_str().into()),
    ];
    cx.log.line(&fault.line(members));
}
