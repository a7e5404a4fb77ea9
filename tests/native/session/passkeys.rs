//! `/api/auth/passkeys`: adding, listing, renaming and removing; `/.well-known/webauthn`.

use serde_json::{Value, json};

use crate::harness::{Authenticator, ORIGIN, World};

const PASSKEYS: &str = "/api/auth/passkeys";

fn listed(world: &World, token: &str) -> Value {
    world.get(PASSKEYS).bearer(token).send().is(200).json["data"]["items"].clone()
}

#[test]
fn a_passkey_is_added_named_and_removed() {
    let world = World::new();
    let user = world.user_with("home", "ada@example.com", |user| user.name = Some("Ada".into()));
    let token = world.session(&user).access;
    let options = world.creation_options(&token);
    assert_eq!(options["rp"], json!({ "id": "auth.example.com", "name": "Home" }));
    assert_eq!(
        (&options["user"]["name"], &options["user"]["displayName"]),
        (&json!("ada@example.com"), &json!("Ada"))
    );
    assert_eq!(options["attestation"], "none");
    assert_eq!(options["authenticatorSelection"]["residentKey"], "required");
    assert_eq!(options["excludeCredentials"], json!([]));
    let mut key = Authenticator::new(1);
    let body = json!({ "credential": key.create(&options), "name": " Laptop " });
    let made = world.post(PASSKEYS).bearer(&token).json(body).send().is(201);
    assert_eq!(made.str("/data/name"), "Laptop");
    assert_eq!(listed(&world, &token), json!([made.json["data"]]));
    assert_eq!(world.events("passkey.added"), 1);
    assert_eq!(world.mails("ada@example.com").len(), 1);
    // The session proved no second factor, which there is from now on.
    let token = world.passkey_login(&mut key).is(200).str("/data/tokens/accessToken");
    let excluded = &world.creation_options(&token)["excludeCredentials"][0];
    assert_eq!(excluded["transports"], json!(["internal", "hybrid"]));
    let path = format!("{PASSKEYS}/{}", made.str("/data/id"));
    for bad in ["", " ", &"n".repeat(101), "a\nb"] {
        world.patch(&path).bearer(&token).json(json!({ "name": bad })).send().is(400);
    }
    let renamed = world.patch(&path).bearer(&token).json(json!({ "name": "Phone" })).send().is(200);
    assert_eq!((renamed.str("/data/name"), world.events("passkey.renamed")), ("Phone".into(), 1));
    world.delete(&path).bearer(&token).send().is(200);
    world.delete(&path).bearer(&token).send().is(404);
    world.patch(&path).bearer(&token).json(json!({ "name": "Gone" })).send().is(404);
    assert_eq!(listed(&world, &token), json!([]));
    assert_eq!((world.events("passkey.removed"), world.mails("ada@example.com").len()), (1, 2));
    world.passkey_login(&mut key).is(401);
    // Nothing else has ended.
    world.get("/api/auth/me").bearer(&token).send().is(200);
}

#[test]
fn with_a_second_factor_only_a_session_that_proved_it_adds_and_removes() {
    let world = World::new();
    let token = world.session(&world.user("ada@example.com")).access;
    let (mut first, mut second) = (Authenticator::new(1), Authenticator::new(2));
    // Both ceremonies began before there was a passkey.
    let late = world.creation_options(&token);
    let made = world.add_passkey(&token, &mut first).is(201);
    let options = world.post("/api/auth/passkeys/options").bearer(&token).send().is(401);
    assert_eq!(options.str("/code"), "MFA_REQUIRED");
    let body = json!({ "credential": second.create(&late) });
    assert_eq!(world.post(PASSKEYS).bearer(&token).json(body).send().is(401).str("/code"), "MFA_REQUIRED");
    let path = format!("{PASSKEYS}/{}", made.str("/data/id"));
    world.delete(&path).bearer(&token).send().is(401);
    assert_eq!(listed(&world, &token).as_array().unwrap().len(), 1);
    let token = world.passkey_login(&mut first).is(200).str("/data/tokens/accessToken");
    world.add_passkey(&token, &mut second).is(201);
    world.delete(&path).bearer(&token).send().is(200);

    for mfa in ["totp", "email"] {
        let user =
            world.user_with("home", &format!("{mfa}@example.com"), |user| user.mfa = mfa.parse().unwrap());
        let token = world.session(&user).access;
        if mfa == "totp" {
            let id = &user.id;
            world.sql(&format!("INSERT INTO authenticators VALUES ('{id}', 'home', '1.x', 0, 0)"));
        }
        world.post("/api/auth/passkeys/options").bearer(&token).send().is(401);
    }
}

#[test]
fn of_many_first_passkeys_at_once_one_is_added() {
    let world = World::new();
    let token = world.session(&world.user("ada@example.com")).access;
    let asks = (1..=8).map(|seed| {
        let credential = Authenticator::new(seed).create(&world.creation_options(&token));
        world.post(PASSKEYS).bearer(&token).json(json!({ "credential": credential }))
    });
    let replies = world.together(asks.collect());
    assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1);
    assert!(replies.iter().all(|reply| reply.status == 201 || reply.status == 401));
    assert_eq!(world.number("SELECT count(*) AS n FROM passkeys"), 1);
    assert_eq!((world.events("passkey.added"), world.mails("ada@example.com").len()), (1, 1));
}

#[test]
fn a_challenge_is_good_once_for_five_minutes_and_in_its_session() {
    let world = World::new();
    let user = world.user("ada@example.com");
    let token = world.session(&user).access;
    let add = |token: &str, credential: &Value| {
        world.post(PASSKEYS).bearer(token).json(json!({ "credential": credential })).send()
    };
    let options = world.creation_options(&token);
    let credential = Authenticator::new(1).create(&options);
    // Another session of the same user, another user, and an honest answer to a challenge of nobody's.
    add(&world.session(&user).access, &credential).is(400);
    add(&world.session(&world.user("bob@example.com")).access, &credential).is(400);
    add(&token, &Authenticator::new(1).create(&json!({ "challenge": "made-up" }))).is(400);
    add(&token, &Authenticator::new(1).create(&world.request_options())).is(400);
    add(&token, &credential).is(201);
    let again = add(&token, &credential);
    assert!(matches!(again.status, 400 | 401), "{}", again.text);
    assert_eq!(world.number("SELECT count(*) AS n FROM passkeys"), 1);

    let token = world.session(&world.user("eve@example.com")).access;
    let credential = Authenticator::new(2).create(&world.creation_options(&token));
    world.advance(300);
    add(&token, &credential).is(400);
    let mut third = Authenticator::new(3);
    let credential = third.create(&world.creation_options(&token));
    // The isolate still remembers the token of a session that is over.
    world.sql("UPDATE sessions SET ended_at = 1");
    add(&token, &credential).is(401);
    assert_eq!(world.number("SELECT count(*) AS n FROM passkeys"), 1);
}

#[test]
fn what_a_browser_would_not_send_is_refused_and_changes_nothing() {
    let world = World::new();
    let token = world.session(&world.user("ada@example.com")).access;
    type Lie = fn(&mut Authenticator);
    let lies: [(&str, Lie); 8] = [
        ("origin", |key| key.origin = "https://evil.example".into()),
        ("type", |key| key.client_data = json!({ "type": "webauthn.get" })),
        ("challenge", |key| key.client_data = json!({ "challenge": "another" })),
        ("frame", |key| key.client_data = json!({ "crossOrigin": true })),
        ("domain", |key| key.rp_id = "evil.example".into()),
        ("presence", |key| key.flags = 0),
        ("backup", |key| key.flags = 0x11),
        ("id", |key| key.credential_id = vec![1; 1024]),
    ];
    for (what, lie) in lies {
        let mut liar = Authenticator::new(1);
        lie(&mut liar);
        let reply = world.add_passkey(&token, &mut liar).is(400);
        assert_eq!(reply.str("/code"), "VALIDATION_ERROR", "{what}");
    }
    for credential in
        [json!(null), json!({}), json!("x"), json!({ "id": "AA", "rawId": "AA", "type": "public-key" })]
    {
        world.post(PASSKEYS).bearer(&token).json(json!({ "credential": credential })).send().is(400);
    }
    assert_eq!(world.number("SELECT count(*) AS n FROM passkeys"), 0);
    assert_eq!((world.events("passkey.added"), world.mails("ada@example.com").len()), (0, 0));
    // The user needs not be verified to add one.
    let mut present = Authenticator::new(1);
    present.flags = 0x01;
    world.add_passkey(&token, &mut present).is(201);
}

#[test]
fn a_credential_is_one_users_and_a_user_has_at_most_twenty() {
    let world = World::new();
    let ada = world.session(&world.user("ada@example.com")).access;
    let bob = world.session(&world.user("bob@example.com")).access;
    let mut key = Authenticator::new(1);
    let made = world.add_passkey(&ada, &mut key).is(201);
    assert_eq!(world.add_passkey(&bob, &mut key).is(409).str("/code"), "CONFLICT");
    let path = format!("{PASSKEYS}/{}", made.str("/data/id"));
    world.patch(&path).bearer(&bob).json(json!({ "name": "Mine" })).send().is(404);
    world.delete(&path).bearer(&bob).send().is(404);
    assert_eq!(listed(&world, &bob), json!([]));

    let ada = world.passkey_login(&mut key).is(200).str("/data/tokens/accessToken");
    for seed in 2..=19 {
        world.add_passkey(&ada, &mut Authenticator::new(seed)).is(201);
    }
    let asks = (20..=23).map(|seed| {
        let credential = Authenticator::new(seed).create(&world.creation_options(&ada));
        world.post(PASSKEYS).bearer(&ada).json(json!({ "credential": credential }))
    });
    let replies = world.together(asks.collect());
    assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1);
    world.post("/api/auth/passkeys/options").bearer(&ada).send().is(409);
    assert_eq!(world.number("SELECT count(*) AS n FROM passkeys"), 20);
    let page = world.get(&format!("{PASSKEYS}?limit=15")).bearer(&ada).send().is(200);
    let rest = format!("{PASSKEYS}?limit=15&cursor={}", page.str("/data/nextCursor"));
    assert_eq!(world.get(&rest).bearer(&ada).send().json["data"]["items"].as_array().unwrap().len(), 5);
}

#[test]
fn a_tenant_without_passkeys_has_none() {
    let world = World::new();
    let token = world.session(&world.user("ada@example.com")).access;
    let mut key = Authenticator::new(1);
    let made = world.add_passkey(&token, &mut key).is(201);
    world.settings(json!({ "passkeys": false }));
    world.post("/api/auth/passkeys/options").bearer(&token).send().is(403);
    world.post("/api/auth/passkeys/login/options").send().is(403);
    world.delete(&format!("{PASSKEYS}/{}", made.str("/data/id"))).bearer(&token).send().is(403);
    world.get("/.well-known/webauthn").send().is(404);
    world.get(PASSKEYS).send().is(401);
}

#[test]
fn an_administrators_reset_removes_them() {
    let world = World::new();
    let user = world.user("ada@example.com");
    let mut key = Authenticator::new(1);
    world.add_passkey(&world.session(&user).access, &mut key).is(201);
    let path = format!("/tenant/home/v2/Users/{}", user.id);
    world.put(&path).bearer(&world.admin()).json(json!({ "resetTOTP": true })).send().is(200);
    assert_eq!(world.number("SELECT count(*) AS n FROM passkeys"), 0);
    world.passkey_login(&mut key).is(401);
    world.add_passkey(&world.session(&user).access, &mut key).is(201);
}

#[test]
fn passkeys_are_a_persons_own_and_no_clients_to_list_or_add() {
    let world = World::new();
    let user = world.user("ada@example.com");
    let own = world.session(&user);
    let mut key = Authenticator::new(1);
    let id = world.add_passkey(&own.access, &mut key).is(201).str("/data/id");
    world.sql("UPDATE sessions SET amr = '[\"pwd\",\"pop\",\"mfa\"]'");
    world.put_client("home", "shop", &json!({}));
    let granted = world.granted(&user.id, "shop", "read write", None);
    world.get(PASSKEYS).bearer(&granted).send().is(403);
    world.post("/api/auth/passkeys/options").bearer(&granted).send().is(403);
    let path = format!("{PASSKEYS}/{id}");
    world.patch(&path).bearer(&granted).json(json!({ "name": "Theirs" })).send().is(403);
    world.delete(&path).bearer(&granted).send().is(403);
    assert_eq!(world.number("SELECT count(*) AS n FROM passkeys"), 1);
}

#[test]
fn scripts_of_the_tenants_origins_use_them() {
    let world = World::new();
    let origin = "https://app.example.com";
    world.settings(json!({ "allowedOrigins": [origin] }));
    let token = world.session(&world.user("ada@example.com")).access;
    let mut key = Authenticator::new(1);
    key.origin = origin.into();
    world.add_passkey(&token, &mut key).is(201);
    let preflight = world
        .ask("OPTIONS", "/api/auth/passkeys/login")
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type")
        .send()
        .is(204);
    assert_eq!(preflight.header("access-control-allow-origin"), Some(origin));
    let body = json!({ "credential": key.get(&world.request_options()) });
    let reply = world.post("/api/auth/passkeys/login").header("origin", origin).json(body).send().is(200);
    assert_eq!(reply.header("access-control-allow-origin"), Some(origin));
}

#[test]
fn a_tenants_own_host_and_origins_are_its_relying_party() {
    let world = World::new();
    world.tenant("acme");
    let host = json!({ "host": "login.acme.example" });
    world.patch("/tenant/home/v2/Tenants/acme").bearer(&world.admin()).json(host).send().is(200);
    let origins = json!({ "allowedOrigins": ["https://app.acme.example"] });
    let admin = world.user_with("acme", "boss@acme.example", |user| user.roles = vec!["ADMIN".into()]);
    let token = world.session(&admin).access;
    world.patch("/tenant/acme/v2/Settings").bearer(&token).json(origins).send().is(200);

    let related = |host: &str| world.get("/.well-known/webauthn").host(host).send().is(200).json;
    let acme = ["https://login.acme.example", "https://app.acme.example"];
    assert_eq!(related("login.acme.example"), json!({ "origins": acme }));
    assert_eq!(related("auth.example.com"), json!({ "origins": [ORIGIN] }));
    assert_eq!(related("evil.example"), json!({ "origins": [ORIGIN] }));

    for origin in acme {
        let ask = |path: &str| world.post(path).host("login.acme.example");
        let user = world.user_with("acme", &format!("{}@acme.example", origin.len()), |_| {});
        let token = world.session(&user).access;
        let options = ask("/api/auth/passkeys/options").bearer(&token).send().is(200).json["data"].clone();
        assert_eq!(options["rp"]["id"], "login.acme.example");
        let mut key = Authenticator::new(origin.len() as u8);
        (key.rp_id, key.origin) = ("login.acme.example".into(), origin.into());
        let body = json!({ "credential": key.create(&options) });
        ask(PASSKEYS).bearer(&token).json(body).send().is(201);
        let options = ask("/api/auth/passkeys/login/options").send().is(200).json["data"].clone();
        let body = json!({ "credential": key.get(&options) });
        ask("/api/auth/passkeys/login").json(body).send().is(200);
        // At the deployment's own host it is no passkey of theirs.
        key.rp_id = "auth.example.com".into();
        key.origin = ORIGIN.into();
        world.passkey_login(&mut key).is(401);
    }
}
