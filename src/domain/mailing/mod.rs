//! Mail: what is written, and how it is sent once.
//!
//! A mail is a row that is written in the batch of the event that it tells of, so that a crash loses nothing.
//! It is sent right after that batch, and again by cron until it was handed over or is of no use any more.

mod letter;
mod links;
mod queue;
mod words;

use askama::Template;

use crate::crypto::seal;
use crate::cx::Cx;
use crate::domain::tenants::Tenant;
use crate::model::agent;
use crate::ports::{Fault, Stmt};
use crate::store;
use crate::store::mails::NewMail;
use crate::store::users::User;

pub use self::letter::{Changed, KINDS, Kind, Letter};
pub use self::links::{Linking, Purpose, send_link, tenant_of_link};
pub use self::queue::{dispatch, due};
use self::words::EN;

/// A mail that is written but not sent yet.
#[must_use]
pub struct Outgoing {
    /// What puts it into the queue: goes into the batch of the event that it tells of.
    pub stmts: Vec<Stmt>,
    id: String,
}

impl Outgoing {
    /// The same, for a batch in which it is only to be sent if the event of that mark is written.
    pub fn if_written(mut self, mark: &str) -> Outgoing {
        self.stmts = self.stmts.into_iter().map(|stmt| store::audit::if_written(stmt, mark)).collect();
        self
    }
}

/// What is sealed in a queued mail.
struct Content {
    subject: String,
    text: String,
    html: String,
}

/// Writes a letter to a user, to the address that stands in `to`.
///
/// It is not sent before its statements have run and [`dispatch`] was called, or cron has come by.
pub async fn write(cx: &Cx, tenant: &Tenant, to: &User, letter: Letter<'_>) -> Result<Outgoing, Fault> {
    let kind = letter.kind();
    let Content { subject, text, html } = content(cx, tenant, to, letter)?;
    let id = cx.id();
    let key = seal::derive(&cx.config.seal_key, &to.tenant_id, SEALED_AS)?;
    let sealed = seal::seal(&key, cx.random(), &id, format!("{subject}\0{text}\0{html}").as_bytes())?;
    let mut stmts = Vec::new();
    if kind.replaces_older() {
        stmts.push(store::mails::replace_older(&to.id, kind.name(), &id));
    }
    stmts.push(store::mails::insert(&NewMail {
        id: &id,
        user_id: &to.id,
        kind: kind.name(),
        recipient: &to.email,
        sealed: &sealed,
        now: cx.now,
        expires_at: cx.now.plus(kind.seconds()),
    }));
    Ok(Outgoing { stmts, id })
}

/// Writes and sends a letter that no batch waits for.
pub async fn send(cx: &Cx, tenant: &Tenant, to: &User, letter: Letter<'_>) -> Result<(), Fault> {
    let mut mail = write(cx, tenant, to, letter).await?;
    cx.db.run(std::mem::take(&mut mail.stmts)).await?;
    dispatch(cx, mail).await;
    Ok(())
}

/// The purpose that the key for sealed mails is derived for.
const SEALED_AS: &str = "mails";

/// The HTML form of a mail. The text form says the same.
#[derive(Template)]
#[template(path = "mail.html")]
struct Page<'a> {
    lang: &'a str,
    tenant: &'a str,
    greeting: &'a str,
    body: &'a str,
    code: &'a str,
    button: &'a str,
    link: &'a str,
    facts: &'a [(&'a str, String)],
    note: &'a str,
}

fn content(cx: &Cx, tenant: &Tenant, to: &User, letter: Letter<'_>) -> Result<Content, Fault> {
    let kind = letter.kind();
    let said = EN;
    let words = (said.words)(kind);
    let (link, code, new_email) = letter.carries();
    let account;
    let mut facts = Vec::new();
    let link = match letter {
        Letter::Changed(_) => {
            facts = changed_by(cx, &said);
            account = format!("{}/tenant/{}/account", cx.config.origin, to.tenant_id);
            &account
        }
        _ => link,
    };
    let minutes = (kind.seconds() / 60).to_string();
    let fill = |sentence: &str| {
        let sentence = sentence.replace("{tenant_name}", &tenant.name);
        sentence.replace("{minutes}", &minutes).replace("{new_email}", new_email)
    };
    // A name is what whoever registered wrote: one that a mail program could make a link of is not repeated.
    let plain = |name: &&String| name.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '\''));
    let greeting = match to.name.as_ref().filter(plain) {
        Some(name) => said.hello_name.replace("{name}", name),
        None => said.hello.to_owned(),
    };
    let (body, note) = (fill(words.body), fill(words.note));
    let mut text = format!("{greeting}\n\n{body}\n");
    if !code.is_empty() {
        text.push_str(&format!("\n{}: {code}\n", said.code));
    }
    for (name, fact) in &facts {
        text.push_str(&format!("\n{name}: {fact}"));
    }
    if !link.is_empty() {
        text.push_str(&format!("\n{}: {link}\n", words.button));
    }
    text.push_str(&format!("\n{note}\n\n{}\n", tenant.name));
    let page = Page {
        lang: said.lang,
        tenant: &tenant.name,
        greeting: &greeting,
        body: &body,
        code,
        button: words.button,
        link,
        facts: &facts,
        note: &note,
    };
    let html = page.render().map_err(|error| Fault::new("mail", error))?;
    Ok(Content { subject: fill(words.subject), text, html })
}

/// When a change was made and where from, as far as that is known.
fn changed_by<'a>(cx: &Cx, said: &words::Catalogue) -> Vec<(&'a str, String)> {
    let when = cx.now.rfc3339().replace('T', " ").chars().take(16).collect::<String>();
    let mut facts = vec![(said.when, format!("{when} UTC"))];
    if !cx.client.address.is_empty() {
        facts.push((said.address, cx.client.address.clone()));
    }
    facts.extend(agent::device(&cx.client.user_agent).map(|device| (said.device, device)));
    facts
}
