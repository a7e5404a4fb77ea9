//! `POST /api/auth/logout`: ends the session with its refresh family.

use futures_util::future::join;

use crate::api::session::ok;
use crate::api::session::shapes::LoggedOut;
use crate::cx::Cx;
use crate::domain::saml::sign_out;
use crate::domain::session::principal::Session;
use crate::domain::session::sessions;
use crate::http::guard::Answer;
use crate::http::request::Call;

pub(super) async fn logout(cx: &Cx, _: &Call<'_>, session: Session) -> Answer {
    let end = sessions::end(cx, &session.tenant.id, &session.user.id, session.id());
    let (ended, there) = join(end, sign_out::address(cx, &session.tenant, session.id())).await;
    ended?;
    Ok(ok(200, LoggedOut { logout_url: there?, message: "Logged out successfully" }))
}
