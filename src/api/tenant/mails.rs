//! `v2/Mails`: what became of the mail to the tenant's users, newest first. Never what it said.

use serde_json::{Value, json};

use crate::api::tenant::list::{listed, page};
use crate::cx::Cx;
use crate::domain::admin::mails;
use crate::domain::session::principal::Admin;
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::model::state::MailStatus;
use crate::store::mails::{Filter, MailRow};

fn shape(mail: &MailRow) -> Value {
    let waits = matches!(mail.status, MailStatus::Queued | MailStatus::Sending);
    json!({
        "id": mail.id, "kind": mail.kind, "userId": mail.user_id, "recipient": mail.recipient,
        "status": mail.status.as_str(), "attempts": mail.attempts, "createdAt": mail.created_at.rfc3339(),
        "nextAt": waits.then(|| mail.next_at.rfc3339()),
        "sentAt": mail.sent_at.map(|at| at.rfc3339()), "error": mail.error,
    })
}

pub(super) async fn list(cx: &Cx, call: &Call<'_>, admin: Admin) -> Answer {
    let filter =
        Filter { status: call.query("status"), kind: call.query("kind"), recipient: call.query("recipient") };
    let found = mails::list(cx, &admin.tenant, &filter, &page(call)?).await?;
    Ok(Response::json(200, &listed(&found, shape)))
}

pub(super) async fn read(cx: &Cx, call: &Call<'_>, admin: Admin) -> Answer {
    Ok(Response::json(200, &shape(&mails::find(cx, &admin.tenant, call.param("id")).await?)))
}

pub(super) async fn retry(cx: &Cx, call: &Call<'_>, admin: Admin) -> Answer {
    let mail = mails::retry(cx, &admin.tenant, admin.actor(), call.param("id")).await?;
    Ok(Response::json(200, &shape(&mail)))
}
