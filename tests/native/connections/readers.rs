//! Who may read in the vault: the person, what they gave `vault:read` to, and services where the tenant lets them.

use serde_json::json;

use crate::harness::World;
use crate::harness::oidc::Party;

const KEY: &str = "/auth/apikeys/openai";
const CONNECTED: &str = "/auth/connected";

/// A world with a person who stored a key, and their token.
fn world() -> (World, String, String) {
    let world = World::new();
    let ada = world.user("ada@example.com");
    let token = world.session(&ada).access;
    world.post(KEY).bearer(&token).json(json!({ "apiKey": "sk-ada" })).send().is(200);
    (world, token, ada.id)
}

/// A key of the tenant's own.
fn service(world: &World, scopes: &[&str]) -> String {
    let body = json!({ "name": "agent", "scopes": scopes });
    world.post("/tenant/home/v2/ApiKeys").bearer(&world.admin()).json(body).send().is(201).str("/apiKey")
}

#[test]
fn a_key_of_the_persons_own_needs_the_scope() {
    let (world, token, id) = world();
    let plain = world.api_key(&token, &["read", "write"]);
    let refused = world.get(KEY).key(&plain).send().is(403);
    assert_eq!(
        refused.header("www-authenticate"),
        Some("Bearer error=\"insufficient_scope\", scope=\"vault:read\"")
    );
    world.get(CONNECTED).key(&plain).send().is(403);
    let reads = world.api_key(&token, &["vault:read"]);
    assert_eq!(world.get(KEY).key(&reads).send().is(200).str("/apiKey"), "sk-ada");
    world.get(CONNECTED).key(&reads).send().is(200);
    world.get(&format!("{KEY}?userId={id}")).key(&reads).send().is(200);
    // It reads, and does no more.
    world.post(KEY).key(&reads).json(json!({ "apiKey": "k" })).send().is(401);
    world.delete(KEY).key(&reads).send().is(401);
    // Its person alone gives that.
    let admin = world.admin();
    for scope in ["vault:read", "vault:openai"] {
        let body = json!({ "name": "k", "scopes": [scope], "userId": id });
        world.post("/tenant/home/v2/ApiKeys").bearer(&admin).json(body).send().is(403);
    }
}

#[test]
fn a_scope_of_one_provider_reads_that_one() {
    let (world, token, id) = world();
    let body = json!({ "scopes": ["vault:openai"] });
    world.patch(&format!("/tenant/home/v2/Users/{id}")).bearer(&world.admin()).json(body).send().is(200);
    let key = world.api_key(&token, &["vault:openai"]);
    assert_eq!(world.get(KEY).key(&key).send().is(200).str("/apiKey"), "sk-ada");
    world.get("/auth/apikeys/anthropic").key(&key).send().is(403);
    world.get(CONNECTED).key(&key).send().is(403);
    world.get(&format!("{CONNECTED}?providerId=openai")).key(&key).send().is(200);
    // Granted to the person it also lets an administrator make no key that reads for them.
    let body = json!({ "name": "k", "scopes": ["vault:openai"], "userId": id });
    world.post("/tenant/home/v2/ApiKeys").bearer(&world.admin()).json(body).send().is(403);
}

#[test]
fn another_persons_are_not_there() {
    let (world, _, id) = world();
    let eve = world.session(&world.user("eve@example.com")).access;
    let key = world.api_key(&eve, &["vault:read"]);
    for path in [KEY.to_owned(), format!("{KEY}?userId={id}"), format!("{KEY}?userId=nobody")] {
        let by_session = world.get(&path).bearer(&eve).send().is(404);
        let by_key = world.get(&path).key(&key).send().is(404);
        // All alike.
        assert_eq!(by_session.json["error"], "Not found");
        assert_eq!(by_key.json["error"], "Not found");
    }
    world.get(&format!("{CONNECTED}?userId={id}")).bearer(&eve).send().is(404);
}

#[test]
fn a_service_acts_for_persons_only_where_the_tenant_lets_it() {
    let (world, _, id) = world();
    let service_key = service(&world, &["vault:openai"]);
    let path = format!("{KEY}?userId={id}");
    world.get(&path).key(&service_key).send().is(404);
    world.settings(json!({ "vaultDelegation": true }));
    assert_eq!(world.get(&path).key(&service_key).send().is(200).str("/apiKey"), "sk-ada");
    let told = world.sql("SELECT actor, subject FROM audit WHERE event = 'vault.key_read'");
    assert_eq!(told[0]["subject"], id.as_str());
    assert_ne!(told[0]["actor"], id.as_str());
    world.get(KEY).key(&service_key).send().is(400);
    world.get(&format!("{KEY}?userId=nobody")).key(&service_key).send().is(404);
    world.get(&format!("/auth/apikeys/anthropic?userId={id}")).key(&service_key).send().is(403);
    world.get(&format!("{CONNECTED}?userId={id}")).key(&service_key).send().is(403);
    let one = format!("{CONNECTED}?userId={id}&providerId=openai");
    world.get(&one).key(&service_key).send().is(200);
    // The scope for all is a person's alone.
    let all = service(&world, &["vault:read"]);
    world.get(&path).key(&all).send().is(403);
    // A person of another tenant is not there.
    let admin = world.tenant("acme");
    let theirs = world.user_with("acme", "bob@acme.example", |_| {});
    let bob = world.session(&theirs).access;
    world.post(KEY).tenant("acme").bearer(&bob).json(json!({ "apiKey": "sk-bob" })).send().is(200);
    world.get(&format!("{KEY}?userId={}", theirs.id)).key(&service_key).send().is(404);
    world.get(&format!("{KEY}?userId={}", theirs.id)).tenant("acme").key(&service_key).send().is(403);
    world.get(&path).tenant("acme").bearer(&admin).send().is(404);
}

/// As of tokens, so of keys.
#[test]
fn a_service_gets_no_key_of_an_account_that_may_do_nothing() {
    let (world, _, id) = world();
    let service_key = service(&world, &["vault:openai"]);
    world.settings(json!({ "vaultDelegation": true }));
    let path = format!("{KEY}?userId={id}");
    for (status, answer) in [("disabled", 404), ("locked", 404), ("active", 200)] {
        world.sql(&format!("UPDATE users SET status = '{status}' WHERE id = '{id}'"));
        assert_eq!(world.get(&path).key(&service_key).send().status, answer, "{status}");
    }
    assert_eq!(world.events("vault.key_read"), 1);
}

#[test]
fn a_client_needs_the_scope_that_its_person_gave() {
    let other = json!({ "scope": "openid read write vault:read" });
    let party = Party::with("app", other);
    let own = party.world.session(&party.user).access;
    party.world.post(KEY).bearer(&own).json(json!({ "apiKey": "sk-ada" })).send().is(200);
    let granted = |scope: &str| {
        let code = party.authorize(&party.request().with("scope", scope)).sent().code();
        party.token(&Party::exchange(&code)).is(200).str("/access_token")
    };
    party.world.get(KEY).bearer(&granted("openid read write")).send().is(403);
    let token = granted("openid vault:read");
    assert_eq!(party.world.get(KEY).bearer(&token).send().is(200).str("/apiKey"), "sk-ada");
    // It reads, and does no more.
    party.world.post(KEY).bearer(&token).json(json!({ "apiKey": "k" })).send().is(403);
    party.world.delete(KEY).bearer(&token).send().is(403);
}

#[test]
fn a_cookie_alone_reads_nothing() {
    let (world, ..) = world();
    let ada = world.sql("SELECT id FROM users WHERE email = 'ada@example.com'");
    assert_eq!(ada.len(), 1);
    let user = pollster::block_on(portcullis::store::users::by_id(
        world.db.as_ref(),
        "home",
        ada[0]["id"].as_str().unwrap(),
    ));
    let cookie = world.cookie(&user.unwrap().unwrap());
    for path in [KEY, CONNECTED, "/auth/providers", "/auth/google-search-keys"] {
        world.get(path).cookie(&cookie).send().is(401);
        world.get(path).send().is(401);
    }
}
