//! `GET /tenant/{tenant}/sso/{id}/callback`: where a browser comes back from the provider.

use crate::api::connections::with_google;
use crate::api::pages::sso;
use crate::api::sso::{or_refused, usable};
use crate::cx::Cx;
use crate::domain::federation::finish::{self, Arrival, Arrived};
use crate::domain::federation::pending::{self, PendingSignIn, Purpose};
use crate::domain::federation::redirect;
use crate::domain::providers::Usable;
use crate::domain::refusal::{Error, Federation, Refusal};
use crate::domain::session::channel::Channel;
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::oidc::params::Params;

pub(super) async fn callback(cx: &Cx, call: &Call<'_>) -> Answer {
    let params = params(call);
    let name = pending::cookie_name(params.get("state").unwrap_or_default());
    let held = call.request.headers.cookie(&name).is_some();
    let usable = match usable(cx, call).await {
        Ok(usable) => usable,
        Err(error) => return or_refused(cx, call, None, Err(error)).await,
    };
    let pending = match resume(cx, call, &usable, &params) {
        Ok(pending) => pending,
        Err(error) => return or_refused(cx, call, None, Err(error)).await,
    };
    let to_program = pending.onward.to_program;
    let channel = if to_program { Channel::Api } else { sso::channel(call) };
    let arrived = arrive(cx, call, &usable, &params, &pending, channel).await;
    let answer = match arrived {
        Ok(arrived) if to_program => with_google::answer(cx, arrived),
        Ok(arrived) => sso::answer(cx, call, &usable, &pending.onward, arrived).await,
        Err(error) => Err(error),
    };
    let answer = or_refused(cx, call, Some(&pending.onward), answer).await?;
    // One way or the other, it is over.
    Ok(if held { answer.with("set-cookie", sso::cookie(&name, "", 0)) } else { answer })
}

/// What came back with the browser.
pub(in crate::api) fn params(call: &Call<'_>) -> Params {
    Params::parse(call.request.query.strip_prefix('?').unwrap_or_default())
}

/// The sign-in that this browser began with that provider.
pub(in crate::api) fn resume(
    cx: &Cx,
    call: &Call<'_>,
    usable: &Usable,
    params: &Params,
) -> Result<PendingSignIn, Error> {
    if params.repeated().is_some() {
        let rule = "A parameter of the provider's answer comes more than once";
        return Err(Refusal::Federation(Federation::Forged(rule)).into());
    }
    let state = params.get("state").unwrap_or_default();
    let cookie = call.request.headers.cookie(&pending::cookie_name(state));
    Ok(pending::resume(cx, &call.resolved.tenant, &usable.provider.id, Purpose::SignIn, state, cookie)??)
}

/// Has the provider's answer redeemed, and goes on for whom it vouches for.
pub(in crate::api) async fn arrive(
    cx: &Cx,
    call: &Call<'_>,
    usable: &Usable,
    params: &Params,
    pending: &PendingSignIn,
    channel: Channel<'_>,
) -> Result<Arrived, Error> {
    let (tenant, provider) = (&call.resolved.tenant, &usable.provider);
    let vouched_for = async {
        let assertion = redirect::redeem(cx, tenant, usable, params, pending).await?;
        finish::check_recent(cx, provider, pending.demand, pending.begun_at(), assertion.auth_time)?;
        Ok(assertion)
    };
    let assertion = match vouched_for.await {
        Ok(assertion) => assertion,
        Err(Error::Refused(refusal)) => {
            return Err(pending::note_refused(cx, tenant, &provider.id, pending, refusal).await?);
        }
        Err(broken) => return Err(broken),
    };
    let (once, onward) = (vec![pending.once()], pending.onward.clone());
    let arrival = Arrival { provider, assertion, once, may_try: false, onward };
    match finish::arrive(cx, &call.resolved, arrival, channel).await {
        // That is decided by the address alone, before anybody is looked for.
        Err(Error::Refused(refusal @ Refusal::Federation(Federation::SsoRequired { .. }))) => {
            Err(pending::note_refused(cx, tenant, &provider.id, pending, refusal).await?)
        }
        arrived => arrived,
    }
}
