//! What an identity provider must be like: each member of each kind, and everything that is wrong at once.

use serde_json::{Value, json};

use crate::harness::World;
use crate::tenant::identity_providers::{CERTIFICATE, enterprise, oidc, saml};

const ALL: &str = "/tenant/home/v2/IdentityProviders";

fn google(other: Value) -> Value {
    with(json!({ "kind": "google", "clientId": "us" }), other)
}

fn microsoft(other: Value) -> Value {
    with(json!({ "kind": "microsoft", "clientId": "us" }), other)
}

fn github(other: Value) -> Value {
    with(json!({ "kind": "github", "clientId": "us", "clientSecret": "s" }), other)
}

fn with(mut body: Value, other: Value) -> Value {
    body.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
    body
}

fn without(mut body: Value, member: &str) -> Value {
    body.as_object_mut().unwrap().remove(member);
    body
}

/// The fields that are refused.
fn wrong(world: &World, body: &Value) -> Vec<String> {
    let reply = world.post(ALL).bearer(&world.admin()).json(body.clone()).send();
    assert_eq!(reply.status, 400, "{body} {}", reply.text);
    let errors = reply.json["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|error| error["field"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_cannot_be_a_provider_is_said_by_field() {
    let world = enterprise();
    let long = |n: usize| "a".repeat(n);
    let many = |n: usize| (0..n).map(|at| format!("s{at}")).collect::<Vec<_>>();
    let map = |map: Value| json!({ "roleMap": { "claim": "groups", "map": map } });
    for (body, field) in [
        (json!({}), "kind"),
        (json!({ "kind": "ldap" }), "kind"),
        (google(json!({ "id": "" })), "id"),
        (google(json!({ "id": long(41) })), "id"),
        (google(json!({ "id": "Google" })), "id"),
        (google(json!({ "id": "a.b" })), "id"),
        (google(json!({ "id": "a/b" })), "id"),
        (google(json!({ "name": "" })), "name"),
        (google(json!({ "name": long(201) })), "name"),
        (google(json!({ "name": "a\u{202e}b" })), "name"),
        (without(oidc(json!({})), "name"), "name"),
        (without(saml(json!({})), "name"), "name"),
        (google(json!({ "linking": "always" })), "linking"),
        (google(json!({ "provisioning": "on" })), "provisioning"),
        (google(map(json!({}))), "roleMap"),
        (google(map(json!({ "staff": "KING" }))), "roleMap"),
        (google(map(json!({ "staff": "operator" }))), "roleMap"),
        (google(map(json!({ "staff": "" }))), "roleMap"),
        (google(map(json!({ "": "ADMIN" }))), "roleMap"),
        (google(json!({ "roleMap": { "claim": "", "map": { "a": "ADMIN" } } })), "roleMap"),
        (google(json!({ "roleMap": { "claim": "a\u{0}", "map": { "a": "ADMIN" } } })), "roleMap"),
        (without(google(json!({})), "clientId"), "clientId"),
        (google(json!({ "clientId": "" })), "clientId"),
        (google(json!({ "clientId": "a b" })), "clientId"),
        (google(json!({ "clientId": long(2_001) })), "clientId"),
        (google(json!({ "clientSecret": "" })), "clientSecret"),
        (google(json!({ "clientSecret": "a\nb" })), "clientSecret"),
        (google(json!({ "hostedDomain": "" })), "hostedDomain"),
        (google(json!({ "hostedDomain": "localhost" })), "hostedDomain"),
        (google(json!({ "hostedDomain": "a@b.example" })), "hostedDomain"),
        (microsoft(json!({ "tenants": [] })), "tenants"),
        (microsoft(json!({ "tenants": ["all"] })), "tenants"),
        (microsoft(json!({ "tenants": ["common", "72f988bf-86f1-41af-91ab-2d7cd011db4"] })), "tenants"),
        (microsoft(json!({ "tenants": ["../consumers"] })), "tenants"),
        (without(github(json!({})), "clientSecret"), "clientSecret"),
        (without(oidc(json!({})), "issuer"), "issuer"),
        (oidc(json!({ "issuer": "http://acme.okta.example" })), "issuer"),
        (oidc(json!({ "issuer": "https://acme.okta.example?x=y" })), "issuer"),
        (oidc(json!({ "issuer": "https://acme.okta.example#x" })), "issuer"),
        (oidc(json!({ "issuer": "https://u:p@acme.okta.example" })), "issuer"),
        (oidc(json!({ "issuer": "https://10.0.0.1" })), "issuer"),
        (oidc(json!({ "issuer": "https://169.254.169.254/latest" })), "issuer"),
        (oidc(json!({ "issuer": "https://[fd00::1]" })), "issuer"),
        (oidc(json!({ "issuer": "https://0xa000001" })), "issuer"),
        (oidc(json!({ "issuer": "https://idp.internal" })), "issuer"),
        (oidc(json!({ "issuer": "https://auth.example.com/tenant/home" })), "issuer"),
        (oidc(json!({ "issuer": "acme.okta.example" })), "issuer"),
        (oidc(json!({ "issuer": "javascript:alert(1)" })), "issuer"),
        (oidc(json!({ "scopes": ["a b"] })), "scopes"),
        (oidc(json!({ "scopes": many(31) })), "scopes"),
        (oidc(json!({ "tokenEndpointAuthMethod": "client_secret_jwt" })), "tokenEndpointAuthMethod"),
        (
            without(oidc(json!({ "tokenEndpointAuthMethod": "client_secret_post" })), "clientSecret"),
            "clientSecret",
        ),
        (without(saml(json!({})), "idpEntityId"), "idpEntityId"),
        (saml(json!({ "idpEntityId": long(1_025) })), "idpEntityId"),
        (without(saml(json!({})), "ssoUrl"), "ssoUrl"),
        (saml(json!({ "ssoUrl": "http://adfs.example/sso" })), "ssoUrl"),
        (saml(json!({ "ssoUrl": "javascript:alert(1)" })), "ssoUrl"),
        (saml(json!({ "sloUrl": "data:text/html,x" })), "sloUrl"),
        (saml(json!({ "sloResponseUrl": "javascript:x" })), "sloResponseUrl"),
        (saml(json!({ "ssoBinding": "artifact" })), "ssoBinding"),
        (saml(json!({ "sloBinding": "POST" })), "sloBinding"),
        (without(saml(json!({})), "certificates"), "certificates"),
        (saml(json!({ "certificates": [] })), "certificates"),
        (saml(json!({ "certificates": vec![CERTIFICATE; 11] })), "certificates"),
        (saml(json!({ "nameIdFormat": "persistent" })), "nameIdFormat"),
        (saml(json!({ "attributes": { "email": "" } })), "attributes"),
    ] {
        assert_eq!(wrong(&world, &body), [field], "{body}");
    }
    for body in [
        google(json!({ "unknown": 1 })),
        google(json!({ "enabled": "yes" })),
        google(json!({ "roleMap": ["groups", {}] })),
        google(json!({ "endpoints": ["https://a.example"] })),
        google(json!({ "endpoints": { "issuer": "x" } })),
        google(json!({ "tenantId": "b" })),
        google(json!({ "sealedSecret": "x" })),
        microsoft(json!({ "tenants": "common" })),
        saml(json!({ "certificates": "x" })),
        saml(json!({ "attributes": { "roles": "x" } })),
    ] {
        world.post(ALL).bearer(&world.admin()).json(body).send().is(400);
    }
    assert_eq!(world.number("SELECT count(*) AS n FROM identity_providers"), 0);
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let world = enterprise();
    let body = json!({
        "kind": "oidc", "issuer": "http://10.0.0.1", "scopes": ["a b"], "linking": "always", "provisioning": "on",
        "tokenEndpointAuthMethod": "basic", "clientSecret": "a b",
    });
    let all = [
        "name",
        "linking",
        "provisioning",
        "clientId",
        "clientSecret",
        "issuer",
        "scopes",
        "tokenEndpointAuthMethod",
    ];
    assert_eq!(wrong(&world, &body), all);
}

#[test]
fn no_kind_has_another_kinds_members() {
    let world = enterprise();
    let all = [
        ("clientId", json!("us")),
        ("clientSecret", json!("s")),
        ("hostedDomain", json!("acme.example")),
        ("tenants", json!(["common"])),
        ("issuer", json!("https://acme.okta.example")),
        ("scopes", json!(["openid"])),
        ("tokenEndpointAuthMethod", json!("client_secret_post")),
        ("idpEntityId", json!("https://adfs.example")),
        ("ssoUrl", json!("https://adfs.example")),
        ("ssoBinding", json!("post")),
        ("sloUrl", json!("https://adfs.example")),
        ("sloResponseUrl", json!("https://adfs.example")),
        ("sloBinding", json!("post")),
        ("certificates", json!([CERTIFICATE])),
        ("idpInitiated", json!(true)),
        ("signRequests", json!(true)),
        ("allowSha1", json!(true)),
        ("nameIdFormat", json!("urn:oasis:names:tc:SAML:2.0:nameid-format:persistent")),
        ("attributes", json!({ "email": "mail" })),
        ("metadataUrl", json!("https://adfs.example/metadata")),
        ("metadataXml", json!("<x/>")),
    ];
    let kinds = [
        (google(json!({})), &["clientId", "clientSecret", "hostedDomain"][..]),
        (microsoft(json!({})), &["clientId", "clientSecret", "tenants"]),
        (github(json!({})), &["clientId", "clientSecret"]),
        (
            without(oidc(json!({})), "id"),
            &["issuer", "clientId", "clientSecret", "scopes", "tokenEndpointAuthMethod"],
        ),
        (
            without(saml(json!({})), "id"),
            &[
                "idpEntityId",
                "ssoUrl",
                "ssoBinding",
                "sloUrl",
                "sloResponseUrl",
                "sloBinding",
                "certificates",
                "idpInitiated",
                "signRequests",
                "allowSha1",
                "nameIdFormat",
                "attributes",
            ],
        ),
    ];
    for (body, own) in kinds {
        for (member, value) in &all {
            let body = with(body.clone(), json!({ *member: value }));
            match own.contains(member) {
                _ if body["kind"] == "saml" && member.starts_with("metadata") => {}
                true => drop(world.post(ALL).bearer(&world.admin()).json(body).send().is(201)),
                false => assert_eq!(wrong(&world, &body), [*member], "{body}"),
            }
        }
    }
}

#[test]
fn what_is_said_is_kept_in_one_spelling() {
    let world = enterprise();
    let admin = world.admin();
    let make = |body: Value| world.post(ALL).bearer(&admin).json(body).send().is(201).json;
    assert_eq!(make(google(json!({ "hostedDomain": "ACME.example" })))["hostedDomain"], "acme.example");
    assert_eq!(
        make(google(json!({ "hostedDomain": "münchen.example" })))["hostedDomain"],
        "xn--mnchen-3ya.example"
    );
    let ids = json!(["72F988BF-86F1-41AF-91AB-2D7CD011DB47", "Organizations"]);
    let tenants = &make(microsoft(json!({ "tenants": ids })))["tenants"];
    assert_eq!(*tenants, json!(["72f988bf-86f1-41af-91ab-2d7cd011db47", "organizations"]));
    // An issuer is compared as it stands (Discovery §4.3): a slash at its end is another issuer's.
    let slash = oidc(json!({ "issuer": "https://acme.okta.example/oauth2/default/" }));
    assert_eq!(make(slash)["issuer"], "https://acme.okta.example/oauth2/default/");
}

#[test]
fn a_role_map_gives_roles_that_the_tenant_has() {
    let world = World::new();
    let admin = world.admin();
    let map = json!({ "claim": "groups", "map": { "staff": "TECHNICIAN", "bosses": "ADMIN" } });
    let made = world.post(ALL).bearer(&admin).json(google(json!({ "roleMap": map }))).send().is(201);
    assert_eq!(made.json["roleMap"], map);
    // Another tenant's role is none here.
    let other = world.tenant("b");
    let role = json!({ "name": "CLERK", "rank": 1 });
    world.post("/tenant/b/v2/Roles").bearer(&other).json(role).send().is(201);
    let map = json!({ "claim": "groups", "map": { "staff": "CLERK" } });
    assert_eq!(wrong(&world, &google(json!({ "roleMap": map }))), ["roleMap"]);
}

/// What stands in for Google's, Microsoft's and GitHub's servers would be told the secret, and believed.
#[test]
fn nothing_stands_in_for_a_service_in_production() {
    let at = |host: &str| {
        json!({ "endpoints": {
            "issuer": "https://accounts.google.com", "authorizationEndpoint": format!("{host}/authorize"),
            "tokenEndpoint": format!("{host}/token"), "jwksUri": format!("{host}/jwks"),
        } })
    };
    let local = at("http://127.0.0.1:9000");
    let public = at("https://mock.example");
    let testing = [("MODE", "testing"), ("MAIL_TRANSPORT", "outbox")];
    let production = [("MODE", "production"), ("MAIL_TRANSPORT", "cloudflare")];
    for (vars, endpoints, may) in [
        (&[][..], &local, true),
        (&[], &public, true),
        (&testing, &public, true),
        // There the gateway is a server like any other: no address of its own machine or network is asked.
        (&testing, &local, false),
        (&production, &public, false),
        (&production, &local, false),
    ] {
        for kind in [google(json!({})), microsoft(json!({})), github(json!({}))] {
            let world = World::with(vars);
            let body = with(kind, endpoints.clone());
            let reply = world.post(ALL).bearer(&world.admin()).json(body.clone()).send();
            assert_eq!(reply.status, if may { 201 } else { 400 }, "{vars:?} {body} {}", reply.text);
            if !may {
                assert_eq!(reply.json["errors"][0]["field"], "endpoints");
            }
        }
    }
    let world = World::new();
    for (member, url) in [
        ("tokenEndpoint", "https://10.0.0.1/token"),
        ("tokenEndpoint", "https://auth.example.com/token"),
        ("jwksUri", "https://metadata.internal/"),
        ("userinfoEndpoint", "file:///etc/passwd"),
        ("authorizationEndpoint", "javascript:alert(1)"),
        ("issuer", ""),
    ] {
        let mut body = with(google(json!({})), local.clone());
        body["endpoints"][member] = url.into();
        assert_eq!(wrong(&world, &body), ["endpoints"], "{member} {url}");
    }
}

#[test]
fn another_tenants_host_is_not_asked() {
    let world = enterprise();
    let body = json!({ "id": "b", "name": "B", "host": "login.b.example" });
    world.post("/tenant/home/v2/Tenants").bearer(&world.admin()).json(body).send().is(201);
    assert_eq!(wrong(&world, &oidc(json!({ "issuer": "https://login.b.example" }))), ["issuer"]);
}
