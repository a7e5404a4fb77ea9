//! `v2/JoinRequests`: people of an organisation that has a trial tenant.

use serde_json::json;

use crate::harness::{Ask, World, claims};

fn google<'w>(world: &'w World, credential: &str) -> Ask<'w> {
    world.post("/api/auth/google").json(json!({ "credential": credential }))
}

#[test]
fn later_people_of_an_organisation_ask_to_join_its_trial() {
    let world = World::new();
    let provider = world.google("home", json!({}));
    let of_acme = |sub: &str, email: &str| json!({ "sub": sub, "email": email, "email_verified": true, "hd": "acme.example" });
    let ada = of_acme("1", "ada@acme.example");
    let first = google(&world, &provider.credential(&world, ada)).send().is(200);
    let access = first.str("/data/tokens/accessToken");
    let tenant = claims(&access)["tenantId"].as_str().unwrap().to_owned();
    for _ in 0..2 {
        let bob = of_acme("2", "bob@acme.example");
        world.advance(1);
        let reply = google(&world, &provider.credential(&world, bob)).send().is(403);
        assert_eq!(reply.json["code"], "JOIN_REQUESTED");
    }
    let all = world.get(&format!("/tenant/{tenant}/v2/JoinRequests")).bearer(&access).send().is(200);
    assert_eq!(all.json["items"].as_array().unwrap().len(), 1);
    assert_eq!(all.json["items"][0]["email"], "bob@acme.example");
    let id = all.str("/items/0/id");
    // Nobody else's administrator sees or answers it.
    world.get("/tenant/home/v2/JoinRequests").bearer(&access).send().is(403);
    let accept = format!("/v2/JoinRequests/{id}/accept");
    world.post(&format!("/tenant/home{accept}")).bearer(&world.admin()).send().is(404);
    let user = world.post(&format!("/tenant/{tenant}{accept}")).bearer(&access).send().is(201);
    assert_eq!(user.json["roles"], json!([]));
    world.post(&format!("/tenant/{tenant}{accept}")).bearer(&access).send().is(404);
    let bob = of_acme("2", "bob@acme.example");
    world.advance(1);
    let reply = google(&world, &provider.credential(&world, bob)).send().is(200);
    assert_eq!(claims(&reply.str("/data/tokens/accessToken"))["tenantId"], tenant.as_str());
    // Who has no organisation there gets a tenant of their own, whatever their mail domain.
    let carl = json!({ "sub": "3", "email": "carl@acme.example" });
    let reply = google(&world, &provider.credential(&world, carl)).send().is(200);
    assert_ne!(claims(&reply.str("/data/tokens/accessToken"))["tenantId"], tenant.as_str());
}
