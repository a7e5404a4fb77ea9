//! What a letter says: in a tenant's own words, or else in ours.

use crate::domain::mailing::values::ours;

use crate::cx::Cx;
use crate::domain::mailing::letter::{Kind, Letter};
use crate::domain::mailing::templates;
use crate::domain::tenants::Tenant;
use crate::model::agent;
use crate::model::language::Language;
use crate::model::linkable::without_links;
use crate::ports::Fault;
pub(crate) use crate::store::mail_templates::Content;
use crate::store::users::User;

/// What a letter to a user says.
pub(crate) async fn content(
    cx: &Cx,
    tenant: &Tenant,
    to: &User,
    letter: Letter<'_>,
    when: Option<String>,
) -> Result<Content, Fault> {
    let gathered = when;
    let kind = letter.kind();
    let (link, code, new_email) = letter.carries();
    let (mut link, mut when, mut device) = (link.to_owned(), String::new(), None);
    if let Kind::Changed(_) = kind {
        link = format!("{}/tenant/{}/account", tenant.origin, to.tenant_id);
        when = cx.now.rfc3339().replace('T', " ").chars().take(16).collect();
        when.push_str(" UTC");
        when = gathered.unwrap_or(when);
        device = agent::device(&cx.caller.user_agent);
    }
    // A name is what whoever registered wrote: one that a mail program could make a link of is not repeated.
    // Nor one that is a telephone number.
    let plain = |name: &&String| {
        let digits = name.chars().filter(|c| c.is_numeric()).count();
        digits < 5 && name.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '\''))
    };
    let values = [
        ("tenant_name", without_links(&tenant.name)),
        ("greeting_name", to.name.as_ref().filter(plain).cloned().unwrap_or_default()),
        ("link", link),
        ("code", code.to_owned()),
        ("minutes", kind.minutes()),
        ("new_email", shown_address(new_email)),
        ("service", letter.service().split(", ").map(without_links).collect::<Vec<_>>().join(", ")),
        ("when", when),
        ("address", cx.caller.address.clone()),
        ("device", device.map(|device| without_links(&device)).unwrap_or_default()),
    ];
    let language = language(cx, to);
    match templates::own(cx, tenant, kind, language, &values).await? {
        Some(content) => Ok(content),
        None => ours(kind, language, &values),
    }
}

/// The address that an account is to have, which its reader must know: a mail program makes nothing of it but a
/// way to write there. One whose name is itself an address, as `www.example.com/?x=@example.com`, is taken apart.
fn shown_address(address: &str) -> String {
    let name = address.rsplit_once('@').map_or(address, |(name, _)| name);
    let plain = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '+' | '.'));
    if plain && !name.contains("www.") { address.to_owned() } else { without_links(address) }
}

/// The language that a user is written to in: their own, else that of the request.
fn language(cx: &Cx, to: &User) -> Language {
    let known = to.language.as_deref().and_then(Language::by_tag);
    known.or(cx.caller.language).unwrap_or(Language::English)
}
