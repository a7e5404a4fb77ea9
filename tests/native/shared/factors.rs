//! Second factors: nothing steps around one.

use portcullis::domain::session::channel::Channel;
use portcullis::domain::session::principal;
use portcullis::domain::session::sessions::SessionSecret;
use portcullis::domain::sign_in::first_factor::{FirstFactor, FirstProof};
use portcullis::domain::sign_in::guess::Proof;
use portcullis::domain::sign_in::signed_in::SignedIn;
use portcullis::domain::sign_in::{self, Attempt, Step, trusted_devices};
use portcullis::domain::tenants::{self, ResolvedTenant};
use portcullis::model::state::Mfa;
use serde_json::json;

use crate::harness::{App, PASSWORD, World, claims};

const BOTH: [&str; 3] = ["pwd", "otp", "mfa"];

fn home(world: &World) -> ResolvedTenant {
    let tenant = pollster::block_on(tenants::by_id(&world.cx(), "home")).unwrap().unwrap();
    ResolvedTenant { tenant, explicit: true }
}

/// A sign-in in a browser that holds this cookie of trust.
fn browse(world: &World, email: &str, device: Option<&str>) -> Option<Step> {
    let attempt = Attempt { email, password: PASSWORD };
    let channel = Channel::Browser { device, session: None };
    pollster::block_on(sign_in::with_password(&world.cx(), &home(world), attempt, channel)).ok()
}

/// Whether that browser is let in without a second factor.
fn trusted(world: &World, email: &str, device: &str) -> bool {
    matches!(browse(world, email, Some(device)), Some(Step::SignedIn(_)))
}

/// Completes a sign-in in a browser that is to be trusted.
fn trust(world: &World, app: &App) -> SignedIn {
    let Some(Step::Second(waiting)) = browse(world, &app.user.email, None) else { panic!("no challenge") };
    let code = world.code(&app.secret);
    let channel = Channel::Browser { device: None, session: None };
    let (cx, resolved) = (world.cx(), home(world));
    let done = sign_in::complete(&cx, &resolved, &waiting.secret, channel, Proof::Code(&code), true);
    pollster::block_on(done).unwrap()
}

fn with_trust(days: i64) -> (World, App, String) {
    let world = World::new();
    world.settings(json!({ "trustedDeviceDays": days }));
    let app = world.with_app("ada@example.com");
    let device = trust(&world, &app).device.unwrap();
    assert!(trusted(&world, "ada@example.com", &device));
    (world, app, device)
}

#[test]
fn a_trusted_browser_is_let_in_without_a_second_factor_and_no_other() {
    let (world, _, device) = with_trust(30);
    assert!(matches!(browse(&world, "ada@example.com", None), Some(Step::Second(_))));
    assert!(!trusted(&world, "ada@example.com", "another"));
    // It is trusted for its user and for nothing but the second factor.
    world.with_app("bob@example.com");
    assert!(!trusted(&world, "bob@example.com", &device));
    let attempt = Attempt { email: "ada@example.com", password: "wrong" };
    let channel = Channel::Browser { device: Some(&device), session: None };
    assert!(
        pollster::block_on(sign_in::with_password(&world.cx(), &home(&world), attempt, channel)).is_err()
    );
    world.settings(json!({ "trustedDeviceDays": 0 }));
    world.settings(json!({ "trustedDeviceDays": 30 }));
    assert!(!trusted(&world, "ada@example.com", &device), "what was forgotten stays so");
    assert_eq!(world.number("SELECT count(*) AS n FROM trusted_devices"), 0);
}

#[test]
fn trust_lasts_as_long_as_the_tenant_says() {
    let (world, _, device) = with_trust(2);
    world.advance(2 * 86_400 - 31);
    assert!(trusted(&world, "ada@example.com", &device));
    world.advance(31);
    assert!(!trusted(&world, "ada@example.com", &device));
}

#[test]
fn a_tenant_that_trusts_no_browser_hands_out_no_cookie() {
    let world = World::new();
    let app = world.with_app("ada@example.com");
    assert_eq!(trust(&world, &app).device, None);
}

#[test]
fn trust_ends_with_the_password_the_factor_and_by_hand() {
    type End = fn(&World, &App);
    let ends: [(&str, End); 6] = [
        ("a changed password", |world, app| {
            let body = json!({ "currentPassword": PASSWORD, "newPassword": PASSWORD });
            world.post("/api/auth/change-password").bearer(&app.access).json(body).send().is(200);
        }),
        ("a reset password", |world, _| {
            let email = "ada@example.com";
            world.post("/auth/forgot-password").json(json!({ "email": email })).send().is(200);
            let body = json!({ "token": world.mailed_token(email), "password": PASSWORD });
            world.post("/auth/reset-password").json(body).send().is(200);
        }),
        ("a reset second factor", |world, app| {
            let path = format!("/tenant/home/v2/Users/{}", app.user.id);
            let body = json!({ "resetTOTP": true });
            world.put(&path).bearer(&world.admin()).json(body).send().is(200);
        }),
        ("another second factor", |world, app| {
            let path = format!("/tenant/home/v2/Users/{}", app.user.id);
            world.put(&path).bearer(&world.admin()).json(json!({ "mfa": "email" })).send().is(200);
        }),
        ("a removed and renewed second factor", |world, app| {
            world.advance(30);
            let code = json!({ "code": world.code(&app.secret) });
            world.post("/auth/mfa/disable").bearer(&app.access).json(code).send().is(200);
            let secret = world.post("/auth/mfa/enable").bearer(&app.access).send().is(200).str("/secret");
            let code = json!({ "code": world.code(&secret) });
            world.post("/auth/mfa/verify").bearer(&app.access).json(code).send().is(200);
        }),
        ("its end by hand", |world, app| {
            let cx = world.cx();
            let resolved = home(world);
            let sent =
                principal::Sent { method: "POST", bearer: Some(&app.access), ..principal::Sent::default() };
            let session = pollster::block_on(principal::own_session(&cx, &resolved, &sent)).unwrap();
            let all = pollster::block_on(trusted_devices::list(&cx, &session)).unwrap();
            for device in all {
                pollster::block_on(trusted_devices::revoke(&cx, &session, &device.id)).unwrap();
            }
        }),
    ];
    for (name, end) in ends {
        let (world, app, device) = with_trust(30);
        end(&world, &app);
        assert!(!trusted(&world, "ada@example.com", &device), "after {name}");
    }
}

#[test]
fn a_trusted_browser_has_proved_one_factor_and_steps_up_like_any_other() {
    let (world, _, device) = with_trust(30);
    let Some(Step::SignedIn(signed_in)) = browse(&world, "ada@example.com", Some(&device)) else {
        panic!("not trusted")
    };
    let SessionSecret::Cookie(cookie) = &signed_in.session_secret else { panic!("no cookie") };
    let (cx, resolved) = (world.cx(), home(&world));
    let found = principal::browser(&cx, &resolved, Some(cookie));
    let session = pollster::block_on(found).unwrap().unwrap();
    assert_eq!(session.amr, ["pwd", "device"]);
    // An API is no browser, whatever it sends.
    let reply = world
        .post("/auth/login")
        .header("cookie", &format!("__Host-portcullis-device={device}"))
        .json(json!({ "email": "ada@example.com", "password": PASSWORD }))
        .send()
        .is(200);
    assert_eq!(reply.json["mfa_required"], true);
}

#[test]
fn an_app_is_not_set_up_over_another_with_the_password_alone() {
    let world = World::new();
    let app = world.with_app("ada@example.com");
    let alone = world.session_by(&app.user, &["pwd", "device"]).access;
    let refused = world.post("/auth/mfa/enable").bearer(&alone).send().is(401);
    assert_eq!(refused.json["error"], "mfa_required");
    world.post("/auth/mfa/enable").bearer(&alone).json(json!({ "method": "email" })).send().is(401);
    for (path, at) in [("/auth/mfa/send", "/methods"), ("/api/auth/mfa/step-up", "/data/methods")] {
        let asked = world.post(path).bearer(&alone).send().is(200);
        assert_eq!(asked.json.pointer(at), Some(&json!(["totp", "backup"])));
        assert!(!asked.text.contains("otpauth"));
    }
    for path in ["/auth/mfa/disable", "/auth/mfa/backup-codes"] {
        world.post(path).bearer(&alone).json(json!({ "code": "" })).send().is(401);
    }
    // Who has proved it may move to another phone.
    let secret = world.post("/auth/mfa/enable").bearer(&app.access).send().is(200).str("/secret");
    let body = json!({ "code": world.code(&secret) });
    world.post("/auth/mfa/verify").bearer(&app.access).json(body).send().is(200);
    world.advance(30);
    world.mfa_login("ada@example.com", &world.code(&app.secret)).is(401);
    world.mfa_login("ada@example.com", &world.code(&secret)).is(200);
}

#[test]
fn who_began_to_set_an_app_up_before_another_was_does_not_replace_that() {
    let world = World::new();
    let user = world.user_with("home", "ada@example.com", |user| user.mfa = Mfa::Totp);
    let theirs = world.login("ada@example.com", PASSWORD).is(200);
    let session = world.session_by(&user, &["pwd", "device"]).access;
    let third = world.post("/auth/mfa/enable").bearer(&session).send().is(200).str("/secret");
    let app = world.app_of(user);
    world.verify(&theirs, &world.code(&theirs.str("/enrolment/secret"))).is(401);
    let body = json!({ "code": world.code(&third) });
    world.post("/auth/mfa/verify").bearer(&session).json(body).send().is(401);
    world.mfa_login("ada@example.com", &world.code(&app.secret)).is(200);
    // Nor does one of two at once.
    world.user_with("home", "bob@example.com", |user| user.mfa = Mfa::Totp);
    let logins: Vec<_> = (0..2).map(|_| world.login("bob@example.com", PASSWORD).is(200)).collect();
    let asks = logins
        .iter()
        .map(|waiting| world.verifying(waiting, &world.code(&waiting.str("/enrolment/secret"))))
        .collect();
    let replies = world.together(asks);
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1);
}

#[test]
fn nobody_chooses_their_second_factor_by_a_members_name() {
    let world = World::new();
    let members = [("mfa", json!("totp")), ("mfa", json!("email")), ("resetTOTP", json!(true))];
    for (at, (name, value)) in members.into_iter().enumerate() {
        let email = format!("ada{at}@example.com");
        let mut body = json!({ "email": email, "password": PASSWORD });
        body[name] = value;
        world.post("/auth/register").json(body).send().is(201);
    }
    assert_eq!(world.number("SELECT count(*) AS n FROM users WHERE mfa <> 'none'"), 0);
    let app = world.with_app("bob@example.com");
    let mut body = json!({ "email": "bob@example.com", "password": PASSWORD });
    for name in ["mfa", "mfaRequired", "mfa_required", "amr", "trusted", "trust_device"] {
        body[name] = json!(false);
    }
    for path in ["/auth/login", "/api/auth/login"] {
        let reply = world.post(path).json(body.clone()).send().is(200);
        assert!(!reply.text.contains("oken\":\"ey"), "{}", reply.text);
    }
    let body = json!({ "resetTOTP": true, "mfa": "none" });
    world
        .put(&format!("/tenant/home/v2/Users/{}", app.user.id))
        .bearer(&app.access)
        .json(body)
        .send()
        .is(403);
}

#[test]
fn a_code_in_the_mailbox_is_no_second_factor_for_one_who_came_by_mail() {
    let world = World::new();
    let user = world.with_mail("ada@example.com");
    let sent = world.mails("ada@example.com").len();
    let tenant = home(&world).tenant;
    let proof = FirstProof::Password(user.password_hash.clone().unwrap());
    let proved = FirstFactor::new(tenant, user, vec!["otp"], proof);
    let step = pollster::block_on(sign_in::continue_with(&world.cx(), proved, Channel::Api)).unwrap();
    let Step::Second(waiting) = step else { panic!("signed in") };
    let names: Vec<&str> = waiting.methods().iter().map(|method| method.name()).collect();
    assert_eq!(names, ["password"]);
    assert_eq!(world.mails("ada@example.com").len(), sent);
    let body = |proof: &str, value: &str| json!({ "mfa_token": waiting.secret, proof: value });
    world.post("/auth/mfa/send").json(json!({ "mfa_token": waiting.secret })).send().is(401);
    world.post("/auth/mfa/verify").json(body("code", "123456")).send().is(401);
    world.post("/auth/mfa/verify").json(body("password", "wrong")).send().is(401);
    let done = world.post("/auth/mfa/verify").json(body("password", PASSWORD)).send().is(200);
    assert_eq!(claims(&done.str("/access_token"))["amr"], json!(["otp", "pwd", "mfa"]));
}

#[test]
fn a_sealed_secret_opens_in_its_own_row_alone() {
    let world = World::new();
    let ada = world.with_app("ada@example.com");
    let bob = world.with_app("bob@example.com");
    world.sql(&format!(
        "UPDATE authenticators SET sealed_secret =
           (SELECT sealed_secret FROM authenticators WHERE user_id = '{}') WHERE user_id = '{}'",
        ada.user.id, bob.user.id
    ));
    assert_eq!(world.mfa_login("bob@example.com", &world.code(&ada.secret)).status, 500);
    world.mfa_login("ada@example.com", &world.code(&ada.secret)).is(200);
    let stored = format!("{:?}", world.dump());
    assert!(!stored.contains(&ada.secret));
    // Nor does one that waits open in another's challenge.
    let session = |email: &str| world.session(&world.user(email)).access;
    let (eve, cy) = (session("eve@example.com"), session("cy@example.com"));
    let known = world.post("/auth/mfa/enable").bearer(&eve).send().is(200).str("/secret");
    world.post("/auth/mfa/enable").bearer(&cy).send().is(200);
    world.sql(
        "UPDATE challenges SET sealed_secret = (SELECT sealed_secret FROM challenges JOIN users ON users.id = user_id
                                                WHERE email = 'eve@example.com' AND purpose = 'enrol')
         WHERE user_id = (SELECT id FROM users WHERE email = 'cy@example.com')",
    );
    let body = json!({ "code": world.code(&known) });
    assert_eq!(world.post("/auth/mfa/verify").bearer(&cy).json(body).send().status, 500);
}

#[test]
fn a_password_that_is_reset_meanwhile_lets_nobody_in() {
    let world = World::new();
    for email in ["ada@example.com", "bob@example.com"] {
        world.user_with("home", email, |user| {
            user.mfa = if email.starts_with('b') { Mfa::Email } else { Mfa::None }
        });
        world.post("/auth/forgot-password").json(json!({ "email": email })).send().is(200);
        let body = json!({ "token": world.mailed_token(email), "password": "another password" });
        let reset = world.post("/auth/reset-password").json(body);
        // An isolate that remembers nothing asks more often, so that the reset comes between looking at the
        // password and the session.
        let login =
            || world.post("/auth/login").json(json!({ "email": email, "password": PASSWORD })).fresh();
        let replies = world.together(vec![login(), login(), login(), login(), reset]);
        assert_eq!(replies[4].status, 200, "{}", replies[4].text);
        for reply in &replies[..4] {
            if let (200, Some(token)) = (reply.status, reply.json["access_token"].as_str()) {
                world.get("/api/auth/me").bearer(token).fresh().send().is(401);
            }
        }
        let waits = "SELECT count(*) AS n FROM challenges WHERE used_at IS NULL";
        assert_eq!(world.number(waits), 0, "{email}");
    }
    assert_eq!(world.number("SELECT count(*) AS n FROM sessions WHERE ended_at IS NULL"), 0);
}

/// Counted is what is asked of the database and of counters before the answer. A sign-in with a code in the same
/// call is held against one with the password alone; of one in two calls, each call is.
#[test]
fn a_second_factor_costs_one_counter_and_no_round_trip_more() {
    let world = World::new();
    let app = world.with_app("ada@example.com");
    world.user("bob@example.com");
    world.login("bob@example.com", PASSWORD).is(200);
    world.mfa_login("ada@example.com", &world.code(&app.secret)).is(200);
    world.advance(30);
    let login = |email: &str| world.post("/auth/login").json(json!({ "email": email, "password": PASSWORD }));
    // The caches of this isolate know tenant and keys again.
    login("bob@example.com").send().is(200);
    let (reply, [trips, counts]) = login("bob@example.com").cost();
    reply.is(200);
    let body = json!({ "email": "ada@example.com", "password": PASSWORD, "code": world.code(&app.secret) });
    let (reply, at_once) = world.post("/auth/mfa/login").json(body).cost();
    reply.is(200);
    assert_eq!(at_once, [trips, counts + 1]);
    world.advance(30);
    login("bob@example.com").send().is(200);
    let (waiting, first) = login("ada@example.com").cost();
    assert_eq!(first, [trips, counts]);
    let (done, second) = world.verifying(&waiting, &world.code(&app.secret)).cost();
    let token = done.is(200).str("/access_token");
    // To find what waits, and the session, which the login without a second factor writes as well.
    assert_eq!(second, [2, 1]);
    assert_eq!(claims(&token)["amr"], json!(BOTH));
}
