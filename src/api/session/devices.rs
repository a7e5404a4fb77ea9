//! `/api/auth/devices`: the browsers in which the caller needs no second factor for a while.

use serde::Serialize;

use crate::api::session::ok;
use crate::api::session::shapes::Revoked;
use crate::api::tenant::list::whole;
use crate::cx::Cx;
use crate::domain::session::principal::OwnSession;
use crate::domain::sign_in::trusted_devices;
use crate::http::guard::Answer;
use crate::http::request::Call;

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct Device {
    address: String,
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    created_at: String,
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    expires_at: String,
    id: String,
    /// When it last signed in without a second factor.
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    last_seen_at: String,
    user_agent: String,
}

impl From<trusted_devices::Device> for Device {
    fn from(device: trusted_devices::Device) -> Device {
        Device {
            address: device.address,
            created_at: device.created_at.rfc3339(),
            expires_at: device.expires_at.rfc3339(),
            id: device.id,
            last_seen_at: device.seen_at.rfc3339(),
            user_agent: device.user_agent,
        }
    }
}

pub(super) async fn list(cx: &Cx, _: &Call<'_>, session: OwnSession) -> Answer {
    let devices = trusted_devices::list(cx, &session).await?;
    Ok(ok(200, whole(devices, Device::from)))
}

pub(super) async fn revoke(cx: &Cx, call: &Call<'_>, session: OwnSession) -> Answer {
    trusted_devices::revoke(cx, &session, call.param("id")).await?;
    Ok(ok(200, Revoked { revoked: true }))
}
