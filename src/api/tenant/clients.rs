//! `v2/Clients`, in the terms of RFC 7591.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::api::tenant::list::{listed, page};
use crate::cx::Cx;
use crate::domain::clients::{self, Client as Registered, Made, description};
use crate::domain::refusal::{Error, Refusal, invalid};
use crate::domain::session::principal::{Admin, CredentialAdmin};
use crate::http::body::{self, SMALL};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::{Response, Sorted};
use crate::model::client::{Described, Metadata};

/// What answers show and nobody sets (RFC 7591 §3.2.1): it may be sent back as it was.
const READ_ONLY: [&str; 4] =
    ["client_id", "client_id_issued_at", "client_secret_expires_at", "metadata_document"];

/// RFC 7591 §3.2.1.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(crate) struct Client {
    client_id: String,
    /// Seconds since 1970.
    client_id_issued_at: i64,
    client_name: String,
    /// Shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
    /// 0: never. For clients that have a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret_expires_at: Option<i64>,
    /// `public`: `sub` is the same for every client.
    subject_type: &'static str,
    /// The document that describes the client, whose URL is the `client_id` that it uses itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata_document: Option<String>,
    #[serde(flatten)]
    metadata: Metadata,
}

impl From<&Registered> for Client {
    fn from(client: &Registered) -> Client {
        Client {
            client_id: client.id.clone(),
            client_id_issued_at: client.created_at.unix(),
            client_name: client.name.clone(),
            client_secret: None,
            metadata_document: client.document.as_ref().map(|document| document.url.clone()),
            client_secret_expires_at: client.secret_hash.as_ref().map(|_| 0),
            subject_type: "public",
            metadata: Metadata {
                require_pkce: client.metadata.effective_require_pkce(),
                ..client.metadata.clone()
            },
        }
    }
}

/// With what is shown once.
impl From<&Made> for Client {
    fn from(made: &Made) -> Client {
        Client { client_secret: made.secret.clone(), ..Client::from(&made.client) }
    }
}

/// What an administrator says about a client: nothing that we would not heed.
fn read_description(members: Map<String, Value>) -> Result<Described, Error> {
    let described = description::read(members)?;
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

/// What may be changed of a client, as it is.
fn changeable(client: &Registered) -> Map<String, Value> {
    let mut members = match serde_json::to_value(Client::from(client)) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    };
    drop_read_only(&mut members);
    // What only follows from its being public does not stay when it is public no more.
    if client.metadata.require_pkce.is_none() {
        members.remove("require_pkce");
    }
    members
}

fn drop_read_only(members: &mut Map<String, Value>) {
    for name in READ_ONLY {
        members.remove(name);
    }
}

pub(super) async fn list(cx: &Cx, call: &Call<'_>, admin: Admin) -> Answer {
    let clients = clients::list(cx, &admin.tenant, &page(call)?).await?;
    Ok(Response::json(200, &listed(clients, |client| Sorted(Client::from(&client)))))
}

pub(super) async fn create(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    let described = read_description(body::object(call, SMALL).await?)?;
    let new = clients::create_by_admin(cx, &admin, described).await?;
    let location = format!("/tenant/{}/v2/Clients/{}", admin.tenant.id, new.client.id);
    Ok(Response::json(201, &Sorted(Client::from(&new))).with("location", location))
}

pub(super) async fn read(cx: &Cx, call: &Call<'_>, admin: Admin) -> Answer {
    let client = clients::find(cx, &admin.tenant, call.param("id")).await?;
    Ok(Response::json(200, &Sorted(Client::from(&client))))
}

pub(super) async fn replace(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    let described = read_description(members(call).await?)?;
    let was = clients::find(cx, &admin.tenant, call.param("id")).await?;
    let new = clients::replace_by_admin(cx, &admin, was, described).await?;
    Ok(Response::json(200, &Sorted(Client::from(&new))))
}

/// Member by member; null stands for the default.
pub(super) async fn change(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    let changes = members(call).await?;
    let was = clients::find(cx, &admin.tenant, call.param("id")).await?;
    let mut all = changeable(&was);
    if changes.contains_key("grant_types") {
        // They follow from the grants unless the caller says otherwise.
        all.remove("response_types");
    }
    all.extend(changes);
    let new = clients::replace_by_admin(cx, &admin, was, read_description(all)?).await?;
    Ok(Response::json(200, &Sorted(Client::from(&new))))
}

pub(super) async fn new_secret(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    let new = clients::new_secret_by_admin(cx, &admin, call.param("id")).await?;
    Ok(Response::json(200, &Sorted(Client::from(&new))))
}

pub(super) async fn delete(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    clients::delete(cx, &admin.tenant, admin.actor(), call.param("id")).await?;
    Ok(Response::empty(204))
}
