//! Requests of our own to other servers.

use futures_util::future::LocalBoxFuture;
use wasm_bindgen::JsValue;
use worker::{AbortSignal, Headers, Method, Request, RequestInit, RequestRedirect, ResponseBody, web_sys};

use crate::edge::fault::fault;
use crate::ports::{Fault, HttpClient};

/// The platform's `fetch`.
pub(crate) struct Fetch;

impl HttpClient for Fetch {
    fn post_form(
        &self,
        url: String,
        body: String,
        timeout_ms: u32,
    ) -> LocalBoxFuture<'_, Result<u16, Fault>> {
        Box::pin(async move {
            // A redirect is an answer like any other.
            let headers = [("content-type", "application/x-www-form-urlencoded")];
            post(&url, &headers, &body, RequestRedirect::Manual, timeout_ms)
                .await
                .map_err(|error| fault("fetch", error))
        })
    }
}

/// Posts a body; answers the status, which says all.
pub(crate) async fn post(
    url: &str,
    headers: &[(&str, &str)],
    body: &str,
    redirect: RequestRedirect,
    timeout_ms: u32,
) -> worker::Result<u16> {
    let mut init = RequestInit::new();
    init.with_method(Method::Post)
        .with_headers(headers.iter().collect::<Headers>())
        .with_body(Some(JsValue::from_str(body)))
        .with_redirect(redirect);
    let request = Request::new_with_init(url, &init)?;
    let signal = AbortSignal::from(web_sys::AbortSignal::timeout_with_u32(timeout_ms));
    let response = worker::Fetch::Request(request).send_with_signal(&signal).await?;
    discard(response.body());
    Ok(response.status_code())
}

/// Lets a body go that nobody reads, without waiting for it.
pub(crate) fn discard(body: &ResponseBody) {
    if let ResponseBody::Stream(stream) = body {
        drop(worker::wasm_bindgen_futures::JsFuture::from(stream.cancel()));
    }
}
