//! `v2/Audit`: the security events, newest first.

use std::collections::HashMap;

use serde::Serialize;

use crate::api::tenant::list::{listed, page};
use crate::cx::Cx;
use crate::domain::audit;
use crate::domain::refusal::{Error, invalid};
use crate::domain::session::principal::Admin;
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::model::state::{EventOutcome, PartyKind};
use crate::model::time::Time;
use crate::store::audit::{Event as Row, Filter};
use crate::store::names::Party;

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct Event {
    actor: Option<String>,
    /// With `names=true`, of an actor that is one of the tenant's: what kind it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    actor_kind: Option<PartyKind>,
    /// With `names=true`, of an actor that is one of the tenant's: its name by now, or a user's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    actor_name: Option<String>,
    address: Option<String>,
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    at: String,
    detail: Option<String>,
    event: String,
    id: String,
    outcome: EventOutcome,
    subject: Option<String>,
    /// As `actorKind`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    subject_kind: Option<PartyKind>,
    /// As `actorName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    subject_name: Option<String>,
}

impl Event {
    fn of(event: Row, names: &HashMap<String, Party>) -> Event {
        let party = |id: &Option<String>| {
            let party = id.as_ref().and_then(|id| names.get(id)).cloned();
            party.map(|party| (party.kind, party.name)).unzip()
        };
        let (actor_kind, actor_name) = party(&event.actor);
        let (subject_kind, subject_name) = party(&event.subject);
        Event {
            actor: event.actor,
            actor_kind,
            actor_name,
            address: event.address,
            at: event.at.rfc3339(),
            detail: event.detail,
            event: event.event,
            id: event.id,
            outcome: event.outcome,
            subject: event.subject,
            subject_kind,
            subject_name,
        }
    }
}

pub(super) async fn list(cx: &Cx, call: &Call<'_>, admin: Admin) -> Answer {
    let filter = Filter {
        event: call.query("event"),
        outcome: call.query("outcome"),
        actor: call.query("actor"),
        subject: call.query("subject"),
        since: time(call, "since")?,
        until: time(call, "until")?,
    };
    let events = audit::list(cx, &admin.tenant.id, &filter, &page(call)?).await?;
    let names = match call.query("names").as_deref() {
        None | Some("false") => HashMap::new(),
        Some("true") => audit::names(cx, &admin.tenant.id, &events.items).await?,
        Some(_) => return Err(invalid("names", "true or false")),
    };
    Ok(Response::json(200, &listed(events, |event| Event::of(event, &names))))
}

fn time(call: &Call<'_>, field: &'static str) -> Result<Option<Time>, Error> {
    let Some(text) = call.query(field) else { return Ok(None) };
    Time::parse(&text).map(Some).ok_or_else(|| invalid(field, "a time, as 2030-01-31T00:00:00Z"))
}
