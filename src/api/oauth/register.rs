//! `…/oauth2/register`: clients that register themselves (RFC 7591 §3), and `…/oauth2/register/{id}`, where
//! they manage what they registered (RFC 7592 §2).

use serde::Serialize;
use serde_json::Value;

use crate::api::tenant::clients::Client;
use crate::cx::Cx;
use crate::domain::clients::registration::{self as registration, find_managed};
use crate::domain::clients::{self, Made, description};
use crate::domain::refusal::{Error, Refusal, invalid, oauth};
use crate::domain::tenants::Tenant;
use crate::http::body::{self, SMALL};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::{Response, Sorted};
use crate::oidc::error::Code;

/// RFC 7591 §3.2.1, RFC 7592 §3.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Registered {
    #[serde(flatten)]
    client: Client,
    registration_access_token: String,
    registration_client_uri: String,
}

pub(super) async fn register(cx: &Cx, call: &Call<'_>) -> Answer {
    let members = body::object(call, SMALL).await.map_err(word_error)?;
    let described = description::read(members).map_err(word_error)?;
    let new =
        registration::register(cx, &call.resolved, &call.sent(), described).await.map_err(word_error)?;
    let token = new.registration_token.clone().unwrap_or_default();
    Ok(Response::json(201, &information(&call.resolved.tenant, &new, &token)))
}

pub(super) async fn read(cx: &Cx, call: &Call<'_>) -> Answer {
    let tenant = call.resolved.tenant.as_ref();
    let client = find_managed(cx, tenant, call.param("id"), call.bearer()).await?;
    Ok(Response::json(200, &again(call, client)))
}

pub(super) async fn replace(cx: &Cx, call: &Call<'_>) -> Answer {
    let tenant = call.resolved.tenant.as_ref();
    let client = find_managed(cx, tenant, call.param("id"), call.bearer()).await?;
    let mut members = body::object(call, SMALL).await.map_err(word_error)?;
    // RFC 7592 §2.2: it says which client it means, and none of what only we say.
    if members.remove("client_id").as_ref().and_then(Value::as_str) != Some(client.id.as_str()) {
        return Err(word_error(invalid("client_id", "the client's own")));
    }
    for ours in [
        "registration_access_token",
        "registration_client_uri",
        "client_secret_expires_at",
        "client_id_issued_at",
    ] {
        if members.contains_key(ours) {
            return Err(word_error(invalid(ours, "is not the client's to say")));
        }
    }
    let secret = match members.remove("client_secret") {
        None | Some(Value::Null) => None,
        Some(Value::String(secret)) => Some(secret),
        Some(_) => return Err(word_error(invalid("client_secret", "has the wrong type"))),
    };
    let described = description::read(members).map_err(word_error)?;
    let new =
        registration::change(cx, tenant, client, secret.as_deref(), described).await.map_err(word_error)?;
    Ok(Response::json(200, &information(tenant, &new, call.bearer().unwrap_or_default())))
}

pub(super) async fn delete(cx: &Cx, call: &Call<'_>) -> Answer {
    let tenant = call.resolved.tenant.as_ref();
    let client = find_managed(cx, tenant, call.param("id"), call.bearer()).await?;
    registration::remove(cx, tenant, &client).await?;
    Ok(Response::empty(204))
}

/// The client information response (RFC 7591 §3.2.1, RFC 7592 §3).
fn information(tenant: &Tenant, new: &Made, token: &str) -> Sorted<Registered> {
    Sorted(Registered {
        client: new.into(),
        registration_access_token: token.to_owned(),
        registration_client_uri: format!("{}/oauth2/register/{}", tenant.issuer, new.client.id),
    })
}

/// The same later: the token is the one that was just presented, and its secret is not known to us.
fn again(call: &Call<'_>, client: clients::Client) -> Sorted<Registered> {
    let made = Made { client, secret: None, registration_token: None };
    information(&call.resolved.tenant, &made, call.bearer().unwrap_or_default())
}

/// RFC 7591 §3.2.2.
fn word_error(error: Error) -> Error {
    match error {
        Error::Refused(Refusal::Invalid(problems)) => {
            let redirect = problems.iter().any(|problem| problem.field == "redirect_uris");
            let code = if redirect { Code::InvalidRedirectUri } else { Code::InvalidClientMetadata };
            let told: Vec<String> =
                problems.iter().map(|problem| format!("{}: {}", problem.field, problem.reason)).collect();
            oauth(code, told.join("; "))
        }
        Error::Refused(Refusal::Malformed(what)) => oauth(Code::InvalidClientMetadata, what),
        other => other,
    }
}
