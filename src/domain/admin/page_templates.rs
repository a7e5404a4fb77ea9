//! A tenant's own pages, as administrators write them.

use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::refusal::{Error, Refusal};
use crate::domain::templates::{Kind, StoredTemplate, preview};
use crate::domain::tenants::Tenant;
use crate::memo::Invalidation;
use crate::store;

/// Checks a template and keeps it.
///
/// # Errors
/// [`Refusal::Invalid`] with the line and the reason.
pub(crate) async fn put(
    cx: &Cx,
    tenant: &Tenant,
    actor: &str,
    kind: &Kind,
    html: String,
) -> Result<StoredTemplate, Error> {
    preview(kind, &html)?;
    let kept = StoredTemplate { name: kind.name.to_owned(), html, updated_at: cx.now };
    let mut change = Change::new(cx, &tenant.id, Entry::ok("template.changed").by(actor).on(kind.name));
    change.then(store::templates::put(&tenant.id, &kept));
    change.invalidates(Invalidation::Templates(&tenant.id));
    change.commit().await?;
    Ok(kept)
}

/// Goes back to the page that all have.
///
/// # Errors
/// [`Refusal::NotFound`] if it is that already.
pub(crate) async fn delete(cx: &Cx, tenant: &Tenant, actor: &str, kind: &Kind) -> Result<(), Error> {
    let mut change = Change::new(cx, &tenant.id, Entry::ok("template.deleted").by(actor).on(kind.name));
    change.take(store::templates::delete(&tenant.id, kind.name));
    change.invalidates(Invalidation::Templates(&tenant.id));
    if change.commit().await?.is_some() { Ok(()) } else { Err(Refusal::NotFound.into()) }
}
