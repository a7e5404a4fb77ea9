//! `/tenant/{tenant}/change-email`: the page behind the links that confirm another address.

use crate::api::pages::form::Fields;
use crate::api::pages::magic_link::MagicLink;
use crate::api::pages::messages::fill;
use crate::api::pages::notice::show_notice;
use crate::api::pages::place::Place;
use crate::cx::Cx;
use crate::domain::refusal::{Error, Refusal};
use crate::domain::session::principal;
use crate::domain::session::sessions::COOKIE;
use crate::domain::sign_in::email_change::{self, Confirmed};
use crate::http::guard::Answer;
use crate::http::request::Call;

/// Says what is to be confirmed: looking at it changes nothing.
pub(super) async fn show(cx: &Cx, call: &Call<'_>) -> Answer {
    let place = &Place::of(cx, call, None).await?;
    let token = &call.query("token").ok_or(Refusal::LinkDead)?;
    let m = place.m;
    let looked = match email_change::look(cx, &call.resolved, token).await {
        Err(Error::Refused(Refusal::LinkDead))
            if email_change::is_done(cx, &call.resolved, token).await? =>
        {
            let next = Some(("account", m.account));
            return Ok(show_notice(place, m.change_email_already, m.change_email_done_text, next)?);
        }
        looked => looked?,
    };
    let sentence = if looked.is_new { m.confirm_email_new } else { m.confirm_email_old };
    let text = fill(&fill(sentence, "new", &looked.new_email), "old", &looked.email);
    let (title, button, page) = (m.change_email, m.verify_button, "change-email");
    let button = if looked.is_new { button } else { m.confirm_email_button };
    Ok(place
        .page(200, &MagicLink { m, place, page, title, text, token, button, email: "", problem: None })?)
}

/// Confirms it.
pub(super) async fn submit(cx: &Cx, call: &Call<'_>) -> Answer {
    let fields = Fields::of(call).await?;
    let place = &Place::of(cx, call, Some(&fields)).await?;
    let m = place.m;
    let cookie = call.request.headers.cookie(COOKIE);
    let session = principal::browser(cx, &call.resolved, cookie).await?;
    match email_change::confirm(cx, &call.resolved, fields.need("token")?, session.as_ref()).await? {
        Confirmed::Waits => Ok(show_notice(place, m.verified, m.change_email_waits, None)?),
        Confirmed::Done => Ok(show_notice(
            place,
            m.change_email_done,
            m.change_email_done_text,
            Some(("account", m.account)),
        )?),
    }
}
