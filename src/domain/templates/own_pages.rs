//! Pages in a tenant's own HTML: checked when they are saved, and served in place of ours.

use std::rc::Rc;

use html5gum::emitters::default::Token;

use crate::cx::Cx;
use crate::domain::refusal::{Error, Refusal, invalid};
use crate::domain::templates::check::{Field, Form, check, check_rendered};
use crate::domain::templates::html_tokens::tokens;
use crate::domain::tenants::{self, Tenant};
use crate::memo::{Invalidation, Slot};
use crate::model::template::{Mistake, Template};
use crate::ports::Fault;
use crate::store;
pub(crate) use crate::store::templates::StoredTemplate;

/// The longest template, in bytes.
const LONGEST: usize = 100_000;

/// A page that can be a tenant's own.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    /// Its variables, each with what it is and a sample.
    pub(crate) variables: &'static [(&'static str, &'static str, &'static str)],
    form: Form,
}

const TENANT: (&str, &str, &str) = ("tenant_name", "The tenant's name.", "Example");
const ACTION: (&str, &str, &str) = ("action", "Where the form is sent to.", "/tenant/example/login");
const PROBLEM: (&str, &str, &str) =
    ("problem", "What went wrong, a sentence; empty the first time.", "Invalid email or password <\"'&>");
const LANG: (&str, &str, &str) = ("lang", "The reader's language, as en.", "en");
const ENGLISH: (&str, &str, &str) = ("lang_en", "Not empty if the language is English.", "1");
const GERMAN: (&str, &str, &str) = ("lang_de", "Not empty if the language is German.", "");
const RETURN_TO: (&str, &str, &str) = ("return_to", "Where to go afterwards.", "/app/?a=1&b=\"<>'");
const REQUEST: (&str, &str, &str) = ("request", "The app's request that waits.", "a-request");
const LOGIN_URL: (&str, &str, &str) = ("login_url", "The page to sign in.", "/tenant/example/login");

const fn hidden(name: &'static str) -> Field {
    Field { name, kind: "hidden", value: Some(name) }
}

const fn password() -> Field {
    Field { name: "password", kind: "password", value: None }
}

/// The pages that can be a tenant's own.
pub(crate) static KINDS: [Kind; 3] = [
    Kind {
        name: "login",
        variables: &[
            TENANT,
            ACTION,
            RETURN_TO,
            REQUEST,
            ("email", "The address, once it was typed.", "ada@example.com\" x='<>"),
            PROBLEM,
            ("client_name", "The app that is signed in to; empty if it is none.", "<App> & \"Co\""),
            ("forgot_url", "The page for a forgotten password.", "/tenant/example/forgot?return_to=/app/"),
            ("register_url", "The page to register; empty if nobody can.", "/tenant/example/register"),
            (
                "google_url",
                "Where signing in with Google begins; empty if it cannot.",
                "/tenant/example/sso/google",
            ),
            ("microsoft_url", "The same with Microsoft.", "/tenant/example/sso/microsoft"),
            ("github_url", "The same with GitHub.", "/tenant/example/sso/github"),
            (
                "organization_url",
                "The same with the organization's own provider.",
                "/tenant/example/sso/okta",
            ),
            LANG,
            ENGLISH,
            GERMAN,
        ],
        form: Form {
            fields: &[
                Field { name: "email", kind: "", value: Some("email") },
                password(),
                hidden("return_to"),
                hidden("request"),
            ],
            also: &[],
        },
    },
    Kind {
        name: "reset",
        variables: &[
            TENANT,
            ("action", "Where the form is sent to.", "/auth/reset-password?return_to=/app/"),
            ("token", "The mailed link's token.", "a-token"),
            ("shortest", "The fewest characters of a password.", "8"),
            ("email", "Whose password it is.", "ada@example.com\" x='<>"),
            ("invited", "Not empty for one who was invited and sets the first password.", "1"),
            PROBLEM,
            LOGIN_URL,
            LANG,
            ENGLISH,
            GERMAN,
        ],
        form: Form { fields: &[hidden("token"), password()], also: &[] },
    },
    Kind {
        name: "mfa",
        variables: &[
            TENANT,
            ("action", "Where the form is sent to.", "/tenant/example/mfa"),
            ("challenge", "What the sign-in goes on with.", "a-challenge"),
            RETURN_TO,
            REQUEST,
            ("method", "Which code is asked for: totp, email or backup. All else has our page.", "totp"),
            (
                "can_send",
                "Not empty if another code can be mailed: \
                 <button name=\"send\" value=\"1\" formnovalidate> after the button that goes on.",
                "1",
            ),
            ("sent", "Not empty if a code was just mailed.", "1"),
            PROBLEM,
            LOGIN_URL,
            LANG,
            ENGLISH,
            GERMAN,
        ],
        form: Form {
            fields: &[
                hidden("challenge"),
                Field { name: "code", kind: "", value: None },
                hidden("return_to"),
                hidden("request"),
            ],
            also: &["send"],
        },
    },
];

impl Kind {
    fn names(&self) -> Vec<&'static str> {
        self.variables.iter().map(|(name, _, _)| *name).collect()
    }

    /// Values to look at a template with.
    fn samples(&self) -> Vec<(&'static str, &'static str)> {
        self.variables.iter().map(|(name, _, sample)| (*name, *sample)).collect()
    }

    /// The same with everything empty that can be.
    fn bare(&self) -> Vec<(&'static str, &'static str)> {
        self.samples().into_iter().filter(|(name, _)| *name == "action").collect()
    }

    /// Parses and checks a template, as it is written and as it is rendered; its rendering with samples.
    fn check(&self, html: &str) -> Result<String, Mistake> {
        let template = Template::parse(html, &self.names())?;
        check(html, &template, &self.form)?;
        for values in [self.bare(), self.samples()] {
            check_rendered(&template.render(&values), &values, &self.form)?;
        }
        Ok(template.render(&self.samples()))
    }
}

/// The page of that name.
///
/// # Errors
/// [`Refusal::NotFound`].
pub(crate) fn kind(name: &str) -> Result<&'static Kind, Error> {
    Ok(KINDS.iter().find(|kind| kind.name == name).ok_or(Refusal::NotFound)?)
}

/// All of a tenant.
pub(crate) async fn list(cx: &Cx, tenant: &Tenant) -> Result<Vec<StoredTemplate>, Fault> {
    store::templates::list(cx.db.as_ref(), &tenant.id).await
}

/// The tenant's own of a page, if there is one.
pub(crate) async fn find(cx: &Cx, tenant: &Tenant, kind: &Kind) -> Result<Option<StoredTemplate>, Fault> {
    store::templates::by_name(cx.db.as_ref(), &tenant.id, kind.name).await
}

/// A template with sample values.
///
/// # Errors
/// [`Refusal::Invalid`] with the line and the reason.
pub(crate) fn preview(kind: &Kind, html: &str) -> Result<String, Error> {
    if html.len() > LONGEST {
        return Err(invalid("html", format!("at most {LONGEST} bytes")));
    }
    let refused = |Mistake { line, reason }: Mistake| invalid("html", format!("line {line}: {reason}"));
    kind.check(html).map_err(refused)
}

/// A page with a hidden field in each form that is posted; `None` if there is none. The value is URL-safe.
pub(crate) fn with_hidden_field(html: &str, name: &str, value: &str) -> Option<String> {
    let mut page = String::new();
    let mut done = 0;
    for token in tokens(html) {
        let Token::StartTag(tag) = &token else { continue };
        let (before, rest) = (html.get(done..tag.span.end)?, html.get(tag.span.end..)?);
        let is_form = *tag.name == *b"form".as_slice();
        // The span of a tag may end before its last character.
        let (end, before) = if before.ends_with('>') || !rest.starts_with('>') {
            (tag.span.end, before)
        } else {
            (tag.span.end + 1, html.get(done..=tag.span.end)?)
        };
        if is_form {
            page.push_str(before);
            page.push_str(&format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">"));
            done = end;
        }
    }
    page.push_str(html.get(done..)?);
    (done > 0).then_some(page)
}

/// Pages and mails in a tenant's own words by tenant and name; `None` remembers that there is none.
pub(crate) struct OwnTemplates;

impl Slot for OwnTemplates {
    type Key = (String, &'static str);
    type Value = Option<Rc<str>>;
    const CAPACITY: usize = 4_000;

    /// By 4 kB.
    fn weight(html: &Self::Value) -> usize {
        1 + html.as_ref().map_or(0, |html| html.len()) / 4_096
    }

    fn is_stale((id, _): &Self::Key, _: &Self::Value, change: Invalidation<'_>) -> bool {
        // Mails have their language behind the tenant.
        id.split('/').next().is_some_and(|id| change == Invalidation::Templates(id))
    }
}

/// A page in the tenant's own HTML; `None` if they have none. One that cannot be rendered is logged, and the
/// page that all have is served.
pub(crate) async fn render(
    cx: &Cx,
    tenant: &Tenant,
    name: &'static str,
    values: &[(&str, &str)],
) -> Result<Option<String>, Fault> {
    let Ok(kind) = kind(name) else { return Ok(None) };
    let html = own_html(cx, tenant, kind).await?;
    let Some(html) = html else { return Ok(None) };
    match Template::parse(&html, &kind.names()) {
        Ok(template) => Ok(Some(template.render(values))),
        Err(mistake) => {
            log_failure(cx, tenant, kind, &mistake);
            Ok(None)
        }
    }
}

/// Looks up the tenant's own page beside other questions, so that whoever renders it then need not ask.
pub(crate) async fn look_ahead(cx: &Cx, tenant: &Tenant, name: &'static str) -> Result<(), Fault> {
    match kind(name) {
        Ok(kind) => own_html(cx, tenant, kind).await.map(drop),
        Err(_) => Ok(()),
    }
}

/// The tenant's own page, remembered. One that was kept under other rules is checked again, and not served if it breaks
/// those of now.
async fn own_html(cx: &Cx, tenant: &Tenant, kind: &'static Kind) -> Result<Option<Rc<str>>, Fault> {
    let has_own = |pages: &[String]| pages.iter().any(|page| page == kind.name);
    if tenants::recall(cx, &tenant.id).is_some_and(|known| !has_own(&known.own.pages)) {
        return Ok(None);
    }
    let key = (tenant.id.clone(), kind.name);
    if let Some(known) = cx.recall::<OwnTemplates, _>(&tenant.id, &key) {
        return Ok(known);
    }
    let as_of = cx.as_of();
    let found = find(cx, tenant, kind).await?.filter(|kept| match kind.check(&kept.html) {
        Ok(_) => true,
        Err(mistake) => {
            log_failure(cx, tenant, kind, &mistake);
            false
        }
    });
    let found: Option<Rc<str>> = found.map(|kept| kept.html.into());
    cx.remember::<OwnTemplates>(as_of, &tenant.id, key, Option::clone(&found));
    Ok(found)
}

fn log_failure(cx: &Cx, tenant: &Tenant, kind: &Kind, mistake: &Mistake) {
    let members = [
        ("event", "template.failed".into()),
        ("tenant", tenant.id.as_str().into()),
        ("template", kind.name.into()),
        ("line", mistake.line.into()),
    ];
    cx.log.line(&Fault::saying(mistake.reason.clone()).line(members));
}

/// Why a kept template is not served, and the page that all have is in its place; `None` if it is served.
pub(crate) fn problem(kind: &Kind, kept: &StoredTemplate) -> Option<String> {
    let Mistake { line, reason } = kind.check(&kept.html).err()?;
    Some(format!("line {line}: {reason}"))
}
