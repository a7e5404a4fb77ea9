//! `v2/MailTemplates`: mails in the tenant's own words, for each language.

use serde::{Deserialize, Serialize};

use crate::api::tenant::list::whole;
use crate::api::tenant::templates::{TemplateProblem, Variable};
use crate::cx::Cx;
use crate::domain::admin::mail_templates;
use crate::domain::mailing::templates::{self, StoredMailTemplate};
use crate::domain::mailing::{Content, KINDS, Kind, variables};
use crate::domain::refusal::{Error, Refusal, invalid};
use crate::domain::session::principal::Admin;
use crate::http::body::{self, LARGE};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::model::language::Language;

/// All of them, or for a preview none.
#[derive(Default, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub(super) struct Written {
    subject: Option<String>,
    text: Option<String>,
    html: Option<String>,
}

impl Written {
    fn whole(self) -> Result<Content, Error> {
        let need = |field, part: Option<String>| part.ok_or_else(|| invalid(field, "is missing"));
        Ok(Content {
            subject: need("subject", self.subject)?,
            text: need("text", self.text)?,
            html: need("html", self.html)?,
        })
    }
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct MailTemplate {
    html: Option<String>,
    /// `en` or `de`.
    lang: &'static str,
    /// Which mail, as `verify-email`.
    name: &'static str,
    /// Why the saved template is not used and the default is: it breaks a newer rule.
    problem: Option<TemplateProblem>,
    /// The tenant's own; null, like text and HTML, where the mail is the default.
    subject: Option<String>,
    text: Option<String>,
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    updated_at: Option<String>,
    variables: Vec<Variable>,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct MailPreview {
    html: String,
    subject: String,
    text: String,
}

fn shape(kind: Kind, language: Language, kept: Option<&StoredMailTemplate>) -> MailTemplate {
    let content = kept.map(|kept| kept.content.clone());
    let (html, subject, text) = match content {
        Some(Content { subject, text, html }) => (Some(html), Some(subject), Some(text)),
        None => (None, None, None),
    };
    let problem = kept.and_then(templates::problem);
    MailTemplate {
        html,
        lang: language.tag(),
        name: kind.name(),
        problem: problem.map(|(field, detail)| TemplateProblem { detail, field }),
        subject,
        text,
        updated_at: kept.map(|kept| kept.updated_at.rfc3339()),
        variables: variables(kind).map(|one| Variable { description: one.about, name: one.name }).collect(),
    }
}

fn kind_and_language(call: &Call<'_>) -> Result<(Kind, Language), Refusal> {
    let kind = Kind::by_name(call.param("name")).ok_or(Refusal::NotFound)?;
    let language = Language::ALL.into_iter().find(|language| language.tag() == call.param("lang"));
    Ok((kind, language.ok_or(Refusal::NotFound)?))
}

pub(super) async fn list(cx: &Cx, _: &Call<'_>, admin: Admin) -> Answer {
    let kept = templates::list(cx, &admin.tenant).await?;
    let all = KINDS.iter().flat_map(|(kind, _)| Language::ALL.map(|language| (*kind, language)));
    let of = |(kind, language): (Kind, Language)| {
        let own = kept.iter().find(|kept| kept.name == kind.name() && kept.lang == language.tag());
        shape(kind, language, own)
    };
    Ok(Response::json(200, &whole(all, of)))
}

pub(super) async fn read(cx: &Cx, call: &Call<'_>, admin: Admin) -> Answer {
    let (kind, language) = kind_and_language(call)?;
    let kept = templates::find(cx, &admin.tenant, kind, language).await?;
    Ok(Response::json(200, &shape(kind, language, kept.as_ref())))
}

pub(super) async fn put(cx: &Cx, call: &Call<'_>, admin: Admin) -> Answer {
    let (kind, language) = kind_and_language(call)?;
    let written: Written = body::json_or_nothing(call, LARGE).await?;
    let kept =
        mail_templates::put(cx, &admin.tenant, admin.actor(), kind, language, written.whole()?).await?;
    Ok(Response::json(200, &shape(kind, language, Some(&kept))))
}

/// With sample values: what is sent, or else what is kept, or else the default.
pub(super) async fn preview(cx: &Cx, call: &Call<'_>, admin: Admin) -> Answer {
    let (kind, language) = kind_and_language(call)?;
    let content = match body::json_or_nothing(call, LARGE).await? {
        Written { subject: None, text: None, html: None } => {
            templates::find(cx, &admin.tenant, kind, language).await?.map(|kept| kept.content)
        }
        written => Some(written.whole()?),
    };
    let Content { subject, text, html } = templates::preview(kind, language, content.as_ref())?;
    Ok(Response::json(200, &MailPreview { html, subject, text }))
}

pub(super) async fn delete(cx: &Cx, call: &Call<'_>, admin: Admin) -> Answer {
    let (kind, language) = kind_and_language(call)?;
    mail_templates::delete(cx, &admin.tenant, admin.actor(), kind, language).await?;
    Ok(Response::empty(204))
}
