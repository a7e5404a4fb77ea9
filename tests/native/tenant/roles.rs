//! `v2/Roles`.

use serde_json::json;

use crate::harness::World;

const ROLES: &str = "/tenant/home/v2/Roles";

#[test]
fn a_tenant_starts_with_three_roles_and_defines_its_own() {
    let world = World::new();
    let admin = world.admin();
    world.post(ROLES).bearer(&admin).json(json!({ "name": "AUDITOR", "rank": 150 })).send().is(201);
    let listed = world.get(ROLES).bearer(&admin).send().is(200);
    let wanted = json!({ "items": [
        { "name": "ADMIN", "rank": 300 }, { "name": "MANAGER", "rank": 200 }, { "name": "AUDITOR", "rank": 150 },
        { "name": "TECHNICIAN", "rank": 100 },
    ], "nextCursor": null });
    assert_eq!(listed.json, wanted);
    let path = format!("{ROLES}/AUDITOR");
    assert_eq!(world.get(&path).bearer(&admin).send().is(200).json["rank"], 150);
    world.put(&path).bearer(&admin).json(json!({ "rank": 50 })).send().is(200);
    assert_eq!(world.get(&path).bearer(&admin).send().is(200).json["rank"], 50);
    world.delete(&path).bearer(&admin).send().is(204);
    for ask in [world.get(&path), world.delete(&path), world.put(&path).json(json!({ "rank": 1 }))] {
        ask.bearer(&admin).send().is(404);
    }
    assert_eq!(world.events("role.changed"), 2);
    assert_eq!(world.events("role.deleted"), 1);
}

#[test]
fn what_cannot_be_a_role_is_refused() {
    let world = World::new();
    let admin = world.admin();
    for body in [
        json!({ "name": "", "rank": 1 }),
        json!({ "name": "a b", "rank": 1 }),
        json!({ "name": "x".repeat(65), "rank": 1 }),
        json!({ "name": "X", "rank": 1_000_001 }),
        json!({ "name": "X", "rank": 1.5 }),
        json!({ "name": "X" }),
        json!({ "rank": 1 }),
        json!({ "name": "X", "rank": 1, "more": 1 }),
    ] {
        world.post(ROLES).bearer(&admin).json(body).send().is(400);
    }
    world.post(ROLES).bearer(&admin).json(json!({ "name": "ADMIN", "rank": 1 })).send().is(409);
    let renamed = json!({ "name": "BOSS", "rank": 1 });
    world.put(&format!("{ROLES}/MANAGER")).bearer(&admin).json(renamed).send().is(400);
}

#[test]
fn a_held_role_and_admin_stay() {
    let world = World::new();
    let admin = world.admin();
    world.user_with("home", "ada@example.com", |user| user.roles = vec!["MANAGER".into()]);
    world.delete(&format!("{ROLES}/MANAGER")).bearer(&admin).send().is(409);
    world.delete(&format!("{ROLES}/ADMIN")).bearer(&admin).send().is(409);
    world.delete(&format!("{ROLES}/TECHNICIAN")).bearer(&admin).send().is(204);
}

#[test]
fn a_role_of_another_tenant_is_another_role() {
    let world = World::new();
    let admin = world.admin();
    let other = world.tenant("b");
    world.post(ROLES).bearer(&admin).json(json!({ "name": "AUDITOR", "rank": 1 })).send().is(201);
    world.get("/tenant/b/v2/Roles/AUDITOR").bearer(&other).send().is(404);
    world.delete("/tenant/b/v2/Roles/AUDITOR").bearer(&other).send().is(404);
    world.delete("/tenant/b/v2/Roles/MANAGER").bearer(&other).send().is(204);
    world.get(&format!("{ROLES}/MANAGER")).bearer(&admin).send().is(200);
}
