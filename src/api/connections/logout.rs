//! `POST /users/logout`: ends the session.

use crate::api::connections::shapes::Done;
use crate::cx::Cx;
use crate::domain::session::principal::Session;
use crate::domain::session::sessions;
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;

pub(super) async fn logout(cx: &Cx, _: &Call<'_>, session: Session) -> Answer {
    sessions::end(cx, &session.tenant.id, &session.user.id, session.id()).await?;
    Ok(Response::json(200, &Done::saying("Logged out successfully")))
}
