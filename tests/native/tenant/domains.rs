//! `v2/Domains` and the operator's word: made, shown, removed; which names are none; whose they are.

use serde_json::{Value, json};

use crate::harness::{Reply, World};

const DOMAINS: &str = "/tenant/home/v2/Domains";
const PROVIDERS: &str = "/tenant/home/v2/IdentityProviders";

/// Tenants with a provider `google` each; answers tokens of their administrators.
pub fn with_providers(world: &World, tenants: &[&str]) -> Vec<String> {
    let make = |tenant: &&str| {
        let token = if *tenant == "home" { world.admin() } else { world.tenant(tenant) };
        let body = json!({ "id": "google", "kind": "google", "clientId": "us" });
        let path = format!("/tenant/{tenant}/v2/IdentityProviders");
        world.post(&path).bearer(&token).json(body).send().is(201);
        token
    };
    tenants.iter().map(make).collect()
}

pub fn add(world: &World, tenant: &str, token: &str, domain: &str) -> Reply {
    let body = json!({ "domain": domain, "provider": "google" });
    world.post(&format!("/tenant/{tenant}/v2/Domains")).bearer(token).json(body).send()
}

/// The operator's word.
pub fn word(world: &World, tenant: &str, domain: &str) -> Reply {
    let body = json!({ "domain": domain, "provider": "google" });
    let path = format!("/tenant/home/v2/Tenants/{tenant}/Domains");
    world.post(&path).bearer(&world.admin()).json(body).send()
}

#[test]
fn a_domain_is_made_pending_shown_and_removed() {
    let world = World::new();
    let admin = &with_providers(&world, &["home"])[0];
    let made = add(&world, "home", admin, "Corp.Example.").is(201);
    assert_eq!(made.header("location"), Some("/tenant/home/v2/Domains/corp.example"));
    let value = made.str("/record/value");
    let token = value.strip_prefix("portcullis-domain-verification=").unwrap();
    assert_eq!(token.len(), 43);
    let shape = json!({
        "domain": "corp.example", "provider": "google", "status": "pending", "createdAt": "2026-05-01T12:00:00Z",
        "verifiedAt": null, "record": { "name": "_portcullis.corp.example", "type": "TXT", "value": value },
    });
    assert_eq!(made.json, shape);
    let path = format!("{DOMAINS}/corp.example");
    assert_eq!(world.get(&path).bearer(admin).send().is(200).json, shape);
    let list = json!({ "items": [shape], "nextCursor": null });
    assert_eq!(world.get(DOMAINS).bearer(admin).send().is(200).json, list);
    let provider = world.get(&format!("{PROVIDERS}/google")).bearer(admin).send().is(200);
    assert_eq!(provider.json["domains"], json!(["corp.example"]));
    add(&world, "home", admin, "corp.example").is(409);
    world.delete(&path).bearer(admin).send().is(204);
    world.delete(&path).bearer(admin).send().is(404);
    world.get(&path).bearer(admin).send().is(404);
    // Each time another value proves it.
    assert_ne!(add(&world, "home", admin, "corp.example").is(201).str("/record/value"), value);
    assert_eq!((world.events("mail_domain.added"), world.events("mail_domain.removed")), (2, 1));
}

#[test]
fn what_is_no_organisations_domain_is_refused() {
    let world = World::new();
    let admin = &with_providers(&world, &["home"])[0];
    for domain in [
        "",
        ".",
        "example",
        "localhost",
        "a b.example",
        "a@b.example",
        "https://b.example",
        "b.example/x",
        "10.0.0.1",
        "[::1]",
        "xn--a.example",
        "-a.example",
        "a..example",
        "*.example.com",
        "_x.example.com",
        "corp.local",
        "gmail.com",
        "GMAIL.com",
        "googlemail.com",
        "outlook.com",
        "hotmail.com",
        "live.com",
        "yahoo.co.jp",
        "icloud.com",
        "proton.me",
        "gmx.de",
        "web.de",
        "qq.com",
        "mail.ru",
        "privaterelay.appleid.com",
        "gmail.com.",
        "ｇmail.com",
        "co.uk",
        "com.au",
        "ac.jp",
        "github.io",
        "workers.dev",
    ] {
        let refused = add(&world, "home", admin, domain).is(400);
        assert_eq!(refused.json["errors"][0]["field"], "domain", "{domain}");
        let body = json!({ "domains": [domain] });
        world.patch(&format!("{PROVIDERS}/google")).bearer(admin).json(body).send().is(400);
    }
    let unknown = json!({ "domain": "corp.example", "provider": "okta" });
    let refused = world.post(DOMAINS).bearer(admin).json(unknown).send().is(400);
    assert_eq!(refused.json["errors"][0]["field"], "provider");
    assert_eq!(world.number("SELECT count(*) AS n FROM email_domains"), 0);
    for domain in ["münchen.example", "mail.corp.co.uk", "corp.github.io"] {
        add(&world, "home", admin, domain).is(201);
    }
    world.get(&format!("{DOMAINS}/xn--mnchen-3ya.example")).bearer(admin).send().is(200);
}

#[test]
fn the_operator_proves_a_domain_by_word() {
    let world = World::new();
    with_providers(&world, &["b"]);
    let done = word(&world, "b", "Corp.example").is(201);
    assert_eq!(done.json["status"], "verified");
    assert_eq!(done.json["verifiedAt"], "2026-05-01T12:00:00Z");
    assert_eq!(done.header("location"), Some("/tenant/b/v2/Domains/corp.example"));
    assert_eq!(world.events("mail_domain.verified"), 1);
    let told = world.sql("SELECT * FROM audit WHERE event = 'tenant.domain_verified'");
    assert_eq!((&told[0]["tenant_id"], &told[0]["subject"]), (&json!("home"), &json!("b")));
    // One that waits is proved by it, and a second time changes nothing.
    word(&world, "b", "corp.example").is(201);
    assert_eq!(world.number("SELECT count(*) AS n FROM email_domains"), 1);
    for (tenant, domain, status) in [
        ("none", "x.example", 404),
        ("home", "x.example", 400),
        ("b", "gmail.com", 400),
        ("b", "", 400),
        ("b", "a@b.example", 400),
    ] {
        word(&world, tenant, domain).is(status);
    }
    // What a list calls a registry's may be a company's after all.
    word(&world, "b", "go.example").is(201);
    word(&world, "b", "plc.uk").is(201);
}

#[test]
fn nobody_but_the_operator_proves_by_word() {
    let world = World::new();
    let tokens = with_providers(&world, &["home", "b"]);
    let boss = world.user_with("home", "boss@example.com", |user| user.roles = vec!["ADMIN".into()]);
    let body = json!({ "domain": "corp.example", "provider": "google", "status": "verified" });
    for token in [&world.session(&boss).access, &tokens[1]] {
        let path = "/tenant/home/v2/Tenants/b/Domains";
        let word = json!({ "domain": "corp.example", "provider": "google" });
        world.post(path).bearer(token).json(word.clone()).send().is(403);
        world.post("/tenant/b/v2/Tenants/b/Domains").bearer(token).json(word).send().is(403);
    }
    // Nor does a tenant say it of itself.
    world.post("/tenant/b/v2/Domains").bearer(&tokens[1]).json(body).send().is(400);
    assert_eq!(world.number("SELECT count(*) AS n FROM email_domains"), 0);
}

#[test]
fn a_domain_that_was_proved_is_one_tenants_alone() {
    let world = World::new();
    let tokens = with_providers(&world, &["b", "c"]);
    // Both may wait for it.
    add(&world, "b", &tokens[0], "corp.example").is(201);
    add(&world, "c", &tokens[1], "corp.example").is(201);
    word(&world, "b", "corp.example").is(201);
    word(&world, "c", "corp.example").is(409);
    world.delete("/tenant/c/v2/Domains/corp.example").bearer(&tokens[1]).send().is(204);
    add(&world, "c", &tokens[1], "CORP.example").is(409);
    let change = json!({ "domains": ["corp.example"] });
    world.patch("/tenant/c/v2/IdentityProviders/google").bearer(&tokens[1]).json(change).send().is(409);
    // What is below it is another domain.
    add(&world, "c", &tokens[1], "sub.corp.example").is(201);
    world.delete("/tenant/b/v2/Domains/corp.example").bearer(&tokens[0]).send().is(204);
    word(&world, "c", "corp.example").is(201);
}

#[test]
fn what_is_one_tenants_is_not_found_by_another() {
    let world = World::new();
    let tokens = with_providers(&world, &["b", "c"]);
    add(&world, "b", &tokens[0], "corp.example").is(201);
    let path = "/tenant/c/v2/Domains/corp.example";
    world.get(path).bearer(&tokens[1]).send().is(404);
    world.delete(path).bearer(&tokens[1]).send().is(404);
    world.post(&format!("{path}/verify")).bearer(&tokens[1]).send().is(404);
    world.get("/tenant/b/v2/Domains").bearer(&tokens[1]).send().is(403);
    let list = world.get("/tenant/c/v2/Domains").bearer(&tokens[1]).send().is(200);
    assert_eq!(list.json["items"], json!([]));
    world.get("/tenant/b/v2/Domains/corp.example").bearer(&tokens[0]).send().is(200);
}

#[test]
fn a_provider_says_its_domains() {
    let world = World::new();
    let admin = &with_providers(&world, &["home"])[0];
    let one = format!("{PROVIDERS}/google");
    let set = |domains: Value| world.patch(&one).bearer(admin).json(json!({ "domains": domains })).send();
    let names = |reply: Reply| reply.is(200).json["domains"].clone();
    assert_eq!(names(set(json!(["B.example", "a.example", "b.example"]))), json!(["a.example", "b.example"]));
    word(&world, "home", "b.example").is(201);
    assert_eq!(names(set(json!(["b.example", "c.example"]))), json!(["b.example", "c.example"]));
    let status =
        |domain: &str| world.get(&format!("{DOMAINS}/{domain}")).bearer(admin).send().json["status"].clone();
    // One that stays is as it was.
    assert_eq!((status("b.example"), status("c.example")), (json!("verified"), json!("pending")));
    assert_eq!(status("a.example"), 404);
    // Absent they stay; null and none at all are said.
    let named = world.patch(&one).bearer(admin).json(json!({ "name": "G" })).send();
    assert_eq!(names(named), json!(["b.example", "c.example"]));
    let body = json!({ "id": "other", "kind": "google", "clientId": "us", "domains": ["d.example"] });
    let other = world.post(PROVIDERS).bearer(admin).json(body).send().is(201);
    assert_eq!(other.json["domains"], json!(["d.example"]));
    // A domain is one provider's: it is removed there first, and proved anew here.
    set(json!(["d.example"])).is(409);
    assert_eq!(names(set(json!([]))), json!([]));
    world.delete(&format!("{PROVIDERS}/other")).bearer(admin).send().is(204);
    assert_eq!(world.number("SELECT count(*) AS n FROM email_domains"), 0);
}

#[test]
fn a_tenant_has_at_most_two_hundred() {
    let world = World::new();
    let admin = &with_providers(&world, &["home"])[0];
    let fill = |n: i64| {
        world.sql(&format!(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {n})
             INSERT INTO email_domains (tenant_id, domain, provider_id, status, token, created_at, directory)
             SELECT 'home', 'd' || i || '.example', 'google', 'pending', 't', 0, 'home' FROM n"
        ))
    };
    fill(199);
    let asks: Vec<_> = (0..3)
        .map(|at| {
            let body = json!({ "domain": format!("x{at}.example"), "provider": "google" });
            world.post(DOMAINS).bearer(admin).json(body)
        })
        .collect();
    let replies = world.together(asks);
    assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1);
    assert_eq!(replies.iter().filter(|reply| reply.status == 409).count(), 2);
    assert_eq!(world.number("SELECT count(*) AS n FROM email_domains"), 200);
}
