//! Access tokens: JWT profile of RFC 9068, with the claims that the documents show (`userId`, `tenantId`,
//! `roles`, `type`).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::json::{self, Wrong};
use crate::oidc::dpop::Confirmation;

/// The `typ` of an access token (RFC 9068 §2.1).
pub const TYP: &str = "at+jwt";

/// What an access token says beside `iat`, `nbf` and `exp`, which [`crate::crypto::jws::sign`] sets.
///
/// One that a client got for itself has no session: `sub` is its `client_id` (RFC 9068 §2.2), and `userId`,
/// `sid`, `amr`, `acr` and `auth_time` are absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessToken {
    /// The tenant's issuer.
    pub(crate) iss: String,
    /// The user's id, or the client's.
    pub(crate) sub: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) user_id: Option<String>,
    pub(crate) tenant_id: String,
    /// Who it is for: the issuer, for our APIs and the gateway, or resources (RFC 8707).
    pub(crate) aud: Audiences,
    /// The client that it was given to; absent in a person's own.
    #[serde(rename = "client_id", default, skip_serializing_if = "Option::is_none")]
    pub(crate) client_id: Option<String>,
    /// Its own id.
    pub(crate) jti: String,
    /// The session's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sid: Option<String>,
    /// The roles of the user or client, at most three; where their reader may know them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) roles: Option<Vec<String>>,
    /// Space-separated scopes.
    pub(crate) scope: String,
    /// The user's plan, or the tenant's default; where their reader may know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) plan: Option<String>,
    /// Always `access`.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// How the user signed in (RFC 8176).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) amr: Option<Vec<String>>,
    /// How well, as [`crate::oidc::id_token::acr`] has it (RFC 9470 §6.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) acr: Option<String>,
    /// When the user signed in, in seconds since the epoch.
    #[serde(rename = "auth_time", default, skip_serializing_if = "Option::is_none")]
    pub(crate) auth_time: Option<i64>,
    /// The key that it is bound to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cnf: Option<Confirmation>,
    /// Who acts for the user, in a token that was exchanged for another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) act: Option<Act>,
}

/// Who acts for the subject (RFC 8693 §4.1): the latest first, and whom that acts for before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Act {
    /// The id of the client or API key.
    pub(crate) sub: String,
    /// Who acted before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) act: Option<Box<Act>>,
}

impl Act {
    /// How many have acted, one after the other.
    pub(crate) fn depth(&self) -> usize {
        1 + self.act.as_ref().map_or(0, |before| before.depth())
    }
}

/// An `aud`: one text or a list of them (RFC 7519 §4.1.3), written as a text where it is one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Value")]
pub struct Audiences(pub Vec<String>);

impl Audiences {
    /// Just one.
    pub(crate) fn one(audience: impl Into<String>) -> Audiences {
        Audiences(vec![audience.into()])
    }

    /// Whether this one is among them.
    pub(crate) fn contain(&self, audience: &str) -> bool {
        self.0.iter().any(|one| one == audience)
    }
}

impl Serialize for Audiences {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [one] => one.serialize(to),
            many => many.serialize(to),
        }
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl utoipa::PartialSchema for Audiences {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        use utoipa::openapi::schema::OneOfBuilder;
        OneOfBuilder::new().item(String::schema()).item(Vec::<String>::schema()).into()
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl utoipa::ToSchema for Audiences {
    fn name() -> std::borrow::Cow<'static, str> {
        "Audience".into()
    }
}

impl TryFrom<Value> for Audiences {
    type Error = Wrong;

    fn try_from(read: Value) -> Result<Audiences, Wrong> {
        match read {
            Value::String(one) => Ok(Audiences(vec![one])),
            many => json::read(many).map(Audiences),
        }
    }
}

/// The part of a token that says whose key to look for.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Whose {
    /// The tenant that it claims to be of.
    pub(crate) tenant_id: String,
}
