//! `POST /api/auth/logout`: ends the session with its refresh family.

use crate::api::session::ok;
use crate::api::session::shapes::Message;
use crate::cx::Cx;
use crate::domain::session::principal::Session;
use crate::domain::session::sessions;
use crate::http::guard::Answer;
use crate::http::request::Call;

pub(super) async fn logout(cx: &Cx, _: &Call<'_>, session: Session) -> Answer {
    sessions::end(cx, &session.tenant.id, &session.user.id, session.id()).await?;
    Ok(ok(200, Message { message: "Logged out successfully" }))
}
