//! Why a field is refused: the true reason, at its field, on every surface; on pages in each language.

use serde_json::{Value, json};

use crate::harness::{PASSWORD, Reply, World};

const ADA: &str = "ada@example.com";

/// Texts that are refused, and how that is said: to developers, in English, in German.
type Refused = Vec<(String, [&'static str; 3])>;

/// What is wrong with a new password, and how it is said: to developers, in English, in German.
fn passwords() -> Refused {
    let short = "must be at least 8 characters";
    let long = "must be at most 1024 bytes";
    let common = "is one of the passwords that are guessed first";
    let short = [short, "It needs at least 8 characters.", "Es braucht mindestens 8 Zeichen."];
    let long = [long, "at most 1024 bytes", "höchstens 1024 Bytes"];
    let common = [common, "one of those that are guessed first", "die zuerst geraten werden"];
    vec![
        (String::new(), ["is missing", "Please fill in this field.", "Bitte füllen Sie dieses Feld aus."]),
        ("seven 7".into(), short),
        ("ü234567".into(), short),
        ("x".repeat(1_025), long),
        ("ü".repeat(600), long),
        ("password1".into(), common),
        ("PassWord1".into(), common),
        ("ｐａｓｓｗｏｒｄ１".into(), common),
        (" password1 ".into(), common),
    ]
}

fn addresses() -> Refused {
    let missing = ["is missing", "Please fill in this field.", "Bitte füllen Sie dieses Feld aus."];
    let none = ["is not an e-mail address", "This is not an email address.", "Das ist keine E-Mail-Adresse."];
    vec![
        (String::new(), missing),
        ("  ".into(), missing),
        ("ada".into(), none),
        ("ada@".into(), none),
        ("äda@example.com".into(), none),
        (format!("{}@example.com", "a".repeat(65)), none),
    ]
}

fn names(most: usize) -> Refused {
    let long = if most == 200 {
        ["must be at most 200 characters", "at most 200 characters", "höchstens 200 Zeichen"]
    } else {
        ["must be at most 100 characters", "at most 100 characters", "höchstens 100 Zeichen"]
    };
    let control = ["control character", "a control character", "ein Steuerzeichen"];
    let turns = ["overrides the direction", "changes the direction of text", "die Schreibrichtung ändert"];
    let hidden =
        ["that can be seen", "it contains no visible characters", "Es enthält keine sichtbaren Zeichen"];
    let marks = ["combining mark", "accents without a letter", "Akzente ohne Buchstaben"];
    vec![
        ("x".repeat(most + 1), long),
        ("x".repeat(20_000), long),
        ("A\u{1}da".into(), control),
        ("A\nda".into(), control),
        ("A\u{202e}da".into(), turns),
        ("A\u{2067}da".into(), turns),
        ("\u{200b}\u{200d}".into(), hidden),
        ("\u{301}Ada".into(), marks),
        (format!("A{}", "\u{301}".repeat(20)), marks),
    ]
}

/// A place that takes such a field: its name there, and the request.
type Api = (&'static str, fn(&World, &str) -> Reply);

fn said(reply: &Reply, field: &str) -> String {
    // Problems in the tenant API, a sentence elsewhere; both name the field.
    let errors = reply.json["errors"].as_array().or_else(|| reply.json["error"]["errors"].as_array());
    if let Some(error) = errors.and_then(|errors| errors.first()) {
        assert_eq!(error["field"], field, "{}", reply.text);
        return error["detail"].as_str().unwrap().to_owned();
    }
    let sentence = ["message", "error_description", "error"].iter().find_map(|name| {
        reply.json[*name].as_str().filter(|text| text.starts_with(&format!("{field}: "))).map(str::to_owned)
    });
    sentence.unwrap_or_else(|| panic!("says nothing of {field}: {}", reply.text))
}

fn tenant(world: &World, method: &str, path: &str, body: Value) -> Reply {
    world.ask(method, &format!("/tenant/home/v2/{path}")).bearer(&world.admin()).json(body).unlimited().send()
}

fn token(world: &World) -> String {
    world.session(&one(world)).access
}

fn one(world: &World) -> portcullis::store::users::User {
    let cx = world.cx();
    let there = portcullis::store::users::by_email(cx.db.as_ref(), "home", ADA);
    pollster::block_on(there).unwrap().unwrap_or_else(|| world.user(ADA))
}

fn reset(world: &World) -> String {
    one(world);
    world.advance(3_600);
    world.post("/auth/forgot-password").json(json!({ "email": ADA })).send().is(200);
    world.mailed_link(ADA)
}

const PASSWORDS: [Api; 6] = [
    ("password", |w, text| {
        w.post("/auth/register").json(json!({ "email": "x@example.com", "password": text })).send()
    }),
    ("password", |w, text| tenant(w, "POST", "Users", json!({ "email": "x@example.com", "password": text }))),
    ("password", |w, text| {
        let admin = json!({ "email": "x@example.com", "password": text });
        tenant(w, "POST", "Tenants", json!({ "id": "x", "name": "X", "admin": admin }))
    }),
    ("password", |w, text| {
        let body = json!({ "token": "set-me-up", "email": "x@example.com", "password": text });
        World::post(w, "/setup").json(body).unlimited().send()
    }),
    ("newPassword", |w, text| {
        let body = json!({ "currentPassword": PASSWORD, "newPassword": text });
        w.post("/api/auth/change-password").bearer(&token(w)).json(body).send()
    }),
    ("password", |w, text| {
        w.post("/auth/reset-password").json(json!({ "token": reset(w), "password": text })).send()
    }),
];

const ADDRESSES: [Api; 8] = [
    ("email", |w, text| w.post("/auth/register").json(json!({ "email": text, "password": PASSWORD })).send()),
    ("email", |w, text| w.post("/auth/forgot-password").json(json!({ "email": text })).send()),
    ("email", |w, text| w.post("/api/auth/magic-link/request").json(json!({ "email": text })).send()),
    ("email", |w, text| w.post("/users/auth/magic-link/request").json(json!({ "email": text })).send()),
    ("email", |w, text| tenant(w, "POST", "Users", json!({ "email": text }))),
    ("email", |w, text| {
        let id = one(w).id;
        tenant(w, "PATCH", &format!("Users/{id}"), json!({ "email": text }))
    }),
    ("email", |w, text| {
        let admin = json!({ "email": text, "password": PASSWORD });
        tenant(w, "POST", "Tenants", json!({ "id": "x", "name": "X", "admin": admin }))
    }),
    ("newEmail", |w, text| {
        let body = json!({ "newEmail": text, "password": PASSWORD });
        w.post("/api/auth/change-email").bearer(&token(w)).json(body).send()
    }),
];

const NAMES: [(Api, usize); 8] = [
    (
        ("full_name", |w, text| {
            let body = json!({ "email": "x@example.com", "password": PASSWORD, "full_name": text });
            w.post("/auth/register").json(body).send()
        }),
        200,
    ),
    (("name", |w, text| tenant(w, "POST", "Users", json!({ "email": "x@example.com", "name": text }))), 200),
    (
        ("name", |w, text| {
            let id = one(w).id;
            tenant(w, "PATCH", &format!("Users/{id}"), json!({ "name": text }))
        }),
        200,
    ),
    (("name", |w, text| tenant(w, "POST", "Tenants", json!({ "id": "x", "name": text }))), 200),
    (("name", |w, text| tenant(w, "PATCH", "Tenants/home", json!({ "name": text }))), 200),
    (
        ("client_name", |w, text| {
            let body = json!({ "client_name": text, "redirect_uris": ["https://app.example/cb"] });
            tenant(w, "POST", "Clients", body)
        }),
        200,
    ),
    (
        ("name", |w, text| {
            let body = json!({ "name": text, "scopes": ["read"] });
            w.post("/api/auth/api-keys").bearer(&token(w)).json(body).send()
        }),
        100,
    ),
    (
        ("name", |w, text| {
            let body = json!({ "name": text, "scopes": ["read"] });
            w.post("/users/generate-api-key").bearer(&token(w)).json(body).send()
        }),
        100,
    ),
];

#[test]
fn every_api_tells_the_true_reason_at_its_field() {
    let refused = |at: usize, (field, ask): Api, text: &str, wanted: &str| {
        let world = World::new();
        let reply = ask(&world, text).is(400);
        let said = said(&reply, field);
        assert!(said.contains(wanted), "{field} {at}: {text:?} is refused with {said:?}, not {wanted:?}");
    };
    for (at, api) in PASSWORDS.into_iter().enumerate() {
        passwords().iter().for_each(|(text, [wanted, ..])| refused(at, api, text, wanted));
    }
    for (at, api) in ADDRESSES.into_iter().enumerate() {
        addresses().iter().for_each(|(text, [wanted, ..])| refused(at, api, text, wanted));
    }
    for (at, (api, most)) in NAMES.into_iter().enumerate() {
        names(most).iter().for_each(|(text, [wanted, ..])| refused(at, api, text, wanted));
    }
}

/// A page's form: the field, and the request with that text in it.
type Form = (&'static str, fn(&World, &str, &str) -> Reply);

fn page(world: &World, path: &str, language: &str, fields: &[(&str, &str)]) -> Reply {
    let ask = world.post(path).navigating().header("accept-language", language).unlimited();
    ask.cookie(&world.cookie(&one(world))).form(fields).send()
}

const PASSWORD_FORMS: [Form; 3] = [
    ("password", |w, language, text| {
        page(w, "/tenant/home/register", language, &[("email", "x@example.com"), ("password", text)])
    }),
    ("password", |w, language, text| {
        let fields = [("section", "password"), ("current", PASSWORD), ("password", text)];
        page(w, "/tenant/home/account", language, &fields)
    }),
    ("password", |w, language, text| {
        page(w, "/auth/reset-password", language, &[("token", &reset(w)), ("password", text)])
    }),
];

const ADDRESS_FORMS: [Form; 3] = [
    ("email", |w, language, text| {
        page(w, "/tenant/home/register", language, &[("email", text), ("password", PASSWORD)])
    }),
    ("email", |w, language, text| page(w, "/tenant/home/forgot", language, &[("email", text)])),
    ("email", |w, language, text| {
        let fields = [("section", "email"), ("email", text), ("current", PASSWORD)];
        page(w, "/tenant/home/account", language, &fields)
    }),
];

const NAME_FORMS: [Form; 2] = [
    ("name", |w, language, text| {
        let fields = [("email", "x@example.com"), ("password", PASSWORD), ("name", text)];
        page(w, "/tenant/home/register", language, &fields)
    }),
    ("name", |w, language, text| {
        page(w, "/tenant/home/account", language, &[("section", "profile"), ("name", text)])
    }),
];

#[test]
fn every_form_tells_the_true_reason_at_its_field_in_each_language() {
    let tables: [(&[Form], Refused); 3] =
        [(&PASSWORD_FORMS, passwords()), (&ADDRESS_FORMS, addresses()), (&NAME_FORMS, names(200))];
    for (forms, refused) in tables {
        for (field, ask) in forms {
            for (text, [_, english, german]) in &refused {
                for (language, wanted) in [("en", english), ("de", german)] {
                    let world = World::new();
                    let page = ask(&world, language, text).is(400);
                    let alert =
                        page.text.split("role=\"alert\"").nth(1).unwrap_or_else(|| panic!("{}", page.text));
                    let alert = alert.split("</p>").next().unwrap();
                    assert!(alert.contains(wanted), "{field}: {text:?}: {alert}");
                    let named = format!("name=\"{field}\"");
                    let tags = page.text.split("<input").skip(1).filter_map(|rest| rest.split('>').next());
                    let marked = |tag: &str| tag.contains(&named) && tag.contains("aria-invalid=\"true\"");
                    assert!(tags.into_iter().any(marked), "{field}: {}", page.text);
                }
            }
        }
    }
}

#[test]
fn a_taken_address_a_foreign_domain_and_the_address_before_are_three_reasons() {
    let world = World::new();
    world.user("bob@example.com");
    one(&world);
    world.settings(json!({ "registrationDomains": ["example.com"] }));
    for (language, email, wanted) in [
        ("en", "x@other.example", "Addresses at this domain cannot be used here."),
        ("de", "x@other.example", "Adressen dieser Domain können hier nicht verwendet werden."),
        ("en", ADA, "This is already your address."),
        ("de", ADA, "Das ist bereits Ihre Adresse."),
    ] {
        let page = ADDRESS_FORMS[2].1(&world, language, email).is(400);
        assert!(page.text.contains(wanted), "{email}: {}", page.text);
    }
    let fields = [("email", "x@other.example"), ("password", PASSWORD)];
    let page = page(&world, "/tenant/home/register", "en", &fields).is(400);
    assert!(page.text.contains("Addresses at this domain cannot be used here."));
}

#[test]
fn a_name_is_kept_in_one_form_on_every_surface() {
    let decomposed = "  Zoe\u{308} \u{200c}A ";
    let kept = "Zoë \u{200c}A";
    for ((field, ask), _) in NAMES {
        let world = World::new();
        let reply = ask(&world, decomposed);
        assert!(reply.status < 300, "{field}: {}", reply.text);
        let held = ["users", "tenants", "clients", "api_keys"].iter().any(|table| {
            world.number(&format!("SELECT count(*) AS n FROM {table} WHERE name = '{kept}'")) == 1
        });
        assert!(held, "{field}: {}", reply.text);
    }
}
