//! A request, as handlers see it.

use crate::domain::session::principal::Sent;
use crate::domain::session::proof::{BoundToken, SentProof};
use crate::domain::tenants::ResolvedTenant;
use crate::http::stream::Body;
use crate::model::headers::Headers;

/// A request from the edge.
pub struct Request {
    /// The method, upper case.
    pub method: String,
    /// The host, lower case, with its port if it is not the scheme's own.
    pub host: String,
    /// The path as it came, percent-encoded.
    pub path: String,
    /// The query with its `?`, or nothing.
    pub query: String,
    /// The header fields.
    pub headers: Headers,
    /// The body, read when a handler asks for it.
    pub body: Box<dyn Body>,
}

impl Request {
    /// A request from its head: method, URL and header fields (`name:value`), a line each. The URL is
    /// normalised (WHATWG URL Standard): `scheme://host/path?query`, with at least `/` as the path.
    pub fn from_head(head: &str, body: Box<dyn Body>) -> Option<Request> {
        let mut lines = head.splitn(3, '\n');
        let (method, url) = (lines.next()?, lines.next()?);
        let headers = Headers::from_lines(lines.next().unwrap_or_default().to_owned());
        let rest = url.split_once(':')?.1.strip_prefix("//")?;
        let (host, path_and_query) = rest.split_at_checked(rest.find('/')?)?;
        let (path, query) = match path_and_query.find('?') {
            Some(at) => path_and_query.split_at_checked(at)?,
            None => (path_and_query, ""),
        };
        let query = query.split('#').next().unwrap_or_default();
        Some(Request {
            method: method.to_owned(),
            host: host.to_ascii_lowercase(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers,
            body,
        })
    }

    /// Whether the caller is a browser that would show a page: it navigates, or sends a form.
    pub(crate) fn wants_page(&self) -> bool {
        let json = self.headers.get("content-type").is_some_and(|t| t.to_ascii_lowercase().contains("json"));
        !json && self.headers.is_navigation()
    }
}

/// A request that matched a route, for a tenant.
pub struct Call<'a> {
    pub(crate) request: &'a Request,
    /// What the route's `{name}` segments stand for.
    pub(crate) params: Vec<(String, String)>,
    /// The tenant.
    pub(crate) resolved: ResolvedTenant,
}

impl Call<'_> {
    /// What a `{name}` segment stands for; nothing if the route has none of that name.
    pub(crate) fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }

    /// The first query parameter of that name, decoded.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        let query = self.request.query.strip_prefix('?').unwrap_or(&self.request.query);
        url::form_urlencoded::parse(query.as_bytes())
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.into_owned())
    }

    /// The token of `Authorization: Bearer`.
    pub(crate) fn bearer(&self) -> Option<&str> {
        self.request.headers.bearer()
    }

    /// Its DPoP proof, if it has one (RFC 9449 §4.1).
    pub(crate) fn proof(&self) -> SentProof<'_> {
        let Request { method, host, path, headers, .. } = self.request;
        SentProof { field: headers.get("dpop"), method, host, path }
    }

    /// What it says about who calls.
    pub(crate) fn sent(&self) -> Sent<'_> {
        Sent {
            method: &self.request.method,
            bearer: self.bearer(),
            bound: self.request.headers.bound_token().map(|token| BoundToken { token, proof: self.proof() }),
            key: self.request.headers.get("x-api-key"),
        }
    }
}
