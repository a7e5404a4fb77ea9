//! `v2/Audit`: the security events, newest first.

use serde::Serialize;

use crate::api::tenant::list::{listed, page};
use crate::cx::Cx;
use crate::domain::audit;
use crate::domain::refusal::{Error, invalid};
use crate::domain::session::principal::Admin;
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::model::state::EventOutcome;
use crate::model::time::Time;
use crate::store::audit::{Event as Row, Filter};

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Event {
    actor: Option<String>,
    address: Option<String>,
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    at: String,
    detail: Option<String>,
    event: String,
    id: String,
    outcome: EventOutcome,
    subject: Option<String>,
}

impl From<Row> for Event {
    fn from(event: Row) -> Event {
        Event {
            actor: event.actor,
            address: event.address,
            at: event.at.rfc3339(),
            detail: event.detail,
            event: event.event,
            id: event.id,
            outcome: event.outcome,
            subject: event.subject,
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
    Ok(Response::json(200, &listed(events, Event::from)))
}

fn time(call: &Call<'_>, field: &'static str) -> Result<Option<Time>, Error> {
    let Some(text) = call.query(field) else { return Ok(None) };
    Time::parse(&text).map(Some).ok_or_else(|| invalid(field, "a time, as 2030-01-31T00:00:00Z"))
}
