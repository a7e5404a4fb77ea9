//! `/api/auth/sessions`: where the caller is signed in, and ending that.

use serde::Serialize;

use crate::api::session::ok;
use crate::api::session::shapes::Revoked;
use crate::api::tenant::list::{listed, page};
use crate::api::tenant::sessions::Session;
use crate::cx::Cx;
use crate::domain::session::principal;
use crate::domain::session::sessions::{self, SessionSummary};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Sorted;

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct OwnSession {
    /// Whether it is the caller's.
    current: bool,
    #[serde(flatten)]
    session: Session,
}

pub(super) async fn list(cx: &Cx, call: &Call<'_>, session: principal::OwnSession) -> Answer {
    let all = sessions::list(cx, &session.tenant, &session.user.id, false, &page(call)?).await?;
    let marked = |one: SessionSummary| {
        let current = one.id == session.id();
        Sorted(OwnSession { current, session: one.into() })
    };
    Ok(ok(200, listed(all, marked)))
}

/// Ends one, also the caller's own.
pub(super) async fn revoke(cx: &Cx, call: &Call<'_>, session: principal::OwnSession) -> Answer {
    let user_id = &session.user.id;
    sessions::revoke(cx, &session.tenant, user_id, user_id, call.param("id")).await?;
    Ok(ok(200, Revoked { revoked: true }))
}

/// Ends all but the caller's.
pub(super) async fn revoke_others(cx: &Cx, _: &Call<'_>, session: principal::OwnSession) -> Answer {
    sessions::revoke_others(cx, &session).await?;
    Ok(ok(200, Revoked { revoked: true }))
}
