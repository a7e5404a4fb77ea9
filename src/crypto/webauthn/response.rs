//! A credential as `PublicKeyCredential.toJSON()` writes it (§5.1), with what browsers leave to chance: nothing.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::crypto::webauthn::wrong::Wrong;
use crate::model::json;

/// How many ways to reach an authenticator are kept, and how long a name of one may be.
const MOST_TRANSPORTS: usize = 8;
const LONGEST_TRANSPORT: usize = 32;

/// What a browser answers to creation options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// The credential id.
    pub id: Vec<u8>,
    /// Client data, as it was hashed.
    pub client_data: Vec<u8>,
    /// The attestation object.
    pub attestation_object: Vec<u8>,
    /// How the authenticator is reached, as far as the browser says.
    pub transports: Vec<String>,
}

/// What a browser answers to request options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assertion {
    /// The credential id.
    pub id: Vec<u8>,
    /// Client data, as it was hashed.
    pub client_data: Vec<u8>,
    /// Authenticator data, as it was signed.
    pub authenticator_data: Vec<u8>,
    /// The signature over both.
    pub signature: Vec<u8>,
    /// Whose credential it is, as the authenticator knows it.
    pub user_handle: Option<Vec<u8>>,
}

fn bytes(of: &Value, name: &str) -> Result<Vec<u8>, Wrong> {
    let text = of.get(name).and_then(Value::as_str).ok_or(Wrong::Shape)?;
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Wrong::Shape)
}

/// The credential id, and what the authenticator answered.
fn parts(credential: &Value) -> Result<(Vec<u8>, &Value), Wrong> {
    let id = bytes(credential, "rawId")?;
    let same = credential.get("id") == credential.get("rawId");
    let kind = credential.get("type").and_then(Value::as_str);
    match credential.get("response") {
        Some(response) if same && kind == Some("public-key") => Ok((id, response)),
        _ => Err(Wrong::Shape),
    }
}

impl Registration {
    /// Parses it.
    ///
    /// # Errors
    /// [`Wrong::Shape`].
    pub fn parse(credential: &Value) -> Result<Registration, Wrong> {
        let (id, response) = parts(credential)?;
        let transports = response.get("transports").and_then(Value::as_array);
        let transports = transports.into_iter().flatten().filter_map(Value::as_str);
        // Names that we do not know are kept: they are for the browser (§5.8.4).
        let plain = |name: &&str| {
            (1..=LONGEST_TRANSPORT).contains(&name.len())
                && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
        };
        Ok(Registration {
            id,
            client_data: bytes(response, "clientDataJSON")?,
            attestation_object: bytes(response, "attestationObject")?,
            transports: transports.filter(plain).take(MOST_TRANSPORTS).map(str::to_owned).collect(),
        })
    }
}

impl Assertion {
    /// Parses it.
    ///
    /// # Errors
    /// [`Wrong::Shape`].
    pub fn parse(credential: &Value) -> Result<Assertion, Wrong> {
        let (id, response) = parts(credential)?;
        let user_handle = match response.get("userHandle") {
            None | Some(Value::Null) => None,
            Some(_) => Some(bytes(response, "userHandle")?),
        };
        Ok(Assertion {
            id,
            client_data: bytes(response, "clientDataJSON")?,
            authenticator_data: bytes(response, "authenticatorData")?,
            signature: bytes(response, "signature")?,
            user_handle,
        })
    }
}

/// The challenge that client data says it answers, to find the ceremony by; nothing about it is believed yet.
pub(crate) fn challenge(client_data: &[u8]) -> Option<String> {
    let data = json::parse(client_data).ok()?;
    data.get("challenge").and_then(Value::as_str).map(str::to_owned)
}
