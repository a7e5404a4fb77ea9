//! `v2/Plans`.

use serde_json::json;

use crate::harness::{Ask, World};

const PLANS: &str = "/tenant/home/v2/Plans";

#[test]
fn a_plan_is_made_read_changed_and_deleted() {
    let world = World::new();
    let admin = world.admin();
    let plan = json!({ "name": "pro", "rank": 2, "features": ["export", "api"] });
    assert_eq!(world.post(PLANS).bearer(&admin).json(plan.clone()).send().is(201).json, plan);
    let path = format!("{PLANS}/pro");
    assert_eq!(world.get(&path).bearer(&admin).send().is(200).json, plan);
    world.post(PLANS).bearer(&admin).json(plan.clone()).send().is(409);
    world.put(&path).bearer(&admin).json(json!({ "rank": 3 })).send().is(200);
    let listed = world.get(PLANS).bearer(&admin).send().is(200);
    let items =
        json!([{ "name": "pro", "rank": 3, "features": [] }, { "name": "free", "rank": 0, "features": [] }]);
    let wanted = json!({ "items": items, "nextCursor": null });
    assert_eq!(listed.json, wanted);
    world.delete(&path).bearer(&admin).send().is(204);
    for ask in [world.get(&path), world.delete(&path), world.put(&path).json(json!({ "rank": 1 }))] {
        ask.bearer(&admin).send().is(404);
    }
    assert_eq!(world.events("plan.changed"), 2);
    assert_eq!(world.events("plan.deleted"), 1);
}

#[test]
fn what_cannot_be_a_plan_is_refused() {
    let world = World::new();
    let admin = world.admin();
    for body in [
        json!({ "name": "a b", "rank": 1 }),
        json!({ "name": "pro", "rank": -1_000_001 }),
        json!({ "name": "pro", "rank": 1, "features": ["a b"] }),
        json!({ "name": "pro", "rank": 1, "features": vec!["x"; 201] }),
        json!({ "name": "pro", "rank": 1, "features": "x" }),
        json!({ "rank": 1 }),
    ] {
        world.post(PLANS).bearer(&admin).json(body).send().is(400);
    }
}

#[test]
fn a_plan_that_users_are_on_stays() {
    let world = World::new();
    let admin = world.admin();
    world.post(PLANS).bearer(&admin).json(json!({ "name": "pro", "rank": 2 })).send().is(201);
    world.user_with("home", "ada@example.com", |user| user.plan = Some("pro".into()));
    world.delete(&format!("{PLANS}/pro")).bearer(&admin).send().is(409);
}

/// A tenant whose default plan has no row, by the name that its settings have or by another one.
fn by_default(name: &str) -> World {
    let world = World::new();
    if name != "free" {
        world.settings(json!({ "defaultPlan": name }));
    }
    world
}

#[test]
fn the_default_plan_is_there_without_a_row() {
    for name in ["free", "basic"] {
        let world = by_default(name);
        let admin = world.admin();
        let path = format!("{PLANS}/{name}");
        let implied = json!({ "name": name, "rank": 0, "features": [] });
        let listed = world.get(PLANS).bearer(&admin).send().is(200);
        assert_eq!(listed.json["items"], json!([implied]), "{name}");
        assert_eq!(world.get(&path).bearer(&admin).send().is(200).json, implied);
        // It can be named wherever a plan is.
        world.route(json!({ "minimumPlan": name }));
        let user = world.user("ada@example.com");
        let user_path = format!("/tenant/home/v2/Users/{}", user.id);
        let passes = || world.get("/app/").bearer(&world.session(&user).access).fresh().status();
        assert_eq!(passes(), 200, "{name}");
        for plan in [json!(name), json!(null)] {
            world.patch(&user_path).bearer(&admin).json(json!({ "plan": plan })).send().is(200);
            assert_eq!(passes(), 200, "{name}");
            let found =
                world.get(&format!("/tenant/home/v2/Users?plan={name}")).bearer(&admin).send().is(200);
            assert!(found.text.contains("ada@example.com"), "{}", found.text);
        }
        let made = json!({ "email": "new@example.com", "plan": name });
        world.post("/tenant/home/v2/Users").bearer(&admin).json(made).send().is(201);
        // Every plan ranks above it, whatever its rank is; it stands below them in the list.
        world.post(PLANS).bearer(&admin).json(json!({ "name": "low", "rank": -5 })).send().is(201);
        world.patch(&user_path).bearer(&admin).json(json!({ "plan": "low" })).send().is(200);
        assert_eq!(passes(), 200, "{name}");
        let listed = world.get(PLANS).bearer(&admin).send().is(200);
        assert_eq!(
            (&listed.json["items"][1]["name"], &listed.json["items"][1]["rank"]),
            (&json!(name), &json!(-6))
        );
        // A higher one is still asked for.
        let higher = json!({ "name": "high", "path": "/high/", "minimumPlan": "low" });
        world.route(higher);
        world.patch(&user_path).bearer(&admin).json(json!({ "plan": null })).send().is(200);
        assert_eq!(world.get("/high/").bearer(&world.session(&user).access).fresh().status(), 403);
        // It stays, and gets a row by either way of writing one.
        world.delete(&path).bearer(&admin).send().is(409);
        let row = json!({ "rank": 1, "features": ["export"] });
        world.put(&path).bearer(&admin).json(row).send().is(200);
        let row = json!({ "name": name, "rank": 1, "features": ["export"] });
        assert_eq!(world.get(&path).bearer(&admin).send().is(200).json, row);
        world.post(PLANS).bearer(&admin).json(row).send().is(409);
        world.delete(&path).bearer(&admin).send().is(409);
    }
}

#[test]
fn a_default_gets_its_row_as_any_plan_does() {
    let world = World::new();
    let admin = world.admin();
    let plan = json!({ "name": "free", "rank": 1, "features": ["x"] });
    world.post(PLANS).bearer(&admin).json(plan.clone()).send().is(201);
    assert_eq!(world.get(PLANS).bearer(&admin).send().is(200).json["items"], json!([plan]));
}

#[test]
fn no_plan_goes_that_something_names() {
    type Name = for<'w> fn(&'w World, &str) -> Ask<'w>;
    let users = "/tenant/home/v2/Users";
    let names: [(&str, Name); 3] = [
        ("a user", |w, plan| {
            w.post("/tenant/home/v2/Users").json(json!({ "email": "a@b.example", "plan": plan }))
        }),
        ("a route", |w, plan| {
            let spec =
                json!({ "name": "r", "path": "/r/", "origin": "http://o.internal", "minimumPlan": plan });
            w.post("/tenant/home/v2/Routes").json(spec)
        }),
        ("the settings", |w, plan| w.patch("/tenant/home/v2/Settings").json(json!({ "defaultPlan": plan }))),
    ];
    for (what, name) in names {
        // One with a row, and the default without one that another is to replace.
        let world = World::new();
        let admin = world.admin();
        world.post(PLANS).bearer(&admin).json(json!({ "name": "pro", "rank": 2 })).send().is(201);
        assert!(name(&world, "pro").bearer(&admin).send().status < 300, "{what}");
        world.delete(&format!("{PLANS}/pro")).bearer(&admin).send().is(409);
        if what == "the settings" {
            continue;
        }
        let world = World::new();
        assert!(name(&world, "free").bearer(&world.admin()).send().status < 300, "{what}");
        let change = || {
            let body = json!({ "defaultPlan": "basic" });
            world.patch("/tenant/home/v2/Settings").bearer(&world.admin()).json(body).send()
        };
        let refused = change().is(400);
        assert_eq!(refused.json["errors"][0]["field"], "defaultPlan", "{what}");
        world.post(PLANS).bearer(&world.admin()).json(json!({ "name": "free", "rank": 1 })).send().is(201);
        change().is(200);
        world.delete(&format!("{PLANS}/free")).bearer(&world.admin()).send().is(409);
    }
    // Unknown ones are named nowhere.
    let world = World::new();
    for (what, name) in names.iter().take(2) {
        assert_eq!(name(&world, "gold").bearer(&world.admin()).send().status, 400, "{what}");
    }
    assert_eq!(
        world.get(&format!("{users}?plan=gold")).bearer(&world.admin()).send().is(200).json["items"],
        json!([])
    );
}

#[test]
fn a_default_role_is_a_role_as_long_as_it_is_given() {
    let world = World::new();
    let admin = world.admin();
    let roles = "/tenant/home/v2/Roles";
    world.post(roles).bearer(&admin).json(json!({ "name": "MEMBER", "rank": 1 })).send().is(201);
    world.settings(json!({ "defaultRoles": ["MEMBER"] }));
    world.delete(&format!("{roles}/MEMBER")).bearer(&admin).send().is(409);
    // An isolate that remembers the setting gives nobody a role that is gone.
    let body =
        json!({ "email": "ada@example.com", "password": crate::harness::PASSWORD, "full_name": "Ada" });
    world.get("/.well-known/jwks.json").elsewhere().send().is(200);
    world.settings(json!({ "defaultRoles": [] }));
    world.delete(&format!("{roles}/MEMBER")).bearer(&admin).send().is(204);
    world.post("/auth/register").json(body).elsewhere().send().is(201);
    let kept = world.sql("SELECT roles FROM users WHERE email = 'ada@example.com'");
    assert_eq!(kept[0]["roles"], "[]");
}
