//! The mails that are sent, and the links in them.

use std::rc::Rc;

use askama::Template;

use crate::crypto::secret::stored;
use crate::cx::Cx;
use crate::domain::audit::{self, Entry};
use crate::domain::refusal::{Error, Refusal};
use crate::domain::tenants::{self, Tenant};
use crate::ports::{Fault, Mail, Stmt};
use crate::store;
use crate::store::mail_links::Link;
use crate::store::users::User;

/// What a link is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Confirms an address; a day.
    VerifyEmail,
    /// Sets a new password; 15 minutes.
    ResetPassword,
}

impl Purpose {
    /// As the database and limits name it.
    pub fn name(self) -> &'static str {
        match self {
            Purpose::VerifyEmail => "verify-email",
            Purpose::ResetPassword => "reset-password",
        }
    }

    fn seconds(self) -> i64 {
        match self {
            Purpose::VerifyEmail => 86_400,
            Purpose::ResetPassword => 900,
        }
    }
}

/// A mail with one button. The text form says the same.
#[derive(Template)]
#[template(path = "mail.html")]
struct Sheet<'a> {
    tenant: &'a str,
    greeting: String,
    body: &'a str,
    button: &'a str,
    link: &'a str,
    note: &'a str,
}

/// What a link is to be.
pub struct Linking<'a> {
    /// What it is good for.
    pub purpose: Purpose,
    /// Whose password and name become the account's when the link is confirmed.
    pub wanted: Option<&'a User>,
    /// What it carries on to its page: a query, or nothing.
    pub onward: &'a str,
}

/// Makes a link for a user, which kills their older ones of that purpose, and mails it.
///
/// The link carries the configured origin, whatever host the request came to.
pub async fn send_link(cx: &Cx, tenant_name: &str, user: &User, linking: Linking<'_>) -> Result<(), Fault> {
    let Linking { purpose, wanted, onward } = linking;
    let secret = cx.secret();
    let link = Link {
        tenant_id: user.tenant_id.clone(),
        user_id: user.id.clone(),
        email_key: user.email_key.clone(),
        password_hash: wanted.and_then(|wanted| wanted.password_hash.clone()),
        name: wanted.and_then(|wanted| wanted.name.clone()),
    };
    let until = cx.now.plus(purpose.seconds());
    let mut batch =
        store::mail_links::insert(&stored(&secret), &link, purpose.name(), until, cx.now).to_vec();
    let entry = Entry::ok("mail.sent").on(&user.id).saying(purpose.name());
    batch.push(audit::row(cx, &user.tenant_id, entry));
    cx.db.run(batch).await?;
    let between = if onward.is_empty() { "" } else { "&" };
    let link = format!("{}/auth/{}?token={secret}{between}{onward}", cx.config.origin, purpose.name());
    let (subject, body, button, note) = match purpose {
        Purpose::VerifyEmail => (
            "Confirm your e-mail address",
            "Please confirm that this address is yours.",
            "Confirm address",
            "The link is good for 24 hours. If you did not register, ignore this mail.",
        ),
        Purpose::ResetPassword => (
            "Reset your password",
            "Somebody, most likely you, asked for a new password for this address.",
            "Choose a new password",
            "The link is good for 15 minutes, once. If you did not ask for it, ignore this mail.",
        ),
    };
    deliver(cx, tenant_name, user, &Words { subject, body, button, link: &link, note }).await
}

/// The tenant of a link that has not been used yet: links carry none, and come to any host.
///
/// # Errors
/// [`Refusal::LinkDead`].
pub async fn tenant_of_link(cx: &Cx, token: &str, purpose: Purpose) -> Result<Rc<Tenant>, Error> {
    let id = store::mail_links::tenant_of(cx.db.as_ref(), &stored(token), purpose.name(), cx.now).await?;
    let id = id.ok_or(Refusal::LinkDead)?;
    Ok(tenants::by_id(cx, &id).await?.ok_or(Refusal::LinkDead)?)
}

/// Tells the owner of an address that somebody tried to register with it.
pub async fn send_already_registered(
    cx: &Cx,
    tenant_name: &str,
    user: &User,
    onward: &str,
) -> Result<(), Fault> {
    let between = if onward.is_empty() { "" } else { "?" };
    let words = Words {
        subject: "You already have an account",
        body: "Somebody, most likely you, tried to register with this address, which has an account already.",
        button: "Go to sign in",
        link: &format!("{}/tenant/{}/login{between}{onward}", cx.config.origin, user.tenant_id),
        note: "If it was not you, there is nothing to do.",
    };
    deliver(cx, tenant_name, user, &words).await
}

/// Tells a user that their password was changed.
pub async fn send_password_changed(cx: &Cx, tenant_name: &str, user: &User) -> Result<(), Fault> {
    let words = Words {
        subject: "Your password was changed",
        body: "The password of your account was just changed, and your other sessions were ended.",
        button: "Go to sign in",
        link: &format!("{}/tenant/{}/login", cx.config.origin, user.tenant_id),
        note: "If it was not you, reset your password at once.",
    };
    deliver(cx, tenant_name, user, &words).await
}

/// What a mail is about.
#[derive(Debug, Clone, Copy)]
pub enum Letter<'a> {
    /// A code to sign in with.
    Code {
        /// Six digits.
        code: &'a str,
    },
    /// A credential was changed.
    Changed(Changed),
}

/// What was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// A second factor was set up.
    SecondFactorOn,
    /// It was removed.
    SecondFactorOff,
    /// The backup codes are other ones.
    BackupCodes,
    /// One of them was used.
    BackupCodeUsed,
}

/// A mail for the batch of its event.
pub struct Outgoing {
    /// The statements that queue it.
    pub stmts: Vec<Stmt>,
    mail: Mail,
    tenant_id: String,
    user_id: String,
}

impl Outgoing {
    /// Queued only if the event of that mark is written.
    pub fn if_written(mut self, mark: &str) -> Outgoing {
        self.stmts = self.stmts.into_iter().map(|stmt| store::audit::if_written(stmt, mark)).collect();
        self
    }
}

/// Writes a mail to a user.
pub async fn write(_: &Cx, tenant: &Tenant, user: &User, letter: Letter<'_>) -> Result<Outgoing, Fault> {
    let text = format!("{letter:?}");
    let mail = Mail { to: user.email.clone(), subject: tenant.name.clone(), html: text.clone(), text };
    Ok(Outgoing { stmts: Vec::new(), mail, tenant_id: user.tenant_id.clone(), user_id: user.id.clone() })
}

/// Sends a mail whose batch is written.
pub async fn dispatch(cx: &Cx, outgoing: Outgoing) {
    let Outgoing { mail, tenant_id, user_id, .. } = outgoing;
    if cx.post.send(mail).await.is_err() {
        let _ = audit::write(cx, &tenant_id, Entry::failed("mail.failed").on(&user_id)).await;
    }
}

/// Tells a user what was changed, in a mail of its own.
pub async fn tell(cx: &Cx, tenant: &Tenant, user: &User, changed: Changed) {
    if let Ok(letter) = write(cx, tenant, user, Letter::Changed(changed)).await {
        dispatch(cx, letter).await;
    }
}

struct Words<'a> {
    subject: &'a str,
    body: &'a str,
    button: &'a str,
    link: &'a str,
    note: &'a str,
}

async fn deliver(cx: &Cx, tenant_name: &str, user: &User, words: &Words<'_>) -> Result<(), Fault> {
    let Words { subject, body, button, link, note } = *words;
    // A name is what whoever registered wrote: one that a mail program could make a link of is not repeated.
    let plain = |name: &&String| name.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '\''));
    let name = user.name.as_ref().filter(plain);
    let greeting = name.map_or_else(|| "Hello,".to_owned(), |name| format!("Hello {name},"));
    let text = format!("{greeting}\n\n{body}\n\n{button}: {link}\n\n{note}\n\n{tenant_name}\n");
    let letter = Sheet { tenant: tenant_name, greeting, body, button, link, note };
    let html = letter.render().map_err(|error| Fault::new("mail", error))?;
    let mail = Mail { to: user.email.clone(), subject: subject.to_owned(), text, html };
    // The account stands whether or not the mail goes out; who asks again gets another.
    if let Err(fault) = cx.post.send(mail).await {
        let line = serde_json::json!({ "level": "error", "event": "mail.failed", "user": user.id, "fault": fault.0 });
        cx.log.line(&line.to_string());
        audit::write(cx, &user.tenant_id, Entry::failed("mail.failed").on(&user.id)).await?;
    }
    Ok(())
}
