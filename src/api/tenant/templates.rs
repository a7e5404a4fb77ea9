//! `v2/Templates`: pages in the tenant's own HTML.

use serde::{Deserialize, Serialize};

use crate::api::tenant::list::whole;
use crate::cx::Cx;
use crate::domain::admin::page_templates;
use crate::domain::refusal::{Error, Refusal};
use crate::domain::session::principal::Admin;
use crate::domain::templates::{self, KINDS, Kind, StoredTemplate, kind};
use crate::http::body::{self, LARGE};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;

#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    html: String,
}

#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Previewed {
    #[serde(default)]
    html: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct Template {
    /// The tenant's own; null where the page is the default.
    html: Option<String>,
    /// `login`, `reset` or `mfa`.
    name: &'static str,
    /// Why the saved template is not used and the default is: it breaks a newer rule.
    problem: Option<TemplateProblem>,
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    updated_at: Option<String>,
    variables: Vec<Variable>,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct TemplateProblem {
    /// The line, and what is wrong there.
    pub(super) detail: String,
    /// `subject`, `text` or `html`.
    pub(super) field: &'static str,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Variable {
    pub(super) description: &'static str,
    pub(super) name: &'static str,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Preview {
    html: String,
}

fn shape(kind: &Kind, kept: Option<&StoredTemplate>) -> Template {
    let problem = kept.and_then(|kept| templates::problem(kind, kept));
    let variables = kind.variables.iter().map(|&(name, description, _)| Variable { description, name });
    Template {
        html: kept.map(|kept| kept.html.clone()),
        name: kind.name,
        problem: problem.map(|detail| TemplateProblem { detail, field: "html" }),
        updated_at: kept.map(|kept| kept.updated_at.rfc3339()),
        variables: variables.collect(),
    }
}

pub(super) async fn list(cx: &Cx, _: &Call<'_>, admin: Admin) -> Answer {
    let kept = templates::list(cx, &admin.tenant).await?;
    let of = |kind: &Kind| shape(kind, kept.iter().find(|kept| kept.name == kind.name));
    Ok(Response::json(200, &whole(&KINDS, of)))
}

pub(super) async fn read(cx: &Cx, call: &Call<'_>, admin: Admin) -> Answer {
    let kind = kind(call.param("name"))?;
    let kept = templates::find(cx, &admin.tenant, kind).await?;
    Ok(Response::json(200, &shape(kind, kept.as_ref())))
}

pub(super) async fn put(cx: &Cx, call: &Call<'_>, admin: Admin) -> Answer {
    let kind = kind(call.param("name"))?;
    let written: Written = body::json(call, LARGE).await?;
    let kept = page_templates::put(cx, &admin.tenant, admin.actor(), kind, written.html).await?;
    Ok(Response::json(200, &shape(kind, Some(&kept))))
}

/// With sample values: what is sent, or what is kept.
pub(super) async fn preview(cx: &Cx, call: &Call<'_>, admin: Admin) -> Answer {
    let kind = kind(call.param("name"))?;
    let previewed: Previewed = body::json_or_nothing(call, LARGE).await?;
    let html = match previewed.html {
        Some(html) => html,
        None => {
            let kept = templates::find(cx, &admin.tenant, kind).await?;
            kept.ok_or(Error::Refused(Refusal::NotFound))?.html
        }
    };
    Ok(Response::json(200, &Preview { html: templates::preview(kind, &html)? }))
}

pub(super) async fn delete(cx: &Cx, call: &Call<'_>, admin: Admin) -> Answer {
    page_templates::delete(cx, &admin.tenant, admin.actor(), kind(call.param("name"))?).await?;
    Ok(Response::empty(204))
}
