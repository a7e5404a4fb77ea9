//! Administrators are mailed before a certificate ends, a provider's or ours for it, and when it has: once each time.

use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::mailing::{self, Changed};
use crate::domain::tenants;
use crate::model::identity_provider::Kind;
use crate::model::linkable::without_links;
use crate::model::time::Time;
use crate::ports::Fault;
use crate::saml::certificate::{Certificate, next_warning};
use crate::store;
use crate::store::certificate_warnings::{Due, Whose};

/// Warnings that one run gives.
const AT_ONCE: i64 = 20;

/// The cron's part: one query finds what is due in all tenants. Each fails for itself.
pub(crate) async fn warn_due(cx: &Cx) -> Result<(), Fault> {
    for due in store::certificate_warnings::due(cx.db.as_ref(), AT_ONCE, cx.now).await? {
        if let Err(fault) = warn(cx, &due).await {
            cx.log.line(&fault.line([("event", "certificates".into()), ("tenant", due.tenant_id.into())]));
        }
    }
    Ok(())
}

async fn warn(cx: &Cx, due: &Due) -> Result<(), Fault> {
    let Due { tenant_id, provider_id, ours, warn_at, spec, own } = due;
    let spec = spec.as_ref().ok_or_else(|| Fault::new("certificates", "the provider cannot be read"))?;
    let Kind::Saml(saml) = &spec.kind else { return Ok(()) };
    let certificates: Vec<String> =
        if *ours { own.iter().cloned().collect() } else { saml.certificates.clone() };
    // Of those that it is about, when each ends.
    let just_before = Time(warn_at.0.saturating_sub(1));
    let ends = |text: &String| {
        let is_due = next_warning(std::slice::from_ref(text), just_before).is_some_and(|at| at <= cx.now);
        let read = Certificate::parse(text).ok().filter(|_| is_due)?;
        Some(read.not_after.rfc3339().chars().take(10).collect::<String>())
    };
    let days: Vec<String> = certificates.iter().filter_map(ends).collect();
    let is_used = spec.enabled && (!ours || saml.sign_requests);
    let said = format!("{}, {}", if *ours { "ours" } else { "the provider's" }, days.join(", "));
    let entry = Entry::ok("certificate.ends").by("system").on(provider_id).saying(said);
    let mut change = Change::new(cx, tenant_id, entry);
    let whose = Whose { tenant_id, provider_id, ours: *ours };
    change.take(store::certificate_warnings::take(&whose, *warn_at, next_warning(&certificates, cx.now)));
    let tenant = tenants::by_id(cx, tenant_id).await?;
    if let Some(tenant) = tenant.filter(|_| is_used && !days.is_empty()) {
        let kind = if *ours { Changed::OwnCertificateEnds } else { Changed::ProviderCertificateEnds };
        let when = format!("{} ({})", days.join(", "), without_links(&spec.name));
        for admin in store::certificate_warnings::readers(cx.db.as_ref(), tenant_id).await? {
            // Cron sends them with all others that wait: many at once would be more requests than one run may make.
            change.then_all(mailing::write_notice(cx, &tenant, &admin, kind, when.clone()).await?.stmts);
        }
    }
    change.commit().await.map(drop)
}
