//! `GET /tenant/{tenant}/sso/{id}`: sends a browser to the provider.

use crate::api::pages::sso;
use crate::api::sso::{or_refused, saml, usable};
use crate::cx::Cx;
use crate::domain::federation::pending;
use crate::domain::federation::redirect::{self, Begin, Begun, callback_url};
use crate::http::guard::Answer;
use crate::http::request::{Call, Request};
use crate::http::response::Response;
use crate::model::identity_provider::Kind;

pub(super) async fn start(cx: &Cx, call: &Call<'_>) -> Answer {
    if let Some(elsewhere) = elsewhere(call) {
        return Ok(Response::empty(302).with("location", elsewhere));
    }
    or_refused(cx, call, None, begin(cx, call).await).await
}

/// The address at the host that the provider sends browsers back to, if this is another: the cookie is that host's.
pub(in crate::api) fn elsewhere(call: &Call<'_>) -> Option<String> {
    let (origin, Request { host, path, query, .. }) = (&call.resolved.tenant.origin, call.request);
    let (_, own) = origin.split_once("://")?;
    (own != host).then(|| format!("{origin}{path}{query}"))
}

async fn begin(cx: &Cx, call: &Call<'_>) -> Answer {
    let usable = usable(cx, call).await?;
    let asked = sso::asked(cx, call).await?;
    if let Kind::Saml(_) = &usable.provider.spec.kind {
        return saml::start(cx, call, &usable, asked.onward, asked.demand).await;
    }
    let begin = Begin {
        redirect_uri: callback_url(&call.resolved.tenant, &usable.provider.id),
        onward: asked.onward,
        demand: asked.demand,
        login_hint: asked.login_hint,
    };
    Ok(leave(redirect::begin(cx, &call.resolved.tenant, &usable, begin).await?))
}

/// To the provider, with the sign-in in a cookie.
pub(in crate::api) fn leave(begun: Begun) -> Response {
    let (name, value) = &begun.cookie;
    Response::empty(302)
        .with("location", begun.url)
        .with("set-cookie", sso::cookie(name, value, pending::SECONDS))
}
