//! `GET /dev/outbox?to=`: the mail that a local deployment keeps instead of sending. 404 anywhere else.

use serde::Serialize;

use crate::config::{MailTransport, Mode};
use crate::cx::Cx;
use crate::domain::mailing::{self, StoredMail};
use crate::domain::refusal::{Refusal, invalid};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Outbox {
    items: Vec<Mail>,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
struct Mail {
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    created_at: String,
    from: String,
    html: String,
    subject: String,
    text: String,
    to: String,
}

impl From<StoredMail> for Mail {
    fn from(kept: StoredMail) -> Mail {
        Mail {
            created_at: kept.created_at.rfc3339(),
            from: kept.from,
            html: kept.mail.html,
            subject: kept.mail.subject,
            text: kept.mail.text,
            to: kept.mail.to,
        }
    }
}

pub(super) async fn outbox(cx: &Cx, call: &Call<'_>) -> Answer {
    if cx.config.mode != Mode::Local || cx.config.mail != MailTransport::Outbox {
        return Err(Refusal::NotFound.into());
    }
    let to = call.query("to").ok_or_else(|| invalid("to", "is missing"))?;
    let kept = mailing::outbox(cx, &to).await?;
    Ok(Response::json(200, &Outbox { items: kept.into_iter().map(Mail::from).collect() }))
}
