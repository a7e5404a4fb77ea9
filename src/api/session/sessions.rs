//! `/api/auth/sessions`: where the caller is signed in, and ending that.

use serde_json::{Value, json};

use crate::api::session::ok;
use crate::api::tenant::list::{listed, page};
use crate::api::tenant::sessions::shape;
use crate::cx::Cx;
use crate::domain::session::principal::OwnSession;
use crate::domain::session::sessions::{self, SessionSummary};
use crate::http::guard::Answer;
use crate::http::request::Call;

pub(super) async fn list(cx: &Cx, call: &Call<'_>, session: OwnSession) -> Answer {
    let all = sessions::list(cx, &session.tenant, &session.user.id, false, &page(call)?).await?;
    let marked = |shown: &SessionSummary| -> Value {
        let mut one = shape(shown);
        if let Some(one) = one.as_object_mut() {
            one.insert("current".into(), (shown.id == session.id()).into());
        }
        one
    };
    Ok(ok(200, listed(&all, marked)))
}

/// Ends one, also the caller's own.
pub(super) async fn revoke(cx: &Cx, call: &Call<'_>, session: OwnSession) -> Answer {
    let user_id = &session.user.id;
    sessions::revoke(cx, &session.tenant, user_id, user_id, call.param("id")).await?;
    Ok(ok(200, json!({ "revoked": true })))
}

/// Ends all but the caller's.
pub(super) async fn revoke_others(cx: &Cx, _: &Call<'_>, session: OwnSession) -> Answer {
    sessions::revoke_others(cx, &session).await?;
    Ok(ok(200, json!({ "revoked": true })))
}
