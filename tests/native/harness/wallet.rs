//! A browser and a password manager that others wrote: the `passkey` crates. It reads our options and answers
//! them by its own idea of the standard.

use std::future::{Future, ready};
use std::pin::Pin;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use passkey::authenticator::{Authenticator, UiHint, UserCheck, UserValidationMethod};
use passkey::client::{Client, DefaultClientData};
use passkey::crypto::rust_crypto::RustCryptoBackend;
use passkey::types::Passkey;
use passkey::types::ctap2::{Aaguid, Ctap2Error};
use serde_json::{Value, json};
use url::Url;

/// Bytes as `toJSON()` has them: the crates write lists of numbers.
fn base64urls(value: Value) -> Value {
    match value {
        Value::Array(list) if !list.is_empty() && list.iter().all(Value::is_u64) => {
            let bytes = list.iter().map(|byte| u8::try_from(byte.as_u64().unwrap()).unwrap());
            URL_SAFE_NO_PAD.encode(bytes.collect::<Vec<u8>>()).into()
        }
        Value::Array(list) => list.into_iter().map(base64urls).collect(),
        Value::Object(members) => {
            members.into_iter().map(|(name, value)| (name, base64urls(value))).collect()
        }
        value => value,
    }
}

/// One who is always there, and proves it.
struct Present;

impl UserValidationMethod for Present {
    type PasskeyItem = Passkey;

    fn check_user<'a, 's, 'f>(
        &'s self,
        _: UiHint<'a, Passkey>,
        presence: bool,
        verification: bool,
    ) -> Pin<Box<dyn Future<Output = Result<UserCheck, Ctap2Error>> + Send + 'f>>
    where
        's: 'f,
        'a: 'f,
        Self: 'f,
    {
        Box::pin(ready(Ok(UserCheck { presence, verification })))
    }

    fn is_presence_enabled(&self) -> bool {
        true
    }

    fn is_verification_enabled(&self) -> Option<bool> {
        Some(true)
    }
}

/// A password manager with one place for a passkey, and the browser in front of it.
pub struct Wallet {
    passkey: Option<Passkey>,
    origin: Url,
}

impl Wallet {
    /// An empty one, on a page of that origin.
    pub fn new(origin: &str) -> Wallet {
        Wallet { passkey: None, origin: Url::parse(origin).unwrap() }
    }

    fn authenticator(&self) -> Authenticator<Option<Passkey>, Present, RustCryptoBackend> {
        Authenticator::new(Aaguid::new_empty(), self.passkey.clone(), Present, RustCryptoBackend)
    }

    /// `navigator.credentials.create()`.
    pub fn create(&mut self, options: &Value) -> Value {
        let options = serde_json::from_value(json!({ "publicKey": options })).unwrap();
        let mut client = Client::new(self.authenticator());
        let made = pollster::block_on(client.register(&self.origin, options, DefaultClientData)).unwrap();
        self.passkey = client.authenticator().store().clone();
        base64urls(serde_json::to_value(made).unwrap())
    }

    /// `navigator.credentials.get()`.
    pub fn get(&mut self, options: &Value) -> Value {
        let options = serde_json::from_value(json!({ "publicKey": options })).unwrap();
        let mut client = Client::new(self.authenticator());
        let made = pollster::block_on(client.authenticate(&self.origin, options, DefaultClientData)).unwrap();
        self.passkey = client.authenticator().store().clone();
        base64urls(serde_json::to_value(made).unwrap())
    }
}
