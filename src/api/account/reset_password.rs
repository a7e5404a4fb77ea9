//! `/auth/reset-password`: GET shows the link's page; POST `{token, password}` sets the new password.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::api::pages;
use crate::cx::Cx;
use crate::domain::refusal::{Error, Refusal, invalid};
use crate::domain::sign_in::passwords::{self, Held, Reset};
use crate::http::body;
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;

#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Body {
    /// Absent in a POST to the mailed link itself, which carries it.
    #[serde(default)]
    token: Option<String>,
    #[serde(alias = "new_password")]
    password: String,
    /// Whether the account's API keys, passkeys and connected apps end as well.
    #[serde(default, deserialize_with = "ticked")]
    end_credentials: bool,
}

/// A flag: `true` and `false`, in a form as text; a box that is ticked says `1`.
fn ticked<'de, D: Deserializer<'de>>(field: D) -> Result<bool, D::Error> {
    match Value::deserialize(field)? {
        Value::Bool(ticked) => Ok(ticked),
        Value::String(text) if text == "true" || text == "1" => Ok(true),
        Value::String(text) if text == "false" || text.is_empty() => Ok(false),
        _ => Err(serde::de::Error::custom("end_credentials: true or false")),
    }
}

/// A password that was reset.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct WasReset {
    /// What else let somebody in, if anything did: `end_credentials` ends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    credentials: Option<HeldBefore>,
    /// What of it still does. A passkey that is the account's only second factor stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    credentials_left: Option<HeldBefore>,
    message: &'static str,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
struct HeldBefore {
    api_keys: i64,
    /// Apps that may act for the user.
    connections: i64,
    passkeys: i64,
}

impl From<Held> for HeldBefore {
    fn from(held: Held) -> HeldBefore {
        HeldBefore { api_keys: held.api_keys, connections: held.connections, passkeys: held.passkeys }
    }
}

pub(super) async fn show(cx: &Cx, call: &Call<'_>) -> Answer {
    pages::reset_password(cx, call, &call.query("token").unwrap_or_default()).await
}

pub(super) async fn reset(cx: &Cx, call: &Call<'_>) -> Answer {
    let body: Body = body::json_or_form(call).await?;
    let token = body.token.or_else(|| call.query("token")).ok_or_else(|| invalid("token", "is missing"))?;
    let page = call.request.wants_page();
    match passwords::reset(cx, &token, &body.password, body.end_credentials).await {
        Ok(reset) if page => pages::password_reset(cx, call, reset).await,
        Ok(Reset { before, left, .. }) => {
            let held = before.any();
            let answer = WasReset {
                credentials: held.then(|| before.into()),
                credentials_left: held.then(|| left.into()),
                message: "Your password is changed. Please sign in with it.",
            };
            Ok(Response::json(200, &answer))
        }
        Err(Error::Refused(refusal @ Refusal::Invalid(_))) if page => {
            pages::reset_refused(cx, call, &token, &refusal).await
        }
        Err(error) => Err(error),
    }
}
