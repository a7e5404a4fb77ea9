//! A change that takes several things takes all of them or none: whichever of them is gone by then, what was taken before it
//! is still there, and the same request is done once nothing is in its way. Each change of that kind is a row; that its
//! batch leaves nothing at all behind is held by the harness (`Sqlite::spoils`).

use serde_json::{Value, json};

use crate::harness::oidc::{Params, Party};
use crate::harness::{Ask, Authenticator, PASSWORD, World};

const ADA: &str = "ada@example.com";

/// A request that can be sent again.
type Send = Box<dyn for<'w> Fn(&'w World) -> Ask<'w>>;

/// What is taken, how often behind another thing, and what makes a world and the request.
type Row = (&'static str, usize, fn() -> (World, Send));

fn post(path: &'static str, body: Value) -> Send {
    Box::new(move |world| world.post(path).json(body.clone()))
}

fn person() -> Value {
    json!({ "sub": "00u1", "email": ADA, "email_verified": true })
}

fn verify(world: &World, code: impl Fn(&World) -> String) -> Send {
    let waiting = world.login(ADA, PASSWORD).is(200);
    post("/auth/mfa/verify", json!({ "mfa_token": waiting.str("/mfa_token"), "code": code(world) }))
}

/// A browser that comes back from the provider `okta` or `google` of home.
fn come_back(world: &World, provider: &crate::sso::provider::Provider, id: &str, person: Value) -> Send {
    provider.forgets.set(false);
    let begun = world.begin_sso("home", id, "");
    let code = provider.code(world, &begun, person);
    Box::new(move |world| world.come_back(&begun, &code))
}

const ROWS: &[Row] = &[
    ("an app's code, a session", 1, || {
        let world = World::new();
        let app = world.with_app(ADA);
        let body = json!({ "email": ADA, "password": PASSWORD, "code": world.code(&app.secret) });
        (world, post("/auth/mfa/login", body))
    }),
    ("an app's code, a challenge, a session", 2, || {
        let world = World::new();
        let app = world.with_app(ADA);
        let send = verify(&world, |world| world.code(&app.secret));
        (world, send)
    }),
    ("a backup code, a challenge, a session", 2, || {
        let world = World::new();
        let app = world.with_app(ADA);
        let send = verify(&world, |_| app.backup[0].clone());
        (world, send)
    }),
    ("a mailed code, a session", 1, || {
        let world = World::new();
        world.with_mail(ADA);
        let send = verify(&world, |world| world.mailed_code(ADA));
        (world, send)
    }),
    ("a passkey, its ceremony, a session", 2, || {
        let world = World::new();
        let mut key = Authenticator::new(1);
        world.add_passkey(&world.session(&world.user(ADA)).access, &mut key).is(201);
        let credential = key.get(&world.request_options());
        (world, post("/api/auth/passkeys/login", json!({ "credential": credential })))
    }),
    ("a mailed link, a session", 1, || {
        let world = World::new();
        world.user(ADA);
        world.post("/api/auth/magic-link/request").json(json!({ "email": ADA })).send().is(200);
        let body = json!({ "token": world.mailed_token(ADA) });
        (world, post("/api/auth/magic-link/verify", body))
    }),
    ("a mailed link, a challenge", 1, || {
        let world = World::new();
        world.with_app(ADA);
        world.post("/api/auth/magic-link/request").json(json!({ "email": ADA })).send().is(200);
        let body = json!({ "token": world.mailed_token(ADA) });
        (world, post("/api/auth/magic-link/verify", body))
    }),
    ("a challenge, more in a session", 1, || {
        let world = World::new();
        let token = world.session(&world.user(ADA)).access;
        let step = world.post("/api/auth/mfa/step-up").bearer(&token).send().is(200);
        let code = world.code(&step.str("/data/enrolment/secret"));
        (
            world,
            post("/api/auth/mfa/verify", json!({ "challenge": step.str("/data/challenge"), "code": code })),
        )
    }),
    ("an app's code, a challenge, more in a session", 2, || {
        let world = World::new();
        let app = world.with_app(ADA);
        let step = world.post("/api/auth/mfa/step-up").bearer(&app.access).send().is(200);
        let code = world.code(&app.secret);
        (
            world,
            post("/api/auth/mfa/verify", json!({ "challenge": step.str("/data/challenge"), "code": code })),
        )
    }),
    ("an authorization code, a grant", 1, || {
        let party = Party::public();
        let exchange = Party::exchange(&party.code());
        let Party { world, app, .. } = party;
        (world, Box::new(move |world| world.as_client(&Party::path("token"), &app, &exchange)))
    }),
    ("a device code, a grant", 1, || {
        let world = World::new();
        let cookie = world.cookie(&world.user(ADA));
        let grant = "urn:ietf:params:oauth:grant-type:device_code";
        let metadata =
            json!({ "token_endpoint_auth_method": "none", "grant_types": [grant], "scope": "openid" });
        let app = world.client("home", "tv", metadata);
        let asked =
            world.as_client(&Party::path("device_authorization"), &app, &Params::of(&[])).send().is(200);
        let code = asked.str("/user_code");
        let page = world.post("/tenant/home/device").navigating().cookie(&cookie);
        let form = page.header("sec-fetch-site", "same-origin");
        form.form(&[("user_code", &code), ("decision", "allow")]).send().is(200);
        let poll = Params::of(&[("grant_type", grant), ("device_code", &asked.str("/device_code"))]);
        let ask = move |world: &World| world.advance(60);
        (
            world,
            Box::new(move |world| {
                ask(world);
                world.as_client(&Party::path("token"), &app, &poll)
            }),
        )
    }),
    ("a state, an identity's use, a session", 2, || {
        let world = World::new();
        let okta = world.okta("home", json!({}));
        world.link(&world.user(ADA), "okta", &okta.issuer, "00u1");
        // What the provider says is known already.
        world.sql("UPDATE users SET name = 'Ada'");
        let send = come_back(&world, &okta, "okta", person());
        (world, send)
    }),
    ("a state, an identity's use, a challenge", 2, || {
        let world = World::new();
        let okta = world.okta("home", json!({}));
        let app = world.with_app(ADA);
        world.link(&app.user, "okta", &okta.issuer, "00u1");
        let send = come_back(&world, &okta, "okta", person());
        (world, send)
    }),
    ("a state, a user, an identity", 2, || {
        let world = World::new();
        let okta = world.okta("home", json!({}));
        let send = come_back(&world, &okta, "okta", person());
        (world, send)
    }),
    ("a state, an identity of an account", 1, || {
        let world = World::new();
        let google = world.google("home", json!({}));
        world.user("ada@gmail.com");
        let person = json!({ "sub": "1", "email": "ada@gmail.com", "email_verified": true });
        let send = come_back(&world, &google, "google", person);
        (world, send)
    }),
    ("a state, an identity of an account that is proved the first time", 1, || {
        let world = World::new();
        let google = world.google("home", json!({}));
        world.user_with("home", "ada@gmail.com", |user| user.email_verified = false);
        let person = json!({ "sub": "1", "email": "ada@gmail.com", "email_verified": true });
        let send = come_back(&world, &google, "google", person);
        (world, send)
    }),
    ("a state, an identity that waited for a factor", 1, || {
        let world = World::new();
        let okta = world.okta("home", json!({}));
        let cookie = world.cookie(&world.user(ADA));
        let asked = world.sso(&okta, "home", "okta", person()).is(409);
        let sealed = asked.sets("__Host-portcullis-link").unwrap();
        let cookies = format!("__Host-portcullis-link={sealed}; __Host-portcullis={cookie}");
        let send: Send = Box::new(move |world| {
            let ask = world.post("/tenant/home/sso/okta/link").header("sec-fetch-site", "same-origin");
            ask.header("cookie", &cookies).form(&[("password", "")])
        });
        (world, send)
    }),
    ("a trial tenant, its note, a user, an identity", 3, || {
        let world = World::new();
        let google = world.google("home", json!({}));
        let person = json!({ "sub": "1", "email": "ada@gmail.com", "email_verified": true });
        let body = json!({ "credential": google.credential(&world, person) });
        (world, post("/api/auth/google", body))
    }),
    ("a join request, a user, an identity", 2, || {
        let world = World::new();
        world.google("home", json!({}));
        let admin = world.admin();
        world.sql("INSERT INTO join_requests VALUES ('j', 'home', 'google', 'https://accounts.google.com', '1', 'j@example.com', 1, NULL, 0)");
        (world, Box::new(move |world| world.post("/tenant/home/v2/JoinRequests/j/accept").bearer(&admin)))
    }),
];

#[test]
fn what_is_taken_together_is_taken_whole_or_not_at_all() {
    for (row, later, begin) in ROWS {
        for nth in 0..*later {
            let (world, send) = begin();
            world.db.spoils.set(Some(nth));
            world.db.spoiled.set((0, 0));
            let refused = send(&world).send();
            let (times, most) = world.db.spoiled.get();
            assert!(
                times > 0 && most == *later,
                "{row} {nth}: spoiled {times} times, {most} are taken later"
            );
            assert!((400..500).contains(&refused.status), "{row} {nth}: {} {}", refused.status, refused.text);
            world.db.spoils.set(None);
            // Nor is anybody told of a thief who was none.
            assert_eq!(world.events("code.reused"), 0, "{row} {nth}");
            let done = send(&world).send();
            assert!(matches!(done.status, 200 | 201 | 303), "{row} {nth}: {} {}", done.status, done.text);
        }
    }
}

/// The change goes before the sign-in, which uses up what the change did not.
#[test]
fn what_a_provider_says_now_is_changed_with_its_state_or_not_at_all() {
    let world = World::new();
    let map = json!({ "claim": "groups", "map": { "staff": "MANAGER" } });
    let okta = world.okta("home", json!({ "roleMap": map }));
    world.link(&world.user(ADA), "okta", &okta.issuer, "00u1");
    let person = json!({ "sub": "00u1", "email": ADA, "groups": ["staff"] });
    let send = come_back(&world, &okta, "okta", person);
    let managers = "SELECT count(*) AS n FROM users WHERE roles = '[\"MANAGER\"]'";
    world.db.spoils.set(Some(0));
    let refused = send(&world).send();
    assert!((400..500).contains(&refused.status), "{}", refused.text);
    assert_eq!((world.db.spoiled.get().0, world.number(managers)), (2, 0));
    world.db.spoils.set(None);
    send(&world).send().is(303);
    assert_eq!(world.number(managers), 1);
}

#[test]
fn what_the_database_fails_for_stays_a_fault() {
    let world = World::new();
    let app = world.with_app(ADA);
    let body = json!({ "email": ADA, "password": PASSWORD, "code": world.code(&app.secret) });
    world.sql("CREATE TRIGGER full BEFORE INSERT ON sessions BEGIN SELECT RAISE(ABORT, 'disk is full'); END");
    let before = world.dump();
    world.post("/auth/mfa/login").json(body.clone()).send().is(500);
    assert_eq!(world.dump(), before);
    world.sql("DROP TRIGGER full");
    world.post("/auth/mfa/login").json(body).send().is(200);
}

#[test]
fn an_undone_change_waits_for_storage_once_more_than_one_that_is_done() {
    let world = World::new();
    world.with_mail(ADA);
    let [_, done, undone] = [false, false, true].map(|spoils| {
        world.advance(120);
        let send = verify(&world, |world| world.mailed_code(ADA));
        world.db.spoils.set(spoils.then_some(0));
        let (reply, waits) = send(&world).waits();
        world.db.spoils.set(None);
        (reply.status, waits)
    });
    assert_eq!((done.0, undone.0), (200, 401));
    // For the row of the log that says why. The tenant and its keys are remembered in both.
    assert!(undone.1 <= done.1 + 1, "{undone:?} {done:?}");
    assert!(done.1 <= 3, "{done:?}");
}
