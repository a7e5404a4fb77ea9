//! `POST …/oauth2/par`: pushed authorization requests (RFC 9126).

use std::rc::Rc;

use serde_json::json;

use crate::cx::Cx;
use crate::domain::oauth::authorize::{self, PUSHED_SECONDS};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::oidc::params::Params;
use crate::store::clients::Client;

pub(super) async fn par(cx: &Cx, call: &Call<'_>, client: Rc<Client>, params: Params) -> Answer {
    let request_uri = authorize::push(cx, &call.resolved.tenant, &client, params).await?;
    Ok(Response::json(201, &json!({ "request_uri": request_uri, "expires_in": PUSHED_SECONDS })))
}
