//! A request's header fields.

use crate::model::{cookies, host};

/// Where a form was sent from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sender {
    /// A page of this host, or no browser.
    Own,
    /// Another site.
    Elsewhere,
    /// A browser, which does not say: something that only this browser was given must.
    Unsaid,
}

/// Names in lower case, in the order they came; one entry a name, as the platform joins duplicates. One text
/// with the places in it, because a request has many fields and few of them are looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers {
    text: String,
    /// Where a name begins and ends, and where its value ends, which begins one behind the name.
    places: Vec<(usize, usize, usize)>,
}

impl Headers {
    /// From lines of `name:value`, with names in lower case, as the platform gives them.
    pub(crate) fn from_lines(text: String) -> Headers {
        let mut places = Vec::new();
        let mut at = 0;
        for line in text.split('\n') {
            if let Some(colon) = line.find(':') {
                places.push((at, at + colon, at + line.len()));
            }
            at += line.len() + 1;
        }
        Headers { text, places }
    }

    /// From name and value pairs.
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Headers {
        let line = |(name, value): (String, String)| format!("{}:{value}", name.to_ascii_lowercase());
        Headers::from_lines(pairs.into_iter().map(line).collect::<Vec<_>>().join("\n"))
    }

    fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.places.iter().filter_map(|(start, colon, end)| {
            Some((self.text.get(*start..*colon)?, self.text.get(*colon + 1..*end)?))
        })
    }

    /// The value of a header by its lower-case name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.fields().find(|(n, _)| *n == name).map(|(_, value)| value)
    }

    /// All names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.fields().map(|(name, _)| name)
    }

    /// The token of `Authorization: Bearer` (RFC 6750 §2.1).
    pub fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.get("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    }

    /// The token of `Authorization: DPoP` (RFC 9449 §7.1).
    pub fn bound_token(&self) -> Option<&str> {
        let (scheme, token) = self.get("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("dpop").then(|| token.trim())
    }

    /// A cookie's value; the first of that name.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let field = self.get("cookie")?;
        cookies::value(field, name, field.contains(',') && !self.is_from_browser())
    }

    /// Whether a browser sent it. Each says so in `User-Agent`, and most in `Sec-Fetch-Site`.
    fn is_from_browser(&self) -> bool {
        self.get("sec-fetch-site").is_some()
            || self.get("user-agent").is_some_and(|agent| agent.starts_with("Mozilla/"))
    }

    /// Whether a browser says that another site, or another origin of this one, caused the request. Browsers
    /// that send `Sec-Fetch-Site` are believed; of others the `Origin` is compared with the host.
    pub fn is_from_elsewhere(&self, own: &str) -> bool {
        match self.get("sec-fetch-site") {
            Some(site) => site != "same-origin" && site != "none",
            None => self.get("origin").is_some_and(|origin| !host::is_of(origin, own)),
        }
    }

    /// Where the page was whose form this is, as far as the header fields say. `Sec-Fetch-Site` is believed, then
    /// `Origin`, then `Referer`. Browsers of before 2023 say `Origin: null` of pages without a referrer, ours among
    /// them; without any of the three came a program, which acts for nobody but itself, or a browser of before 2020.
    pub(crate) fn sender(&self, own: &str) -> Sender {
        let of = |address: &str| {
            let end = address.find("://").and_then(|at| {
                let path = address.get(at + 3..)?.find(['/', '?', '#'])?;
                Some(at + 3 + path)
            });
            let origin = end.and_then(|end| address.get(..end)).unwrap_or(address);
            if host::is_of(origin, own) { Sender::Own } else { Sender::Elsewhere }
        };
        if self.get("sec-fetch-site").is_some() {
            return if self.is_from_elsewhere(own) { Sender::Elsewhere } else { Sender::Own };
        }
        let said = self.get("origin").filter(|origin| *origin != "null");
        if let Some(address) = said.or_else(|| self.get("referer").filter(|referer| !referer.is_empty())) {
            return of(address);
        }
        let old = self.get("sec-fetch-mode").is_none();
        let browser = old && self.get("user-agent").is_some_and(|agent| agent.starts_with("Mozilla/"));
        if self.get("origin").is_some() || browser { Sender::Unsaid } else { Sender::Own }
    }

    /// Whether a browser navigates here and would show a page.
    pub fn is_navigation(&self) -> bool {
        match self.get("sec-fetch-mode") {
            Some(mode) => mode == "navigate",
            None => self.get("accept").is_some_and(|accept| accept.contains("text/html")),
        }
    }
}
