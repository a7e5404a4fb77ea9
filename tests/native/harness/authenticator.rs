//! An authenticator and the browser before it, whose every word can be made a lie.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::harness::{ORIGIN, Signer};

/// User present, user verified, may be synced.
const HONEST: u8 = 0x01 | 0x04 | 0x08;

/// One credential and how its ceremonies look.
pub struct Authenticator {
    pub signer: Signer,
    pub credential_id: Vec<u8>,
    /// Where the browser is.
    pub origin: String,
    /// What the credential is scoped to, whatever the options say.
    pub rp_id: String,
    /// The flags of the next ceremony, but for those of what is attached.
    pub flags: u8,
    /// The counter of the next ceremony; one that is not 0 goes up by itself.
    pub count: u32,
    /// Whose credential it is.
    pub user_handle: Option<Value>,
    /// Members of client data that replace the honest ones; null removes one.
    pub client_data: Value,
    /// The format that it says its attestation is of, with the statement in CBOR.
    pub attestation: (&'static str, Vec<u8>),
    /// Extension outputs in CBOR.
    pub extensions: Option<Vec<u8>>,
}

/// A head of CBOR (RFC 8949 §3) with its argument in one or two bytes.
fn head(major: u8, argument: usize) -> Vec<u8> {
    match argument {
        0..=23 => vec![major << 5 | argument as u8],
        24..=255 => vec![major << 5 | 24, argument as u8],
        _ => vec![major << 5 | 25, (argument >> 8) as u8, argument as u8],
    }
}

/// A byte string in CBOR.
pub fn cbor_bytes(bytes: &[u8]) -> Vec<u8> {
    [head(2, bytes.len()), bytes.to_vec()].concat()
}

fn cbor_text(text: &str) -> Vec<u8> {
    [head(3, text.len()), text.as_bytes().to_vec()].concat()
}

fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Authenticator {
    /// An honest one on the page of the deployment.
    pub fn new(seed: u8) -> Authenticator {
        Authenticator::with(Signer::es256(seed), seed)
    }

    /// An honest one with that key.
    pub fn with(signer: Signer, seed: u8) -> Authenticator {
        Authenticator {
            signer,
            credential_id: vec![seed; 32],
            origin: ORIGIN.to_owned(),
            rp_id: "auth.example.com".to_owned(),
            flags: HONEST,
            count: 1,
            user_handle: None,
            client_data: json!({}),
            attestation: ("none", vec![0xa0]),
            extensions: None,
        }
    }

    /// Its public key as COSE_Key.
    pub fn cose(&self) -> Vec<u8> {
        let jwk = self.signer.jwk();
        let member = |name: &str| cbor_bytes(&URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap());
        match &self.signer {
            Signer::Es256(_) => {
                [&[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21][..], &member("x"), &[0x22], &member("y")].concat()
            }
            Signer::Rs256(_) | Signer::Ps256(_) => {
                [&[0xa4, 1, 3, 3, 0x39, 1, 0, 0x20][..], &member("n"), &[0x21], &member("e")].concat()
            }
            Signer::EdDsa(_) => [&[0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21][..], &member("x")].concat(),
        }
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        let mut data = json!({
            "type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": false,
        });
        for (name, value) in self.client_data.as_object().unwrap() {
            match value {
                Value::Null => drop(data.as_object_mut().unwrap().remove(name)),
                value => data[name] = value.clone(),
            }
        }
        data.to_string().into_bytes()
    }

    fn authenticator_data(&self, attested: &[u8]) -> Vec<u8> {
        let attached = if attested.is_empty() { 0 } else { 0x40 };
        let extended = if self.extensions.is_some() { 0x80 } else { 0 };
        [
            Sha256::digest(self.rp_id.as_bytes()).as_slice(),
            &[self.flags | attached | extended],
            &self.count.to_be_bytes(),
            attested,
            self.extensions.as_deref().unwrap_or_default(),
        ]
        .concat()
    }

    fn counted(&mut self) {
        if self.count > 0 {
            self.count = self.count.saturating_add(1);
        }
    }

    /// Answers creation options, as `toJSON()` has it.
    pub fn create(&mut self, options: &Value) -> Value {
        if self.user_handle.is_none() {
            self.user_handle = options.pointer("/user/id").cloned();
        }
        let length = (self.credential_id.len() as u16).to_be_bytes();
        let attested = [&[7; 16][..], &length, &self.credential_id, &self.cose()].concat();
        let data = self.authenticator_data(&attested);
        let (format, statement) = &self.attestation;
        let object = [
            head(5, 3),
            cbor_text("fmt"),
            cbor_text(format),
            cbor_text("attStmt"),
            statement.clone(),
            cbor_text("authData"),
            cbor_bytes(&data),
        ]
        .concat();
        self.counted();
        let id = base64url(&self.credential_id);
        json!({
            "id": id, "rawId": id, "type": "public-key", "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": base64url(&self.client_data("webauthn.create", options)),
                "attestationObject": base64url(&object),
                "transports": ["internal", "hybrid"],
            },
        })
    }

    /// Answers request options, as `toJSON()` has it.
    pub fn get(&mut self, options: &Value) -> Value {
        let client_data = self.client_data("webauthn.get", options);
        let data = self.authenticator_data(&[]);
        let message = [data.as_slice(), &Sha256::digest(&client_data)].concat();
        let mut signature = self.signer.sign_bytes(&message);
        if let Signer::Es256(_) = self.signer {
            let numbers = p256::ecdsa::Signature::from_slice(&signature).unwrap();
            signature = numbers.to_der().as_bytes().to_vec();
        }
        self.counted();
        let id = base64url(&self.credential_id);
        json!({
            "id": id, "rawId": id, "type": "public-key", "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": base64url(&client_data),
                "authenticatorData": base64url(&data),
                "signature": base64url(&signature),
                "userHandle": self.user_handle,
            },
        })
    }
}
