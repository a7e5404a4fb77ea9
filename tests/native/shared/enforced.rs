//! A mail domain that is enforced: its people sign in with their organisation's provider and with nothing else, on every
//! surface; which is said by the domain of the address alone, and costs nobody else anything.

use serde_json::{Value, json};

use crate::harness::{Ask, Authenticator, PASSWORD, Reply, World};

const START: &str = "https://auth.example.com/tenant/home/sso/okta";

/// A home tenant with a provider that is enforced for `corp.example`.
fn world() -> World {
    let world = World::new();
    world.sql("UPDATE tenants SET enterprise = 1 WHERE id = 'home'");
    provider(&world, "home", true);
    world.settings(json!({ "magicLinkSignUp": true }));
    world
}

fn provider(world: &World, tenant: &str, enforced: bool) {
    let spec = json!({
        "kind": "oidc", "name": "Okta", "issuer": "https://okta.example", "clientId": "us", "scopes": ["openid"],
        "enabled": true, "enforced": enforced,
    });
    world.sql(&format!(
        "INSERT INTO identity_providers (tenant_id, id, spec, created_at) VALUES ('{tenant}', 'okta', '{spec}', 0)"
    ));
    let directory =
        world.sql(&format!("SELECT directory FROM tenants WHERE id = '{tenant}'"))[0]["directory"].clone();
    let directory = directory.as_str().unwrap();
    world.sql(&format!(
        "INSERT INTO email_domains (tenant_id, domain, provider_id, status, token, created_at, directory)
         VALUES ('{tenant}', 'corp.example', 'okta', 'verified', 't', 0, '{directory}')"
    ));
    world.cache.forget_tenant(tenant);
    world.cache.forget_tenant(directory);
}

type Entry = (&'static str, for<'w> fn(&'w World, &str) -> Ask<'w>);

/// Everything that begins with an address.
const ENTRIES: &[Entry] = &[
    ("session login", |world, email| {
        world.post("/api/auth/login").json(json!({ "email": email, "password": PASSWORD }))
    }),
    ("session magic link", |world, email| {
        world.post("/api/auth/magic-link/request").json(json!({ "email": email }))
    }),
    ("session magic code", |world, email| {
        world.post("/api/auth/magic-link/verify").json(json!({ "email": email, "code": "123456" }))
    }),
    ("account login", |world, email| {
        world.post("/auth/login").json(json!({ "email": email, "password": PASSWORD }))
    }),
    ("account login and code", |world, email| {
        world.post("/auth/mfa/login").json(json!({ "email": email, "password": PASSWORD, "code": "123456" }))
    }),
    ("account registration", |world, email| {
        world.post("/auth/register").json(json!({ "email": email, "password": PASSWORD }))
    }),
    ("account forgotten password", |world, email| {
        world.post("/auth/forgot-password").json(json!({ "email": email }))
    }),
    ("connections magic link", |world, email| {
        world.post("/users/auth/magic-link/request").json(json!({ "email": email }))
    }),
    ("connections magic code", |world, email| {
        world.post("/users/auth/magic-link/verify").json(json!({ "email": email, "code": "123456" }))
    }),
    ("page login", |world, email| page(world, "login", &[("email", email), ("password", PASSWORD)])),
    ("page magic link", |world, email| page(world, "magic-link", &[("email", email)])),
    ("page magic code", |world, email| page(world, "magic-link", &[("email", email), ("code", "123456")])),
    ("page registration", |world, email| {
        page(world, "register", &[("email", email), ("password", PASSWORD)])
    }),
    ("page confirmation again", |world, email| page(world, "register", &[("email", email), ("resend", "1")])),
    ("page forgotten password", |world, email| page(world, "forgot", &[("email", email)])),
];

fn page<'w>(world: &'w World, page: &str, fields: &[(&str, &str)]) -> Ask<'w> {
    world.post(&format!("/tenant/home/{page}")).navigating().form(fields)
}

/// The state that a refusal must not change.
fn state(world: &World) -> Value {
    let tables = ["users", "sessions", "mails", "mail_links", "challenges", "audit"];
    let counts = tables.map(|table| world.number(&format!("SELECT count(*) AS n FROM {table}")));
    json!([counts, world.sql("SELECT * FROM users")])
}

#[track_caller]
fn assert_refused(name: &str, reply: &Reply, start: &str) {
    assert_eq!(reply.status, 403, "{name}: {}", reply.text);
    if name.starts_with("page") {
        assert!(reply.text.contains(&format!("href=\"{start}")), "{name}: {}", reply.text);
        assert_eq!(reply.sets("__Host-portcullis"), None, "{name}");
        return;
    }
    let code = match name.split(' ').next().unwrap() {
        "account" => "sso_required",
        _ => "SSO_REQUIRED",
    };
    let said = if code == "sso_required" { &reply.json["error"] } else { &reply.json["code"] };
    assert_eq!((said, &reply.json["authUrl"]), (&json!(code), &json!(start)), "{name}: {}", reply.text);
}

#[test]
fn every_entry_is_refused_by_the_domain_alone_and_changes_nothing() {
    let world = world();
    world.user("ada@corp.example");
    world.user_with("home", "off@corp.example", |user| {
        user.status = portcullis::model::state::UserStatus::Disabled;
    });
    let before = state(&world);
    for (name, entry) in ENTRIES {
        // What an isolate learns of the tenant, it learns once.
        entry(&world, "first@corp.example").send();
        let (mut texts, mut costs) = (Vec::new(), Vec::new());
        for email in ["ada@corp.example", "off@corp.example", "nobody@corp.example", " Ada@CORP.example"] {
            let (reply, cost) = entry(&world, email).cost();
            assert_refused(name, &reply, START);
            costs.push(cost);
            let shown = email.trim().to_owned();
            texts.push(reply.text.replace(email, "").replace(&shown, ""));
        }
        let programs = !name.starts_with("page");
        assert!(costs.iter().all(|cost| *cost == costs[0]), "{name}: {costs:?}");
        assert!(!programs || costs[0] == [0, 0], "{name}: {costs:?}");
        let same = |text: &String| text.split("timestamp").next() == texts[0].split("timestamp").next();
        assert!(!programs || texts.iter().all(same), "{name}: {texts:?}");
    }
    assert_eq!(state(&world), before);
}

#[test]
fn nobody_elses_domain_is_enforced() {
    let world = world();
    for (name, entry) in ENTRIES {
        for email in ["eve@example.com", "eve@sub.corp.example", "eve@corp.example.net", "eve@xcorp.example"]
        {
            let reply = entry(&world, email).unlimited().send();
            assert!(
                !reply.text.contains("SSO_REQUIRED") && !reply.text.contains("sso_required"),
                "{name} {email}"
            );
            // A page says it so; the provider's own button is on it for everybody.
            assert!(!reply.text.contains("Please sign in with your organization."), "{name} {email}");
            assert!(name.starts_with("page") || !reply.text.contains("/sso/okta"), "{name} {email}");
        }
    }
}

#[test]
fn only_what_is_verified_enabled_enforced_and_paid_for_is_enforced() {
    for (name, sql) in [
        ("pending", "UPDATE email_domains SET status = 'pending'"),
        ("disabled", "UPDATE identity_providers SET spec = json_set(spec, '$.enabled', json('false'))"),
        ("not enforced", "UPDATE identity_providers SET spec = json_set(spec, '$.enforced', json('false'))"),
        ("no enterprise", "UPDATE tenants SET enterprise = 0"),
    ] {
        let world = world();
        world.user("ada@corp.example");
        world.login("ada@corp.example", PASSWORD).is(403);
        world.sql(sql);
        // Seen within the time that an isolate remembers.
        world.advance(5);
        assert_eq!(world.login("ada@corp.example", PASSWORD).status, 200, "{name}");
    }
}

/// A domain is enforced in the tenant that has it, and for who names none in whose directory it is; nowhere else.
#[test]
fn another_tenants_people_are_not_touched() {
    let world = World::new();
    for tenant in ["b", "c"] {
        world.tenant(tenant);
        world.user_with(tenant, "ada@corp.example", |_| {});
    }
    world.user("ada@corp.example");
    world.sql("UPDATE tenants SET enterprise = 1");
    provider(&world, "b", true);
    let body = json!({ "email": "ada@corp.example", "password": PASSWORD });
    let login = |tenant: &str| world.post("/auth/login").tenant(tenant).json(body.clone()).send();
    let refused = login("b").is(403);
    assert_eq!(refused.json["authUrl"], "https://auth.example.com/tenant/b/sso/okta");
    login("c").is(200);
    login("home").is(200);
    world.post("/auth/login").json(body).send().is(200);
}

#[test]
fn a_domain_of_a_tenant_that_shares_the_directory_counts_where_no_tenant_is_named() {
    let world = World::new();
    world.tenant("trial");
    world.sql("UPDATE tenants SET directory = 'home', enterprise = 1 WHERE id = 'trial'");
    provider(&world, "trial", true);
    let start = "https://auth.example.com/tenant/trial/sso/okta";
    let body = json!({ "email": "ada@corp.example", "password": PASSWORD });
    assert_refused("account", &world.post("/auth/login").json(body.clone()).send(), start);
    assert_refused("account", &world.post("/auth/login").tenant("trial").json(body.clone()).send(), start);
    // Who names home is of home.
    world.post("/auth/login").tenant("home").json(body).send().is(401);
}

/// What was mailed before the domain was enforced lets nobody in after.
#[test]
fn links_that_were_mailed_before_are_refused_after() {
    let world = World::new();
    let user = world.user("ada@corp.example");
    let token = world.session(&user).access;
    let mailed = |path: &str| {
        world.post(path).json(json!({ "email": "ada@corp.example" })).send().is(200);
        world.mailed_token("ada@corp.example")
    };
    let (magic, reset) = (mailed("/api/auth/magic-link/request"), mailed("/auth/forgot-password"));
    let change = json!({ "newEmail": "ada@private.example", "password": PASSWORD });
    world.post("/api/auth/change-email").bearer(&token).json(change).send().is(200);
    let (old, new) = (world.mailed_token("ada@corp.example"), world.mailed_token("ada@private.example"));
    world.sql("UPDATE tenants SET enterprise = 1");
    provider(&world, "home", true);
    let (sessions, hash) = (world.number("SELECT count(*) AS n FROM sessions"), user.password_hash);
    let follow = world.post("/api/auth/magic-link/verify").json(json!({ "token": magic })).send();
    assert_refused("session", &follow, START);
    let reset =
        world.post("/auth/reset-password").json(json!({ "token": reset, "password": "another one" })).send();
    assert_refused("account", &reset, START);
    for token in [old, new] {
        let body = json!({ "token": token });
        assert_refused("session", &world.post("/api/auth/change-email/confirm").json(body).send(), START);
    }
    assert_eq!(world.number("SELECT count(*) AS n FROM sessions"), sessions);
    let now = world.sql("SELECT * FROM users WHERE email_key = 'ada@corp.example'");
    assert_eq!(now[0]["password_hash"].as_str().map(str::to_owned), hash);
}

/// A session goes on, and makes nothing by which its person could sign in without the organisation.
#[test]
fn in_a_session_nobody_leaves_their_domain_or_gets_a_password() {
    let world = world();
    let user = world.user("ada@corp.example");
    let token = world.session(&user).access;
    world.get("/api/auth/me").bearer(&token).send().is(200);
    for (path, body) in [
        ("change-password", json!({ "currentPassword": PASSWORD, "newPassword": "another password" })),
        ("change-email", json!({ "newEmail": "ada@private.example", "password": PASSWORD })),
    ] {
        let reply = world.post(&format!("/api/auth/{path}")).bearer(&token).json(body).send();
        assert_refused("session", &reply, START);
    }
    assert_eq!(world.number("SELECT count(*) AS n FROM email_changes"), 0);
}

#[test]
fn what_waits_for_a_second_factor_is_refused_once_the_domain_is_enforced() {
    let world = World::new();
    world.settings(json!({ "mfa": "optional" }));
    let app = world.with_app("ada@corp.example");
    let waiting = world.login("ada@corp.example", PASSWORD).is(200);
    world.sql("UPDATE tenants SET enterprise = 1");
    provider(&world, "home", true);
    let used = || world.number("SELECT count(*) AS n FROM challenges WHERE used_at IS NOT NULL");
    let (before, code) = (used(), world.code(&app.secret));
    assert_refused("account", &world.verify(&waiting, &code), START);
    assert_eq!(used(), before);
}

#[test]
fn an_administrators_passkey_is_the_way_in_when_the_provider_is_down() {
    let world = world();
    let holder = |email: &str, role: &str, seed: u8| {
        let user = world.user_with("home", email, |user| user.roles = vec![role.into()]);
        let mut key = Authenticator::new(seed);
        world.add_passkey(&world.session(&user).access, &mut key).is(201);
        (user, key)
    };
    let (admin, mut of_admin) = holder("boss@corp.example", "ADMIN", 1);
    let (_, mut of_manager) = holder("ada@corp.example", "MANAGER", 2);
    world.passkey_login(&mut of_admin).is(200);
    let told = world.sql("SELECT * FROM audit WHERE event = 'sso.bypassed'");
    assert_eq!(told.len(), 1);
    assert_eq!((&told[0]["actor"], &told[0]["outcome"]), (&json!(admin.id), &json!("success")));
    let sessions = world.number("SELECT count(*) AS n FROM sessions");
    assert_refused("session", &world.passkey_login(&mut of_manager), START);
    assert_eq!(world.number("SELECT count(*) AS n FROM sessions"), sessions);
    // Their password does not.
    world.login("boss@corp.example", PASSWORD).is(403);
    world.sql("UPDATE users SET roles = '[\"MANAGER\"]' WHERE email_key = 'boss@corp.example'");
    assert_refused("session", &world.passkey_login(&mut of_admin), START);
    assert_eq!(world.events("sso.bypassed"), 1);
}

/// Whether a domain is enforced is known with the tenant: it costs a sign-in no wait.
#[test]
fn a_login_waits_no_longer_for_it() {
    let waits = |world: &World| {
        world.user("eve@example.com");
        let body = json!({ "email": "eve@example.com", "password": PASSWORD });
        let ask = || world.post("/auth/login").json(body.clone());
        ask().send().is(200);
        (ask().fresh().waits().1, ask().waits().1)
    };
    assert_eq!(waits(&world()), waits(&World::new()));
}
