//! `v2/Settings`.

use serde_json::json;

use crate::harness::World;

const SETTINGS: &str = "/tenant/home/v2/Settings";

#[test]
fn settings_have_the_documented_defaults() {
    let world = World::new();
    let shape = json!({
        "accessTokenSeconds": 900, "refreshTokenSeconds": 2_592_000, "refreshGraceSeconds": 10,
        "sessionIdleSeconds": 43_200, "sessionAbsoluteSeconds": 2_592_000, "requireVerifiedEmail": true,
        "allowRegistration": true, "registrationDomains": [], "minPasswordLength": 8,
        "refuseCommonPasswords": true, "mfaAttempts": 5, "mfaLockoutSeconds": 900, "defaultRoles": [],
        "defaultPlan": "free", "apiKeyPrefix": "pc", "reauthenticationSeconds": 600,
        "apiKeyReauthenticationSeconds": 86400, "clientRegistration": "closed", "clientMetadataDocuments": null, "requireDpopNonce": false,
        "allowedOrigins": [], "homeUrl": null,
        "mfa": "optional", "trustedDeviceDays": 0, "magicLinks": true, "magicLinkSignUp": false, "passkeys": true,
        "clientApiKeys": false, "auditSignInDays": 90, "auditSecurityDays": 400, "vaultDelegation": false, "connectionIdleDays": 0,
    });
    assert_eq!(world.get(SETTINGS).bearer(&world.admin()).send().is(200).json, shape);
}

#[test]
fn they_change_member_by_member() {
    let world = World::new();
    let admin = world.admin();
    world.patch(SETTINGS).bearer(&admin).json(json!({ "minPasswordLength": 12 })).send().is(200);
    world.put(SETTINGS).bearer(&admin).json(json!({ "accessTokenSeconds": 60 })).send().is(200);
    let now = world.get(SETTINGS).bearer(&admin).send().is(200);
    assert_eq!(now.json["minPasswordLength"], 12);
    assert_eq!(now.json["accessTokenSeconds"], 60);
    assert_eq!(world.events("settings.changed"), 2);
}

#[test]
fn those_of_second_factors_change() {
    let world = World::new();
    for body in [
        json!({ "mfa": "required", "trustedDeviceDays": 90, "magicLinks": false, "magicLinkSignUp": true, "passkeys": false }),
        json!({ "mfa": "off", "trustedDeviceDays": 0, "mfaAttempts": 1, "mfaLockoutSeconds": 60 }),
        json!({ "mfa": "optional", "mfaAttempts": 20, "mfaLockoutSeconds": 86_400 }),
    ] {
        let now = world.patch(SETTINGS).bearer(&world.admin()).json(body.clone()).send().is(200);
        for (name, value) in body.as_object().unwrap() {
            assert_eq!(now.json[name], *value, "{name}");
        }
    }
}

#[test]
fn each_is_held_within_its_bounds() {
    let world = World::new();
    let admin = world.admin();
    for bad in [
        json!({ "accessTokenSeconds": 59 }),
        json!({ "accessTokenSeconds": 2_592_001 }),
        json!({ "refreshTokenSeconds": 59 }),
        json!({ "auditSignInDays": 29 }),
        json!({ "auditSignInDays": 3_651 }),
        json!({ "auditSecurityDays": 89 }),
        json!({ "auditSecurityDays": 3_651 }),
        json!({ "refreshGraceSeconds": -1 }),
        json!({ "refreshGraceSeconds": 61 }),
        json!({ "sessionIdleSeconds": 59 }),
        json!({ "sessionAbsoluteSeconds": 34_560_001 }),
        json!({ "minPasswordLength": 5 }),
        json!({ "minPasswordLength": 65 }),
        json!({ "minPasswordLength": -1 }),
        json!({ "mfaAttempts": 0 }),
        json!({ "mfaAttempts": 21 }),
        json!({ "mfaAttempts": -1 }),
        json!({ "mfaLockoutSeconds": 59 }),
        json!({ "mfaLockoutSeconds": 86_401 }),
        json!({ "mfa": "sometimes" }),
        json!({ "mfa": null }),
        json!({ "trustedDeviceDays": -1 }),
        json!({ "trustedDeviceDays": 91 }),
        json!({ "magicLinks": "yes" }),
        json!({ "magicLinkSignUp": 1 }),
        json!({ "passkeys": null }),
        json!({ "refuseCommonPasswords": "yes" }),
        json!({ "registrationDomains": "example.com" }),
        json!({ "registrationDomains": [""] }),
        json!({ "registrationDomains": ["Example.com"] }),
        json!({ "registrationDomains": ["@example.com"] }),
        json!({ "registrationDomains": ["*.example.com"] }),
        json!({ "registrationDomains": ["exam ple.com"] }),
        json!({ "registrationDomains": vec!["example.com"; 101] }),
        json!({ "registrationDomains": ["example.com"], "requireVerifiedEmail": false }),
        json!({ "defaultRoles": ["a b"] }),
        json!({ "defaultRoles": ["A", "B", "C", "D"] }),
        json!({ "defaultPlan": "" }),
        json!({ "apiKeyPrefix": "" }),
        json!({ "apiKeyPrefix": "a-b" }),
        json!({ "requireVerifiedEmail": "no" }),
        json!({ "clientRegistration": "maybe" }),
        json!({ "allowedOrigins": ["*"] }),
        json!({ "allowedOrigins": ["null"] }),
        json!({ "allowedOrigins": ["https://app.example/"] }),
        json!({ "allowedOrigins": ["https://app.example:443"] }),
        json!({ "allowedOrigins": ["https://*.example"] }),
        json!({ "allowedOrigins": ["https://APP.example"] }),
        json!({ "allowedOrigins": ["http://app.example"] }),
        json!({ "allowedOrigins": ["app.example"] }),
        json!({ "unknown": 1 }),
        json!([]),
    ] {
        world.patch(SETTINGS).bearer(&admin).json(bad).send().is(400);
    }
    assert_eq!(world.events("settings.changed"), 0);
}

#[test]
fn a_name_outside_ascii_is_written_in_its_encoded_form() {
    let world = World::new();
    let admin = world.admin();
    for (field, wrong, right) in [
        ("registrationDomains", "m\u{fc}nchen.example", "xn--mnchen-3ya.example"),
        ("allowedOrigins", "https://m\u{fc}nchen.example", "https://xn--mnchen-3ya.example"),
    ] {
        let set = |name: &str| world.patch(SETTINGS).bearer(&admin).json(json!({ field: [name] })).send();
        let detail = set(wrong).is(400).str("/errors/0/detail");
        assert!(detail.contains("ASCII") && detail.contains("xn--"), "{detail}");
        set(right).is(200);
    }
    let unknown = json!({ "registrationDomains": ["xn--a.example"] });
    world.patch(SETTINGS).bearer(&admin).json(unknown).send().is(400);
}

#[test]
fn a_key_begins_with_the_tenants_prefix() {
    let world = World::new();
    world.route(json!({}));
    world.settings(json!({ "apiKeyPrefix": "my_app" }));
    let key = world.api_key(&world.session(&world.user("ada@example.com")).access, &["read"]);
    assert!(key.starts_with("my_app_"));
    world.get("/app/").key(&key).plan();
}
