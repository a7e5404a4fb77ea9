//! `POST …/oauth2/revoke` (RFC 7009).

use std::rc::Rc;

use crate::cx::Cx;
use crate::domain::oauth::revocation;
use crate::domain::refusal::oauth;
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::oidc::error::Code;
use crate::oidc::params::Params;
use crate::store::clients::Client;

pub(super) async fn revoke(cx: &Cx, call: &Call<'_>, client: Rc<Client>, params: Params) -> Answer {
    let token = params.get("token").ok_or_else(|| oauth(Code::InvalidRequest, "token is missing"))?;
    revocation::revoke(cx, &call.resolved.tenant, &client, token).await?;
    Ok(Response::empty(200))
}
