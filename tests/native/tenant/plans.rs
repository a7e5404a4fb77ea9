//! `v2/Plans`.

use serde_json::json;

use crate::harness::World;

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
    let wanted = json!({ "items": [{ "name": "pro", "rank": 3, "features": [] }], "nextCursor": null });
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
