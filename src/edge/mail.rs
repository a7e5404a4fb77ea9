//! The three transports for mail: the local outbox, Resend's HTTP API, and the `send_email` binding.

use std::rc::Rc;

use serde_json::json;
use wasm_bindgen::JsValue;

use crate::config::{Config, MailTransport};
use crate::edge::binding::binding;
use crate::edge::d1::D1;
use crate::edge::glue;
use crate::model::time::Time;
use crate::ports::{Database as _, Fault, Later, Mail, Mailer};
use crate::store;

/// The configured transport.
pub struct Transport {
    env: JsValue,
    config: Rc<Config>,
    db: Rc<D1>,
    now: Time,
}

impl Transport {
    /// The transport that the configuration names.
    pub fn new(env: JsValue, config: Rc<Config>, db: Rc<D1>, now: Time) -> Transport {
        Transport { env, config, db, now }
    }
}

impl Mailer for Transport {
    fn send(&self, mail: Mail) -> Later<'_, Result<(), Fault>> {
        Box::pin(async move {
            let from = &self.config.mail_from;
            match &self.config.mail {
                MailTransport::Outbox => {
                    self.db.run(vec![store::outbox::insert(from, &mail, self.now)]).await.map(drop)
                }
                MailTransport::Resend { url, api_key } => {
                    let Mail { id, to, subject, text, html } = mail;
                    let body =
                        json!({ "from": from, "to": [to], "subject": subject, "text": text, "html": html });
                    let status = glue::post_mail(url, api_key, &id, &body.to_string()).await;
                    let status = status.map_err(|error| Fault::new("mail", glue::said(&error)))?;
                    match status.as_f64() {
                        Some(status) if (200.0..300.0).contains(&status) => Ok(()),
                        other => {
                            let status = other.unwrap_or_default();
                            Err(Fault::new("mail", format!("the mail API answered {status}")))
                        }
                    }
                }
                MailTransport::Binding => {
                    let sender = binding(&self.env, "SEND_EMAIL")?;
                    let Mail { to, subject, text, html, .. } = mail;
                    let sent = glue::send_mail(&sender, from, &to, &subject, &text, &html).await;
                    sent.map(drop).map_err(|error| Fault::new("mail", glue::said(&error)))
                }
            }
        })
    }
}
