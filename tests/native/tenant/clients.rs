//! `v2/Clients`.

use serde_json::{Value, json};

use crate::harness::{NOON, Signer, World};

const CLIENTS: &str = "/tenant/home/v2/Clients";

fn said(other: &Value) -> Value {
    let mut all = json!({ "client_name": "App", "redirect_uris": ["https://app.example/cb"] });
    all.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
    all
}

#[test]
fn a_client_is_made_with_its_defaults_and_shows_its_secret_once() {
    let world = World::new();
    let admin = world.admin();
    let made = world.post(CLIENTS).bearer(&admin).json(said(&json!({}))).send().is(201);
    let id = made.str("/client_id");
    assert_eq!(made.str("/client_secret").len(), 43);
    let mut shape = json!({
        "client_id": id, "client_name": "App", "client_id_issued_at": NOON / 1000, "client_secret_expires_at": 0,
        "redirect_uris": ["https://app.example/cb"], "post_logout_redirect_uris": [],
        "grant_types": ["authorization_code"], "response_types": ["code"],
        "token_endpoint_auth_method": "client_secret_basic", "scope": "openid profile email offline_access",
        "application_type": "web", "contacts": [], "backchannel_logout_session_required": false,
        "default_acr_values": [], "require_auth_time": false, "subject_type": "public",
        "id_token_signed_response_alg": "ES256",
        "require_pushed_authorization_requests": false, "require_consent": false,
        "dpop_bound_access_tokens": false, "resources": [], "roles": [],
    });
    let path = format!("{CLIENTS}/{id}");
    assert_eq!(made.header("location"), Some(path.as_str()));
    assert_eq!(world.get(&path).bearer(&admin).send().is(200).json, shape);
    assert_eq!(world.get(CLIENTS).bearer(&admin).send().is(200).json["items"], json!([shape]));
    shape["client_secret"] = made.json["client_secret"].clone();
    assert_eq!(made.json, shape);
    let kept = world.sql("SELECT secret_hash FROM clients");
    assert_ne!(kept[0]["secret_hash"], made.json["client_secret"]);
}

#[test]
fn it_is_replaced_changed_and_deleted() {
    let world = World::new();
    let admin = world.admin();
    let id = world.post(CLIENTS).bearer(&admin).json(said(&json!({}))).send().is(201).str("/client_id");
    let path = format!("{CLIENTS}/{id}");
    let changes = json!({ "scope": "openid read", "require_consent": true });
    let changed = world.patch(&path).bearer(&admin).json(changes).send().is(200);
    assert_eq!(changed.json["scope"], "openid read");
    assert_eq!(changed.json["client_name"], "App");
    assert_eq!(changed.json["client_secret"], Value::Null);
    let batch = json!({ "grant_types": ["client_credentials"] });
    assert_eq!(
        world.patch(&path).bearer(&admin).json(batch).send().is(200).json["response_types"],
        json!([])
    );
    let back = json!({ "grant_types": null });
    assert_eq!(
        world.patch(&path).bearer(&admin).json(back).send().is(200).json["response_types"],
        json!(["code"])
    );
    let as_read = world.get(&path).bearer(&admin).send().is(200).json;
    assert_eq!(world.put(&path).bearer(&admin).json(as_read.clone()).send().is(200).json, as_read);
    let null = json!({ "scope": null });
    let reset = world.patch(&path).bearer(&admin).json(null).send().is(200);
    assert_eq!(reset.json["scope"], "openid profile email offline_access");
    let replaced = world.put(&path).bearer(&admin).json(said(&json!({ "client_name": "B" }))).send().is(200);
    assert_eq!(
        (&replaced.json["client_name"], &replaced.json["require_consent"]),
        (&json!("B"), &json!(false))
    );
    world.delete(&path).bearer(&admin).send().is(204);
    world.get(&path).bearer(&admin).send().is(404);
    world.delete(&path).bearer(&admin).send().is(404);
    world.put(&path).bearer(&admin).json(said(&json!({}))).send().is(404);
    world.patch(&path).bearer(&admin).json(json!({})).send().is(404);
    world.post(&format!("{path}/secret")).bearer(&admin).send().is(404);
    for (event, count) in [("client.created", 1), ("client.changed", 6), ("client.deleted", 1)] {
        assert_eq!(world.events(event), count, "{event}");
    }
}

#[test]
fn a_client_that_comes_to_show_a_secret_gets_one_and_one_that_does_not_loses_it() {
    let world = World::new();
    let admin = world.admin();
    let public = said(&json!({ "token_endpoint_auth_method": "none" }));
    let made = world.post(CLIENTS).bearer(&admin).json(public.clone()).send().is(201);
    assert_eq!(made.json["client_secret"], Value::Null);
    assert_eq!(made.json["client_secret_expires_at"], Value::Null);
    let path = format!("{CLIENTS}/{}", made.str("/client_id"));
    world.post(&format!("{path}/secret")).bearer(&admin).send().is(409);
    let post = said(&json!({ "token_endpoint_auth_method": "client_secret_post" }));
    let first = world.put(&path).bearer(&admin).json(post.clone()).send().is(200).str("/client_secret");
    let again = world.put(&path).bearer(&admin).json(post).send().is(200);
    assert_eq!(again.json["client_secret"], Value::Null);
    let second = world.post(&format!("{path}/secret")).bearer(&admin).send().is(200).str("/client_secret");
    assert_ne!(first, second);
    assert_eq!(world.events("client.secret_changed"), 1);
    world.put(&path).bearer(&admin).json(public).send().is(200);
    assert_eq!(world.number("SELECT count(*) AS n FROM clients WHERE secret_hash IS NULL"), 1);
}

/// `require_pkce` is there where it was said, and where it follows from the client's being public.
#[test]
fn whether_a_client_must_use_pkce_is_said_as_it_is() {
    let world = World::new();
    let admin = world.admin();
    let make = |other: Value| world.post(CLIENTS).bearer(&admin).json(said(&other)).send().is(201);
    let public = json!({ "token_endpoint_auth_method": "none" });
    assert_eq!(make(json!({})).json["require_pkce"], Value::Null);
    assert_eq!(make(json!({ "require_pkce": true })).json["require_pkce"], true);
    assert_eq!(make(json!({ "require_pkce": null })).json["require_pkce"], Value::Null);
    let open = make(json!({ "require_pkce": false }));
    assert_eq!(open.json["require_pkce"], false);
    let made = make(public.clone());
    assert_eq!(made.json["require_pkce"], true);
    let change = |id: &str, changes: Value| {
        let path = format!("{CLIENTS}/{id}");
        world.patch(&path).bearer(&admin).json(changes).send()
    };
    // What was never said does not stay, what was said does.
    let id = made.str("/client_id");
    let secret = json!({ "token_endpoint_auth_method": "client_secret_basic" });
    assert_eq!(change(&id, secret.clone()).is(200).json["require_pkce"], Value::Null);
    assert_eq!(change(&id, json!({ "require_pkce": true })).is(200).json["require_pkce"], true);
    change(&id, public.clone()).is(200);
    assert_eq!(change(&id, secret).is(200).json["require_pkce"], true);
    assert_eq!(change(&id, json!({ "require_pkce": null })).is(200).json["require_pkce"], Value::Null);
    // A public client is never let off.
    let refused = change(&open.str("/client_id"), public).is(400);
    assert_eq!(refused.str("/errors/0/field"), "require_pkce");
    for wrong in [json!("true"), json!(1), json!([])] {
        let reply = world.post(CLIENTS).bearer(&admin).json(said(&json!({ "require_pkce": wrong }))).send();
        assert_eq!(reply.is(400).str("/errors/0/field"), "require_pkce");
    }
}

#[test]
fn what_cannot_be_a_client_is_said_by_member() {
    let world = World::new();
    let admin = world.admin();
    let private = json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "x": "AA", "d": "AA" }] });
    for (other, member) in [
        (json!({ "redirect_uris": ["javascript:alert(1)"] }), "redirect_uris"),
        (json!({ "redirect_uris": [1] }), "redirect_uris"),
        (json!({ "grant_types": ["implicit"] }), "grant_types"),
        (json!({ "token_endpoint_auth_method": "private_key_jwt" }), "jwks"),
        (json!({ "jwks": private }), "jwks"),
        (json!({ "roles": ["KING"] }), "roles"),
        (json!({ "client_name": " " }), "client_name"),
        (json!({ "require_pkce": "yes" }), "require_pkce"),
    ] {
        let reply = world.post(CLIENTS).bearer(&admin).json(said(&other)).send().is(400);
        assert_eq!(reply.json["errors"][0]["field"], member, "{other}");
    }
    for other in [
        json!({ "jwks_uri": "http://app.example/jwks" }),
        json!({ "sector_identifier_uri": "https://app.example/sector" }),
        json!({ "client_secret": "my-own" }),
        json!({ "client_id": "my-own" }),
        json!({ "tenant_id": "b" }),
        json!({ "unknown": 1 }),
    ] {
        world.post(CLIENTS).bearer(&admin).json(said(&other)).send().is(400);
    }
    world.post(CLIENTS).bearer(&admin).json(json!([])).send().is(400);
    world.post(CLIENTS).bearer(&admin).body("text/plain", "{}").send().is(415);
    let large = json!({ "client_name": "x".repeat(70_000) });
    world.post(CLIENTS).bearer(&admin).json(large).send().is(413);
    assert_eq!(world.number("SELECT count(*) AS n FROM clients"), 0);
    assert_eq!(world.events("client.created"), 0);
}

#[test]
fn a_uri_outside_ascii_is_told_how_to_be_written() {
    let world = World::new();
    let admin = world.admin();
    for member in [
        "redirect_uris",
        "post_logout_redirect_uris",
        "backchannel_logout_uri",
        "resources",
        "client_uri",
        "logo_uri",
        "tos_uri",
        "policy_uri",
    ] {
        let one = |uri: &str| if member.ends_with('s') { json!([uri]) } else { json!(uri) };
        let make =
            |uri: &str| world.post(CLIENTS).bearer(&admin).json(said(&json!({ member: one(uri) }))).send();
        let reply = make("https://m\u{fc}nchen.example/cb").is(400);
        assert_eq!(reply.str("/errors/0/field"), member);
        let detail = reply.str("/errors/0/detail");
        assert!(detail.contains("ASCII") && detail.contains("xn--"), "{detail}");
        make("https://xn--mnchen-3ya.example/cb").is(201);
    }
}

#[test]
fn a_change_that_is_refused_changes_nothing() {
    let world = World::new();
    let admin = world.admin();
    let id = world.post(CLIENTS).bearer(&admin).json(said(&json!({}))).send().is(201).str("/client_id");
    let path = format!("{CLIENTS}/{id}");
    let before = world.sql("SELECT * FROM clients");
    for bad in [
        json!({ "redirect_uris": ["http://app.example/cb"] }),
        json!({ "client_id": "another" }),
        json!({ "client_secret": "my-own" }),
        json!({ "unknown": 1 }),
    ] {
        world.put(&path).bearer(&admin).json(said(&bad)).send().is(400);
        world.patch(&path).bearer(&admin).json(bad).send().is(400);
    }
    assert_eq!(world.sql("SELECT * FROM clients"), before);
}

#[test]
fn a_client_with_keys_and_roles_is_made() {
    let world = World::new();
    let admin = world.admin();
    let jwks = Signer::eddsa(1).jwks("k");
    let wanted = json!({
        "client_name": "Batch", "grant_types": ["client_credentials"], "roles": ["MANAGER"], "jwks": jwks,
        "token_endpoint_auth_method": "private_key_jwt", "scope": "read orders:read",
        "resources": ["https://api.example/"],
    });
    let made = world.post(CLIENTS).bearer(&admin).json(wanted).send().is(201);
    assert_eq!(made.json["jwks"], jwks);
    assert_eq!(made.json["response_types"], json!([]));
    assert_eq!(made.json["client_secret"], Value::Null);
}

#[test]
fn one_tenants_clients_are_not_anothers() {
    let world = World::new();
    let admin = world.admin();
    let other = world.tenant("b");
    let id = world.post(CLIENTS).bearer(&admin).json(said(&json!({}))).send().is(201).str("/client_id");
    let path = format!("/tenant/b/v2/Clients/{id}");
    world.get(&path).bearer(&other).send().is(404);
    world.put(&path).bearer(&other).json(said(&json!({}))).send().is(404);
    world.patch(&path).bearer(&other).json(json!({})).send().is(404);
    world.post(&format!("{path}/secret")).bearer(&other).send().is(404);
    world.delete(&path).bearer(&other).send().is(404);
    world.get(&format!("{CLIENTS}/{id}")).bearer(&other).send().is(403);
    let empty = world.get("/tenant/b/v2/Clients").bearer(&other).send().is(200);
    assert_eq!(empty.json, json!({ "items": [], "nextCursor": null }));
    assert_eq!(world.number("SELECT count(*) AS n FROM clients"), 1);
}

#[test]
fn only_an_administrator_sees_or_changes_them() {
    let world = World::new();
    let user = world.session(&world.user("ada@example.com")).access;
    let paths = [("GET", CLIENTS), ("POST", CLIENTS)];
    let one = format!("{CLIENTS}/x");
    let secret = format!("{CLIENTS}/x/secret");
    let more = [("GET", one.as_str()), ("PUT", &one), ("PATCH", &one), ("DELETE", &one), ("POST", &secret)];
    for (method, path) in paths.into_iter().chain(more) {
        world.ask(method, path).json(said(&json!({}))).send().is(401);
        world.ask(method, path).bearer(&user).json(said(&json!({}))).send().is(403);
    }
    assert_eq!(world.number("SELECT count(*) AS n FROM clients"), 0);
}

#[test]
fn a_list_pages_through_all_of_them() {
    let world = World::new();
    let admin = world.admin();
    for at in 0..5 {
        world.advance_ms(1);
        let name = json!({ "client_name": format!("c{at}") });
        world.post(CLIENTS).bearer(&admin).json(said(&name)).send().is(201);
    }
    let mut names = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = world.get(&format!("{CLIENTS}?limit=2&cursor={cursor}")).bearer(&admin).send().is(200);
        let items = page.json["items"].as_array().unwrap();
        names.extend(items.iter().map(|item| item["client_name"].as_str().unwrap().to_owned()));
        let Some(next) = page.json["nextCursor"].as_str() else { break };
        cursor = next.to_owned();
    }
    assert_eq!(names, ["c0", "c1", "c2", "c3", "c4"]);
}
