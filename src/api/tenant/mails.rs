//! `v2/Mails`: what became of the mail to the tenant's users, newest first. Never what it said.

use serde::Serialize;

use crate::api::tenant::list::{listed, page};
use crate::cx::Cx;
use crate::domain::admin::mails;
use crate::domain::session::principal::Admin;
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::model::state::MailStatus;
use crate::store::mails::{Filter, MailRow};

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct Mail {
    /// Attempts so far.
    #[cfg_attr(not(target_arch = "wasm32"), schema(minimum = 0))]
    attempts: i64,
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    created_at: String,
    /// What went wrong the last time.
    error: Option<String>,
    id: String,
    /// Which mail, as `verify-email`.
    kind: String,
    /// When it is tried next; null once it was sent or failed.
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    next_at: Option<String>,
    recipient: String,
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    sent_at: Option<String>,
    status: MailStatus,
    user_id: Option<String>,
}

impl From<MailRow> for Mail {
    fn from(mail: MailRow) -> Mail {
        let waits = matches!(mail.status, MailStatus::Queued | MailStatus::Sending);
        Mail {
            attempts: mail.attempts,
            created_at: mail.created_at.rfc3339(),
            error: mail.error,
            id: mail.id,
            kind: mail.kind,
            next_at: waits.then(|| mail.next_at.rfc3339()),
            recipient: mail.recipient,
            sent_at: mail.sent_at.map(|at| at.rfc3339()),
            status: mail.status,
            user_id: mail.user_id,
        }
    }
}

pub(super) async fn list(cx: &Cx, call: &Call<'_>, admin: Admin) -> Answer {
    let filter =
        Filter { status: call.query("status"), kind: call.query("kind"), recipient: call.query("recipient") };
    let found = mails::list(cx, &admin.tenant, &filter, &page(call)?).await?;
    Ok(Response::json(200, &listed(found, Mail::from)))
}

pub(super) async fn read(cx: &Cx, call: &Call<'_>, admin: Admin) -> Answer {
    let mail = mails::find(cx, &admin.tenant, call.param("id")).await?;
    Ok(Response::json(200, &Mail::from(mail)))
}

pub(super) async fn retry(cx: &Cx, call: &Call<'_>, admin: Admin) -> Answer {
    let mail = mails::retry(cx, &admin.tenant, admin.actor(), call.param("id")).await?;
    Ok(Response::json(200, &Mail::from(mail)))
}
