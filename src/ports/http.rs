//! The way out to other servers: what is asked, who chose the address, and what comes back. The rules are
//! `domain::outbound`'s.

use std::fmt;

use futures_util::future::LocalBoxFuture;

use crate::ports::Fault;

/// Who chose the address that is asked. Whoever it is, a redirect is never followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reach {
    /// The deployment's operator: its vars and what is built in.
    Operator,
    /// An administrator of a tenant.
    Administrator,
    /// Anyone, as a client that registered itself.
    Stranger,
}

impl Reach {
    /// The most bytes of an answer that are read.
    pub const fn most_bytes(self) -> usize {
        match self {
            Reach::Operator => 1_048_576,
            Reach::Administrator => 262_144,
            Reach::Stranger => 65_536,
        }
    }

    /// Seconds from the beginning to the last byte of the answer.
    pub const fn seconds(self) -> u32 {
        match self {
            Reach::Operator | Reach::Administrator => 10,
            Reach::Stranger => 5,
        }
    }
}

/// What a request does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Asks for a document.
    Get,
    /// Sends a body.
    Post,
    /// Takes something away, by what the body says.
    Delete,
}

/// What is read of the answer's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Nothing: the status says all.
    Status,
    /// All of it, as long as it has no more than so many bytes, and no more than its [`Reach`] allows.
    Body(usize),
}

/// A request to another server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// What it does.
    pub method: Method,
    /// Where to.
    pub url: String,
    /// Header fields.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
    /// What is read of the answer's body.
    pub wanted: Wanted,
}

impl HttpRequest {
    /// Asks for a document of that media type.
    pub(crate) fn get(url: impl Into<String>, accept: &str, most: usize) -> HttpRequest {
        HttpRequest {
            method: Method::Get,
            url: url.into(),
            headers: vec![("accept", accept.to_owned())],
            body: String::new(),
            wanted: Wanted::Body(most),
        }
    }

    /// Posts a form, of whose answer only the status matters.
    pub(crate) fn post_form(url: impl Into<String>, form: String) -> HttpRequest {
        let headers = vec![("content-type", "application/x-www-form-urlencoded".to_owned())];
        HttpRequest { method: Method::Post, url: url.into(), headers, body: form, wanted: Wanted::Status }
    }

    /// The most bytes of the answer's body that are read.
    pub fn most_bytes(&self, reach: Reach) -> usize {
        match self.wanted {
            Wanted::Status => 0,
            Wanted::Body(most) => most.min(reach.most_bytes()),
        }
    }
}

/// What another server answered, whatever it thinks of the request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HttpAnswer {
    /// The status code.
    pub status: u16,
    /// Header fields, by names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, if it was wanted.
    pub body: Vec<u8>,
}

impl HttpAnswer {
    /// The first field of that name, which is in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Why there is no answer, or none of use. It names the host and the kind of failure: never a path, a query, a body or a
/// token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unanswered {
    /// The host, if the address has one.
    pub host: String,
    /// What went wrong.
    pub why: Why,
}

/// What went wrong with a request to another server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// The address is none that may be asked: the rule it breaks.
    Barred(&'static str),
    /// The name leads to no address, as far as the resolver knows.
    Unknown,
    /// The name leads to an address that is not a public one.
    Private,
    /// The resolver did not say where the name leads.
    Unresolved,
    /// There is no connection, or it broke.
    Unreachable,
    /// The answer was not complete in this many seconds.
    TooSlow(u32),
    /// The answer has more than this many bytes.
    TooLarge(usize),
    /// A document was asked for, and the answer has another status than 200. A redirect is one of those.
    Status(u16),
    /// Something of ours failed before anything was sent.
    Broken(Fault),
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = if self.host.is_empty() { "the address" } else { &self.host };
        match &self.why {
            Why::Barred(rule) => write!(f, "{host} may not be asked: {rule}"),
            Why::Unknown => write!(f, "{host} has no address"),
            Why::Private => write!(f, "{host} leads to an address that is not public"),
            Why::Unresolved => write!(f, "{host} could not be looked up"),
            Why::Unreachable => write!(f, "{host} did not answer"),
            Why::TooSlow(seconds) => write!(f, "{host} did not answer in {seconds} s"),
            Why::TooLarge(bytes) => write!(f, "{host} answered more than {bytes} bytes"),
            Why::Status(status @ 300..=399) => {
                write!(f, "{host} answered {status}, and redirects are not followed")
            }
            Why::Status(status) => write!(f, "{host} answered {status}"),
            Why::Broken(Fault(what, _)) => write!(f, "{host} was not asked: {what}"),
        }
    }
}

impl From<Unanswered> for Fault {
    fn from(unanswered: Unanswered) -> Fault {
        let what = unanswered.to_string();
        match unanswered.why {
            Why::Broken(fault) => fault.met_at("outbound", what),
            _ => Fault::new("outbound", what),
        }
    }
}

/// The way out to other servers. Each implementation asks nothing that `domain::outbound::guard` does not let pass, follows
/// no redirect, and reads no more and no longer than the [`Reach`] allows.
pub trait HttpClient {
    /// Sends one request, and answers what came back.
    fn send(&self, request: HttpRequest, reach: Reach) -> LocalBoxFuture<'_, Result<HttpAnswer, Unanswered>>;
}
