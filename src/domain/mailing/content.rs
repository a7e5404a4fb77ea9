//! What a letter says: in a tenant's own words, or else in ours.

use askama::Template as _;

use crate::cx::Cx;
use crate::domain::mailing::letter::{Kind, Letter};
use crate::domain::mailing::templates;
use crate::domain::mailing::words::said_in;
use crate::domain::tenants::Tenant;
use crate::model::agent;
use crate::model::language::Language;
use crate::model::linkable::without_links;
use crate::ports::Fault;
pub use crate::store::mail_templates::Content;
use crate::store::users::User;

/// What a letter can say, by name; in [`VARIABLES`]' order.
pub(super) type Values = [(&'static str, String); 9];

/// A variable of the letters.
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// What stands in its place where a letter is only looked at.
    pub(super) sample: &'static str,
    /// Whether it can be empty.
    pub(super) optional: bool,
    /// Whether a letter has it.
    of: fn(Kind) -> bool,
}

const fn variable(
    name: &'static str,
    about: &'static str,
    sample: &'static str,
    of: fn(Kind) -> bool,
) -> Variable {
    Variable { name, about, sample, optional: false, of }
}

/// The variables that there are.
pub(super) static VARIABLES: [Variable; 9] = [
    variable("tenant_name", "The tenant's name.", "Example & Co.", |_| true),
    Variable {
        optional: true,
        ..variable("greeting_name", "The reader's name; empty if it is not known.", "Ada O'Hara", |_| true)
    },
    variable(
        "link",
        "Where the letter leads.",
        "https://auth.example.com/a-link?token=a-token&return_to=/app/",
        Kind::has_link,
    ),
    variable("code", "The six digits.", "123456", Kind::has_code),
    variable("minutes", "For how many minutes it is good.", "15", |kind| {
        !is_change(kind) && kind != Kind::AlreadyRegistered
    }),
    variable("new_email", "The address that the account is to have.", "ada@new.example", |kind| {
        kind == Kind::ApproveEmailChange
    }),
    variable("when", "When the change was made.", "2030-01-31 12:00 UTC", is_change),
    Variable {
        optional: true,
        ..variable("address", "The network address that it came from, if known.", "203.0.113.7", is_change)
    },
    Variable {
        optional: true,
        ..variable(
            "device",
            "The browser and system that it came from, if known.",
            "Firefox, Linux",
            is_change,
        )
    },
];

fn is_change(kind: Kind) -> bool {
    matches!(kind, Kind::Changed(_))
}

/// The variables of a letter.
pub fn variables(kind: Kind) -> impl Iterator<Item = &'static Variable> {
    VARIABLES.iter().filter(move |variable| (variable.of)(kind))
}

/// What a letter to a user says.
pub(super) async fn content(
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
    if let Letter::Changed(_) = letter {
        link = format!("{}/tenant/{}/account", cx.config.origin, to.tenant_id);
        when = cx.now.rfc3339().replace('T', " ").chars().take(16).collect();
        when.push_str(" UTC");
        when = gathered.unwrap_or(when);
        device = agent::device(&cx.client.user_agent);
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
        ("when", when),
        ("address", cx.client.address.clone()),
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
    known.or(cx.client.language).unwrap_or(Language::English)
}

/// The HTML form of a letter. The text form says the same.
#[derive(askama::Template)]
#[template(path = "mail.html")]
struct Page<'a> {
    lang: &'a str,
    tenant: &'a str,
    greeting: &'a str,
    body: &'a str,
    code: &'a str,
    button: &'a str,
    link: &'a str,
    facts: &'a [(&'a str, &'a str)],
    note: &'a str,
}

/// A letter in our words.
pub(super) fn ours(kind: Kind, language: Language, values: &Values) -> Result<Content, Fault> {
    let said = said_in(language);
    let words = (said.words)(kind);
    let [
        (_, tenant),
        (_, name),
        (_, link),
        (_, code),
        (_, minutes),
        (_, new_email),
        (_, when),
        (_, address),
        (_, device),
    ] = values;
    let fill = |sentence: &str| {
        let sentence = sentence.replace("{minutes}", minutes).replace("{new_email}", new_email);
        sentence.replace("{tenant_name}", tenant)
    };
    let greeting =
        if name.is_empty() { said.hello.to_owned() } else { said.hello_name.replace("{name}", name) };
    let (body, note) = (fill(words.body), fill(words.note));
    let mut facts = Vec::new();
    if is_change(kind) {
        let all = [(said.when, when), (said.address, address), (said.device, device)];
        facts.extend(
            all.into_iter().filter(|(_, fact)| !fact.is_empty()).map(|(name, fact)| (name, fact.as_str())),
        );
    }
    let mut text = format!("{greeting}\n\n{body}\n\n");
    if kind.has_code() {
        text.push_str(&format!("{}: {code}\n\n", said.code));
    }
    for (name, fact) in &facts {
        text.push_str(&format!("{name}: {fact}\n"));
    }
    if kind.has_link() {
        text.push_str(&format!("{}: {link}\n\n", words.button));
    }
    text.push_str(&format!("{note}\n\n{tenant}\n"));
    let page = Page {
        lang: language.tag(),
        tenant,
        greeting: &greeting,
        body: &body,
        code: if kind.has_code() { code } else { "" },
        button: words.button,
        link: if kind.has_link() { link } else { "" },
        facts: &facts,
        note: &note,
    };
    let html = page.render().map_err(|error| Fault::new("mail", error))?;
    Ok(Content { subject: one_line(&fill(words.subject)), text, html })
}

/// Without what could begin another header field.
pub(super) fn one_line(subject: &str) -> String {
    subject.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
