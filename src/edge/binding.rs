//! One member of the environment.

use js_sys::Reflect;
use wasm_bindgen::JsValue;

use crate::ports::Fault;

/// One member of the environment.
pub fn binding(env: &JsValue, name: &str) -> Result<JsValue, Fault> {
    let found = Reflect::get(env, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED);
    if found.is_undefined() { Err(Fault::new("env", format!("{name} is not bound"))) } else { Ok(found) }
}
