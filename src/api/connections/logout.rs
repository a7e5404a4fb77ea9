//! `POST /users/logout`: ends the session.

use futures_util::future::join;

use crate::api::connections::shapes::{Done, LoggedOut};
use crate::cx::Cx;
use crate::domain::saml::sign_out;
use crate::domain::session::principal::Session;
use crate::domain::session::sessions;
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;

pub(super) async fn logout(cx: &Cx, _: &Call<'_>, session: Session) -> Answer {
    let end = sessions::end(cx, &session.tenant.id, &session.user.id, session.id());
    let (ended, there) = join(end, sign_out::address(cx, &session.tenant, session.id())).await;
    ended?;
    Ok(Response::json(200, &LoggedOut { logout_url: there?, done: Done::saying("Logged out successfully") }))
}
