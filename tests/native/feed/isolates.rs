//! Each kind of revocation, made in one isolate and seen by another: at once where it was made, and elsewhere within
//! `REVOCATION_SECONDS`.

use serde_json::{Value, json};

use crate::harness::oidc::{SECRET, basic};
use crate::harness::{Ask, PASSWORD, World};

/// What is let through until the change.
type Probe = Box<dyn for<'w> Fn(&'w World) -> Ask<'w>>;
/// The change, through the front door of the first isolate.
type Revoke = Box<dyn Fn(&World)>;

/// What is let through, and the change that ends it.
type Kind = (&'static str, fn(&World) -> (Vec<Probe>, Revoke));

fn app(set: impl for<'w> Fn(Ask<'w>) -> Ask<'w> + 'static) -> Probe {
    Box::new(move |world| set(world.get("/app/")))
}

fn by_bearer(token: String) -> Probe {
    app(move |ask| ask.bearer(&token))
}

fn by_cookie(cookie: String) -> Probe {
    app(move |ask| ask.cookie(&cookie))
}

fn by_key(key: String) -> Probe {
    app(move |ask| ask.key(&key))
}

/// Every credential of a user, some time after what they need was made.
fn of_user(world: &World, email: &str, amr: &[&str]) -> (String, Vec<Probe>) {
    let user = world.user_with("home", email, |user| {
        user.roles = vec!["MANAGER".into()];
        user.plan = Some("gold".into());
    });
    let token = world.session_by(&user, amr).access;
    let key = world.api_key(&token, &["read", "files:read"]);
    let cookie = world.cookie_by(&user, amr);
    (user.id, vec![by_bearer(token), by_cookie(cookie), by_key(key)])
}

fn admin_patch(path: String, body: Value) -> Revoke {
    Box::new(move |world| {
        world.patch(&path).bearer(&world.admin()).json(body.clone()).send().is(200);
    })
}

fn admin_put(path: String, body: Value) -> Revoke {
    Box::new(move |world| {
        world.put(&path).bearer(&world.admin()).json(body.clone()).send().is(200);
    })
}

fn admin_delete(path: String) -> Revoke {
    Box::new(move |world| {
        world.delete(&path).bearer(&world.admin()).send().is(204);
    })
}

/// The route `/app/`, with what it asks for.
fn route(world: &World, spec: Value) -> String {
    let body = json!({ "name": "gold", "rank": 5, "features": ["export"] });
    world.post("/tenant/home/v2/Plans").bearer(&world.admin()).json(body).send().is(201);
    let body = json!({ "rank": 200, "scopes": ["files:read"] });
    world.put("/tenant/home/v2/Roles/MANAGER").bearer(&world.admin()).json(body).send().is(200);
    let id = world.route(spec);
    world.advance(200);
    id
}

fn session_of(world: &World, id: &str, browser: bool) -> String {
    let which = if browser { "NOT NULL" } else { "NULL" };
    let sql = format!("SELECT id FROM sessions WHERE user_id = '{id}' AND cookie_hash IS {which}");
    world.sql(&sql)[0]["id"].as_str().unwrap().to_owned()
}

const KINDS: &[Kind] = &[
    ("a session, by an administrator", |world| {
        route(world, json!({}));
        let (id, mut probes) = of_user(world, "ada@example.com", &["pwd"]);
        let path = format!("/tenant/home/v2/Users/{id}/Sessions/{}", session_of(world, &id, false));
        probes.truncate(1);
        (probes, admin_delete(path))
    }),
    ("a browser's session, by an administrator", |world| {
        route(world, json!({}));
        let (id, mut probes) = of_user(world, "ada@example.com", &["pwd"]);
        let path = format!("/tenant/home/v2/Users/{id}/Sessions/{}", session_of(world, &id, true));
        (vec![probes.swap_remove(1)], admin_delete(path))
    }),
    ("a logout", |world| {
        route(world, json!({}));
        let user = world.user("ada@example.com");
        let token = world.session(&user).access;
        let same = token.clone();
        let logout = move |world: &World| {
            world.post("/auth/logout").bearer(&same).send().is(200);
        };
        (vec![by_bearer(token)], Box::new(logout))
    }),
    ("a password that is changed elsewhere", |world| {
        route(world, json!({}));
        let (_, mut probes) = of_user(world, "ada@example.com", &["pwd"]);
        probes.truncate(2);
        let change = |world: &World| {
            let token = world.login("ada@example.com", PASSWORD).is(200).str("/access_token");
            let body = json!({ "currentPassword": PASSWORD, "newPassword": "a new password" });
            world.post("/api/auth/change-password").bearer(&token).json(body).send().is(200);
        };
        (probes, Box::new(change))
    }),
    ("a user who is disabled", |world| {
        route(world, json!({}));
        let (id, probes) = of_user(world, "ada@example.com", &["pwd"]);
        (probes, admin_patch(format!("/tenant/home/v2/Users/{id}"), json!({ "status": "disabled" })))
    }),
    ("a user who is deleted", |world| {
        route(world, json!({}));
        let (id, probes) = of_user(world, "ada@example.com", &["pwd"]);
        (probes, admin_delete(format!("/tenant/home/v2/Users/{id}")))
    }),
    ("a role that is taken", |world| {
        route(world, json!({ "roles": ["MANAGER"] }));
        let (id, probes) = of_user(world, "ada@example.com", &["pwd"]);
        (probes, admin_patch(format!("/tenant/home/v2/Users/{id}"), json!({ "roles": [] })))
    }),
    ("a scope that a role gives no more", |world| {
        route(world, json!({ "scopes": ["files:read"] }));
        let (_, probes) = of_user(world, "ada@example.com", &["pwd"]);
        (probes, admin_put("/tenant/home/v2/Roles/MANAGER".into(), json!({ "rank": 200, "scopes": [] })))
    }),
    ("a plan that is taken", |world| {
        route(world, json!({ "minimumPlan": "gold" }));
        let (id, probes) = of_user(world, "ada@example.com", &["pwd"]);
        (probes, admin_patch(format!("/tenant/home/v2/Users/{id}"), json!({ "plan": "free" })))
    }),
    ("a feature that a plan has no more", |world| {
        route(world, json!({ "feature": "export" }));
        let (_, probes) = of_user(world, "ada@example.com", &["pwd"]);
        (probes, admin_put("/tenant/home/v2/Plans/gold".into(), json!({ "rank": 5, "features": [] })))
    }),
    ("a factor that is needed", |world| {
        route(world, json!({}));
        let (id, mut probes) = of_user(world, "ada@example.com", &["pwd"]);
        probes.truncate(2);
        (probes, admin_patch(format!("/tenant/home/v2/Users/{id}"), json!({ "mfa": "email" })))
    }),
    ("a setting by which two factors are needed", |world| {
        route(world, json!({}));
        let (_, mut probes) = of_user(world, "ada@example.com", &["pwd"]);
        probes.truncate(2);
        (probes, admin_patch("/tenant/home/v2/Settings".into(), json!({ "mfa": "required" })))
    }),
    ("an API key", |world| {
        route(world, json!({}));
        let user = world.user("ada@example.com");
        let token = world.session(&user).access;
        let key = world.api_key(&token, &["read"]);
        let id = world.sql("SELECT id FROM api_keys")[0]["id"].as_str().unwrap().to_owned();
        let revoke = move |world: &World| {
            world.delete(&format!("/api/auth/api-keys/{id}")).bearer(&token).send().is(200);
        };
        (vec![by_key(key)], Box::new(revoke))
    }),
    ("a key of the tenant's own", |world| {
        route(world, json!({}));
        let body = json!({ "name": "robot", "scopes": ["read"], "roles": [] });
        let made = world.post("/tenant/home/v2/ApiKeys").bearer(&world.admin()).json(body).send().is(201);
        let id = made.str("/id");
        (vec![by_key(made.str("/apiKey"))], admin_delete(format!("/tenant/home/v2/ApiKeys/{id}")))
    }),
    ("a client, with its own token", |world| {
        route(world, json!({}));
        world.client("home", "robot", json!({ "grant_types": ["client_credentials"], "scope": "read" }));
        let form = [("grant_type", "client_credentials"), ("scope", "read")];
        let token = world.post("/tenant/home/oauth2/token").header("authorization", &basic("robot", SECRET));
        let token = token.form(&form).send().is(200).str("/access_token");
        (vec![by_bearer(token)], admin_delete("/tenant/home/v2/Clients/robot".into()))
    }),
    ("a grant that its person ends", |world| {
        route(world, json!({}));
        let user = world.user("ada@example.com");
        world.put_client("home", "app", &json!({ "token_endpoint_auth_method": "none" }));
        world.session(&user);
        let lent = world.granted(&user.id, "app", "read", None);
        let path = format!("/api/auth/sessions/{}", world.newest_session(&user.id));
        let own = world.session(&user).access;
        let end = move |world: &World| {
            world.delete(&path).bearer(&own).send().is(200);
        };
        (vec![by_bearer(lent)], Box::new(end))
    }),
    ("a browser's session, with what was granted in it", |world| {
        route(world, json!({}));
        let user = world.user("ada@example.com");
        world.put_client("home", "app", &json!({ "token_endpoint_auth_method": "none" }));
        let cookie = world.cookie(&user);
        let parent = world.newest_session(&user.id);
        world.advance_ms(1);
        world.session(&user);
        let lent = world.granted(&user.id, "app", "read", Some(&parent));
        let same = cookie.clone();
        let logout = move |world: &World| {
            world.post("/tenant/home/logout").cookie(&same).form(&[]).send().is(200);
        };
        (vec![by_cookie(cookie), by_bearer(lent)], Box::new(logout))
    }),
    ("an administrator's command in SQL", |world| {
        route(world, json!({}));
        let (id, probes) = of_user(world, "ada@example.com", &["pwd"]);
        let disable = move |world: &World| {
            world.sql(&format!("UPDATE users SET status = 'disabled' WHERE id = '{id}'"));
            // No isolate made it: this one hears of it in its turn.
            world.advance(5);
        };
        (probes, Box::new(disable))
    }),
    ("a route", |world| {
        let id = route(world, json!({}));
        let (_, probes) = of_user(world, "ada@example.com", &["pwd"]);
        (probes, admin_delete(format!("/tenant/home/v2/Routes/{id}")))
    }),
    ("a signing key", |world| {
        route(world, json!({}));
        let (_, mut probes) = of_user(world, "ada@example.com", &["pwd"]);
        probes.truncate(1);
        let rotate = |world: &World| {
            let rotate = world.post("/tenant/home/v2/Keys/rotate").bearer(&world.admin());
            rotate.json(json!({ "revoke": true })).send().is(200);
        };
        (probes, Box::new(rotate))
    }),
    ("a tenant that is suspended", |world| {
        (of_acme(world), admin_patch("/tenant/home/v2/Tenants/acme".into(), json!({ "status": "suspended" })))
    }),
    ("a tenant that is deleted", |world| {
        (of_acme(world), admin_delete("/tenant/home/v2/Tenants/acme".into()))
    }),
    ("an issuer, by the tenant's host", |world| {
        let mut probes = of_acme(world);
        probes.truncate(1);
        (probes, admin_patch("/tenant/home/v2/Tenants/acme".into(), json!({ "host": "login.acme.example" })))
    }),
    ("a host", |world| {
        let admin = world.tenant("acme");
        let spec =
            json!({ "name": "app", "path": "/app/", "origin": "http://origin.internal", "auth": "none" });
        world.post("/tenant/acme/v2/Routes").bearer(&admin).json(spec).send().is(201);
        let host = json!({ "host": "login.acme.example" });
        world.patch("/tenant/home/v2/Tenants/acme").bearer(&world.admin()).json(host).send().is(200);
        let probe: Probe = Box::new(|world| world.get("/app/").host("login.acme.example"));
        (vec![probe], admin_patch("/tenant/home/v2/Tenants/acme".into(), json!({ "host": null })))
    }),
];

/// A bearer token, a cookie and a key of a user of another tenant, at a route of its.
fn of_acme(world: &World) -> Vec<Probe> {
    let admin = world.tenant("acme");
    let spec = json!({ "name": "app", "path": "/app/", "origin": "http://origin.internal:9000" });
    world.post("/tenant/acme/v2/Routes").bearer(&admin).json(spec).send().is(201);
    world.advance(200);
    let user = world.user_with("acme", "ada@acme.example", |_| {});
    let token = world.session(&user).access;
    let body = json!({ "name": "test", "scopes": ["read"] });
    let made = world.post("/api/auth/api-keys").tenant("acme").bearer(&token).json(body).send().is(201);
    let (cookie, key) = (world.cookie(&user), made.str("/data/apiKey"));
    vec![
        app(move |ask| ask.tenant("acme").bearer(&token)),
        app(move |ask| ask.tenant("acme").cookie(&cookie)),
        app(move |ask| ask.tenant("acme").key(&key)),
    ]
}

fn passes(ask: Ask<'_>) -> bool {
    ask.status() == 200
}

#[test]
fn a_revocation_is_seen_at_once_where_it_is_made_and_elsewhere_within_the_bound() {
    for (what, make) in KINDS {
        let world = World::new();
        let (probes, revoke) = make(&world);
        let passes_all = |isolate: fn(Ask<'_>) -> Ask<'_>| -> Vec<bool> {
            probes.iter().map(|probe| passes(isolate(probe(&world)))).collect()
        };
        let all = vec![true; probes.len()];
        let none = vec![false; probes.len()];
        assert_eq!(passes_all(|ask| ask), all, "{what}: before, here");
        assert_eq!(passes_all(|ask| ask.elsewhere()), all, "{what}: before, elsewhere");
        revoke(&world);
        assert_eq!(passes_all(|ask| ask), none, "{what}: at once where it is made");
        assert_eq!(passes_all(|ask| ask.fresh()), none, "{what}: in an isolate that knows nothing");
        // In use all the time, and in none of it longer than the bound.
        world.advance_ms(4_999);
        passes_all(|ask| ask.elsewhere());
        world.advance_ms(1);
        assert_eq!(passes_all(|ask| ask.elsewhere()), none, "{what}: elsewhere, in use, after five seconds");
    }
}

#[test]
fn it_is_seen_after_the_bound_by_an_isolate_that_was_not_in_use_and_at_once_without_a_bound() {
    for (vars, seconds) in
        [(&[][..], 5), (&[("REVOCATION_SECONDS", "60")][..], 60), (&[("REVOCATION_SECONDS", "0")][..], 0)]
    {
        for (what, make) in KINDS {
            let world = World::with(vars);
            let (probes, revoke) = make(&world);
            for probe in &probes {
                assert!(passes(probe(&world).elsewhere()), "{what}: before, elsewhere");
            }
            revoke(&world);
            world.advance(seconds);
            for (at, probe) in probes.iter().enumerate() {
                assert!(!passes(probe(&world).elsewhere()), "{what}, credential {at}: after {seconds} s");
            }
        }
    }
}
