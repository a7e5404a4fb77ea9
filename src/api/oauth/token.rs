//! `POST …/oauth2/token` (RFC 6749 §3.2): each grant type is one line here and a use case in the domain.

use std::rc::Rc;

use serde_json::json;

use crate::cx::Cx;
use crate::domain::oauth::codes::{self, PresentedCode};
use crate::domain::oauth::grants::Issued;
use crate::domain::oauth::{client_credentials, device, refresh, token_exchange as exchange};
use crate::domain::refusal::{Error, oauth};
use crate::domain::tenants::Tenant;
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

pub(super) async fn token(cx: &Cx, call: &Call<'_>, client: Rc<Client>, params: Params) -> Answer {
    let tenant = &call.resolved.tenant;
    let grant_type = need(&params, "grant_type")?;
    if !GRANTS.contains(&grant_type) {
        return Err(oauth(Code::UnsupportedGrantType, "the grant type does not exist here"));
    }
    if !client.metadata.grants(grant_type) {
        return Err(oauth(Code::UnauthorizedClient, "the client is not registered for this grant type"));
    }
    let issued = match grant_type {
        AUTHORIZATION_CODE => code(cx, tenant, &client, &params).await?,
        REFRESH_TOKEN => {
            let token = need(&params, "refresh_token")?;
            refresh::for_client(cx, tenant, &client, token, params.get("scope"), &resources(&params)).await?
        }
        CLIENT_CREDENTIALS => {
            client_credentials::issue(cx, tenant, &client, params.get("scope"), &resources(&params)).await?
        }
        TOKEN_EXCHANGE => {
            let asked = Exchange::parse(&params).map_err(|(code, text)| oauth(code, text))?;
            let issued = exchange::exchange(cx, tenant, &client, &asked).await?;
            return Ok(exchanged(&issued));
        }
        DEVICE_CODE => {
            let device_code = need(&params, "device_code")?;
            device::poll(cx, tenant, &client, device_code, &resources(&params)).await?
        }
        _ => return Err(oauth(Code::UnsupportedGrantType, "the grant type does not exist here")),
    };
    Ok(shape(&issued))
}

async fn code(cx: &Cx, tenant: &Tenant, client: &Client, params: &Params) -> Result<Issued, Error> {
    let presented = PresentedCode {
        code: need(params, "code")?,
        redirect_uri: params.get("redirect_uri"),
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

/// RFC 6749 §5.1, OpenID Connect Core §3.1.3.3.
fn shape(issued: &Issued) -> Response {
    shaped(issued, None)
}

/// RFC 8693 §2.2.1.
fn exchanged(issued: &Issued) -> Response {
    shaped(issued, Some(ACCESS_TOKEN))
}

fn shaped(issued: &Issued, issued_token_type: Option<&str>) -> Response {
    let mut body = json!({
        "access_token": issued.access, "token_type": "Bearer", "expires_in": issued.expires_in,
        "scope": issued.scope,
    });
    if let Some(body) = body.as_object_mut() {
        body.extend(issued.refresh.as_ref().map(|token| ("refresh_token".to_owned(), json!(token))));
        body.extend(issued.id_token.as_ref().map(|token| ("id_token".to_owned(), json!(token))));
        body.extend(issued_token_type.map(|kind| ("issued_token_type".to_owned(), json!(kind))));
    }
    Response::json(200, &body).with("pragma", "no-cache")
}
