//! Who changes a credential of a user has the user told by mail, and nobody has to remember it.

use std::collections::BTreeSet;

use portcullis::crypto::totp;
use serde_json::{Value, json};

use crate::harness::{PASSWORD, World};

const ADA: &str = "ada@example.com";

/// Events that change a credential, and the mail that each sends.
const TOLD: [(&str, &str); 11] = [
    ("password.changed", "password-changed"),
    ("password.reset", "password-changed"),
    ("email.changed", "email-changed"),
    ("mfa.enrolled", "second-factor-on"),
    ("mfa.disabled", "second-factor-off"),
    ("mfa.reset", "second-factor-reset"),
    ("mfa.backup_codes", "backup-codes"),
    ("passkey.added", "passkey-added"),
    ("passkey.removed", "passkey-removed"),
    ("api_key.created", "api-key-made"),
    ("api_key.revoked", "api-key-revoked"),
];

/// Events of the same kinds that change none.
const UNTOLD: [&str; 9] = [
    "password.forgot",
    "email.verified",
    "email.change_asked",
    "email.change_confirmed",
    "mfa.challenged",
    "mfa.code_sent",
    "mfa.succeeded",
    "passkey.renamed",
    "device.revoked",
];

/// Every event that is written in `src/` and begins so.
fn written() -> BTreeSet<String> {
    fn walk(folder: &std::path::Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let failures: Vec<&str> =
                text.split("Entry::failed(\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
            for literal in text.split('"').skip(1).step_by(2) {
                let kinds = ["password.", "email.", "mfa.", "passkey.", "api_key."];
                let plain = literal.bytes().all(|b| b.is_ascii_lowercase() || matches!(b, b'.' | b'_'));
                if plain && kinds.iter().any(|kind| literal.starts_with(kind)) && !failures.contains(&literal)
                {
                    found.insert(literal.to_owned());
                }
            }
        }
    }
    let mut found = BTreeSet::new();
    walk(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/domain"), &mut found);
    found
}

#[test]
fn every_event_is_known_to_send_a_mail_or_none() {
    let written = written();
    assert!(written.len() > 8, "{written:?}");
    let unknown: Vec<_> = written
        .iter()
        .filter(|event| !UNTOLD.contains(&event.as_str()) && !TOLD.iter().any(|(told, _)| told == event))
        .collect();
    assert!(unknown.is_empty(), "{unknown:?} changes a credential or not?");
}

/// The mails to a user, by kind, oldest first.
fn kinds(world: &World, email: &str) -> Vec<String> {
    let sql = format!(
        "SELECT kind FROM mails WHERE lower(recipient) = '{email}' AND status = 'sent' ORDER BY rowid"
    );
    world.sql(&sql).iter().map(|row| row["kind"].as_str().unwrap().to_owned()).collect()
}

/// Signs in and sets an app up: a token with two factors, and the app's secret.
fn enrolled(world: &World) -> (String, Vec<u8>) {
    let token = world.login(ADA, PASSWORD).is(200).str("/access_token");
    let step = world.post("/api/auth/mfa/step-up").bearer(&token).send().is(200);
    let secret = data_encoding::BASE32_NOPAD.decode(step.str("/data/enrolment/secret").as_bytes()).unwrap();
    let code = totp::code(&secret, world.now().unix() / 30);
    let body = json!({ "challenge": step.json["data"]["challenge"], "code": code });
    let done = world.post("/api/auth/mfa/verify").json(body).send().is(200);
    (done.str("/data/tokens/accessToken"), secret)
}

#[test]
fn a_changed_credential_is_told_once() {
    type Change = fn(&World);
    let table: [(&str, Change); 7] = [
        ("password.changed", |world| {
            let token = world.login(ADA, PASSWORD).is(200).str("/access_token");
            let body = json!({ "currentPassword": PASSWORD, "newPassword": "a new password" });
            world.post("/api/auth/change-password").bearer(&token).json(body).send().is(200);
        }),
        ("password.reset", |world| {
            world.post("/auth/forgot-password").json(json!({ "email": ADA })).send().is(200);
            let body = json!({ "token": world.mailed_link(ADA), "password": "a new password" });
            world.post("/auth/reset-password").json(body).send().is(200);
        }),
        ("email.changed", |world| {
            let token = world.login(ADA, PASSWORD).is(200).str("/access_token");
            let body = json!({ "newEmail": "new@example.com", "password": PASSWORD });
            world.post("/api/auth/change-email").bearer(&token).json(body).send().is(200);
            for link in [world.mailed_link(ADA), world.mailed_link("new@example.com")] {
                let body = json!({ "token": link });
                world.post("/api/auth/change-email/confirm").json(body).send().is(200);
            }
            assert_eq!(kinds(world, "new@example.com"), ["confirm-new-email", "email-is-now"]);
        }),
        ("mfa.enrolled", |world| drop(enrolled(world))),
        ("api_key.created", |world| {
            let token = world.login(ADA, PASSWORD).is(200).str("/access_token");
            world.api_key(&token, &["read"]);
        }),
        ("api_key.revoked", |world| {
            let token = world.login(ADA, PASSWORD).is(200).str("/access_token");
            world.api_key(&token, &["read"]);
            let id = world.sql("SELECT id FROM api_keys")[0]["id"].as_str().unwrap().to_owned();
            world.delete(&format!("/api/auth/api-keys/{id}")).bearer(&token).send().is(200);
        }),
        ("api_key.revoked", |world| {
            let id = world.sql("SELECT id FROM users")[0]["id"].as_str().unwrap().to_owned();
            let admin = world.admin();
            let body = json!({ "name": "x", "scopes": ["read"], "userId": id });
            let path = "/tenant/home/v2/ApiKeys";
            let key = world.post(path).bearer(&admin).json(body).send().is(201).str("/id");
            world.delete(&format!("{path}/{key}")).bearer(&admin).send().is(204);
        }),
    ];
    for (event, change) in table {
        let world = World::new();
        world.user(ADA);
        change(&world);
        let (_, mail) = TOLD.iter().find(|(told, _)| *told == event).unwrap();
        let sent = kinds(&world, ADA);
        assert_eq!(world.events(event), 1, "{event}");
        assert_eq!(sent.iter().filter(|kind| kind == mail).count(), 1, "{event}: {sent:?}");
        assert_eq!(sent.last().unwrap(), mail, "{event}");
    }
}

#[test]
fn what_is_refused_is_not_told() {
    let world = World::new();
    let token = world.session(&world.user(ADA)).access;
    let body = json!({ "currentPassword": "wrong", "newPassword": "a new password" });
    world.post("/api/auth/change-password").bearer(&token).json(body).send().is(401);
    world.delete("/api/auth/api-keys/none").bearer(&token).send().is(404);
    world.post("/api/auth/api-keys").bearer(&token).json(json!({ "name": "", "scopes": [] })).send().is(400);
    assert_eq!(kinds(&world, ADA), Vec::<String>::new());
}

#[test]
fn an_address_that_an_administrator_changes_is_told_so() {
    let world = World::new();
    let path = format!("/tenant/home/v2/Users/{}", world.user(ADA).id);
    world.user("taken@example.com");
    let change = |body: Value| world.patch(&path).bearer(&world.admin()).json(body).send();
    change(json!({ "email": "taken@example.com" })).is(409);
    change(json!({ "email": "ADA@example.com", "name": "Ada" })).is(200);
    assert_eq!(kinds(&world, ADA), Vec::<String>::new());
    change(json!({ "email": "new@example.com" })).is(200);
    assert_eq!(kinds(&world, ADA), ["email-changed"]);
}
