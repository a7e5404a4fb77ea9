//! `v2/IdentityProviders`: made, shown, changed and deleted; what becomes of secrets; who may.

use serde_json::{Value, json};

use crate::harness::World;

const ALL: &str = "/tenant/home/v2/IdentityProviders";

/// A world whose home tenant is an enterprise organisation.
pub fn enterprise() -> World {
    let world = World::new();
    let body = json!({ "enterprise": true });
    world.patch("/tenant/home/v2/Tenants/home").bearer(&world.admin()).json(body).send().is(200);
    world
}

pub fn oidc(other: Value) -> Value {
    let mut body = json!({
        "id": "okta", "kind": "oidc", "name": "Okta", "issuer": "https://acme.okta.example", "clientId": "us",
        "clientSecret": "a-secret-of-ours",
    });
    body.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
    body
}

/// A certificate, as an administrator pastes it.
pub const CERTIFICATE: &str = include_str!("certificate.pem");

pub fn saml(other: Value) -> Value {
    let mut body = json!({
        "id": "adfs", "kind": "saml", "name": "ADFS", "idpEntityId": "https://adfs.example/trust",
        "ssoUrl": "https://adfs.example/sso", "certificates": [CERTIFICATE],
    });
    body.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
    body
}

/// A provider of each kind, as short as it can be, and what is shown of it.
fn kinds() -> Vec<(Value, Value)> {
    let shown = |id: &str, kind: &str, name: &str, secret: bool, own: Value| {
        let mut all = json!({
            "id": id, "kind": kind, "name": name, "enabled": true, "domains": [], "enforced": false,
            "linking": "verified", "provisioning": "users", "roleMap": null, "clientSecretSet": secret,
            "createdAt": "2026-05-01T12:00:00Z",
        });
        all.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
        all
    };
    vec![
        (
            json!({ "id": "google", "kind": "google", "clientId": "us.apps" }),
            shown("google", "google", "Google", false, json!({ "clientId": "us.apps" })),
        ),
        (
            json!({ "id": "ms", "kind": "microsoft", "clientId": "us" }),
            shown("ms", "microsoft", "Microsoft", false, json!({ "clientId": "us", "tenants": ["common"] })),
        ),
        (
            json!({ "id": "gh", "kind": "github", "clientId": "us", "clientSecret": "s" }),
            shown("gh", "github", "GitHub", true, json!({ "clientId": "us" })),
        ),
        (
            oidc(json!({})),
            shown(
                "okta",
                "oidc",
                "Okta",
                true,
                json!({
                    "issuer": "https://acme.okta.example", "clientId": "us", "scopes": ["openid", "email", "profile"],
                }),
            ),
        ),
        (
            saml(json!({})),
            shown(
                "adfs",
                "saml",
                "ADFS",
                false,
                json!({
                    "idpEntityId": "https://adfs.example/trust", "ssoUrl": "https://adfs.example/sso",
                    "ssoBinding": "redirect", "sloBinding": "redirect", "certificates": [CERTIFICATE], "idpInitiated": false,
                    "signRequests": false, "allowSha1": false,
                    "attributes": {},
                }),
            ),
        ),
    ]
}

#[test]
fn a_provider_of_each_kind_is_made_shown_sent_back_and_deleted() {
    let world = enterprise();
    let admin = world.admin();
    for (body, shown) in kinds() {
        let made = world.post(ALL).bearer(&admin).json(body.clone()).send().is(201);
        assert_eq!(made.json, shown);
        let path = format!("{ALL}/{}", body["id"].as_str().unwrap());
        assert_eq!(made.header("location"), Some(path.as_str()));
        assert_eq!(world.get(&path).bearer(&admin).send().is(200).json, shown);
        assert_eq!(world.get(ALL).bearer(&admin).send().is(200).json["items"], json!([shown]));
        // What is shown can be sent back, and changes nothing; nor does an empty change.
        assert_eq!(world.put(&path).bearer(&admin).json(shown.clone()).send().is(200).json, shown);
        assert_eq!(world.patch(&path).bearer(&admin).json(json!({})).send().is(200).json, shown);
        let named = world.patch(&path).bearer(&admin).json(json!({ "name": "Ours" })).send().is(200);
        assert_eq!(named.json["name"], "Ours");
        world.post(ALL).bearer(&admin).json(body).send().is(409);
        world.delete(&path).bearer(&admin).send().is(204);
        world.get(&path).bearer(&admin).send().is(404);
        world.delete(&path).bearer(&admin).send().is(404);
        world.put(&path).bearer(&admin).json(shown).send().is(404);
        world.patch(&path).bearer(&admin).json(json!({})).send().is(404);
    }
    assert_eq!(world.events("identity_provider.created"), 5);
    assert_eq!(world.events("identity_provider.changed"), 15);
    assert_eq!(world.events("identity_provider.deleted"), 5);
}

#[test]
fn an_id_is_made_where_none_is_said() {
    let world = World::new();
    let body = json!({ "kind": "google", "clientId": "us" });
    let made = world.post(ALL).bearer(&world.admin()).json(body).send().is(201);
    assert_eq!(made.str("/id").len(), 36);
}

#[test]
fn a_secret_is_never_shown_and_sealed_at_rest() {
    let world = enterprise();
    let admin = world.admin();
    let made = world.post(ALL).bearer(&admin).json(oidc(json!({}))).send().is(201);
    let path = format!("{ALL}/okta");
    let changed = world.patch(&path).bearer(&admin).json(json!({ "clientSecret": "another-secret" })).send();
    for reply in
        [made, changed.is(200), world.get(&path).bearer(&admin).send(), world.get(ALL).bearer(&admin).send()]
    {
        assert!(
            !reply.text.contains("secret-of") && !reply.text.contains("another-secret"),
            "{}",
            reply.text
        );
        assert!(reply.text.contains("\"clientSecretSet\":true"));
    }
    for table in ["identity_providers", "audit"] {
        let stored = format!("{:?}", world.sql(&format!("SELECT * FROM {table}")));
        assert!(!stored.contains("secret-of") && !stored.contains("another-secret"), "{table}");
    }
}

fn sealed(world: &World) -> Value {
    world.sql("SELECT sealed_secret FROM identity_providers")[0]["sealed_secret"].clone()
}

#[test]
fn a_secret_stays_until_another_is_given_or_null() {
    let world = enterprise();
    let admin = world.admin();
    world.post(ALL).bearer(&admin).json(oidc(json!({}))).send().is(201);
    let path = format!("{ALL}/okta");
    let first = sealed(&world);
    let put = |body: Value| world.put(&path).bearer(&admin).json(body).send().is(200);
    let mut without = oidc(json!({ "name": "Else" }));
    without.as_object_mut().unwrap().remove("clientSecret");
    assert_eq!(put(without.clone()).json["clientSecretSet"], true);
    assert_eq!(sealed(&world), first);
    put(oidc(json!({})));
    assert_ne!(sealed(&world), first);
    without["clientSecret"] = Value::Null;
    assert_eq!(put(without).json["clientSecretSet"], false);
    assert_eq!(sealed(&world), Value::Null);
    let gone = world.patch(&path).bearer(&admin).json(json!({ "clientSecret": "x" })).send().is(200);
    assert_eq!(gone.json["clientSecretSet"], true);
    let gone = world.patch(&path).bearer(&admin).json(json!({ "clientSecret": null })).send().is(200);
    assert_eq!(gone.json["clientSecretSet"], false);
}

/// Whoever may change a provider does not learn its secret by having it sent to a server of theirs.
#[test]
fn a_secret_is_sent_nowhere_else_than_it_was_given_for() {
    let endpoints = |token: &str| {
        json!({
            "issuer": "https://accounts.google.com", "authorizationEndpoint": "http://127.0.0.1:1/authorize",
            "tokenEndpoint": token, "jwksUri": "http://127.0.0.1:1/jwks",
        })
    };
    let google = |endpoints: Value| json!({ "id": "p", "kind": "google", "clientId": "us", "clientSecret": "s", "endpoints": endpoints });
    let there = endpoints("http://127.0.0.1:1/token");
    let kinds = [
        (oidc(json!({ "id": "p" })), json!({ "issuer": "https://evil.example" })),
        (oidc(json!({ "id": "p" })), json!({ "issuer": "https://acme.okta.example/" })),
        (google(Value::Null), json!({ "endpoints": there })),
        (google(there.clone()), json!({ "endpoints": endpoints("http://127.0.0.1:2/token") })),
        (google(there.clone()), json!({ "endpoints": null })),
        (
            json!({ "id": "p", "kind": "github", "clientId": "us", "clientSecret": "s" }),
            json!({ "endpoints": there }),
        ),
        (
            json!({ "id": "p", "kind": "microsoft", "clientId": "us", "clientSecret": "s" }),
            json!({ "endpoints": there }),
        ),
    ];
    for (body, change) in kinds {
        let world = enterprise();
        let admin = world.admin();
        let path = format!("{ALL}/p");
        world.post(ALL).bearer(&admin).json(body.clone()).send().is(201);
        let before = sealed(&world);
        let refused = world.patch(&path).bearer(&admin).json(change.clone()).send().is(400);
        assert_eq!(refused.json["errors"][0]["field"], "clientSecret", "{change}");
        let mut whole = body.clone();
        whole.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        whole.as_object_mut().unwrap().remove("clientSecret");
        world.put(&path).bearer(&admin).json(whole.clone()).send().is(400);
        assert_eq!(sealed(&world), before);
        // With the secret, once more, it may.
        whole["clientSecret"] = "again".into();
        world.put(&path).bearer(&admin).json(whole).send().is(200);
        assert_ne!(sealed(&world), before);
    }
}

#[test]
fn its_kind_and_id_stay() {
    let world = enterprise();
    let admin = world.admin();
    world.post(ALL).bearer(&admin).json(oidc(json!({}))).send().is(201);
    let path = format!("{ALL}/okta");
    for (body, field) in [
        (json!({ "kind": "google", "clientId": "us" }), "kind"),
        (json!({ "id": "other" }), "id"),
        (json!({ "kind": null }), "kind"),
    ] {
        let reply = world.patch(&path).bearer(&admin).json(body.clone()).send().is(400);
        assert_eq!(reply.json["errors"][0]["field"], field, "{body}");
    }
    let mut without = oidc(json!({}));
    without.as_object_mut().unwrap().remove("id");
    world.put(&path).bearer(&admin).json(without).send().is(200);
}

#[test]
fn an_organisations_own_takes_an_enterprise_organisation() {
    let world = World::new();
    let admin = world.admin();
    for body in [oidc(json!({})), saml(json!({}))] {
        let refused = world.post(ALL).bearer(&admin).json(body.clone()).send().is(403);
        let told = ["code", "error", "message", "currentPlan", "requiredPlan"]
            .map(|name| refused.json[name].clone());
        let wanted = [
            "UPGRADE_REQUIRED",
            "Upgrade required",
            "This feature requires enterprise plan or higher",
            "free",
            "enterprise",
        ];
        assert_eq!(told.to_vec(), wanted);
        // One that nobody can use may be prepared.
        let mut prepared = body.clone();
        prepared["enabled"] = false.into();
        let id = prepared["id"].as_str().unwrap().to_owned();
        world.post(ALL).bearer(&admin).json(prepared).send().is(201);
        let enable = json!({ "enabled": true });
        world.patch(&format!("{ALL}/{id}")).bearer(&admin).json(enable).send().is(403);
    }
    let social = json!({ "id": "g", "kind": "google", "clientId": "us" });
    world.post(ALL).bearer(&admin).json(social).send().is(201);
    assert_eq!(world.number("SELECT count(*) AS n FROM identity_providers"), 3);
}

#[test]
fn only_the_operator_says_who_is_an_enterprise_organisation() {
    let world = World::new();
    let other = world.tenant("b");
    let one = "/tenant/home/v2/Tenants/b";
    let read = || world.get(one).bearer(&world.admin()).send().is(200).json["enterprise"].clone();
    assert_eq!(read(), false);
    for path in [one, "/tenant/b/v2/Tenants/b"] {
        world.patch(path).bearer(&other).json(json!({ "enterprise": true })).send().is(403);
    }
    world.patch("/tenant/b/v2/Settings").bearer(&other).json(json!({ "enterprise": true })).send().is(400);
    assert_eq!(read(), false);
    let set = |is: bool| {
        world.patch(one).bearer(&world.admin()).json(json!({ "enterprise": is })).send().is(200).json
    };
    assert_eq!(set(true)["enterprise"], true);
    let all = "/tenant/b/v2/IdentityProviders";
    world.post(all).bearer(&other).json(oidc(json!({}))).send().is(201);
    assert_eq!(set(false)["enterprise"], false);
    // Another isolate did not hear of it: the database did.
    world.post(all).bearer(&other).json(saml(json!({}))).elsewhere().send().is(403);
    let body = json!({ "id": "c", "name": "C", "enterprise": true });
    let made = world.post("/tenant/home/v2/Tenants").bearer(&world.admin()).json(body).send().is(201);
    assert_eq!(made.json["enterprise"], true);
}

#[test]
fn what_is_one_tenants_is_not_found_by_another() {
    let world = World::new();
    let (home, other) = (world.admin(), world.tenant("b"));
    let body = json!({ "id": "google", "kind": "google", "clientId": "us" });
    world.post(ALL).bearer(&home).json(body.clone()).send().is(201);
    let theirs = "/tenant/b/v2/IdentityProviders";
    assert_eq!(world.get(theirs).bearer(&other).send().is(200).json["items"], json!([]));
    for method in ["GET", "PUT", "PATCH", "DELETE"] {
        let path = format!("{theirs}/google");
        world.ask(method, &path).bearer(&other).json(json!({ "clientId": "x" })).send().is(404);
        world.ask(method, &format!("{ALL}/google")).bearer(&other).json(json!({})).send().is(403);
    }
    // The same id is free there.
    world.post(theirs).bearer(&other).json(body).send().is(201);
    world.delete(&format!("{theirs}/google")).bearer(&other).send().is(204);
    world.get(&format!("{ALL}/google")).bearer(&home).send().is(200);
}

/// Who can have a provider of theirs let people in can be anybody: so it takes all that an administrator has.
#[test]
fn who_has_less_than_an_administrator_makes_none() {
    let world = World::new();
    let admin = world.admin();
    let role = json!({ "name": "CLERK", "rank": 1, "scopes": ["payments:refund"] });
    world.post("/tenant/home/v2/Roles").bearer(&admin).json(role).send().is(201);
    let key = |scopes: Value| {
        let body = json!({ "name": "k", "scopes": scopes, "roles": ["ADMIN"] });
        world.post("/tenant/home/v2/ApiKeys").bearer(&admin).json(body).send().is(201).str("/apiKey")
    };
    let (small, whole) = (key(json!(["read", "write"])), key(json!(["read", "write", "payments:refund"])));
    let body = json!({ "id": "g", "kind": "google", "clientId": "us" });
    let refused = world.post(ALL).key(&small).json(body.clone()).send().is(403);
    assert_eq!(refused.json["code"], "INSUFFICIENT_SCOPE");
    world.post(ALL).key(&whole).json(body.clone()).send().is(201);
    for (method, path, body) in [
        ("PUT", format!("{ALL}/g"), body.clone()),
        ("PATCH", format!("{ALL}/g"), json!({ "clientId": "mine" })),
        ("DELETE", format!("{ALL}/g"), json!({})),
        ("POST", "/tenant/home/v2/Domains".into(), json!({ "domain": "corp.example", "provider": "g" })),
    ] {
        world.ask(method, &path).key(&small).json(body).send().is(403);
    }
    let manager = world.user_with("home", "m@example.com", |user| user.roles = vec!["MANAGER".into()]);
    let token = world.session(&manager).access;
    world.post(ALL).bearer(&token).json(body).send().is(403);
    world.get(ALL).bearer(&token).send().is(403);
    world.get(ALL).send().is(401);
}

#[test]
fn a_role_that_a_provider_gives_is_not_deleted() {
    let world = World::new();
    let admin = world.admin();
    let role = json!({ "name": "CLERK", "rank": 1 });
    world.post("/tenant/home/v2/Roles").bearer(&admin).json(role).send().is(201);
    let map = json!({ "claim": "groups", "map": { "staff": "CLERK" } });
    let body = json!({ "id": "g", "kind": "google", "clientId": "us", "roleMap": map });
    world.post(ALL).bearer(&admin).json(body).send().is(201);
    world.delete("/tenant/home/v2/Roles/CLERK").bearer(&admin).send().is(409);
    world.patch(&format!("{ALL}/g")).bearer(&admin).json(json!({ "roleMap": null })).send().is(200);
    world.delete("/tenant/home/v2/Roles/CLERK").bearer(&admin).send().is(204);
}

#[test]
fn a_tenant_has_at_most_fifty_also_where_many_are_made_at_once() {
    let world = World::new();
    let admin = world.admin();
    world.sql(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 47)
         INSERT INTO identity_providers (tenant_id, id, spec, created_at) SELECT 'home', 'p' || i, '{}', 0 FROM n",
    );
    let ask = |at: usize| {
        let body = json!({ "id": format!("g{at}"), "kind": "google", "clientId": "us" });
        world.post(ALL).bearer(&admin).json(body)
    };
    let replies = world.together((0..8).map(ask).collect());
    assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 3);
    assert_eq!(replies.iter().filter(|reply| reply.status == 409).count(), 5);
    assert_eq!(world.number("SELECT count(*) AS n FROM identity_providers"), 50);
}

#[test]
fn of_two_changes_at_once_none_undoes_the_other() {
    let world = World::new();
    let admin = world.admin();
    let body = json!({ "id": "g", "kind": "google", "clientId": "us" });
    world.post(ALL).bearer(&admin).json(body).send().is(201);
    let path = format!("{ALL}/g");
    let ask = |change: Value| world.patch(&path).bearer(&admin).json(change);
    let replies = world.together(vec![ask(json!({ "name": "A" })), ask(json!({ "linking": "never" }))]);
    let done = replies.iter().filter(|reply| reply.status == 200).count();
    assert_eq!(done + replies.iter().filter(|reply| reply.status == 409).count(), 2);
    assert_eq!(done, 1);
}
