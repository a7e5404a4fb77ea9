//! `POST /api/auth/google`: a credential of Google's for the user and a token pair.

use serde_json::{Value, json};

use crate::harness::{Reply, World};

fn ada() -> Value {
    json!({ "sub": "1", "email": "jane@gmail.com", "email_verified": true, "name": "Jane Smith" })
}

fn sent(world: &World, credential: &str) -> Reply {
    world.post("/api/auth/google").json(json!({ "credential": credential })).send()
}

fn counts(world: &World) -> [i64; 4] {
    ["tenants WHERE id <> 'home'", "users", "identities", "sessions"]
        .map(|rows| world.number(&format!("SELECT count(*) AS n FROM {rows}")))
}

#[test]
fn a_first_sign_in_makes_a_trial_tenant_and_its_administrator_and_the_next_is_theirs() {
    let world = World::new();
    let google = world.google("home", json!({}));
    let first = sent(&world, &google.credential(&world, ada())).is(200);
    assert_eq!(first.json["success"], true);
    assert_eq!(first.json["data"]["isNewUser"], true);
    let user = &first.json["data"]["user"];
    let shape =
        json!({ "id": user["id"], "email": "jane@gmail.com", "name": "Jane Smith", "roles": ["ADMIN"] });
    assert_eq!(*user, shape);
    let me = world.get("/api/auth/me").bearer(&first.str("/data/tokens/accessToken")).send().is(200);
    assert_eq!(me.str("/data/user/id"), first.str("/data/user/id"));
    assert_eq!(counts(&world), [1, 1, 1, 1]);
    // The same credential is the app's for as long as it is good; and an address that changes is the same person's.
    let again = sent(&world, &google.credential(&world, ada())).is(200);
    let mut moved = ada();
    moved["email"] = json!("jane.doe@gmail.com");
    let moved = sent(&world, &google.credential(&world, moved)).is(200);
    for reply in [again, moved] {
        assert_eq!(reply.json["data"]["isNewUser"], false);
        assert_eq!(reply.json["data"]["user"], shape);
    }
    assert_eq!(counts(&world), [1, 1, 1, 3]);
    let body = json!({ "refreshToken": first.str("/data/tokens/refreshToken") });
    world.post("/api/auth/refresh").json(body).send().is(200);
}

#[test]
fn fifty_first_sign_ins_at_once_make_one_tenant_and_one_user() {
    let world = World::new();
    let google = world.google("home", json!({}));
    let credential = google.credential(&world, ada());
    let ask = || world.post("/api/auth/google").json(json!({ "credential": credential })).unlimited();
    let replies = world.together((0..50).map(|_| ask()).collect());
    let new = replies.iter().filter(|reply| reply.json["data"]["isNewUser"] == true).count();
    assert!(replies.iter().all(|reply| reply.status == 200), "{replies:#?}");
    assert_eq!(new, 1);
    assert!(replies.iter().all(|reply| reply.json["data"]["user"]["roles"] == json!(["ADMIN"])));
    assert_eq!(counts(&world), [1, 1, 1, 50]);
}

#[test]
fn what_is_refused_makes_nothing_and_is_written_down() {
    let world = World::new();
    let google = world.google("home", json!({ "hostedDomain": "corp.example" }));
    let now = world.now().unix();
    let with = |others: Value| {
        let mut claims =
            json!({ "sub": "1", "hd": "corp.example", "email": "a@corp.example", "email_verified": true });
        crate::harness::provider::change(&mut claims, &others);
        google.credential(&world, claims)
    };
    let evil = crate::harness::Signer::es256(9);
    let forged = evil.sign(&json!({ "alg": "ES256", "kid": "k" }), &crate::harness::claims(&with(json!({}))));
    let rows = [
        (with(json!({ "aud": "another-client" })), 403, "PROVIDER_NOT_CONFIGURED"),
        (with(json!({ "aud": ["google-client", "another-client"] })), 400, "SIGN_IN_INVALID"),
        (with(json!({ "iss": "https://evil.example" })), 400, "SIGN_IN_INVALID"),
        (with(json!({ "exp": now - 60 })), 400, "SIGN_IN_INVALID"),
        (with(json!({ "iat": now + 120 })), 400, "SIGN_IN_INVALID"),
        (with(json!({ "hd": "evil.example" })), 403, "NOT_ALLOWED"),
        (with(json!({ "hd": "" })), 403, "NOT_ALLOWED"),
        (forged, 400, "SIGN_IN_INVALID"),
        ("not a token".to_owned(), 400, "SIGN_IN_INVALID"),
        (String::new(), 400, "SIGN_IN_INVALID"),
    ];
    for (at, (credential, status, code)) in rows.iter().enumerate() {
        let reply = sent(&world, credential).is(*status);
        assert_eq!((reply.str("/code").as_str(), &reply.json["success"]), (*code, &json!(false)));
        assert!(credential.len() < 20 || !reply.text.contains(credential.as_str()));
        assert_eq!(world.events("login.failed"), at as i64 + 1);
        assert_eq!(counts(&world), [0; 4]);
    }
    for body in
        [json!({}), json!({ "credential": null }), json!({ "credential": [] }), json!({ "credential": 7 })]
    {
        world.post("/api/auth/google").json(body).send().is(400);
    }
    sent(&world, &with(json!({}))).is(200);
    // Whoever makes credentials up is held off.
    let replies: Vec<u16> = (0..400).map(|_| sent(&world, "not a token").status).collect();
    assert!(replies.contains(&429), "{replies:?}");
}

#[test]
fn without_a_provider_that_is_enabled_nobody_signs_in() {
    for spec in [None, Some(json!({ "enabled": false })), Some(json!({ "clientId": "another" }))] {
        let world = World::new();
        let google = world.google("home", json!({}));
        let credential = google.credential(&world, ada());
        match &spec {
            None => drop(world.sql("DELETE FROM identity_providers")),
            Some(_) => {
                world.sql("DELETE FROM identity_providers");
                drop(world.google("home", spec.unwrap()));
            }
        }
        world.advance(6);
        let reply = sent(&world, &credential).is(403);
        assert_eq!(reply.str("/code"), "PROVIDER_NOT_CONFIGURED");
        assert_eq!(counts(&world), [0; 4]);
    }
}

#[test]
fn a_provider_that_is_late_or_wrong_is_told_as_that() {
    for (answer, status, code) in [
        (Err(portcullis::ports::http::Why::TooSlow(10)), 504, "PROVIDER_UNAVAILABLE"),
        (Ok(500), 502, "PROVIDER_FAILED"),
    ] {
        let world = World::new();
        let google = world.google("home", json!({}));
        world.web.serves("https://google.example/jwks", move |_| {
            answer.clone().map(|status| crate::harness::served(status, &[], b"secret"))
        });
        let reply = sent(&world, &google.credential(&world, ada())).is(status);
        assert_eq!(reply.str("/code"), code);
        assert!(!reply.text.contains("secret"));
        assert_eq!(counts(&world), [0; 4]);
    }
}

/// One answer for each state of the account that has the address or the identity.
#[test]
fn an_account_of_the_tenant_is_signed_in_to_as_its_state_says() {
    let personal = |email: &str| json!({ "sub": "1", "email": email, "email_verified": true });
    for (name, email, disabled, verified, status, code) in [
        ("of Gmail, verified here", "jane@gmail.com", false, true, 200, ""),
        ("of Gmail, not verified here", "jane@gmail.com", false, false, 200, ""),
        ("of Gmail, disabled", "jane@gmail.com", true, true, 403, "NO_ACCOUNT"),
        ("of another mail service", "jane@mail.example", false, true, 409, "LINK_REQUIRED"),
        ("of another mail service, disabled", "jane@mail.example", true, true, 403, "NO_ACCOUNT"),
    ] {
        let world = World::new();
        let google = world.google("home", json!({}));
        world.user_with("home", email, |user| user.email_verified = verified);
        if disabled {
            world.sql("UPDATE users SET status = 'disabled'");
        }
        let reply = sent(&world, &google.credential(&world, personal(email))).is(status);
        if status == 200 {
            assert_eq!(reply.json["data"]["isNewUser"], false, "{name}");
        } else {
            assert_eq!(reply.str("/code"), code, "{name}");
            assert_eq!(counts(&world), [0, 1, 0, 0], "{name}");
        }
    }
}

#[test]
fn a_second_factor_is_asked_for_as_at_every_sign_in() {
    let world = World::new();
    let google = world.google("home", json!({}));
    world.user("jane@gmail.com");
    world.settings(json!({ "mfa": "required" }));
    let reply = sent(&world, &google.credential(&world, ada())).is(200);
    assert_eq!(reply.json["data"]["mfaRequired"], true, "{}", reply.text);
    assert!(reply.json["data"]["challenge"].is_string());
    assert!(reply.json["data"].get("tokens").is_none());
    assert_eq!(world.number("SELECT count(*) AS n FROM sessions WHERE user_id IN (SELECT id FROM users WHERE email_key = 'jane@gmail.com')"), 0);
}

/// A tenant that is named has its own users, and no trial is made beside it.
#[test]
fn who_names_a_tenant_gets_a_user_there() {
    let world = World::new();
    let google = world.google("home", json!({}));
    let body = json!({ "credential": google.credential(&world, ada()) });
    let reply = world.post("/api/auth/google").json(body).tenant("home").send().is(200);
    assert_eq!(reply.json["data"]["isNewUser"], true);
    assert_eq!(reply.json["data"]["user"]["roles"], json!([]));
    assert_eq!(counts(&world), [0, 1, 1, 1]);
}

#[test]
fn where_no_trials_are_made_only_who_has_an_account_signs_in() {
    let world = World::with(&[("TRIALS", "off")]);
    let google = world.google("home", json!({}));
    let credential = google.credential(&world, ada());
    assert_eq!(sent(&world, &credential).is(403).str("/code"), "TRIALS_CLOSED");
    assert_eq!(counts(&world), [0; 4]);
    world.user("jane@gmail.com");
    assert_eq!(sent(&world, &credential).is(200).json["data"]["isNewUser"], false);
    assert_eq!(counts(&world), [0, 1, 1, 1]);
}

/// Google's redirect mode: the browser brings the credential in a form, across sites.
#[test]
fn a_form_is_the_browsers_that_was_here_before() {
    let world = World::new();
    let google = world.google("home", json!({}));
    let credential = google.credential(&world, ada());
    let post = |cookie: &str, fields: &[(&str, &str)]| {
        let ask =
            world.post("/api/auth/google").header("cookie", cookie).header("sec-fetch-site", "cross-site");
        ask.form(fields).send()
    };
    let token = ("g_csrf_token", "c-1");
    for (cookie, fields) in [
        ("", vec![("credential", credential.as_str())]),
        ("g_csrf_token=c-1", vec![("credential", &credential)]),
        ("", vec![("credential", &credential), token]),
        ("g_csrf_token=c-2", vec![("credential", &credential), token]),
        ("g_csrf_token=", vec![("credential", &credential), ("g_csrf_token", "")]),
        ("g_csrf_token=c-1", vec![("credential", &credential), token, ("g_csrf_token", "c-2")]),
        ("g_csrf_token=c-1", vec![token]),
        ("g_csrf_token=c-1", vec![("credential", "not a token"), token]),
        ("g_csrf_token=c-1", vec![("credential", &credential), ("credential", &credential), token]),
    ] {
        let refused = post(cookie, &fields);
        assert!((400..500).contains(&refused.status), "{fields:?}: {}", refused.status);
        assert!(refused.text.contains("<html") && !refused.text.contains(&credential));
        assert_eq!(refused.sets("__Host-portcullis"), None);
    }
    assert_eq!(counts(&world), [0; 4]);
    let reply = post("g_csrf_token=c-1", &[("credential", &credential), token]).is(303);
    let session = reply.sets("__Host-portcullis").unwrap();
    world.get("/tenant/home/account").cookie(&session).send();
    assert_eq!(counts(&world), [1, 1, 1, 1]);
}
