//! A response, as handlers make it.

use std::rc::Rc;

use serde::ser::{Error, Serialize, Serializer};

use crate::ports::Verdict;

/// Status, header fields and a body in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Rc<str>,
}

/// Pages may load nothing but our own style sheet and send forms to us; no script, no frame.
pub(crate) const PAGE_CSP: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The API's documentation runs our own scripts, and talks to this deployment alone.
pub(crate) const DOCS_CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The console runs our own script alone, which makes no HTML of text.
pub(crate) const CONSOLE_CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; trusted-types 'none'; require-trusted-types-for 'script'";

/// The page of the default mails shows them in frames, which inherit its policy and have styles in them.
pub(crate) const MAILS_CSP: &str = "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src data:; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

impl Response {
    fn new(status: u16, content_type: &str, body: Rc<str>) -> Response {
        Response { status, headers: vec![("content-type", content_type.to_owned())], body }
    }

    /// JSON of an answer, whose members stand in the order of its fields.
    pub fn json(status: u16, answer: &(impl Serialize + ?Sized)) -> Response {
        Response::serialized(status, "application/json", answer)
    }

    /// `application/problem+json` (RFC 9457).
    pub(crate) fn problem(status: u16, problem: &impl Serialize) -> Response {
        Response::serialized(status, "application/problem+json", problem)
    }

    fn serialized(status: u16, content_type: &str, answer: &(impl Serialize + ?Sized)) -> Response {
        match serde_json::to_string(answer) {
            Ok(text) => Response::new(status, content_type, text.into()),
            // Only a map whose names are no text, or a type's own code, can fail: answers have neither.
            Err(_) => Response::empty(500),
        }
    }

    /// JSON that is text already.
    pub(crate) fn json_text(body: Rc<str>) -> Response {
        Response::new(200, "application/json", body)
    }

    /// Text of that media type.
    pub(crate) fn text_of(media_type: &str, body: String) -> Response {
        Response::new(200, media_type, body.into())
    }

    /// A signed token as the whole answer (RFC 7519 §10.3.1).
    pub(crate) fn jwt(token: String) -> Response {
        Response::new(200, "application/jwt", token.into())
    }

    /// A page.
    pub(crate) fn html(status: u16, body: String) -> Response {
        Response::html_under(status, body, PAGE_CSP)
    }

    /// A page with a content security policy of its own.
    pub(crate) fn html_under(status: u16, body: String, policy: impl Into<String>) -> Response {
        Response::new(status, "text/html; charset=utf-8", body.into()).with("content-security-policy", policy)
    }

    /// A page whose forms lead, in the end, to another origin or scheme as well.
    pub(crate) fn html_with_forms_to(status: u16, body: String, to: &str) -> Response {
        let plain = |c: char| c.is_ascii_graphic() && !matches!(c, ';' | ',');
        let policy = match to.chars().all(plain) {
            true => PAGE_CSP.replace("form-action 'self'", &format!("form-action 'self' {to}")),
            false => PAGE_CSP.to_owned(),
        };
        Response::new(status, "text/html; charset=utf-8", body.into()).with("content-security-policy", policy)
    }

    /// The same page where styles may stand in it; scripts still may not.
    pub(crate) fn with_inline_styles(mut self) -> Response {
        for (name, value) in &mut self.headers {
            if *name == "content-security-policy" {
                *value = value.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'");
            }
        }
        self
    }

    /// The same page, whose forms may be redirected to any server.
    pub(crate) fn with_forms_anywhere(mut self) -> Response {
        for (name, value) in &mut self.headers {
            if *name == "content-security-policy" {
                *value = value.replace("form-action 'self'", "form-action 'self' https: http:");
            }
        }
        self
    }

    /// The same page where our own scripts may run.
    pub(crate) fn with_own_scripts(mut self) -> Response {
        for (name, value) in &mut self.headers {
            if *name == "content-security-policy" {
                *value = value.replace("style-src 'self'", "script-src 'self'; style-src 'self'");
            }
        }
        self
    }

    /// The same page with images of that origin.
    pub(crate) fn with_images_of(mut self, origin: &str) -> Response {
        let plain = origin.chars().all(|c| c.is_ascii_graphic() && !matches!(c, ';' | ',' | '\''));
        for (name, value) in &mut self.headers {
            if *name == "content-security-policy" && plain {
                *value = value.replace("img-src 'self' data:", &format!("img-src 'self' data: {origin}"));
            }
        }
        self
    }

    /// Nothing to say.
    pub(crate) fn empty(status: u16) -> Response {
        Response { status, headers: Vec::new(), body: "".into() }
    }

    /// See Other: the answer to a form (RFC 9110 §15.4.4).
    pub(crate) fn see_other(location: &str) -> Response {
        Response::empty(303).with("location", location)
    }

    /// With one more header field.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Response {
        self.headers.push((name, value.into()));
        self
    }

    /// The same, which no cache keeps.
    pub(crate) fn kept_by_nobody(mut self) -> Response {
        self.headers.retain(|(name, _)| *name != "cache-control");
        self.with("cache-control", "no-store")
    }

    /// With the fields that say how a limit stands.
    pub(crate) fn with_limit(mut self, verdict: &Verdict) -> Response {
        self.headers.extend(limit_fields(verdict));
        self
    }

    /// Whether any cache may keep it.
    pub fn is_public(&self) -> bool {
        self.status == 200
            && self.header("cache-control").is_some_and(|control| control.starts_with("public"))
    }

    /// The value of a header field.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| *n == name).map(|(_, value)| value.as_str())
    }

    /// With what all answers of ours have: nothing sniffs them, and no cache keeps them unless they say so.
    pub(crate) fn secured(mut self) -> Response {
        let defaults = [
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("strict-transport-security", "max-age=31536000; includeSubDomains"),
        ];
        for (name, value) in defaults {
            if self.header(name).is_none() {
                self.headers.push((name, value.to_owned()));
            }
        }
        self
    }
}

/// The `RateLimit-*` header fields.
pub(crate) fn limit_fields(verdict: &Verdict) -> [(&'static str, String); 3] {
    [
        ("ratelimit-limit", verdict.limit.to_string()),
        ("ratelimit-remaining", verdict.remaining.to_string()),
        ("ratelimit-reset", verdict.reset.to_string()),
    ]
}

/// An answer of a type that flattens another one into itself, or that is stored as well: its members in alphabetical
/// order, as those of the other answers stand.
pub(crate) struct Sorted<T>(pub(crate) T);

impl<T: Serialize> Serialize for Sorted<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        serde_json::to_value(&self.0).map_err(S::Error::custom)?.serialize(to)
    }
}
