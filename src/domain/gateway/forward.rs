//! The gateway's decision: which origin a request goes to, whether its caller may, and what is sent.
//!
//! Nothing is sent here: [`plan`] answers what to send, set and strip, and the edge streams it. With warm
//! memory it neither asks the database nor signs.

use std::rc::Rc;

use crate::crypto::jws::Validity;
use crate::cx::Cx;
use crate::domain::gateway::incoming::Incoming;
use crate::domain::gateway::outgoing::{self, Fields};
use crate::domain::gateway::resources::{challenge, is_for_route};
use crate::domain::gateway::{relay, routes};
use crate::domain::refusal::{Error, Refusal};
use crate::domain::session::credential::Minted;
use crate::domain::session::principal::{self, Credential};
use crate::domain::session::proof::{BoundToken, SentProof};
use crate::domain::session::sessions::COOKIE;
use crate::domain::tenants::{MfaPolicy, ResolvedTenant, Tenant};
use crate::domain::{assertion_limits, keys, throttle};
use crate::model::factor::has_two;
use crate::model::headers::Headers;
use crate::model::path::Path;
use crate::model::route::{Accepts, Auth, LimitKey, METHODS, Matched, Route, RouteTable};
use crate::model::state::Mfa;
use crate::oidc::access_token::Act;
use crate::oidc::assertion::{Assertion, REUSE_SECONDS, SECONDS, TYP};
use crate::ports::{CounterObject, Verdict};

/// What to send to the origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Where to.
    pub url: String,
    /// Header fields to remove, lower case.
    pub remove: Vec<String>,
    /// Header fields to set after that.
    pub set: Vec<(String, String)>,
    /// The name of the header field that the assertion is sent in, lower case.
    pub header: String,
    /// The value of that field: the assertion, after `Bearer` if the field is `Authorization`.
    pub assertion: Option<Rc<str>>,
    /// Milliseconds until the response's head must be there.
    pub timeout_ms: u32,
    /// How often a request that did not reach the origin is sent again.
    pub retries: u32,
    /// Whether the answer is one caller's and must not be kept by a shared cache.
    pub private: bool,
    /// Whether a token or key of the caller's own goes to a provider's API: what comes back is looked at.
    pub relays: bool,
    /// The route's limit as it stands, for the answer's header fields.
    pub limit: Option<Verdict>,
    /// The nonce that the caller's next DPoP proof is to have.
    pub dpop_nonce: Option<String>,
    /// The origin whose scripts may read the answer, unless the answer says itself whose may.
    pub readable_by: Option<String>,
}

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It is sent.
    Send(Plan),
    /// A browser signs in first, or proves a second factor, and then comes back to this path and query.
    SignIn {
        /// The tenant whose page it is.
        tenant_id: String,
        /// The page: `login` or `mfa`.
        page: &'static str,
        /// Where to come back to.
        back: String,
    },
}

/// Decides on a request that no surface of ours owns.
///
/// # Errors
/// Every [`Refusal`] that the route's rules have; [`Refusal::NotFound`] without a route.
pub(crate) async fn plan(
    cx: &Cx,
    resolved: &ResolvedTenant,
    incoming: &Incoming<'_>,
) -> Result<Decision, Error> {
    let path = Path::parse(incoming.path).ok_or(Refusal::AmbiguousPath)?;
    if is_diagnostic(incoming.method) {
        return Err(Refusal::MethodNotAllowed(METHODS.map(str::to_owned).into()).into());
    }
    let table = routes::table(cx, &resolved.tenant.id).await?;
    let route = match table.find(incoming.host, &path, incoming.method) {
        Matched::Route(route) => route,
        Matched::Nothing => return Err(Refusal::NotFound.into()),
        Matched::WrongMethod(methods) => {
            return Err(Refusal::MethodNotAllowed(methods.into_iter().map(str::to_owned).collect()).into());
        }
    };
    cx.note_place(|place| place.route = Some(route.spec.path.clone()));
    let caller = match route.spec.auth {
        Auth::None => None,
        Auth::Optional => caller(cx, resolved, route, incoming).await.or_else(anonymous)?,
        Auth::Required => match caller(cx, resolved, route, incoming).await {
            Ok(Some(caller)) => Some(caller),
            Ok(None) | Err(Error::Refused(Refusal::BadCredential)) if signs_in(route, incoming) => {
                return Ok(sign_in(&resolved.tenant, "login", &path, incoming));
            }
            Ok(None) => return Err(challenge(&resolved.tenant, route, Refusal::NoCredential).into()),
            Err(Error::Refused(refusal)) => return Err(challenge(&resolved.tenant, route, refusal).into()),
            Err(error) => return Err(error),
        },
    };
    if let Some(caller) = &caller
        && let Err(refusal) = may(&resolved.tenant, caller, route, &table)
    {
        if refusal == Refusal::MfaRequired && steps_up(caller, route, incoming) {
            return Ok(sign_in(&caller.tenant, "mfa", &path, incoming));
        }
        throttle::refused_call(cx, &resolved.tenant.id, &route.id, caller.actor(), &route.spec.name).await?;
        return Err(challenge(&resolved.tenant, route, refusal).into());
    }
    let limit = limit(cx, resolved, route, caller.as_deref()).await?;
    if let (Some(provider_id), Some(caller)) = (&route.spec.connection, &caller) {
        let url = outgoing::url(route, &path, incoming.query);
        let fields = relay::fields(cx, caller, route, provider_id, &url, incoming).await?;
        return Ok(Decision::Send(Plan {
            relays: true,
            private: true,
            ..sending(incoming, route, &path, fields, None, limit)
        }));
    }
    let assertion = match &caller {
        Some(caller) => Some(assertion(cx, caller, route, &table).await?),
        None => None,
    };
    let fields = outgoing::fields(cx, resolved, route, incoming).await?;
    Ok(Decision::Send(sending(incoming, route, &path, fields, assertion, limit)))
}

fn anonymous(error: Error) -> Result<Option<Rc<Credential>>, Error> {
    match error {
        Error::Refused(_) => Ok(None),
        broken => Err(broken),
    }
}

/// A browser that navigates is sent to the login page, if what it gets there opens this route.
fn signs_in(route: &Route, incoming: &Incoming<'_>) -> bool {
    incoming.method == "GET"
        && !route.spec.dpop
        && route.spec.credentials.contains(&Accepts::Cookie)
        && incoming.headers.is_navigation()
}

/// A browser that navigates is sent to prove a second factor in the session that it has, where there are any.
fn steps_up(caller: &Credential, route: &Route, incoming: &Incoming<'_>) -> bool {
    caller.kind == Accepts::Cookie
        && (caller.tenant.settings.mfa != MfaPolicy::Off
            || caller.user().is_some_and(|user| user.mfa != Mfa::None))
        && signs_in(route, incoming)
}

fn sign_in(tenant: &Tenant, page: &'static str, path: &Path, incoming: &Incoming<'_>) -> Decision {
    let back = format!("{}{}", path.as_str(), incoming.query);
    Decision::SignIn { tenant_id: tenant.id.clone(), page, back }
}

/// The caller, by the first credential that is there and that the route accepts.
async fn caller(
    cx: &Cx,
    resolved: &ResolvedTenant,
    route: &Route,
    incoming: &Incoming<'_>,
) -> Result<Option<Rc<Credential>>, Error> {
    let headers = incoming.headers;
    let accepts = |kind| route.spec.credentials.contains(&kind);
    let bound = || headers.bound_token().filter(|_| accepts(Accepts::Bearer));
    let found = if route.spec.dpop {
        match bound() {
            Some(token) => by_bound_token(cx, route, incoming, token).await?,
            None if route.spec.auth == Auth::Required => return Err(Refusal::ProofNeeded.into()),
            None => return Ok(None),
        }
    } else if let Some(key) = headers.get("x-api-key").filter(|_| accepts(Accepts::ApiKey)) {
        principal::by_api_key(cx, key).await?
    } else if let Some(token) = headers.bearer().filter(|_| accepts(Accepts::Bearer)) {
        match route.spec.connection {
            // What goes to another service for a person takes more of them than their token says.
            Some(_) => principal::by_bearer(cx, token).await?,
            None => principal::by_bearer_to_forward(cx, token).await?,
        }
    } else if let Some(token) = bound() {
        by_bound_token(cx, route, incoming, token).await?
    } else if let Some(cookie) = headers.cookie(COOKIE).filter(|_| accepts(Accepts::Cookie)) {
        // A browser sends the cookie along whoever made it send the request: what changes things, or opens a
        // socket, must come from this origin (CSRF, and its like for WebSockets).
        if (!is_safe(incoming.method) || is_upgrade(headers)) && headers.is_from_elsewhere(incoming.host) {
            return Err(Refusal::Forbidden.into());
        }
        principal::by_cookie(cx, cookie).await?
    } else {
        return Ok(None);
    };
    let found = found.ok_or(Refusal::BadCredential)?;
    principal::of_tenant(resolved, &found.tenant)?;
    if !is_for_route(&found, &resolved.tenant, route) {
        return Err(Refusal::BadCredential.into());
    }
    principal::note_administrator(cx, resolved, &found);
    Ok(Some(found))
}

/// The caller who proves to hold the key that their token is bound to (RFC 9449 §7).
async fn by_bound_token(
    cx: &Cx,
    route: &Route,
    incoming: &Incoming<'_>,
    token: &str,
) -> Result<Option<Rc<Credential>>, Error> {
    let field = incoming.headers.get("dpop");
    let proof = SentProof { field, method: incoming.method, host: incoming.host, path: incoming.path };
    principal::by_bound_token(cx, &BoundToken { token, proof }, route.spec.host.as_deref()).await
}

/// Whether the route's rules let the caller pass, the role first.
fn may(tenant: &Tenant, caller: &Credential, route: &Route, table: &RouteTable) -> Result<(), Refusal> {
    let spec = &route.spec;
    if !table.role_suffices(caller.subject.roles(), &spec.roles) {
        return Err(Refusal::Forbidden);
    }
    if !caller.scopes.hold(&spec.scopes) {
        return Err(Refusal::ScopeMissing(spec.scopes.clone()));
    }
    // A session with a second factor says so in `amr` (RFC 8176). An API key has none.
    if spec.mfa.is_some() && !has_two(&caller.amr) {
        return Err(Refusal::MfaRequired);
    }
    if let Some(required) = &spec.minimum_plan
        && !table.plan_suffices(caller.plan(), required, &tenant.settings.default_plan)
    {
        return Err(Refusal::PlanTooLow { current: caller.plan().into(), required: required.clone() });
    }
    let plan = table.plan(caller.plan());
    if let Some(feature) = &spec.feature
        && !plan.is_some_and(|plan| plan.features.contains(feature))
    {
        return Err(Refusal::FeatureMissing { current: caller.plan().into(), feature: feature.clone() });
    }
    Ok(())
}

async fn limit(
    cx: &Cx,
    resolved: &ResolvedTenant,
    route: &Route,
    caller: Option<&Credential>,
) -> Result<Option<Verdict>, Error> {
    let Some(limit) = route.spec.rate_limit else { return Ok(None) };
    let address = || format!("address:{}", cx.address_bucket());
    let user = || caller.map_or_else(address, |caller| format!("user:{}", caller.subject.id()));
    let key = match limit.key {
        LimitKey::User => user(),
        LimitKey::Address => address(),
        LimitKey::ApiKey => {
            caller.and_then(|c| c.key_id.as_ref()).map_or_else(user, |id| format!("key:{id}"))
        }
        LimitKey::Route => "all".into(),
    };
    let near_caller = key.starts_with("address:");
    let object =
        CounterObject { name: format!("{}:route:{}:{key}", resolved.tenant.id, route.id), near_caller };
    throttle::window(cx, object, limit.requests, limit.window_seconds).await
}

/// How many routes' assertions are remembered for one credential.
const MINTED: usize = 8;

/// The signed assertion for this caller and route as a field value, minted anew when either was read anew, and at least
/// every [`REUSE_SECONDS`].
async fn assertion(
    cx: &Cx,
    caller: &Credential,
    route: &Route,
    table: &Rc<RouteTable>,
) -> Result<Rc<str>, Error> {
    let fits = |minted: &&Minted| {
        minted.route_id == route.id && cx.now < minted.until && Rc::ptr_eq(&minted.table, table)
    };
    if let Some(minted) = caller.minted.borrow().iter().find(fits) {
        return Ok(minted.value.clone());
    }
    let tenant = &caller.tenant;
    let (scope, plan) = (caller.scopes.list(), caller.plan());
    let features = table.plan(plan).map(|plan| plan.features.as_slice()).unwrap_or_default();
    let jti = cx.id();
    let claims = Assertion {
        iss: &tenant.issuer,
        aud: route.spec.audience(),
        sub: caller.subject.id(),
        tenant_id: &tenant.id,
        roles: caller.subject.roles(),
        scope: &scope,
        plan,
        features,
        sid: caller.session_id.as_deref(),
        amr: &caller.amr,
        cnf: caller.cnf.as_ref(),
        act: caller.act.clone().or_else(|| caller.key_id.clone().map(|sub| Act { sub, act: None })),
        jti: &jti,
    };
    let validity = Validity { from: cx.now, until: cx.now.plus(SECONDS) };
    let token = keys::of(cx, &tenant.id).await?.sign(TYP, validity, &claims)?;
    assertion_limits::check(&token)?;
    let bearer = route.spec.header.eq_ignore_ascii_case("authorization");
    let value: Rc<str> = if bearer { format!("Bearer {token}").into() } else { token.into() };
    let until = cx.now.plus(REUSE_SECONDS);
    let mut remembered = caller.minted.borrow_mut();
    remembered.retain(|minted| minted.route_id != route.id);
    if remembered.len() >= MINTED {
        remembered.remove(0);
    }
    remembered.push(Minted { route_id: route.id.clone(), table: table.clone(), value: value.clone(), until });
    Ok(value)
}

fn sending(
    incoming: &Incoming<'_>,
    route: &Route,
    path: &Path,
    fields: Fields,
    assertion: Option<Rc<str>>,
    limit: Option<Verdict>,
) -> Plan {
    let spec = &route.spec;
    Plan {
        url: outgoing::url(route, path, incoming.query),
        remove: fields.remove,
        set: fields.set,
        timeout_ms: spec.timeout_seconds.saturating_mul(1000),
        retries: if is_safe(incoming.method) && !is_upgrade(incoming.headers) { 2 } else { 0 },
        private: assertion.is_some(),
        relays: false,
        header: spec.header.to_ascii_lowercase(),
        assertion,
        limit,
        dpop_nonce: None,
        readable_by: None,
    }
}

/// RFC 9110 §9.2.1, without TRACE, which is refused.
fn is_safe(method: &str) -> bool {
    matches!(method, "GET" | "HEAD" | "OPTIONS")
}

/// Methods that show or tunnel a request, and what our fields say in it (RFC 9110 §9.3.6 and §9.3.8; TRACK is
/// TRACE by another name). No origin gets them.
fn is_diagnostic(method: &str) -> bool {
    ["TRACE", "TRACK", "CONNECT"].iter().any(|one| method.eq_ignore_ascii_case(one))
}

fn is_upgrade(headers: &Headers) -> bool {
    headers.get("upgrade").is_some()
}
