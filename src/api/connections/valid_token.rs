//! `GET /auth/valid-token`: an access token of a provider's that is good.

use serde::Serialize;

use crate::cx::Cx;
use crate::domain::refusal::invalid;
use crate::domain::vault::reader::VaultReader;
use crate::domain::vault::valid_token;
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::model::reason::Reason;

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct ValidToken<'a> {
    access_token: &'a str,
    /// Seconds that it is good for; absent where it has no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    expires_in: Option<i64>,
    /// What of `scopes` was not granted: `GET /auth/connect/{id}` asks the person for it.
    #[serde(rename = "missingScopes", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    missing_scopes: Option<&'a [String]>,
    /// What it is for, separated by spaces.
    scope: &'a str,
    token_type: &'static str,
}

pub(super) async fn read(cx: &Cx, call: &Call<'_>, reader: VaultReader) -> Answer {
    let provider_id = call.query("providerId").ok_or_else(|| invalid("providerId", Reason::Missing))?;
    let (user_id, label, asked) = (call.query("userId"), call.query("label"), call.query("scopes"));
    let scopes: Vec<String> =
        asked.iter().flat_map(|scopes| scopes.split_ascii_whitespace()).map(str::to_owned).collect();
    let found =
        valid_token::find(cx, &reader, &provider_id, user_id.as_deref(), label.as_deref(), &scopes).await?;
    let body = ValidToken {
        access_token: &found.access_token,
        expires_in: found.expires_in,
        missing_scopes: asked.as_ref().map(|_| found.missing_scopes.as_slice()),
        scope: &found.scope,
        token_type: "Bearer",
    };
    Ok(Response::json(200, &body))
}
