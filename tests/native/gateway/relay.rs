//! Routes to providers' APIs: what the caller connected is sent there, and nothing of ours.

use portcullis::domain::gateway::forward::Plan;
use serde_json::{Value, json};

use crate::harness::{Reply, World, set};

/// A key that is searched for.
const KEY: &str = "sk-canary-8d1f0b6e4c";

pub(super) fn spec(other: Value) -> Value {
    let mut spec = json!({
        "name": "chat", "path": "/chat/", "origin": "https://api.openai.com/v1", "stripPrefix": true,
        "connection": "openai", "scopes": ["chat:use"],
    });
    spec.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
    spec
}

/// A world with the route, and a token of a person who may take it and has stored a key.
pub(super) fn connected() -> (World, String) {
    let world = World::new();
    world.route(spec(json!({})));
    let token = person(&world, "ada@example.com");
    store(&world, &token, "openai", KEY);
    (world, token)
}

pub(super) fn person(world: &World, email: &str) -> String {
    let user = world.user_with("home", email, |user| user.scopes = vec!["chat:use".into()]);
    world.session(&user).access
}

pub(super) fn store(world: &World, token: &str, provider: &str, key: &str) {
    let ask = world.post(&format!("/auth/apikeys/{provider}")).bearer(token);
    ask.json(json!({ "apiKey": key })).send().is(200);
}

pub(super) fn holds(plan: &Plan, text: &str) -> bool {
    format!("{plan:?}").contains(text)
}

pub(super) fn save(world: &World, spec: Value) -> Reply {
    world.post("/tenant/home/v2/Routes").bearer(&world.admin()).json(spec).send()
}

#[test]
fn the_callers_own_key_is_sent_in_the_providers_field_and_nothing_of_ours() {
    let (world, token) = connected();
    let ask = world.post("/chat/completions?n=1").bearer(&token);
    let plan = ask
        .header("cookie", "theme=dark; __Host-portcullis=x")
        .header("content-type", "application/json")
        .plan();
    assert_eq!(plan.url, "https://api.openai.com/v1/completions?n=1");
    assert_eq!(set(&plan, "authorization"), Some(format!("Bearer {KEY}").as_str()));
    assert!(plan.relays && plan.private);
    // Neither who calls nor from where.
    assert_eq!(plan.assertion, None);
    let names: Vec<&str> = plan.set.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["via", "authorization"]);
    assert!(plan.remove.contains(&"cookie".to_owned()));
    assert!(!holds(&plan, &token));
    assert!(!plan.remove.contains(&"content-type".to_owned()));
    // Another provider has another field.
    world.route(spec(json!({ "name": "claude", "path": "/claude/", "origin": "https://api.anthropic.com", "connection": "anthropic" })));
    store(&world, &token, "anthropic", "ak-1");
    let plan = world.get("/claude/v1/models").bearer(&token).plan();
    assert_eq!(set(&plan, "x-api-key"), Some("ak-1"));
    assert_eq!(set(&plan, "authorization"), None);
    assert!(!holds(&plan, &token) && !holds(&plan, KEY));
}

/// Every spelling of what carries a credential, from outside.
pub const SPELLINGS: &[(&str, &str)] = &[
    ("x-api-key", "forged"),
    ("x_api_key", "forged"),
    ("x-api_key", "forged"),
    ("authorization_", "forged"),
    ("proxy-authorization", "Basic x"),
    ("x-portcullis-assertion", "forged"),
    ("x-system-secret", "forged"),
    ("x-forwarded-for", "10.0.0.1"),
    ("x-forwarded-host", "evil.example"),
    ("x-real-ip", "10.0.0.1"),
    ("forwarded", "for=10.0.0.1"),
    ("cf-connecting-ip", "10.0.0.1"),
    ("cookie", "session=forged"),
    ("origin", "https://app.example"),
    ("referer", "https://app.example/secret"),
    ("dpop", "forged"),
    ("x-tenant-id", "home"),
    ("te", "trailers"),
];

#[test]
fn nothing_that_a_caller_sends_stands_beside_or_in_place_of_the_credential() {
    let (world, token) = connected();
    world.route(spec(json!({ "name": "claude", "path": "/claude/", "origin": "https://api.anthropic.com", "connection": "anthropic" })));
    store(&world, &token, "anthropic", "ak-1");
    for (name, value) in SPELLINGS.iter().copied() {
        // A key in that field would be who calls.
        let ask = world.get("/claude/v1/models").bearer(&token);
        let ask = if name == "x-api-key" { ask.header("x-api_key", value) } else { ask.header(name, value) };
        let plan = ask.plan();
        assert_eq!(set(&plan, "x-api-key"), Some("ak-1"), "{name}");
        let passes =
            !plan.remove.iter().any(|gone| gone == name || (name == "x-api-key" && gone == "x-api_key"));
        assert!(!passes || name == "authorization_", "{name}");
        assert!(!holds(&plan, &token), "{name}");
    }
    // The caller's own credential does not go through, whichever kind it is.
    let key = world.api_key(&token, &["chat:use"]);
    let plan = world.get("/claude/v1/models").key(&key).plan();
    assert_eq!(set(&plan, "x-api-key"), Some("ak-1"));
    assert!(!holds(&plan, &key));
    let plan = world.get("/chat/models").key(&key).bearer(&token).plan();
    assert!(!holds(&plan, &key) && !holds(&plan, &token));
}

#[test]
fn whoever_has_no_connection_is_told_where_to_make_one() {
    let (world, _) = connected();
    let eve = person(&world, "eve@example.com");
    let refused = world.get("/chat/models").bearer(&eve).send().is(403);
    assert_eq!(
        refused.json,
        json!({
            "success": false,
            "error": "Connect openai first, or again, at https://auth.example.com/tenant/home/account#connections",
            "code": "CONNECTION_NEEDED",
            "provider": "openai",
            "connect": "https://auth.example.com/auth/apikeys/openai",
            "page": "https://auth.example.com/tenant/home/account#connections",
        })
    );
    // Ada's is nobody's but hers.
    store(&world, &eve, "openai", "sk-eve");
    let plan = world.get("/chat/models").bearer(&eve).plan();
    assert_eq!(set(&plan, "authorization"), Some("Bearer sk-eve"));
    world.delete("/auth/apikeys/openai").bearer(&eve).send().is(200);
    assert_eq!(world.get("/chat/models").bearer(&eve).send().is(403).str("/code"), "CONNECTION_NEEDED");
}

/// Who calls, by every kind of credential and with every kind of scope.
#[test]
fn only_a_person_and_what_they_lent_for_just_that_passes() {
    let (world, token) = connected();
    let key = |scopes: &[&str]| world.api_key(&token, scopes);
    assert_eq!(world.get("/chat/models").status(), 401);
    assert_eq!(world.get("/chat/models").key(&key(&["chat:use"])).status(), 200);
    for scopes in [&["read"][..], &["read", "write"], &["webhooks:manage"]] {
        let refused = world.get("/chat/models").key(&key(scopes)).send();
        assert_eq!(refused.is(403).str("/code"), "INSUFFICIENT_SCOPE", "{scopes:?}");
    }
    // A session of somebody whom nobody granted the scope.
    let bob = world.session(&world.user("bob@example.com")).access;
    store(&world, &bob, "openai", "sk-bob");
    assert_eq!(world.get("/chat/models").bearer(&bob).send().is(403).str("/code"), "INSUFFICIENT_SCOPE");
    // A key that the tenant has by itself is nobody, and has nothing connected.
    let body = json!({ "name": "service", "scopes": ["chat:use"], "roles": [] });
    let made = world.post("/tenant/home/v2/ApiKeys").bearer(&world.admin()).json(body).send();
    let service = made.is(201).str("/apiKey");
    assert_eq!(world.get("/chat/models").key(&service).send().is(403).str("/code"), "FORBIDDEN");
    // A cookie opens nothing here, whatever sends it.
    let user = world.user_with("home", "cy@example.com", |user| user.scopes = vec!["chat:use".into()]);
    let cookie = world.cookie(&user);
    assert_eq!(world.get("/chat/models").cookie(&cookie).status(), 401);
}

/// Settings with which a route would send a credential to whom it is not for, or for whom it is not.
pub fn settings() -> Vec<(&'static str, Value)> {
    vec![
        ("connection", json!({ "connection": "nothing" })),
        ("connection", json!({ "connection": "" })),
        ("connection", json!({ "connection": "OpenAI" })),
        // Its keys stand in the query.
        ("connection", json!({ "connection": "serpapi", "origin": "https://serpapi.com" })),
        ("auth", json!({ "auth": "none" })),
        ("auth", json!({ "auth": "optional" })),
        ("credentials", json!({ "credentials": ["cookie"] })),
        ("credentials", json!({ "credentials": ["bearer", "cookie"] })),
        ("scopes", json!({ "scopes": [] })),
        ("scopes", json!({ "scopes": ["read", "write", "webhooks:manage"] })),
        ("origin", json!({ "origin": "http://api.openai.com" })),
        ("origin", json!({ "origin": "https://api.openai.com:8443" })),
        ("origin", json!({ "origin": "https://user@api.openai.com" })),
        ("origin", json!({ "origin": "https://user:pw@api.openai.com" })),
        ("origin", json!({ "origin": "https://evil.example" })),
        ("origin", json!({ "origin": "https://api.openai.com.evil.example" })),
        ("origin", json!({ "origin": "https://api.openai.com." })),
        ("origin", json!({ "origin": "https://evil-api.openai.com" })),
        ("origin", json!({ "origin": "https://x.api.openai.com" })),
        ("origin", json!({ "origin": "https://openai.com" })),
        ("origin", json!({ "origin": "https://api.anthropic.com" })),
        ("origin", json!({ "origin": "https://api.openai.com@evil.example" })),
        ("origin", json!({ "origin": "https://api.openai.com\\@evil.example" })),
        ("origin", json!({ "origin": "https://evil.example/api.openai.com" })),
        ("origin", json!({ "origin": "https://evil.example#api.openai.com" })),
        ("origin", json!({ "origin": "https://evil.example?api.openai.com" })),
        ("origin", json!({ "origin": "https://api%2eopenai.com.evil.example" })),
        ("origin", json!({ "origin": "https://api.\u{43e}penai.com" })),
        ("origin", json!({ "origin": "https://104.18.6.192" })),
        ("origin", json!({ "origin": "https://[::1]" })),
        ("origin", json!({ "origin": "https://localhost" })),
        ("origin", json!({ "origin": "http://127.0.0.1:9000" })),
        ("origin", json!({ "origin": "https://api.openai.com/a//b" })),
    ]
}

#[test]
fn what_a_route_must_be_like() {
    let world = World::new();
    for (field, other) in settings() {
        let refused = save(&world, spec(other.clone()));
        let said = refused.is(400).text;
        assert!(said.contains(field), "{other}: {said}");
    }
    for other in [
        json!({}),
        json!({ "origin": "https://api.openai.com" }),
        json!({ "origin": "https://API.openai.com:443/v1/" }),
        json!({ "scopes": ["read", "vault:openai"] }),
        json!({ "credentials": ["apiKey"] }),
    ] {
        let made = save(&world, spec(other.clone())).is(201).json;
        assert_eq!(made["connection"], "openai");
        assert!(!made["credentials"].to_string().contains("cookie"), "{other}");
        let path = format!("/tenant/home/v2/Routes/{}", made["id"].as_str().unwrap());
        world.delete(&path).bearer(&world.admin()).send().is(204);
    }
    // Without a connection nothing of that holds.
    let plain = json!({ "name": "plain", "path": "/plain/", "origin": "http://app.internal:9000" });
    assert_eq!(save(&world, plain).is(201).json["connection"], Value::Null);
}

/// What the path and query of a request can make of the address.
pub const PATHS: &[&str] = &[
    "/chat/@evil.example/x",
    "/chat/:8443/x",
    "/chat/.evil.example",
    "/chat/?u=@evil.example",
    "/whole",
    "/whole?@evil.example",
    "/whole/@evil.example",
    "/whole/:80@evil.example",
    "/whole/.evil.example",
];

#[test]
fn no_path_leads_elsewhere() {
    let (world, token) = connected();
    world.route(spec(json!({ "name": "whole", "path": "/whole", "origin": "https://api.openai.com" })));
    for path in PATHS.iter().copied() {
        let plan = world.get(path).bearer(&token).plan();
        let url = url::Url::parse(&plan.url).unwrap();
        assert_eq!(
            (url.scheme(), url.host_str(), url.port()),
            ("https", Some("api.openai.com"), None),
            "{path}"
        );
        assert!(url.username().is_empty() && url.password().is_none(), "{path}");
    }
    for path in [
        "/chat//evil.example",
        "/chat/../x",
        "/chat/%2e%2e/x",
        "/chat/%2fevil",
        "/chat/%5cevil",
        "/chat/a;b",
        "/chat/./x",
    ] {
        assert_eq!(world.get(path).bearer(&token).send().status, 400, "{path}");
    }
}

/// A provider of the tenant's own, whose API its administrators name.
#[test]
fn a_provider_that_was_changed_or_removed_ends_what_its_routes_send() {
    let world = World::new();
    let admin = world.admin();
    let provider = |hosts: &[&str], header: Option<&str>| json!({ "name": "Weather", "connectionType": "api_key", "apiHosts": hosts, "apiKeyHeader": header });
    let mut body = provider(&["api.weather.example.org", "*.w.example.org"], Some("X-Key"));
    body["id"] = "weather".into();
    world.post("/auth/providers").bearer(&admin).json(body).send().is(201);
    let route = |name: &str, origin: &str| {
        spec(json!({ "name": name, "path": format!("/{name}/"), "origin": origin, "connection": "weather" }))
    };
    for (origin, status) in [
        ("https://api.weather.example.org", 201),
        ("https://eu.w.example.org", 201),
        ("https://w.example.org", 400),
        ("https://a.b.w.example.org", 400),
        ("https://weather.example.org", 400),
    ] {
        let name = format!("r{}", origin.len());
        assert_eq!(save(&world, route(&name, origin)).status, status, "{origin}");
    }
    let token = person(&world, "ada@example.com");
    store(&world, &token, "weather", "wk-1");
    let path = format!("/r{}/now", "https://api.weather.example.org".len());
    assert_eq!(set(&world.get(&path).bearer(&token).plan(), "x-key"), Some("wk-1"));
    let change = |body: Value| {
        world.put("/auth/providers/weather").bearer(&world.admin()).json(body).send().is(200);
        world.advance(6);
    };
    for (hosts, header) in [
        (&["other.example.org"][..], Some("x-key")),
        (&["api.weather.example.org"], None),
        (&[], Some("x-key")),
    ] {
        change(provider(hosts, header));
        assert_eq!(world.get(&path).bearer(&token).send().status, 404, "{hosts:?} {header:?}");
    }
    let mut off = provider(&["api.weather.example.org"], Some("x-key"));
    off["enabled"] = false.into();
    change(off);
    assert_eq!(world.get(&path).bearer(&token).send().status, 404);
    change(provider(&["api.weather.example.org"], Some("x-key")));
    assert_eq!(set(&world.get(&path).bearer(&token).plan(), "x-key"), Some("wk-1"));
    world.delete("/auth/providers/weather").bearer(&world.admin()).send();
    world.advance(6);
    assert_eq!(world.get(&path).bearer(&token).send().status, 404);
}

#[test]
fn the_log_has_one_row_for_a_person_and_route_an_hour_without_the_key() {
    let (world, token) = connected();
    for _ in 0..5 {
        world.get("/chat/models").bearer(&token).plan();
    }
    assert_eq!(world.events("vault.relayed"), 1);
    let rows = world.sql("SELECT detail FROM audit WHERE event = 'vault.relayed'");
    assert_eq!(rows[0]["detail"], "openai by the route chat");
    // Another route is another row, another person too.
    world.route(spec(json!({ "name": "second", "path": "/second/" })));
    world.get("/second/models").bearer(&token).plan();
    let eve = person(&world, "eve@example.com");
    store(&world, &eve, "openai", "sk-eve");
    world.get("/chat/models").bearer(&eve).plan();
    assert_eq!(world.events("vault.relayed"), 3);
    world.advance(3_601);
    let token = {
        let user = world.user_with("home", "dee@example.com", |user| user.scopes = vec!["chat:use".into()]);
        world.session(&user).access
    };
    store(&world, &token, "openai", KEY);
    world.get("/chat/models").bearer(&token).plan();
    world.get("/chat/models").bearer(&token).plan();
    assert_eq!(world.events("vault.relayed"), 4);
    let kept =
        format!("{:?}{:?}", world.sql("SELECT * FROM audit"), world.sql("SELECT * FROM vault_connections"));
    assert!(!kept.contains("canary"));
    assert!(world.log.0.borrow().iter().all(|line| !line.contains("canary")));
}

#[test]
fn one_persons_connection_is_used_so_often_and_no_more() {
    let (world, token) = connected();
    for _ in 0..600 {
        world.get("/chat/models").bearer(&token).plan();
    }
    assert_eq!(world.get("/chat/models").bearer(&token).send().is(429).str("/code"), "RATE_LIMITED");
    // By whatever route.
    world.route(spec(json!({ "name": "second", "path": "/second/" })));
    world.get("/second/models").bearer(&token).send().is(429);
    let eve = person(&world, "eve@example.com");
    store(&world, &eve, "openai", "sk-eve");
    world.get("/chat/models").bearer(&eve).plan();
    // The route's own limit counts besides.
    world.route(spec(
        json!({ "name": "third", "path": "/third/", "rateLimit": { "requests": 1, "windowSeconds": 60 } }),
    ));
    world.get("/third/models").bearer(&eve).plan();
    world.get("/third/models").bearer(&eve).send().is(429);
}

#[test]
fn a_route_without_a_connection_pays_nothing_for_it() {
    let (world, token) = connected();
    world.route(json!({}));
    let ask = || world.get("/app/x").bearer(&token);
    ask().plan();
    let spent = || (world.db.trips.get(), world.counter_calls());
    let before = spent();
    let plan = ask().plan();
    assert_eq!(spent(), before);
    assert!(!plan.relays);
    assert!(plan.assertion.is_some());
}
