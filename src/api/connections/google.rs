//! `GET /users/auth/google` and its callback: signs in with Google by redirect, for a token; who says where to return to
//! gets a cookie and goes there.

use std::rc::Rc;

use crate::api::connections::with_google::answer;
use crate::api::pages::sso;
use crate::api::sso::callback::{arrive, params, resume};
use crate::api::sso::start::{elsewhere, leave};
use crate::cx::Cx;
use crate::domain::federation::pending;
use crate::domain::federation::redirect::{self, Begin, callback_url};
use crate::domain::providers::{self, Usable};
use crate::domain::refusal::{Error, Federation, Refusal};
use crate::domain::session::channel::Channel;
use crate::domain::tenants::Tenant;
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::model::identity_provider::Kind;

/// Where Google sends browsers back to.
const CALLBACK: &str = "/users/auth/google/callback";

/// The provider with the id `google`, else the only one of its kind.
async fn google(cx: &Cx, tenant: &Tenant) -> Result<Rc<Usable>, Error> {
    let all = providers::all_enabled(cx, tenant).await?;
    let mut ours = all.iter().filter(|one| matches!(one.provider.spec.kind, Kind::Google(_)));
    let usable = match (ours.clone().find(|one| one.provider.id == "google"), ours.next(), ours.next()) {
        (Some(named), ..) => Some(named),
        (None, only, None) => only,
        (None, ..) => None,
    };
    Ok(usable.cloned().ok_or(Refusal::Federation(Federation::NotConfigured))?)
}

pub(super) async fn start(cx: &Cx, call: &Call<'_>) -> Answer {
    let tenant = &call.resolved.tenant;
    let usable = google(cx, tenant).await?;
    if let Some(elsewhere) = elsewhere(call) {
        return Ok(Response::empty(302).with("location", elsewhere));
    }
    let mut asked = sso::asked(cx, call).await?;
    asked.onward.to_program = asked.onward.return_to.is_none() && asked.onward.request.is_none();
    // What comes back names no tenant but by its host.
    let by_header = call.request.headers.get("x-tenant-id").is_some();
    let redirect_uri = match by_header {
        true => callback_url(tenant, &usable.provider.id),
        false => format!("{}{CALLBACK}", tenant.origin),
    };
    let begin =
        Begin { redirect_uri, onward: asked.onward, demand: asked.demand, login_hint: asked.login_hint };
    Ok(leave(redirect::begin(cx, tenant, &usable, begin).await?))
}

pub(super) async fn callback(cx: &Cx, call: &Call<'_>) -> Answer {
    let usable = google(cx, &call.resolved.tenant).await?;
    let params = params(call);
    let pending = resume(cx, call, &usable, &params)?;
    let channel = if pending.onward.to_program { Channel::Api } else { sso::channel(call) };
    let arrived = arrive(cx, call, &usable, &params, &pending, channel).await?;
    let answer = match pending.onward.to_program {
        true => answer(cx, arrived)?,
        false => sso::answer(cx, call, &usable, &pending.onward, arrived).await?,
    };
    let name = pending::cookie_name(&pending.state);
    Ok(answer.with("set-cookie", sso::cookie(&name, "", 0)))
}
