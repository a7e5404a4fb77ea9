//! What people type is other bytes on another keyboard: passwords and codes, at every place that takes one.

use std::cell::Cell;

use portcullis::crypto::password;
use serde_json::{Value, json};

use crate::harness::{PASSWORD, Reply, World};

const ADA: &str = "ada@example.com";

/// One password: composed, decomposed, and with another space.
const COMPOSED: &str = "Grüße aus Malmö";
const SPELLINGS: [&str; 4] = [
    COMPOSED,
    "Gru\u{308}ße aus Malmo\u{308}",
    "Grüße\u{a0}aus\u{3000}Malmö",
    "Gru\u{308}ße\u{2003}aus Malmö",
];

/// Every place that takes a new password; each sets Ada's.
type Sets = fn(&World, &str) -> Reply;

fn reset_token(world: &World) -> String {
    world.post("/auth/forgot-password").json(json!({ "email": ADA })).send().is(200);
    world.mailed_link(ADA)
}

const SET: [(&str, Sets); 9] = [
    ("register", |world, new| {
        world.settings(json!({ "requireVerifiedEmail": false }));
        world.post("/auth/register").json(json!({ "email": ADA, "password": new })).send().is(201)
    }),
    ("register page", |world, new| {
        world.settings(json!({ "requireVerifiedEmail": false }));
        let fields = [("email", ADA), ("password", new)];
        world.post("/tenant/home/register").navigating().form(&fields).send().is(303)
    }),
    ("administrator", |world, new| {
        let body = json!({ "email": ADA, "password": new, "emailVerified": true });
        world.post("/tenant/home/v2/Users").bearer(&world.admin()).json(body).send().is(201)
    }),
    ("first administrator of a tenant", |world, new| {
        let admin = json!({ "email": ADA, "password": new });
        let body = json!({ "id": "t", "name": "T", "admin": admin });
        world.post("/tenant/home/v2/Tenants").bearer(&world.admin()).json(body).send().is(201)
    }),
    ("setup", |world, new| {
        let body = json!({ "token": "set-me-up", "email": ADA, "password": new });
        world.post("/setup").json(body).send().is(201)
    }),
    ("change", |world, new| {
        let access = world.session(&world.user(ADA)).access;
        let body = json!({ "currentPassword": PASSWORD, "newPassword": new });
        world.post("/api/auth/change-password").bearer(&access).json(body).send().is(200)
    }),
    ("change page", |world, new| {
        let cookie = world.cookie(&world.user(ADA));
        let fields = [("section", "password"), ("current", PASSWORD), ("password", new)];
        world.post("/tenant/home/account").navigating().cookie(&cookie).form(&fields).send().is(303)
    }),
    ("reset", |world, new| {
        world.user(ADA);
        let body = json!({ "token": reset_token(world), "password": new });
        world.post("/auth/reset-password").json(body).send().is(200)
    }),
    ("reset page", |world, new| {
        world.user(ADA);
        let token = reset_token(world);
        let fields = [("token", token.as_str()), ("password", new)];
        world.post("/auth/reset-password").navigating().form(&fields).send().is(200)
    }),
];

fn tenant_of(place: &str) -> &'static str {
    if place.contains("tenant") { "t" } else { "home" }
}

#[test]
fn a_password_set_in_one_form_is_right_in_every_other() {
    for (place, set) in SET {
        let world = World::new();
        set(&world, SPELLINGS[1]);
        let tenant = tenant_of(place);
        for spelling in SPELLINGS {
            let body = json!({ "email": ADA, "password": spelling });
            let reply = world.post("/auth/login").tenant(tenant).json(body).unlimited().send();
            assert_eq!(reply.status, 200, "{place}: {spelling:?}: {}", reply.text);
        }
        let body = json!({ "email": ADA, "password": "Grusse aus Malmo" });
        world.post("/auth/login").tenant(tenant).json(body).unlimited().send().is(401);
        let stored = world.sql(&format!("SELECT password_hash FROM users WHERE email = '{ADA}'"));
        let hash = stored[0]["password_hash"].as_str().unwrap();
        assert_eq!(password::check(COMPOSED, hash), password::Check::Right, "{place} hashes the NFC form");
    }
}

/// Every place that asks for the password that is there.
type Asks = fn(&World, &str) -> u16;

const ASK: [(&str, Asks); 7] = [
    ("session login", |world, sent| {
        world.post("/api/auth/login").json(json!({ "email": ADA, "password": sent })).send().status
    }),
    ("account login", |world, sent| world.login(ADA, sent).status),
    ("login page", |world, sent| {
        let fields = [("email", ADA), ("password", sent)];
        world.post("/tenant/home/login").navigating().form(&fields).send().status
    }),
    ("change", |world, sent| {
        let access = world.session(&user(world)).access;
        let body = json!({ "currentPassword": sent, "newPassword": "another password" });
        world.post("/api/auth/change-password").bearer(&access).json(body).send().status
    }),
    ("change page", |world, sent| {
        let cookie = world.cookie(&user(world));
        let fields = [("section", "password"), ("current", sent), ("password", "another password")];
        world.post("/tenant/home/account").navigating().cookie(&cookie).form(&fields).send().status
    }),
    ("change of address", |world, sent| {
        let access = world.session(&user(world)).access;
        let body = json!({ "newEmail": "new@example.com", "password": sent });
        world.post("/api/auth/change-email").bearer(&access).json(body).send().status
    }),
    ("change of address page", |world, sent| {
        let cookie = world.cookie(&user(world));
        let fields = [("section", "email"), ("email", "new@example.com"), ("current", sent)];
        world.post("/tenant/home/account").navigating().cookie(&cookie).form(&fields).send().status
    }),
];

fn user(world: &World) -> portcullis::store::users::User {
    let cx = world.cx();
    pollster::block_on(portcullis::store::users::by_email(cx.db.as_ref(), "home", ADA)).unwrap().unwrap()
}

#[test]
fn every_place_that_asks_for_the_password_takes_every_form_of_it() {
    let hash = password::hash(COMPOSED, [3; 16]).unwrap();
    for (place, ask) in ASK {
        for sent in SPELLINGS {
            let world = World::new();
            world.user_with("home", ADA, |user| user.password_hash = Some(hash.clone()));
            let status = ask(&world, sent);
            assert!(status < 400, "{place}: {sent:?}: {status}");
        }
        let world = World::new();
        world.user_with("home", ADA, |user| user.password_hash = Some(hash.clone()));
        assert_eq!(ask(&world, "Grusse aus Malmo"), 401, "{place}");
    }
}

/// A hash of these very bytes, as it was made before passwords were prepared, or elsewhere.
fn raw_hash(bytes: &str) -> String {
    use argon2::{Algorithm, Argon2, Params, Version};
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD_NO_PAD;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(19_456, 2, 1, None).unwrap());
    let mut out = [0; 32];
    argon2.hash_password_into(bytes.as_bytes(), &[9; 16], &mut out).unwrap();
    let [salt, out] = [&[9; 16][..], &out].map(|bytes| STANDARD_NO_PAD.encode(bytes));
    format!("$argon2id$v=19$m=19456,t=2,p=1${salt}${out}")
}

#[test]
fn a_hash_of_the_raw_bytes_is_still_right_and_made_anew() {
    let [composed, decomposed, wide, _] = SPELLINGS;
    for (made_of, typed) in [
        (decomposed, decomposed),
        (decomposed, composed),
        (wide, wide),
        (composed, composed),
        (composed, decomposed),
    ] {
        let world = World::new();
        let raw = raw_hash(made_of);
        world.user_with("home", ADA, |user| user.password_hash = Some(raw.clone()));
        world.login(ADA, typed).is(200);
        let now = user(&world).password_hash.unwrap();
        assert_eq!(now != raw, made_of != composed, "made of {made_of:?}, typed {typed:?}");
        for spelling in SPELLINGS {
            world.login(ADA, spelling).is(200);
            assert_eq!(user(&world).password_hash.as_ref(), Some(&now));
        }
        world.login(ADA, "Grusse aus Malmo").is(401);
    }
    // Imported, of another kind: decomposed, as a Mac sent it.
    let world = World::new();
    let bcrypt =
        bcrypt::hash_with_salt(decomposed, 4, [5; 16]).unwrap().format_for_version(bcrypt::Version::TwoB);
    let body = json!({ "email": ADA, "passwordHash": bcrypt, "emailVerified": true });
    world.post("/tenant/home/v2/Users").bearer(&world.admin()).json(body).send().is(201);
    world.login(ADA, composed).is(200);
    assert!(user(&world).password_hash.unwrap().starts_with("$argon2id$"));
    world.login(ADA, composed).is(200);
}

#[test]
fn a_wrong_password_of_two_spellings_counts_once() {
    let world = World::new();
    world.user(ADA);
    for email in [ADA, "nobody@example.com"] {
        for _ in 0..5 {
            world.login(email, SPELLINGS[1]).is(401);
        }
        world.login(email, PASSWORD).is(429);
    }
    assert_eq!(world.events("login.failed"), 10);
}

#[test]
fn nobodys_hash_costs_what_a_fresh_one_does() {
    let kind = |hash: &str| hash.rsplitn(3, '$').last().unwrap().to_owned();
    assert_eq!(kind(password::NOBODYS), kind(&password::hash(PASSWORD, [1; 16]).unwrap()));
    assert_eq!(password::check(PASSWORD, password::NOBODYS), password::Check::Wrong);
}

#[test]
fn the_length_of_a_password_is_that_of_its_prepared_form() {
    let world = World::new();
    let admin = world.admin();
    let made = Cell::new(0);
    let create = |password: &str| {
        made.set(made.get() + 1);
        let body = json!({ "email": format!("u{}@example.com", made.get()), "password": password });
        world.post("/tenant/home/v2/Users").bearer(&admin).json(body).send()
    };
    // Seven letters, though fourteen code points.
    create(&"u\u{308}".repeat(7)).is(400);
    create(&"u\u{308}".repeat(8)).is(201);
    create(&"ü".repeat(512)).is(201);
    create(&"ü".repeat(513)).is(400);
    // Composition can make text longer: never cut, so refused.
    create(&"\u{fb1d}".repeat(300)).is(400);
    // A common one stays common in full-width letters.
    create("ｐａｓｓｗｏｒｄ１").is(400);
    create("Pa\u{ad}ssword1").is(400);
    create("pässwörd1").is(201);
}

/// The spellings of a code of digits or letters that people type.
fn spellings(code: &str) -> Vec<String> {
    let zeros = ['０', '٠', '۰', '०', '০', '๐', '𝟎'];
    let in_script = |zero: char| -> String {
        let other = |c: char| c.to_digit(10).and_then(|digit| char::from_u32(u32::from(zero) + digit));
        code.chars().map(|c| other(c).unwrap_or(c)).collect()
    };
    let wide: String = code
        .chars()
        .map(|c| char::from_u32(u32::from(c) + 0xfee0).filter(|_| c.is_ascii_graphic()).unwrap_or(c))
        .collect();
    let plain: String = code.chars().filter(|c| *c != '-').collect();
    let middle = plain.len() / 2;
    let split = |by: &str| format!("{}{by}{}", &plain[..middle], &plain[middle..]);
    let mut all: Vec<String> = zeros.into_iter().map(in_script).collect();
    all.extend([
        wide,
        split("–"),
        split("—"),
        split(" "),
        split("\u{a0}"),
        split("\u{2011}"),
        split("\u{2212}"),
    ]);
    all.extend([format!("\u{200f}{plain}\u{feff} "), plain.to_uppercase(), plain.to_lowercase()]);
    all
}

/// Every place that takes a code: asked for a fresh code and then answered with it as it was spelled.
type Place = fn(&World, &dyn Fn(&str) -> String) -> Reply;

const PLACES: [(&str, Place); 11] = [
    ("app at login", |world, spell| {
        let app = world.with_app(ADA);
        let waiting = world.login(ADA, PASSWORD).is(200);
        world.verify(&waiting, &spell(&world.code(&app.secret)))
    }),
    ("app at session login", |world, spell| {
        let app = world.with_app(ADA);
        let body = json!({ "email": ADA, "password": PASSWORD });
        let waiting = world.post("/api/auth/login").json(body).send().is(200).str("/data/challenge");
        let body = json!({ "challenge": waiting, "code": spell(&world.code(&app.secret)) });
        world.post("/api/auth/mfa/verify").json(body).send()
    }),
    ("password and code at once", |world, spell| {
        let app = world.with_app(ADA);
        world.mfa_login(ADA, &spell(&world.code(&app.secret)))
    }),
    ("enrolment", |world, spell| {
        let access = world.session(&world.user(ADA)).access;
        let secret = world.post("/auth/mfa/enable").bearer(&access).send().is(200).str("/secret");
        let body = json!({ "code": spell(&world.code(&secret)) });
        world.post("/auth/mfa/verify").bearer(&access).json(body).send()
    }),
    ("removal", |world, spell| {
        let app = world.with_app(ADA);
        let body = json!({ "code": spell(&world.code(&app.secret)) });
        world.post("/auth/mfa/disable").bearer(&app.access).json(body).send()
    }),
    ("page of the second factor", |world, spell| {
        let app = world.with_app(ADA);
        let fields = [("email", ADA), ("password", PASSWORD)];
        let login = world.post("/tenant/home/login").navigating().form(&fields).send().is(303);
        let challenge = login.sets("__Host-portcullis-challenge").unwrap();
        let cookie = format!("__Host-portcullis-challenge={challenge}");
        let page = world.get("/tenant/home/mfa").navigating().header("cookie", &cookie).send().is(200);
        let (_, rest) = page.text.split_once("name=\"challenge\" value=\"").unwrap();
        let id = rest.split('"').next().unwrap();
        let code = spell(&world.code(&app.secret));
        let fields = [("challenge", id), ("code", code.as_str())];
        world.post("/tenant/home/mfa").navigating().header("cookie", &cookie).form(&fields).send()
    }),
    ("backup code", |world, spell| {
        let app = world.with_app(ADA);
        let waiting = world.login(ADA, PASSWORD).is(200);
        world.verify(&waiting, &spell(&app.backup[0]))
    }),
    ("mailed code", |world, spell| {
        world.with_mail(ADA);
        let waiting = world.login(ADA, PASSWORD).is(200);
        world.verify(&waiting, &spell(&world.mailed_code(ADA)))
    }),
    ("magic link's code", |world, spell| {
        world.user(ADA);
        world.post("/api/auth/magic-link/request").json(json!({ "email": ADA })).send().is(200);
        let body = json!({ "email": ADA, "code": spell(&world.mailed_code(ADA)) });
        world.post("/api/auth/magic-link/verify").json(body).send()
    }),
    ("magic link's page", |world, spell| {
        world.user(ADA);
        world.post("/api/auth/magic-link/request").json(json!({ "email": ADA })).send().is(200);
        let code = spell(&world.mailed_code(ADA));
        let fields = [("email", ADA), ("code", code.as_str())];
        world.post("/tenant/home/magic-link").navigating().form(&fields).send()
    }),
    ("device's code", |world, spell| {
        let grant = "urn:ietf:params:oauth:grant-type:device_code";
        let metadata: Value =
            json!({ "token_endpoint_auth_method": "none", "grant_types": [grant], "scope": "openid" });
        world.put_client("home", "tv", &metadata);
        let asked = world.post("/oauth2/device_authorization").form(&[("client_id", "tv")]).send().is(200);
        let cookie = world.cookie(&world.user(ADA));
        let code = spell(&asked.str("/user_code"));
        let fields = [("user_code", code.as_str()), ("decision", "allow")];
        world.post("/tenant/home/device").navigating().cookie(&cookie).form(&fields).send()
    }),
];

#[test]
fn a_code_is_understood_as_people_type_it_wherever_one_is_asked_for() {
    let count = spellings("123456").len();
    for (place, ask) in PLACES {
        for at in 0..count {
            let world = World::new();
            let reply = ask(&world, &|code| spellings(code)[at].clone());
            assert!(reply.status < 400, "{place}, {}: {}", spellings("123456")[at], reply.text);
        }
        // And a wrong one is none.
        let world = World::new();
        let wrong = |code: &str| code.chars().map(|c| if c == '7' { '8' } else { '7' }).collect();
        let reply = ask(&world, &wrong);
        assert!([400, 401].contains(&reply.status), "{place}: {}", reply.status);
    }
}
