//! The platform: events come in here, and nothing outside this folder names it.
//!
//! A request is served by one future. With warm memory that future never waits, so it is polled once before
//! it is made a promise: what is ready at once is answered without a trip through the executor.

mod binding;
mod counter_do;
mod counters;
mod d1;
mod env;
mod fetch;
mod forward;
mod glue;
mod mail;
mod request;
mod restart;
mod sweep_cron;

use std::cell::RefCell;
use std::future::Future as _;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, future_to_promise};

use crate::api;
use crate::edge::binding::binding;
use crate::http::table::Table;
use crate::http::{self, Outcome};
use crate::model::time::Time;
use crate::ports::Fault;

thread_local! {
    static TABLE: RefCell<Option<Rc<Table>>> = const { RefCell::new(None) };
}

/// The route tables, built once per isolate.
fn table() -> Result<Rc<Table>, Fault> {
    TABLE.with_borrow_mut(|slot| {
        if let Some(table) = slot {
            return Ok(table.clone());
        }
        let table = Rc::new(api::table()?);
        *slot = Some(table.clone());
        Ok(table)
    })
}

/// The `fetch` event.
#[wasm_bindgen]
pub fn fetch(request: JsValue, env: JsValue, ctx: JsValue) -> JsValue {
    let mut serving = Box::pin(serve(request, env, ctx));
    match serving.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(response) => response,
        // Each future below registers its waker anew whenever it is polled, so none waits for the no-op.
        Poll::Pending => future_to_promise(async move { Ok(serving.await) }).into(),
    }
}

async fn serve(raw: JsValue, env: JsValue, ctx: JsValue) -> JsValue {
    let request = match request::read(&raw) {
        Ok(request) => request,
        Err(fault) => return broken(&fault),
    };
    let cx = match env::cx(&env, &ctx, &request) {
        Ok(cx) => cx,
        Err(unconfigured) => {
            let response = api::unconfigured(&request, &unconfigured);
            env::log_fault(&unconfigured.into());
            return forward::respond(&request.method, &response, Time(0));
        }
    };
    let table = match table() {
        Ok(table) => table,
        Err(fault) => return broken(&fault),
    };
    match http::serve(&cx, &table, &request).await {
        Outcome::Answer(response) => forward::respond(&request.method, &response, cx.remember_until()),
        // Only a person's navigation waits here for the origin: if that fails, it is shown a page.
        Outcome::Forward(plan) if request.wants_page() => {
            let answer = match JsFuture::from(Promise::from(forward::send(&raw, &plan))).await {
                Ok(answer) => answer,
                Err(error) => return Promise::reject(&error).into(),
            };
            let failed = glue::failed_with(&answer);
            match http::origin_failed(&cx, &table, &request, failed).await {
                Some(page) => forward::respond(&request.method, &forward::limited(page, &plan), Time(0)),
                None => answer,
            }
        }
        Outcome::Forward(plan) => forward::send(&raw, &plan),
        Outcome::Asset(asset) => match binding(&env, "ASSETS") {
            Ok(assets) => forward::asset(&raw, &assets, &request.method, &asset),
            Err(fault) => broken(&fault),
        },
    }
}

/// What is broken before there is a surface that could say it.
fn broken(fault: &Fault) -> JsValue {
    env::log_fault(fault);
    let body = r#"{"error":"internal_error","message":"Internal error"}"#;
    glue::respond(500, "content-type:application/json\ncache-control:no-store", JsValue::from_str(body), 0.0)
}
