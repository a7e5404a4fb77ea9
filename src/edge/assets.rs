//! Static files, from the `ASSETS` binding.

use worker::{Env, Headers, Method, RequestInit, RequestRedirect, Response, Result, web_sys};

use crate::edge::fetch::discard;
use crate::http::Asset;
use crate::http::request::Request;

/// What says whether the caller has the file already, and in which coding it may come.
const PASSED: [&str; 2] = ["accept-encoding", "if-none-match"];

/// A static file with its own header fields and the asset's; `None` if there is none.
pub(crate) async fn find(env: &Env, request: &Request, asset: &Asset) -> Result<Option<web_sys::Response>> {
    let passed = PASSED.iter().filter_map(|name| Some((*name, request.headers.get(name)?)));
    let mut init = RequestInit::new();
    init.with_method(Method::from(request.method.clone()))
        .with_headers(passed.collect::<Headers>())
        .with_redirect(RequestRedirect::Manual);
    // The binding looks at the path only.
    let wanted = worker::Request::new_with_init(&format!("https://assets{}", asset.path), &init)?;
    let found: Response = env.assets("ASSETS")?.fetch_request(wanted).await?;
    if found.status_code() == 404 {
        discard(found.body());
        return Ok(None);
    }
    // Those of a response from a binding cannot be changed.
    let headers = found.headers().clone();
    for (name, value) in &asset.headers {
        headers.set(name, value)?;
    }
    Ok(Some(found.with_headers(headers).into()))
}
