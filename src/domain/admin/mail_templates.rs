//! Letters in a tenant's own words, as administrators write them.

use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::mailing::templates::{StoredMailTemplate, check};
use crate::domain::mailing::{Content, Kind};
use crate::domain::refusal::{Error, Refusal};
use crate::domain::tenants::Tenant;
use crate::memo::Invalidation;
use crate::model::language::Language;
use crate::store;

/// Checks a template and keeps it.
///
/// # Errors
/// [`Refusal::Invalid`] with the line and the reason.
pub(crate) async fn put(
    cx: &Cx,
    tenant: &Tenant,
    actor: &str,
    kind: Kind,
    language: Language,
    content: Content,
) -> Result<StoredMailTemplate, Error> {
    check(kind, &content)?;
    let (name, lang) = (kind.name().to_owned(), language.tag().to_owned());
    let entry = Entry::ok("mail_template.changed").by(actor).on(&format!("{name}/{lang}"));
    let kept = StoredMailTemplate { name, lang, content, updated_at: cx.now };
    let mut change = Change::new(cx, &tenant.id, entry);
    change.then(store::mail_templates::put(&tenant.id, &kept));
    change.invalidates(Invalidation::Templates(&tenant.id));
    change.commit().await?;
    Ok(kept)
}

/// Goes back to our words.
///
/// # Errors
/// [`Refusal::NotFound`] if they are used already.
pub(crate) async fn delete(
    cx: &Cx,
    tenant: &Tenant,
    actor: &str,
    kind: Kind,
    language: Language,
) -> Result<(), Error> {
    let (name, lang) = (kind.name(), language.tag());
    let entry = Entry::ok("mail_template.deleted").by(actor).on(&format!("{name}/{lang}"));
    let mut change = Change::new(cx, &tenant.id, entry);
    change.take(store::mail_templates::delete(&tenant.id, name, lang));
    change.invalidates(Invalidation::Templates(&tenant.id));
    if change.commit().await?.is_some() { Ok(()) } else { Err(Refusal::NotFound.into()) }
}
