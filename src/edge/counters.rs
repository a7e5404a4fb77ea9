//! Counters as Durable Objects: one object per name.

use std::cell::OnceCell;

use futures_util::future::LocalBoxFuture;
use serde::Deserialize;
use worker::{Env, Headers, Method, ObjectNamespace, Request, RequestInit, js_sys, web_sys};

use crate::edge::fault::{fault, unanswered};
use crate::model::json;
use crate::model::region::location_hint;
use crate::ports::{CounterCall, Counters, Fault, Verdict};

/// The `COUNTER` binding.
pub(crate) struct DurableCounters {
    env: Env,
    /// The request whose caller's region objects of addresses are made in.
    request: Option<web_sys::Request>,
    hint: OnceCell<Option<&'static str>>,
}

/// The header field in which an object is told what to pass on.
pub(crate) const IN_TURN: &str = "x-in-turn";

/// What an object answers: its verdict alone, or those of all that were asked in turn. While a new version is deployed, an
/// object may still be one of the version before, which passes nothing on.
#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    InTurn(Vec<Verdict>),
    Alone(Verdict),
}

/// Sends the steps of the first call to its object, with the others to be passed on. `hint` is where the object is made if
/// nobody asked it before.
pub(crate) async fn ask(
    objects: &ObjectNamespace,
    calls: &[CounterCall],
    hint: Option<&str>,
) -> Result<Vec<Verdict>, Fault> {
    let mut left = calls;
    let mut verdicts = Vec::new();
    while let Some((first, then)) = left.split_first() {
        let text = send(objects, first, then, hint).await?;
        match json::read_text(&text).map_err(|wrong| Fault::new("counter", wrong))? {
            Answer::InTurn(all) => {
                verdicts.extend(all);
                break;
            }
            Answer::Alone(verdict) => {
                verdicts.push(verdict);
                left = if verdict.admitted { then } else { &[] };
            }
        }
    }
    Ok(verdicts)
}

/// JSON of what an object answers.
///
/// It is not sent again here: a step that is done twice counts twice. What did not reach the object the runtime sends again
/// by itself, under an identity by which the object does it once
/// (<https://developers.cloudflare.com/durable-objects/best-practices/automatic-retries/>).
async fn send(
    objects: &ObjectNamespace,
    first: &CounterCall,
    then: &[CounterCall],
    hint: Option<&str>,
) -> Result<String, Fault> {
    let request = request(first, then).map_err(|error| fault("counter", error))?;
    let sent = async {
        let id = objects.id_from_name(&first.object.name)?;
        let stub = match hint.filter(|_| first.object.near_caller) {
            Some(hint) => id.get_stub_with_location_hint(hint)?,
            None => id.get_stub()?,
        };
        let mut response = stub.fetch_with_request(request).await?;
        Ok((response.status_code(), response.text().await?))
    };
    match sent.await.map_err(|error| unanswered("counter", error))? {
        (200, text) => Ok(text),
        (_, text) => Err(Fault::of_storage("counter", text)),
    }
}

fn request(first: &CounterCall, then: &[CounterCall]) -> worker::Result<Request> {
    let mut init = RequestInit::new();
    init.with_method(Method::Post).with_body(Some(serde_json::to_string(&first.steps)?.into()));
    if !then.is_empty() {
        let headers = Headers::new();
        headers.set(IN_TURN, &serde_json::to_string(then)?)?;
        init.with_headers(headers);
    }
    Request::new_with_init("https://counter/", &init)
}

impl DurableCounters {
    pub(crate) fn new(env: Env, request: Option<web_sys::Request>) -> DurableCounters {
        DurableCounters { env, request, hint: OnceCell::new() }
    }

    /// Where the caller is, as the platform tells it in `request.cf`.
    fn hint(&self) -> Option<&'static str> {
        *self.hint.get_or_init(|| {
            let cf = js_sys::Reflect::get(self.request.as_ref()?, &"cf".into()).ok()?;
            let member = |name: &str| js_sys::Reflect::get(&cf, &name.into()).ok()?.as_string();
            let longitude = member("longitude").and_then(|text| text.parse().ok());
            location_hint(&member("continent")?, &member("country").unwrap_or_default(), longitude)
        })
    }
}

impl Counters for DurableCounters {
    fn count(&self, call: CounterCall) -> LocalBoxFuture<'_, Result<Verdict, Fault>> {
        Box::pin(async move {
            let verdict = self.count_in_turn(vec![call]).await?.pop();
            verdict.ok_or_else(|| Fault::new("counter", "no verdict"))
        })
    }

    fn count_in_turn(&self, calls: Vec<CounterCall>) -> LocalBoxFuture<'_, Result<Vec<Verdict>, Fault>> {
        Box::pin(async move {
            let objects = self.env.durable_object("COUNTER").map_err(|error| fault("counter", error))?;
            ask(&objects, &calls, self.hint()).await
        })
    }
}
