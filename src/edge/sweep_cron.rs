//! The `scheduled` event: what is due, and what is over.

use wasm_bindgen::JsValue;
use worker::{Env, ScheduleContext, ScheduledEvent, event};

use crate::domain::sweep;
use crate::edge::env;

#[event(scheduled)]
async fn scheduled(_: ScheduledEvent, env: Env, _: ScheduleContext) {
    // A sweep leaves nothing to be done after it: no context to wait in is needed.
    let done = match env::system(&JsValue::from(env), &JsValue::UNDEFINED) {
        Ok(cx) => sweep::run(&cx).await,
        Err(fault) => Err(fault),
    };
    if let Err(fault) = done {
        env::log(&serde_json::json!({ "level": "error", "event": "cron", "fault": fault.0 }).to_string());
    }
}
