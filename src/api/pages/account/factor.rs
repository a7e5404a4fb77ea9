//! The section of the second factor: setting one up, fresh backup codes, removing it.

use crate::api::pages::form::Fields;
use crate::api::pages::messages::fill;
use crate::api::pages::mfa_view;
use crate::api::pages::place::{Place, browser};
use crate::cx::Cx;
use crate::domain::refusal::Error;
use crate::domain::session::principal::OwnSession;
use crate::domain::sign_in::{challenges, enrolment};
use crate::domain::tenants::MfaPolicy;
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::model::factor::Method;
use crate::model::state::Mfa;

/// What it shows.
pub(super) struct Shown {
    /// What there is.
    pub(crate) text: &'static str,
    /// Whether there is one.
    pub(crate) has: bool,
    /// Whether it is codes by mail.
    pub(crate) by_mail: bool,
    /// Whether it may be removed.
    pub(crate) removable: bool,
    /// Whether one may be set up.
    pub(crate) settable: bool,
    /// How many backup codes are left.
    pub(crate) left: String,
}

/// What it shows; nothing where neither the tenant nor the user has second factors.
pub(super) async fn view(cx: &Cx, place: &Place, session: &OwnSession) -> Result<Option<Shown>, Error> {
    let m = place.m;
    let policy = place.tenant.settings.mfa;
    if policy == MfaPolicy::Off && session.user.mfa == Mfa::None {
        return Ok(None);
    }
    let (text, has, by_mail) = match session.user.mfa {
        Mfa::Totp => (m.factor_totp, true, false),
        Mfa::Email => (m.factor_email, true, true),
        Mfa::None => (m.factor_none, false, false),
    };
    let left = if has { enrolment::backup_codes_left(cx, session).await? } else { 0 };
    let left = fill(m.factor_left, "n", left);
    let (removable, settable) = (policy != MfaPolicy::Required, policy != MfaPolicy::Off);
    Ok(Some(Shown { text, has, by_mail, removable, settable, left }))
}

/// Begins to set one up; the page of second factors goes on, and comes back here.
pub(super) async fn begin(
    cx: &Cx,
    call: &Call<'_>,
    place: &Place,
    session: &OwnSession,
    method: Method,
) -> Answer {
    let waiting = challenges::for_enrolment(cx, session, method, None, browser(call)).await?;
    Ok(place.second(&waiting))
}

/// Mails a code to a user who uses those.
pub(super) async fn send(cx: &Cx, call: &Call<'_>, session: &OwnSession) -> Result<(), Error> {
    challenges::for_session(cx, session, None, browser(call)).await.map(drop)
}

/// Removes it, with a code of it.
pub(super) async fn off(cx: &Cx, session: &OwnSession, fields: &Fields) -> Result<(), Error> {
    enrolment::disable(cx, session, fields.need("code")?).await
}

/// Fresh backup codes, with a code of it; they are shown once.
pub(super) async fn codes(cx: &Cx, place: &Place, session: &OwnSession, fields: &Fields) -> Answer {
    let codes = enrolment::new_backup_codes(cx, session, fields.need("code")?).await?;
    let shown: Response = mfa_view::backup_codes(place, &codes)?;
    Ok(shown)
}
