//! Whose a mail domain is: proved by a TXT record, or by the operator's word. Nobody but its owner can have a name that
//! begins with `_` in a domain, also where others get names below it, so the record stands at one.
//!
//! A domain that was proved is one tenant's alone, and of one provider: to give it to another it is removed and proved
//! anew. Only addresses of just that domain are of it, not those of the domains below.

use crate::cx::Cx;
use crate::domain::audit::{self, Entry};
use crate::domain::change::Change;
use crate::domain::outbound;
use crate::domain::providers::stale::forget;
use crate::domain::refusal::{CHANGED, Error, Refusal, invalid};
use crate::domain::session::delegation::may_manage_providers;
use crate::domain::session::principal::{CredentialAdmin, Operator};
use crate::domain::session::recency::{self, Lasting};
use crate::domain::tenants::{HOME, Tenant, from_row};
use crate::domain::throttle;
use crate::model::domain::to_ascii;
use crate::model::mail_domains::{is_public_mail_domain, is_registry_suffix};
use crate::model::public_address::is_public_name;
use crate::store;
use crate::store::email_domains::MailDomain;

/// How many domains a tenant may have.
const MOST: i64 = 200;

/// How often a tenant's records are looked up in an hour.
const CHECKS_AN_HOUR: u32 = 60;

const TAKEN: Refusal = Refusal::Conflict("another tenant has proved that the domain is its own");
const HAD: Refusal = Refusal::Conflict("the tenant has that domain already");
const TOO_MANY: Refusal = Refusal::Conflict("a tenant has at most 200 mail domains");
const NO_RECORD: Refusal = Refusal::Conflict("the TXT record is not there, or has another value");
const NO_ANSWER: Refusal = Refusal::Conflict("the TXT record could not be looked up: please try again");
const NO_RESOLVER: Refusal = Refusal::Conflict(
    "this deployment looks no records up (RESOLVER_URL): its operator proves domains by word",
);

/// The record that proves a domain: its name, and what it says.
pub(crate) fn record(domain: &MailDomain) -> (String, String) {
    (format!("_portcullis.{}", domain.domain), format!("portcullis-domain-verification={}", domain.token))
}

/// A domain in the spelling that addresses have.
fn checked_name(field: &'static str, sent: &str, by_operator: bool) -> Result<String, Error> {
    let ascii = to_ascii(sent.trim().trim_end_matches('.')).map(|name| name.to_ascii_lowercase());
    let name = ascii.filter(|name| name.contains('.') && (by_operator || is_public_name(name)));
    let name = name.ok_or_else(|| invalid(field, "a domain of e-mail addresses, as example.com"))?;
    if is_public_mail_domain(&name) {
        return Err(invalid(field, "no domain of a public mail service"));
    }
    if !by_operator && is_registry_suffix(&name) {
        return Err(invalid(field, "no domain that names are registered under"));
    }
    Ok(name)
}

/// The domains that a provider is to have, each in the spelling that addresses have.
///
/// # Errors
/// [`Refusal::Invalid`] for what is none; [`Refusal::Conflict`] for one that is another provider's or another tenant's,
/// and for too many.
pub(super) async fn checked_names(
    cx: &Cx,
    tenant: &Tenant,
    provider_id: &str,
    sent: Vec<String>,
) -> Result<Vec<String>, Error> {
    if sent.is_empty() {
        return Ok(sent);
    }
    let mut names = Vec::new();
    for one in &sent {
        let name = checked_name("domains", one, false)?;
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let had = store::email_domains::all(cx.db.as_ref(), &tenant.id).await?;
    for name in &names {
        match had.iter().find(|one| one.domain == *name) {
            Some(one) if one.provider_id != provider_id => return Err(HAD.into()),
            Some(_) => {}
            None if store::email_domains::is_anothers(cx.db.as_ref(), &tenant.id, name).await? => {
                return Err(TAKEN.into());
            }
            None => {}
        }
    }
    let others = had.iter().filter(|one| one.provider_id != provider_id).count();
    if i64::try_from(others + names.len()).unwrap_or(i64::MAX) > MOST {
        return Err(TOO_MANY.into());
    }
    Ok(names)
}

/// Makes pending domains of a provider with the change.
pub(super) fn add_all(
    cx: &Cx,
    change: &mut Change<'_>,
    tenant: &Tenant,
    provider_id: &str,
    names: &[String],
) {
    for name in names {
        let token = cx.secret();
        change.then(store::email_domains::insert(&tenant.id, name, provider_id, &token, MOST, cx.now));
    }
}

/// All mail domains of a tenant.
pub(crate) async fn list(cx: &Cx, tenant: &Tenant) -> Result<Vec<MailDomain>, Error> {
    Ok(store::email_domains::all(cx.db.as_ref(), &tenant.id).await?)
}

/// A mail domain of a tenant, in any spelling.
///
/// # Errors
/// [`Refusal::NotFound`].
pub(crate) async fn find(cx: &Cx, tenant: &Tenant, domain: &str) -> Result<MailDomain, Error> {
    let name = to_ascii(domain).ok_or(Refusal::NotFound)?;
    let found = store::email_domains::by_name(cx.db.as_ref(), &tenant.id, &name).await?;
    Ok(found.ok_or(Refusal::NotFound)?)
}

/// Makes a domain of a provider, which waits to be proved.
///
/// # Errors
/// [`Refusal::Invalid`]; [`Refusal::Conflict`] for one that the tenant has, or another one has proved, and for too many;
/// as [`may_manage_providers`].
pub(crate) async fn add(
    cx: &Cx,
    admin: &CredentialAdmin,
    domain: &str,
    provider_id: &str,
) -> Result<MailDomain, Error> {
    let tenant = &admin.tenant;
    may_manage_providers(cx, admin).await?;
    let name = checked_name("domain", domain, false)?;
    let entry = Entry::ok("mail_domain.added").by(admin.actor()).on(&name).saying(provider_id);
    let mut change = Change::new(cx, &tenant.id, entry);
    change.take(store::email_domains::insert(&tenant.id, &name, provider_id, &cx.secret(), MOST, cx.now));
    if change.commit().await?.is_none() {
        return Err(not_added(cx, tenant, &name, provider_id).await?);
    }
    find(cx, tenant, &name).await
}

/// Why a domain was not added.
async fn not_added(cx: &Cx, tenant: &Tenant, name: &str, provider_id: &str) -> Result<Error, Error> {
    let db = cx.db.as_ref();
    if store::identity_providers::by_id(db, &tenant.id, provider_id).await?.is_none() {
        return Ok(invalid("provider", "the id of an identity provider of this tenant"));
    }
    if store::email_domains::is_anothers(db, &tenant.id, name).await? {
        return Ok(TAKEN.into());
    }
    let had = store::email_domains::by_name(db, &tenant.id, name).await?.is_some();
    Ok(if had { HAD.into() } else { TOO_MANY.into() })
}

/// Looks the record of a domain up, and marks the domain proved if it is there. One that is proved stays so.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::Conflict`] if the record is not there or cannot be looked up, and for a domain that
/// another tenant has proved; [`Refusal::Limited`]; as [`may_manage_providers`].
pub(crate) async fn verify(cx: &Cx, admin: &CredentialAdmin, domain: &str) -> Result<MailDomain, Error> {
    let tenant = &admin.tenant;
    may_manage_providers(cx, admin).await?;
    let was = find(cx, tenant, domain).await?;
    if was.is_verified {
        return Ok(was);
    }
    throttle::window(cx, format!("{}:mail-domains", tenant.id), CHECKS_AN_HOUR, 3_600).await?;
    let (name, value) = record(&was);
    let why = match outbound::txt_records(cx, &name).await {
        Ok(Some(records)) if records.contains(&value) => None,
        Ok(Some(_)) => Some(NO_RECORD),
        Ok(None) => Some(NO_RESOLVER),
        Err(_) => Some(NO_ANSWER),
    };
    if let Some(why) = why {
        let entry = Entry::failed("mail_domain.verified").by(admin.actor()).on(&was.domain);
        audit::write(cx, &tenant.id, entry).await?;
        return Err(why.into());
    }
    let entry = Entry::ok("mail_domain.verified").by(admin.actor()).on(&was.domain).saying(&was.provider_id);
    let mut change = Change::new(cx, &tenant.id, entry);
    change.take(store::email_domains::verify(&tenant.id, &was, cx.now)).keeps_a_way_in(&tenant.id);
    forget(&mut change, tenant);
    if change.commit_or_refuse().await?.is_none() {
        let taken = store::email_domains::is_anothers(cx.db.as_ref(), &tenant.id, &was.domain).await?;
        return Err(if taken { TAKEN.into() } else { CHANGED.into() });
    }
    find(cx, tenant, &was.domain).await
}

/// Removes a domain: its people sign in as everybody does.
///
/// # Errors
/// [`Refusal::NotFound`]; as [`may_manage_providers`].
pub(crate) async fn remove(cx: &Cx, admin: &CredentialAdmin, domain: &str) -> Result<(), Error> {
    let tenant = &admin.tenant;
    may_manage_providers(cx, admin).await?;
    let was = find(cx, tenant, domain).await?;
    let entry = Entry::ok("mail_domain.removed").by(admin.actor()).on(&was.domain).saying(&was.provider_id);
    let mut change = Change::new(cx, &tenant.id, entry);
    change.take(store::email_domains::delete(&tenant.id, &was.domain));
    forget(&mut change, tenant);
    if change.commit().await?.is_some() { Ok(()) } else { Err(Refusal::NotFound.into()) }
}

/// Proves a domain of a tenant by the operator's word, for one of its providers. Both tenants' logs say so.
///
/// # Errors
/// [`Refusal::NotFound`] for the tenant; [`Refusal::Invalid`]; [`Refusal::Conflict`] for a domain that another tenant has
/// proved; as [`recency::require`].
pub(crate) async fn add_by_word(
    cx: &Cx,
    operator: &Operator,
    tenant_id: &str,
    domain: &str,
    provider_id: &str,
) -> Result<MailDomain, Error> {
    let row = store::tenants::by_id(cx.db.as_ref(), tenant_id).await?.ok_or(Refusal::NotFound)?;
    let tenant = from_row(cx, row)?;
    recency::require(cx, operator, Lasting::ApiKey).await?;
    let name = checked_name("domain", domain, true)?;
    let (actor, said) = (operator.actor(), format!("{provider_id}, by the operator's word"));
    let entry = Entry::ok("mail_domain.verified").by(actor).on(&name).saying(said);
    let mut change = Change::new(cx, &tenant.id, entry);
    change.take(store::email_domains::insert_verified(&tenant.id, &name, provider_id, &cx.secret(), cx.now));
    if tenant.id != HOME {
        let said = format!("{name}, event {} of its log", change.event_id());
        change.log(HOME, Entry::ok("tenant.domain_verified").by(actor).on(&tenant.id).saying(said));
    }
    change.keeps_a_way_in(&tenant.id);
    forget(&mut change, &tenant);
    if change.commit_or_refuse().await?.is_none() {
        return Err(match store::email_domains::is_anothers(cx.db.as_ref(), &tenant.id, &name).await? {
            true => TAKEN.into(),
            false => invalid("provider", "the id of an identity provider of that tenant"),
        });
    }
    find(cx, &tenant, &name).await
}
