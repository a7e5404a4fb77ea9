//! The account page's connected services: connecting one, storing a key, disconnecting.

use serde_json::json;

use crate::harness::{Ask, World, served};

const PAGE: &str = "/tenant/home/account";

struct Visit {
    world: World,
    cookie: String,
    token: String,
}

impl Visit {
    fn new() -> Visit {
        let world = World::new();
        let service = json!({
            "id": "crm", "name": "Our <b>CRM", "connectionType": "oauth", "clientId": "us", "clientSecret": "s",
            "authorizationUrl": "https://crm.example/authorize?a=1&b=2", "tokenUrl": "https://crm.example/token",
            "revocationUrl": "https://crm.example/revoke", "scopes": ["contacts", "deals"],
        });
        world.post("/auth/providers").bearer(&world.admin()).json(service).send().is(201);
        world.web.serves("https://crm.example/token", |_| {
            let answer = json!({ "access_token": "t", "token_type": "Bearer", "expires_in": 60 }).to_string();
            Ok(served(200, &[("content-type", "application/json")], answer.as_bytes()))
        });
        world.web.serves("https://crm.example/revoke", |_| Ok(served(200, &[], b"")));
        let ada = world.user("ada@example.com");
        let (cookie, token) = (world.cookie(&ada), world.session(&ada).access);
        Visit { world, cookie, token }
    }

    fn page(&self) -> String {
        self.world.get(PAGE).navigating().cookie(&self.cookie).send().is(200).text
    }

    /// Goes through a provider's consent from the page that leads there.
    fn consent(&self, page: &str) {
        let state = page.split("state=").nth(1).unwrap().split('&').next().unwrap();
        let path = format!("/auth/callback/crm?code=c&state={state}");
        self.world.get(&path).navigating().cookie(&self.cookie).send().is(303);
    }

    fn section(&self, fields: &[(&str, &str)]) -> Ask<'_> {
        self.world.post(PAGE).navigating().cookie(&self.cookie).form(fields)
    }
}

#[test]
fn a_service_is_connected_by_a_page_that_says_what_is_kept() {
    let visit = Visit::new();
    let page = visit.page();
    assert!(page.contains("No service is connected") && page.contains("Our &#60;b&#62;CRM"), "{page}");
    let asked =
        visit.section(&[("section", "connect"), ("provider", "crm"), ("label", "work")]).send().is(200);
    assert!(asked.text.contains("kept here, encrypted") && asked.text.contains("<code>deals</code>"));
    assert!(
        asked.text.contains("href=\"https://crm.example/authorize?a=1&#38;b=2&#38;response_type=code"),
        "{}",
        asked.text
    );
    // A link leads there, so the page's forms still go nowhere else.
    assert!(asked.header("content-security-policy").unwrap().contains("form-action 'self'"));
    let state = asked.text.split("state=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let path = format!("/auth/callback/crm?code=c&state={state}");
    let back = visit.world.get(&path).navigating().cookie(&visit.cookie).send().is(303);
    assert_eq!(back.header("location"), Some("/tenant/home/account?done=connected#connections"));
    let page = visit.page();
    for shown in ["(work)", "contacts deals", "never used"] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    let off = [("section", "service-off"), ("provider", "crm"), ("label", "work")];
    let done = visit.section(&off).send().is(303);
    assert_eq!(done.header("location"), Some("/tenant/home/account?done=service-off"));
    assert!(visit.page().contains("No service is connected"));
    assert_eq!(visit.world.web.times("https://crm.example/revoke"), 1);
    // What is gone is as it was to be.
    visit.section(&off).send().is(303);
}

#[test]
fn the_page_says_for_how_long_a_connection_is_kept() {
    let visit = Visit::new();
    let text = |days: i64, language: &str| {
        visit.world.settings(json!({ "connectionIdleDays": days }));
        let asked = visit.section(&[("section", "connect"), ("provider", "crm")]);
        let page = asked.header("accept-language", language).send().is(200).text;
        page.split("<p>")
            .find(|part| part.contains("CRM w"))
            .unwrap()
            .split("</p>")
            .next()
            .unwrap()
            .to_owned()
    };
    for (days, en, de) in [
        (0, "encrypted, until you disconnect it: access", "aufbewahrt, bis Sie ihn trennen: Zugriff"),
        (
            1,
            "until you disconnect it or it is not used for a day: access",
            "bis Sie ihn trennen oder er einen Tag lang nicht genutzt wird: Zugriff",
        ),
        (
            30,
            "until you disconnect it or it is not used for 30 days: access",
            "oder er 30 Tage lang nicht genutzt wird: Zugriff",
        ),
        (365, "or it is not used for a year: access", "oder er ein Jahr lang nicht genutzt wird: Zugriff"),
        (400, "or it is not used for 400 days: access", "oder er 400 Tage lang nicht genutzt wird: Zugriff"),
        (
            3_650,
            "or it is not used for 10 years: access",
            "oder er 10 Jahre lang nicht genutzt wird: Zugriff",
        ),
    ] {
        for (language, wanted) in [("en", en), ("de", de)] {
            let said = text(days, language);
            assert!(said.contains(wanted) && !said.contains('{'), "{days} {language}: {said}");
        }
    }
}

#[test]
fn who_comes_back_connected_is_told_where_they_are_led() {
    let visit = Visit::new();
    let page = |done: &str| {
        let path = format!("{PAGE}?done={done}");
        visit.world.get(&path).navigating().cookie(&visit.cookie).send().is(200).text
    };
    let told = page("connected");
    let section = told.split("id=\"connections\"").nth(1).unwrap();
    assert!(section.contains("<p class=\"done\" role=\"status\">The service is connected.</p>"), "{told}");
    assert_eq!(told.matches("role=\"status\"").count(), 1, "{told}");
    // What else is done is told at the top.
    let told = page("service-off");
    assert_eq!(told.matches("role=\"status\"").count(), 1, "{told}");
    assert!(told.split("id=\"connections\"").next().unwrap().contains("role=\"status\""), "{told}");
}

#[test]
fn a_connection_that_is_over_is_connected_again_at_a_press_with_all_that_was_granted() {
    let visit = Visit::new();
    let begun =
        visit.section(&[("section", "connect"), ("provider", "crm"), ("label", "work")]).send().is(200);
    visit.consent(&begun.text);
    assert!(!visit.page().contains("Connect again"));
    let sql =
        "UPDATE vault_connections SET status = 'needs_reauthorization', scopes = 'contacts deals admin'";
    visit.world.sql(sql);
    let page = visit.page();
    assert!(page.contains("please connect it again"), "{page}");
    let row = page.split("please connect it again").nth(1).unwrap();
    let form = row.split("</form>").next().unwrap();
    for part in [">Connect again<", "value=\"connect\"", "value=\"crm\"", "value=\"work\""] {
        assert!(form.contains(part), "{part}: {form}");
    }
    let begun =
        visit.section(&[("section", "connect"), ("provider", "crm"), ("label", "work")]).send().is(200);
    for scope in ["contacts", "deals", "admin"] {
        assert!(begun.text.contains(&format!("<code>{scope}</code>")), "{scope}: {}", begun.text);
    }
    visit.consent(&begun.text);
    let page = visit.page();
    assert!(!page.contains("please connect it again") && page.contains("(work)"), "{page}");
}

#[test]
fn a_key_is_stored_and_what_is_wrong_is_told_at_its_field() {
    let visit = Visit::new();
    let key = |value: &str| {
        visit
            .section(&[("section", "service-key"), ("provider", "openai"), ("apiKey", value), ("label", "")])
            .send()
    };
    let wrong = key("sk canary").is(400);
    assert!(wrong.text.contains("role=\"alert\"") && !wrong.text.contains("canary"), "{}", wrong.text);
    let done = key("sk-canary").is(303);
    assert_eq!(done.header("location"), Some("/tenant/home/account?done=service-key"));
    let page = visit.page();
    assert!(page.contains("OpenAI") && !page.contains("canary"));
    let read = visit.world.get("/auth/apikeys/openai").bearer(&visit.token).send().is(200);
    assert_eq!(read.str("/apiKey"), "sk-canary");
    // What an account holds is told, but no secret.
    let copy =
        visit.world.get("/tenant/home/account/export").navigating().cookie(&visit.cookie).send().is(200);
    assert_eq!(
        (&copy.json["services"][0]["provider"], copy.text.contains("canary")),
        (&json!("openai"), false)
    );
    // A key for an agent is made with the scope for it.
    let fields = [("section", "key-add"), ("name", "agent"), ("scope", "vault:read")];
    let made = visit.section(&fields).send().is(200).text;
    let key = made.split("id=\"key\"").nth(1).unwrap().split('>').nth(1).unwrap().split('<').next().unwrap();
    visit.world.get("/auth/apikeys/openai").key(key).send().is(200);
}

#[test]
fn a_form_of_another_site_connects_and_ends_nothing() {
    let visit = Visit::new();
    let key = json!({ "apiKey": "k" });
    visit.world.post("/auth/apikeys/openai").bearer(&visit.token).json(key).send().is(200);
    for fields in [
        vec![("section", "connect"), ("provider", "crm")],
        vec![("section", "service-key"), ("provider", "openai"), ("apiKey", "evil")],
        vec![("section", "service-off"), ("provider", "openai"), ("label", "")],
    ] {
        let sent = visit
            .section(&fields)
            .header("sec-fetch-site", "cross-site")
            .header("origin", "https://evil.example");
        assert_eq!(sent.send().status, 403, "{fields:?}");
    }
    assert_eq!(visit.world.number("SELECT count(*) AS n FROM vault_attempts"), 0);
    let read = visit.world.get("/auth/apikeys/openai").bearer(&visit.token).send().is(200);
    assert_eq!(read.str("/apiKey"), "k");
}
