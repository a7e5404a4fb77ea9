//! Routes and tokens that are bound to a key (RFC 9449).

use serde_json::{Value, json};

use crate::harness::dpop::Holder;
use crate::harness::oidc::Party;
use crate::harness::{Ask, World, claims, set};

const TOKEN: &str = "/tenant/home/oauth2/token";

/// A world with a person and a token that their client has, bound to its key.
fn party() -> (Party, Holder, String) {
    let (party, holder) = (Party::public(), Holder::es256(7));
    let exchange = Party::exchange(&party.code());
    let ask = party.ask_token(&exchange).header("dpop", &holder.proof(&party.world, "POST", TOKEN));
    let token = ask.send().is(200).str("/access_token");
    (party, holder, token)
}

fn bound<'w>(world: &'w World, method: &str, path: &str, token: &str, holder: &Holder) -> Ask<'w> {
    let address = path.split('?').next().unwrap();
    world.ask(method, path).bound(token, &holder.proof_with(world, method, address, token))
}

#[test]
fn the_origin_is_told_the_key_and_gets_neither_token_nor_proof() {
    let (party, holder, token) = party();
    let world = &party.world;
    world.route(json!({}));
    world.route(json!({ "name": "open", "path": "/open/", "auth": "none" }));
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        let plan = bound(world, method, "/app/x?y=1", &token, &holder).plan();
        let said = claims(set(&plan, "x-portcullis-assertion").unwrap());
        assert_eq!(said["cnf"], json!({ "jkt": holder.jkt() }), "{method}");
        for name in ["authorization", "dpop"] {
            assert!(plan.remove.iter().any(|removed| removed == name), "{method} {name}");
        }
    }
    let plan = bound(world, "GET", "/open/", &token, &holder).plan();
    assert!(plan.remove.iter().any(|removed| removed == "dpop") && plan.assertion.is_none());
    let session = world.session(&party.user).access;
    let plan = world.get("/app/").bearer(&session).plan();
    assert_eq!(claims(set(&plan, "x-portcullis-assertion").unwrap()).get("cnf"), None);
}

/// RFC 9449 §7.1: a resource that takes bound tokens alone says so.
#[test]
fn a_route_can_ask_for_proofs() {
    let (party, holder, token) = party();
    let world = &party.world;
    world.route(json!({ "dpop": true }));
    world.route(json!({ "name": "maybe", "path": "/maybe/", "dpop": true, "auth": "optional" }));
    assert_eq!(bound(world, "GET", "/app/", &token, &holder).status(), 200);
    let session = world.session(&party.user);
    let key = world.api_key(&session.access, &["read"]);
    let get = |path: &str| world.get(path);
    for (what, ask) in [
        ("nobody", get("/app/")),
        ("a browser", get("/app/").navigating()),
        ("a bearer token", get("/app/").bearer(&session.access)),
        ("a bound token as a bearer token", get("/app/").bearer(&token)),
        ("a cookie", get("/app/").cookie(&party.cookie)),
        ("a cookie of a browser that navigates", get("/app/").cookie(&party.cookie).navigating()),
        ("an API key", get("/app/").key(&key)),
    ] {
        let reply = ask.send().is(401);
        let challenge = reply.header("www-authenticate").unwrap_or_default();
        assert_eq!(challenge, "DPoP algs=\"ES256 RS256 EdDSA Ed25519\"", "{what}");
    }
    // A protected resource says both where its metadata is and that it takes bound tokens.
    world.route(json!({ "name": "tools", "path": "/mcp", "mcp": true, "dpop": true }));
    for ask in [get("/mcp"), get("/mcp").bearer(&session.access)] {
        let reply = ask.send().is(401);
        let challenge = reply.header("www-authenticate").unwrap_or_default();
        let metadata = "https://auth.example.com/.well-known/oauth-protected-resource/mcp";
        assert!(challenge.starts_with(&format!("DPoP resource_metadata=\"{metadata}\"")), "{challenge}");
        assert!(challenge.ends_with("algs=\"ES256 RS256 EdDSA Ed25519\""), "{challenge}");
    }
    let reply = bound(world, "GET", "/mcp", &token, &holder).send().is(401);
    let challenge = reply.header("www-authenticate").unwrap_or_default();
    assert!(challenge.starts_with("DPoP error=\"invalid_token\", resource_metadata="), "{challenge}");
    // Whoever may come without a credential has no other one there.
    for ask in [
        get("/maybe/"),
        get("/maybe/").bearer(&session.access),
        get("/maybe/").key(&key),
        get("/maybe/").cookie(&party.cookie),
    ] {
        assert_eq!(ask.plan().assertion, None);
    }
    assert!(bound(world, "GET", "/maybe/", &token, &holder).plan().assertion.is_some());
    let wrong = |spec: Value| {
        let mut all = json!({ "name": "x", "path": "/x/", "origin": "http://origin.internal", "dpop": true });
        all.as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
        world.post("/tenant/home/v2/Routes").bearer(&world.admin()).json(all).send().status
    };
    for (spec, status) in [
        (json!({ "auth": "none" }), 400),
        (json!({ "credentials": ["cookie", "apiKey"] }), 400),
        (json!({ "header": "DPoP" }), 400),
        (json!({ "dpop": "yes" }), 400),
        (json!({ "credentials": ["bearer"] }), 201),
    ] {
        assert_eq!(wrong(spec.clone()), status, "{spec}");
    }
}

/// RFC 9449 §4.3: a route's own host is the address that is proved.
#[test]
fn a_proof_is_for_the_routes_host() {
    let (party, holder, token) = party();
    let world = &party.world;
    world.route(json!({ "host": "shop.example" }));
    world.route(json!({ "name": "any", "path": "/any/" }));
    let status = |host: &str, path: &str, origin: &str| {
        let mut said = holder.claims(world, "GET", path, Some(&token));
        said["htu"] = format!("{origin}{path}").into();
        world.get(path).host(host).bound(&token, &holder.sign(&said)).status()
    };
    assert_eq!(status("shop.example", "/app/", "https://shop.example"), 200);
    assert_eq!(status("shop.example:443", "/app/", "https://shop.example"), 200);
    assert_eq!(status("shop.example", "/app/", "https://auth.example.com"), 401);
    assert_eq!(status("auth.example.com", "/any/", "https://auth.example.com"), 200);
    assert_eq!(status("evil.example", "/any/", "https://evil.example"), 401);
    assert_eq!(status("evil.example", "/any/", "https://auth.example.com"), 401);
}

/// Scripts send proofs and read nonces (RFC 9449 §11.7, the Fetch Standard).
#[test]
fn scripts_of_clients_may_send_proofs() {
    let (party, holder, token) = party();
    let world = &party.world;
    world.route(json!({}));
    world.settings(json!({ "allowedOrigins": ["https://spa.example"] }));
    for (path, method) in [(TOKEN, "POST"), ("/api/auth/me", "GET"), ("/app/", "GET")] {
        let preflight = world
            .ask("OPTIONS", path)
            .header("origin", "https://spa.example")
            .header("access-control-request-method", method)
            .header("access-control-request-headers", "authorization,dpop");
        let allowed = preflight.send().is(204);
        assert_eq!(allowed.header("access-control-allow-headers"), Some("authorization,dpop"), "{path}");
    }
    world.settings(json!({ "requireDpopNonce": true }));
    let asked = bound(world, "GET", "/app/", &token, &holder).header("origin", "https://spa.example").send();
    let told = asked.is(401);
    assert!(told.header("dpop-nonce").is_some());
    assert_eq!(told.header("access-control-allow-origin"), Some("https://spa.example"));
    assert_eq!(told.header("access-control-expose-headers"), Some("*"));
}
