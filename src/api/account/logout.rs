//! `POST /auth/logout`: ends the session of the bearer token, or of `{refresh_token}`.

use futures_util::future::join;
use serde::Deserialize;

use crate::api::account::shapes::LoggedOut;
use crate::cx::Cx;
use crate::domain::saml::sign_out;
use crate::domain::session::{principal, refresh, sessions};
use crate::http::body::{self, SMALL};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;

#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Body {
    #[serde(default)]
    refresh_token: Option<String>,
}

pub(super) async fn logout(cx: &Cx, call: &Call<'_>) -> Answer {
    let body: Body = body::json_or_nothing(call, SMALL).await?;
    let logout_url = match &body.refresh_token {
        Some(token) => match refresh::end(cx, &call.resolved, token).await? {
            Some(ended) => sign_out::address(cx, &ended.tenant, &ended.session_id).await?,
            None => None,
        },
        None => {
            let session = principal::session(cx, &call.resolved, &call.sent()).await?;
            let end = sessions::end(cx, &session.tenant.id, &session.user.id, session.id());
            let (ended, there) = join(end, sign_out::address(cx, &session.tenant, session.id())).await;
            ended?;
            there?
        }
    };
    Ok(Response::json(200, &LoggedOut { logout_url, message: "Logged out successfully" }))
}
