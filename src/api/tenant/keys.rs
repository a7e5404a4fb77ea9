//! `v2/Keys`: the keys that sign tokens. `POST v2/Keys/rotate`: rotates the signing keys now. `{"revoke": true}` refuses at once whatever the
//! keys before signed. `POST v2/Keys/reseal`: seals a page of what is sealed under another key than `SEAL_KEY` anew.

use serde::{Deserialize, Serialize};

use crate::api::tenant::list::whole;
use crate::cx::Cx;
use crate::domain::key_rotation::{self, KeyStatus};
use crate::domain::reseal::{self, Place};
use crate::domain::session::principal::{Admin, Operator};
use crate::http::body::{self, SMALL};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::model::signing_alg::SigningAlg;
use crate::store::keys::KeyRow;

/// A key that signs tokens, or whose signatures are accepted.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct TokenKey {
    /// From when it signs.
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    active_at: String,
    /// `ES256`, or `RS256` of a tenant that has a client which needs it.
    alg: SigningAlg,
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    created_at: String,
    /// Until when what it signed is accepted; null while it has no successor that signs.
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    gone_at: Option<String>,
    kid: String,
    status: KeyStatus,
}

impl From<(KeyRow, KeyStatus)> for TokenKey {
    fn from((key, status): (KeyRow, KeyStatus)) -> TokenKey {
        TokenKey {
            active_at: key.active_at.rfc3339(),
            alg: key.alg,
            created_at: key.created_at.rfc3339(),
            gone_at: key.gone_at.map(|at| at.rfc3339()),
            kid: key.kid,
            status,
        }
    }
}

pub(super) async fn list(cx: &Cx, _: &Call<'_>, admin: Admin) -> Answer {
    let keys = key_rotation::list(cx, &admin.tenant).await?;
    Ok(Response::json(200, &whole(keys, TokenKey::from)))
}

#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Body {
    #[serde(default)]
    revoke: bool,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct Rotated {
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    active_at: String,
    kid: String,
}

pub(super) async fn rotate(cx: &Cx, call: &Call<'_>, admin: Admin) -> Answer {
    let body: Body = body::json_or_nothing(call, SMALL).await?;
    let rotated = key_rotation::rotate(cx, &admin.tenant, admin.actor(), body.revoke).await?;
    Ok(Response::json(200, &Rotated { active_at: rotated.active_at.rfc3339(), kid: rotated.kid }))
}

#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct ResealBody {
    /// What the page before answered; the first page has none.
    #[serde(default)]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    next: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct Resealed {
    /// The id of `SEAL_KEY`, which sealed values name.
    key_id: String,
    /// Where the next page begins; absent with the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    next: Option<String>,
    /// Values in the whole database that are still under another key. At 0 `SEAL_KEY_PREVIOUS` is not needed any more.
    remaining: i64,
    /// Values of this page that were sealed anew.
    resealed: i64,
    /// Values of this page that neither key opens: they are left as they are.
    unreadable: i64,
}

pub(super) async fn reseal(cx: &Cx, call: &Call<'_>, operator: Operator) -> Answer {
    let body: ResealBody = body::json_or_nothing(call, SMALL).await?;
    let from = body.next.as_deref().map(Place::parse).transpose()?;
    let page = reseal::run(cx, operator.actor(), from).await?;
    Ok(Response::json(
        200,
        &Resealed {
            key_id: page.key_id,
            next: page.next.map(Place::to_text),
            remaining: page.remaining,
            resealed: page.resealed,
            unreadable: page.unreadable,
        },
    ))
}
