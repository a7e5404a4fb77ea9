//! Answers of providers' APIs to routes with a connection. Other forwarded requests don't come here.

use wasm_bindgen::prelude::*;
use worker::js_sys::Promise;
use worker::web_sys;

use crate::api::gateway::{BAD_GATEWAY, REDIRECTED};
use crate::domain::gateway::forward::Plan;
use crate::edge::hot;

#[wasm_bindgen(module = "/src/edge/relay.js")]
extern "C" {
    fn guard(sent: &Promise, redirected: &str, bad_gateway: &str) -> Promise;
}

/// Carries a plan out; where a person's token or key was sent, what comes back is looked at.
pub(crate) fn send(raw: &web_sys::Request, plan: &Plan) -> Promise {
    let sent = hot::send(raw, plan);
    if plan.relays { guard(&sent, REDIRECTED, BAD_GATEWAY) } else { sent }
}
