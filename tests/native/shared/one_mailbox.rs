//! What came through one mailbox is one factor: each pair of proofs, on each surface, and what tokens say of it.

use serde_json::{Value, json};

use crate::harness::{Authenticator, PASSWORD, Reply, World, claims};

pub(super) const ADA: &str = "ada@example.com";
pub(super) const NEW: &str = "another long password";
pub(super) const ONE: &str = "urn:portcullis:acr:1fa";
pub(super) const TWO: &str = "urn:portcullis:acr:2fa";

/// Sets a new password by mail.
pub(super) fn reset(world: &World, email: &str) {
    world.post("/auth/forgot-password").json(json!({ "email": email })).send().is(200);
    let body = json!({ "token": world.mailed_token(email), "password": NEW });
    world.post("/auth/reset-password").json(body).send().is(200);
}

/// An API's words for a sign-in: where it begins and is completed, and where its answers have what.
pub(super) struct Surface {
    pub(super) login: &'static str,
    pub(super) verify: &'static str,
    pub(super) secret: &'static str,
    pub(super) sent_as: &'static str,
    pub(super) methods: &'static str,
    pub(super) token: &'static str,
}

pub(super) const SURFACES: [Surface; 2] = [
    Surface {
        login: "/api/auth/login",
        verify: "/api/auth/mfa/verify",
        secret: "/data/challenge",
        sent_as: "challenge",
        methods: "/data/methods",
        token: "/data/tokens/accessToken",
    },
    Surface {
        login: "/auth/login",
        verify: "/auth/mfa/verify",
        secret: "/mfa_token",
        sent_as: "mfa_token",
        methods: "/methods",
        token: "/access_token",
    },
];

impl Surface {
    fn login(&self, world: &World, password: &str) -> Reply {
        world.post(self.login).json(json!({ "email": ADA, "password": password })).send().is(200)
    }

    pub(super) fn verify(&self, world: &World, waiting: &Reply, proof: Value) -> Reply {
        let mut body = proof;
        body[self.sent_as] = json!(waiting.str(self.secret));
        world.post(self.verify).json(body).send()
    }

    fn methods(&self, waiting: &Reply) -> Value {
        waiting.json.pointer(self.methods).cloned().unwrap_or_default()
    }

    pub(super) fn access(&self, reply: &Reply) -> String {
        let found = reply.json.pointer(self.token).or_else(|| reply.json.pointer("/data/accessToken"));
        found.and_then(Value::as_str).unwrap_or_else(|| panic!("{}", reply.text)).to_owned()
    }
}

pub(super) fn said(token: &str) -> (String, Vec<String>) {
    let claims = claims(token);
    let amr = claims["amr"].as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect();
    (claims["acr"].as_str().unwrap().to_owned(), amr)
}

#[test]
fn a_reset_and_a_mailed_code_are_one_factor_on_each_surface() {
    for surface in SURFACES {
        let world = World::new();
        world.with_mail(ADA);
        // With the password that they chose themselves, a code by mail is the second.
        let waiting = surface.login(&world, PASSWORD);
        let done = surface.verify(&world, &waiting, json!({ "code": world.mailed_code(ADA) })).is(200);
        assert_eq!(
            said(&surface.access(&done)),
            (TWO.into(), vec!["pwd".into(), "otp".into(), "mfa".into()])
        );
        reset(&world, ADA);
        let waiting = surface.login(&world, NEW);
        assert_eq!(surface.methods(&waiting), json!(["email"]));
        let done = surface.verify(&world, &waiting, json!({ "code": world.mailed_code(ADA) })).is(200);
        let access = surface.access(&done);
        assert_eq!(said(&access), (ONE.into(), vec!["pwd".into(), "otp".into(), "mailbox".into()]));
        // They are in, with one factor.
        world.get("/api/auth/me").bearer(&access).send().is(200);
        // A second sign-in changes nothing of that.
        let waiting = surface.login(&world, NEW);
        let done = surface.verify(&world, &waiting, json!({ "code": world.mailed_code(ADA) })).is(200);
        assert_eq!(said(&surface.access(&done)).0, ONE);
    }
}

#[test]
fn where_there_is_another_factor_it_is_asked_for_and_confirms_the_password() {
    for surface in SURFACES {
        let world = World::new();
        let user = world.user(ADA);
        // Codes by mail, set up with a set of backup codes.
        let access = world.session(&user).access;
        world.post("/auth/mfa/enable").bearer(&access).json(json!({ "method": "email" })).send().is(200);
        let body = json!({ "code": world.mailed_code(ADA) });
        let on = world.post("/auth/mfa/confirm").bearer(&access).json(body.clone()).send();
        let on = if on.status == 404 {
            world.post("/auth/mfa/verify").bearer(&access).json(body).send()
        } else {
            on
        };
        let backup = on.is(200).json["backup_codes"][0].as_str().unwrap().to_owned();
        reset(&world, ADA);
        let mails = world.mails(ADA).len();
        let waiting = surface.login(&world, NEW);
        assert_eq!(surface.methods(&waiting), json!(["backup"]));
        assert_eq!(world.mails(ADA).len(), mails, "no code is mailed");
        let done = surface.verify(&world, &waiting, json!({ "code": backup })).is(200);
        assert_eq!(said(&surface.access(&done)).0, TWO);
        // From now on the password is their own.
        let waiting = surface.login(&world, NEW);
        assert_eq!(surface.methods(&waiting)[0], "email");
        let done = surface.verify(&world, &waiting, json!({ "code": world.mailed_code(ADA) })).is(200);
        assert_eq!(said(&surface.access(&done)).0, TWO);
    }
}

#[test]
fn an_app_is_a_second_factor_after_a_reset_too() {
    for surface in SURFACES {
        let world = World::new();
        let app = world.with_app(ADA);
        reset(&world, ADA);
        let waiting = surface.login(&world, NEW);
        assert_eq!(surface.methods(&waiting)[0], "totp");
        let done = surface.verify(&world, &waiting, json!({ "code": world.code(&app.secret) })).is(200);
        assert_eq!(
            said(&surface.access(&done)),
            (TWO.into(), vec!["pwd".into(), "otp".into(), "mfa".into()])
        );
        assert_eq!(world.number("SELECT count(*) AS n FROM users WHERE password_by_mail"), 0);
    }
    let world = World::new();
    let app = world.with_app(ADA);
    reset(&world, ADA);
    let body = json!({ "email": ADA, "password": NEW, "code": world.code(&app.secret) });
    let done = world.post("/auth/mfa/login").json(body).send().is(200);
    assert_eq!(said(&done.str("/access_token")).0, TWO);
    assert_eq!(world.number("SELECT count(*) AS n FROM users WHERE password_by_mail"), 0);
}

/// A first proof, a second one, and what they amount to.
#[test]
fn two_proofs_of_one_mailbox_are_one_factor() {
    type Prepare = fn(&World);
    let by_reset: Prepare = |world| reset(world, ADA);
    let nothing: Prepare = |_| {};
    for (what, prepare, first, second, acr) in [
        ("own password, code", nothing, "password", "code", TWO),
        ("reset, code", by_reset, "password", "code", ONE),
        ("link, own password", nothing, "link", "password", TWO),
        ("link, reset", by_reset, "link", "password", ONE),
        ("mailed code, own password", nothing, "mailed code", "password", TWO),
        ("mailed code, reset", by_reset, "mailed code", "password", ONE),
    ] {
        for magic in ["/api/auth/magic-link", "/users/auth/magic-link"] {
            let world = World::new();
            world.with_mail(ADA);
            prepare(&world);
            let password =
                if world.number("SELECT password_by_mail AS n FROM users") == 1 { NEW } else { PASSWORD };
            let waiting = if first == "password" {
                SURFACES[0].login(&world, password)
            } else {
                world.post(&format!("{magic}/request")).json(json!({ "email": ADA })).send().is(200);
                let body = match first {
                    "link" => json!({ "token": world.mailed_link(ADA) }),
                    _ => json!({ "email": ADA, "code": world.mailed_code(ADA) }),
                };
                world.post(&format!("{magic}/verify")).json(body).send().is(200)
            };
            let secret = waiting.json.pointer("/data/challenge").or_else(|| waiting.json.get("challenge"));
            let secret = secret.unwrap_or_else(|| panic!("{what}: {}", waiting.text)).clone();
            let mut body = match second {
                "code" => json!({ "code": world.mailed_code(ADA) }),
                _ => json!({ "password": password }),
            };
            body["challenge"] = secret;
            let done = world.post("/api/auth/mfa/verify").json(body).send().is(200);
            let (said, amr) = said(&SURFACES[0].access(&done));
            assert_eq!(said, acr, "{what}: {amr:?}");
            assert_eq!(amr.contains(&"mfa".to_owned()), acr == TWO, "{what}: {amr:?}");
        }
    }
}

#[test]
fn codes_by_mail_that_are_set_up_by_one_who_came_by_mail_are_no_second_factor() {
    for by_link in [true, false] {
        let world = World::new();
        world.user(ADA);
        let access = if by_link {
            world.post("/api/auth/magic-link/request").json(json!({ "email": ADA })).send().is(200);
            let body = json!({ "token": world.mailed_link(ADA) });
            let reply = world.post("/api/auth/magic-link/verify").json(body).send().is(200);
            SURFACES[0].access(&reply)
        } else {
            reset(&world, ADA);
            world.login(ADA, NEW).is(200).str("/access_token")
        };
        let body = json!({ "method": "email" });
        world.post("/auth/mfa/enable").bearer(&access).json(body).send().is(200);
        let body = json!({ "code": world.mailed_code(ADA) });
        let done = world.post("/auth/mfa/verify").bearer(&access).json(body).send().is(200);
        let (acr, amr) = said(&done.str("/access_token"));
        assert_eq!(acr, ONE, "{amr:?}");
        world.get("/api/auth/me").bearer(&done.str("/access_token")).send().is(200);
    }
}

#[test]
fn another_address_does_not_make_two_of_one() {
    let world = World::new();
    world.with_mail(ADA);
    reset(&world, ADA);
    world.sql("UPDATE users SET email = 'new@example.com', email_key = 'new@example.com'");
    let waiting = world.login("new@example.com", NEW).is(200);
    let done = world.verify(&waiting, &world.mailed_code("new@example.com")).is(200);
    assert_eq!(said(&done.str("/access_token")).0, ONE);
}

#[test]
fn a_password_changed_with_one_that_was_set_by_mail_is_set_by_mail() {
    let world = World::new();
    world.user(ADA);
    let change = |access: &str, current: &str, new: &str| {
        let body = json!({ "currentPassword": current, "newPassword": new });
        world.post("/api/auth/change-password").bearer(access).json(body).send().is(200);
        world.number("SELECT password_by_mail AS n FROM users")
    };
    let user = world.sql("SELECT id FROM users");
    assert!(!user.is_empty());
    assert_eq!(change(&world.login(ADA, PASSWORD).str("/access_token"), PASSWORD, "a third long one"), 0);
    reset(&world, ADA);
    assert_eq!(change(&world.login(ADA, NEW).str("/access_token"), NEW, "a fourth long one"), 1);
}

#[test]
fn what_asks_for_two_refuses_one_mailbox_until_another_factor_is_set_up() {
    let world = World::new();
    world.with_mail(ADA);
    world.route(json!({ "auth": "required", "mfa": "required" }));
    reset(&world, ADA);
    let waiting = world.login(ADA, NEW).is(200);
    let access = world.verify(&waiting, &world.mailed_code(ADA)).is(200).str("/access_token");
    let refused = world.get("/app/x").bearer(&access).send();
    assert_eq!(refused.status, 401, "{}", refused.text);
    assert!(refused.header("www-authenticate").unwrap().contains("insufficient_user_authentication"));
    // All that they have is proved, so another one may be set up, as by one who has none.
    let begun = world.post("/auth/mfa/enable").bearer(&access).json(json!({})).send().is(200);
    let secret = begun.str("/secret");
    let body = json!({ "code": world.code(&secret) });
    let done = world.post("/auth/mfa/verify").bearer(&access).json(body).send().is(200);
    assert_eq!(
        said(&done.str("/access_token")),
        (TWO.into(), vec!["pwd".into(), "otp".into(), "mfa".into()])
    );
    world.get("/app/x").bearer(&done.str("/access_token")).plan();
    // A session that proved the mailbox alone is over then.
    world.get("/api/auth/me").bearer(&access).fresh().send().is(200);
    assert_eq!(world.number("SELECT password_by_mail AS n FROM users WHERE email = 'ada@example.com'"), 0);
}

#[test]
fn one_mailbox_adds_no_passkey_and_trusts_no_browser() {
    let world = World::new();
    world.with_mail(ADA);
    world.settings(json!({ "trustedDeviceDays": 30 }));
    reset(&world, ADA);
    let waiting = world.login(ADA, NEW).is(200);
    let access = world.verify(&waiting, &world.mailed_code(ADA)).is(200).str("/access_token");
    let refused = world.post("/api/auth/passkeys/options").bearer(&access).send().is(401);
    assert_eq!(refused.str("/code"), "MFA_REQUIRED");
    let fields = [("email", ADA), ("password", NEW)];
    let begun = world.post("/tenant/home/login").navigating().form(&fields).send().is(303);
    let cookie =
        format!("__Host-portcullis-challenge={}", begun.sets("__Host-portcullis-challenge").unwrap());
    let page = world.get("/tenant/home/mfa").navigating().header("cookie", &cookie).send().is(200);
    let (_, rest) = page.text.split_once("name=\"challenge\" value=\"").unwrap();
    let code = world.mailed_code(ADA);
    let fields = [("challenge", rest.split('"').next().unwrap()), ("code", code.as_str()), ("trust", "on")];
    let done =
        world.post("/tenant/home/mfa").navigating().header("cookie", &cookie).form(&fields).send().is(303);
    assert!(done.sets("__Host-portcullis").is_some() && done.sets("__Host-portcullis-device").is_none());
    let amr = world.sql("SELECT amr FROM sessions ORDER BY id DESC LIMIT 1");
    assert_eq!(amr[0]["amr"], json!("[\"pwd\",\"otp\",\"mailbox\"]"));
    let mut authenticator = Authenticator::new(1);
    let two = world.session_by(&world.user("bob@example.com"), &["pwd"]).access;
    world.add_passkey(&two, &mut authenticator).is(201);
}
