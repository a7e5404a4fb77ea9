//! An assertion fits into a header field: what would make it too long is refused when it is saved.

use serde_json::{Value, json};

use crate::harness::{World, claims, set};

const MOST: usize = 6_000;

fn features(count: usize, length: usize) -> Vec<String> {
    (0..count).map(|n| format!("{n:0length$}")).collect()
}

fn name(start: &str) -> String {
    format!("{start:x<64}")
}

/// Scopes of so many bytes together, with the spaces between them: as few as there can be.
fn scopes(bytes: usize) -> Vec<String> {
    let before = bytes / 50 - 1;
    let mut all: Vec<String> =
        (0..before).map(|n| format!("r{n:03}{}:{}", "y".repeat(20), "z".repeat(24))).collect();
    all.push(format!("q:{}", "a".repeat(bytes - before * 50 - 2)));
    all
}

#[test]
fn a_plan_that_would_make_it_too_long_is_refused_with_the_length() {
    let world = World::new();
    let admin = world.admin();
    let put = |features: Vec<String>| {
        let ask = world.post("/tenant/home/v2/Plans").bearer(&admin);
        ask.json(json!({ "name": format!("p{}", world.db.trips.get()), "rank": 1, "features": features }))
            .send()
    };
    let refused = put(features(200, 64)).is(400);
    let text = refused.text.clone();
    let said: usize = text.split(" bytes long").next().unwrap().rsplit(' ').next().unwrap().parse().unwrap();
    assert!((18_000..24_000).contains(&said), "{text}");
    assert!(text.contains("features") && text.contains("6000"), "{text}");
    put(features(200, 32)).is(400);
    for (count, length) in [(0, 1), (1, 64), (20, 64), (100, 10), (200, 3)] {
        put(features(count, length)).is(201);
    }
    // The same for a change.
    world
        .post("/tenant/home/v2/Plans")
        .bearer(&admin)
        .json(json!({ "name": "pro", "rank": 1 }))
        .send()
        .is(201);
    let change = |features: Vec<String>| {
        let ask = world.put("/tenant/home/v2/Plans/pro").bearer(&admin);
        ask.json(json!({ "rank": 1, "features": features })).send().status
    };
    assert_eq!((change(features(200, 64)), change(features(20, 64))), (400, 200));
}

#[test]
fn scopes_that_are_too_long_together_are_refused_with_their_length() {
    let world = World::new();
    let admin = world.admin();
    let said = |scopes: &[String]| scopes.join(" ").len();
    for (bytes, status) in [(1_000, 201), (1_001, 400), (6_000, 400)] {
        let scopes = scopes(bytes);
        let key = json!({ "name": "k", "scopes": scopes, "roles": ["ADMIN"] });
        let client = json!({
            "grant_types": ["client_credentials"], "scope": scopes.join(" "), "redirect_uris": [],
        });
        for (path, body) in [("/tenant/home/v2/ApiKeys", key), ("/tenant/home/v2/Clients", client)] {
            let reply = world.post(path).bearer(&admin).json(body).send();
            // A key may have fifty scopes at most, too.
            assert_eq!(reply.status, status, "{path} {bytes}: {}", reply.text);
            if status == 400 && bytes < 2_000 {
                assert!(reply.text.contains(&said(&scopes).to_string()), "{path}: {}", reply.text);
            }
        }
    }
}

#[test]
fn with_everything_at_its_longest_it_still_fits() {
    let world = World::new();
    let admin = world.admin();
    let roles: Vec<String> = ["a", "b", "c"].map(name).into();
    for (at, role) in roles.iter().enumerate() {
        let body = json!({ "name": role, "rank": at + 1 });
        world.post("/tenant/home/v2/Roles").bearer(&admin).json(body).send().is(201);
    }
    // The most features of 64 characters that are taken.
    let plan = name("plan");
    let most = (1..200)
        .take_while(|count| {
            let body = json!({ "name": format!("try{count}"), "rank": 1, "features": features(*count, 64) });
            world.post("/tenant/home/v2/Plans").bearer(&admin).json(body).send().status == 201
        })
        .count();
    let body = json!({ "name": plan, "rank": 1, "features": features(most - 1, 64) });
    world.post("/tenant/home/v2/Plans").bearer(&admin).json(body).send().is(201);
    world.route(json!({ "audience": "\"".repeat(100), "header": "Authorization" }));
    let user = world.user_with("home", "ada@example.com", |user| {
        user.roles.clone_from(&roles);
        user.plan = Some(plan.clone());
        user.scopes = scopes(1_000);
    });
    let made = world.post("/tenant/home/v2/ApiKeys").bearer(&admin);
    let made = made.json(json!({ "name": "k", "scopes": scopes(1_000), "userId": user.id })).send();
    let key = made.is(201).str("/apiKey");
    let plan = world.get("/app/").key(&key).plan();
    let sent = set(&plan, "authorization").unwrap().strip_prefix("Bearer ").unwrap();
    assert!(sent.len() <= MOST, "{}", sent.len());
    // The bound is not far from what can be.
    assert!(sent.len() > 4_500, "{}", sent.len());
    assert_eq!(claims(sent)["features"].as_array().map(Vec::len), Some(most - 1));
}

#[test]
fn an_audience_is_as_long_as_json_writes_it() {
    let world = World::new();
    let admin = world.admin();
    for (audience, status) in [
        ("a".repeat(200), 201),
        ("a".repeat(201), 400),
        ("\u{1}".repeat(33), 201),
        ("\u{1}".repeat(34), 400),
        ("\"".repeat(101), 400),
        (String::new(), 400),
    ] {
        let body = json!({ "name": format!("r{}", world.db.trips.get()), "path": "/a/", "origin": "http://a.internal", "audience": audience });
        world.post("/tenant/home/v2/Routes").bearer(&admin).json(body).send().is(status);
    }
}

#[test]
fn what_was_saved_before_is_a_clear_error_and_no_broken_forward() {
    let world = World::new();
    world.route(json!({}));
    let admin = world.admin();
    world
        .post("/tenant/home/v2/Plans")
        .bearer(&admin)
        .json(json!({ "name": "pro", "rank": 1 }))
        .send()
        .is(201);
    let all = Value::from(features(200, 64)).to_string();
    world.sql(&format!("UPDATE plans SET features = '{all}' WHERE name = 'pro'"));
    let user = world.user_with("home", "ada@example.com", |user| user.plan = Some("pro".into()));
    let token = world.session(&user).access;
    for ask in [world.get("/app/").bearer(&token), world.get("/app/").cookie(&world.cookie(&user))] {
        let reply = ask.fresh().send().is(500);
        assert_eq!(reply.json["code"], "ASSERTION_TOO_LONG");
        assert!(reply.str("/error").contains("6000"), "{}", reply.text);
    }
}

/// So many scopes of 60 bytes, with the space before each 61.
fn many_scopes(what: &str, many: usize) -> Vec<String> {
    (0..many).map(|n| format!("{what}{n:02}:{}", "x".repeat(59 - what.len() - 2))).collect()
}

#[test]
fn scopes_that_would_be_too_long_together_are_refused_when_they_are_given() {
    // Everybody's own are 26 bytes: with 15 of these there are 941, with 16 there are 1002.
    let v2 = |path: &str| format!("/tenant/home/v2/{path}");
    let world = || {
        let world = World::new();
        let admin = world.admin();
        for (name, rank, scopes) in [("LOW", 10, many_scopes("low", 8)), ("MID", 20, many_scopes("mid", 4))] {
            let role = json!({ "name": name, "rank": rank, "scopes": scopes });
            world.post(&v2("Roles")).bearer(&admin).json(role).send().is(201);
        }
        world.post(&v2("Roles")).bearer(&admin).json(json!({ "name": "TOP", "rank": 30 })).send().is(201);
        world.user_with("home", "ada@example.com", |user| {
            user.roles = vec!["MID".into()];
            user.scopes = many_scopes("own", 3);
        });
        world.route(json!({}));
        world
    };
    type Way = (&'static str, &'static str, fn(usize) -> Value);
    // Each gives the user, or somebody like them, as many more as it is asked for; none fit, one does not.
    let ways: [Way; 6] = [
        ("PATCH", "Users/$user", |more| json!({ "scopes": many_scopes("own", 3 + more) })),
        ("PATCH", "Users/$user", |more| json!({ "roles": ["TOP"], "scopes": many_scopes("own", 3 + more) })),
        (
            "POST",
            "Users",
            |more| json!({ "email": "new@example.com", "roles": ["MID"], "scopes": many_scopes("own", 3 + more) }),
        ),
        ("POST", "Roles", |more| json!({ "name": "NEW", "rank": 15, "scopes": many_scopes("new", more) })),
        ("PUT", "Roles/LOW", |more| json!({ "rank": 10, "scopes": many_scopes("low", 8 + more) })),
        ("PUT", "Roles/MID", |more| json!({ "rank": 20, "scopes": many_scopes("mid", 4 + more) })),
    ];
    for (method, path, body) in ways {
        let world = world();
        let user = world.sql("SELECT id FROM users WHERE email = 'ada@example.com'")[0]["id"].clone();
        let path = v2(&path.replace("$user", user.as_str().unwrap()));
        let ask = |more: usize| world.ask(method, &path).bearer(&world.admin()).json(body(more)).send();
        let refused = ask(1).is(400);
        assert_eq!(refused.json["errors"][0]["field"], "scopes", "{path}");
        assert!(refused.json["detail"].as_str().unwrap().contains("1002 bytes"), "{path}: {}", refused.text);
        assert!(ask(0).status < 300, "{path}");
        let ada = pollster::block_on(portcullis::store::users::by_email(
            world.db.as_ref(),
            "home",
            "ada@example.com",
        ));
        world.get("/app/").bearer(&world.session(&ada.unwrap().unwrap()).access).fresh().plan();
    }
    // A role that rises above, or one that sinks below, brings its scopes along.
    let world = world();
    let admin = world.admin();
    let above = json!({ "name": "ABOVE", "rank": 25, "scopes": many_scopes("abo", 1) });
    world.post(&v2("Roles")).bearer(&admin).json(above).send().is(201);
    world.put(&v2("Roles/ABOVE")).bearer(&admin).json(json!({ "rank": 15 })).send().is(400);
    world.put(&v2("Roles/ABOVE")).bearer(&admin).json(json!({ "rank": 26 })).send().is(200);
    world.put(&v2("Roles/MID")).bearer(&admin).json(json!({ "rank": 27 })).send().is(400);
    // So do roles that are given to everybody, and those of whoever registers.
    let more = json!({ "name": "MORE", "rank": 400, "scopes": many_scopes("mor", 3) });
    world.post(&v2("Roles")).bearer(&admin).json(more).send().is(201);
    let all = |roles: Value| {
        world.patch(&v2("Settings")).bearer(&admin).json(json!({ "defaultRoles": roles })).send()
    };
    assert_eq!(all(json!(["MORE"])).is(400).json["errors"][0]["field"], "defaultRoles");
    all(json!(["ABOVE"])).is(200);
    // What was too long before may become shorter.
    world.sql(&format!(
        "UPDATE users SET scopes = '{}' WHERE email = 'ada@example.com'",
        json!(many_scopes("own", 9))
    ));
    let user = world.sql("SELECT id FROM users WHERE email = 'ada@example.com'")[0]["id"].clone();
    let path = v2(&format!("Users/{}", user.as_str().unwrap()));
    for (many, status) in [(10, 400), (8, 200), (3, 200), (4, 400)] {
        let body = json!({ "scopes": many_scopes("own", many) });
        world.patch(&path).bearer(&admin).json(body).send().is(status);
    }
}
