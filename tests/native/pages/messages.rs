//! The catalogues, and how one is chosen.

use std::collections::BTreeSet;

use portcullis::api::pages::messages::{LANGUAGES, choose};
use serde_json::json;

use crate::harness::World;

fn placeholders(sentence: &str) -> BTreeSet<&str> {
    sentence.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name)).collect()
}

#[test]
fn a_sentence_has_the_same_placeholders_in_every_language() {
    let [first, others @ ..] = LANGUAGES;
    for other in others {
        for ((key, one), (_, two)) in first.all().into_iter().zip(other.all()) {
            assert_eq!(placeholders(one), placeholders(two), "{key} in {}", other.lang);
            assert!(!one.is_empty() && !two.is_empty(), "{key} in {}", other.lang);
        }
    }
}

#[test]
fn the_language_is_the_one_that_is_wanted_most() {
    for (locales, accept, wanted) in [
        ("", None, "en"),
        ("", Some("de"), "de"),
        ("", Some("de-AT,de;q=0.9,en;q=0.8"), "de"),
        ("", Some("fr, en;q=0.5, de;q=0.6"), "de"),
        ("", Some("en;q=0.5, DE-ch;q=0.5"), "en"),
        ("", Some("de;q=0, en;q=0.1"), "en"),
        ("", Some("de;q=0"), "en"),
        ("", Some("*, de;q=0.5"), "en"),
        ("", Some("de;q=7, fr"), "en"),
        ("", Some(";;,,=q, de ; q=0.3"), "de"),
        ("", Some("defghi"), "en"),
        ("de", Some("en"), "de"),
        ("fr de-DE en", None, "de"),
        ("fr", Some("de"), "de"),
    ] {
        assert_eq!(choose(locales.split(' '), accept).lang, wanted, "{locales} {accept:?}");
    }
}

#[test]
fn a_page_speaks_the_language_that_its_address_or_the_browser_asks_for() {
    let world = World::new();
    let page = world.get("/tenant/home/login").header("accept-language", "de-DE,de;q=0.9").send().is(200);
    assert!(page.text.contains("<html lang=\"de\">") && page.text.contains("Anmelden"));
    let page = world.get("/tenant/home/login?ui_locales=de").header("accept-language", "en").send().is(200);
    assert!(page.text.contains("<html lang=\"de\">"));
    for link in ["forgot?ui_locales=de", "register?ui_locales=de", "login?ui_locales=de"] {
        assert!(page.text.contains(&format!("/tenant/home/{link}\"")), "{link}: {}", page.text);
    }
    assert!(world.get("/tenant/home/login").send().text.contains("<html lang=\"en\">"));
}

#[test]
fn a_refusal_is_told_in_the_readers_language() {
    let world = World::new();
    let german = |ask: crate::harness::Ask<'_>| ask.navigating().header("accept-language", "de").send();
    let wrong = [("email", "ada@example.com"), ("password", "wrong")];
    let page = german(world.post("/tenant/home/login").form(&wrong)).is(401);
    assert!(page.text.contains("Passwort ist falsch"), "{}", page.text);
    let page = german(world.get("/tenant/nobody/login")).is(404);
    assert!(page.text.contains("<html lang=\"de\">") && page.text.contains("Nicht gefunden"));
    let page = german(world.get("/auth/verify-email?token=x")).is(400);
    assert!(page.text.contains("abgelaufen"), "{}", page.text);
    let page = german(world.get("/nowhere")).is(404);
    assert!(page.text.contains("Nicht gefunden"), "{}", page.text);
    world.route(json!({ "auth": "required", "roles": ["ADMIN"] }));
    let cookie = world.cookie(&world.user("ada@example.com"));
    let page = german(world.get("/app/").cookie(&cookie)).is(403);
    assert!(page.text.contains("Nicht erlaubt"), "{}", page.text);
}
