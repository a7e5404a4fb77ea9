//! What goes out: our answers, static files, and requests to origins, streamed both ways.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::JsValue;

use crate::api::gateway::{BAD_GATEWAY, GATEWAY_TIMEOUT};
use crate::domain::gateway::forward::Plan;
use crate::edge::glue;
use crate::http::Asset;
use crate::http::response::Response;
use crate::model::time::Time;

/// A platform response from ours. One that every cache may keep, the isolate may give again until then.
pub fn respond(method: &str, response: &Response, until: Time) -> JsValue {
    let bodyless = method == "HEAD" || matches!(response.status, 204 | 304) || response.body.is_empty();
    let body = if bodyless { JsValue::NULL } else { JsValue::from_str(&response.body) };
    let public =
        response.status == 200 && response.header("cache-control").is_some_and(|c| c.starts_with("public"));
    let until = if public && method == "GET" { until.0 as f64 } else { 0.0 };
    glue::respond(response.status, &lines(&response.headers), body, until)
}

/// A static file; the promise of its response.
pub fn asset(raw: &JsValue, assets: &JsValue, method: &str, asset: &Asset) -> JsValue {
    let missing = respond(method, &asset.missing, Time(0));
    glue::asset(assets, raw, &asset.path, &lines(&asset.headers), &missing)
}

/// Carries a plan out; the promise of the origin's response.
pub fn send(raw: &JsValue, plan: &Plan) -> JsValue {
    let added = lines(&added(plan));
    glue::forward(
        raw,
        &plan.url,
        &plan.remove.join("\n"),
        &lines(&plan.set),
        &plan.header,
        &plan.assertion.as_ref().map_or(JsValue::UNDEFINED, text),
        plan.timeout_ms,
        plan.retries,
        plan.private,
        &added,
        BAD_GATEWAY,
        GATEWAY_TIMEOUT,
    )
}

/// An answer of ours in an origin's place, with the route's limit as it stands.
pub fn limited(answer: Response, plan: &Plan) -> Response {
    let limit = added(plan).into_iter().filter(|(name, _)| name.starts_with("ratelimit"));
    limit.fold(answer, |answer, (name, value)| answer.with(name, value))
}

/// Header fields that the answer gets.
fn added(plan: &Plan) -> Vec<(&'static str, String)> {
    let mut added = Vec::new();
    if let Some(verdict) = &plan.limit {
        added.push(("ratelimit-limit", verdict.limit.to_string()));
        added.push(("ratelimit-remaining", verdict.remaining.to_string()));
        added.push(("ratelimit-reset", verdict.reset.to_string()));
    }
    if let Some(origin) = &plan.readable_by {
        added.push(("access-control-allow-origin", origin.clone()));
        added.push(("access-control-expose-headers", "*".to_owned()));
    }
    added
}

thread_local! {
    /// The last few assertions as the platform's strings: each is sent many times.
    static TEXTS: RefCell<Vec<(Rc<str>, JsValue)>> = const { RefCell::new(Vec::new()) };
}

fn text(assertion: &Rc<str>) -> JsValue {
    TEXTS.with_borrow_mut(|known| {
        if let Some((_, text)) = known.iter().find(|(one, _)| Rc::ptr_eq(one, assertion)) {
            return text.clone();
        }
        let text = JsValue::from_str(assertion);
        if known.len() >= 64 {
            known.remove(0);
        }
        known.push((assertion.clone(), text.clone()));
        text
    })
}

/// Header fields a line each. A value with a line break is none, and is left out.
fn lines<N: AsRef<str>>(headers: &[(N, String)]) -> String {
    let mut text = String::new();
    for (name, value) in
        headers.iter().filter(|(_, value)| !value.bytes().any(|b| matches!(b, b'\n' | b'\r' | 0)))
    {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(name.as_ref());
        text.push(':');
        text.push_str(value);
    }
    text
}
