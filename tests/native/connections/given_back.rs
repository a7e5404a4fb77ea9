//! Every end of a connection leaves its tokens owed to the provider, and a person is told of those that were not taken.

use portcullis::ports::Mail;
use serde_json::json;

use crate::connections::flow::{Flow, form, param};
use crate::connections::providers::own;
use crate::harness::{World, served};

const ADA: &str = "ada@example.com";

/// The tokens that the provider was asked to revoke, oldest first.
fn revoked(world: &World) -> Vec<String> {
    let asked = world.web.asked.borrow();
    let at = asked.iter().filter(|request| request.url == "https://crm.example/revoke");
    at.map(|request| form(&request.body)["token"].clone()).collect()
}

fn owed(world: &World) -> i64 {
    world.number("SELECT count(*) AS n FROM vault_revocations")
}

fn answers(world: &World, status: u16, body: &'static str) {
    world.web.serves("https://crm.example/revoke", move |_| {
        Ok(served(status, &[("content-type", "application/json")], body.as_bytes()))
    });
}

/// Connects whoever has the token to the provider of a tenant, which is set up first.
fn connect(world: &World, tenant: &str, token: &str) {
    world.post("/auth/providers").tenant(tenant).bearer(token).json(own(json!({}))).send().is(201);
    let begun = world.get("/auth/connect/crm").tenant(tenant).bearer(token).send().is(200);
    let state = param(&url::Url::parse(&begun.str("/authUrl")).unwrap(), "state");
    let body = json!({ "code": "good-1", "state": state });
    world.post("/auth/callback").tenant(tenant).bearer(token).json(body).send().is(200);
}

/// An end of the one connection that there is.
type End = (&'static str, fn(&Flow));

const ENDS: &[End] = &[
    ("the person disconnects", |flow| {
        flow.connect("", "good-1");
        answers(&flow.world, 503, "{}");
        flow.world.post("/auth/disconnect/crm").bearer(&flow.token).send().is(200);
    }),
    ("the person disconnects on the account page", |flow| {
        flow.connect("", "good-1");
        answers(&flow.world, 503, "{}");
        let fields = [("section", "service-off"), ("provider", "crm"), ("label", "")];
        let ask = flow.world.post("/tenant/home/account").navigating().cookie(&flow.world.cookie(&flow.ada));
        ask.form(&fields).send().is(303);
    }),
    ("an administrator ends all of the provider", |flow| {
        flow.connect("", "good-1");
        answers(&flow.world, 503, "{}");
        flow.world.delete("/auth/connections?providerId=crm").bearer(&flow.world.admin()).send().is(200);
    }),
    ("the provider is deleted", |flow| {
        flow.connect("", "good-1");
        answers(&flow.world, 503, "{}");
        flow.world.delete("/auth/providers/crm").bearer(&flow.world.admin()).send().is(200);
    }),
    ("an administrator deletes the person", |flow| {
        flow.connect("", "good-1");
        answers(&flow.world, 503, "{}");
        let path = format!("/tenant/home/v2/Users/{}", flow.ada.id);
        flow.world.delete(&path).bearer(&flow.world.admin()).send().is(204);
    }),
    ("the tenant is deleted", |flow| {
        let admin = flow.world.tenant("acme");
        connect(&flow.world, "acme", &admin);
        answers(&flow.world, 503, "{}");
        flow.world.delete("/tenant/home/v2/Tenants/acme").bearer(&flow.world.admin()).send().is(204);
    }),
    ("a trial that nobody uses goes", |flow| {
        let google = flow.world.google("home", json!({}));
        let person = json!({ "sub": "g1", "email": "owner@gmail.com", "email_verified": true, "name": "O" });
        let body = json!({ "credential": google.credential(&flow.world, person) });
        let owner =
            flow.world.post("/api/auth/google").json(body).send().is(200).str("/data/tokens/accessToken");
        let tenant = crate::harness::claims(&owner)["tenantId"].as_str().unwrap().to_owned();
        connect(&flow.world, &tenant, &owner);
        answers(&flow.world, 503, "{}");
        flow.world.advance(61 * 86_400);
        flow.world.cron();
        assert_eq!(flow.world.number("SELECT count(*) AS n FROM tenants"), 1);
    }),
    ("nobody used it", |flow| {
        flow.connect("", "good-1");
        answers(&flow.world, 503, "{}");
        flow.world.settings(json!({ "connectionIdleDays": 7 }));
        flow.world.advance(8 * 86_400);
        flow.world.cron();
    }),
];

#[test]
fn every_end_leaves_its_tokens_owed_and_they_are_delivered() {
    for (what, end) in ENDS {
        let flow = Flow::new();
        end(&flow);
        let world = &flow.world;
        assert_eq!(world.number("SELECT count(*) AS n FROM vault_connections"), 0, "{what}");
        assert_eq!(owed(world), 1, "{what}");
        answers(world, 200, "");
        let before = revoked(world).len();
        // Cron delivers it, whoever is there no more.
        for _ in 0..3 {
            world.advance(300);
            world.cron();
        }
        assert_eq!(owed(world), 0, "{what}");
        assert_eq!(revoked(world)[before..], ["canary-refresh-good-1", "canary-access-good-1"], "{what}");
        assert_eq!(
            world.number(
                "SELECT count(*) AS n FROM audit WHERE event = 'vault.revoked' AND outcome = 'success'"
            ),
            1,
            "{what}"
        );
        assert_eq!(failures(world, ADA).len(), 0, "{what}");
    }
}

/// Mails that say that the access may still be good.
fn failures(world: &World, to: &str) -> Vec<Mail> {
    let is_one = |mail: &Mail| {
        mail.subject.contains("may still allow access")
            || mail.subject.contains("erlaubt vielleicht noch Zugriff")
    };
    world.mails(to).into_iter().filter(is_one).collect()
}

#[test]
fn a_person_is_told_once_when_a_token_was_not_taken() {
    for (what, end) in ENDS {
        let flow = Flow::new();
        end(&flow);
        let world = &flow.world;
        for _ in 0..30 {
            world.advance(4 * 3_600);
            world.cron();
        }
        assert_eq!(owed(world), 0, "{what}");
        let told =
            world.sql("SELECT detail FROM audit WHERE event = 'vault.revoked' ORDER BY id DESC LIMIT 1");
        assert!(told[0]["detail"].as_str().unwrap().contains("given up after"), "{what}: {told:?}");
        let mails = failures(world, ADA);
        // Whoever is deleted is nobody to be told.
        let is_gone =
            ["deletes the person", "tenant is deleted", "trial"].iter().any(|word| what.contains(word));
        assert_eq!(mails.len(), usize::from(!is_gone), "{what}");
        assert_eq!(
            failures(world, "admin@acme.example").len() + failures(world, "owner@gmail.com").len(),
            0,
            "{what}"
        );
        for mail in mails {
            for form in [&mail.text, &mail.html] {
                assert!(form.contains("Our CRM") && form.contains("/tenant/home/account"), "{what}: {form}");
                assert!(!form.contains("canary"), "{what}");
            }
        }
        // A log that could become another tenant's has nothing of it.
        let elsewhere =
            "SELECT count(*) AS n FROM audit WHERE event = 'vault.revoked' AND tenant_id <> 'home'";
        assert_eq!(world.number(elsewhere), 0, "{what}");
    }
}

#[test]
fn it_is_told_in_the_persons_language_and_also_when_the_provider_says_no() {
    for (what, language, description, status, body) in [
        ("it refuses", "de", json!({}), 400, r#"{"error":"unsupported_token_type"}"#),
        ("it knows us no more", "en", json!({}), 401, r#"{"error":"invalid_client"}"#),
        ("it takes none back", "en", json!({ "revocationUrl": null }), 200, ""),
    ] {
        let flow = Flow::with(description);
        flow.world.sql(&format!("UPDATE users SET language = '{language}'"));
        flow.connect("", "good-1");
        answers(&flow.world, status, body);
        flow.world.post("/auth/disconnect/crm").bearer(&flow.token).send().is(200);
        assert_eq!(owed(&flow.world), 0, "{what}");
        let mails = failures(&flow.world, ADA);
        assert_eq!(mails.len(), 1, "{what}");
        let fact = if language == "de" { "Dienst: Our CRM" } else { "Service: Our CRM" };
        assert!(mails[0].text.contains(fact), "{what}: {}", mails[0].text);
    }
    // One that knows the token no more has nothing to end, and nobody is told.
    let flow = Flow::new();
    flow.connect("", "good-1");
    answers(&flow.world, 400, r#"{"error":"invalid_token"}"#);
    flow.world.post("/auth/disconnect/crm").bearer(&flow.token).send().is(200);
    assert_eq!((owed(&flow.world), failures(&flow.world, ADA).len()), (0, 0));
}
