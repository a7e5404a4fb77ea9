//! `POST …/oauth2/device_authorization` (RFC 8628 §3.1, §3.2).

use std::rc::Rc;

use serde::Serialize;

use crate::cx::Cx;
use crate::domain::oauth::device::{self, INTERVAL, SECONDS};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::oidc::params::Params;
use crate::store::clients::Client;

/// RFC 8628 §3.2.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct DeviceCode {
    device_code: String,
    expires_in: i64,
    interval: i64,
    user_code: String,
    verification_uri: String,
    verification_uri_complete: String,
}

pub(super) async fn ask(cx: &Cx, call: &Call<'_>, client: Rc<Client>, params: Params) -> Answer {
    let resources: Vec<String> = params.all("resource").map(str::to_owned).collect();
    let asked = device::ask(cx, &call.resolved.tenant, &client, params.get("scope"), &resources).await?;
    let answer = DeviceCode {
        expires_in: SECONDS,
        interval: INTERVAL,
        verification_uri_complete: format!("{}?user_code={}", asked.verification_uri, asked.user_code),
        device_code: asked.device_code,
        user_code: asked.user_code,
        verification_uri: asked.verification_uri,
    };
    Ok(Response::json(200, &answer))
}
