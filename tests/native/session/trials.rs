//! Trial tenants: what a first sign-in with Google at the session API makes.

use std::future::Future;
use std::pin::Pin;

use portcullis::domain::sweep;
use portcullis::http::Outcome;
use portcullis::store;
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

/// The time of its use is written once an hour, and never makes it go too early.
#[test]
fn a_trial_in_use_stays_and_its_refreshes_write_as_little_as_others() {
    let world = World::new();
    let provider = world.google("home", json!({}));
    let reply = google(&world, &provider.credential(&world, person())).send().is(200);
    let mut token = reply.str("/data/tokens/refreshToken");
    let mut refresh = |minutes: i64| {
        world.advance(minutes * 60);
        let body = json!({ "refreshToken": token });
        let ask = || world.post("/api/auth/refresh").json(body.clone()).send().is(200);
        let mut next = None;
        let rows = world.billed(|| next = Some(ask().str("/data/refreshToken")));
        token = next.unwrap();
        rows
    };
    let rows: Vec<u64> = (0..15).map(|_| refresh(10)).collect();
    // The row and its entry in the index of uses, twice in two hours and a half.
    assert_eq!(rows.iter().filter(|rows| **rows == 1).count(), 13, "{rows:?}");
    assert_eq!(rows.iter().filter(|rows| **rows == 3).count(), 2, "{rows:?}");
    // An hour after what was written last, which is the latest use that is not.
    assert_eq!(refresh(50), 1);
    world.advance(60 * 86_400 - 1);
    world.cron();
    assert_eq!(world.number("SELECT count(*) AS n FROM trials"), 1);
    world.advance(2);
    world.cron();
    assert_eq!(world.number("SELECT count(*) AS n FROM trials"), 0);
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

const TENANTS: &str = "/tenant/home/v2/Tenants";

/// A world with a trial of an organisation, and its tenant's id.
fn trial() -> (World, String) {
    let world = World::new();
    let provider = world.google("home", json!({}));
    let person =
        json!({ "sub": "1", "email": "ada@acme.example", "email_verified": true, "hd": "acme.example" });
    let reply = google(&world, &provider.credential(&world, person)).send().is(200);
    let id = claims(&reply.str("/data/tokens/accessToken"))["tenantId"].as_str().unwrap().to_owned();
    (world, id)
}

#[test]
fn the_operator_sees_whose_trials_there_are_and_until_when() {
    let (world, id) = trial();
    let provider = "https://accounts.google.com";
    let operator = world.admin();
    let of = |query: &str| -> Vec<(String, Value)> {
        let reply = world.get(&format!("{TENANTS}{query}")).bearer(&world.admin()).send().is(200);
        let items = reply.json["items"].as_array().unwrap();
        items.iter().map(|one| (one["id"].as_str().unwrap().to_owned(), one["trial"].clone())).collect()
    };
    let said = json!({
        "issuer": provider, "organisation": "acme.example", "subject": null, "endsAt": "2026-06-30T12:00:06Z",
    });
    assert_eq!(of("?trial=true"), [(id.clone(), said.clone())]);
    assert_eq!(of("?trial=false"), [("home".to_owned(), Value::Null)]);
    assert_eq!(of("").len(), 2);
    let one = world.get(&format!("{TENANTS}/{id}")).bearer(&operator).send().is(200);
    assert_eq!(one.json["trial"], said);
    for wrong in ["?trial=yes", "?trial=1", "?trial="] {
        world.get(&format!("{TENANTS}{wrong}")).bearer(&operator).send().is(400);
    }
    // Its use puts the end off.
    world.advance(86_400);
    let ada = world.sql(&format!("SELECT id FROM users WHERE tenant_id = '{id}'"))[0]["id"].clone();
    world.sql(
        &format!("UPDATE users SET last_login_at = {} WHERE id = {ada}", world.now().0).replace('"', "'"),
    );
    assert_eq!(of("?trial=true")[0].1["endsAt"], "2026-07-01T12:00:06Z");
}

#[test]
fn a_trial_that_the_operator_converts_is_a_tenant_like_others() {
    let (world, id) = trial();
    let operator = world.admin();
    let path = format!("{TENANTS}/{id}");
    let change = |body: Value| world.patch(&path).bearer(&operator).json(body).send();
    // Nothing is made a trial, and its own administrator converts nothing.
    for wrong in [json!({ "trial": true }), json!({ "trial": {} }), json!({ "trial": { "issuer": "x" } })] {
        change(wrong).is(400);
    }
    let ada = world.sql(&format!("SELECT id FROM users WHERE tenant_id = '{id}'"))[0]["id"].clone();
    let user = store::users::by_id(world.db.as_ref(), &id, ada.as_str().unwrap());
    let own = world.session(&pollster::block_on(user).unwrap().unwrap()).access;
    world
        .patch(&format!("/tenant/{id}/v2/Tenants/{id}"))
        .bearer(&own)
        .json(json!({ "trial": null }))
        .send()
        .is(403);
    assert_eq!(change(json!({ "name": "Acme" })).is(200).json["trial"]["organisation"], "acme.example");
    for _ in 0..2 {
        assert_eq!(change(json!({ "trial": null })).is(200).json["trial"], Value::Null);
    }
    let told = world
        .sql("SELECT detail FROM audit WHERE event = 'tenant.changed' AND detail LIKE '%no trial any more%'");
    assert_eq!(told.len(), 1);
    // Nobody removes it.
    world.advance(400 * 86_400);
    world.cron();
    assert_eq!(world.number("SELECT count(*) AS n FROM tenants"), 2);
    assert_eq!(world.number("SELECT count(*) AS n FROM trials WHERE converted_at IS NOT NULL"), 1);
}

#[test]
fn later_people_of_a_converted_trial_ask_to_join_it() {
    let world = World::new();
    let provider = world.google("home", json!({}));
    let of_acme = |sub: &str, email: &str| {
        let person = json!({ "sub": sub, "email": email, "email_verified": true, "hd": "acme.example" });
        google(&world, &provider.credential(&world, person)).send()
    };
    of_acme("1", "ada@acme.example").is(200);
    let id = world.sql("SELECT tenant_id FROM trials")[0]["tenant_id"].as_str().unwrap().to_owned();
    let convert = world.patch(&format!("{TENANTS}/{id}")).bearer(&world.admin());
    convert.json(json!({ "trial": null })).send().is(200);
    assert_eq!(of_acme("2", "bob@acme.example").is(403).json["code"], "JOIN_REQUESTED");
    assert_eq!(world.number("SELECT count(*) AS n FROM tenants"), 2);
}

/// The sweep looks, and then removes; whatever happens between the two counts.
#[test]
fn a_trial_that_is_converted_while_it_is_swept_is_there_or_was_never_converted() {
    let mut outcomes = Vec::new();
    for turn in 0..40 {
        let (world, id) = trial();
        world.advance(61 * 86_400);
        let convert =
            world.patch(&format!("{TENANTS}/{id}")).bearer(&world.admin()).json(json!({ "trial": null }));
        let cx = world.cx();
        let swept: Pin<Box<dyn Future<Output = u16>>> = Box::pin(async {
            sweep::run(&cx).await.unwrap();
            0
        });
        let converted: Pin<Box<dyn Future<Output = u16> + '_>> = Box::pin(async {
            // Shifts where the two cross.
            for _ in 0..turn {
                store::one(world.db.as_ref(), portcullis::ports::Stmt::new("SELECT 1 AS n", vec![]))
                    .await
                    .unwrap();
            }
            let Outcome::Answer(response) = convert.serve().await else { panic!("was to be answered") };
            response.status
        });
        let status = world.at_once(vec![swept, converted])[1];
        let is_there = world.number(&format!("SELECT count(*) AS n FROM tenants WHERE id = '{id}'")) == 1;
        assert_eq!(is_there, status == 200, "{turn}");
        outcomes.push(is_there);
    }
    assert!(outcomes.contains(&true) && outcomes.contains(&false), "{outcomes:?}");
}
