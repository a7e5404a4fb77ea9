//! `POST …/oauth2/par`: pushed authorization requests (RFC 9126).

use std::rc::Rc;

use serde::Serialize;

use crate::cx::Cx;
use crate::domain::oauth::authorize::{self, PUSHED_SECONDS};
use crate::domain::oauth::bound_tokens;
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::oidc::params::Params;
use crate::store::clients::Client;

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Pushed {
    expires_in: i64,
    request_uri: String,
}

pub(super) async fn par(cx: &Cx, call: &Call<'_>, client: Rc<Client>, params: Params) -> Answer {
    let tenant = &call.resolved.tenant;
    let jkt = bound_tokens::pushed_key(cx, tenant, &client, &call.proof()).await?;
    let request_uri = authorize::push(cx, tenant, &client, params, jkt).await?;
    Ok(Response::json(201, &Pushed { expires_in: PUSHED_SECONDS, request_uri }))
}
