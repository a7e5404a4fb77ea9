//! What administrators do in the vault, for the table of what lasts.

use serde_json::{Value, json};

use crate::harness::Ask;
use crate::shared::fresh_sign_in::Stage;

fn service() -> Value {
    json!({ "id": "ours", "name": "Ours", "connectionType": "api_key" })
}

pub fn provider(stage: &Stage) -> Value {
    stage.post("/auth/providers", service(), None).send().is(201);
    Value::Null
}

pub fn search_keys(stage: &Stage) -> Value {
    stage.world.sql("INSERT INTO vault_search_keys VALUES ('home', 'e', '1.sealed', 0)");
    Value::Null
}

pub fn create<'w>(stage: &'w Stage, _: &Value, _: Option<&str>) -> Ask<'w> {
    stage.post("/auth/providers", service(), None)
}

pub fn replace<'w>(stage: &'w Stage, _: &Value, _: Option<&str>) -> Ask<'w> {
    stage.ask("PUT", "/auth/providers/ours", service(), None)
}

pub fn delete<'w>(stage: &'w Stage, _: &Value, _: Option<&str>) -> Ask<'w> {
    stage.world.delete("/auth/providers/ours").bearer(&stage.token)
}

pub fn set_keys<'w>(stage: &'w Stage, _: &Value, _: Option<&str>) -> Ask<'w> {
    stage.ask("PUT", "/auth/google-search-keys", json!({ "apiKey": "k", "searchEngineId": "e" }), None)
}

pub fn delete_keys<'w>(stage: &'w Stage, _: &Value, _: Option<&str>) -> Ask<'w> {
    stage.world.delete("/auth/google-search-keys").bearer(&stage.token)
}

pub fn import<'w>(stage: &'w Stage, _: &Value, _: Option<&str>) -> Ask<'w> {
    let body = json!({ "userId": stage.user.id, "providerId": "ours", "apiKey": "k" });
    stage.post("/auth/connections", body, None)
}

pub fn revoke_all<'w>(stage: &'w Stage, _: &Value, _: Option<&str>) -> Ask<'w> {
    stage.world.delete("/auth/connections?providerId=ours").bearer(&stage.token)
}
