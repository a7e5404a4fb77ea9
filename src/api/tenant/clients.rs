//! `v2/Clients`, in the terms of RFC 7591.

use serde_json::{Map, Value};

use crate::api::tenant::list::{listed, page};
use crate::cx::Cx;
use crate::domain::clients::{self, Client, Made};
use crate::domain::refusal::{Error, Refusal, invalid};
use crate::domain::session::principal::{Admin, CredentialAdmin};
use crate::http::body::{self, SMALL};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::model::client::Described;

/// What answers show and nobody sets (RFC 7591 §3.2.1): it may be sent back as it was.
const READ_ONLY: [&str; 3] = ["client_id", "client_id_issued_at", "client_secret_expires_at"];

/// A client in RFC 7591's members.
pub(crate) fn shape(client: &Client) -> Map<String, Value> {
    let mut shape = match serde_json::to_value(&client.metadata) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    };
    shape.insert("client_id".into(), client.id.clone().into());
    shape.insert("client_name".into(), client.name.clone().into());
    shape.insert("client_id_issued_at".into(), client.created_at.unix().into());
    if client.secret_hash.is_some() {
        shape.insert("client_secret_expires_at".into(), 0.into());
    }
    shape
}

/// The same with what is shown once.
pub(crate) fn made(made: &Made) -> Map<String, Value> {
    let mut shape = shape(&made.client);
    if let Some(secret) = &made.secret {
        shape.insert("client_secret".into(), secret.clone().into());
    }
    shape
}

/// What an administrator says about a client: nothing that we would not heed.
fn described(members: Map<String, Value>) -> Result<Described, Error> {
    let described = Described::read(members).map_err(|member| invalid(member, "has the wrong type"))?;
    match described.unknown.first() {
        Some(name) => Err(Refusal::Malformed(format!("{name:?} is not a member of a client")).into()),
        None => Ok(described),
    }
}

/// The members of a body that may be what we answered before.
async fn members(call: &Call<'_>) -> Result<Map<String, Value>, Error> {
    let mut members = body::object(call, SMALL).await?;
    let id = call.param("id");
    if members.get("client_id").is_some_and(|sent| sent != id) {
        return Err(invalid("client_id", "the one of the path"));
    }
    drop_read_only(&mut members);
    Ok(members)
}

fn drop_read_only(members: &mut Map<String, Value>) {
    for name in READ_ONLY {
        members.remove(name);
    }
}

pub(super) async fn list(cx: &Cx, call: &Call<'_>, admin: Admin) -> Answer {
    let clients = clients::list(cx, &admin.tenant, &page(call)?).await?;
    Ok(Response::json(200, &listed(&clients, |client| shape(client).into())))
}

pub(super) async fn create(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    let described = described(body::object(call, SMALL).await?)?;
    let new = clients::create_by_admin(cx, &admin, described).await?;
    let location = format!("/tenant/{}/v2/Clients/{}", admin.tenant.id, new.client.id);
    Ok(Response::json(201, &made(&new).into()).with("location", location))
}

pub(super) async fn read(cx: &Cx, call: &Call<'_>, admin: Admin) -> Answer {
    let client = clients::find(cx, &admin.tenant, call.param("id")).await?;
    Ok(Response::json(200, &shape(&client).into()))
}

pub(super) async fn replace(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    let described = described(members(call).await?)?;
    let was = clients::find(cx, &admin.tenant, call.param("id")).await?;
    let new = clients::replace_by_admin(cx, &admin, was, described).await?;
    Ok(Response::json(200, &made(&new).into()))
}

/// Member by member; null stands for the default.
pub(super) async fn change(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    let changes = members(call).await?;
    let was = clients::find(cx, &admin.tenant, call.param("id")).await?;
    let mut all = shape(&was);
    drop_read_only(&mut all);
    if changes.contains_key("grant_types") {
        // They follow from the grants unless the caller says otherwise.
        all.remove("response_types");
    }
    all.extend(changes);
    let new = clients::replace_by_admin(cx, &admin, was, described(all)?).await?;
    Ok(Response::json(200, &made(&new).into()))
}

pub(super) async fn new_secret(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    let new = clients::new_secret_by_admin(cx, &admin, call.param("id")).await?;
    Ok(Response::json(200, &made(&new).into()))
}

pub(super) async fn delete(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    clients::delete(cx, &admin.tenant, admin.actor(), call.param("id")).await?;
    Ok(Response::empty(204))
}
