//! `v2/IdentityProviders/{id}/SigningKeys`: the keys that our messages to a SAML provider are signed with.

use std::rc::Rc;

use serde::Serialize;

use crate::cx::Cx;
use crate::domain::saml::own_keys::{self, OwnKey};
use crate::domain::session::principal::CredentialAdmin;
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;

/// A key that signs, or will.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct SigningKey {
    /// In PEM.
    certificate: String,
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    created_at: String,
    /// When the certificate ends.
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    ends_at: String,
    /// Of the certificate: SHA-256 in hex with colons, as OpenSSL shows it.
    fingerprint: String,
    id: String,
    /// `current` signs; `next` does after it is activated.
    status: &'static str,
}

/// A provider's keys.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct SigningKeys {
    /// The one that signs, then the next one.
    items: Vec<SigningKey>,
}

impl SigningKeys {
    fn of(keys: &[OwnKey]) -> SigningKeys {
        let one = |key: &OwnKey| SigningKey {
            certificate: key.pem(),
            created_at: key.created_at.rfc3339(),
            ends_at: key.ends_at.rfc3339(),
            fingerprint: key.fingerprint(),
            id: key.id.clone(),
            status: if key.is_current { "current" } else { "next" },
        };
        SigningKeys { items: keys.iter().map(one).collect() }
    }
}

fn answer(status: u16, keys: Rc<[OwnKey]>) -> Answer {
    Ok(Response::json(status, &SigningKeys::of(&keys)))
}

pub(super) async fn list(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    answer(200, own_keys::list(cx, &admin, call.param("id")).await?)
}

pub(super) async fn create(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    answer(201, own_keys::make_next(cx, &admin, call.param("id")).await?)
}

pub(super) async fn activate(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    answer(200, own_keys::activate(cx, &admin, call.param("id"), call.param("key")).await?)
}

pub(super) async fn delete(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    own_keys::delete_next(cx, &admin, call.param("id"), call.param("key")).await?;
    Ok(Response::empty(204))
}
