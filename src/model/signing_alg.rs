//! The algorithms that we sign with (RFC 7518 §3.1).

use serde::{Deserialize, Serialize};

/// How a token of ours is signed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "UPPERCASE")]
pub enum SigningAlg {
    /// ECDSA on P-256 with SHA-256 (§3.4): what everything is signed with unless a client says otherwise.
    #[default]
    Es256,
    /// RSASSA-PKCS1-v1_5 with SHA-256 (§3.3), for clients that know nothing else.
    Rs256,
}

impl SigningAlg {
    /// All, as metadata lists them.
    pub(crate) const ALL: [SigningAlg; 2] = [SigningAlg::Es256, SigningAlg::Rs256];
}

/// How answers of the UserInfo endpoint are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "UPPERCASE")]
pub enum UserinfoAlg {
    /// Not at all: they are plain JSON.
    #[serde(rename = "none")]
    None,
    /// As [`SigningAlg::Es256`].
    Es256,
    /// As [`SigningAlg::Rs256`].
    Rs256,
}

impl UserinfoAlg {
    /// What signs, if something does.
    pub(crate) fn signing(self) -> Option<SigningAlg> {
        match self {
            UserinfoAlg::None => None,
            UserinfoAlg::Es256 => Some(SigningAlg::Es256),
            UserinfoAlg::Rs256 => Some(SigningAlg::Rs256),
        }
    }
}
