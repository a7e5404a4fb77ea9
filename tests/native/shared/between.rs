//! Requests that come between the steps of another one: at each wait of the first for storage the second runs as a
//! whole, and the other way round. Whatever the order, nothing is lost, doubled, over its limit or left without what it names.

use serde_json::{Value, json};

use crate::harness::{Ask, PASSWORD, Reply, World};

const USER: &str = "ada@example.com";
const SCOPE: &str = "payments:refund";

fn v2(path: &str) -> String {
    format!("/tenant/home/v2/{path}")
}

/// A request of an administrator's.
struct Say(&'static str, &'static str, Value);

impl Say {
    /// With the id of what it is about in the place of `$user`, `$other` and `$route`.
    fn ask<'w>(&self, world: &'w World) -> Ask<'w> {
        let id = |sql: &str| {
            let rows = world.sql(sql);
            rows.first().map(|row| row["id"].as_str().unwrap().to_owned()).unwrap_or_default()
        };
        let by_email = |email: &str| id(&format!("SELECT id FROM users WHERE email = '{email}'"));
        let path = self
            .1
            .replace("$user", &by_email(USER))
            .replace("$other", &by_email("bob@example.com"))
            .replace("$route", &id("SELECT id FROM routes LIMIT 1"));
        let ask = world.ask(self.0, &v2(&path)).bearer(&world.admin()).fresh();
        if self.2.is_null() { ask } else { ask.json(self.2.clone()) }
    }
}

/// A world with a role, a plan, a route, a client and people.
fn world() -> World {
    let world = World::new();
    let admin = world.admin();
    world.user(USER);
    world.user("bob@example.com");
    let make = |path: &str, body: Value| {
        world.post(&v2(path)).bearer(&admin).json(body).send().is(201);
    };
    make("Roles", json!({ "name": "TELLER", "rank": 50, "scopes": ["payments:list"] }));
    make("Plans", json!({ "name": "pro", "rank": 5 }));
    world.route(json!({}));
    make(
        "Clients",
        json!({ "grant_types": ["client_credentials"], "response_types": [], "scope": "read write" }),
    );
    world.sql("UPDATE clients SET id = 'app'");
    make("Tenants", json!({ "id": "b", "name": "B" }));
    make("Tenants", json!({ "id": "c", "name": "C" }));
    world
}

/// Names of roles and plans that stand somewhere, and not where they are defined.
const DANGLING: &str = "
  SELECT (SELECT count(*) FROM users, json_each(users.roles) WHERE value NOT IN (SELECT name FROM roles WHERE tenant_id = users.tenant_id))
   + (SELECT count(*) FROM api_keys, json_each(api_keys.roles) WHERE value NOT IN (SELECT name FROM roles WHERE tenant_id = api_keys.tenant_id))
   + (SELECT count(*) FROM clients, json_each(json_extract(metadata, '$.roles')) WHERE value NOT IN (SELECT name FROM roles WHERE tenant_id = clients.tenant_id))
   + (SELECT count(*) FROM tenants, json_each(json_extract(settings, '$.defaultRoles')) WHERE value NOT IN (SELECT name FROM roles WHERE tenant_id = tenants.id))
   + (SELECT count(*) FROM users JOIN tenants ON tenants.id = tenant_id WHERE plan NOT IN (
        SELECT name FROM plans WHERE plans.tenant_id = tenants.id UNION SELECT coalesce(json_extract(settings, '$.defaultPlan'), 'free')))
   + (SELECT count(*) FROM routes JOIN tenants ON tenants.id = tenant_id WHERE json_extract(spec, '$.minimumPlan') NOT IN (
        SELECT name FROM plans WHERE plans.tenant_id = tenants.id UNION SELECT coalesce(json_extract(settings, '$.defaultPlan'), 'free')))
   AS n";

fn count(world: &World, sql: &str) -> i64 {
    world.number(&format!("SELECT count(*) AS n FROM {sql}"))
}

/// Runs both at each wait of either, in worlds of their own, and looks whether what must hold does.
fn cross(
    what: &str,
    make: &dyn Fn() -> World,
    asks: [&dyn Fn(&World) -> Ask<'_>; 2],
    holds: &dyn Fn(&World, &[Reply; 2]) -> bool,
) {
    let mut ways = 0;
    for swapped in [false, true] {
        for at in 1.. {
            let world = make();
            let [one, other] = asks.map(|ask| ask(&world));
            let (first, second) = if swapped { (other, one) } else { (one, other) };
            let Some(replies) = world.between(first, at, second) else { break };
            let [outer, inner] = replies;
            let replies = if swapped { [inner, outer] } else { [outer, inner] };
            let said = replies.each_ref().map(|reply| format!("{} {}", reply.status, reply.text));
            assert!(replies.iter().all(|reply| reply.status < 500), "{what}, {swapped} {at}: {said:?}");
            assert!(holds(&world, &replies), "{what}, {swapped} {at}: {said:?}");
            ways += 1;
            assert!(at < 60, "{what} waits for ever");
        }
    }
    assert!(ways >= 4, "{what}: {ways} interleavings");
}

fn cross_said(what: &str, says: [Say; 2], holds: &dyn Fn(&World, &[Reply; 2]) -> bool) {
    let [one, other] = &says;
    cross(what, &world, [&|world| one.ask(world), &|world| other.ask(world)], holds);
}

fn route(more: Value) -> Value {
    let mut spec = json!({ "name": "two", "path": "/two/", "origin": "http://origin.internal:9000" });
    spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    spec
}

fn machine(more: Value) -> Value {
    let mut all = json!({ "grant_types": ["client_credentials"], "response_types": [], "scope": "read" });
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    all
}

#[test]
fn a_role_or_plan_goes_only_while_nobody_has_it() {
    let roles = json!({ "roles": ["TELLER"] });
    let names = [
        Say("PATCH", "Users/$user", roles.clone()),
        Say("POST", "Users", json!({ "email": "new@example.com", "roles": ["TELLER"] })),
        Say("POST", "Clients", machine(roles.clone())),
        Say("PATCH", "Clients/app", roles),
        Say("POST", "ApiKeys", json!({ "name": "k", "scopes": ["read"], "roles": ["TELLER"] })),
        Say("PATCH", "Settings", json!({ "defaultRoles": ["TELLER"] })),
    ];
    let sound = |world: &World, replies: &[Reply; 2]| {
        world.number(DANGLING) == 0 && replies.iter().any(|reply| reply.status < 300)
    };
    for say in names {
        let what = format!("{} {} and its role", say.0, say.1);
        cross_said(&what, [Say("DELETE", "Roles/TELLER", Value::Null), say], &sound);
    }
    let plans = |name: &str| {
        [
            Say("PATCH", "Users/$user", json!({ "plan": name })),
            Say("POST", "Users", json!({ "email": "new@example.com", "plan": name })),
            Say("POST", "Routes", route(json!({ "minimumPlan": name }))),
            Say("PUT", "Routes/$route", route(json!({ "minimumPlan": name }))),
        ]
    };
    for say in plans("pro") {
        let what = format!("{} {} and its plan", say.0, say.1);
        cross_said(&what, [Say("DELETE", "Plans/pro", Value::Null), say], &sound);
    }
    // The default that has no row goes with the setting.
    for say in plans("free") {
        let what = format!("{} {} and the default plan", say.0, say.1);
        cross_said(&what, [Say("PATCH", "Settings", json!({ "defaultPlan": "pro" })), say], &sound);
    }
    let default = Say("PATCH", "Settings", json!({ "defaultPlan": "pro" }));
    cross_said("a plan that becomes the default", [Say("DELETE", "Plans/pro", Value::Null), default], &sound);
}

#[test]
fn what_one_takes_away_no_other_change_brings_back() {
    let of_user = "users WHERE email = 'ada@example.com' AND";
    let cases: [(&str, Say, Say, String); 8] = [
        (
            "a name and roles",
            Say("PATCH", "Users/$user", json!({ "name": "Ada" })),
            Say("PATCH", "Users/$user", json!({ "roles": [], "scopes": [] })),
            format!("{of_user} roles = '[]' AND scopes = '[]'"),
        ),
        (
            "a plan and a status",
            Say("PATCH", "Users/$user", json!({ "plan": "pro" })),
            Say("PATCH", "Users/$user", json!({ "status": "disabled" })),
            format!("{of_user} status = 'disabled'"),
        ),
        (
            "a second factor and an address",
            Say("PATCH", "Users/$user", json!({ "mfa": "email" })),
            Say("PATCH", "Users/$user", json!({ "emailVerified": false })),
            format!("{of_user} email_verified = 0"),
        ),
        (
            "a client's name and its scope",
            Say("PATCH", "Clients/app", json!({ "client_name": "App" })),
            Say("PATCH", "Clients/app", json!({ "scope": "read" })),
            "clients WHERE id = 'app' AND json_extract(metadata, '$.scope') = 'read'".into(),
        ),
        (
            "a role's rank and its scopes",
            Say("PUT", "Roles/TELLER", json!({ "rank": 60 })),
            Say("PUT", "Roles/TELLER", json!({ "rank": 50, "scopes": [] })),
            "roles WHERE name = 'TELLER' AND scopes = '[]'".into(),
        ),
        (
            "a tenant's name and its suspension",
            Say("PATCH", "Tenants/b", json!({ "name": "Bee" })),
            Say("PATCH", "Tenants/b", json!({ "status": "suspended" })),
            "tenants WHERE id = 'b' AND status = 'suspended'".into(),
        ),
        (
            "a tenant's name and its host",
            Say("PATCH", "Tenants/b", json!({ "name": "Bee" })),
            Say("PATCH", "Tenants/b", json!({ "host": "b.example" })),
            "tenant_hosts WHERE host = 'b.example' AND tenant_id = 'b'".into(),
        ),
        (
            "two settings",
            Say("PATCH", "Settings", json!({ "minPasswordLength": 12 })),
            Say("PATCH", "Settings", json!({ "mfaAttempts": 3 })),
            "tenants WHERE id = 'home' AND json_extract(settings, '$.mfaAttempts') = 3".into(),
        ),
    ];
    for (what, one, other, holds) in cases {
        let make = || {
            let world = world();
            world.sql("UPDATE users SET roles = '[\"MANAGER\"]', scopes = '[\"a:b\"]' WHERE email = 'ada@example.com'");
            world
        };
        let sound = |world: &World, replies: &[Reply; 2]| match replies[1].status {
            200 => count(world, &holds) == 1,
            409 => replies[0].status == 200,
            _ => false,
        };
        cross(what, &make, [&|world| one.ask(world), &|world| other.ask(world)], &sound);
    }
}

#[test]
fn a_key_does_not_take_a_rule_from_a_route_that_it_never_saw() {
    let key = |world: &World| {
        let body = json!({ "name": "k", "scopes": ["read", "write"], "roles": ["ADMIN"] });
        world.post(&v2("ApiKeys")).bearer(&world.admin()).json(body).send().is(201).str("/apiKey")
    };
    let path = |world: &World| {
        let id = world.sql("SELECT id FROM routes")[0]["id"].as_str().unwrap().to_owned();
        v2(&format!("Routes/{id}"))
    };
    let rule = Say("PUT", "Routes/$route", route(json!({ "scopes": [SCOPE] })));
    let holds = |world: &World, replies: &[Reply; 2]| {
        replies[1].status == 200
            && count(world, "routes WHERE json_extract(spec, '$.scopes') = '[\"payments:refund\"]'") == 1
    };
    fn by_key<'w>(world: &'w World, method: &str, path: &str, key: &str) -> Ask<'w> {
        let ask = world.ask(method, path).key(key).fresh();
        if method == "PUT" { ask.json(route(json!({ "timeoutSeconds": 9 }))) } else { ask }
    }
    for method in ["PUT", "DELETE"] {
        cross(
            method,
            &world,
            [&|world| by_key(world, method, &path(world), &key(world)), &|world| rule.ask(world)],
            &|world, replies| holds(world, replies) || (method == "DELETE" && replies[0].status == 204),
        );
    }
}

#[test]
fn what_is_there_once_is_made_once() {
    let cases: [(&str, Say, Say, &str); 9] = [
        (
            "an address",
            Say("POST", "Users", json!({ "email": "new@example.com" })),
            Say("POST", "Users", json!({ "email": "NEW@example.com", "password": PASSWORD })),
            "users WHERE email_key = 'new@example.com'",
        ),
        (
            "an address that moves",
            Say("POST", "Users", json!({ "email": "new@example.com" })),
            Say("PATCH", "Users/$user", json!({ "email": "new@example.com" })),
            "users WHERE email_key = 'new@example.com'",
        ),
        (
            "an address that two move to",
            Say("PATCH", "Users/$other", json!({ "email": "new@example.com" })),
            Say("PATCH", "Users/$user", json!({ "email": "new@example.com" })),
            "users WHERE email_key = 'new@example.com'",
        ),
        (
            "a route",
            Say("POST", "Routes", route(json!({}))),
            Say("PUT", "Routes/$route", route(json!({}))),
            "routes WHERE name = 'two'",
        ),
        (
            "a role",
            Say("POST", "Roles", json!({ "name": "NEW", "rank": 1 })),
            Say("POST", "Roles", json!({ "name": "NEW", "rank": 2 })),
            "roles WHERE name = 'NEW'",
        ),
        (
            "a plan",
            Say("POST", "Plans", json!({ "name": "new", "rank": 1 })),
            Say("POST", "Plans", json!({ "name": "new", "rank": 2 })),
            "plans WHERE name = 'new'",
        ),
        (
            "a tenant",
            Say("POST", "Tenants", json!({ "id": "new", "name": "One" })),
            Say("POST", "Tenants", json!({ "id": "new", "name": "Two", "host": "new.example" })),
            "tenants WHERE id = 'new'",
        ),
        (
            "a host",
            Say("PATCH", "Tenants/b", json!({ "host": "new.example" })),
            Say("PATCH", "Tenants/c", json!({ "host": "new.example" })),
            "tenant_hosts WHERE host = 'new.example'",
        ),
        (
            "a host of a new tenant",
            Say("PATCH", "Tenants/b", json!({ "host": "new.example" })),
            Say("POST", "Tenants", json!({ "id": "new", "name": "New", "host": "new.example" })),
            "tenant_hosts WHERE host = 'new.example'",
        ),
    ];
    for (what, one, other, made) in cases {
        let sound = |world: &World, replies: &[Reply; 2]| {
            let statuses = replies.each_ref().map(|reply| reply.status);
            count(world, made) == 1
                && statuses.iter().filter(|status| **status < 300).count() == 1
                && statuses.contains(&409)
        };
        cross_said(what, [one, other], &sound);
    }
}

#[test]
fn what_ends_ends_once_and_takes_what_crosses_it_along() {
    let sound = |world: &World, replies: &[Reply; 2]| {
        world.number("SELECT count(*) AS n FROM users WHERE email = 'ada@example.com'") == 0
            && world.events("user.deleted") == 1
            && replies.iter().filter(|reply| reply.status == 204).count() == 1
    };
    let delete = || Say("DELETE", "Users/$user", Value::Null);
    cross_said("two deletions", [delete(), delete()], &sound);
    for body in [json!({ "name": "A" }), json!({ "roles": ["ADMIN"] }), json!({ "resetTOTP": true })] {
        cross_said("a deletion and a change", [delete(), Say("PATCH", "Users/$user", body)], &sound);
    }
    let key = json!({ "name": "k", "scopes": ["read"] });
    fn own<'w>(world: &'w World, key: &Value) -> Ask<'w> {
        let login = world.login(USER, PASSWORD).is(200);
        world.post("/api/auth/api-keys").bearer(&login.str("/access_token")).json(key.clone()).fresh()
    }
    let of_user = |world: &World, replies: &[Reply; 2]| {
        sound(world, replies) && count(world, "api_keys WHERE user_id IS NOT NULL") == 0
    };
    cross(
        "a deletion and a key",
        &world,
        [&|world| delete().ask(world), &|world| own(world, &key)],
        &of_user,
    );
}

#[test]
fn limits_and_first_ones_hold_at_every_step() {
    let full = || {
        let world = world();
        for n in 0..99 {
            world.sql(&format!(
                "INSERT INTO api_keys (id, tenant_id, user_id, name, prefix, hash, scopes, created_at)
                 SELECT 'k{n}', 'home', id, 'k', 'pc', 'h{n}', '[]', 0 FROM users WHERE email = 'ada@example.com'"
            ));
        }
        world
    };
    fn make(world: &World) -> Ask<'_> {
        let id = world.sql("SELECT id FROM users WHERE email = 'ada@example.com'")[0]["id"].clone();
        let body = json!({ "name": "k", "scopes": ["read"], "userId": id });
        world.post(&v2("ApiKeys")).bearer(&world.admin()).json(body).fresh()
    }
    let hundred = |world: &World, replies: &[Reply; 2]| {
        count(world, "api_keys") == 100 && replies.iter().filter(|reply| reply.status == 201).count() == 1
    };
    cross("the hundredth key", &full, [&make, &make], &hundred);

    fn setup<'w>(world: &'w World, email: &str) -> Ask<'w> {
        let body = json!({ "token": "set-me-up", "email": email, "password": PASSWORD });
        world.post("/setup").json(body).fresh()
    }
    let one = |world: &World, replies: &[Reply; 2]| {
        count(world, "users WHERE operator = 1") == 1
            && replies.iter().filter(|reply| reply.status == 201).count() == 1
    };
    let asks: [&dyn Fn(&World) -> Ask<'_>; 2] =
        [&|world| setup(world, "a@example.com"), &|world| setup(world, "b@example.com")];
    cross("the first administrator", &World::new, asks, &one);

    let invited = || {
        let world = world();
        world.sql("UPDATE users SET password_hash = NULL WHERE email = 'ada@example.com'");
        world
    };
    let invite = || Say("POST", "Users/$user/invitation", Value::Null);
    let links = "mail_links WHERE purpose = 'invitation' AND used_at IS NULL";
    let asks: [&dyn Fn(&World) -> Ask<'_>; 2] = [&|world| invite().ask(world), &|world| invite().ask(world)];
    cross("an invitation", &invited, asks, &|world, _| count(world, links) == 1);
}
