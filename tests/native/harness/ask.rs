//! A request on its way in, and what came of it.

use std::future::Future as _;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use portcullis::cx::{Caller, Cx, metering};
use portcullis::domain::gateway::forward::Plan;
use portcullis::http::report::{self, Ending};
use portcullis::http::request::Request;
use portcullis::http::{Asset, Outcome, serve};
use portcullis::memo::Memory;
use portcullis::model::headers::Headers;
use portcullis::model::language;
use portcullis::ports::metrics::{Metrics, Reason};
use serde_json::Value;

use crate::harness::{World, document};

/// A request that is being written.
#[derive(Clone)]
pub struct Ask<'w> {
    world: &'w World,
    cache: Rc<Memory>,
    method: String,
    host: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    address: String,
    unlimited: bool,
}

impl<'w> Ask<'w> {
    /// A request of that method to a path with its query.
    pub fn new(world: &'w World, method: &str, path: &str) -> Ask<'w> {
        Ask {
            world,
            cache: world.cache.clone(),
            method: method.to_owned(),
            host: "auth.example.com".to_owned(),
            path: path.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            address: "203.0.113.7".to_owned(),
            unlimited: false,
        }
    }

    /// With a header field.
    pub fn header(mut self, name: &str, value: &str) -> Ask<'w> {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a bearer token.
    pub fn bearer(self, token: &str) -> Ask<'w> {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// With the session cookie.
    pub fn cookie(self, value: &str) -> Ask<'w> {
        self.header("cookie", &format!("__Host-portcullis={value}"))
    }

    /// With an API key.
    pub fn key(self, key: &str) -> Ask<'w> {
        self.header("x-api-key", key)
    }

    /// As a browser that navigates.
    pub fn navigating(self) -> Ask<'w> {
        self.header("sec-fetch-mode", "navigate").header("accept", "text/html")
    }

    /// With a body of that type.
    pub fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Ask<'w> {
        self.body = body.into();
        if content_type.is_empty() { self } else { self.header("content-type", content_type) }
    }

    /// With a JSON body.
    pub fn json(self, body: Value) -> Ask<'w> {
        self.body("application/json", body.to_string())
    }

    /// With a form as its body.
    pub fn form(self, fields: &[(&str, &str)]) -> Ask<'w> {
        let encoded = |text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let pairs: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        self.body("application/x-www-form-urlencoded", pairs.join("&"))
    }

    /// From that client address.
    pub fn from(mut self, address: &str) -> Ask<'w> {
        self.address = address.to_owned();
        self
    }

    /// To that host.
    pub fn host(mut self, host: &str) -> Ask<'w> {
        self.host = host.to_owned();
        self
    }

    /// For a tenant, by header.
    pub fn tenant(self, id: &str) -> Ask<'w> {
        self.header("x-tenant-id", id)
    }

    /// By one who knows the system secret of a testing deployment.
    pub fn unlimited(mut self) -> Ask<'w> {
        self.unlimited = true;
        self
    }

    /// Another request of the same caller to the same host: a `GET` of that path.
    pub fn beside(&self, path: &str) -> Ask<'w> {
        let headers = self.headers.iter().filter(|(name, _)| name != "content-type").cloned().collect();
        let (method, path) = ("GET".to_owned(), path.to_owned());
        Ask { method, path, headers, body: Vec::new(), ..self.clone() }
    }

    /// Served by an isolate that remembers nothing.
    pub fn fresh(mut self) -> Ask<'w> {
        self.cache = Rc::default();
        self
    }

    /// Served by a second isolate with a memory of its own.
    pub fn elsewhere(mut self) -> Ask<'w> {
        self.cache = self.world.other.clone();
        self
    }

    /// Where it is asked.
    pub fn world(&self) -> &'w World {
        self.world
    }

    fn parts(&self) -> (Cx, Request) {
        let mut cx = self.world.cx();
        let agent = self.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("user-agent"));
        let accept = self.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("accept-language"));
        cx.memory = self.cache.clone();
        let query = self.path.split_once('?').map_or("", |(_, query)| query);
        cx.caller = Rc::new(Caller {
            address: self.address.clone(),
            user_agent: agent.map(|(_, agent)| agent.clone()).unwrap_or_default(),
            language: language::of_request(query, accept.map(|(_, accept)| accept.as_str())),
            unlimited: self.unlimited,
            ..Caller::default()
        });
        let (path, query) = match self.path.split_once('?') {
            Some((path, query)) => (path.to_owned(), format!("?{query}")),
            None => (self.path.clone(), String::new()),
        };
        let request = Request {
            method: self.method.clone(),
            host: self.host.clone(),
            path,
            query,
            headers: Headers::new(self.headers.clone()),
            body: Box::new(self.body.clone()),
        };
        let clock = self.world.clock();
        let place = || Some("FRA".to_owned());
        match metering::begin(&cx.config, &request.headers, cx.rng.as_ref(), clock, place) {
            Some(metrics) => (cx.metered(metrics), request),
            None => (cx, request),
        }
    }

    /// Serves it, answers what is to be done, and does what comes after.
    pub async fn serve(self) -> Outcome {
        let world = self.world;
        let outcome = self.answered().await;
        world.afterwards().await;
        outcome
    }

    /// Serves it, and leaves what comes after.
    pub async fn answered(self) -> Outcome {
        let (cx, request) = self.parts();
        let outcome = serve(&cx, &self.world.table, &request).await;
        if let Outcome::Answer(response) = &outcome {
            document::holds(&self.world.table, &request, &self.body, response);
        }
        outcome
    }

    /// Serves it; it must be answered here.
    pub fn send(self) -> Reply {
        let what = format!("{} {}", self.method, self.path);
        match pollster::block_on(self.serve()) {
            Outcome::Answer(response) => Reply::new(what, &response),
            Outcome::Forward(plan) => panic!("{what} was to be sent to {}", plan.url),
            Outcome::Asset(asset) => panic!("{what} was to be the file {}", asset.path),
        }
    }

    /// Serves it, and counts what is asked of the database and of counters before the answer; what is put off
    /// until after it is done then, and not counted.
    pub fn cost(self) -> (Reply, [usize; 2]) {
        let (cx, request) = self.parts();
        let spent = || [self.world.db.trips.get(), self.world.counters.calls.get()];
        let before = spent();
        let outcome = pollster::block_on(serve(&cx, &self.world.table, &request));
        let after = spent();
        pollster::block_on(self.world.afterwards());
        let Outcome::Answer(response) = outcome else { panic!("was to be answered") };
        (Reply::new(self.path.clone(), &response), [after[0] - before[0], after[1] - before[1]])
    }

    /// Serves it, and counts how often the answer waits for storage: what is asked side by side is one wait.
    pub fn waits(self) -> (Reply, usize) {
        let path = self.path.clone();
        let (outcome, waits) = self.counted();
        let Outcome::Answer(response) = outcome else { panic!("was to be answered") };
        (Reply::new(path, &response), waits)
    }

    /// Serves it, forwarded or answered: the status, 200 if it is forwarded, and how often that waits for storage.
    pub fn waited(self) -> (u16, usize) {
        let (outcome, waits) = self.counted();
        let status = if let Outcome::Answer(response) = outcome { response.status } else { 200 };
        (status, waits)
    }

    fn counted(self) -> (Outcome, usize) {
        let world = self.world;
        let (cx, request) = self.parts();
        // What the Worker counts of itself is what is counted here from outside.
        let reason = Reason { asked: false, sampled: true };
        let metrics = Rc::new(Metrics::begin(reason, world.clock(), None));
        let cx = cx.metered(metrics.clone());
        let ports = [&world.db.yields, &world.counters.yields];
        ports.iter().for_each(|yields| yields.set(true));
        let mut serving = Box::pin(serve(&cx, &world.table, &request));
        let (mut waits, mut context) = (0, Context::from_waker(Waker::noop()));
        let outcome = loop {
            match serving.as_mut().poll(&mut context) {
                Poll::Ready(outcome) => break outcome,
                Poll::Pending => waits += 1,
            }
        };
        ports.iter().for_each(|yields| yields.set(false));
        let counts = metrics.counts();
        // The object that renews tokens asks storage itself.
        if counts.refresher_calls == 0 {
            assert_eq!(counts.waits as usize, waits, "the Worker counts otherwise: {counts:?}");
        }
        pollster::block_on(world.afterwards());
        (outcome, waits)
    }

    /// Serves it as the edge does, with an origin that answers at once: the status, 200 if it is forwarded, and what
    /// `Server-Timing` says.
    pub fn timing(self) -> (u16, Option<String>) {
        let (cx, request) = self.parts();
        let outcome = pollster::block_on(serve(&cx, &self.world.table, &request));
        pollster::block_on(self.world.afterwards());
        match outcome {
            Outcome::Answer(response) => {
                (response.status, response.header("server-timing").map(str::to_owned))
            }
            Outcome::Forward(_) | Outcome::Asset(_) => {
                if let Some(metrics) = &cx.metrics {
                    metrics.note_origin(metrics.total_ms());
                }
                (200, report::report(&cx, &request, 200, Ending::Forwarded))
            }
        }
    }

    /// Serves it; it must be forwarded.
    pub fn plan(self) -> Plan {
        let what = format!("{} {}", self.method, self.path);
        match pollster::block_on(self.serve()) {
            Outcome::Forward(plan) => plan,
            Outcome::Answer(response) => panic!("{what} was answered {}: {}", response.status, response.body),
            Outcome::Asset(asset) => panic!("{what} was to be the file {}", asset.path),
        }
    }

    /// Serves it; it must be a static file.
    pub fn asset(self) -> Asset {
        let what = format!("{} {}", self.method, self.path);
        match pollster::block_on(self.serve()) {
            Outcome::Asset(asset) => asset,
            _ => panic!("{what} was not to be a file"),
        }
    }

    /// The status that it is answered with; 200 if it is forwarded.
    pub fn status(self) -> u16 {
        match pollster::block_on(self.serve()) {
            Outcome::Forward(_) | Outcome::Asset(_) => 200,
            Outcome::Answer(response) => response.status,
        }
    }
}

/// An answer of ours.
#[derive(Debug, Clone)]
pub struct Reply {
    what: String,
    /// The status code.
    pub status: u16,
    /// Its header fields.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub text: String,
    /// The body as JSON, or null.
    pub json: Value,
}

impl Reply {
    /// From a response.
    pub fn new(what: String, response: &portcullis::http::response::Response) -> Reply {
        let text = response.body.to_string();
        Reply {
            what,
            status: response.status,
            headers: response
                .headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect(),
            json: serde_json::from_str(&text).unwrap_or_default(),
            text,
        }
    }

    /// Itself, if it has that status.
    #[track_caller]
    pub fn is(self, status: u16) -> Reply {
        assert_eq!(self.status, status, "{}: {}", self.what, self.text);
        self
    }

    /// A header field, if there is just one of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(n, _)| n == name).map(|(_, value)| value.as_str());
        let first = values.next();
        assert!(values.next().is_none(), "{name} is there twice");
        first
    }

    /// The value of a cookie that is set; empty if it is taken away.
    pub fn sets(&self, cookie: &str) -> Option<String> {
        let values = self.headers.iter().filter(|(name, _)| name == "set-cookie");
        let mut pairs = values.filter_map(|(_, value)| value.split(';').next()?.split_once('='));
        pairs.find(|(name, _)| *name == cookie).map(|(_, value)| value.to_owned())
    }

    /// The cookies that are set, as they are set.
    pub fn set_cookies(&self) -> Vec<&str> {
        let values = self.headers.iter().filter(|(name, _)| name == "set-cookie");
        values.map(|(_, value)| value.as_str()).collect()
    }

    /// The value of the first field of that name in the page, as it stands there; empty if there is none.
    pub fn field(&self, name: &str) -> String {
        let mark = format!("name=\"{name}\" value=\"");
        let value = self.text.split_once(&mark).and_then(|(_, rest)| rest.split('"').next());
        value.unwrap_or_default().to_owned()
    }

    /// What the page gives to its script for a passkey.
    pub fn passkey_options(&self) -> Option<Value> {
        let (_, rest) = self.text.split_once("data-options=\"")?;
        let text = rest.split('"').next()?.replace("&#34;", "\"").replace("&#38;", "&");
        serde_json::from_str(&text).ok()
    }

    /// A text member of the JSON body, by pointer.
    #[track_caller]
    pub fn str(&self, pointer: &str) -> String {
        let found = self.json.pointer(pointer).and_then(Value::as_str);
        assert!(found.is_some(), "{}: no text at {pointer} in {}", self.what, self.text);
        found.unwrap_or_default().to_owned()
    }
}

/// A header field that a plan sets.
pub fn set<'p>(plan: &'p Plan, name: &str) -> Option<&'p str> {
    let set = || plan.set.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
    plan.assertion.as_deref().filter(|_| plan.header == name).or_else(set)
}
