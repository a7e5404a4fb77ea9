//! `/auth/reset-password`: GET shows the link's page; POST `{token, password}` sets the new password.

use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use crate::api::account::ok;
use crate::api::pages;
use crate::cx::Cx;
use crate::domain::refusal::{Error, Refusal, invalid};
use crate::domain::sign_in::passwords::{self, Held, Reset};
use crate::http::body;
use crate::http::guard::Answer;
use crate::http::request::Call;

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
            let mut answer = json!({ "message": "Your password is changed. Please sign in with it." });
            if let (true, Some(answer)) = (before.any(), answer.as_object_mut()) {
                answer.insert("credentials".into(), shape(&before));
                answer.insert("credentials_left".into(), shape(&left));
            }
            Ok(ok(200, &answer))
        }
        Err(Error::Refused(refusal @ Refusal::Invalid(_))) if page => {
            pages::reset_refused(cx, call, &token, &refusal).await
        }
        Err(error) => Err(error),
    }
}

/// What else than the password lets somebody into an account: how many of each.
fn shape(held: &Held) -> Value {
    json!({ "api_keys": held.api_keys, "passkeys": held.passkeys, "connections": held.connections })
}
