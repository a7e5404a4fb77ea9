//! Passkeys through the front door of the session API.

use serde_json::{Value, json};

use crate::harness::{Authenticator, Reply, World};

const PASSKEYS: &str = "/api/auth/passkeys";

impl World {
    /// Creation options for the token's user.
    pub fn creation_options(&self, token: &str) -> Value {
        let path = format!("{PASSKEYS}/options");
        self.post(&path).bearer(token).send().is(200).json["data"].clone()
    }

    /// Adds a passkey to the token's user.
    pub fn add_passkey(&self, token: &str, authenticator: &mut Authenticator) -> Reply {
        let credential = authenticator.create(&self.creation_options(token));
        self.post(PASSKEYS).bearer(token).json(json!({ "credential": credential })).send()
    }

    /// Request options for a sign-in.
    pub fn request_options(&self) -> Value {
        self.post(&format!("{PASSKEYS}/login/options")).send().is(200).json["data"].clone()
    }

    /// Signs in with a passkey alone.
    pub fn passkey_login(&self, authenticator: &mut Authenticator) -> Reply {
        let credential = authenticator.get(&self.request_options());
        let path = format!("{PASSKEYS}/login");
        self.post(&path).json(json!({ "credential": credential })).send()
    }
}
