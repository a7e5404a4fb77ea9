//! `/api/auth/magic-link/*`; what both surfaces have in common is in `shared/by_mail.rs`.

use serde_json::{Value, json};

use crate::harness::{PASSWORD, Reply, World};

fn ask(world: &World, path: &str, body: Value) -> Reply {
    world.post(&format!("/api/auth/magic-link/{path}")).json(body).send()
}

#[test]
fn the_answers_are_this_surfaces() {
    let world = World::new();
    let user = world.user("ada@example.com");
    let ask = |path, body| ask(&world, path, body);
    let reply = ask("request", json!({ "email": "ada@example.com" })).is(200);
    let message = json!({ "success": true, "data": { "message": "Magic link sent to your email" } });
    assert_eq!(reply.json, message);
    let reply = ask("verify", json!({ "token": "x" })).is(400);
    let dead =
        json!({ "success": false, "error": "The link is invalid, used or expired", "code": "INVALID_TOKEN" });
    assert_eq!(reply.json, dead);
    assert_eq!(
        ask("verify", json!({ "email": "ada@example.com", "code": "x" })).is(401).json["code"],
        "INVALID_CODE"
    );
    ask("request", json!({ "email": "nobody" })).is(400);
    let reply = ask("verify", json!({ "token": world.mailed_link("ada@example.com") })).is(200);
    assert_eq!(reply.json["data"]["user"]["id"], user.id);
    assert!(reply.json["data"]["tokens"]["refreshToken"].is_string());
}

#[test]
fn an_unknown_address_signs_up_where_the_tenant_says_so() {
    let new = "new@example.com";
    let users = format!("SELECT count(*) AS n FROM users WHERE email_key = '{new}'");
    let tables = [
        (json!({}), 0),
        (json!({ "magicLinkSignUp": true, "allowRegistration": false }), 0),
        (json!({ "magicLinkSignUp": true, "registrationDomains": ["other.example"] }), 0),
        (
            json!({ "magicLinkSignUp": true, "registrationDomains": ["example.com"], "defaultRoles": ["MANAGER"] }),
            1,
        ),
    ];
    for (settings, made) in tables {
        let world = World::new();
        world.user("ada@example.com");
        world.settings(settings.clone());
        let reply = ask(&world, "request", json!({ "email": new })).is(200);
        let known = ask(&world, "request", json!({ "email": "ada@example.com" })).is(200);
        assert_eq!(reply.text, known.text);
        assert_eq!(world.number(&users), made, "{settings}");
        assert_eq!(world.mails(new).len(), usize::try_from(made).unwrap());
        if made == 0 {
            continue;
        }
        assert_eq!(world.events("user.registered"), 1);
        // A second mail makes no second account.
        ask(&world, "request", json!({ "email": new })).is(200);
        assert_eq!(world.number(&users), 1);
        let reply = ask(&world, "verify", json!({ "token": world.mailed_link(new) })).is(200);
        let token = reply.str("/data/tokens/accessToken");
        let me = world.get("/api/auth/me").bearer(&token).send().is(200);
        assert_eq!(me.json["data"]["user"]["emailVerified"], true);
        assert_eq!(me.json["data"]["user"]["roles"], json!(["MANAGER"]));
        // There is no password yet; who has just come by mail sets one.
        world.login(new, PASSWORD).is(401);
        let set = || {
            let body = json!({ "newPassword": PASSWORD });
            world.post("/api/auth/change-password").bearer(&token).json(body).send()
        };
        world.advance(599);
        set().is(200);
        world.login(new, PASSWORD).is(200);
        set().is(401);
    }
}

#[test]
fn one_without_a_password_sets_none_later() {
    let world = World::new();
    world.user_with("home", "ada@example.com", |user| user.password_hash = None);
    ask(&world, "request", json!({ "email": "ada@example.com" })).is(200);
    let reply = ask(&world, "verify", json!({ "token": world.mailed_link("ada@example.com") })).is(200);
    world.settings(json!({ "accessTokenSeconds": 3_600 }));
    world.advance(840);
    let refresh = json!({ "refreshToken": reply.str("/data/tokens/refreshToken") });
    let token = world.post("/api/auth/refresh").json(refresh).send().is(200).str("/data/accessToken");
    world.advance(60);
    let body = json!({ "currentPassword": "", "newPassword": PASSWORD });
    world.post("/api/auth/change-password").bearer(&token).json(body).send().is(401);
}
