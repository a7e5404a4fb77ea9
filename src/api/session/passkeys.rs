//! `/api/auth/passkeys`: the caller's passkeys, and signing in with one. Options and credentials are the JSON
//! that browsers read and write themselves.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::api::session::mfa::Confirmed;
use crate::api::session::{ok, step};
use crate::api::tenant::list::{listed, page};
use crate::api::webauthn::{CreationOptions, RequestOptions};
use crate::cx::Cx;
use crate::domain::refusal::Refusal;
use crate::domain::session::channel::Channel;
use crate::domain::session::principal::OwnSession;
use crate::domain::sign_in::passkeys::{self, NewPasskey};
use crate::domain::sign_in::{challenges, relying_party};
use crate::http::body::{self, SMALL};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;

/// A passkey's answer.
#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Body {
    /// `PublicKeyCredential.toJSON()`.
    credential: Value,
}

/// A new passkey, with what it is to be called.
#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct New {
    /// `PublicKeyCredential.toJSON()`.
    credential: Value,
    #[serde(default)]
    name: Option<String>,
    /// The caller's, where they did not just sign in.
    #[serde(default)]
    password: Option<String>,
}

/// The new name.
#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Name {
    name: String,
}

/// The challenge for which the passkey is the second factor; without it, the passkey signs in alone.
#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Second {
    /// What the login answered with.
    #[serde(default)]
    challenge: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Passkey {
    /// Whether it is synced between devices.
    backed_up: bool,
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    created_at: String,
    id: String,
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    last_used_at: Option<String>,
    name: String,
    /// The domain that it is for.
    rp_id: String,
}

impl From<passkeys::Passkey> for Passkey {
    fn from(passkey: passkeys::Passkey) -> Passkey {
        Passkey {
            backed_up: passkey.backed_up,
            created_at: passkey.created_at.rfc3339(),
            id: passkey.id,
            last_used_at: passkey.last_used_at.map(|at| at.rfc3339()),
            name: passkey.name,
            rp_id: passkey.rp_id,
        }
    }
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Removed {
    removed: bool,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Origins {
    origins: Vec<String>,
}

pub(super) async fn list(cx: &Cx, call: &Call<'_>, session: OwnSession) -> Answer {
    let all = passkeys::list(cx, &session, &page(call)?).await?;
    Ok(ok(200, listed(all, Passkey::from)))
}

/// `POST /api/auth/passkeys/options`.
pub(super) async fn options(cx: &Cx, call: &Call<'_>, session: OwnSession) -> Answer {
    let Confirmed { password } = body::json_or_nothing(call, SMALL).await?;
    let creation = passkeys::creation(cx, &session, &call.request.host, password.as_deref()).await?;
    Ok(ok(200, CreationOptions::from(creation)))
}

pub(super) async fn add(cx: &Cx, call: &Call<'_>, session: OwnSession) -> Answer {
    let New { credential, name, password } = body::json(call, SMALL).await?;
    let new = NewPasskey { credential: &credential, name: name.as_deref(), password: password.as_deref() };
    let passkey = passkeys::register(cx, &session, &call.request.host, new).await?;
    Ok(ok(201, Passkey::from(passkey)))
}

pub(super) async fn rename(cx: &Cx, call: &Call<'_>, session: OwnSession) -> Answer {
    let Name { name } = body::json(call, SMALL).await?;
    let passkey = passkeys::rename(cx, &session, call.param("id"), &name).await?;
    Ok(ok(200, Passkey::from(passkey)))
}

pub(super) async fn remove(cx: &Cx, call: &Call<'_>, session: OwnSession) -> Answer {
    passkeys::remove(cx, &session, call.param("id")).await?;
    Ok(ok(200, Removed { removed: true }))
}

/// `POST /api/auth/passkeys/login/options`.
pub(super) async fn login_options(cx: &Cx, call: &Call<'_>) -> Answer {
    let Second { challenge } = body::json_or_nothing(call, SMALL).await?;
    let host = &call.request.host;
    let request = match challenge {
        None => passkeys::request(cx, &call.resolved, host).await?,
        Some(secret) => {
            let waiting = challenges::find(cx, &call.resolved, &secret, Channel::Api).await?;
            passkeys::request_second(cx, &waiting, host).await?
        }
    };
    Ok(ok(200, RequestOptions::from(request)))
}

/// `POST /api/auth/passkeys/login`.
pub(super) async fn login(cx: &Cx, call: &Call<'_>) -> Answer {
    let Body { credential } = body::json(call, SMALL).await?;
    let host = &call.request.host;
    step(cx, passkeys::sign_in(cx, &call.resolved, host, &credential, None, Channel::Api).await?)
}

/// `GET /.well-known/webauthn`: whose pages may use the host's passkeys as well (§5.11.1).
pub(super) async fn origins(cx: &Cx, call: &Call<'_>) -> Answer {
    let tenant = &call.resolved.tenant;
    if !tenant.settings.passkeys {
        return Err(Refusal::NotFound.into());
    }
    let party = relying_party::of(cx, tenant, &call.request.host).await?;
    Ok(Response::json(200, &Origins { origins: party.origins }))
}
