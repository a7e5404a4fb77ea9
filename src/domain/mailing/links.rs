//! Links that are mailed: one purpose, one use.

use std::rc::Rc;

use crate::crypto::secret::stored;
use crate::cx::Cx;
use crate::domain::mailing::letter::{Kind, Letter};
use crate::domain::mailing::outgoing::Outgoing;
use crate::domain::mailing::write::write;
use crate::domain::refusal::{Error, Refusal};
use crate::domain::tenants::{self, Tenant};
use crate::domain::throttle::lookups;
use crate::model::state::LinkPurpose;
use crate::ports::Fault;
use crate::store;
use crate::store::mail_links::Link;
use crate::store::users::User;

impl LinkPurpose {
    fn kind(self) -> Kind {
        match self {
            LinkPurpose::VerifyEmail => Kind::VerifyEmail,
            LinkPurpose::ResetPassword => Kind::ResetPassword,
            LinkPurpose::Invitation => Kind::Invitation,
        }
    }

    /// What the page behind the link takes: that which sets a new password sets the first one too.
    fn page(self) -> &'static str {
        match self {
            LinkPurpose::VerifyEmail => "verify-email",
            LinkPurpose::ResetPassword | LinkPurpose::Invitation => "reset-password",
        }
    }

    /// The purposes whose links this one's page takes.
    pub(crate) fn accepted_purposes(self) -> [LinkPurpose; 2] {
        match self {
            LinkPurpose::VerifyEmail => [self; 2],
            LinkPurpose::ResetPassword | LinkPurpose::Invitation => {
                [LinkPurpose::ResetPassword, LinkPurpose::Invitation]
            }
        }
    }
}

/// What a link is to be.
pub(crate) struct Linking<'a> {
    /// What it is good for.
    pub(crate) purpose: LinkPurpose,
    /// Whose password and name become the account's when the link is confirmed.
    pub(crate) wanted: Option<&'a User>,
    /// What it carries on to its page: a query, or nothing.
    pub(crate) onward: &'a str,
}

/// Makes a link for a user, which kills their older ones of that purpose, and writes the mail with it, for a change. For a
/// user who is not in the database, it does the same to no effect.
///
/// The link carries the tenant's own origin, whatever host the request came to.
pub(crate) async fn write_link(
    cx: &Cx,
    tenant: &Tenant,
    user: &User,
    linking: Linking<'_>,
) -> Result<Outgoing, Fault> {
    let Linking { purpose, wanted, onward } = linking;
    let secret = cx.secret();
    let link = Link {
        tenant_id: user.tenant_id.clone(),
        user_id: user.id.clone(),
        email_key: user.email_key.clone(),
        password_hash: wanted.and_then(|wanted| wanted.password_hash.clone()),
        name: wanted.and_then(|wanted| wanted.name.clone()),
        purpose,
    };
    let until = cx.now.plus(purpose.kind().seconds());
    let mut batch = store::mail_links::insert(&stored(&secret), &link, until, cx.now).to_vec();
    let between = if onward.is_empty() { "" } else { "&" };
    let link = &format!("{}/auth/{}?token={secret}{between}{onward}", tenant.origin, purpose.page());
    let letter = match purpose {
        LinkPurpose::VerifyEmail => Letter::VerifyEmail { link },
        LinkPurpose::ResetPassword => Letter::ResetPassword { link },
        LinkPurpose::Invitation => Letter::Invitation { link },
    };
    let mut mail = write(cx, tenant, user, letter).await?;
    batch.append(&mut mail.stmts);
    mail.stmts = batch;
    Ok(mail)
}

/// The tenant of a link that has not been used yet: links carry none, and come to any host.
///
/// # Errors
/// [`Refusal::LinkDead`].
pub(crate) async fn tenant_of_link(cx: &Cx, token: &str, purpose: LinkPurpose) -> Result<Rc<Tenant>, Error> {
    let id =
        store::mail_links::tenant_of(cx.db.as_ref(), &stored(token), purpose.accepted_purposes(), cx.now)
            .await?;
    let Some(id) = id else {
        lookups::note_unknown(cx);
        return Err(Refusal::LinkDead.into());
    };
    Ok(tenants::by_id(cx, &id).await?.ok_or(Refusal::LinkDead)?)
}

/// The same with whose link it is.
///
/// # Errors
/// [`Refusal::LinkDead`].
pub(crate) async fn owner_of_link(
    cx: &Cx,
    token: &str,
    purpose: LinkPurpose,
) -> Result<(Rc<Tenant>, User), Error> {
    let owner =
        store::mail_links::owner_of(cx.db.as_ref(), &stored(token), purpose.accepted_purposes(), cx.now)
            .await?;
    let Some(owner) = owner else {
        lookups::note_unknown(cx);
        return Err(Refusal::LinkDead.into());
    };
    let tenant = tenants::by_id(cx, &owner.tenant_id).await?.ok_or(Refusal::LinkDead)?;
    Ok((tenant, owner))
}
