//! Trial tenants: what a first sign-in with Google at the session API makes.

use serde_json::{Value, json};

use crate::harness::{Ask, World, claims};
use crate::sso::provider::{Provider, session_of};

fn person() -> Value {
    json!({ "sub": "g1", "email": "ada@gmail.com", "email_verified": true, "name": "Ada Lovelace" })
}

fn google<'w>(world: &'w World, credential: &str) -> Ask<'w> {
    world.post("/api/auth/google").json(json!({ "credential": credential }))
}

#[test]
fn a_first_sign_in_makes_one_trial_tenant() {
    let world = World::new();
    let provider = world.google("home", json!({}));
    let credentials: Vec<String> = (0..50)
        .map(|n| {
            let mut person = person();
            person["jti"] = json!(n);
            provider.credential(&world, person)
        })
        .collect();
    let asks = credentials.iter().enumerate();
    let asks = asks.map(|(n, one)| google(&world, one).from(&format!("198.51.100.{n}"))).collect();
    let replies = world.together(asks);
    let new: Vec<bool> =
        replies.iter().map(|reply| reply.clone().is(200).json["data"]["isNewUser"] == true).collect();
    assert_eq!(new.iter().filter(|new| **new).count(), 1);
    assert_eq!(world.number("SELECT count(*) AS n FROM trials"), 1);
    assert_eq!(world.number("SELECT count(*) AS n FROM tenants"), 2);
    assert_eq!(world.number("SELECT count(*) AS n FROM users"), 1);
    let access = replies[0].str("/data/tokens/accessToken");
    assert_eq!(replies[0].json["data"]["user"]["roles"], json!(["ADMIN"]));
    let tenant = claims(&access)["tenantId"].as_str().unwrap().to_owned();
    assert_ne!(tenant, "home");
    // They administer their own tenant, and no other.
    world.get(&format!("/tenant/{tenant}/v2/Users")).bearer(&access).send().is(200);
    world.get("/tenant/home/v2/Users").bearer(&access).send().is(403);
}

#[test]
fn an_address_makes_few_trials_a_day() {
    let world = World::new();
    let provider = world.google("home", json!({}));
    let ask = |n: u32| {
        let email = format!("user{n}@gmail.com");
        let person = json!({ "sub": n.to_string(), "email": email, "email_verified": true });
        google(&world, &provider.credential(&world, person)).from("198.51.100.7")
    };
    let statuses: Vec<u16> = (0..12).map(|n| ask(n).status()).collect();
    assert_eq!(statuses, [vec![200; 10], vec![429; 2]].concat());
    ask(10).from("198.51.100.8").send().is(200);
    world.advance(86_400);
    ask(11).send().is(200);
}

#[test]
fn a_trial_that_nobody_uses_goes() {
    let world = World::new();
    let provider = world.google("home", json!({}));
    google(&world, &provider.credential(&world, person())).send().is(200);
    world.advance(59 * 86_400);
    world.cron();
    assert_eq!(world.number("SELECT count(*) AS n FROM trials"), 1);
    world.advance(2 * 86_400);
    world.cron();
    assert_eq!(world.number("SELECT count(*) AS n FROM trials"), 0);
    assert_eq!(world.number("SELECT count(*) AS n FROM tenants"), 1);
    assert_eq!(world.number("SELECT count(*) AS n FROM users"), 0);
}

#[test]
fn a_trial_reaches_nobody_of_home() {
    let world = World::new();
    let provider = world.google("home", json!({}));
    let operator = world.admin();
    world.user("ada@gmail.com");
    // Who has an account at home signs in to that.
    let reply = google(&world, &provider.credential(&world, person())).send().is(200);
    assert_eq!(claims(&reply.str("/data/tokens/accessToken"))["tenantId"], "home");
    let eve = json!({ "sub": "evil", "email": "eve@gmail.com", "email_verified": true });
    let eve = google(&world, &provider.credential(&world, eve)).send().is(200);
    let access = eve.str("/data/tokens/accessToken");
    let tenant = claims(&access)["tenantId"].as_str().unwrap().to_owned();
    // A provider of the trial's own, with Google's name, issuer and subject: another tenant's identity.
    let fake = Provider::at(&world, "https://evil.example", "https://accounts.google.com", "google-client");
    world.provider(
        &tenant,
        "google",
        json!({
            "kind": "google", "name": "Google", "clientId": "google-client", "endpoints": {
                "issuer": "https://accounts.google.com", "authorizationEndpoint": "https://evil.example/auth",
                "tokenEndpoint": "https://evil.example/token", "jwksUri": "https://evil.example/jwks",
            },
        }),
    );
    for person in
        [person(), json!({ "sub": "x", "email": "admin@example.com", "email_verified": true, "hd": "e" })]
    {
        let reply = world.sso(&fake, &tenant, "google", person);
        assert!(session_of(&reply).is_none(), "{}", reply.status);
        assert_eq!(reply.status, 403);
    }
    world.get("/tenant/home/v2/Users").bearer(&operator).send().is(200);
}
