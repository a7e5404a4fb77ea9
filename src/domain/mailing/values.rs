//! What a mail says: the values of its variables, and our words around them.

use askama::Template as _;

use crate::domain::mailing::letter::Kind;
use crate::domain::mailing::words::said_in;
use crate::model::language::Language;
use crate::ports::Fault;
use crate::store::mail_templates::Content;

/// What a letter can say, by name; in [`VARIABLES`]' order.
pub(crate) type Values = [(&'static str, String); 10];

/// A variable of the letters.
pub(crate) struct Variable {
    pub(crate) name: &'static str,
    /// What it is.
    pub(crate) about: &'static str,
    /// What stands in its place where a letter is only looked at.
    pub(crate) sample: &'static str,
    /// Whether it can be empty.
    pub(crate) optional: bool,
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
pub(crate) static VARIABLES: [Variable; 10] = [
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
    Variable {
        optional: true,
        ..variable("service", "The connected service, if known.", "Google", Kind::is_of_connection)
    },
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
pub(crate) fn variables(kind: Kind) -> impl Iterator<Item = &'static Variable> {
    VARIABLES.iter().filter(move |variable| (variable.of)(kind))
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
pub(crate) fn ours(kind: Kind, language: Language, values: &Values) -> Result<Content, Fault> {
    let said = said_in(language);
    let words = (said.words)(kind);
    let [
        (_, tenant),
        (_, name),
        (_, link),
        (_, code),
        (_, minutes),
        (_, new_email),
        (_, service),
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
        let all =
            [(said.service, service), (said.when, when), (said.address, address), (said.device, device)];
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
pub(crate) fn one_line(subject: &str) -> String {
    subject.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
