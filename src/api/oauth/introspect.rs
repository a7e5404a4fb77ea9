//! `POST …/oauth2/introspect` (RFC 7662), for clients that can prove who they are.

use std::rc::Rc;

use crate::cx::Cx;
use crate::domain::oauth::introspection;
use crate::domain::refusal::oauth;
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::{Response, Sorted};
use crate::oidc::error::Code;
use crate::oidc::params::Params;
use crate::store::clients::Client;

pub(super) async fn introspect(cx: &Cx, call: &Call<'_>, client: Rc<Client>, params: Params) -> Answer {
    // §2.1: to keep tokens from being tried out, whoever asks must be known.
    if client.metadata.is_public() {
        return Err(oauth(Code::InvalidClient, "a public client may not introspect"));
    }
    let token = params.get("token").ok_or_else(|| oauth(Code::InvalidRequest, "token is missing"))?;
    let said = introspection::introspect(cx, &call.resolved.tenant, &client, token).await?;
    Ok(Response::json(200, &Sorted(said)))
}
