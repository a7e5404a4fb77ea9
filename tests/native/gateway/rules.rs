//! Who may pass: roles, scopes, plan, feature, second factor, and whether a caller must be known.

use serde_json::{Value, json};

use crate::harness::{World, set};

#[test]
fn the_role_of_the_highest_rank_counts_and_includes_the_lower() {
    let world = World::new();
    world.route(json!({ "roles": ["MANAGER"] }));
    let roles: [(&[&str], u16); 6] = [
        (&[], 403),
        (&["TECHNICIAN"], 403),
        (&["MANAGER"], 200),
        (&["ADMIN"], 200),
        (&["TECHNICIAN", "ADMIN"], 200),
        (&["GONE"], 403),
    ];
    for (at, (roles, status)) in roles.iter().enumerate() {
        let user = world.user_with("home", &format!("user{at}@example.com"), |user| {
            user.roles = roles.iter().map(|role| (*role).to_owned()).collect();
        });
        let token = world.session(&user).access;
        assert_eq!(world.get("/app/").bearer(&token).status(), *status, "{roles:?}");
    }
    assert_eq!(world.events("gateway.refused"), 3);
}

#[test]
fn a_route_of_a_role_that_is_gone_lets_nobody_pass() {
    let world = World::new();
    let admin = world.admin();
    world
        .post("/tenant/home/v2/Roles")
        .bearer(&admin)
        .json(json!({ "name": "GUEST", "rank": 1 }))
        .send()
        .is(201);
    world.route(json!({ "roles": ["GUEST"] }));
    world.get("/app/").bearer(&admin).plan();
    world.delete("/tenant/home/v2/Roles/GUEST").bearer(&admin).send().is(204);
    let reply = world.get("/app/").bearer(&admin).send().is(403);
    assert_eq!(reply.json["code"], "FORBIDDEN");
}

#[test]
fn all_scopes_are_needed() {
    let world = World::new();
    world.route(json!({ "scopes": ["read", "write"] }));
    let token = world.session(&world.user("ada@example.com")).access;
    world.get("/app/").bearer(&token).plan();
    let reply = world.get("/app/").key(&world.api_key(&token, &["read"])).send().is(403);
    assert_eq!(reply.json["code"], "INSUFFICIENT_SCOPE");
    let challenge = reply.header("www-authenticate").unwrap();
    assert_eq!(challenge, "Bearer error=\"insufficient_scope\", scope=\"read write\"");
    world.get("/app/").key(&world.api_key(&token, &["read", "write"])).plan();
}

fn with_plans(world: &World) {
    for (name, rank, features) in
        [("free", 0, json!([])), ("business", 2, json!(["export"])), ("gold", 3, json!([]))]
    {
        let plan = json!({ "name": name, "rank": rank, "features": features });
        world.post("/tenant/home/v2/Plans").bearer(&world.admin()).json(plan).send().is(201);
    }
}

fn on_plan(world: &World, plan: Option<&str>) -> String {
    let email = format!("{}@example.com", plan.unwrap_or("none"));
    let user = world.user_with("home", &email, |user| user.plan = plan.map(str::to_owned));
    world.session(&user).access
}

#[test]
fn a_plan_that_is_too_low_is_told_which_is_needed() {
    let world = World::new();
    with_plans(&world);
    world.route(json!({ "minimumPlan": "business" }));
    let reply = world.get("/app/").bearer(&on_plan(&world, None)).send().is(403);
    let shape = json!({
        "error": "Upgrade required", "message": "This feature requires business plan or higher",
        "currentPlan": "free", "requiredPlan": "business",
    });
    assert_eq!(reply.json, shape);
    world.get("/app/").bearer(&on_plan(&world, Some("business"))).plan();
    world.get("/app/").bearer(&on_plan(&world, Some("gold"))).plan();
    world.get("/app/").bearer(&on_plan(&world, Some("unknown"))).send().is(403);
}

#[test]
fn a_feature_must_come_with_the_plan_itself() {
    let world = World::new();
    with_plans(&world);
    world.route(json!({ "feature": "export" }));
    world.get("/app/").bearer(&on_plan(&world, Some("business"))).plan();
    let reply = world.get("/app/").bearer(&on_plan(&world, Some("gold"))).send().is(403);
    let shape = json!({
        "error": "Feature not available", "message": "This feature is not available on your current plan",
        "currentPlan": "gold", "requiredFeature": "export",
    });
    assert_eq!(reply.json, shape);
}

#[test]
fn a_required_route_refuses_strangers_in_the_documents_shape() {
    let world = World::new();
    world.route(json!({}));
    let reply = world.get("/app/").send().is(401);
    let shape = json!({ "success": false, "error": "Invalid or expired token", "code": "UNAUTHORIZED" });
    assert_eq!(reply.json, shape);
    assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let reply = world.get("/app/").bearer("x").send().is(401);
    assert_eq!(reply.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
}

#[test]
fn an_optional_route_passes_strangers_without_an_assertion() {
    let world = World::new();
    world.route(json!({ "auth": "optional" }));
    world.tenant("b");
    let user = world.user("ada@example.com");
    let other = world.session(&world.user_with("b", "ada@example.com", |_| {})).access;
    for ask in [
        world.get("/app/"),
        world.get("/app/").bearer("bad"),
        world.get("/app/").cookie("bad"),
        world.get("/app/").key("bad"),
        world.get("/app/").bearer(&other),
    ] {
        let plan = ask.plan();
        assert_eq!(set(&plan, "x-portcullis-assertion"), None);
    }
    let plan = world.get("/app/").bearer(&world.session(&user).access).plan();
    assert!(set(&plan, "x-portcullis-assertion").is_some());
}

#[test]
fn the_rules_of_an_optional_route_hold_for_one_who_is_known() {
    let world = World::new();
    world.route(json!({ "auth": "optional", "roles": ["ADMIN"] }));
    let token = world.session(&world.user("ada@example.com")).access;
    world.get("/app/").bearer(&token).send().is(403);
}

#[test]
fn a_public_route_asks_nobody_who_they_are() {
    let world = World::new();
    world.route(json!({ "auth": "none" }));
    let token = world.session(&world.user("ada@example.com")).access;
    world.get("/app/").plan();
    let trips = world.db.trips.get();
    let plan = world.get("/app/").bearer(&token).plan();
    assert_eq!(set(&plan, "x-portcullis-assertion"), None);
    assert_eq!(world.db.trips.get(), trips);
}

#[test]
fn a_broken_database_lets_nobody_pass() {
    let world = World::new();
    for auth in ["required", "optional"] {
        world.route(json!({ "name": auth, "path": format!("/{auth}/"), "auth": auth }));
    }
    let token = world.session(&world.user("ada@example.com")).access;
    world.get("/required/").send().is(401);
    world.db.broken.set(true);
    for auth in ["required", "optional"] {
        let reply = world.get(&format!("/{auth}/")).bearer(&token).send().is(500);
        assert_eq!(reply.json["code"], "INTERNAL_ERROR");
        assert_eq!(reply.json["success"], Value::Bool(false));
        let id = reply.str("/requestId");
        assert!(world.log.0.borrow().iter().any(|line| line.contains(&id) && line.contains("out of order")));
    }
}
