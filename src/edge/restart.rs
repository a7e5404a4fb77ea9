//! Beginning the module anew after a trap, as the JavaScript around it (worker-build's) expects it. The `worker`
//! crate would do the same, and bring what prints panics.

use wasm_bindgen::handler::{schedule_reinit, set_on_abort};
use wasm_bindgen::prelude::*;

use crate::edge::glue;

/// Runs whenever an instance of the module begins.
#[wasm_bindgen(start, private)]
fn begin() {
    // Where panics trap at once, nobody is asked.
    std::panic::set_hook(Box::new(|panic| glue::panicked(&panic.to_string())));
    set_on_abort(schedule_reinit);
    glue::begun();
}

/// What the JavaScript around the module knows of its instances.
#[wasm_bindgen(js_name = "__worker_init_state")]
pub fn instances() -> JsValue {
    glue::instances()
}
