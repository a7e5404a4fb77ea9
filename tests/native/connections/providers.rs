//! `/auth/providers`: what can be connected, set up by administrators.

use serde_json::{Value, json};

use crate::connections::apikeys::is_kept;
use crate::harness::{Reply, World};

const ALL: &str = "/auth/providers";

/// A provider of a tenant's own, by OAuth.
pub fn own(other: Value) -> Value {
    let mut body = json!({
        "id": "crm", "name": "Our CRM", "connectionType": "oauth", "clientId": "us", "clientSecret": "canary-1",
        "authorizationUrl": "https://crm.example/authorize", "tokenUrl": "https://crm.example/token",
        "revocationUrl": "https://crm.example/revoke", "userinfoUrl": "https://crm.example/me",
        "scopes": ["contacts"], "apiHosts": ["api.crm.example"],
    });
    body.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
    body
}

fn post(world: &World, body: Value) -> Reply {
    world.post(ALL).bearer(&world.admin()).json(body).send()
}

fn ids(reply: &Reply) -> Vec<String> {
    reply.json.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn people_see_what_they_can_connect() {
    let world = World::new();
    let token = world.session(&world.user("ada@example.com")).access;
    let all = world.get(ALL).bearer(&token).send().is(200);
    let openai = all.json.as_array().unwrap().iter().find(|one| one["id"] == "openai").unwrap();
    let members: Vec<&String> = openai.as_object().unwrap().keys().collect();
    for member in ["id", "name", "icon", "categories", "connectionType"] {
        assert!(members.iter().any(|one| *one == member), "{members:?}");
    }
    assert_eq!((&openai["connectionType"], &openai["configured"]), (&json!("api_key"), &json!(true)));
    assert!(!members.iter().any(|one| *one == "clientSecretSet"), "{members:?}");
    // What takes a client of ours is not there before it is set up.
    assert!(!ids(&all).contains(&"google".to_owned()));
    world.get("/auth/providers/google").bearer(&token).send().is(404);
    world.get(&format!("{ALL}?all=true")).bearer(&token).send().is(403);
    world.get(&format!("{ALL}?all=maybe")).bearer(&token).send().is(400);
    world.get(ALL).send().is(401);
}

#[test]
fn an_administrator_sets_an_entry_of_the_catalogue_up() {
    let world = World::new();
    let token = world.session(&world.user("ada@example.com")).access;
    let whole = world.get(&format!("{ALL}?all=true")).bearer(&world.admin()).send().is(200);
    assert!(ids(&whole).contains(&"google".to_owned()));
    let body = json!({ "id": "google", "clientId": "us.apps", "clientSecret": "canary-g" });
    let made = post(&world, body.clone()).is(201);
    assert_eq!(made.header("location"), Some("/auth/providers/google"));
    assert_eq!((&made.json["name"], &made.json["own"]), (&json!("Google"), &json!(false)));
    assert_eq!((&made.json["clientId"], &made.json["clientSecretSet"]), (&json!("us.apps"), &json!(true)));
    post(&world, body).is(409);
    let shown = world.get("/auth/providers/google").bearer(&token).send().is(200);
    assert_eq!(shown.json["connectionType"], "oauth");
    assert_eq!(shown.json["clientId"], json!(null));
    assert!(ids(&world.get(ALL).bearer(&token).send().is(200)).contains(&"google".to_owned()));
    // The secret stays where none is said, and the scopes have their default again.
    let path = "/auth/providers/google";
    let put = |body: Value| world.put(path).bearer(&world.admin()).json(body).send();
    let narrowed = put(json!({ "clientId": "us.apps", "scopes": ["openid"] })).is(200);
    assert_eq!(narrowed.json["scopes"], json!(["openid"]));
    let back = put(json!({ "clientId": "us.apps" })).is(200);
    assert_ne!(back.json["scopes"], json!(["openid"]));
    assert_eq!(back.json["clientSecretSet"], true);
    put(json!({ "clientId": "us.apps", "clientSecret": null })).is(400);
    put(json!({ "clientId": "us.apps", "enabled": false })).is(200);
    assert!(!ids(&world.get(ALL).bearer(&token).send().is(200)).contains(&"google".to_owned()));
    world.delete(path).bearer(&world.admin()).send().is(200);
    world.delete(path).bearer(&world.admin()).send().is(404);
    assert!(!is_kept(&world, "canary"));
    let told: Vec<i64> = ["created", "changed", "deleted"]
        .iter()
        .map(|what| world.events(&format!("vault.provider_{what}")))
        .collect();
    assert_eq!(told, [1, 3, 1]);
}

#[test]
fn a_tenant_has_providers_of_its_own() {
    let world = World::new();
    let token = world.session(&world.user("ada@example.com")).access;
    // The document's example, as it is written.
    let example = json!({ "id": "custom-service", "name": "Custom Service", "connectionType": "api_key" });
    post(&world, example).is(201);
    let shown = world.get("/auth/providers/custom-service").bearer(&token).send().is(200);
    assert_eq!((&shown.json["name"], &shown.json["own"]), (&json!("Custom Service"), &json!(true)));
    let key = json!({ "apiKey": "k" });
    world.post("/auth/apikeys/custom-service").bearer(&token).json(key).send().is(200);
    let made = post(&world, own(json!({}))).is(201);
    assert!(!made.text.contains("canary"));
    assert!(!is_kept(&world, "canary"));
    // Deleted with what was connected to it.
    world.delete("/auth/providers/custom-service").bearer(&world.admin()).send().is(200);
    world.get("/auth/providers/custom-service").bearer(&token).send().is(404);
    assert_eq!(world.number("SELECT count(*) AS n FROM vault_connections"), 0);
    // And no other tenant has it.
    let admin = world.tenant("acme");
    world.get("/auth/providers/crm").tenant("acme").bearer(&admin).send().is(404);
    world.put("/auth/providers/crm").tenant("acme").bearer(&admin).json(own(json!({}))).send().is(404);
    world.delete("/auth/providers/crm").tenant("acme").bearer(&admin).send().is(404);
}

#[test]
fn a_secret_is_sent_nowhere_else_than_it_was_given_for() {
    let world = World::new();
    post(&world, own(json!({}))).is(201);
    let put = |other: Value| {
        let mut body = own(other);
        body.as_object_mut().unwrap().remove("clientSecret");
        world.put("/auth/providers/crm").bearer(&world.admin()).json(body).send()
    };
    put(json!({ "name": "CRM" })).is(200);
    for elsewhere in [
        json!({ "tokenUrl": "https://evil.example/token" }),
        json!({ "revocationUrl": "https://evil.example/revoke" }),
        json!({ "refreshUrl": "https://evil.example/token" }),
    ] {
        assert!(put(elsewhere).is(400).str("/error").starts_with("clientSecret"));
    }
    // Past the rules, in the database, it does not open either.
    world.sql("UPDATE vault_providers SET spec = replace(spec, 'crm.example/token', 'evil.example/token')");
    world.get("/auth/providers/crm").bearer(&world.admin()).fresh().send().is(500);
}

#[test]
fn what_is_wrong_is_told_by_field() {
    let world = World::new();
    let rows = [
        ("id", json!({ "id": "Crm" })),
        ("id", json!({ "id": "" })),
        ("id", json!({ "id": "read" })),
        ("id", json!({ "id": "x".repeat(41) })),
        ("name", json!({ "name": "" })),
        ("name", json!({ "name": "\u{202e}Google" })),
        ("icon", json!({ "icon": "https://evil.example/i.svg" })),
        ("categories", json!({ "categories": ["<b>"] })),
        ("connectionType", json!({ "connectionType": "saml" })),
        ("clientId", json!({ "clientId": null })),
        ("clientId", json!({ "clientId": "a b" })),
        ("clientSecret", json!({ "clientSecret": null })),
        ("clientSecret", json!({ "clientSecret": "a\nb" })),
        ("scopes", json!({ "scopes": ["a b"] })),
        ("tokenUrl", json!({ "tokenUrl": null })),
        ("authorizationUrl", json!({ "authorizationUrl": null })),
        (
            "extraAuthorizeParams",
            json!({ "extraAuthorizeParams": { "redirect_uri": "https://evil.example/" } }),
        ),
        ("extraAuthorizeParams", json!({ "extraAuthorizeParams": { "state": "mine" } })),
        (
            "extraAuthorizeParams",
            json!({ "extraAuthorizeParams": { "request_uri": "https://evil.example/" } }),
        ),
        ("accountPointer", json!({ "accountPointer": "email" })),
        ("issuer", json!({ "issuer": "javascript:alert(1)" })),
        ("accessTokenSeconds", json!({ "accessTokenSeconds": 0 })),
        ("pkce", json!({ "pkce": "plain" })),
        ("tokenAuth", json!({ "tokenAuth": "private_key_jwt" })),
        ("revocationStyle", json!({ "revocationStyle": "get" })),
        ("refresh", json!({ "refresh": "maybe" })),
        ("scopeSeparator", json!({ "scopeSeparator": "&" })),
        ("apiHosts", json!({ "apiHosts": ["localhost"] })),
        ("apiHosts", json!({ "apiHosts": ["169.254.169.254"] })),
        ("apiHosts", json!({ "apiHosts": ["*"] })),
        ("apiHosts", json!({ "apiHosts": ["*.com"] })),
        ("apiKeyHeader", json!({ "apiKeyHeader": "x-api-key" })),
        ("labels", json!({ "labels": { "subdomain": "acme" } })),
    ];
    for (field, other) in rows {
        let refused = post(&world, own(other.clone()));
        assert_eq!(refused.status, 400, "{other}: {}", refused.text);
        let error = refused.str("/error");
        assert!(error.split("; ").any(|one| one.starts_with(field)), "{other}: {error}");
    }
    let key = |other: Value| {
        let mut body = json!({ "id": "svc", "name": "Service", "connectionType": "api_key" });
        body.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
        body
    };
    for (field, other) in [
        ("apiKeyHeader", json!({ "apiKeyHeader": "host" })),
        ("apiKeyHeader", json!({ "apiKeyHeader": "x: y\r\nz" })),
        ("apiKeyPrefix", json!({ "apiKeyHeader": "x-key", "apiKeyPrefix": "a\r\nb" })),
        ("clientId", json!({ "clientId": "us" })),
        ("tokenUrl", json!({ "tokenUrl": "https://crm.example/token" })),
    ] {
        let refused = post(&world, key(other.clone())).is(400);
        assert!(refused.str("/error").contains(field), "{other}: {}", refused.text);
    }
    post(&world, own(json!({ "unknown": 1 }))).is(400);
    assert_eq!(world.number("SELECT count(*) AS n FROM vault_providers"), 0);
    post(&world, key(json!({ "apiKeyHeader": "x-key", "apiKeyPrefix": "Key " }))).is(201);
}

/// The members of a provider that are addresses.
pub const ADDRESSES: &[&str] =
    &["authorizationUrl", "tokenUrl", "refreshUrl", "revocationUrl", "userinfoUrl"];

/// Addresses that lead inside, or are none that we ask.
pub const INSIDE: &[&str] = &[
    "http://crm.example/x",
    "https://localhost/x",
    "https://127.0.0.1/x",
    "https://2130706433/x",
    "https://0x7f000001/x",
    "https://0177.0.0.1/x",
    "https://127.1/x",
    "https://[::1]/x",
    "https://[::ffff:127.0.0.1]/x",
    "https://[64:ff9b::7f00:1]/x",
    "https://10.0.0.1/x",
    "https://169.254.169.254/latest/meta-data",
    "https://metadata.google.internal/x",
    "https://printer.local/x",
    "https://auth.example.com/oauth2/token",
    "https://a.auth.example.com/x",
    "https://user:pw@crm.example/x",
    "https://crm.example/x#fragment",
    "https://crm.example\\@evil.example/x",
    "https://{subdomain}.crm.example/x",
    "https://crm.example/{subdomain}",
    "javascript:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "//crm.example/x",
    "",
];

/// Server-side request forgery (design/outbound.md): no address that an administrator says leads inside, in any spelling.
#[test]
fn no_address_leads_inside() {
    let world = World::with(&[("MODE", "production"), ("MAIL_TRANSPORT", "cloudflare")]);
    let admin = world.admin();
    for field in ADDRESSES {
        for address in INSIDE {
            let refused = world.post(ALL).bearer(&admin).json(own(json!({ *field: address }))).send();
            assert_eq!(refused.status, 400, "{field} {address}: {}", refused.text);
            assert!(refused.str("/error").contains(field), "{field} {address}: {}", refused.text);
        }
    }
    assert!(world.web.asked.borrow().is_empty() && world.web.forms.borrow().is_empty());
    world.post(ALL).bearer(&admin).json(own(json!({}))).send().is(201);
}

/// What is no DNS label, or would make another address of a template.
pub const NO_LABELS: &[&str] = &[
    "",
    "evil.example/",
    "evil.example#",
    "evil.example?",
    "a.b",
    "a/b",
    "a@b",
    "a:1",
    "a%2f",
    "A",
    "-a",
    "a-",
    "{x}",
    "a\r\nb",
    "xn--a",
    "ä",
    "..",
];

/// A template takes one DNS label: nothing that makes another host, path or user of it.
#[test]
fn a_template_takes_a_dns_label() {
    let world = World::new();
    let Some(entry) = portcullis::domain::vault::catalogue::all()
        .iter()
        .find(|entry| !entry.templates.is_empty() && entry.oauth().is_some())
    else {
        panic!("the catalogue has no entry with a template")
    };
    let label = |value: &str| {
        let labels: serde_json::Map<String, Value> =
            entry.templates.iter().map(|name| (name.clone(), value.into())).collect();
        json!({ "id": entry.id, "clientId": "us", "clientSecret": "s", "labels": labels })
    };
    let long = "a".repeat(64);
    for bad in NO_LABELS.iter().copied().chain([long.as_str()]) {
        let refused = post(&world, label(bad)).is(400);
        assert!(refused.str("/error").contains("labels"), "{bad}: {}", refused.text);
    }
    let none = json!({ "id": entry.id, "clientId": "us", "clientSecret": "s" });
    post(&world, none).is(400);
    let made = post(&world, label("acme-1")).is(201);
    assert!(made.json["labels"].as_object().unwrap().values().all(|label| label == "acme-1"));
}

#[test]
fn what_the_catalogue_says_a_tenant_does_not_say_otherwise() {
    let world = World::with(&[("MODE", "production"), ("MAIL_TRANSPORT", "cloudflare")]);
    let admin = world.admin();
    for other in [
        json!({ "tokenUrl": "https://evil.example/token" }),
        json!({ "authorizationUrl": "https://evil.example/authorize" }),
        json!({ "apiHosts": ["evil.example"] }),
        json!({ "name": "Goggle" }),
        json!({ "connectionType": "api_key" }),
        json!({ "issuer": "https://evil.example" }),
    ] {
        let mut body = json!({ "id": "google", "clientId": "us", "clientSecret": "s" });
        body.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
        world.post(ALL).bearer(&admin).json(body).send().is(400);
    }
    let body = json!({ "id": "google", "clientId": "us", "clientSecret": "s" });
    world.post(ALL).bearer(&admin).json(body).send().is(201);
}

#[test]
fn administrators_alone_set_providers_up() {
    let world = World::new();
    let token = world.session(&world.user("ada@example.com")).access;
    let body = json!({ "id": "svc", "name": "Service", "connectionType": "api_key" });
    world.post(ALL).bearer(&token).json(body.clone()).send().is(403);
    world.put("/auth/providers/svc").bearer(&token).json(body.clone()).send().is(403);
    world.delete("/auth/providers/svc").bearer(&token).send().is(403);
    world.post(ALL).json(body.clone()).send().is(401);
    // A key of an administrator's does it only with all that an administrator has.
    let admin = world.admin();
    let key = world.api_key(&admin, &["read"]);
    world.post(ALL).key(&key).json(body.clone()).send().is(403);
    let key = world.api_key(&admin, &["read", "write"]);
    world.post(ALL).key(&key).json(body).send().is(201);
}

#[test]
fn two_changes_at_once_are_one_after_the_other() {
    let world = World::new();
    post(&world, own(json!({}))).is(201);
    let admin = world.admin();
    let put = |name: &str| world.put("/auth/providers/crm").bearer(&admin).json(own(json!({ "name": name })));
    let replies = world.together(vec![put("One"), put("Two"), put("Three")]);
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1);
    assert!(replies.iter().all(|reply| [200, 409].contains(&reply.status)));
}
