//! What `glue.js` exports.

use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/src/edge/glue.js")]
extern "C" {
    pub fn head(request: &JsValue, into: &mut [u8]) -> i32;
    pub fn respond(status: u16, headers: &str, body: JsValue, until: f64) -> JsValue;
    #[wasm_bindgen(js_name = waitUntil)]
    pub fn wait_until(ctx: &JsValue, promise: &JsValue);
    #[wasm_bindgen(js_name = readBody, catch)]
    pub async fn read_body(request: &JsValue, limit: u32) -> Result<JsValue, JsValue>;
    pub fn forward(
        request: &JsValue,
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
    ) -> JsValue;
    #[wasm_bindgen(js_name = failedWith)]
    pub fn failed_with(response: &JsValue) -> u16;
    pub fn asset(
        assets: &JsValue,
        request: &JsValue,
        path: &str,
        headers: &str,
        missing: &JsValue,
    ) -> JsValue;
    #[wasm_bindgen(catch)]
    pub async fn batch(db: &JsValue, statements: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch)]
    pub async fn count(namespace: &JsValue, name: &str, steps: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch)]
    pub async fn text(request: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch)]
    pub fn exec(state: &JsValue, sql: &str, value: Option<&str>) -> Result<Option<String>, JsValue>;
    #[wasm_bindgen(catch)]
    pub async fn wake(state: &JsValue, at: f64) -> Result<(), JsValue>;
    #[wasm_bindgen(catch)]
    pub async fn forget(state: &JsValue) -> Result<(), JsValue>;
    #[wasm_bindgen(js_name = sendMail, catch)]
    pub async fn send_mail(
        binding: &JsValue,
        from: &str,
        to: &str,
        subject: &str,
        text: &str,
        html: &str,
    ) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = postForm, catch)]
    pub async fn post_form(url: &str, body: &str, timeout: u32) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = postMail, catch)]
    pub async fn post_mail(url: &str, key: &str, id: &str, body: &str) -> Result<JsValue, JsValue>;
    pub fn instances() -> JsValue;
    pub fn begun();
    pub fn panicked(message: &str);
}

/// What a rejected promise says, for a log line.
pub fn said(error: &JsValue) -> String {
    js_sys::Error::from(error.clone()).message().into()
}
