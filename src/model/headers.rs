//! A request's header fields.

/// Names in lower case, in the order they came; one entry a name, as the platform joins duplicates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// From name and value pairs.
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Headers {
        Headers(pairs.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect())
    }

    /// The value of a header by its lower-case name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// All names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// The token of `Authorization: Bearer` (RFC 6750 §2.1).
    pub fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.get("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    }

    /// A cookie's value (RFC 6265 §5.4); the first of that name.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let mut pairs = self.get("cookie")?.split(';').filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(n, _)| *n == name).map(|(_, value)| value)
    }

    /// Whether a browser says that another site, or another origin of this one, caused the request. Browsers
    /// that send `Sec-Fetch-Site` are believed; of others the `Origin` is compared with the host.
    pub fn is_from_elsewhere(&self, host: &str) -> bool {
        match self.get("sec-fetch-site") {
            Some(site) => site != "same-origin" && site != "none",
            None => self.get("origin").is_some_and(|origin| {
                origin.split_once("://").is_none_or(|(_, from)| !from.eq_ignore_ascii_case(host))
            }),
        }
    }

    /// Whether a browser navigates here and would show a page.
    pub fn is_navigation(&self) -> bool {
        match self.get("sec-fetch-mode") {
            Some(mode) => mode == "navigate",
            None => self.get("accept").is_some_and(|accept| accept.contains("text/html")),
        }
    }
}
