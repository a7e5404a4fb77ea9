//! `Server-Timing` for administrators who ask for it, and the log's line of a request.

use std::rc::Rc;

use futures_util::future::join;
use portcullis::ports::Stmt;
use portcullis::ports::metrics::{Counts, Metrics, Reason};
use serde_json::{Value, json};

use crate::harness::{Ask, PASSWORD, World};

const ASKED: (&str, &str) = ("x-server-timing", "1");

fn asked<'w>(world: &'w World, path: &str) -> Ask<'w> {
    world.get(path).header(ASKED.0, ASKED.1)
}

/// Endpoints of every guard, and routes of the gateway that ask who calls in each way.
const PATHS: [&str; 9] = [
    "/healthz",
    "/tenant/home/.well-known/jwks.json",
    "/tenant/home/login",
    "/api/auth/me",
    "/api/auth/sessions",
    "/tenant/home/v2/Users",
    "/tenant/home/v2/Tenants",
    "/app/x",
    "/open/x",
];

fn routed() -> World {
    let world = World::new();
    world.route(json!({}));
    world.route(json!({ "name": "open", "path": "/open/", "auth": "optional" }));
    world
}

fn administrator(world: &World, email: &str) -> portcullis::store::users::User {
    world.user_with("home", email, |user| user.roles = vec!["ADMIN".into()])
}

#[test]
fn nobody_but_an_administrator_of_the_tenant_is_told() {
    let world = routed();
    let user = world.user("ada@example.com");
    let token = world.session(&user).access;
    let key = world.api_key(&token, &["read", "write"]);
    let other = world.tenant("other");
    let body = json!({ "name": "theirs", "scopes": ["read", "write"] });
    let others_key = world.post("/api/auth/api-keys").tenant("other").bearer(&other).json(body).send();
    let others_key = others_key.is(201).str("/data/apiKey");
    let disabled = administrator(&world, "gone@example.com");
    let (was, was_cookie) = (world.session(&disabled).access, world.cookie(&disabled));
    let was_key = world.api_key(&was, &["read"]);
    let lesser = administrator(&world, "lesser@example.com");
    let lost = world.session(&lesser).access;
    let narrow = world.api_key(&world.session(&administrator(&world, "nar@example.com")).access, &["write"]);
    for (id, change) in
        [(&disabled.id, json!({ "status": "disabled" })), (&lesser.id, json!({ "roles": [] }))]
    {
        let path = format!("/tenant/home/v2/Users/{id}");
        world.patch(&path).bearer(&world.admin()).json(change).send().is(200);
    }
    let unsigned = format!("{}x", world.admin());
    let mut attacks = 0;
    for path in PATHS {
        let ask = || asked(&world, path);
        for (who, ask) in [
            ("nobody", ask()),
            ("a person", ask().bearer(&token)),
            ("a person's browser", ask().cookie(&world.cookie(&user))),
            ("a person's key", ask().key(&key)),
            ("another tenant's administrator", ask().bearer(&other)),
            ("another tenant's administrator's key", ask().key(&others_key)),
            ("a disabled administrator", ask().bearer(&was)),
            ("a disabled administrator's browser", ask().cookie(&was_cookie)),
            ("a disabled administrator's key", ask().key(&was_key)),
            ("one who was an administrator", ask().bearer(&lost)),
            ("an administrator's key that may not read", ask().key(&narrow)),
            ("a token with a wrong signature", ask().bearer(&unsigned)),
            ("a wrong system secret", ask().header("x-system-secret", "let-me-in")),
            ("an administrator who does not ask", world.get(path).bearer(&world.admin())),
            ("one who asks otherwise", world.get(path).header("x-server-timing", "0").bearer(&world.admin())),
        ] {
            let (status, timing) = ask.timing();
            assert_eq!(timing, None, "{who}, {path}: {status}");
            attacks += 1;
        }
    }
    assert_eq!(attacks, 135);
}

#[test]
fn an_administrator_is_told_wherever_they_are_authenticated() {
    let world = routed();
    let admin = administrator(&world, "root@example.com");
    let (token, cookie) = (world.session(&admin).access, world.cookie(&admin));
    let key = world.api_key(&token, &["read"]);
    for (path, by) in [
        ("/api/auth/me", asked(&world, "/api/auth/me").bearer(&token)),
        ("users", asked(&world, "/tenant/home/v2/Users").bearer(&token)),
        ("users by key", asked(&world, "/tenant/home/v2/Users").key(&key)),
        ("what is not there", asked(&world, "/tenant/home/v2/Users/nobody").bearer(&token)),
        ("what only the operator may", asked(&world, "/tenant/home/v2/Tenants").bearer(&token)),
        ("account page", asked(&world, "/tenant/home/account").cookie(&cookie)),
        ("route by token", asked(&world, "/app/x").bearer(&token)),
        ("route by cookie", asked(&world, "/app/x").cookie(&cookie)),
        ("route by key", asked(&world, "/app/x").key(&key)),
        ("open route", asked(&world, "/open/x").bearer(&token)),
    ] {
        let (status, timing) = by.timing();
        let timing = timing.unwrap_or_else(|| panic!("{path}: {status} without Server-Timing"));
        assert!(timing.starts_with("storage;dur=") && timing.contains(", total;dur="), "{path}: {timing}");
        assert!(timing.ends_with(", colo;desc=\"FRA\""), "{path}: {timing}");
        assert_eq!(timing.contains(", origin;dur=0"), path.contains("route"), "{path}: {timing}");
    }
    let fresh = |ask: Ask<'_>| ask.fresh().timing().1.unwrap();
    assert!(fresh(asked(&world, "/api/auth/me").bearer(&token)).contains("desc=\"2 waits\""));
    let warm = asked(&world, "/app/x").bearer(&token).timing().1.unwrap();
    assert!(warm.starts_with("storage;dur=0;desc=\"0 waits\", "), "{warm}");
}

#[test]
fn the_system_secret_of_a_testing_deployment_is_told_everywhere() {
    let world = routed();
    world.user("ada@example.com");
    for path in PATHS {
        let (_, timing) = asked(&world, path).unlimited().timing();
        assert!(timing.is_some(), "{path}");
    }
    let login = json!({ "email": "ada@example.com", "password": PASSWORD });
    let (status, timing) =
        world.post("/api/auth/login").header(ASKED.0, ASKED.1).json(login).unlimited().timing();
    assert_eq!((status, timing.is_some()), (200, true));
}

#[test]
fn an_answer_with_timings_is_kept_by_no_cache() {
    let world = World::new();
    let path = "/tenant/home/.well-known/jwks.json";
    let plain = world.get(path).send().is(200);
    assert!(plain.header("cache-control").unwrap().starts_with("public"));
    let timed = asked(&world, path).unlimited().send().is(200);
    assert_eq!(timed.header("cache-control"), Some("no-store"));
    assert!(timed.header("server-timing").is_some());
    // To others who ask the same it is as before.
    let unheard = asked(&world, path).send().is(200);
    assert_eq!(
        (unheard.header("cache-control"), unheard.header("server-timing")),
        (plain.header("cache-control"), None)
    );
}

fn lines(world: &World) -> Vec<Value> {
    let all: Vec<Value> =
        world.log.0.borrow().iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    all.into_iter().filter(|line| line["event"] == "request").collect()
}

#[test]
fn the_log_has_a_line_of_each_request_or_of_the_share_that_is_said() {
    for (share, least, most) in [("", 0, 0), ("0", 0, 0), ("0.25", 25, 75), ("1", 200, 200)] {
        let world = World::with(&[("LOG_SAMPLE", share)]);
        for _ in 0..200 {
            world.get("/healthz").send().is(200);
        }
        let count = lines(&world).len();
        assert!((least..=most).contains(&count), "{share}: {count} of 200");
    }
}

#[test]
fn a_line_says_what_was_asked_by_pattern_and_what_it_cost() {
    let world = World::with(&[("LOG_SAMPLE", "1")]);
    world.route(json!({}));
    let user = world.user("ada@example.com");
    let token = world.session(&user).access;
    world.log.0.borrow_mut().clear();
    world.login("ada@example.com", PASSWORD).is(200);
    world.get("/app/some/thing?q=1").bearer(&token).timing();
    world.get("/app/some/thing?q=1").timing();
    world.get(&format!("/tenant/home/v2/Users/{}", user.id)).bearer(&world.admin()).send().is(200);
    world.get("/nowhere").send().is(404);
    world.ask("BREW", "/api/auth/me").send();
    let all = lines(&world);
    let said: Vec<String> = all
        .iter()
        .map(|line| {
            let text = |name: &str| line[name].as_str().unwrap_or("-").to_owned();
            let parts = ["method", "surface", "route", "tenant", "outcome"].map(text);
            format!("{} {}", parts.join(" "), line["status"])
        })
        .collect();
    assert_eq!(
        said,
        [
            "POST account /auth/login home answered 200",
            "GET gateway /app/ home forwarded 200",
            "GET gateway /app/ home refused 401",
            "GET tenant /tenant/{tenant}/v2/Users/{id} home answered 200",
            "GET gateway - home refused 404",
            "other session /api/auth/me - refused 405",
        ]
    );
    let login = &all[0];
    assert_eq!(login["hashes"], 1);
    let [calls, counters] = ["databaseCalls", "counterCalls"].map(|name| login[name].as_u64().unwrap());
    assert!(calls >= 1 && counters >= 1 && login["waits"].as_u64().unwrap() >= 1, "{login}");
    assert!(login["signatures"].as_u64().unwrap() >= 1, "{login}");
    assert_eq!(login["colo"], "FRA");
    let forwarded = &all[1];
    assert_eq!((&forwarded["originMs"], &forwarded["hashes"]), (&json!(0), &json!(0)));
}

#[test]
fn nothing_that_a_caller_sends_gets_into_a_line() {
    let world = World::with(&[("LOG_SAMPLE", "1")]);
    world.route(json!({}));
    world.user("canary-0@example.com");
    let login = world.login("canary-0@example.com", PASSWORD).is(200);
    let (access, admin) = (login.str("/access_token"), world.admin());
    let canary = "canary-1";
    let key = world.api_key(&admin, &["read"]);
    let form = [("grant_type", "authorization_code"), ("code", canary), ("client_id", canary)];
    let asks = [
        world.get("/app/canary-1?token=canary-1").bearer(&access).header("x-canary", canary),
        world.get("/app/x").key(&key).header("cookie", "a=canary-1"),
        world.get("/app/x").host("canary-1.example.com"),
        world.get("/tenant/canary-1/login?return_to=canary-1"),
        world.get("/.well-known/canary-1").tenant(canary),
        world.get("/tenant/home/v2/Users/canary-1?search=canary-1").bearer(&admin),
        world.get("/tenant/home/v2/Users/canary-1").bearer("canary-1"),
        world.post("/tenant/home/oauth2/token").form(&form),
        world.post("/auth/login").json(json!({ "email": "canary-1@example.com", "password": canary })),
        world.post("/auth/verify-email").json(json!({ "token": canary })),
        world.post("/auth/register").json(json!({ "email": "canary-1", "password": canary })),
        world.get("/api/auth/me").header("user-agent", canary).header("x-forwarded-for", canary),
        world.get("/docs/canary-1"),
        world.ask("CANARY-1", "/app/x"),
    ];
    let count = asks.len();
    world.log.0.borrow_mut().clear();
    for ask in asks {
        ask.timing();
    }
    let all = lines(&world);
    assert_eq!(all.len(), count);
    let known = [
        "level",
        "event",
        "method",
        "surface",
        "route",
        "tenant",
        "status",
        "outcome",
        "waits",
        "storageMs",
        "databaseCalls",
        "counterCalls",
        "refresherCalls",
        "outboundCalls",
        "outboundMs",
        "rowsRead",
        "rowsWritten",
        "hashes",
        "signatures",
        "originMs",
        "totalMs",
        "colo",
        "region",
    ];
    for line in all {
        let text = line.to_string().to_lowercase();
        for secret in ["canary", &access.to_lowercase(), &key.to_lowercase(), "@"] {
            assert!(!text.contains(secret), "{text}");
        }
        assert!(line.as_object().unwrap().keys().all(|name| known.contains(&name.as_str())), "{text}");
    }
}

/// Counts of what is asked in the way that `run` asks.
fn counts_of(world: &World, run: impl AsyncFnOnce(&portcullis::cx::Cx)) -> Counts {
    let reason = Reason { asked: true, sampled: false };
    let metrics = Rc::new(Metrics::begin(reason, world.clock(), None));
    let cx = world.cx().metered(metrics.clone());
    world.db.yields.set(true);
    let work = world.at_once(vec![async { run(&cx).await }]);
    assert_eq!(work.len(), 1);
    metrics.counts()
}

#[test]
fn calls_side_by_side_are_one_wait_and_what_follows_the_answer_is_none() {
    let world = World::new();
    let ask = || vec![Stmt::new("SELECT 1 AS n", Vec::new())];
    let beside = counts_of(&world, async |cx| {
        let (one, other) = join(cx.db.run(ask()), cx.db.run(ask())).await;
        assert!(one.is_ok() && other.is_ok());
    });
    assert_eq!((beside.waits, beside.database_calls), (1, 2));
    let after = counts_of(&world, async |cx| {
        assert!(cx.db.run(ask()).await.is_ok() && cx.db.run(ask()).await.is_ok());
    });
    assert_eq!((after.waits, after.database_calls), (2, 2));
    let later = counts_of(&world, async |cx| {
        let own = cx.clone();
        cx.background.run(Box::pin(async move {
            assert!(own.db.run(vec![Stmt::new("SELECT 1 AS n", Vec::new())]).await.is_ok());
        }));
        world.afterwards().await;
        assert!(cx.db.run(ask()).await.is_ok());
    });
    assert_eq!((later.waits, later.database_calls), (1, 1));
}

#[test]
fn rows_and_the_region_are_those_that_the_database_says() {
    let reason = Reason { asked: true, sampled: false };
    let metrics = Metrics::begin(reason, Box::new(|| 7), Some("FRA\", x;desc=\"y"));
    metrics.note_batch(3, 2, Some("WEUR"));
    metrics.note_batch(1, 0, Some("WE\"UR\r\n"));
    metrics.note_batch(1, 0, Some(""));
    let counts = metrics.counts();
    assert_eq!((counts.rows_read, counts.rows_written), (5, 2));
    assert_eq!((metrics.region().as_deref(), metrics.colo()), (Some("WEUR"), Some("FRAxdescy")));
}
