//! What became of the mail to a tenant's users.

use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::mailing::Outgoing;
use crate::domain::refusal::{Error, Refusal};
use crate::domain::tenants::Tenant;
use crate::ports::Fault;
use crate::store::mails::{Filter, MailRow};
use crate::store::{self, Listed, Page};

/// A page of a tenant's mails, newest first.
pub(crate) async fn list(
    cx: &Cx,
    tenant: &Tenant,
    filter: &Filter,
    page: &Page,
) -> Result<Listed<MailRow>, Fault> {
    store::mails::list(cx.db.as_ref(), &tenant.id, filter, page).await
}

/// One of a tenant's mails.
///
/// # Errors
/// [`Refusal::NotFound`].
pub(crate) async fn find(cx: &Cx, tenant: &Tenant, id: &str) -> Result<MailRow, Error> {
    Ok(store::mails::by_id(cx.db.as_ref(), &tenant.id, id).await?.ok_or(Refusal::NotFound)?)
}

/// Sends a mail again that was given up.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::Conflict`] unless it failed and is still of use.
pub(crate) async fn retry(cx: &Cx, tenant: &Tenant, actor: &str, id: &str) -> Result<MailRow, Error> {
    find(cx, tenant, id).await?;
    let mut change = Change::new(cx, &tenant.id, Entry::ok("mail.retried").by(actor).on(id));
    change.take(store::mails::again(&tenant.id, id, cx.now)).tell(Outgoing::queued(id));
    if change.commit().await?.is_none() {
        return Err(Refusal::Conflict("only a mail that failed and is still of use is sent again").into());
    }
    find(cx, tenant, id).await
}
