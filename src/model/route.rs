//! Gateway routes: which requests go to which origin, and who may make them.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use crate::model::host::canonical;
use crate::model::json;
use crate::model::path::Path;
use crate::model::role::{Plan, Role};

/// Whether a caller must be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub(crate) enum Auth {
    /// Anonymous callers are refused.
    Required,
    /// Anonymous callers pass without an assertion, also those with a bad credential.
    Optional,
    /// Nobody is asked who they are.
    None,
}

/// A kind of credential that a route accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) enum Accepts {
    /// `Authorization: Bearer` with an access token.
    Bearer,
    /// The session cookie.
    Cookie,
    /// `X-API-Key`.
    ApiKey,
}

/// What a route's limit counts by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) enum LimitKey {
    /// The user, or the address of an anonymous caller.
    User,
    /// The client address.
    Address,
    /// The API key, else as `User`.
    ApiKey,
    /// One count for all callers.
    Route,
}

/// A route's own rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RouteLimit {
    /// Requests allowed in a window.
    pub(crate) requests: u32,
    /// The window's length.
    pub(crate) window_seconds: u32,
    /// What is counted by.
    #[serde(default = "RouteLimit::by_user")]
    pub(crate) key: LimitKey,
}

impl RouteLimit {
    fn by_user() -> LimitKey {
        LimitKey::User
    }
}

/// A route, as administrators write it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RouteSpec {
    /// Unique in its tenant.
    pub(crate) name: String,
    /// Only requests to this host; any host when absent.
    #[serde(default)]
    pub(crate) host: Option<String>,
    /// A prefix that ends at a `/` boundary.
    pub(crate) path: String,
    /// Only these methods; all when absent.
    #[serde(default)]
    pub(crate) methods: Option<Vec<String>>,
    /// Scheme, host, port and optional base path that requests go to.
    pub(crate) origin: String,
    /// The assertion's `aud`; the name when absent.
    #[serde(default)]
    pub(crate) audience: Option<String>,
    /// Whether a caller must be known.
    #[serde(default = "RouteSpec::required")]
    pub(crate) auth: Auth,
    /// Accepted kinds of credential.
    #[serde(default = "RouteSpec::all_credentials")]
    pub(crate) credentials: Vec<Accepts>,
    /// Any of these roles, or one that ranks above the lowest of them.
    #[serde(default)]
    pub(crate) roles: Vec<String>,
    /// All of these scopes.
    #[serde(default)]
    pub(crate) scopes: Vec<String>,
    /// This plan or a higher one.
    #[serde(default)]
    pub(crate) minimum_plan: Option<String>,
    /// A feature that the caller's plan must include.
    #[serde(default)]
    pub(crate) feature: Option<String>,
    /// `required` asks for a second factor within the session.
    #[serde(default)]
    pub(crate) mfa: Option<String>,
    /// Whether callers must prove to hold the key that their access token is bound to (RFC 9449); no other credential
    /// is accepted then.
    #[serde(default)]
    pub(crate) dpop: bool,
    /// The route's own limit.
    #[serde(default, deserialize_with = "json::maybe_object")]
    pub(crate) rate_limit: Option<RouteLimit>,
    /// From sending the request to the response's head, 1 to 600.
    #[serde(default = "RouteSpec::thirty")]
    pub(crate) timeout_seconds: u32,
    /// Whether the matched prefix is cut off before sending.
    #[serde(default)]
    pub(crate) strip_prefix: bool,
    /// The assertion's header; `Authorization` sends it as a bearer token.
    #[serde(default = "RouteSpec::assertion_header")]
    pub(crate) header: String,
    /// Whether it is an MCP server's: a protected resource (RFC 9728) that takes only tokens that are for it, and that
    /// clients which no administrator made may ask for.
    #[serde(default)]
    pub(crate) mcp: bool,
    /// The provider whose API the origin is: the caller's own token or key of it is sent there, in the place of an
    /// assertion.
    #[serde(default)]
    pub(crate) connection: Option<String>,
}

/// The header that carries the assertion unless a route says otherwise.
pub(crate) const ASSERTION_HEADER: &str = "X-Portcullis-Assertion";

impl RouteSpec {
    fn required() -> Auth {
        Auth::Required
    }
    pub(crate) fn all_credentials() -> Vec<Accepts> {
        vec![Accepts::Bearer, Accepts::Cookie, Accepts::ApiKey]
    }
    fn thirty() -> u32 {
        30
    }
    fn assertion_header() -> String {
        ASSERTION_HEADER.into()
    }

    /// The identifier of the protected resource that an MCP server's route is (RFC 9728 §1.2): an audience that is a
    /// URL, else its address.
    pub(crate) fn resource(&self, origin: &str) -> Option<String> {
        let is_url = |audience: &&String| audience.starts_with("https://") || audience.starts_with("http://");
        let own = self.audience.as_ref().filter(is_url).cloned();
        self.mcp.then(|| own.unwrap_or_else(|| self.address(origin)))
    }

    /// Where clients find it: below the tenant's origin, unless it has a host of its own.
    pub(crate) fn address(&self, origin: &str) -> String {
        let base = self.base(origin);
        // The one of a whole host ends with the slash that URLs have there.
        match self.path.trim_end_matches('/') {
            "" => format!("{base}/"),
            path => format!("{base}{path}"),
        }
    }

    /// Scheme and host of its address.
    pub(crate) fn base(&self, origin: &str) -> String {
        match &self.host {
            Some(host) => {
                format!("{}://{host}", origin.split_once("://").map_or("https", |(scheme, _)| scheme))
            }
            None => origin.to_owned(),
        }
    }

    /// The assertion's `aud`.
    pub(crate) fn audience(&self) -> &str {
        self.audience.as_deref().unwrap_or(&self.name)
    }
}

/// A stored route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Route {
    /// Its row id.
    pub(crate) id: String,
    /// What was written of it.
    pub(crate) spec: RouteSpec,
    /// Whether the method decides that it is this route: it or another of its host and path names methods.
    pub(crate) by_method: bool,
}

/// The methods that routes may name, and that reach origins by name or without one.
pub(crate) const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// How a request's host, path and method fared against the table.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Matched<'a> {
    /// The route that decides.
    Route(&'a Route),
    /// Paths match, methods don't: the methods that would.
    WrongMethod(Vec<&'a str>),
    /// No route.
    Nothing,
}

/// A tenant's routes with the roles and plans that their rules speak of.
#[derive(Debug, Default)]
pub(crate) struct RouteTable {
    /// In the order in which they are tried.
    routes: Vec<Route>,
    /// The tenant's roles.
    pub(crate) roles: Vec<Role>,
    /// The tenant's plans.
    pub(crate) plans: Vec<Plan>,
}

impl RouteTable {
    /// Orders routes: a host match before none, then the longer path, then the name.
    pub(crate) fn new(mut routes: Vec<Route>, roles: Vec<Role>, plans: Vec<Plan>) -> RouteTable {
        routes.sort_unstable_by(|a, b| order(a).cmp(&order(b)).then_with(|| a.spec.name.cmp(&b.spec.name)));
        for route in &mut routes {
            if let Some(host) = &mut route.spec.host {
                *host = canonical(host).into_owned();
            }
        }
        let named: Vec<(Option<String>, String)> =
            routes.iter().filter(|route| route.spec.methods.is_some()).map(place).collect();
        for route in &mut routes {
            route.by_method = named.contains(&place(route));
        }
        RouteTable { routes, roles, plans }
    }

    /// Whether any route may answer at a host, in its one spelling.
    pub(crate) fn has_any_at(&self, host: &str) -> bool {
        self.routes.iter().any(|route| route.spec.host.as_deref().is_none_or(|wanted| wanted == host))
    }

    /// How many routes it has.
    pub(crate) fn count(&self) -> usize {
        self.routes.len()
    }

    /// The route that decides on a request: the longest path of the best host match whose methods match.
    ///
    /// A shorter path never decides for a longer one: a method that no route of the longest path names is
    /// refused, so that a rule for `/app/admin` cannot be stepped around by a method it does not list.
    pub(crate) fn find(&self, host: &str, path: &Path, method: &str) -> Matched<'_> {
        let host = canonical(host);
        let matches = |route: &&Route| {
            let host_matches = route.spec.host.as_deref().is_none_or(|wanted| wanted == host);
            host_matches && path.behind(&route.spec.path).is_some()
        };
        let mut candidates = self.routes.iter().filter(matches).peekable();
        let Some(best) = candidates.peek().map(|route| order(route)) else { return Matched::Nothing };
        let mut allowed = Vec::new();
        for route in candidates.take_while(|route| order(route) == best) {
            match &route.spec.methods {
                Some(methods) if !methods.iter().any(|m| m == method) => {
                    allowed.extend(methods.iter().map(String::as_str));
                }
                _ => return Matched::Route(route),
            }
        }
        Matched::WrongMethod(allowed)
    }

    /// The route of an MCP server that a path leads to, by whatever method.
    pub(crate) fn mcp_at(&self, host: &str, path: &Path) -> Option<&Route> {
        let host = canonical(host);
        let matches = |route: &&Route| {
            let host_matches = route.spec.host.as_deref().is_none_or(|wanted| wanted == host);
            host_matches && path.behind(&route.spec.path).is_some()
        };
        let mut candidates = self.routes.iter().filter(matches).peekable();
        let best = candidates.peek().map(|route| order(route))?;
        candidates.take_while(|route| order(route) == best).find(|route| route.spec.mcp)
    }

    /// The rank of the highest of these roles.
    pub(crate) fn highest(&self, held: &[String]) -> Option<i64> {
        self.roles.iter().filter(|role| held.contains(&role.name)).map(|role| role.rank).max()
    }

    /// Whether a user who holds these roles has any of those, or one that ranks above any of them.
    pub(crate) fn role_suffices(&self, held: &[String], any_of: &[String]) -> bool {
        if any_of.is_empty() {
            return true;
        }
        let needed = self.roles.iter().filter(|role| any_of.contains(&role.name)).map(|role| role.rank).min();
        match (self.highest(held), needed) {
            (Some(highest), Some(needed)) => highest >= needed,
            _ => false,
        }
    }

    /// Whether a user who is on a plan has that one or a higher one. The tenant's default is a plan without a row, too: it
    /// ranks below all others.
    pub(crate) fn plan_suffices(&self, current: &str, required: &str, default: &str) -> bool {
        let rank = |name: &str| {
            let ranked = self.plan(name).map(|plan| plan.rank);
            ranked.or(if name == default { Some(i64::MIN) } else { None })
        };
        matches!((rank(current), rank(required)), (Some(current), Some(required)) if current >= required)
    }

    /// A plan by its name, if it has a row.
    pub(crate) fn plan(&self, name: &str) -> Option<&Plan> {
        self.plans.iter().find(|plan| plan.name == name)
    }
}

/// What routes that only methods tell apart have in common.
fn place(route: &Route) -> (Option<String>, String) {
    (route.spec.host.clone(), route.spec.path.trim_end_matches('/').to_owned())
}

/// A host match before none, then the longer path.
fn order(route: &Route) -> (bool, Reverse<usize>) {
    (route.spec.host.is_none(), Reverse(route.spec.path.trim_end_matches('/').len()))
}
