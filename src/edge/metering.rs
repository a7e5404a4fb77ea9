//! What only a metered request costs: what D1 says of a batch, the origin's time, and `Server-Timing` on answers of others.

use std::rc::Rc;

use wasm_bindgen::prelude::*;
use worker::wasm_bindgen_futures::JsFuture;
use worker::{D1Database, js_sys, web_sys};

use crate::cx::Cx;
use crate::domain::gateway::forward::Plan;
use crate::edge::{hot, relay};
use crate::http;
use crate::http::report::{self, Ending};
use crate::http::request::Request;
use crate::http::response::Response;
use crate::http::table::Table;
use crate::model::time::Time;
use crate::ports::metrics::Metrics;

#[wasm_bindgen(module = "/src/edge/metering.js")]
extern "C" {
    fn observe(db: &JsValue) -> JsValue;
    fn told(observed: &JsValue) -> String;
    fn timed(response: &JsValue, timing: &str) -> JsValue;
    #[wasm_bindgen(js_name = logRepeats)]
    fn log_repeats(response: &JsValue, line: &str, share: f64);
}

/// A database for one batch, and what notes what is said of that.
pub(crate) struct Observed<'m> {
    metrics: &'m Metrics,
    db: JsValue,
}

impl Observed<'_> {
    /// The database in another coat.
    pub(crate) fn of(metrics: &Metrics, db: D1Database) -> (Observed<'_>, D1Database) {
        let observed = observe(db.as_ref());
        (Observed { metrics, db: observed.clone() }, observed.unchecked_into())
    }

    /// Notes it, once the batch was answered.
    pub(crate) fn note(&self) {
        let said = told(&self.db);
        let mut parts = said.splitn(3, ' ');
        let mut rows = || parts.next().and_then(|rows| rows.parse().ok()).unwrap_or_default();
        let (read, written) = (rows(), rows());
        self.metrics.note_batch(read, written, parts.next());
    }
}

/// The data centre that serves, as the platform tells it in `request.cf`.
pub(crate) fn colo(raw: &web_sys::Request) -> Option<String> {
    let cf = js_sys::Reflect::get(raw, &"cf".into()).ok()?;
    js_sys::Reflect::get(&cf, &"colo".into()).ok()?.as_string()
}

/// An answer of ours, which the log has a line of when it is given again, too.
pub(crate) fn answer(cx: &Cx, request: &Request, response: &Response) -> JsValue {
    let made = hot::answer(&request.method, response, cx.repeat_until());
    if let Some((line, share)) = report::repeated(cx, request, response) {
        log_repeats(&made, &line, share);
    }
    made
}

/// Carries a plan out and waits for the head of the answer: a person's navigation is shown a page if that fails, and a
/// metered request is told how long it took.
pub(crate) async fn forward(
    cx: &Cx,
    table: &Table,
    request: &Request,
    raw: &web_sys::Request,
    plan: &Plan,
) -> JsValue {
    let metrics: Option<&Rc<Metrics>> = cx.metrics.as_ref();
    let sent_at = metrics.map(|metrics| metrics.total_ms());
    let answer = JsFuture::from(relay::send(raw, plan)).await;
    if let (Some(metrics), Some(sent_at)) = (metrics, sent_at) {
        metrics.note_origin(sent_at);
    }
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => {
            report::report(cx, request, 500, Ending::Failed);
            return js_sys::Promise::reject(&error).into();
        }
    };
    let failed = hot::failed_with(&answer);
    if let Some(page) = http::origin_failed(cx, table, request, failed).await {
        let page = plan.limit.iter().fold(page, Response::with_limit);
        let page = report::answered(cx, request, page, Ending::OriginFailed);
        return hot::answer(&request.method, &page, Time(0));
    }
    let ending = if failed == 0 { Ending::Forwarded } else { Ending::OriginFailed };
    tell(cx, request, answer, ending)
}

/// A response of the platform's with what the request waited for, if its caller may have that.
pub(crate) fn tell(cx: &Cx, request: &Request, response: JsValue, ending: Ending) -> JsValue {
    if cx.metrics.is_none() {
        return response;
    }
    let status = response.unchecked_ref::<web_sys::Response>().status();
    match report::report(cx, request, status, ending) {
        Some(timing) => timed(&response, &timing),
        None => response,
    }
}
