//! The hand-made part of the edge, which each request pays for: crossings between Wasm and JavaScript, JavaScript
//! objects, trips through the executor. `docs/benchmarks.md` says what each piece saves beside the `worker` crate alone.

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use wasm_bindgen::prelude::*;
use worker::js_sys::Promise;
use worker::wasm_bindgen_futures::future_to_promise;
use worker::web_sys;

use crate::api::gateway::{BAD_GATEWAY, GATEWAY_TIMEOUT};
use crate::domain::gateway::forward::Plan;
use crate::edge::body::Stream;
use crate::http::added_fields;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::model::time::Time;
use crate::ports::Fault;

#[wasm_bindgen(module = "/src/edge/hot.js")]
extern "C" {
    fn head(request: &web_sys::Request) -> String;
    pub fn respond(status: u16, headers: &str, body: Option<&str>, until: f64) -> web_sys::Response;
    fn forward(
        request: &web_sys::Request,
        url: &str,
        remove: &str,
        set: &str,
        header: &str,
        assertion: &JsValue,
        timeout: u32,
        retries: u32,
        unshared: bool,
        added: &str,
        bad_gateway: &str,
        gateway_timeout: &str,
    ) -> Promise;
    #[wasm_bindgen(js_name = failedWith)]
    pub fn failed_with(response: &JsValue) -> u16;
}

/// Runs a future that yields a response. With warm memory it never waits: it is polled once before it is made a
/// promise, and what is ready at once is answered without a trip through the executor.
pub(crate) fn poll_once(serving: impl Future<Output = JsValue> + 'static) -> JsValue {
    let mut serving = Box::pin(serving);
    match serving.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(response) => response,
        // Each future below registers its waker anew whenever it is polled, so none waits for the no-op.
        Poll::Pending => future_to_promise(async move { Ok(serving.await) }).into(),
    }
}

/// Reads a request's head in one crossing; the body stays where it is.
pub(crate) fn read_head(raw: &web_sys::Request) -> Result<Request, Fault> {
    let body = Box::new(Stream(Clone::clone(raw)));
    Request::from_head(&head(raw), body).ok_or_else(|| Fault::new("request", "no head"))
}

/// A platform response from ours. One that every cache may keep, the isolate may give again until then.
pub(crate) fn answer(method: &str, response: &Response, until: Time) -> JsValue {
    let bodyless = method == "HEAD" || matches!(response.status, 204 | 304) || response.body.is_empty();
    let body = (!bodyless).then_some(&*response.body);
    let until = if method == "GET" && response.is_public() { until.0 as f64 } else { 0.0 };
    respond(response.status, &lines(&response.headers), body, until).into()
}

/// Carries a plan out in one call; the promise of the origin's response.
pub(crate) fn send(raw: &web_sys::Request, plan: &Plan) -> Promise {
    forward(
        raw,
        &plan.url,
        &plan.remove.join("\n"),
        &lines(&plan.set),
        &plan.header,
        &plan.assertion.as_ref().map_or(JsValue::UNDEFINED, text),
        plan.timeout_ms,
        plan.retries,
        plan.private,
        &lines(&added_fields(plan)),
        BAD_GATEWAY,
        GATEWAY_TIMEOUT,
    )
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
