//! Route tables: what each surface owns, matched by the `matchit` crate.

use futures_util::future::LocalBoxFuture;

use crate::cx::Cx;
use crate::domain::refusal::{Error, Refusal};
use crate::http::cors::Reach;
use crate::http::guard::Run;
use crate::http::outcome::Outcome;
use crate::http::request::{Call, Request};
use crate::http::response::Response;
use crate::ports::Fault;

/// A route's own limit, beside what the domain counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limit {
    /// None: the domain counts, or nothing needs to. Of an open row requests are counted by address.
    None,
    /// Not even that: a public document, which comes from memory. A tenant that nobody has is counted where it is
    /// looked up.
    FromMemory,
    /// So many requests in a window, by client address.
    PerAddress {
        requests: u32,
        /// The window's length.
        seconds: u32,
    },
}

/// One row: a method and a path that a surface owns.
pub struct Route {
    /// The method.
    pub method: &'static str,
    /// The path, with `{name}` for a segment.
    pub path: &'static str,
    pub(crate) limit: Limit,
    /// The guarded handler.
    pub run: Run,
}

/// A row of a table.
pub(crate) fn route(method: &'static str, path: &'static str, limit: Limit, run: Run) -> Route {
    Route { method, path, limit, run }
}

/// How a surface words what went wrong.
pub struct Surface {
    /// Its name, for tests and documents.
    pub name: &'static str,
    /// Its rows.
    pub routes: Vec<Route>,
    /// The caller's fault.
    pub(crate) word_refusal: fn(&Cx, &Request, &Refusal) -> Response,
    /// Ours: nothing but the request's id.
    pub(crate) word_fault: fn(&Cx, &str) -> Response,
}

/// The gateway, which gets what no surface owns.
pub(crate) type Gateway =
    Box<dyn for<'a> Fn(&'a Cx, &'a Call<'a>) -> LocalBoxFuture<'a, Result<Outcome, Error>>>;

/// Why a browser that navigates gets a page instead of what it wanted.
pub(crate) struct Failure<'a> {
    /// The tenant that the path names.
    pub(crate) named: Option<&'a str>,
    pub(crate) why: Why<'a>,
    /// What the log knows the request by; empty if it does not.
    pub(crate) id: &'a str,
}

/// Whose fault a failure is.
#[derive(Clone, Copy)]
pub(crate) enum Why<'a> {
    /// The caller's.
    Refused(&'a Refusal),
    /// Nobody's who could be told more: the status code of an origin's failure, of a fault of ours, or of a file
    /// that is not there.
    Status(u16),
}

/// The page that says so, for every surface and the gateway.
pub(crate) type ErrorPage =
    Box<dyn for<'a> Fn(&'a Cx, &'a Request, Failure<'a>) -> LocalBoxFuture<'a, Response>>;

/// All surfaces' rows, ready to match.
pub struct Table {
    surfaces: Vec<Surface>,
    matcher: matchit::Router<Vec<(usize, usize)>>,
    /// Who words what goes wrong on the gateway.
    pub(crate) rest: Surface,
    pub(crate) gateway: Gateway,
    /// What browsers that navigate are shown when something went wrong, whichever surface it was on.
    pub(crate) error_page: ErrorPage,
    /// Whose scripts may call a row, by its surface's name and its path.
    pub(crate) reach: fn(&str, &str) -> Reach,
}

/// What a method and path belong to.
pub enum Match<'a> {
    /// A surface's row.
    Route {
        /// The row.
        route: &'a Route,
        /// Its surface.
        surface: &'a Surface,
        /// The segments.
        params: Vec<(String, String)>,
    },
    /// A surface's path with a method that it does not have.
    WrongMethod {
        /// Its surface.
        surface: &'a Surface,
        /// The path of its rows.
        path: &'static str,
        /// The segments.
        params: Vec<(String, String)>,
        /// The methods that it has.
        allow: Vec<&'static str>,
    },
    /// The gateway's.
    Nothing,
}

impl<'a> Match<'a> {
    /// The path of the surface's row.
    pub(crate) fn pattern(&self) -> Option<&'static str> {
        match self {
            Match::Route { route, .. } => Some(route.path),
            Match::WrongMethod { path, .. } => Some(path),
            Match::Nothing => None,
        }
    }

    /// The surface that owns the path.
    pub(crate) fn surface(&self) -> Option<&'a Surface> {
        match self {
            Match::Route { surface, .. } | Match::WrongMethod { surface, .. } => Some(surface),
            Match::Nothing => None,
        }
    }
}

impl Table {
    /// Builds the table.
    ///
    /// # Errors
    /// A [`Fault`] that names two rows that overlap.
    pub(crate) fn new(
        surfaces: Vec<Surface>,
        rest: Surface,
        gateway: Gateway,
        error_page: ErrorPage,
        reach: fn(&str, &str) -> Reach,
    ) -> Result<Table, Fault> {
        let mut rows: Vec<(&'static str, Vec<(usize, usize)>)> = Vec::new();
        for (s, surface) in surfaces.iter().enumerate() {
            for (r, route) in surface.routes.iter().enumerate() {
                match rows.iter_mut().find(|(path, _)| *path == route.path) {
                    Some((_, at)) => at.push((s, r)),
                    None => rows.push((route.path, vec![(s, r)])),
                }
            }
        }
        let mut matcher = matchit::Router::new();
        for (path, at) in rows {
            matcher
                .insert(path, at)
                .map_err(|error| Fault::new("route table", format!("{path}: {error}")))?;
        }
        Ok(Table { surfaces, matcher, rest, gateway, error_page, reach })
    }

    /// All surfaces, for tests and documents.
    pub fn surfaces(&self) -> &[Surface] {
        &self.surfaces
    }

    /// What a method and path belong to.
    pub fn find(&self, method: &str, path: &str) -> Match<'_> {
        let Ok(matched) = self.matcher.at(path) else { return Match::Nothing };
        let mut rows = matched.value.iter().filter_map(|(s, r)| {
            let surface = self.surfaces.get(*s)?;
            Some((surface, surface.routes.get(*r)?))
        });
        // HEAD is GET without the body (RFC 9110 §9.3.2); the edge drops it.
        let wanted = if method == "HEAD" { "GET" } else { method };
        let all = rows.clone();
        let params = matched.params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        match rows.find(|(_, route)| route.method == wanted) {
            Some((surface, route)) => Match::Route { route, surface, params },
            None => {
                let mut all = all.peekable();
                let Some((surface, first)) = all.peek().copied() else { return Match::Nothing };
                let allow = all.map(|(_, route)| route.method).collect();
                Match::WrongMethod { surface, path: first.path, params, allow }
            }
        }
    }
}
