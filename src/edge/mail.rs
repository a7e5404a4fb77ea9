//! The three transports for mail: the local outbox, Resend's HTTP API, and the `send_email` binding.

use std::rc::Rc;

use futures_util::future::LocalBoxFuture;
use serde_json::json;
use worker::{Env, SendEmailBuilder};

use crate::config::{Config, MailTransport};
use crate::edge::d1::D1;
use crate::edge::fault::fault;
use crate::edge::fetch::Fetch;
use crate::model::time::Time;
use crate::ports::http::{HttpRequest, Method, Reach, Unanswered, Wanted};
use crate::ports::{Database as _, Fault, HttpClient as _, Mail, Mailer};
use crate::store;

/// The transport that the configuration names.
pub(crate) struct Transport {
    pub(crate) env: Env,
    pub(crate) config: Rc<Config>,
    pub(crate) db: Rc<D1>,
    pub(crate) http: Fetch,
    pub(crate) now: Time,
}

impl Mailer for Transport {
    fn send(&self, mail: Mail) -> LocalBoxFuture<'_, Result<(), Fault>> {
        Box::pin(async move {
            let from = &self.config.mail_from;
            match &self.config.mail {
                MailTransport::Outbox => {
                    self.db.run(vec![store::outbox::insert(from, &mail, self.now)]).await.map(drop)
                }
                MailTransport::Resend { url, api_key } => {
                    match self.by_api(url, api_key, from, &mail).await? {
                        200..=299 => Ok(()),
                        status => Err(Fault::new("mail", format!("the mail API answered {status}"))),
                    }
                }
                MailTransport::Binding => {
                    self.by_binding(from, &mail).await.map_err(|error| fault("mail", error))
                }
            }
        })
    }
}

impl Transport {
    async fn by_binding(&self, from: &str, mail: &Mail) -> worker::Result<()> {
        let letter = SendEmailBuilder::builder(from, &mail.to, &mail.subject);
        let letter = letter.text(&mail.text).html(&mail.html).build();
        self.env.send_email("SEND_EMAIL")?.send_with_builder(&letter).await?;
        Ok(())
    }

    /// Sends a mail through an HTTP API of Resend's shape, which takes a repeat with the same id for one; its status.
    async fn by_api(&self, url: &str, key: &str, from: &str, mail: &Mail) -> Result<u16, Unanswered> {
        let Mail { id, to, subject, text, html } = mail;
        let body = json!({ "from": from, "to": [to], "subject": subject, "text": text, "html": html });
        let headers = vec![
            ("authorization", format!("Bearer {key}")),
            ("content-type", "application/json".to_owned()),
            ("idempotency-key", id.clone()),
        ];
        let (url, body) = (url.to_owned(), body.to_string());
        let request = HttpRequest { method: Method::Post, url, headers, body, wanted: Wanted::Status };
        Ok(self.http.send(request, Reach::Operator).await?.status)
    }
}
