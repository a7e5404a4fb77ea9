//! `POST /setup`.

use portcullis::model::state::Mfa;
use serde_json::json;

use crate::harness::{PASSWORD, World};

fn body(token: &str) -> serde_json::Value {
    json!({ "token": token, "email": "root@example.com", "password": PASSWORD })
}

#[test]
fn the_first_administrator_is_made_once() {
    let world = World::new();
    let reply = world.post("/setup").json(body("set-me-up")).send().is(201);
    assert_eq!(reply.json["tenantId"], "home");
    assert_eq!(reply.json["user"]["email"], "root@example.com");
    assert_eq!(reply.json["user"]["roles"], json!(["ADMIN"]));
    assert_eq!(reply.json["user"]["operator"], true);
    let token = world.login("root@example.com", PASSWORD).is(200).str("/access_token");
    world.get("/tenant/home/v2/Tenants").bearer(&token).send().is(200);
    let again = json!({ "token": "set-me-up", "email": "other@example.com", "password": PASSWORD });
    world.post("/setup").json(again).send().is(409);
    assert_eq!(world.events("setup.done"), 1);
}

#[test]
fn who_does_not_know_the_token_makes_nobody() {
    let world = World::new();
    let reply = world.post("/setup").json(body("guess")).send().is(403);
    assert_eq!(reply.header("content-type"), Some("application/problem+json"));
    assert_eq!(world.events("setup.refused"), 1);
    assert_eq!(world.number("SELECT count(*) AS n FROM users"), 0);
}

#[test]
fn a_deployment_without_a_token_has_no_setup() {
    let world = World::with(&[("SETUP_TOKEN", "")]);
    world.post("/setup").json(body("")).send().is(403);
}

#[test]
fn guesses_at_the_token_are_limited() {
    let world = World::new();
    for _ in 0..10 {
        world.post("/setup").json(body("guess")).send().is(403);
    }
    world.post("/setup").json(body("set-me-up")).send().is(429);
    world.advance(60);
    world.post("/setup").json(body("set-me-up")).send().is(201);
}

#[test]
fn of_many_at_once_one_is_the_first() {
    let world = World::new();
    let asks = (0..4).map(|at| {
        let email = format!("root{at}@example.com");
        world.post("/setup").json(json!({ "token": "set-me-up", "email": email, "password": PASSWORD }))
    });
    let replies = world.together(asks.collect());
    assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1);
    assert_eq!(replies.iter().filter(|reply| reply.status == 409).count(), 3);
    assert_eq!(world.number("SELECT count(*) AS n FROM users"), 1);
}

#[test]
fn what_cannot_be_an_administrator_is_said() {
    let world = World::new();
    let bad = [
        json!({ "token": "set-me-up", "email": "root", "password": PASSWORD }),
        json!({ "token": "set-me-up", "email": "root@example.com", "password": "short" }),
        json!({ "token": "set-me-up", "email": "root@example.com" }),
    ];
    for body in bad {
        world.post("/setup").json(body).send().is(400);
    }
}

/// The name that people see in the mail of a reset, on the sign-in page and in an authenticator app.
fn seen(world: &World) -> [String; 3] {
    let email = "root@example.com";
    world.post("/auth/forgot-password").json(json!({ "email": email })).send().is(200);
    let mail = world.mails(email).pop().unwrap();
    let page = world.get("/tenant/home/login").navigating().send().is(200);
    let access = world.login(email, PASSWORD).is(200).str("/access_token");
    let app = world.post("/auth/mfa/enable").bearer(&access).json(json!({})).send().is(200);
    let uri = app.str("/otpauth_uri");
    let (_, issuer) = uri.split_once("&issuer=").unwrap();
    let issuer = issuer.split('&').next().unwrap();
    let issuer = percent_encoding::percent_decode_str(issuer).decode_utf8().unwrap().into_owned();
    let (_, title) = page.text.split_once("<title>").unwrap();
    let title = title.split("</title>").next().unwrap().to_owned();
    let last = mail.text.trim_end().lines().last().unwrap().to_owned();
    for text in [&mail.text, &mail.html, &mail.subject, &page.text] {
        assert!(!text.contains("Home"), "{text}");
    }
    [last, title, issuer]
}

#[test]
fn the_name_that_is_asked_for_is_what_people_see() {
    for (name, mail, page, app) in [
        (Some("Acme"), "Acme", "Acme", "Acme"),
        (Some("Acme: Production"), "Acme: Production", "Acme: Production", "Acme Production"),
        (Some(" Acme "), "Acme", "Acme", "Acme"),
        (
            Some("M\u{fc}ller & S\u{f6}hne"),
            "M\u{fc}ller & S\u{f6}hne",
            "M\u{fc}ller",
            "M\u{fc}ller & S\u{f6}hne",
        ),
        // Where it was not asked for, the domain, which a mail program makes no link of.
        (None, "auth\u{b7}example\u{b7}com", "auth.example.com", "auth.example.com"),
    ] {
        let world = World::new();
        let mut body = body("set-me-up");
        body["name"] = json!(name);
        world.post("/setup").json(body).send().is(201);
        let [in_mail, on_page, in_app] = seen(&world);
        assert_eq!(in_mail, mail);
        assert!(on_page.contains(page), "{on_page}");
        assert_eq!(in_app, app);
    }
    let world = World::with(&[("ORIGIN", "http://127.0.0.1:8787")]);
    world.post("/setup").json(body("set-me-up")).send().is(201);
    assert_eq!(seen(&world)[0], "Portcullis");
}

#[test]
fn a_name_that_is_none_makes_nobody() {
    for name in ["", " ", "a\nb", &"x".repeat(201)] {
        let world = World::new();
        let mut body = body("set-me-up");
        body["name"] = json!(name);
        let reply = world.post("/setup").json(body).send().is(400);
        assert_eq!(reply.str("/errors/0/field"), "name");
        assert_eq!(world.number("SELECT count(*) AS n FROM users"), 0);
    }
}

/// Key URI format: the label is `issuer:account`, and neither has a colon, literal or escaped.
#[test]
fn no_colon_is_inside_issuer_or_account_of_an_app_s_address() {
    for (name, issuer) in [
        ("Acme: Production", "Acme Production"),
        ("Acme:Production", "Acme Production"),
        (":Acme:", "Acme"),
        (":", "Portcullis"),
        ("Acme\u{ff1a}Production", "Acme Production"),
        ("a:b:c", "a b c"),
        ("100 % Acme & Co.?", "100 % Acme & Co.?"),
        (&"\u{6f22}".repeat(200), &"\u{6f22}".repeat(64)),
    ] {
        let world = World::new();
        world.sql(&format!("UPDATE tenants SET name = '{name}' WHERE id = 'home'"));
        world.user_with("home", "ada@example.com", |user| {
            user.mfa = Mfa::Totp;
            user.email = "\"a:b\"@example.com".into();
        });
        let uri = world.login("ada@example.com", PASSWORD).is(200).str("/enrolment/otpauth_uri");
        let label = uri.strip_prefix("otpauth://totp/").unwrap().split('?').next().unwrap();
        assert_eq!((label.matches(':').count(), label.contains("%3A")), (1, false), "{uri}");
        let decode =
            |text: &str| percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned();
        let (shown, account) = label.split_once(':').unwrap();
        assert_eq!(decode(shown), issuer);
        assert!(decode(account).ends_with("@example.com"));
        let (_, parameter) = uri.split_once("&issuer=").unwrap();
        assert_eq!(decode(parameter.split('&').next().unwrap()), issuer);
    }
}
