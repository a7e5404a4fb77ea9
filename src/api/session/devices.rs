//! `/api/auth/devices`: the browsers in which the caller needs no second factor for a while.

use serde_json::{Value, json};

use crate::api::session::ok;
use crate::api::tenant::list::whole;
use crate::cx::Cx;
use crate::domain::session::principal::OwnSession;
use crate::domain::sign_in::trusted_devices::{self, Device};
use crate::http::guard::Answer;
use crate::http::request::Call;

fn shape(device: &Device) -> Value {
    json!({
        "id": device.id, "address": device.address, "userAgent": device.user_agent,
        "createdAt": device.created_at.rfc3339(), "lastSeenAt": device.seen_at.rfc3339(),
        "expiresAt": device.expires_at.rfc3339(),
    })
}

pub(super) async fn list(cx: &Cx, _: &Call<'_>, session: OwnSession) -> Answer {
    let devices = trusted_devices::list(cx, &session).await?;
    Ok(ok(200, whole(&devices, shape)))
}

pub(super) async fn revoke(cx: &Cx, call: &Call<'_>, session: OwnSession) -> Answer {
    trusted_devices::revoke(cx, &session, call.param("id")).await?;
    Ok(ok(200, json!({ "revoked": true })))
}
