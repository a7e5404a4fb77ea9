//! `…/oauth2/register`: clients that register themselves (RFC 7591 §3), and `…/oauth2/register/{id}`, where
//! they manage what they registered (RFC 7592 §2).

use serde_json::{Map, Value};

use crate::api::tenant::clients as shapes;
use crate::cx::Cx;
use crate::domain::clients::registration::{self as registration, managed};
use crate::domain::clients::{Client, Made};
use crate::domain::refusal::{Error, Refusal, invalid, oauth};
use crate::domain::tenants::Tenant;
use crate::http::body::{self, SMALL};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::model::client::Described;
use crate::oidc::error::Code;

pub(super) async fn register(cx: &Cx, call: &Call<'_>) -> Answer {
    let members = body::object(call, SMALL).await.map_err(worded)?;
    let described = described(members).map_err(worded)?;
    let new = registration::register(cx, &call.resolved, &call.sent(), described).await.map_err(worded)?;
    let token = new.registration_token.clone().unwrap_or_default();
    Ok(Response::json(201, &information(&call.resolved.tenant, &new, &token)))
}

pub(super) async fn read(cx: &Cx, call: &Call<'_>) -> Answer {
    let tenant = call.resolved.tenant.as_ref();
    let client = managed(cx, tenant, call.param("id"), call.bearer()).await?;
    Ok(Response::json(200, &again(call, client)))
}

pub(super) async fn replace(cx: &Cx, call: &Call<'_>) -> Answer {
    let tenant = call.resolved.tenant.as_ref();
    let client = managed(cx, tenant, call.param("id"), call.bearer()).await?;
    let mut members = body::object(call, SMALL).await.map_err(worded)?;
    // RFC 7592 §2.2: it says which client it means, and none of what only we say.
    if members.remove("client_id").as_ref().and_then(Value::as_str) != Some(client.id.as_str()) {
        return Err(worded(invalid("client_id", "the client's own")));
    }
    for ours in [
        "registration_access_token",
        "registration_client_uri",
        "client_secret_expires_at",
        "client_id_issued_at",
    ] {
        if members.contains_key(ours) {
            return Err(worded(invalid(ours, "is not the client's to say")));
        }
    }
    let secret = match members.remove("client_secret") {
        None | Some(Value::Null) => None,
        Some(Value::String(secret)) => Some(secret),
        Some(_) => return Err(worded(invalid("client_secret", "has the wrong type"))),
    };
    let described = described(members).map_err(worded)?;
    let new = registration::change(cx, tenant, client, secret.as_deref(), described).await.map_err(worded)?;
    Ok(Response::json(200, &information(tenant, &new, call.bearer().unwrap_or_default())))
}

pub(super) async fn delete(cx: &Cx, call: &Call<'_>) -> Answer {
    let tenant = call.resolved.tenant.as_ref();
    let client = managed(cx, tenant, call.param("id"), call.bearer()).await?;
    registration::remove(cx, tenant, &client).await?;
    Ok(Response::empty(204))
}

fn described(members: Map<String, Value>) -> Result<Described, Error> {
    Described::read(members).map_err(|member| invalid(member, "has the wrong type"))
}

/// The client information response (RFC 7591 §3.2.1, RFC 7592 §3).
fn information(tenant: &Tenant, new: &Made, token: &str) -> Value {
    let mut members = shapes::made(new);
    let uri = format!("{}/oauth2/register/{}", tenant.issuer, new.client.id);
    members.insert("registration_client_uri".into(), uri.into());
    members.insert("registration_access_token".into(), token.into());
    members.into()
}

/// The same later: the token is the one that was just presented, and its secret is not known to us.
fn again(call: &Call<'_>, client: Client) -> Value {
    let made = Made { client, secret: None, registration_token: None };
    information(&call.resolved.tenant, &made, call.bearer().unwrap_or_default())
}

/// RFC 7591 §3.2.2.
fn worded(error: Error) -> Error {
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
