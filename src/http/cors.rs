//! Cross-origin requests of scripts (the Fetch Standard's CORS protocol), always without credentials of the
//! browser's own: a script that may call brings its token.

use crate::cx::Cx;
use crate::domain::gateway::origins::{Auth, Scripts, auth_of, is_allowed, is_allowed_anywhere};
use crate::domain::refusal::{Error, Refusal};
use crate::domain::tenants::{self, Tenant};
use crate::http::request::Request;
use crate::http::response::Response;
use crate::ports::Fault;

/// Whose scripts may call a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Nobody else's.
    Own,
    /// Those of the tenant's origins.
    Origins,
    /// The same, and those of clients that registered themselves.
    Clients,
    /// Those of the tenant's origins, and anyone's: a refusal that says what a caller lacks and nothing about anybody.
    Lacking,
    /// Anyone's: it is public.
    Anyone,
}

impl Reach {
    fn scripts(self) -> Scripts {
        if self == Reach::Clients { Scripts::OfAnyClient } else { Scripts::OfTheTenant }
    }
}

/// What says why a call was refused, and when to try again.
const WHY: &str = "WWW-Authenticate, DPoP-Nonce, Retry-After";

/// Whose scripts may read that a call to a route was refused. A browser-based client whose origin nobody knows has to see
/// what it lacks; a refusal that tells of the caller's plan is the tenant's origins'.
pub(super) fn reach_of_refusal(error: &Error) -> Reach {
    match error {
        Error::Refused(
            Refusal::NoCredential
            | Refusal::BadCredential
            | Refusal::ScopeMissing(_)
            | Refusal::Challenged(_)
            | Refusal::BadProof(_)
            | Refusal::NonceNeeded
            | Refusal::ProofNeeded
            | Refusal::MfaRequired
            | Refusal::ReauthenticationRequired { .. }
            | Refusal::Forbidden
            | Refusal::WrongTenant,
        ) => Reach::Lacking,
        _ => Reach::Origins,
    }
}

/// How long a browser may remember that it may call, in seconds. The answer is still decided anew.
const REMEMBERED: &str = "600";

/// What a browser asks before it sends a script's request.
struct Preflight<'a> {
    origin: &'a str,
    method: &'a str,
    headers: &'a str,
}

impl<'a> Preflight<'a> {
    fn of(request: &'a Request) -> Option<Preflight<'a>> {
        if request.method != "OPTIONS" {
            return None;
        }
        let headers = request.headers.get("access-control-request-headers").unwrap_or_default();
        Some(Preflight {
            origin: request.headers.get("origin")?,
            method: request.headers.get("access-control-request-method")?,
            // They are repeated in the answer, so they must be names and nothing else.
            headers: Some(headers).filter(|names| is_list_of_names(names)).unwrap_or_default(),
        })
    }

    /// Which tenant a script names by a field that comes with the request only.
    fn names_tenant_later(&self) -> bool {
        self.headers.split(',').any(|name| name.trim().eq_ignore_ascii_case("x-tenant-id"))
    }

    fn allow(&self, allow_origin: &str, methods: &str) -> Response {
        let response = Response::empty(204)
            .with("access-control-allow-origin", allow_origin)
            .with("access-control-allow-methods", methods)
            .with("access-control-max-age", REMEMBERED)
            .with("vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
        if self.headers.is_empty() {
            return response;
        }
        response.with("access-control-allow-headers", self.headers)
    }
}

fn is_list_of_names(text: &str) -> bool {
    text.len() <= 1_000
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b',' | b' '))
}

/// The answer to a browser that asks whether a script may call a row; `None` if that is not what it asks, or
/// the script may not.
pub(super) async fn preflight(
    cx: &Cx,
    request: &Request,
    reach: Reach,
    named: Option<&str>,
    methods: &[&str],
) -> Option<Response> {
    let asked = Preflight::of(request)?;
    let methods = methods.join(", ");
    match reach {
        Reach::Own => None,
        Reach::Anyone => Some(asked.allow("*", &methods)),
        // Whether the script may read the answer is then decided with the tenant that it names.
        Reach::Origins | Reach::Clients | Reach::Lacking if named.is_none() && asked.names_tenant_later() => {
            let known = is_allowed_anywhere(cx, asked.origin, reach.scripts()).await.ok()?;
            known.then(|| asked.allow(asked.origin, &methods))
        }
        Reach::Origins | Reach::Clients | Reach::Lacking => {
            let tenant = tenants::choose(cx, named, &request.host, None).await.ok()?.tenant;
            allowed(cx, &tenant, request, reach).await.map(|origin| asked.allow(origin, &methods))
        }
    }
}

/// The same for a gateway route that asks who calls. One that lets nobody in without a credential may be called by any
/// origin's scripts, which bring theirs; what it answers is still read by the tenant's origins alone.
pub(super) async fn gateway_preflight(
    cx: &Cx,
    tenant: &Tenant,
    request: &Request,
) -> Result<Option<Response>, Fault> {
    let Some(asked) = Preflight::of(request) else { return Ok(None) };
    let auth = auth_of(cx, tenant, &request.host, &request.path, asked.method).await?;
    if auth == Auth::None {
        return Ok(None);
    }
    Ok(match allowed(cx, tenant, request, Reach::Origins).await {
        Some(origin) => Some(asked.allow(origin, asked.method)),
        None if auth == Auth::Required => Some(asked.allow("*", asked.method)),
        None => None,
    })
}

/// The origin that a request comes from, if its scripts may read the answer. A database that does not answer
/// lets nobody in.
pub(super) async fn allowed<'a>(
    cx: &Cx,
    tenant: &Tenant,
    request: &'a Request,
    reach: Reach,
) -> Option<&'a str> {
    let origin = request.headers.get("origin").filter(|origin| *origin != cx.config.origin)?;
    is_allowed(cx, tenant, origin, reach.scripts()).await.ok()?.then_some(origin)
}

/// The answer, readable by scripts that may call. Pages are for people.
pub(super) async fn open(
    cx: &Cx,
    request: &Request,
    reach: Reach,
    named: Option<&str>,
    response: Response,
) -> Response {
    let is_page = response.header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
    if reach == Reach::Own || is_page || response.header("access-control-allow-origin").is_some() {
        return response;
    }
    if reach == Reach::Anyone {
        return response.with("access-control-allow-origin", "*").with("access-control-expose-headers", WHY);
    }
    let response = response.with("vary", "Origin");
    if request.headers.get("origin").is_none() {
        return response;
    }
    let header = request.headers.get("x-tenant-id");
    let Ok(chosen) = tenants::choose(cx, named, &request.host, header).await else { return response };
    match allowed(cx, &chosen.tenant, request, reach).await {
        Some(origin) => {
            response.with("access-control-allow-origin", origin).with("access-control-expose-headers", "*")
        }
        None if reach == Reach::Lacking => {
            response.with("access-control-allow-origin", "*").with("access-control-expose-headers", WHY)
        }
        None => response,
    }
}
