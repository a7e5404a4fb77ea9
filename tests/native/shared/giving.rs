//! Nobody gives what they don't have: keys, clients, users and roles that are made with a key have at most what it has,
//! and what a person may do is what administrators granted them.

use serde_json::{Value, json};

use crate::harness::oidc::Party;
use crate::harness::{World, claims};

const SCOPE: &str = "payments:refund";
const KEYS: &str = "/api/auth/api-keys";

fn v2(path: &str) -> String {
    format!("/tenant/home/v2/{path}")
}

/// A world with a route that takes the scope, and a role above the administrators'.
fn world() -> World {
    let world = World::new();
    world.route(json!({ "scopes": [SCOPE] }));
    world
        .post(&v2("Roles"))
        .bearer(&world.admin())
        .json(json!({ "name": "OWNER", "rank": 400 }))
        .send()
        .is(201);
    world
}

fn grant(world: &World, user: &str, change: Value) {
    world.patch(&v2(&format!("Users/{user}"))).bearer(&world.admin()).json(change).send().is(200);
}

#[test]
fn a_route_with_a_scope_takes_people_who_were_granted_it() {
    let world = world();
    let user = world.user("ada@example.com");
    let (token, cookie) = (world.session(&user).access, world.cookie(&user));
    let passes = |fresh: bool| {
        let ask = |ask: crate::harness::Ask<'_>| if fresh { ask.fresh().status() } else { ask.status() };
        [ask(world.get("/app/").bearer(&token)), ask(world.get("/app/").cookie(&cookie))]
    };
    assert_eq!(passes(false), [403, 403]);
    // What one cannot do, one's key cannot, however it is made.
    for body in [json!({ "name": "k", "scopes": [SCOPE] }), json!({ "name": "k", "scopes": ["read", SCOPE] })]
    {
        let refused = world.post(KEYS).bearer(&token).json(body.clone()).send().is(403);
        assert_eq!(refused.json["code"], "INSUFFICIENT_SCOPE");
        world.post("/users/generate-api-key").bearer(&token).json(body).send().is(403);
    }
    for (given, taken) in [
        (json!({ "scopes": [SCOPE] }), json!({ "scopes": [] })),
        (json!({ "roles": ["MANAGER"] }), json!({ "roles": [] })),
    ] {
        let role = json!({ "rank": 200, "scopes": [SCOPE] });
        world.put(&v2("Roles/MANAGER")).bearer(&world.admin()).json(role).send().is(200);
        grant(&world, &user.id, given);
        assert_eq!(passes(true), [200, 200]);
        let key = world.api_key(&token, &["read", SCOPE]);
        world.get("/app/").key(&key).plan();
        assert_eq!(
            claims(&world.session(&user).access)["scope"],
            "payments:refund read webhooks:manage write"
        );
        // Taken away it is gone from everything that they hold, in an isolate that remembers within seconds.
        world.get("/app/").key(&key).elsewhere().plan();
        grant(&world, &user.id, taken);
        assert_eq!(passes(true), [403, 403]);
        assert_eq!(world.get("/app/").key(&key).fresh().status(), 403);
        world.advance(6);
        assert_eq!(world.get("/app/").key(&key).elsewhere().status(), 403);
    }
    assert_eq!(claims(&world.session(&user).access)["scope"], "read webhooks:manage write");
}

#[test]
fn a_role_brings_its_scopes_to_those_above_it_and_to_nobody_below() {
    let world = world();
    let role = json!({ "rank": 200, "scopes": [SCOPE] });
    world.put(&v2("Roles/MANAGER")).bearer(&world.admin()).json(role).send().is(200);
    for (role, status) in [("OWNER", 200), ("ADMIN", 200), ("MANAGER", 200), ("TECHNICIAN", 403)] {
        let email = format!("a-{role}@example.com");
        let user = world.user_with("home", &email, |user| user.roles = vec![role.into()]);
        assert_eq!(world.get("/app/").bearer(&world.session(&user).access).status(), status, "{role}");
    }
    let read = world.get(&v2("Roles/MANAGER")).bearer(&world.admin()).send().is(200);
    assert_eq!(read.json, json!({ "name": "MANAGER", "rank": 200, "scopes": [SCOPE] }));
    // A change of the rank alone leaves them.
    world.put(&v2("Roles/MANAGER")).bearer(&world.admin()).json(json!({ "rank": 201 })).send().is(200);
    let read = world.get(&v2("Roles/MANAGER")).bearer(&world.admin()).send().is(200);
    assert_eq!(read.json["scopes"], json!([SCOPE]));
}

#[test]
fn what_is_no_custom_scope_is_granted_to_nobody() {
    let world = world();
    let user = world.user("ada@example.com");
    for scopes in
        [json!(["read"]), json!(["openid"]), json!(["webhooks:manage"]), json!(["A:b"]), json!("a:b")]
    {
        let path = v2(&format!("Users/{}", user.id));
        world.patch(&path).bearer(&world.admin()).json(json!({ "scopes": scopes })).send().is(400);
        let role = json!({ "rank": 200, "scopes": scopes });
        world.put(&v2("Roles/MANAGER")).bearer(&world.admin()).json(role).send().is(400);
    }
}

/// What is asked with an administrator's key, and whether it gives more than a key of `read write` and ADMIN has.
fn gifts(user: &str, boss: &str, routes: &[String; 2]) -> Vec<(&'static str, String, Value, bool)> {
    let users = || v2("Users");
    let [guarded, plain] = routes.each_ref().map(|id| v2(&format!("Routes/{id}")));
    let route = |more: Value| {
        let mut all = json!({ "name": "new", "path": "/new/", "origin": "http://origin.internal:9000" });
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    let new = |more: Value| {
        let mut all = json!({ "email": "new@example.com" });
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    let key = |more: Value| {
        let mut all = json!({ "name": "k", "scopes": ["read"] });
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    let machine = |more: Value| {
        let mut all = json!({ "grant_types": ["client_credentials"], "response_types": [], "scope": "read" });
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    vec![
        ("POST", v2("ApiKeys"), key(json!({ "roles": ["ADMIN"], "scopes": ["read", "write"] })), true),
        ("POST", v2("ApiKeys"), key(json!({ "scopes": [SCOPE] })), false),
        ("POST", v2("ApiKeys"), key(json!({ "scopes": ["webhooks:manage"] })), false),
        ("POST", v2("ApiKeys"), key(json!({ "roles": ["OWNER"] })), false),
        ("POST", v2("ApiKeys"), key(json!({ "roles": ["TELLER"] })), true),
        ("POST", v2("ApiKeys"), key(json!({ "userId": user })), true),
        ("POST", v2("ApiKeys"), key(json!({ "userId": user, "scopes": [SCOPE] })), false),
        ("POST", v2("ApiKeys"), key(json!({ "userId": boss })), false),
        ("POST", v2("Clients"), machine(json!({})), true),
        ("POST", v2("Clients"), machine(json!({ "scope": SCOPE })), false),
        ("POST", v2("Clients"), machine(json!({ "roles": ["OWNER"] })), false),
        ("PATCH", v2("Clients/plain"), json!({ "client_name": "Plain" }), true),
        ("PATCH", v2("Clients/plain"), json!({ "scope": SCOPE }), false),
        ("PATCH", v2("Clients/bank"), json!({ "client_name": "Bank" }), false),
        ("POST", v2("Clients/plain/secret"), json!({}), true),
        ("POST", v2("Clients/bank/secret"), json!({}), false),
        ("POST", users(), new(json!({ "roles": ["MANAGER"] })), true),
        // It would have what tellers may, who rank below.
        ("POST", users(), new(json!({ "roles": ["ADMIN"] })), false),
        ("POST", users(), new(json!({ "roles": ["OWNER"] })), false),
        ("POST", users(), new(json!({ "roles": ["TELLER"] })), false),
        ("POST", users(), new(json!({ "scopes": [SCOPE] })), false),
        ("PATCH", v2(&format!("Users/{user}")), json!({ "roles": ["MANAGER"] }), true),
        ("PATCH", v2(&format!("Users/{user}")), json!({ "roles": ["OWNER"] }), false),
        ("PATCH", v2(&format!("Users/{user}")), json!({ "scopes": [SCOPE] }), false),
        ("PATCH", v2(&format!("Users/{user}")), json!({ "email": "moved@example.com" }), true),
        ("PATCH", v2(&format!("Users/{boss}")), json!({ "email": "mine@example.com" }), false),
        ("PATCH", v2(&format!("Users/{boss}")), json!({ "emailVerified": true }), false),
        ("PATCH", v2(&format!("Users/{boss}")), json!({ "resetTOTP": true }), false),
        ("PATCH", v2(&format!("Users/{boss}")), json!({ "name": "Boss" }), true),
        ("POST", v2("Roles"), json!({ "name": "LOW", "rank": 50 }), true),
        ("POST", v2("Roles"), json!({ "name": "LOW", "rank": 50, "scopes": [SCOPE] }), false),
        ("POST", v2("Roles"), json!({ "name": "TOP", "rank": 500 }), false),
        ("PUT", v2("Roles/OWNER"), json!({ "rank": 10 }), false),
        ("PUT", v2("Roles/MANAGER"), json!({ "rank": 120 }), true),
        ("PUT", v2("Roles/MANAGER"), json!({ "rank": 200, "scopes": [SCOPE] }), false),
        ("PUT", v2("Roles/TECHNICIAN"), json!({ "rank": 299 }), false),
        ("POST", v2("Routes"), route(json!({})), true),
        ("POST", v2("Routes"), route(json!({ "scopes": ["read"], "roles": ["ADMIN"] })), true),
        ("POST", v2("Routes"), route(json!({ "scopes": [SCOPE] })), false),
        ("POST", v2("Routes"), route(json!({ "roles": ["OWNER"] })), false),
        ("PUT", plain.clone(), route(json!({ "timeoutSeconds": 5 })), true),
        ("PUT", plain.clone(), route(json!({ "scopes": [SCOPE] })), false),
        ("PUT", guarded.clone(), route(json!({})), false),
        ("PUT", guarded.clone(), route(json!({ "scopes": ["read"] })), false),
        ("PUT", guarded.clone(), route(json!({ "scopes": [SCOPE], "roles": ["OWNER"] })), false),
        ("PUT", guarded.clone(), route(json!({ "scopes": [SCOPE], "timeoutSeconds": 5 })), true),
        ("DELETE", guarded, Value::Null, false),
        ("DELETE", plain, Value::Null, true),
        ("PATCH", v2("Settings"), json!({ "defaultRoles": ["MANAGER"] }), true),
        ("PATCH", v2("Settings"), json!({ "defaultRoles": ["OWNER"] }), false),
    ]
}

#[test]
fn a_key_gives_at_most_what_it_has() {
    // Of the tenant's own, of an administrator, and a client by itself: all of `read write` and ADMIN.
    for whose in ["tenant", "person", "client"] {
        let probe = gifts("u", "b", &["g".into(), "p".into()]).len();
        for at in 0..probe {
            let world = world();
            let admin = world.admin();
            let teller = json!({ "name": "TELLER", "rank": 250, "scopes": ["payments:list"] });
            let machine =
                json!({ "grant_types": ["client_credentials"], "response_types": [], "scope": "read" });
            let mut bank = machine.clone();
            bank["scope"] = SCOPE.into();
            world.post(&v2("Roles")).bearer(&admin).json(teller).send().is(201);
            world.client("home", "plain", machine.clone());
            world.client("home", "bank", bank);
            let user = world.user("ada@example.com");
            let boss = world.user_with("home", "boss@example.com", |user| {
                user.scopes = vec![SCOPE.into()];
                user.roles = vec!["OWNER".into()];
            });
            let made = json!({ "name": "k", "scopes": ["read", "write"], "roles": ["ADMIN"] });
            let ask = |(method, path, body, _): &(&'static str, String, Value, bool)| {
                let ask = world.ask(method, path);
                if body.is_null() { ask } else { ask.json(body.clone()) }
            };
            let guarded = world.sql("SELECT id FROM routes")[0]["id"].as_str().unwrap().to_owned();
            let plain = world.route(json!({ "name": "plain", "path": "/plain/" }));
            let gift = gifts(&user.id, &boss.id, &[guarded, plain]).swap_remove(at);
            let ask = match whose {
                "tenant" => {
                    let key =
                        world.post(&v2("ApiKeys")).bearer(&admin).json(made).send().is(201).str("/apiKey");
                    ask(&gift).key(&key)
                }
                "person" => {
                    let other =
                        world.user_with("home", "adm@example.com", |user| user.roles = vec!["ADMIN".into()]);
                    let key = world.api_key(&world.session(&other).access, &["read", "write"]);
                    ask(&gift).key(&key)
                }
                _ => {
                    let mut desk = machine.clone();
                    desk["roles"] = json!(["ADMIN"]);
                    world.client("home", "desk", desk);
                    ask(&gift).bearer(&world.own_token("home", "desk", "read write"))
                }
            };
            let status = ask.send().status;
            let (method, path, body, may) = gift;
            assert_eq!(status == 403, !may, "{whose}: {method} {path} {body}: {status}");
            assert!(
                status < 500 && (status < 400 || status == 403),
                "{whose}: {method} {path} {body}: {status}"
            );
        }
    }
}

#[test]
fn an_administrator_in_their_own_session_grants_what_the_tenant_has() {
    let world = world();
    let user = world.user_with("home", "boss@example.com", |user| user.scopes = vec![SCOPE.into()]);
    let own = json!({ "name": "k", "scopes": [SCOPE], "roles": ["OWNER"] });
    let key = world.post(&v2("ApiKeys")).bearer(&world.admin()).json(own).send().is(201).str("/apiKey");
    world.get("/app/").key(&key).plan();
    let theirs = json!({ "name": "k", "scopes": [SCOPE], "userId": user.id });
    world.post(&v2("ApiKeys")).bearer(&world.admin()).json(theirs).send().is(201);
    // But no person's key has what the person lacks.
    let other = world.user("ada@example.com");
    let theirs = json!({ "name": "k", "scopes": [SCOPE], "userId": other.id });
    world.post(&v2("ApiKeys")).bearer(&world.admin()).json(theirs).send().is(403);
    // A key that has the scope passes it on.
    let made = json!({ "name": "k", "scopes": ["read", "write", SCOPE], "roles": ["ADMIN"] });
    let key = world.post(&v2("ApiKeys")).bearer(&world.admin()).json(made).send().is(201).str("/apiKey");
    let body = json!({ "name": "child", "scopes": [SCOPE] });
    world.post(&v2("ApiKeys")).key(&key).json(body).send().is(201);
}

#[test]
fn a_clients_token_carries_no_custom_scope_that_the_person_lacks() {
    let party = Party::with("app", json!({ "scope": "openid offline_access read payments:refund" }));
    let world = &party.world;
    world.route(json!({ "scopes": [SCOPE] }));
    let tokens = || {
        let request = party.request().with("scope", "openid offline_access read payments:refund");
        let sent = party.authorize(&request).sent();
        party.token(&Party::exchange(&sent.code())).is(200)
    };
    let without = tokens();
    assert_eq!(without.json["scope"], "openid offline_access read");
    assert_eq!(world.get("/app/").bearer(&without.str("/access_token")).status(), 403);
    grant(world, &party.user.id, json!({ "scopes": [SCOPE] }));
    // What was lent before stays what it was.
    let refreshed = party.refresh(&without.str("/refresh_token")).is(200);
    assert_eq!(refreshed.json["scope"], "openid offline_access read");
    let with = tokens();
    assert_eq!(world.get("/app/").bearer(&with.str("/access_token")).fresh().status(), 200);
    // What is taken away is gone from the token within seconds, and from the next at once.
    grant(world, &party.user.id, json!({ "scopes": [] }));
    assert_eq!(world.get("/app/").bearer(&with.str("/access_token")).fresh().status(), 403);
    let refreshed = party.refresh(&with.str("/refresh_token")).is(200);
    assert_eq!(refreshed.json["scope"], "openid offline_access read");
}
