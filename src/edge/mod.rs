//! The platform, on the `worker` crate: events come in here, and nothing outside this folder names it.
//!
//! [`hot`] is the one hand-made part: what each forwarded request pays for.

mod assets;
mod body;
mod context;
mod counter_do;
mod counters;
mod d1;
mod fault;
mod fetch;
mod hot;
mod mail;
mod metering;
mod refresher_do;
mod refreshers;
mod relay;
mod web_crypto;

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::prelude::*;
use worker::worker_sys::Context as RawContext;
use worker::{Context, Env, ScheduleContext, ScheduledEvent, console_error, event, web_sys};

use crate::api;
use crate::cx::Cx;
use crate::domain::sweep;
use crate::http::report::{self, Ending};
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

/// The `fetch` event: a response, or the promise of one. `#[event(fetch)]` would always make a promise.
#[wasm_bindgen]
pub fn fetch(request: web_sys::Request, env: Env, ctx: RawContext) -> JsValue {
    hot::poll_once(serve(request, env, Context::new(ctx)))
}

async fn serve(raw: web_sys::Request, env: Env, ctx: Context) -> JsValue {
    let request = match hot::read_head(&raw) {
        Ok(request) => request,
        Err(fault) => return broken(&fault),
    };
    let cx = match context::of_request(&env, ctx, &raw, &request) {
        Ok(cx) => cx,
        Err(unconfigured) => {
            let response = api::unconfigured(&request, &unconfigured);
            log_fault(&unconfigured.into());
            return hot::answer(&request.method, &response, Time(0));
        }
    };
    let table = match table() {
        Ok(table) => table,
        Err(fault) => return broken(&fault),
    };
    match http::serve(&cx, &table, &request).await {
        Outcome::Answer(response) => metering::answer(&cx, &request, &response),
        // Only a person's navigation waits here for the origin, which is shown a page if that fails, and what is metered.
        Outcome::Forward(plan) if request.wants_page() || is_metered(&cx) => {
            metering::forward(&cx, &table, &request, &raw, &plan).await
        }
        Outcome::Forward(plan) => relay::send(&raw, &plan).into(),
        Outcome::Asset(asset) => match assets::find(&env, &request, &asset).await {
            Ok(Some(file)) => metering::tell(&cx, &request, file.into(), Ending::File),
            Ok(None) => {
                let missing = report::answered(&cx, &request, asset.missing, Ending::Refused);
                hot::answer(&request.method, &missing, Time(0))
            }
            Err(error) => broken(&fault::fault("assets", error)),
        },
    }
}

/// Whether somebody is told what the request waits for.
fn is_metered(cx: &Cx) -> bool {
    cx.metrics.as_ref().is_some_and(|metrics| metrics.is_wanted())
}

/// The `scheduled` event: what is due, and what has expired.
#[event(scheduled)]
async fn scheduled(_event: ScheduledEvent, env: Env, ctx: ScheduleContext) {
    let done = match context::of_cron(&env, ctx) {
        Ok(cx) => sweep::run(&cx).await,
        Err(unconfigured) => Err(unconfigured.into()),
    };
    if let Err(fault) = done {
        console_error!("{}", fault.line([("event", "cron".into())]));
    }
}

/// What is broken before there is a surface that could say it.
fn broken(fault: &Fault) -> JsValue {
    log_fault(fault);
    let body = r#"{"error":"internal_error","message":"Internal error"}"#;
    hot::respond(500, "content-type:application/json\ncache-control:no-store", Some(body), 0.0).into()
}

/// Writes a fault to the platform's log that no surface has logged.
fn log_fault(fault: &Fault) {
    console_error!("{}", fault.line([]));
}
