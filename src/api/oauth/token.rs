//! `POST …/oauth2/token` (RFC 6749 §3.2): each grant type is one line here and a use case in the domain.

use std::rc::Rc;

use serde::Serialize;

use crate::cx::Cx;
use crate::domain::oauth::codes::{self, PresentedCode};
use crate::domain::oauth::{
    bound_tokens, client_credentials, device, grants, refresh, token_exchange as exchange,
};
use crate::domain::refusal::{Error, oauth};
use crate::domain::tenants::Tenant;
use crate::domain::vault;
use crate::domain::vault::valid_token::ValidToken;
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::model::client::{
    AUTHORIZATION_CODE, CLIENT_CREDENTIALS, DEVICE_CODE, GRANTS, REFRESH_TOKEN, TOKEN_EXCHANGE,
};
use crate::oidc::error::Code;
use crate::oidc::params::Params;
use crate::oidc::token_exchange::{ACCESS_TOKEN, Exchange};
use crate::store::clients::Client;

/// RFC 6749 §5.1, OpenID Connect Core §3.1.3.3.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Issued {
    access_token: String,
    /// Seconds; absent only for a connected service's token that has no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    expires_in: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    id_token: Option<String>,
    /// With token exchange.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    issued_token_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    refresh_token: Option<String>,
    /// What it is for; of a connected service's token, in the words of that service.
    scope: String,
    token_type: &'static str,
}

pub(super) async fn token(cx: &Cx, call: &Call<'_>, client: Rc<Client>, params: Params) -> Answer {
    let tenant = &call.resolved.tenant;
    let grant_type = need(&params, "grant_type")?;
    if !GRANTS.contains(&grant_type) {
        return Err(oauth(Code::UnsupportedGrantType, "the grant type does not exist here"));
    }
    if !client.metadata.grants(grant_type) {
        return Err(oauth(Code::UnauthorizedClient, "the client is not registered for this grant type"));
    }
    let jkt = bound_tokens::proved_key(cx, tenant, &client, &call.proof()).await?;
    let jkt = jkt.as_deref();
    let issued = match grant_type {
        AUTHORIZATION_CODE => code(cx, tenant, &client, &params, jkt).await?,
        REFRESH_TOKEN => {
            let token = need(&params, "refresh_token")?;
            refresh::for_client(cx, tenant, &client, token, params.get("scope"), &resources(&params), jkt)
                .await?
        }
        CLIENT_CREDENTIALS => {
            client_credentials::issue(cx, tenant, &client, params.get("scope"), &resources(&params), jkt)
                .await?
        }
        TOKEN_EXCHANGE => {
            let asked = Exchange::parse(&params).map_err(|(code, text)| oauth(code, text))?;
            if let Some(connection) = asked.connection {
                let token = vault::exchange::exchange(cx, tenant, &client, &asked, connection, jkt).await?;
                return Ok(answer_with_token_of_service(token));
            }
            let issued = exchange::exchange(cx, tenant, &client, &asked, jkt).await?;
            return Ok(answer(issued, Some(ACCESS_TOKEN)));
        }
        DEVICE_CODE => {
            let device_code = need(&params, "device_code")?;
            device::poll(cx, tenant, &client, device_code, &resources(&params), jkt).await?
        }
        _ => return Err(oauth(Code::UnsupportedGrantType, "the grant type does not exist here")),
    };
    Ok(answer(issued, None))
}

async fn code(
    cx: &Cx,
    tenant: &Tenant,
    client: &Client,
    params: &Params,
    jkt: Option<&str>,
) -> Result<grants::Issued, Error> {
    let presented = PresentedCode {
        code: need(params, "code")?,
        redirect_uri: params.get("redirect_uri"),
        jkt,
        code_verifier: params.get("code_verifier"),
        resources: resources(params),
    };
    codes::exchange(cx, tenant, client, presented).await
}

fn need<'a>(params: &'a Params, name: &'static str) -> Result<&'a str, Error> {
    params.get(name).ok_or_else(|| oauth(Code::InvalidRequest, format!("{name} is missing")))
}

fn resources(params: &Params) -> Vec<String> {
    params.all("resource").map(str::to_owned).collect()
}

/// The access token of a connected service (RFC 8693 §2.2.1).
fn answer_with_token_of_service(token: ValidToken) -> Response {
    let issued = Issued {
        access_token: token.access_token.to_string(),
        expires_in: token.expires_in,
        id_token: None,
        issued_token_type: Some(ACCESS_TOKEN),
        refresh_token: None,
        scope: token.scope,
        token_type: "Bearer",
    };
    Response::json(200, &issued).with("pragma", "no-cache")
}

/// `issued_token_type` is of an exchange (RFC 8693 §2.2.1).
fn answer(issued: grants::Issued, issued_token_type: Option<&'static str>) -> Response {
    let issued = Issued {
        access_token: issued.access,
        expires_in: Some(issued.expires_in),
        id_token: issued.id_token,
        issued_token_type,
        refresh_token: issued.refresh,
        scope: issued.scope,
        token_type: if issued.bound { "DPoP" } else { "Bearer" },
    };
    Response::json(200, &issued).with("pragma", "no-cache")
}
