//! What the log says of sign-ins that came to nothing before a provider vouched for anybody: one row for each that was begun
//! here, and none for what was not.

use serde_json::{Value, json};

use crate::harness::World;
use crate::sso::provider::{Begun, Mood, Provider};

const ADA: &str = "ada@example.com";

fn person() -> Value {
    json!({ "sub": "00u1", "email": ADA })
}

/// What the log says was refused.
fn told(world: &World) -> Vec<String> {
    let rows = world.sql("SELECT * FROM audit WHERE event = 'login.failed' ORDER BY id");
    let detail = |row: &portcullis::ports::Row| {
        assert_eq!(
            (&row["outcome"], &row["actor"], &row["tenant_id"]),
            (&json!("failure"), &json!("-"), &json!("home"))
        );
        row["detail"].as_str().unwrap().to_owned()
    };
    rows.iter().map(detail).collect()
}

type Comes = fn(&World, &Provider, &Begun) -> String;

#[test]
fn each_refusal_of_a_sign_in_that_was_begun_is_written_down_once() {
    let rows: [(&str, u16, Comes); 7] = [
        ("okta Federation(Declined", 400, |_, _, begun| {
            format!("error=access_denied&state={}", begun.param("state"))
        }),
        ("okta Federation(Declined", 400, |_, _, begun| {
            format!("code=made-up&state={}", begun.param("state"))
        }),
        ("okta Federation(Forged", 400, |_, _, begun| {
            format!("code=x&iss=https://evil.example&state={}", begun.param("state"))
        }),
        ("okta Federation(Forged", 400, |world, okta, begun| {
            let code = okta
                .code_for(json!({ "nonce": "another", "iss": okta.issuer, "aud": okta.client_id, "sub": "1",
                "iat": world.now().unix(), "exp": world.now().unix() + 60 }));
            format!("code={code}&state={}", begun.param("state"))
        }),
        ("okta Federation(Late", 504, |world, okta, begun| {
            let code = okta.code(world, begun, person());
            okta.mood.set(Mood::Down);
            format!("code={code}&state={}", begun.param("state"))
        }),
        ("okta Federation(Failed", 502, |world, okta, begun| {
            let code = okta.code(world, begun, person());
            okta.mood.set(Mood::Nonsense);
            format!("code={code}&state={}", begun.param("state"))
        }),
        ("okta Federation(SsoRequired", 403, |world, okta, begun| {
            let spec = json!({
                "kind": "oidc", "name": "Corp", "issuer": "https://corp.example", "clientId": "us", "enforced": true,
            });
            world.provider("home", "corp", spec);
            world.sql("INSERT INTO email_domains (tenant_id, domain, provider_id, status, token, created_at, directory)
                       VALUES ('home', 'example.com', 'corp', 'verified', 't', 0, 'home')");
            world.advance(6);
            format!("code={}&state={}", okta.code(world, begun, person()), begun.param("state"))
        }),
    ];
    for (said, status, comes) in rows {
        let world = World::new();
        let okta = world.okta("home", json!({}));
        okta.forgets.set(false);
        let begun = world.begin_sso("home", "okta", "");
        let query = comes(&world, &okta, &begun);
        for _ in 0..3 {
            world.come_back_with(&begun, &query).send().is(status);
        }
        let told = told(&world);
        assert_eq!(told.len(), 1, "{said}: {told:?}");
        assert!(told[0].starts_with(said), "{said}: {told:?}");
        assert!(!told[0].contains("<b>"), "{told:?}");
    }
}

#[test]
fn what_no_sign_in_of_ours_is_writes_nothing() {
    let world = World::new();
    let okta = world.okta("home", json!({}));
    let begun = world.begin_sso("home", "okta", "");
    let other = world.begin_sso("home", "okta", "");
    let state = begun.param("state");
    for (cookie, query) in [
        ("a=b", format!("error=access_denied&state={state}")),
        (other.cookie.as_str(), format!("error=access_denied&state={state}")),
        (begun.cookie.as_str(), "error=access_denied".to_owned()),
        (begun.cookie.as_str(), format!("error=access_denied&state={}", "x".repeat(43))),
        (begun.cookie.as_str(), format!("error=access_denied&state={state}&state={state}")),
        ("", String::new()),
    ] {
        let held = Begun { cookie: cookie.to_owned(), ..begun.clone() };
        world.come_back_with(&held, &query).send().is(400);
    }
    world.advance(600);
    world.come_back_with(&begun, &format!("error=access_denied&state={state}")).send().is(400);
    assert!(told(&world).is_empty() && okta.mood.get() == Mood::Well);
    assert_eq!(world.number("SELECT count(*) AS n FROM federation_used"), 0);
}

#[test]
fn a_provider_that_is_down_is_told_of_as_such_however_many_of_one_address_it_sends_away() {
    let world = World::new();
    let okta = world.okta("home", json!({}));
    okta.forgets.set(false);
    let come = || {
        okta.mood.set(Mood::Well);
        let begun = world.begin_sso("home", "okta", "");
        let query = format!("code={}&state={}", okta.code(&world, &begun, person()), begun.param("state"));
        okta.mood.set(Mood::Down);
        world.come_back_with(&begun, &query).from("198.51.100.7").status()
    };
    let statuses: Vec<u16> = (0..50).map(|_| come()).collect();
    assert_eq!(statuses, vec![504; 50]);
    assert_eq!(told(&world).len(), 40);
}

#[test]
fn one_address_has_few_of_them_written_in_a_minute() {
    let world = World::new();
    world.okta("home", json!({}));
    let come = |from: &str| {
        let begun = world.begin_sso("home", "okta", "");
        let query = format!("error=access_denied&state={}", begun.param("state"));
        world.come_back_with(&begun, &query).from(from).status()
    };
    let statuses: Vec<u16> = (0..50).map(|_| come("198.51.100.7")).collect();
    assert_eq!(statuses, [vec![400; 40], vec![429; 10]].concat());
    assert_eq!(told(&world).len(), 40);
    assert_eq!(come("198.51.100.8"), 400);
    world.advance(60);
    assert_eq!(come("198.51.100.7"), 400);
    // What was noted goes once its sign-in could not come back any more.
    world.advance(2 * 86_400);
    world.cron();
    assert_eq!(world.number("SELECT count(*) AS n FROM federation_used"), 0);
}

/// A person is told that somebody signs in to their account in another way from now on.
#[test]
fn who_has_an_identity_linked_is_told_by_mail() {
    let mails = |world: &World, to: &str| -> Vec<String> {
        let told = "A sign-in method was added";
        world
            .mails(to)
            .into_iter()
            .map(|mail| mail.subject)
            .filter(|subject| subject.contains(told))
            .collect()
    };
    let google = |sub: &str| json!({ "sub": sub, "email": "ada@gmail.com", "email_verified": true });
    // Linked by its address.
    let world = World::new();
    let provider = world.google("home", json!({}));
    world.user("ada@gmail.com");
    for _ in 0..2 {
        world.sso(&provider, "home", "google", google("1")).is(303);
    }
    assert_eq!(mails(&world, "ada@gmail.com").len(), 1);
    // Linked by the account's owner.
    let okta = world.okta("home", json!({}));
    let cookie = world.cookie(&world.user(ADA));
    let asked = world.sso(&okta, "home", "okta", person()).is(409);
    assert!(mails(&world, ADA).is_empty());
    let sealed = asked.sets("__Host-portcullis-link").unwrap();
    let ask = world.post("/tenant/home/sso/okta/link").header("sec-fetch-site", "same-origin");
    let cookies = format!("__Host-portcullis-link={sealed}; __Host-portcullis={cookie}");
    ask.header("cookie", &cookies).form(&[("password", "")]).send().is(303);
    assert_eq!(mails(&world, ADA).len(), 1);
    // An account that was made with it says so by itself.
    let world = World::new();
    let provider = world.google("home", json!({}));
    world.sso(&provider, "home", "google", google("1")).is(303);
    assert!(mails(&world, "ada@gmail.com").is_empty());
}
