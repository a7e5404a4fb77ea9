//! `POST /tenant/{tenant}/console-session/token`: a token for the console's code, or for what came with the token before.

use serde::{Deserialize, Serialize};

use crate::cx::Cx;
use crate::domain::oauth::console::{self, Presented};
use crate::domain::refusal::invalid;
use crate::http::body::{self, SMALL};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;

#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct Body {
    /// With `codeVerifier`: the code that the browser came back with.
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    code_verifier: Option<String>,
    /// Instead: what came with the token before.
    #[serde(default)]
    renewal: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct Token {
    /// Of the person's own session.
    access_token: String,
    /// Seconds.
    expires_in: i64,
    /// For the next token, once.
    renewal: String,
}

pub(super) async fn token(cx: &Cx, call: &Call<'_>) -> Answer {
    let body: Body = body::json(call, SMALL).await?;
    let presented = match (&body.code, &body.code_verifier, &body.renewal) {
        (Some(code), Some(verifier), None) => Presented::Code { code, verifier },
        (None, None, Some(renewal)) => Presented::Renewal(renewal),
        _ => return Err(invalid("code", "with codeVerifier, or renewal instead of both")),
    };
    let opened = console::open(cx, &call.resolved.tenant, &call.request.host, presented).await?;
    let token = Token { access_token: opened.access, expires_in: opened.expires_in, renewal: opened.renewal };
    Ok(Response::json(200, &token))
}
