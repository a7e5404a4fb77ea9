//! `POST /auth/register`.

use serde_json::json;

use crate::harness::{PASSWORD, World};

fn body(email: &str) -> serde_json::Value {
    json!({ "email": email, "password": PASSWORD, "full_name": "Ada Lovelace" })
}

#[test]
fn a_registration_is_answered_and_a_link_is_mailed() {
    let world = World::new();
    let reply = world.post("/auth/register").json(body("Ada@Example.com")).send().is(201);
    assert_eq!(reply.json["email"], "Ada@example.com");
    assert!(reply.json["message"].as_str().unwrap().contains("check your email"));
    let mail = world.mails("Ada@example.com").pop().unwrap();
    assert!(mail.text.contains("https://auth.example.com/auth/verify-email?token="));
    assert!(mail.html.contains("https://auth.example.com/auth/verify-email?token="));
    assert_eq!(world.events("user.registered"), 1);
    assert_eq!(world.events("mail.sent"), 1);
}

#[test]
fn one_who_has_not_confirmed_cannot_log_in_and_one_who_has_can() {
    let world = World::new();
    world.post("/auth/register").json(body("ada@example.com")).send().is(201);
    let reply = world.login("ada@example.com", PASSWORD).is(403);
    assert_eq!(reply.json["error"], "email_not_verified");
    let token = world.mailed_token("ada@example.com");
    world.post("/auth/verify-email").json(json!({ "token": token })).send().is(200);
    world.login("ada@example.com", PASSWORD).is(200);
}

#[test]
fn whether_an_address_is_taken_is_not_told() {
    let world = World::new();
    world.user("ada@example.com");
    let taken = world.post("/auth/register").json(body("ada@example.com")).send().is(201);
    let free = world.post("/auth/register").json(body("bob@example.com")).send().is(201);
    assert_eq!(taken.json["message"], free.json["message"]);
    let mail = world.mails("ada@example.com").pop().unwrap();
    assert_eq!(mail.subject, "You already have an account");
    assert_eq!(world.number("SELECT count(*) AS n FROM users"), 2);
}

#[test]
fn registering_again_does_not_change_the_password_of_an_account() {
    let world = World::new();
    world.user("ada@example.com");
    let other = json!({ "email": "ada@example.com", "password": "another password" });
    world.post("/auth/register").json(other).send().is(201);
    world.login("ada@example.com", "another password").is(401);
}

#[test]
fn a_link_of_ours_carries_the_configured_origin_whatever_host_says() {
    let world = World::new();
    let ask = world.post("/auth/register").host("evil.example").header("x-forwarded-host", "evil.example");
    ask.json(body("ada@example.com")).send().is(201);
    let mail = world.mails("ada@example.com").pop().unwrap();
    assert!(!mail.text.contains("evil.example") && !mail.html.contains("evil.example"));
}

#[test]
fn what_cannot_be_registered_is_said() {
    let world = World::new();
    let long = "x".repeat(1_025);
    let name = "n".repeat(201);
    for (body, said) in [
        (json!({ "email": "nobody", "password": PASSWORD }), "email"),
        (json!({ "email": "a@b.example", "password": "short" }), "password"),
        (json!({ "email": "a@b.example", "password": long }), "password"),
        (json!({ "email": "a@b.example", "password": PASSWORD, "full_name": name }), "full_name"),
        (json!({ "email": "a@b.example", "password": PASSWORD, "full_name": "a\nb" }), "full_name"),
        (json!({ "email": "a@b.example" }), "password"),
        (json!({ "email": 1, "password": PASSWORD }), "string"),
    ] {
        let reply = world.post("/auth/register").json(body).send().is(400);
        assert_eq!(reply.json["error"], "validation_error");
        assert!(reply.str("/message").contains(said), "{}", reply.text);
    }
    assert_eq!(world.number("SELECT count(*) AS n FROM users"), 0);
}

#[test]
fn a_body_cannot_give_what_only_an_administrator_may() {
    let world = World::new();
    let body = json!({
        "email": "ada@example.com", "password": PASSWORD, "roles": ["ADMIN"], "plan": "enterprise", "tenantId": "other",
        "email_verified": true, "emailVerified": true, "operator": true, "mfa": "none", "status": "active",
    });
    world.post("/auth/register").json(body).send().is(201);
    let user = world.sql("SELECT * FROM users").pop().unwrap();
    assert_eq!(user["roles"], "[]");
    assert_eq!(user["tenant_id"], "home");
    assert_eq!(user["email_verified"], 0);
    assert_eq!(user["operator"], 0);
    assert!(user["plan"].is_null());
}

#[test]
fn default_roles_are_given() {
    let world = World::new();
    world.settings(json!({ "defaultRoles": ["TECHNICIAN"], "requireVerifiedEmail": false }));
    world.post("/auth/register").json(body("ada@example.com")).send().is(201);
    let reply = world.login("ada@example.com", PASSWORD).is(200);
    assert_eq!(reply.json["user"]["roles"], json!(["TECHNICIAN"]));
}

#[test]
fn a_taken_address_conflicts_only_where_no_confirmation_is_required() {
    let world = World::new();
    world.settings(json!({ "requireVerifiedEmail": false }));
    world.post("/auth/register").json(body("ada@example.com")).send().is(201);
    let reply = world.post("/auth/register").json(body("ADA@example.com")).send().is(409);
    assert_eq!(reply.json["error"], "conflict");
}

#[test]
fn a_closed_tenant_registers_nobody() {
    let world = World::new();
    world.settings(json!({ "allowRegistration": false }));
    let reply = world.post("/auth/register").json(body("ada@example.com")).send().is(403);
    assert_eq!(reply.json["error"], "registration_closed");
}

#[test]
fn strangers_can_make_us_mail_an_address_five_times_in_fifteen_minutes() {
    let world = World::new();
    for _ in 0..8 {
        world.post("/auth/register").json(body("ada@example.com")).send().is(201);
    }
    assert_eq!(world.mails("ada@example.com").len(), 5);
    world.advance(900);
    world.post("/auth/register").json(body("ada@example.com")).send().is(201);
    assert_eq!(world.mails("ada@example.com").len(), 6);
}

#[test]
fn an_account_stands_when_its_mail_could_not_be_sent() {
    let world = World::new();
    world.post.broken.set(true);
    world.post("/auth/register").json(body("ada@example.com")).send().is(201);
    assert_eq!(world.events("mail.failed"), 1);
    world.post.broken.set(false);
    world.post("/auth/register").json(body("ada@example.com")).send().is(201);
    let token = world.mailed_token("ada@example.com");
    world.post("/auth/verify-email").json(json!({ "token": token })).send().is(200);
}

#[test]
fn a_stranger_who_registered_an_address_first_does_not_get_its_owners_account() {
    let world = World::new();
    let stranger = json!({ "email": "ada@example.com", "password": "the stranger's password" });
    world.post("/auth/register").json(stranger).send().is(201);
    // The owner comes later, and confirms the address by the mail that follows their own registration.
    world.post("/auth/register").json(body("ada@example.com")).send().is(201);
    let token = world.mailed_token("ada@example.com");
    world.post("/auth/verify-email").json(json!({ "token": token })).send().is(200);
    world.login("ada@example.com", "the stranger's password").is(401);
}

#[test]
fn a_name_is_repeated_in_a_mail_only_if_nothing_makes_a_link_of_it() {
    for (name, greeting) in [
        ("Ada O'Neill-Byron", "Hello Ada O'Neill-Byron,"),
        ("<a href=\"https://evil.example\">Ada</a>", "Hello,"),
        ("Win at evil.example", "Hello,"),
    ] {
        let world = World::new();
        let body = json!({ "email": "ada@example.com", "password": PASSWORD, "full_name": name });
        world.post("/auth/register").json(body).send().is(201);
        let mail = world.mails("ada@example.com").pop().unwrap();
        assert!(mail.text.starts_with(greeting), "{}", mail.text);
        assert!(!mail.html.contains("evil.example"), "{}", mail.html);
    }
}

#[test]
fn the_password_and_name_are_those_of_the_registration_that_is_confirmed() {
    let world = World::new();
    for (password, name) in [("the first password", "First"), (PASSWORD, "Second")] {
        let body = json!({ "email": "ada@example.com", "password": password, "full_name": name });
        world.post("/auth/register").json(body).send().is(201);
    }
    let token = world.mailed_token("ada@example.com");
    world.post("/auth/verify-email").json(json!({ "token": token })).send().is(200);
    world.login("ada@example.com", "the first password").is(401);
    assert_eq!(world.login("ada@example.com", PASSWORD).is(200).json["user"]["full_name"], "Second");
}

#[test]
fn of_many_registrations_at_once_one_account_comes_to_be() {
    let world = World::new();
    let asks = (0..5).map(|_| world.post("/auth/register").json(body("ada@example.com"))).collect();
    let replies = world.together(asks);
    assert!(replies.iter().all(|reply| reply.status == 201));
    assert_eq!(world.number("SELECT count(*) AS n FROM users"), 1);
    assert_eq!(world.events("user.registered"), 1);
}

#[test]
fn only_addresses_of_the_named_domains_register() {
    let world = World::new();
    world.settings(json!({ "registrationDomains": ["example.com", "xn--mnchen-3ya.example"] }));
    for email in
        ["ada@example.org", "ada@sub.example.com", "ada@notexample.com", "ada@example.com.evil.example"]
    {
        let reply = world.post("/auth/register").json(body(email)).send().is(400);
        assert!(reply.str("/message").contains("domain"), "{email}");
        assert!(world.mails(email).is_empty());
    }
    for email in ["ada@EXAMPLE.com", "bob@m\u{fc}nchen.example"] {
        world.post("/auth/register").json(body(email)).send().is(201);
    }
    assert_eq!(world.number("SELECT count(*) AS n FROM users WHERE operator = 0"), 2);
    // An administrator makes any user.
    let other = json!({ "email": "cy@example.org" });
    world.post("/tenant/home/v2/Users").bearer(&world.admin()).json(other).send().is(201);
}

#[test]
fn a_password_that_everybody_tries_is_refused_wherever_one_is_chosen() {
    let world = World::new();
    for common in ["password", "PassWord", "12345678", "qwertyuiop", "P@ssw0rd", " iloveyou "] {
        let body = json!({ "email": "ada@example.com", "password": common });
        let reply = world.post("/auth/register").json(body.clone()).send().is(400);
        assert!(reply.str("/message").contains("guessed"), "{common}");
        world.post("/tenant/home/v2/Users").bearer(&world.admin()).json(body).send().is(400);
    }
    let user = world.user("bob@example.com");
    let token = world.session(&user).access;
    let change = json!({ "currentPassword": PASSWORD, "newPassword": "password1" });
    world.post("/api/auth/change-password").bearer(&token).json(change.clone()).send().is(400);
    world.post("/auth/forgot-password").json(json!({ "email": "bob@example.com" })).send().is(200);
    let reset = json!({ "token": world.mailed_token("bob@example.com"), "password": "password1" });
    world.post("/auth/reset-password").json(reset.clone()).send().is(400);
    // A tenant may take them.
    world.settings(json!({ "refuseCommonPasswords": false }));
    world.post("/auth/reset-password").json(reset).send().is(200);
}
