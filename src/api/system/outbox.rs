//! `GET /dev/outbox?to=`: the mail that a local deployment keeps instead of sending. 404 anywhere else.

use serde_json::{Value, json};

use crate::config::{MailTransport, Mode};
use crate::cx::Cx;
use crate::domain::refusal::{Refusal, invalid};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::store;

pub(super) async fn outbox(cx: &Cx, call: &Call<'_>) -> Answer {
    if cx.config.mode != Mode::Local || cx.config.mail != MailTransport::Outbox {
        return Err(Refusal::NotFound.into());
    }
    let to = call.query("to").ok_or_else(|| invalid("to", "is missing"))?;
    let items: Vec<Value> = store::outbox::to(cx.db.as_ref(), &to)
        .await?
        .iter()
        .map(|kept| {
            json!({
                "to": kept.mail.to, "from": kept.from, "subject": kept.mail.subject, "text": kept.mail.text,
                "html": kept.mail.html, "createdAt": kept.created_at.rfc3339(),
            })
        })
        .collect();
    Ok(Response::json(200, &json!({ "items": items })))
}
