//! What the letters say.

use portcullis::domain::mailing::{self, KINDS, Kind, Letter};
use portcullis::domain::tenants;
use portcullis::model::language::Language;
use portcullis::ports::Mail;
use portcullis::store::users::User;
use serde_json::json;

use crate::harness::{Ask, PASSWORD, World};

const LINK: &str = "https://auth.example.com/somewhere?token=a-token&return_to=/app/";

/// A letter of that kind with something in it.
fn letter(kind: Kind) -> Letter<'static> {
    match kind {
        Kind::VerifyEmail => Letter::VerifyEmail { link: LINK },
        Kind::ResetPassword => Letter::ResetPassword { link: LINK },
        Kind::Invitation => Letter::Invitation { link: LINK },
        Kind::AlreadyRegistered => Letter::AlreadyRegistered { link: LINK },
        Kind::MagicLink => Letter::MagicLink { link: LINK, code: "314159" },
        Kind::Code => Letter::Code { code: "314159" },
        Kind::ConfirmNewEmail => Letter::ConfirmNewEmail { link: LINK },
        Kind::ApproveEmailChange => Letter::ApproveEmailChange { link: LINK, new_email: "new@example.com" },
        Kind::Changed(changed) => Letter::Changed(changed),
    }
}

fn sent(world: &World, user: &User, letter: Letter<'_>) -> Mail {
    let cx = world.cx();
    let tenant = pollster::block_on(tenants::by_id(&cx, &user.tenant_id)).unwrap().unwrap();
    pollster::block_on(mailing::send(&cx, &tenant, user, letter)).unwrap();
    pollster::block_on(world.afterwards());
    world.mails(&user.email).pop().unwrap()
}

#[test]
fn every_letter_has_in_every_language_what_it_is_for() {
    let world = World::new();
    let mut subjects = Vec::new();
    for language in Language::ALL {
        let tag = language.tag();
        let user = world.user_with("home", &format!("{tag}@example.com"), |user| {
            user.language = Some(tag.into());
            user.name = Some("Ada O'Hara".into());
        });
        for (kind, name) in KINDS {
            let mail = sent(&world, &user, letter(kind));
            assert_eq!(
                mail.text.contains(&format!(": {LINK}\n")),
                kind.has_link() && !is_change(kind),
                "{name}"
            );
            let href = format!("href=\"{}\"", LINK.replace('&', "&#38;"));
            assert_eq!(
                mail.html.contains(&href),
                kind.has_link() && !is_change(kind),
                "{name}: {}",
                mail.html
            );
            for form in [&mail.text, &mail.html] {
                assert_eq!(form.contains("314159"), kind.has_code(), "{name}: {form}");
                assert_eq!(form.contains("new@example.com"), kind == Kind::ApproveEmailChange, "{name}");
                assert_eq!(form.contains("2026-05-01 12:00 UTC"), is_change(kind), "{name}: {form}");
                assert_eq!(form.contains("/tenant/home/account"), is_change(kind), "{name}");
                assert!(form.contains("Ada O"), "{name}: {form}");
                assert!(!form.contains(['{', '}']) || form.starts_with('<'), "{name}: {form}");
            }
            assert!(mail.html.contains(&format!("<html lang=\"{tag}\">")), "{name}");
            let (_, body) = mail.html.split_once("</style>").unwrap();
            assert!(!body.contains(['{', '}']), "{name}: {body}");
            for outside in ["src=", "url(", "@import", "<script", "<link"] {
                assert!(!mail.html.contains(outside), "{name}");
            }
            assert!(!mail.subject.contains(['{', '}']) && mail.subject.len() > 5, "{name}: {}", mail.subject);
            subjects.push(mail.subject);
        }
    }
    let all = subjects.len();
    subjects.sort();
    subjects.dedup();
    assert_eq!((subjects.len(), all), (all, 2 * KINDS.len()));
}

fn is_change(kind: Kind) -> bool {
    matches!(kind, Kind::Changed(_))
}

#[test]
fn people_are_written_to_in_the_language_that_they_registered_in() {
    let world = World::new();
    let body = json!({ "email": "ada@example.com", "password": PASSWORD });
    world.post("/auth/register").header("accept-language", "de-AT,de;q=0.9").json(body).send().is(201);
    let subjects = || world.mails("ada@example.com").into_iter().map(|mail| mail.subject).collect::<Vec<_>>();
    assert_eq!(subjects(), ["Bestätigen Sie Ihre E-Mail-Adresse"]);
    let token = world.mailed_token("ada@example.com");
    world.post("/auth/verify-email").json(json!({ "token": token })).send().is(200);
    let forgot = json!({ "email": "ada@example.com" });
    world.post("/auth/forgot-password").header("accept-language", "en").json(forgot).send().is(200);
    assert_eq!(subjects().pop().unwrap(), "Setzen Sie Ihr Passwort zurück");
    let mail = world.mails("ada@example.com").pop().unwrap();
    assert!(mail.html.contains("<html lang=\"de\">") && mail.text.contains("Minuten"), "{}", mail.text);
}

#[test]
fn one_whose_language_is_not_known_is_written_to_in_that_of_their_request() {
    let world = World::new();
    world.user("ada@example.com");
    for (path, accept, subject) in [
        ("/auth/forgot-password", "de", "Setzen Sie Ihr Passwort zurück"),
        ("/auth/forgot-password?ui_locales=de", "en", "Setzen Sie Ihr Passwort zurück"),
        ("/auth/forgot-password", "fr", "Reset your password"),
        ("/auth/forgot-password", "", "Reset your password"),
    ] {
        let body = json!({ "email": "ada@example.com" });
        world.post(path).header("accept-language", accept).json(body).send().is(200);
        assert_eq!(world.mails("ada@example.com").pop().unwrap().subject, subject, "{path} {accept}");
    }
}

#[test]
fn a_change_is_told_with_when_and_where_it_came_from() {
    let world = World::new();
    let token = world.session(&world.user("ada@example.com")).access;
    let change = json!({ "currentPassword": PASSWORD, "newPassword": "a new password" });
    let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    let ask = world.post("/api/auth/change-password").bearer(&token).header("user-agent", agent);
    ask.from("198.51.100.7").json(change).send().is(200);
    let mail = world.mails("ada@example.com").pop().unwrap();
    for fact in ["When: 2026-05-01 12:00 UTC\n", "Address: 198.51.100.7\n", "Device: Firefox, Linux\n"] {
        assert!(mail.text.contains(fact), "{}", mail.text);
    }
    for fact in ["2026-05-01 12:00 UTC", "198.51.100.7", "Firefox, Linux"] {
        assert!(mail.html.contains(fact), "{}", mail.html);
    }
    assert!(mail.text.contains("If this was not you"), "{}", mail.text);
}

#[test]
fn a_device_cannot_put_a_link_into_a_mail() {
    let world = World::new();
    let token = world.session(&world.user("ada@example.com")).access;
    let change = json!({ "currentPassword": PASSWORD, "newPassword": "a new password" });
    let ask = world.post("/api/auth/change-password").bearer(&token);
    ask.header("user-agent", "www.evil.example/1 https://evil.example").json(change).send().is(200);
    let mail = world.mails("ada@example.com").pop().unwrap();
    assert!(!mail.text.contains("evil") && !mail.html.contains("evil"), "{}", mail.text);
}

#[test]
fn what_an_administrator_did_says_neither_where_they_are_nor_speaks_their_language() {
    let world = World::new();
    let (ada, bob) = (world.user("ada@example.com"), world.user("bob@example.com"));
    let admin = world.admin();
    let as_admin = |ask: Ask<'_>| {
        let german =
            ask.bearer(&admin).header("accept-language", "de").header("user-agent", "Firefox/1 Linux");
        german.send()
    };
    let path = |user: &User| format!("/tenant/home/v2/Users/{}", user.id);
    as_admin(world.patch(&path(&ada)).json(json!({ "resetTOTP": true }))).is(200);
    let key = json!({ "name": "x", "scopes": ["read"], "userId": ada.id });
    as_admin(world.post("/tenant/home/v2/ApiKeys").json(key)).is(201);
    as_admin(world.patch(&path(&bob)).json(json!({ "email": "bob@new.example" }))).is(200);
    let mails = [world.mails("ada@example.com"), world.mails("bob@example.com")].concat();
    let subjects: Vec<&str> = mails.iter().map(|mail| mail.subject.as_str()).collect();
    assert_eq!(
        subjects,
        ["Your second step was reset", "An API key was created", "Your email address was changed"]
    );
    for mail in &mails {
        assert!(mail.text.contains("When: 2026-05-01 12:00 UTC\n"), "{}", mail.text);
        assert!(!mail.text.contains("203.0.113") && !mail.text.contains("Firefox"), "{}", mail.text);
    }
    assert!(world.mails("bob@new.example").is_empty());
}

#[test]
fn ones_own_api_key_is_told_with_where_it_came_from() {
    let world = World::new();
    let token = world.session(&world.user("ada@example.com")).access;
    world.api_key(&token, &["read"]);
    let mail = world.mails("ada@example.com").pop().unwrap();
    assert_eq!(mail.subject, "An API key was created");
    assert!(mail.text.contains("Address: 203.0.113.7\n"), "{}", mail.text);
}
