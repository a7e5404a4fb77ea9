//! The `scheduled` event: what is due, and what is over.

use wasm_bindgen::prelude::*;

use crate::domain::sweep;
use crate::edge::env;

/// The `scheduled` event.
#[wasm_bindgen]
pub async fn scheduled(_event: JsValue, env: JsValue, _ctx: JsValue) {
    // A sweep leaves nothing to be done after it: no context to wait in is needed.
    let done = match env::system(&env, &JsValue::UNDEFINED) {
        Ok(cx) => sweep::run(&cx).await,
        Err(unconfigured) => Err(unconfigured.into()),
    };
    if let Err(fault) = done {
        env::log(&serde_json::json!({ "level": "error", "event": "cron", "fault": fault.0 }).to_string());
    }
}
