//! Letters in a tenant's own words: checked when they are saved, and sent in place of ours.

use std::rc::Rc;

use crate::cx::Cx;
use crate::domain::mailing::letter::Kind;
use crate::domain::mailing::values::{VARIABLES, Values, one_line, ours, variables};
use crate::domain::mailing::wording;
use crate::domain::refusal::{Error, invalid};
use crate::domain::templates::OwnTemplates;
use crate::domain::templates::check::{check_mail, check_rendered_mail};
use crate::domain::tenants::{self, Tenant};
use crate::memo::AsOf;
use crate::model::language::Language;
use crate::model::template::{Mistake, Template};
use crate::ports::Fault;
use crate::store;
use crate::store::mail_templates::Content;
pub(crate) use crate::store::mail_templates::StoredMailTemplate;

/// The longest subject, in characters.
const LONGEST_SUBJECT: usize = 200;
/// The longest text and HTML, in bytes.
const LONGEST: usize = 100_000;

/// All of a tenant.
pub(crate) async fn list(cx: &Cx, tenant: &Tenant) -> Result<Vec<StoredMailTemplate>, Fault> {
    store::mail_templates::list(cx.db.as_ref(), &tenant.id).await
}

/// The tenant's own of a letter, if there is one.
pub(crate) async fn find(
    cx: &Cx,
    tenant: &Tenant,
    kind: Kind,
    language: Language,
) -> Result<Option<StoredMailTemplate>, Fault> {
    store::mail_templates::by_name(cx.db.as_ref(), &tenant.id, kind.name(), language.tag()).await
}

/// A letter with sample values: of that template, or in our words.
///
/// # Errors
/// [`crate::domain::refusal::Refusal::Invalid`] with the line and the reason.
pub(crate) fn preview(kind: Kind, language: Language, content: Option<&Content>) -> Result<Content, Error> {
    match content {
        Some(content) => check(kind, content),
        None => Ok(ours(kind, language, &samples(kind, true))?),
    }
}

/// The name that this isolate remembers a template by.
fn key(tenant: &Tenant, kind: Kind, language: Language) -> (String, &'static str) {
    (format!("{}/{}", tenant.id, language.tag()), kind.name())
}

/// A letter in a tenant's own words; `None` if they have none. One that cannot be rendered is logged, and ours
/// is sent.
pub(crate) async fn own(
    cx: &Cx,
    tenant: &Tenant,
    kind: Kind,
    language: Language,
    values: &Values,
) -> Result<Option<Content>, Fault> {
    if has_none(cx, tenant) {
        return Ok(None);
    }
    let known = match cx.recall::<OwnTemplates, _>(&tenant.id, &key(tenant, kind, language)) {
        Some(known) => known,
        None => {
            let as_of = cx.as_of();
            let found = find(cx, tenant, kind, language).await?;
            remember(cx, as_of, tenant, kind, language, found)
        }
    };
    let Some(content) = known.and_then(|joined| Content::parted(&joined)) else { return Ok(None) };
    match render(kind, &content, values) {
        Ok(content) => Ok(Some(content)),
        Err(misplaced) => {
            log_failure(cx, tenant, kind, language, misplaced);
            Ok(None)
        }
    }
}

/// Whether the isolate knows that the tenant has no letters of its own.
fn has_none(cx: &Cx, tenant: &Tenant) -> bool {
    tenants::recall(cx, &tenant.id).is_some_and(|known| !known.own.has_mails)
}

/// Remembers a tenant's own letter of that kind and language, or that there is none. One that was kept under other rules is
/// checked again, and not sent if it breaks those of now.
fn remember(
    cx: &Cx,
    as_of: AsOf,
    tenant: &Tenant,
    kind: Kind,
    language: Language,
    found: Option<StoredMailTemplate>,
) -> Option<Rc<str>> {
    let found = found.map(|kept| kept.content).filter(|content| match check_wording(kind, content) {
        Ok(_) => true,
        Err(misplaced) => {
            log_failure(cx, tenant, kind, language, misplaced);
            false
        }
    });
    let found: Option<Rc<str>> = found.map(|content| content.joined().into());
    let key = key(tenant, kind, language);
    cx.remember::<OwnTemplates>(as_of, &tenant.id, key, Option::clone(&found));
    found
}

/// Looks up what a tenant says in letters of these kinds, in every language, so that whoever writes one of them next to
/// other questions need not ask once more. Nothing is asked where the isolate knows it, or may remember nothing.
pub(crate) async fn look_ahead(cx: &Cx, tenant: &Tenant, kinds: &[Kind]) -> Result<(), Fault> {
    let all = kinds.iter().flat_map(|kind| Language::ALL.map(|language| (*kind, language)));
    let is_known = |key: &(String, &'static str)| cx.recall::<OwnTemplates, _>(&tenant.id, key).is_some();
    let unknown: Vec<_> = all.filter(|(kind, language)| !is_known(&key(tenant, *kind, *language))).collect();
    if unknown.is_empty() || cx.remember_until() <= cx.now || has_none(cx, tenant) {
        return Ok(());
    }
    let as_of = cx.as_of();
    let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
    let found = store::mail_templates::by_names(cx.db.as_ref(), &tenant.id, &names).await?;
    for (kind, language) in unknown {
        let own = found.iter().find(|own| own.name == kind.name() && own.lang == language.tag()).cloned();
        remember(cx, as_of, tenant, kind, language, own);
    }
    Ok(())
}

fn log_failure(cx: &Cx, tenant: &Tenant, kind: Kind, language: Language, misplaced: Misplaced) {
    let (field, Mistake { line, reason }) = misplaced;
    let members = [
        ("event", "mail_template.failed".into()),
        ("tenant", tenant.id.as_str().into()),
        ("template", kind.name().into()),
        ("lang", language.tag().into()),
        ("field", field.into()),
        ("line", line.into()),
    ];
    cx.log.line(&Fault::saying(reason).line(members));
}

/// Why a kept template is not sent, and ours is in its place: which part of it, and what is wrong there. `None`
/// if it is sent.
pub(crate) fn problem(kept: &StoredMailTemplate) -> Option<(&'static str, String)> {
    let (field, Mistake { line, reason }) = check_wording(Kind::by_name(&kept.name)?, &kept.content).err()?;
    Some((field, format!("line {line}: {reason}")))
}

type Misplaced = (&'static str, Mistake);

fn render(kind: Kind, content: &Content, values: &Values) -> Result<Content, Misplaced> {
    let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let names: Vec<&str> = variables(kind).map(|variable| variable.name).collect();
    // What a screen shows to everybody near it holds nothing that signs in.
    let of_subject: Vec<&str> =
        names.iter().copied().filter(|name| !matches!(*name, "link" | "code")).collect();
    let subject = Template::parse(&content.subject, &of_subject).map_err(|mistake| ("subject", mistake))?;
    let text = Template::parse(&content.text, &names).map_err(|mistake| ("text", mistake))?;
    let html = Template::parse(&content.html, &names).map_err(|mistake| ("html", mistake))?;
    Ok(Content {
        subject: one_line(&subject.render_text(&values)),
        text: text.render_text(&values),
        html: html.render(&values),
    })
}

/// What stands for the values where a letter is only looked at; `whole` with those that can be empty.
fn samples(kind: Kind, whole: bool) -> Values {
    let minutes = kind.minutes();
    VARIABLES.each_ref().map(|variable| {
        let sample = if whole || !variable.optional { variable.sample } else { "" };
        (variable.name, if variable.name == "minutes" { minutes.clone() } else { sample.to_owned() })
    })
}

/// Checks a template as it is written and as it is rendered; its rendering with samples.
///
/// # Errors
/// As [`preview`].
pub(crate) fn check(kind: Kind, content: &Content) -> Result<Content, Error> {
    let subject = &content.subject;
    if subject.trim().is_empty()
        || subject.chars().count() > LONGEST_SUBJECT
        || subject.chars().any(char::is_control)
    {
        return Err(invalid("subject", format!("one line of at most {LONGEST_SUBJECT} characters")));
    }
    for (field, written) in [("text", &content.text), ("html", &content.html)] {
        if written.trim().is_empty() || written.len() > LONGEST {
            return Err(invalid(field, format!("1 to {LONGEST} bytes")));
        }
        if written.chars().any(|c| c.is_control() && !c.is_whitespace()) {
            return Err(invalid(field, "no control characters"));
        }
    }
    let (shown, least) = check_wording(kind, content)
        .map_err(|(field, Mistake { line, reason })| invalid(field, format!("line {line}: {reason}")))?;
    // What the letter is for is there, whatever else is empty.
    for (name, needed) in [("link", kind.needs_link()), ("code", kind.has_code())] {
        let sample =
            variables(kind).find(|variable| variable.name == name).map_or("", |variable| variable.sample);
        let in_html = sample.replace('&', "&amp;");
        for (field, there) in [("text", least.text.contains(sample)), ("html", least.html.contains(&in_html))]
        {
            if needed && !there {
                return Err(invalid(field, format!("needs {{{{ {name} }}}}, outside any condition")));
            }
        }
    }
    Ok(shown)
}

/// Checks what a template may say; its renderings with all samples and with the fewest.
fn check_wording(kind: Kind, content: &Content) -> Result<(Content, Content), Misplaced> {
    let bare = samples(kind, false);
    let least = render(kind, content, &bare)?;
    let whole = samples(kind, true);
    let shown = render(kind, content, &whole)?;
    let html = |mistake| ("html", mistake);
    let names: Vec<&str> = variables(kind).map(|variable| variable.name).collect();
    let template = Template::parse(&content.html, &names).map_err(html)?;
    check_mail(&content.html, &template).map_err(html)?;
    for (rendering, values) in [(&least.html, &bare), (&shown.html, &whole)] {
        let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        check_rendered_mail(rendering, &values).map_err(html)?;
    }
    wording::check(kind, &template, true).map_err(html)?;
    for (field, written) in [("subject", &content.subject), ("text", &content.text)] {
        let misplaced = |mistake| (field, mistake);
        let template = Template::parse(written, &names).map_err(misplaced)?;
        wording::check(kind, &template, false).map_err(misplaced)?;
    }
    Ok((shown, least))
}
