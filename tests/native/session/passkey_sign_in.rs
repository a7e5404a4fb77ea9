//! `/api/auth/passkeys/login`, and a passkey as the second factor at `/api/auth/mfa/verify`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portcullis::model::state::Mfa;
use portcullis::store::users::User;
use serde_json::{Value, json};

use crate::harness::{Authenticator, PASSWORD, Reply, World, claims};

const LOGIN: &str = "/api/auth/passkeys/login";

/// A user with a passkey.
fn holder(world: &World, seed: u8) -> (User, Authenticator) {
    let user = world.user(&format!("ada{seed}@example.com"));
    let mut key = Authenticator::new(seed);
    world.add_passkey(&world.session(&user).access, &mut key).is(201);
    (user, key)
}

fn send(world: &World, credential: &Value) -> Reply {
    world.post(LOGIN).json(json!({ "credential": credential })).send()
}

/// The state that a refusal must not change.
fn state(world: &World) -> Value {
    let counts = ["sessions", "sessions WHERE refresh_hash IS NOT NULL", "challenges"];
    let counts = counts.map(|table| world.number(&format!("SELECT count(*) AS n FROM {table}")));
    json!([
        counts,
        world.sql("SELECT * FROM passkeys"),
        world.number("SELECT count(used_at) AS n FROM passkey_challenges")
    ])
}

#[test]
fn a_passkey_alone_is_two_factors() {
    let world = World::new();
    let (user, mut key) = holder(&world, 1);
    world.settings(json!({ "mfa": "required" }));
    let options = world.request_options();
    assert_eq!(
        (&options["rpId"], &options["userVerification"]),
        (&json!("auth.example.com"), &json!("required"))
    );
    assert_eq!(options["allowCredentials"], json!([]));
    world.advance(60);
    let reply = world.passkey_login(&mut key).is(200);
    assert_eq!(reply.str("/data/user/id"), user.id);
    let token = reply.str("/data/tokens/accessToken");
    assert_eq!(claims(&token)["amr"], json!(["pop", "user", "mfa"]));
    world.get("/api/auth/me").bearer(&token).send().is(200);
    let listed = world.get("/api/auth/passkeys").bearer(&token).send().is(200);
    assert_eq!(listed.json["data"]["items"][0]["lastUsedAt"], "2026-05-01T12:01:00Z");
    assert_eq!(world.events("login.succeeded"), 3);
}

#[test]
fn a_challenge_is_answered_once_also_among_many_at_once() {
    let world = World::new();
    let (_, mut key) = holder(&world, 1);
    let options = world.request_options();
    let credential = key.get(&options);
    let asks = (0..20).map(|_| world.post(LOGIN).json(json!({ "credential": credential })));
    let replies = world.together(asks.collect());
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1);
    assert!(replies.iter().all(|reply| reply.status == 200 || reply.str("/code") == "CHALLENGE_EXPIRED"));
    let before = state(&world);
    assert_eq!(send(&world, &credential).is(401).str("/code"), "CHALLENGE_EXPIRED");
    // Signed anew, the challenge is over all the same.
    send(&world, &key.get(&options)).is(401);
    assert_eq!(state(&world), before);
    let credential = key.get(&world.request_options());
    world.advance(300);
    send(&world, &credential).is(401);
    // An authenticator without a counter is none the less held to one answer.
    let (_, mut without) = holder(&world, 2);
    world.sql("UPDATE passkeys SET sign_count = 0");
    without.count = 0;
    let credential = without.get(&world.request_options());
    let asks = (0..20).map(|_| world.post(LOGIN).json(json!({ "credential": credential })));
    let replies = world.together(asks.collect());
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1);
}

#[test]
fn what_is_wrong_with_an_answer_is_refused_and_changes_nothing() {
    let world = World::new();
    type Lie = fn(&mut Authenticator);
    let lies: [(&str, Lie); 12] = [
        ("origin", |key| key.origin = "https://evil.example".into()),
        ("http", |key| key.origin = "http://auth.example.com".into()),
        ("type", |key| key.client_data = json!({ "type": "webauthn.create" })),
        ("frame", |key| key.client_data = json!({ "crossOrigin": true })),
        ("top", |key| key.client_data = json!({ "topOrigin": "https://evil.example" })),
        ("domain", |key| key.rp_id = "evil.example".into()),
        ("presence", |key| key.flags &= !0x01),
        ("verification", |key| key.flags &= !0x04),
        ("backup", |key| key.flags ^= 0x08),
        ("unknown", |key| key.credential_id = vec![99; 32]),
        ("nobody's", |key| key.user_handle = None),
        ("another's", |key| key.user_handle = Some(json!(URL_SAFE_NO_PAD.encode("another")))),
    ];
    for (at, (what, lie)) in lies.into_iter().enumerate() {
        let (_, mut key) = holder(&world, at as u8 + 1);
        lie(&mut key);
        let credential = key.get(&world.request_options());
        let before = state(&world);
        let reply = send(&world, &credential).is(401);
        assert_eq!(reply.str("/code"), "INVALID_PASSKEY", "{what}");
        assert_eq!(state(&world), before, "{what}");
        assert_eq!(world.events("login.failed"), at as i64 + 1, "{what}");
    }
    let (_, mut key) = holder(&world, 50);
    let mut forged = Authenticator::new(51);
    (forged.credential_id, forged.user_handle) = (key.credential_id.clone(), key.user_handle.clone());
    forged.count = 9;
    world.passkey_login(&mut forged).is(401);
    let made_up = key.get(&json!({ "challenge": "made-up" }));
    assert_eq!(send(&world, &made_up).is(401).str("/code"), "CHALLENGE_EXPIRED");
    for shape in [json!({}), json!(null), json!([1]), json!({ "type": "public-key", "response": {} })] {
        send(&world, &shape).is(401);
    }
    world.passkey_login(&mut key).is(200);
}

#[test]
fn a_counter_that_does_not_go_up_is_a_clone_and_told() {
    let world = World::new();
    let (user, mut key) = holder(&world, 1);
    let mut clone = Authenticator::new(1);
    (clone.user_handle, clone.count) = (key.user_handle.clone(), 3);
    world.passkey_login(&mut key).is(200);
    world.passkey_login(&mut clone).is(200);
    assert_eq!(world.passkey_login(&mut key).is(401).str("/code"), "INVALID_PASSKEY");
    assert_eq!(world.events("passkey.cloned"), 1);
    let told = world.sql("SELECT actor, outcome FROM audit WHERE event = 'passkey.cloned'");
    assert_eq!((&told[0]["actor"], &told[0]["outcome"]), (&json!(user.id), &json!("failure")));
    // Two copies with the same count at once: one of them.
    let asks = (0..6).map(|_| {
        clone.count = 40;
        world.post(LOGIN).json(json!({ "credential": clone.get(&world.request_options()) }))
    });
    let replies = world.together(asks.collect());
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1);
}

#[test]
fn who_may_not_sign_in_does_not_with_a_passkey_either() {
    let world = World::new();
    let (user, mut key) = holder(&world, 1);
    let set = |what: &str| world.sql(&format!("UPDATE users SET {what} WHERE id = '{}'", user.id));
    set("status = 'disabled'");
    assert_eq!(world.passkey_login(&mut key).is(401).str("/code"), "INVALID_PASSKEY");
    set("status = 'active', email_verified = 0");
    assert_eq!(world.passkey_login(&mut key).is(403).str("/code"), "EMAIL_NOT_VERIFIED");
    world.settings(json!({ "requireVerifiedEmail": false }));
    world.passkey_login(&mut key).is(200);
    // Somebody guesses passwords: the passkey's owner comes in all the same.
    for _ in 0..20 {
        world.login(&user.email, "wrong");
    }
    assert_eq!(world.login(&user.email, PASSWORD).status, 429);
    world.passkey_login(&mut key).is(200);
    // It is no password that lets in here.
    set("password_hash = NULL");
    world.passkey_login(&mut key).is(200);
    world.sql(&format!("DELETE FROM users WHERE id = '{}'", user.id));
    assert_eq!(world.number("SELECT count(*) AS n FROM passkeys"), 0);
    world.passkey_login(&mut key).is(401);
}

#[test]
fn a_passkey_of_one_tenant_is_none_of_anothers() {
    let world = World::new();
    world.tenant("acme");
    let (_, mut key) = holder(&world, 1);
    let options = world.post("/api/auth/passkeys/login/options").tenant("acme").send().is(200);
    let body = json!({ "credential": key.get(&options.json["data"]) });
    let reply = world.post(LOGIN).tenant("acme").json(body).send().is(401);
    assert_eq!(reply.str("/code"), "INVALID_PASSKEY");
    let member = world.user_with("acme", "eve@acme.example", |_| {});
    let token = world.session(&member).access;
    let mut theirs = Authenticator::new(2);
    let ask = |path: &str| world.post(path).tenant("acme").bearer(&token);
    let options = ask("/api/auth/passkeys/options").send().is(200).json["data"].clone();
    let body = json!({ "credential": theirs.create(&options) });
    ask("/api/auth/passkeys").json(body).send().is(201);
    world.passkey_login(&mut theirs).is(401);
    let options = world.request_options();
    let body = json!({ "credential": theirs.get(&options) });
    world.post(LOGIN).tenant("acme").json(body).send().is(200);
}

#[test]
fn failures_count_by_address_and_successes_do_not() {
    let world = World::new();
    let (_, mut key) = holder(&world, 1);
    for _ in 0..40 {
        world.passkey_login(&mut key).is(200);
    }
    for _ in 0..30 {
        send(&world, &json!({})).is(401);
    }
    assert_eq!(world.events("login.limited"), 0);
    send(&world, &json!({})).is(429);
    world.passkey_login(&mut key).is(429);
    assert_eq!(world.events("login.limited"), 1);
    let credential = key.get(&world.request_options());
    world.post(LOGIN).from("198.51.100.9").json(json!({ "credential": credential })).send().is(200);
}

/// The challenge of a sign-in with a password that needs a second factor.
fn waiting(world: &World, user: &User) -> Value {
    let body = json!({ "email": user.email, "password": PASSWORD });
    world.post("/api/auth/login").json(body).send().is(200).json["data"].clone()
}

#[test]
fn a_passkey_is_a_second_factor_by_presence_alone() {
    let world = World::new();
    let (user, mut key) = holder(&world, 1);
    let (_, mut other) = holder(&world, 2);
    world.settings(json!({ "mfa": "required" }));
    let data = waiting(&world, &user);
    assert_eq!((&data["mfaRequired"], &data["methods"]), (&json!(true), &json!(["passkey"])));
    let challenge = &data["challenge"];
    let ask = |challenge: &Value| {
        let body = json!({ "challenge": challenge });
        world.post("/api/auth/passkeys/login/options").json(body).send()
    };
    ask(&json!("made-up")).is(401);
    let options = ask(challenge).is(200).json["data"].clone();
    assert_eq!(options["userVerification"], "discouraged");
    assert_eq!(options["allowCredentials"].as_array().unwrap().len(), 1);
    let verify = |challenge: &Value, credential: Value| {
        let body = json!({ "challenge": challenge, "credential": credential });
        world.post("/api/auth/mfa/verify").json(body).send()
    };
    // Another's passkey, an answer to a sign-in's challenge, one for another sign-in of the same user.
    assert_eq!(verify(challenge, other.get(&options)).is(401).str("/code"), "INVALID_PASSKEY");
    verify(challenge, key.get(&world.request_options())).is(401);
    let another = waiting(&world, &user);
    verify(&another["challenge"], key.get(&options)).is(401);
    // And the other way round: what was asked for a second factor is no sign-in by itself.
    send(&world, &key.get(&options)).is(401);
    key.flags = 0x09;
    let credential = key.get(&options);
    let asks = (0..8).map(|_| {
        let body = json!({ "challenge": challenge, "credential": credential });
        world.post("/api/auth/mfa/verify").json(body)
    });
    let replies = world.together(asks.collect());
    let done: Vec<&Reply> = replies.iter().filter(|reply| reply.status == 200).collect();
    assert_eq!(done.len(), 1);
    assert_eq!(claims(&done[0].str("/data/tokens/accessToken"))["amr"], json!(["pwd", "pop", "mfa"]));
    verify(challenge, key.get(&options)).is(401);
    ask(challenge).is(401);
    let both = json!({ "challenge": another["challenge"], "code": "000000", "credential": {} });
    world.post("/api/auth/mfa/verify").json(both).send().is(400);
}

#[test]
fn who_has_no_passkey_is_asked_for_none() {
    let world = World::new();
    let user = world.user_with("home", "ada@example.com", |user| user.mfa = Mfa::Email);
    let body = json!({ "challenge": waiting(&world, &user)["challenge"] });
    world.post("/api/auth/passkeys/login/options").json(body).send().is(401);
    assert_eq!(world.number("SELECT count(*) AS n FROM passkey_challenges"), 0);
}

#[test]
fn a_session_steps_up_with_a_passkey() {
    let world = World::new();
    let (user, mut key) = holder(&world, 1);
    let token = world.session(&user).access;
    let step = world.post("/api/auth/mfa/step-up").bearer(&token).send().is(200);
    let challenge = step.str("/data/challenge");
    let body = json!({ "challenge": challenge });
    let options = world.post("/api/auth/passkeys/login/options").json(body).send().is(200);
    let body = json!({ "challenge": challenge, "credential": key.get(&options.json["data"]) });
    let token = world.post("/api/auth/mfa/verify").json(body).send().is(200).str("/data/tokens/accessToken");
    assert_eq!(claims(&token)["amr"], json!(["pwd", "pop", "mfa"]));
    world.add_passkey(&token, &mut Authenticator::new(2)).is(201);
}

#[test]
fn ceremonies_that_are_over_are_swept() {
    let world = World::new();
    world.request_options();
    assert_eq!(
        world.number("SELECT count(*) AS n FROM passkey_challenges"),
        0,
        "it is written when it is answered"
    );
    let (_, mut key) = holder(&world, 1);
    world.passkey_login(&mut key).is(200);
    assert_eq!(world.number("SELECT count(*) AS n FROM passkey_challenges"), 2);
    world.advance(2 * 86_400);
    world.cron();
    assert_eq!(world.number("SELECT count(*) AS n FROM passkey_challenges"), 0);
}
