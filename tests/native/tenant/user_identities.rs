//! `v2/Users/{id}/Identities`, where a user has none or one; more of it is in `session/identities.rs`.

use serde_json::json;

use crate::harness::World;

#[test]
fn an_administrator_sees_and_unlinks_a_users_identities() {
    let world = World::new();
    let (admin, user) = (world.admin(), world.user("ada@example.com"));
    let path = format!("/tenant/home/v2/Users/{}/Identities", user.id);
    let list = || world.get(&path).bearer(&admin).send().is(200).json;
    assert_eq!(list(), json!({ "items": [], "nextCursor": null }));
    world.delete(&path).bearer(&admin).send().is(400);
    world.delete(&format!("{path}?provider=google")).bearer(&admin).send().is(404);
    let google = json!({ "id": "google", "kind": "google", "clientId": "us" });
    world.post("/tenant/home/v2/IdentityProviders").bearer(&admin).json(google).send().is(201);
    world.sql(&format!(
        "INSERT INTO identities (id, tenant_id, provider_id, issuer, subject, user_id, linked_at)
         VALUES ('i', 'home', 'google', 'https://accounts.google.com', '1', '{}', 0)",
        user.id
    ));
    assert_eq!(list()["items"][0]["provider"], "google");
    let identity = "google";
    world.delete(&format!("{path}/{identity}")).bearer(&admin).send().is(204);
    assert_eq!(list()["items"], json!([]));
    assert_eq!(world.events("identity.unlinked"), 1);
    assert_eq!(world.mails("ada@example.com").len(), 1);
}
