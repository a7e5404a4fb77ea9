//! Links that are mailed: one purpose, one use.

use std::rc::Rc;

use crate::crypto::secret::stored;
use crate::cx::Cx;
use crate::domain::audit::{self, Entry};
use crate::domain::mailing::letter::{Kind, Letter};
use crate::domain::mailing::{dispatch, write};
use crate::domain::refusal::{Error, Refusal};
use crate::domain::tenants::{self, Tenant};
use crate::ports::Fault;
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
    fn kind(self) -> Kind {
        match self {
            Purpose::VerifyEmail => Kind::VerifyEmail,
            Purpose::ResetPassword => Kind::ResetPassword,
        }
    }

    /// As the database and limits name it.
    pub fn name(self) -> &'static str {
        self.kind().name()
    }
}

/// What a link is to be.
pub struct Linking<'a> {
    /// What it is good for.
    pub purpose: Purpose,
    /// Whose password and name become the account's when the link is confirmed.
    pub wanted: Option<&'a User>,
    /// What it carries on to its page: a query, or nothing.
    pub onward: &'a str,
    /// What the log says of it, beside what it says of the mail.
    pub entry: Option<Entry>,
}

/// Makes a link for a user, which kills their older ones of that purpose, and mails it. For one who is not in
/// the database, it does the same to no effect.
///
/// The link carries the configured origin, whatever host the request came to.
pub async fn send_link(cx: &Cx, tenant: &Tenant, user: &User, linking: Linking<'_>) -> Result<(), Fault> {
    let Linking { purpose, wanted, onward, entry } = linking;
    let secret = cx.secret();
    let link = Link {
        tenant_id: user.tenant_id.clone(),
        user_id: user.id.clone(),
        email_key: user.email_key.clone(),
        password_hash: wanted.and_then(|wanted| wanted.password_hash.clone()),
        name: wanted.and_then(|wanted| wanted.name.clone()),
    };
    let until = cx.now.plus(purpose.kind().seconds());
    let mut batch =
        store::mail_links::insert(&stored(&secret), &link, purpose.name(), until, cx.now).to_vec();
    let between = if onward.is_empty() { "" } else { "&" };
    let link = &format!("{}/auth/{}?token={secret}{between}{onward}", cx.config.origin, purpose.name());
    let letter = match purpose {
        Purpose::VerifyEmail => Letter::VerifyEmail { link },
        Purpose::ResetPassword => Letter::ResetPassword { link },
    };
    let mut mail = write(cx, tenant, user, letter).await?;
    batch.append(&mut mail.stmts);
    batch.extend(entry.map(|entry| audit::row(cx, &tenant.id, entry)));
    cx.db.run(batch).await?;
    dispatch(cx, mail).await;
    Ok(())
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
