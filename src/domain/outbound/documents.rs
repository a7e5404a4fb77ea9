//! Documents of other servers, remembered by the isolate: as long as their `Cache-Control` says, at least a minute and at
//! most a day; that there is none, for a minute. So one isolate asks for one document at most once a minute, whatever
//! callers want; but for requests that need it at the same time while it is under way: on the platform a request cannot wait
//! for what another one asked for, so each asks itself, and one address at most [`A_MINUTE`] times.
//!
//! They are not kept in the database: a request that needs one waits for no storage, and one in the memory of an isolate
//! is as good as one a round trip away. What must outlive an isolate is kept by who reads it, as the client that a
//! metadata document describes is.

use std::rc::Rc;

use crate::cx::Cx;
use crate::domain::outbound::send;
use crate::domain::refusal::Error;
use crate::domain::throttle;
use crate::memo::Slot;
use crate::model::time::Time;
use crate::model::web_uri::host_of;
use crate::ports::Fault;
use crate::ports::http::{HttpAnswer, HttpRequest, Reach, Unanswered, Why};

/// The shortest time that a document is remembered, in seconds, and that a failure is.
const SHORTEST: i64 = 60;

/// The longest.
const LONGEST: i64 = 86_400;

/// Documents that one address can have us ask for in a minute.
const A_MINUTE: u32 = 60;

/// Documents by who chose their address, and by that.
pub(crate) struct Documents;

impl Slot for Documents {
    type Key = (Reach, String);
    type Value = Fetched;
    const CAPACITY: usize = 100;
}

/// A document as it came, or why there is none, and when that was.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// Its bytes.
    pub body: Result<Rc<[u8]>, Unanswered>,
    at: Time,
    /// Until when it may be used.
    pub fresh_until: Time,
}

/// The document at an address, from memory or its server.
///
/// # Errors
/// [`crate::domain::refusal::Refusal::Limited`] if the caller's address has us ask for too many.
pub async fn fetch(cx: &Cx, url: &str, reach: Reach, most: usize) -> Result<Fetched, Error> {
    match cx.memo::<Documents>().get(&(reach, url.to_owned()), cx.now) {
        Some(known) => Ok(known),
        None => ask(cx, url, reach, most).await,
    }
}

/// The same when what is remembered lacks something that a caller presents, as a key: it is asked for again, unless that
/// was done within a minute.
///
/// # Errors
/// As [`fetch`].
pub async fn fetch_again(cx: &Cx, url: &str, reach: Reach, most: usize) -> Result<Fetched, Error> {
    match cx.memo::<Documents>().get(&(reach, url.to_owned()), cx.now) {
        Some(known) if cx.now < known.at.plus(SHORTEST) => Ok(known),
        _ => ask(cx, url, reach, most).await,
    }
}

async fn ask(cx: &Cx, url: &str, reach: Reach, most: usize) -> Result<Fetched, Error> {
    throttle::window(cx, throttle::of_address(cx, "documents"), A_MINUTE, 60).await?;
    let request = HttpRequest::get(url, "application/json", most);
    let fetched = match send(cx, request, reach).await {
        Ok(answer) if answer.status == 200 => {
            let fresh_until = cx.now.plus(lifetime(&answer));
            Fetched { body: Ok(answer.body.into()), at: cx.now, fresh_until }
        }
        Ok(answer) => {
            let host = host_of(url).unwrap_or_default();
            failed(cx, Unanswered { host, why: Why::Status(answer.status) })
        }
        // What failed is ours, and says nothing of the document.
        Err(unanswered) if matches!(unanswered.why, Why::Broken(_)) => {
            return Err(Fault::from(unanswered).into());
        }
        Err(unanswered) => failed(cx, unanswered),
    };
    let key = (reach, url.to_owned());
    cx.memo::<Documents>().put(key, fetched.clone(), cx.now, fetched.fresh_until);
    Ok(fetched)
}

/// Nobody is told more than the host and the kind of failure; and each is one line of the log, however many wait for it.
fn failed(cx: &Cx, unanswered: Unanswered) -> Fetched {
    let line =
        serde_json::json!({ "level": "warn", "event": "document.failed", "problem": unanswered.to_string() });
    cx.log.line(&line.to_string());
    Fetched { body: Err(unanswered), at: cx.now, fresh_until: cx.now.plus(SHORTEST) }
}

/// How many seconds an answer may be used without asking again (RFC 9111 §5.2.2.1), within our bounds.
fn lifetime(answer: &HttpAnswer) -> i64 {
    let directives = answer.header("cache-control").unwrap_or_default().split(',');
    let mut age = None;
    for directive in directives {
        let directive = directive.trim().to_ascii_lowercase();
        if matches!(directive.as_str(), "no-store" | "no-cache") {
            return SHORTEST;
        }
        let seconds = directive.strip_prefix("max-age=").map(|seconds| seconds.trim_matches('"'));
        // One that is too long to be a number is long.
        age = age.or(seconds.map(|seconds| seconds.parse::<u32>().map_or(LONGEST, i64::from)));
    }
    age.unwrap_or(SHORTEST).clamp(SHORTEST, LONGEST)
}
