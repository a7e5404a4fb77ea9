//! `SEAL_KEY` is replaced: what was sealed, hashed or handed out under the key before goes on, and what is at rest is sealed
//! anew under the new one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portcullis::crypto::seal::key_id;
use portcullis::model::state::Mfa;
use serde_json::{Value, json};

use crate::harness::{Authenticator, PASSWORD, Reply, World};

const ADA: &str = "ada@example.com";
const RESEAL: &str = "/tenant/home/v2/Keys/reseal";

/// Each step of a rotation by its name, with what it says of keys: the harness begins with 42.
const STEPS: [(&str, [u8; 2]); 2] = [("both keys", [7, 42]), ("the key of tomorrow as the second", [42, 7])];

fn key(byte: u8) -> String {
    URL_SAFE_NO_PAD.encode([byte; 32])
}

pub(super) fn restart(world: &World, current: u8, previous: Option<u8>) {
    let (current, previous) = (key(current), previous.map(key).unwrap_or_default());
    world.restart(&[("SEAL_KEY", &current), ("SEAL_KEY_PREVIOUS", &previous)]);
}

/// Something begun: whether it can be finished.
type Finish = Box<dyn FnOnce(&World) -> bool>;
type Case = (&'static str, fn(&World) -> Finish);

fn login_with(world: &World, code: impl Fn(&World) -> String) -> bool {
    let waiting = world.login(ADA, PASSWORD);
    if waiting.status != 200 {
        return false;
    }
    world.verifying(&waiting, &code(world)).status() == 200
}

pub(super) fn reseal(world: &World) -> Value {
    let (admin, mut next, mut last) = (world.admin(), Value::Null, Value::Null);
    for _ in 0..100 {
        let body = if next.is_null() { json!({}) } else { json!({ "next": next }) };
        last = world.post(RESEAL).bearer(&admin).json(body).send().is(200).json;
        next = last["next"].clone();
        if next.is_null() {
            break;
        }
    }
    last
}

/// What stands in the database, and has to open for as long as it is there.
const AT_REST: [Case; 10] = [
    ("signing keys", |world| {
        let token = world.session(&world.user(ADA)).access;
        Box::new(move |world| world.get("/api/auth/me").bearer(&token).fresh().status() == 200)
    }),
    ("RSA keys", |world| {
        let body = json!({
            "client_name": "Old", "redirect_uris": ["https://app.example/cb"], "id_token_signed_response_alg": "RS256",
        });
        world.post("/tenant/home/v2/Clients").bearer(&world.admin()).json(body).send().is(201);
        assert!(world.number("SELECT count(*) AS n FROM rsa_keys") > 0);
        Box::new(|world| world.get("/tenant/home/.well-known/jwks.json").fresh().status() == 200)
    }),
    ("keys of SAML messages", |world| {
        world.saml("home", "okta", json!({ "signRequests": true }));
        let path = "/tenant/home/sso/okta/metadata";
        let before = world.get(path).send().is(200).text;
        assert_eq!(world.number("SELECT count(*) AS n FROM saml_keys"), 1);
        Box::new(move |world| {
            let after = world.get(path).fresh().send();
            after.status == 200 && after.text == before
        })
    }),
    ("keys of other services", |world| {
        let token = world.session(&world.user(ADA)).access;
        let body = json!({ "apiKey": "sk-ada" });
        world.post("/auth/apikeys/openai").bearer(&token).json(body).send().is(200);
        let key = world.api_key(&token, &["vault:read"]);
        Box::new(move |world| world.get("/auth/apikeys/openai").key(&key).status() == 200)
    }),
    ("Google Search keys", |world| {
        let body = json!({ "apiKey": "k", "searchEngineId": "e" });
        world.put("/auth/google-search-keys").bearer(&world.admin()).json(body).send().is(200);
        let token = world.session(&world.user(ADA)).access;
        Box::new(move |world| world.get("/auth/google-search-keys").bearer(&token).status() == 200)
    }),
    ("tokens of connected services", |world| {
        let body = crate::connections::own_provider(json!({}));
        world.post("/auth/providers").bearer(&world.admin()).json(body).send().is(201);
        let ada = world.user(ADA);
        crate::connections::connect(world, &ada, "c1", "", -5);
        crate::connections::connect(world, &ada, "c2", "good", 1_000);
        let key = world.api_key(&world.session(&ada).access, &["vault:read"]);
        world.web.serves("https://crm.example/token", |request| {
            assert!(request.body.contains("canary-1") && request.body.contains("canary-r0"));
            let tokens = br#"{"access_token":"a1","token_type":"bearer","expires_in":3600}"#;
            Ok(crate::harness::served(200, &[("content-type", "application/json")], tokens))
        });
        Box::new(move |world| {
            let read = |path: &str| world.get(path).key(&key).status();
            let path = "/auth/valid-token?providerId=crm&label=";
            [read(path), read(&format!("{path}good"))] == [200, 200]
        })
    }),
    ("authenticator apps", |world| {
        let app = world.with_app(ADA);
        Box::new(move |world| {
            world.advance(30);
            login_with(world, |world| world.code(&app.secret))
        })
    }),
    ("backup codes", |world| {
        let app = world.with_app(ADA);
        Box::new(move |world| {
            let all_but_one = app.backup.iter().skip(1).all(|code| login_with(world, |_| code.clone()));
            // Each is good once, whichever key it is under.
            all_but_one && !login_with(world, |_| app.backup[1].clone())
        })
    }),
    ("mail that waits", |world| {
        world.user(ADA);
        world.post.refuses.set(1);
        world.post("/auth/forgot-password").json(json!({ "email": ADA })).send().is(200);
        assert_eq!(world.mails(ADA).len(), 0);
        Box::new(|world| {
            world.advance(60);
            world.cron();
            world.mails(ADA).len() == 1
        })
    }),
    ("secrets at providers", |world| {
        let admin = world.admin();
        let path = "/tenant/home/v2/IdentityProviders";
        let body = json!({ "id": "google", "kind": "google", "name": "Google", "clientId": "c", "clientSecret": "s3cret" });
        world.post(path).bearer(&admin).json(body).send().is(201);
        world.web.serves("https://oauth2.googleapis.com/token", |_| {
            Ok(crate::harness::served(
                400,
                &[("content-type", "application/json")],
                b"{\"error\":\"invalid_grant\"}",
            ))
        });
        Box::new(|world| {
            if world.get("/tenant/home/sso/google").send().status != 302 {
                return false;
            }
            let begun = world.begin_sso("home", "google", "");
            // Our secret was opened and sent: the provider says no to the code alone.
            let before = world.web.times("https://oauth2.googleapis.com/token");
            world.come_back(&begun, "code").send();
            world.web.times("https://oauth2.googleapis.com/token") == before + 1
        })
    }),
];

/// What is under way for minutes, in a browser, a mail, a program or the database.
const UNDER_WAY: [Case; 9] = [
    ("a sign-in at a provider", |world| {
        let okta = world.okta("home", json!({}));
        let begun = world.begin_sso("home", "okta", "");
        Box::new(move |world| {
            let code = okta.code(world, &begun, json!({ "sub": "00u1", "email": ADA }));
            world.come_back(&begun, &code).status() == 303
        })
    }),
    ("an identity that waits for a password", |world| {
        let okta = world.okta("home", json!({}));
        world.user(ADA);
        let person = json!({ "sub": "00u1", "email": ADA, "email_verified": true });
        let asked = world.sso(&okta, "home", "okta", person).is(409);
        let sealed = asked.sets("__Host-portcullis-link").unwrap();
        Box::new(move |world| {
            let ask = world.post("/tenant/home/sso/okta/link").header("sec-fetch-site", "same-origin");
            let ask = ask.header("cookie", &format!("__Host-portcullis-link={sealed}"));
            ask.form(&[("password", PASSWORD)]).status() == 303
        })
    }),
    ("an app that is being enrolled", |world| {
        world.user_with("home", ADA, |user| user.mfa = Mfa::Totp);
        let waiting = world.login(ADA, PASSWORD).is(200);
        let secret = waiting.str("/enrolment/secret");
        Box::new(move |world| world.verifying(&waiting, &world.code(&secret)).status() == 200)
    }),
    ("a step-up on a page", |world| {
        let user = world.with_mail(ADA);
        let session = world.cookie_by(&user, &["pwd", "device"]);
        let page = world.get("/tenant/home/mfa?return_to=/app/").navigating().cookie(&session).send().is(200);
        let secret = page.sets("__Host-portcullis-challenge").unwrap();
        Box::new(move |world| {
            let cookies = format!("__Host-portcullis={session}; __Host-portcullis-challenge={secret}");
            let challenge = page.field("challenge");
            let fields = [("challenge", challenge.as_str()), ("return_to", "/app/"), ("send", "1")];
            world.post("/tenant/home/mfa").navigating().header("cookie", &cookies).form(&fields).send();
            world.mails(ADA).len() == 1
        })
    }),
    ("a code by mail", |world| {
        world.with_mail(ADA);
        let waiting = world.login(ADA, PASSWORD).is(200);
        let code = world.mailed_code(ADA);
        Box::new(move |world| world.verifying(&waiting, &code).status() == 200)
    }),
    ("a magic link's code", |world| {
        world.user(ADA);
        world.post("/api/auth/magic-link/request").json(json!({ "email": ADA })).send().is(200);
        let code = world.mailed_code(ADA);
        Box::new(move |world| {
            let body = json!({ "email": ADA, "code": code });
            world.post("/api/auth/magic-link/verify").json(body).status() == 200
        })
    }),
    ("a passkey's challenge", |world| {
        let user = world.user(ADA);
        let token = world.session(&user).access;
        let mut authenticator = Authenticator::new(7);
        world.add_passkey(&token, &mut authenticator).is(201);
        let credential = authenticator.get(&world.request_options());
        Box::new(move |world| {
            world.post("/api/auth/passkeys/login").json(json!({ "credential": credential })).status() == 200
        })
    }),
    ("a device's code", |world| {
        let cookie = world.cookie(&world.user(ADA));
        let grant = "urn:ietf:params:oauth:grant-type:device_code";
        world.put_client(
            "home",
            "tv",
            &json!({ "token_endpoint_auth_method": "none", "grant_types": [grant] }),
        );
        let form = [("client_id", "tv"), ("scope", "openid")];
        let asked = world.post("/tenant/home/oauth2/device_authorization").form(&form).send().is(200);
        let code = asked.str("/user_code");
        Box::new(move |world| {
            let page = world.post("/tenant/home/device").navigating().cookie(&cookie);
            let page = page.header("sec-fetch-site", "same-origin");
            page.form(&[("user_code", &code), ("decision", "allow")]).status() == 200
        })
    }),
    ("a refresh that is tried again", |world| {
        let tokens = world.session(&world.user(ADA));
        let refresh = move |world: &World| -> Reply {
            let body = json!({ "refreshToken": tokens.refresh });
            world.post("/api/auth/refresh").json(body).send()
        };
        let first = refresh(world).is(200).str("/data/refreshToken");
        Box::new(move |world| {
            let again = refresh(world);
            again.status == 200 && again.str("/data/refreshToken") == first
        })
    }),
];

fn goes_on_with_both(what: &str, begin: fn(&World) -> Finish) {
    for (step, [current, previous]) in STEPS {
        let world = World::new();
        let finish = begin(&world);
        restart(&world, current, Some(previous));
        assert!(finish(&world), "{what}: {step}");
    }
}

fn ends_with_the_new_key_alone(what: &str, begin: fn(&World) -> Finish) {
    let world = World::new();
    let finish = begin(&world);
    restart(&world, 7, None);
    assert!(!finish(&world), "{what}: the new key alone");
}

#[test]
fn what_is_at_rest_goes_on_through_a_rotation() {
    for (what, begin) in AT_REST {
        goes_on_with_both(what, begin);
        let world = World::new();
        let finish = begin(&world);
        restart(&world, 7, Some(42));
        assert_eq!(reseal(&world)["remaining"], 0, "{what}");
        restart(&world, 7, None);
        assert!(finish(&world), "{what}: the new key alone, all sealed anew");
        // The other way round: without that, it does not.
        ends_with_the_new_key_alone(what, begin);
    }
}

#[test]
fn what_is_under_way_goes_on_while_both_keys_are_there() {
    for (what, begin) in UNDER_WAY {
        goes_on_with_both(what, begin);
        ends_with_the_new_key_alone(what, begin);
    }
}

#[test]
fn backup_codes_outlive_rotation_after_rotation() {
    let world = World::new();
    let app = world.with_app(ADA);
    for (at, current) in [7, 8, 9].into_iter().enumerate() {
        let previous = if at == 0 { 42 } else { current - 1 };
        restart(&world, current, Some(previous));
        assert_eq!(reseal(&world)["remaining"], 0);
        restart(&world, current, None);
        assert!(login_with(&world, |_| app.backup[at].clone()), "under key {current}");
        assert!(!login_with(&world, |_| app.backup[at].clone()), "spent");
    }
    assert!(!login_with(&world, |_| "aaaaa-aaaaa".to_owned()));
}

#[test]
fn a_table_that_seals_is_among_those_that_are_sealed_anew() {
    let world = World::new();
    let sql = "SELECT m.name AS t, c.name AS c FROM sqlite_master m, pragma_table_info(m.name) c
               WHERE m.type = 'table' AND c.name LIKE 'sealed%' ORDER BY t, c";
    let source = include_str!("../../../src/domain/reseal.rs");
    let all = world.sql(sql);
    assert!(all.len() >= 7);
    for row in all {
        let line = format!("{}, {}", row["t"], row["c"]);
        assert!(source.contains(&line), "{line}");
    }
}

#[test]
fn sealing_anew_goes_page_by_page_and_from_the_beginning_goes_on_with_what_is_left() {
    let world = World::new();
    world.user(ADA);
    world.post.refuses.set(1_000);
    for at in 0..150 {
        let email = format!("person{at}@example.com");
        world.user(&email);
        world.post("/auth/forgot-password").unlimited().json(json!({ "email": email })).send().is(200);
    }
    let admin = world.admin();
    let sealed = |world: &World| {
        world.number("SELECT count(*) AS n FROM mails WHERE sealed IS NOT NULL")
            + world.number("SELECT count(*) AS n FROM signing_keys")
    };
    let all = sealed(&world);
    assert!(all > 150);
    restart(&world, 7, Some(42));
    let first = world.post(RESEAL).bearer(&admin).send().is(200).json;
    assert_eq!((&first["resealed"], &first["unreadable"]), (&json!(100), &json!(0)));
    assert_eq!(first["keyId"], key_id(&[7; 32]).unwrap());
    // One is left, and another was kept for the tenant.
    assert_eq!(first["remaining"], all - 100);
    assert_eq!(world.events("keys.resealed"), 1);
    world.advance(1);
    // Whoever asked is gone, and somebody else begins: what is done is not done again.
    let again = world.post(RESEAL).bearer(&admin).send().is(200).json;
    assert_eq!(
        (&again["resealed"], &again["remaining"], &again["next"]),
        (&json!(all - 100), &json!(0), &Value::Null)
    );
    let nothing = world.post(RESEAL).bearer(&admin).send().is(200).json;
    assert_eq!((&nothing["resealed"], &nothing["remaining"]), (&json!(0), &json!(0)));
    assert_eq!(world.events("keys.resealed"), 2);
    let mut rows = world.sql("SELECT detail, subject FROM audit WHERE event = 'keys.resealed' ORDER BY id");
    assert_eq!(rows.remove(0)["detail"], "100 values, 1 keys kept");
    assert_eq!(rows[0]["subject"], key_id(&[7; 32]).unwrap());
}

#[test]
fn what_neither_key_opens_is_told_and_left_and_holds_up_nothing() {
    let world = World::new();
    let admin = world.admin();
    world.with_app(ADA);
    world.sql("UPDATE authenticators SET sealed_secret = '2.AAAAAAAA.AAAA'");
    restart(&world, 7, Some(42));
    let page = world.post(RESEAL).bearer(&admin).send().is(200).json;
    assert_eq!(
        (&page["unreadable"], &page["remaining"], &page["next"]),
        (&json!(1), &json!(1), &Value::Null)
    );
    assert_eq!(
        world.number("SELECT count(*) AS n FROM authenticators WHERE sealed_secret = '2.AAAAAAAA.AAAA'"),
        1
    );
    assert!(world.log.0.borrow().iter().any(|line| line.contains("opens with neither key")));
    assert!(!page.to_string().contains("AAAA"));
}

#[test]
fn what_is_written_meanwhile_is_not_overwritten() {
    let world = World::new();
    let app = world.with_app(ADA);
    let admin = world.admin();
    restart(&world, 7, Some(42));
    let page = || world.post(RESEAL).bearer(&admin);
    // The user takes the app away and enrols another one between the page's look and its write.
    for at in 1..12 {
        let disable = world.post("/auth/mfa/backup-codes").bearer(&app.access);
        let disable = disable.json(json!({ "code": world.code(&app.secret) }));
        let Some([resealed, _]) = world.between(page(), at, disable) else { break };
        resealed.is(200);
        world.advance(30);
    }
    assert!(login_with(&world, |world| world.code(&app.secret)));
}
