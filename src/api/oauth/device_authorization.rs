//! `POST …/oauth2/device_authorization` (RFC 8628 §3.1, §3.2).

use std::rc::Rc;

use serde_json::json;

use crate::cx::Cx;
use crate::domain::oauth::device::{self, INTERVAL, SECONDS};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::oidc::params::Params;
use crate::store::clients::Client;

pub(super) async fn ask(cx: &Cx, call: &Call<'_>, client: Rc<Client>, params: Params) -> Answer {
    let resources: Vec<String> = params.all("resource").map(str::to_owned).collect();
    let asked = device::ask(cx, &call.resolved.tenant, &client, params.get("scope"), &resources).await?;
    let body = json!({
        "device_code": asked.device_code,
        "user_code": asked.user_code,
        "verification_uri": asked.verification_uri,
        "verification_uri_complete": format!("{}?user_code={}", asked.verification_uri, asked.user_code),
        "expires_in": SECONDS,
        "interval": INTERVAL,
    });
    Ok(Response::json(200, &body))
}
