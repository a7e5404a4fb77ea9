//! SAML 2.0 at `/tenant/{tenant}/sso/{id}`: `metadata`, and where browsers bring a provider's messages to, `acs` and
//! `slo`. They come as forms of the provider's pages, so what binds them to a browser is a cookie that such forms bring.

use crate::api::pages::{self, sso};
use crate::api::sso::{or_refused, usable};
use crate::cx::Cx;
use crate::domain::federation::begin::{Demand, Onward};
use crate::domain::federation::finish::{self, Arrival, Arrived};
use crate::domain::federation::pending::{self, PendingSignIn};
use crate::domain::providers::Usable;
use crate::domain::refusal::{Error, Federation, Refusal};
use crate::domain::saml::logout::{self, Done, Sent};
use crate::domain::saml::metadata as document;
use crate::domain::saml::sending::Sending;
use crate::domain::saml::sign_in;
use crate::http::body;
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::oidc::params::Params;

pub(super) async fn metadata(cx: &Cx, call: &Call<'_>) -> Answer {
    let usable = usable(cx, call).await?;
    let text = document::of(cx, &call.resolved.tenant, &usable.provider).await?;
    Ok(Response::text_of(document::MEDIA_TYPE, text))
}

/// The certificate for the provider's administrators.
pub(super) async fn certificate(cx: &Cx, call: &Call<'_>) -> Answer {
    let usable = usable(cx, call).await?;
    let text = document::certificate(cx, &call.resolved.tenant, &usable.provider).await?;
    let name = format!("attachment; filename=\"{}.pem\"", usable.provider.id);
    Ok(Response::text_of(document::PEM_MEDIA_TYPE, text).with("content-disposition", name))
}

/// Sends a browser to the provider.
pub(super) async fn start(
    cx: &Cx,
    call: &Call<'_>,
    usable: &Usable,
    onward: Onward,
    demand: Demand,
) -> Answer {
    let begun = sign_in::begin(cx, &call.resolved.tenant, &usable.provider, onward, demand).await?;
    let (name, value) = &begun.cookie;
    let cookie = sso::cross_site_cookie(name, value, pending::SECONDS);
    let answer = match &begun.sending {
        Sending::Redirect(url) => Response::empty(302).with("location", url.clone()),
        Sending::Form(_) => pages::send(call.request, &begun.sending)?,
    };
    Ok(answer.with("set-cookie", cookie))
}

pub(super) async fn acs(cx: &Cx, call: &Call<'_>) -> Answer {
    let params = match params(call).await {
        Ok(params) => params,
        Err(error) => return or_refused(cx, call, None, Err(error)).await,
    };
    let (name, cookie) = held(call, &params);
    let (onward, answer) = match usable(cx, call).await {
        Ok(usable) => consume(cx, call, &usable, &params, cookie).await,
        Err(error) => (None, Err(error)),
    };
    let answer = or_refused(cx, call, onward.as_ref(), answer).await?;
    // One way or the other, it is over.
    Ok(forget(answer, &name, cookie))
}

/// Has the message believed, and goes on for whom it vouches for; with what was to come after, as far as that is known.
async fn consume(
    cx: &Cx,
    call: &Call<'_>,
    usable: &Usable,
    params: &Params,
    cookie: Option<&str>,
) -> (Option<Onward>, Answer) {
    let (tenant, provider) = (&call.resolved.tenant, &usable.provider);
    let response = params.get("SAMLResponse").unwrap_or_default();
    let pending = match sign_in::resume(cx, tenant, provider, params.get("RelayState"), cookie) {
        Err(Error::Refused(refusal)) => Err(sign_in::note_refused(cx, tenant, provider, refusal).await),
        other => other,
    };
    let onward = pending.as_ref().ok().and_then(Option::as_ref).map(|pending| pending.onward.clone());
    let arrived = match pending {
        Ok(pending) => arrive(cx, call, usable, response, pending).await,
        Err(error) => Err(error),
    };
    let answer = match arrived {
        Ok(arrived) => {
            let onward = onward.clone().unwrap_or_default();
            sso::answer(cx, call, usable, &onward, arrived).await
        }
        Err(error) => Err(error),
    };
    (onward, answer)
}

async fn arrive(
    cx: &Cx,
    call: &Call<'_>,
    usable: &Usable,
    response: &str,
    pending: Option<PendingSignIn>,
) -> Result<Arrived, Error> {
    let (tenant, provider) = (&call.resolved.tenant, &usable.provider);
    let assertion = match sign_in::accept(cx, tenant, provider, response, pending.as_ref()) {
        Err(Error::Refused(refusal)) => {
            return Err(sign_in::note_refused(cx, tenant, provider, refusal).await);
        }
        other => other?,
    };
    if let Some(pending) = &pending {
        finish::check_recent(cx, provider, pending.demand, pending.begun_at(), assertion.auth_time)?;
    }
    let once = pending.iter().map(PendingSignIn::once).collect();
    let onward = pending.map(|pending| pending.onward).unwrap_or_default();
    let arrival = Arrival { provider, assertion, once, may_try: false, onward };
    finish::arrive(cx, &call.resolved, arrival, sso::channel(call)).await
}

/// A logout message by redirect.
pub(super) async fn slo(cx: &Cx, call: &Call<'_>) -> Answer {
    let query = call.request.query.strip_prefix('?').unwrap_or(&call.request.query);
    let (name, cookie) = held(call, &Params::parse(query));
    let answer = sign_out(cx, call, Sent::Query(query), cookie).await;
    let answer = or_refused(cx, call, None, answer).await?;
    Ok(forget(answer, &name, cookie))
}

/// A logout message by form.
pub(super) async fn posted_slo(cx: &Cx, call: &Call<'_>) -> Answer {
    let params = match params(call).await {
        Ok(params) => params,
        Err(error) => return or_refused(cx, call, None, Err(error)).await,
    };
    let (name, cookie) = held(call, &params);
    let sent = match (params.get("SAMLRequest"), params.get("SAMLResponse")) {
        (Some(message), None) | (None, Some(message)) => {
            Ok(Sent::Form { message, relay_state: params.get("RelayState") })
        }
        _ => Err(twice()),
    };
    let answer = match sent {
        Ok(sent) => sign_out(cx, call, sent, cookie).await,
        Err(error) => Err(error),
    };
    let answer = or_refused(cx, call, None, answer).await?;
    Ok(forget(answer, &name, cookie))
}

async fn sign_out(cx: &Cx, call: &Call<'_>, sent: Sent<'_>, cookie: Option<&str>) -> Answer {
    let (tenant, usable) = (&call.resolved.tenant, usable(cx, call).await?);
    match logout::receive(cx, tenant, &usable.provider, sent, cookie).await {
        Ok(Done::Answer(Sending::Redirect(url))) => Ok(Response::see_other(&url)),
        Ok(Done::Answer(sending)) => pages::send(call.request, &sending),
        Ok(Done::Over(Some(back))) => Ok(Response::see_other(&back)),
        Ok(Done::Over(None)) => pages::signed_out(call.request, Some(&tenant.id)),
        Err(Error::Refused(refusal)) => {
            Err(sign_in::note_refused(cx, tenant, &usable.provider, refusal).await)
        }
        Err(broken) => Err(broken),
    }
}

/// The fields of a form of another site, each there once.
async fn params(call: &Call<'_>) -> Result<Params, Error> {
    let params = body::large_params(call).await?;
    match params.repeated() {
        Some(_) => Err(twice()),
        None => Ok(params),
    }
}

fn twice() -> Error {
    let rule = "A field of the provider's answer is missing or comes more than once";
    Refusal::Federation(Federation::Forged(rule)).into()
}

/// The name of the cookie for the state that a message comes with, and what this browser holds there.
fn held<'a>(call: &'a Call<'_>, params: &Params) -> (String, Option<&'a str>) {
    let name = pending::cookie_name(params.get("RelayState").unwrap_or_default());
    let cookie = call.request.headers.cookie(&name);
    (name, cookie)
}

fn forget(answer: Response, name: &str, cookie: Option<&str>) -> Response {
    match cookie {
        Some(_) => answer.with("set-cookie", sso::cross_site_cookie(name, "", 0)),
        None => answer,
    }
}
