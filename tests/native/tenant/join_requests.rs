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

#[test]
fn who_has_an_account_by_now_still_waits() {
    let world = World::new();
    let provider = world.google("home", json!({}));
    let of_acme = |sub: &str, email: &str| json!({ "sub": sub, "email": email, "email_verified": true, "hd": "acme.example" });
    let ada = provider.credential(&world, of_acme("1", "ada@acme.example"));
    let access = google(&world, &ada).send().is(200).str("/data/tokens/accessToken");
    let tenant = claims(&access)["tenantId"].as_str().unwrap().to_owned();
    google(&world, &provider.credential(&world, of_acme("2", "bob@acme.example"))).send().is(403);
    let bob = world.user("bob@acme.example");
    let path = format!("/tenant/{tenant}/v2/JoinRequests");
    let id = world.get(&path).bearer(&access).send().is(200).str("/items/0/id");
    let accept = || world.post(&format!("{path}/{id}/accept")).bearer(&access);
    for _ in 0..2 {
        let refused = accept().send().is(409);
        assert_eq!(refused.json["items"], json!(null));
        assert_eq!(world.number("SELECT count(*) AS n FROM join_requests"), 1);
    }
    assert_eq!((world.events("user.created"), world.number("SELECT count(*) AS n FROM identities")), (0, 1));
    // Nothing of it was used up: once the address is free, they are let in.
    world.sql(&format!("DELETE FROM users WHERE id = '{}'", bob.id));
    accept().send().is(201);
    assert_eq!(world.number("SELECT count(*) AS n FROM join_requests"), 0);
}
