//! Requests of our own to other servers, by the platform's `fetch`.

use std::rc::Rc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::{Either, LocalBoxFuture, select};
use wasm_bindgen::JsValue;
use worker::{
    AbortController, AbortSignal, Delay, Headers, Method as Verb, Request, RequestInit, RequestRedirect,
    Response, ResponseBody,
};

use crate::config::Config;
use crate::domain::outbound::guard;
use crate::ports::HttpClient;
use crate::ports::http::{HttpAnswer, HttpRequest, Method, Reach, Unanswered, Wanted, Why};

/// The platform's `fetch`, which connects to public addresses alone (`global_fetch_strictly_public`).
#[derive(Clone)]
pub(crate) struct Fetch {
    pub(crate) config: Rc<Config>,
}

impl HttpClient for Fetch {
    fn send(&self, request: HttpRequest, reach: Reach) -> LocalBoxFuture<'_, Result<HttpAnswer, Unanswered>> {
        Box::pin(async move {
            let url = guard::clear(&request.url, reach, &self.config)?;
            let unanswered = |why| Unanswered { host: url.host_str().unwrap_or_default().to_owned(), why };
            let controller = AbortController::default();
            let signal = controller.signal();
            let work = Box::pin(exchange(url.as_str(), &request, reach, &signal));
            let time = Delay::from(Duration::from_secs(reach.seconds().into()));
            // The time is that of the whole answer, its body included.
            let answer = match select(work, Box::pin(time)).await {
                Either::Left((answer, _)) => answer,
                Either::Right(((), _)) => Err(Why::TooSlow(reach.seconds())),
            };
            if answer.is_err() {
                controller.abort();
            }
            answer.map_err(unanswered)
        })
    }
}

async fn exchange(
    url: &str,
    request: &HttpRequest,
    reach: Reach,
    signal: &AbortSignal,
) -> Result<HttpAnswer, Why> {
    let mut init = RequestInit::new();
    init.with_headers(
        request.headers.iter().map(|(name, value)| (*name, value.as_str())).collect::<Headers>(),
    )
    .with_redirect(RequestRedirect::Manual);
    let verb = match request.method {
        Method::Get => Verb::Get,
        Method::Post => Verb::Post,
        Method::Delete => Verb::Delete,
    };
    init.with_method(verb);
    if request.method != Method::Get {
        init.with_body(Some(JsValue::from_str(&request.body)));
    }
    // What the platform says of a failure may quote the address.
    let built = Request::new_with_init(url, &init).map_err(|_| Why::Unreachable)?;
    let sent = worker::Fetch::Request(built).send_with_signal(signal).await;
    let mut response = sent.map_err(|_| Why::Unreachable)?;
    let headers =
        response.headers().entries().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
    let body = match request.wanted {
        Wanted::Status => {
            discard(response.body());
            Vec::new()
        }
        Wanted::Body(_) => read(&mut response, request.most_bytes(reach)).await?,
    };
    Ok(HttpAnswer { status: response.status_code(), headers, body })
}

/// Reads a body as it comes, and no more of it than may be kept.
async fn read(response: &mut Response, most: usize) -> Result<Vec<u8>, Why> {
    match response.body() {
        ResponseBody::Empty => return Ok(Vec::new()),
        ResponseBody::Body(bytes) if bytes.len() > most => return Err(Why::TooLarge(most)),
        ResponseBody::Body(bytes) => return Ok(bytes.clone()),
        ResponseBody::Stream(_) => {}
    }
    let mut stream = response.stream().map_err(|_| Why::Unreachable)?;
    let mut whole = Vec::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| Why::Unreachable)?;
        if chunk.len() > most.saturating_sub(whole.len()) {
            return Err(Why::TooLarge(most));
        }
        whole.extend(chunk);
    }
    Ok(whole)
}

/// Lets a body go that nobody reads, without waiting for it.
pub(crate) fn discard(body: &ResponseBody) {
    if let ResponseBody::Stream(stream) = body {
        drop(worker::wasm_bindgen_futures::JsFuture::from(stream.cancel()));
    }
}
