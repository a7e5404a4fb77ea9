//! A session that is asked for its second factor on a page: a code is mailed when the person asks for it.

use portcullis::model::state::Mfa;
use portcullis::store::users::User;
use serde_json::json;

use crate::harness::{Authenticator, Reply, World};

const MFA: &str = "/tenant/home/mfa";
const ADDRESS: &str = "ada@example.com";

/// A session that a trusted browser began without the second factor.
fn trusted(world: &World, user: &User) -> String {
    world.cookie_by(user, &["pwd", "device"])
}

/// Sends the form of the page that was shown, with the challenge that it gave.
fn submit(world: &World, session: &str, page: &Reply, fields: &[(&str, &str)]) -> Reply {
    let secret = page.sets("__Host-portcullis-challenge").unwrap();
    submit_with(world, session, &secret, page, fields)
}

fn submit_with(world: &World, session: &str, secret: &str, page: &Reply, fields: &[(&str, &str)]) -> Reply {
    let challenge = page.field("challenge");
    let mut all = vec![("challenge", challenge.as_str()), ("return_to", "/app/")];
    all.extend(fields);
    let cookies = format!("__Host-portcullis={session}; __Host-portcullis-challenge={secret}");
    world.post(MFA).navigating().header("cookie", &cookies).form(&all).send()
}

fn look(world: &World, session: &str, query: &str) -> Reply {
    world.get(&format!("{MFA}{query}")).navigating().cookie(session).send()
}

fn look_with(world: &World, session: &str, secret: &str, query: &str) -> Reply {
    let cookies = format!("__Host-portcullis={session}; __Host-portcullis-challenge={secret}");
    world.get(&format!("{MFA}{query}")).navigating().header("cookie", &cookies).send()
}

#[test]
fn a_code_is_mailed_when_it_is_asked_for_and_not_before() {
    let world = World::new();
    let session = trusted(&world, &world.with_mail(ADDRESS));
    let page = look(&world, &session, "?return_to=/app/").is(200);
    assert!(page.text.contains("We will email a code to ada@example.com."), "{}", page.text);
    assert!(page.text.contains("name=\"send\" value=\"1\"") && !page.text.contains("name=\"code\""));
    assert!(world.mails(ADDRESS).is_empty());
    let secret = page.sets("__Host-portcullis-challenge").unwrap();
    let sent = submit(&world, &session, &page, &[("send", "1")]).is(303);
    assert_eq!(sent.header("location"), Some("/tenant/home/mfa?return_to=/app/&sent=1"));
    assert_eq!(world.mails(ADDRESS).len(), 1);
    let page = look_with(&world, &session, &secret, "?return_to=/app/&sent=1").is(200);
    assert!(page.text.contains("We have sent you a code.") && page.text.contains("name=\"code\""));
    let code = world.mailed_code(ADDRESS);
    let done = submit_with(&world, &session, &secret, &page, &[("code", &code)]).is(303);
    assert_eq!(done.header("location"), Some("/app/"));
    // It is used up, however often the form is sent.
    submit_with(&world, &session, &secret, &page, &[("code", &code)]).is(303);
    assert_eq!((world.events("mfa.challenged"), world.mails(ADDRESS).len()), (1, 1));
}

#[test]
fn one_whose_code_was_not_mailed_is_not_told_that_it_was() {
    let world = World::new();
    let user = world.user_with("home", ADDRESS, |user| user.mfa = Mfa::Email);
    // So many mails went to the address already that signing in sends none.
    for _ in 0..20 {
        world.login(&user.email, crate::harness::PASSWORD);
    }
    let form = [("email", ADDRESS), ("password", crate::harness::PASSWORD)];
    let reply = world.post("/tenant/home/login").navigating().form(&form).send().is(303);
    let secret = reply.sets("__Host-portcullis-challenge").unwrap();
    let cookie = format!("__Host-portcullis-challenge={secret}");
    let page = world.get(MFA).navigating().header("cookie", &cookie).send().is(200);
    assert!(!page.text.contains("we emailed to") && page.text.contains("name=\"send\""), "{}", page.text);
}

#[test]
fn an_app_is_set_up_with_the_same_key_however_often_the_page_is_loaded() {
    let world = World::new();
    let session = world.cookie(&world.user(ADDRESS));
    let page = look(&world, &session, "").is(200);
    let secret = page.sets("__Host-portcullis-challenge").unwrap();
    let key = |page: &Reply| {
        page.text.split_once("<p class=\"key\">").unwrap().1.split('<').next().unwrap().to_owned()
    };
    let again = look_with(&world, &session, &secret, "").is(200);
    assert_eq!((key(&again), again.field("challenge")), (key(&page), page.field("challenge")));
    assert_eq!(again.sets("__Host-portcullis-challenge"), None);
    assert_eq!(world.number("SELECT count(*) AS n FROM challenges"), 0);
    let wrong = submit(&world, &session, &page, &[("code", "000000")]).is(401);
    assert_eq!(key(&wrong), key(&page));
    assert_eq!(world.number("SELECT count(*) AS n FROM challenges"), 1);
}

#[test]
fn what_a_page_hands_out_is_of_no_use_to_another_session_later_or_changed() {
    let world = World::new();
    let user = world.with_mail(ADDRESS);
    let (session, other) = (trusted(&world, &user), trusted(&world, &user));
    let eve = trusted(&world, &world.with_mail("eve@example.com"));
    let page = look(&world, &session, "").is(200);
    let secret = page.sets("__Host-portcullis-challenge").unwrap();
    let before = world.dump();
    for (who, secret) in [
        (&other, secret.clone()),
        (&eve, secret.clone()),
        (&session, format!("{secret}A")),
        (&session, secret.replacen('.', "..", 1)),
        (&session, "1.".into()),
        (&session, format!("1.{}", "A".repeat(300))),
    ] {
        let reply = submit_with(&world, who, &secret, &page, &[("send", "1")]).is(303);
        assert_eq!(reply.header("location"), Some("/tenant/home/mfa?return_to=/app/"));
        assert_eq!(reply.sets("__Host-portcullis-challenge").as_deref(), Some(""));
    }
    let nobody =
        world.post(MFA).navigating().header("cookie", &format!("__Host-portcullis-challenge={secret}"));
    nobody.form(&[("challenge", &page.field("challenge")), ("send", "1")]).send().is(303);
    assert_eq!(world.dump(), before);
    world.advance(600);
    submit(&world, &session, &page, &[("send", "1")]).is(303);
    assert_eq!(world.number("SELECT count(*) AS n FROM challenges"), 0);
    assert!(world.mails(ADDRESS).is_empty());
}

#[test]
fn forms_that_are_sent_at_once_are_one_challenge() {
    let world = World::new();
    let session = trusted(&world, &world.with_mail(ADDRESS));
    let page = look(&world, &session, "").is(200);
    let secret = page.sets("__Host-portcullis-challenge").unwrap();
    let challenge = page.field("challenge");
    let cookies = format!("__Host-portcullis={session}; __Host-portcullis-challenge={secret}");
    let asks = (0..8).map(|_| {
        world
            .post(MFA)
            .navigating()
            .header("cookie", &cookies)
            .form(&[("challenge", &challenge), ("send", "1")])
    });
    world.together(asks.collect());
    assert_eq!(
        (world.events("mfa.challenged"), world.number("SELECT count(*) AS n FROM challenges")),
        (1, 1)
    );
    assert!((1..=3).contains(&world.mails(ADDRESS).len()), "{}", world.mails(ADDRESS).len());
}

#[test]
fn another_way_that_was_chosen_stays_chosen() {
    let world = World::new();
    let user = world.with_mail(ADDRESS);
    let mut key = Authenticator::new(1);
    let two = world.session_by(&user, &["pwd", "otp", "mfa"]).access;
    world.add_passkey(&two, &mut key).is(201);
    let session = trusted(&world, &user);
    let page = look(&world, &session, "?use=email").is(200);
    let usual = page.text.contains("use=passkey");
    assert!(usual, "{}", page.text);
    let secret = page.sets("__Host-portcullis-challenge").unwrap();
    let sent = submit(&world, &session, &page, &[("send", "1"), ("use", "email")]).is(303);
    let page = world.get(sent.header("location").unwrap()).navigating();
    let cookies = format!("__Host-portcullis={session}; __Host-portcullis-challenge={secret}");
    let page = page.header("cookie", &cookies).send().is(200);
    assert!(page.text.contains("that we emailed to") && page.text.contains("name=\"code\""), "{}", page.text);
    // A passkey does as well, with options that were shown before anything was stored.
    let session = trusted(&world, &user);
    let page = look(&world, &session, "?use=passkey").is(200);
    let credential = key.get(&page.passkey_options().unwrap()).to_string();
    submit(&world, &session, &page, &[("use", "passkey"), ("credential", &credential)]).is(303);
}

/// A tenant's own page with a button for another code, and one of before without.
fn own(button: &str) -> String {
    format!(
        "<!doctype html><title>Own</title><h1>Own {{{{ method }}}}</h1>{{% if sent %}}<p>On its way</p>{{% endif %}}
        <form method=\"post\" action=\"{{{{ action }}}}\">
        <input type=\"hidden\" name=\"challenge\" value=\"{{{{ challenge }}}}\">
        <input type=\"hidden\" name=\"return_to\" value=\"{{{{ return_to }}}}\">
        <input type=\"hidden\" name=\"request\" value=\"{{{{ request }}}}\">
        <input name=\"code\"><button>Go</button>{button}</form>"
    )
}

const ANOTHER: &str =
    "{% if can_send %}<button name=\"send\" value=\"1\" formnovalidate>Send another code</button>{% endif %}";

fn put(world: &World, html: &str) -> Reply {
    let body = json!({ "html": html });
    world.put("/tenant/home/v2/Templates/mfa").bearer(&world.admin()).json(body).send()
}

#[test]
fn a_tenants_own_page_asks_for_another_code() {
    for button in [ANOTHER, ""] {
        let world = World::new();
        put(&world, &own(button)).is(200);
        let session = trusted(&world, &world.with_mail(ADDRESS));
        // As long as none was mailed, ours offers to mail one.
        let page = look(&world, &session, "").is(200);
        assert!(!page.text.contains("Own") && page.text.contains("name=\"send\""));
        let secret = page.sets("__Host-portcullis-challenge").unwrap();
        submit(&world, &session, &page, &[("send", "1")]).is(303);
        let page = look_with(&world, &session, &secret, "?sent=1").is(200);
        assert!(page.text.contains("Own email") && page.text.contains("On its way"), "{}", page.text);
        assert_eq!(page.text.contains("name=\"send\" value=\"1\""), !button.is_empty());
        if !button.is_empty() {
            for _ in 0..2 {
                submit_with(&world, &session, &secret, &page, &[("send", "1")]).is(303);
            }
            let page = look_with(&world, &session, &secret, "").is(200);
            assert!(
                !page.text.contains("name=\"send\"") && !page.text.contains("On its way"),
                "{}",
                page.text
            );
        }
        let code = world.mailed_code(ADDRESS);
        submit_with(&world, &session, &secret, &page, &[("code", &code)]).is(303);
    }
}

#[test]
fn a_button_of_a_tenants_own_page_does_what_it_may_and_not_by_the_enter_key() {
    let world = World::new();
    for bad in [
        "<button name=\"send\" value=\"2\">x</button>",
        "<button name=\"send\">x</button>",
        "<button name=\"use\" value=\"1\">x</button>",
        "<button value=\"1\">x</button>",
        "<button name=\"send\" value=\"{{ sent }}\">x</button>",
        "<button type=\"button\" name=\"send\" value=\"1\">x</button>",
        "<button name=\"send\" value=\"1\" formaction=\"https://evil.example/\">x</button>",
        "</form><button name=\"send\" value=\"1\">x</button><form>",
    ] {
        put(&world, &own(bad)).is(400);
    }
    let first = own("").replace("<button>Go</button>", &format!("{ANOTHER}<button>Go</button>"));
    put(&world, &first).is(400);
    let outside = own("").replace("</form>", &format!("</form>{ANOTHER}"));
    put(&world, &outside).is(400);
    put(&world, &own(ANOTHER)).is(200);
    // Another page has no such button.
    let login = json!({ "html": own(ANOTHER) });
    world.put("/tenant/home/v2/Templates/login").bearer(&world.admin()).json(login).send().is(400);
}
