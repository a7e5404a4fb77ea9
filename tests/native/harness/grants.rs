//! Tokens of clients, past the protocol: what is granted to one, and what it gets for itself.

use portcullis::crypto::jws::Validity;
use portcullis::domain::keys;
use portcullis::oidc::access_token::TYP;
use serde_json::{Value, json};

use crate::harness::World;

impl World {
    /// Puts a client there.
    pub fn put_client(&self, tenant: &str, id: &str, metadata: &Value) {
        self.sql(&format!(
            "INSERT INTO clients (id, tenant_id, name, metadata, created_at)
             VALUES ('{id}', '{tenant}', 'A client', '{metadata}', 0)"
        ));
    }

    /// A signed access token of a tenant that says this besides what all say.
    pub fn token(&self, tenant: &str, claims: &Value) -> String {
        let cx = self.cx();
        let issuer = format!("https://auth.example.com/tenant/{tenant}");
        let mut all = json!({
            "iss": issuer, "aud": issuer, "tenantId": tenant, "jti": "1", "roles": [], "scope": "",
            "plan": "free", "type": "access",
        });
        all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
        let validity = Validity { from: cx.now, until: cx.now.plus(900) };
        pollster::block_on(keys::of(&cx, tenant)).unwrap().sign(TYP, validity, &all).unwrap()
    }

    /// A token that a client got for itself.
    pub fn own_token(&self, tenant: &str, client: &str, scope: &str) -> String {
        self.token(tenant, &json!({ "sub": client, "client_id": client, "scope": scope }))
    }

    /// Turns the newest session of a user into one that was granted to a client in that browser's session, and
    /// answers a token of it.
    pub fn granted(&self, user: &str, client: &str, scope: &str, parent: Option<&str>) -> String {
        let parent = parent.map_or("NULL".to_owned(), |id| format!("'{id}'"));
        let sid = self.newest_session(user);
        self.sql(&format!(
            "UPDATE sessions SET client_id = '{client}', scope = '{scope}', parent_id = {parent} WHERE id = '{sid}'"
        ));
        let claims = json!({ "sub": user, "userId": user, "sid": sid, "client_id": client, "scope": scope });
        self.token("home", &claims)
    }

    /// The id of the session that a user began last.
    pub fn newest_session(&self, user: &str) -> String {
        let sql = format!("SELECT id FROM sessions WHERE user_id = '{user}' ORDER BY id DESC LIMIT 1");
        self.sql(&sql).pop().unwrap()["id"].as_str().unwrap().to_owned()
    }
}
