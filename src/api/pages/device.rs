//! `/tenant/{tenant}/device`: a person connects a device (RFC 8628 §3.3).

use crate::api::pages::device_view as view;
use crate::api::pages::form::Fields;
use crate::api::pages::place::Place;
use crate::api::pages::waiting::About;
use crate::api::wording::with_headers;
use crate::cx::Cx;
use crate::domain::oauth::device;
use crate::domain::refusal::{Error, Refusal};
use crate::domain::session::principal::{self, OwnSession};
use crate::domain::session::sessions::COOKIE;
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::oidc::user_code;

/// Asks for the code. The one that the address brings is only filled in (§3.3.1), so that looking at the page
/// tells nothing about a code.
pub(super) async fn show(cx: &Cx, call: &Call<'_>) -> Answer {
    let place = &Place::of(cx, call, None).await?;
    let typed = call.query("user_code").unwrap_or_default();
    if person(cx, call).await?.is_none() {
        return Ok(Response::see_other(&view::sign_in(&call.resolved.tenant, &typed)));
    }
    let shown = user_code::parse(&typed).map(|code| user_code::format(&code));
    Ok(view::enter(place, shown.as_deref().unwrap_or_default(), None)?)
}

/// Shows what the device asks for, and takes the decision.
pub(super) async fn submit(cx: &Cx, call: &Call<'_>) -> Answer {
    let fields = Fields::of(call).await?;
    let place = &Place::of(cx, call, Some(&fields)).await?;
    let typed = fields.need("user_code")?;
    let Some(person) = person(cx, call).await? else {
        return Ok(Response::see_other(&view::sign_in(&call.resolved.tenant, typed)));
    };
    match decide(cx, place, &person, typed, fields.get("decision")).await {
        Err(Error::Refused(refusal @ (Refusal::NotFound | Refusal::Limited(_)))) => {
            Ok(with_headers(view::enter(place, typed, Some(&refusal))?, &refusal))
        }
        answer => answer,
    }
}

async fn decide(cx: &Cx, place: &Place, person: &OwnSession, typed: &str, decision: Option<&str>) -> Answer {
    let allow = match decision {
        None => {
            let found = device::find(cx, &place.tenant, person, typed).await?;
            return Ok(view::confirm(
                place,
                &person.user.email,
                &found.user_code,
                &found.client.shown_name(),
                &found.scopes,
                &found.resources,
                About::of(&found.client).document.as_deref(),
            )?);
        }
        Some("allow") => true,
        Some("deny") => false,
        Some(_) => return Err(Refusal::Malformed("a decision is allow or deny".into()).into()),
    };
    device::decide(cx, &place.tenant, person, typed, allow).await?;
    Ok(view::show_decision(place, allow)?)
}

async fn person(cx: &Cx, call: &Call<'_>) -> Result<Option<OwnSession>, Error> {
    principal::browser(cx, &call.resolved, call.request.headers.cookie(COOKIE)).await
}
