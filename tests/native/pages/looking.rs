//! Browsers load pages again, ahead of time and for previews, and mail programs open every link: looking at a page
//! mails nothing and writes no row.

use serde_json::json;

use crate::harness::oidc::{Party, asks};
use crate::harness::{App, Ask, Authenticator, PASSWORD, World};

const ADA: &str = "ada@example.com";

/// Ways to look at a page.
const LOOKS: [(&str, &[(&str, &str)]); 5] = [
    ("GET", &[]),
    ("HEAD", &[]),
    ("GET", &[("sec-purpose", "prefetch")]),
    ("GET", &[("sec-purpose", "prefetch;prerender"), ("sec-fetch-site", "none")]),
    ("GET", &[("purpose", "prefetch"), ("sec-fetch-site", "same-origin")]),
];

/// A page: its row of the table, its path, and the cookies of who looks at it.
type Page = (&'static str, String, String);

fn shop() -> Party {
    Party::with("shop", json!({ "token_endpoint_auth_method": "none", "require_consent": true }))
}

fn session(cookie: &str) -> String {
    format!("__Host-portcullis={cookie}")
}

/// The challenge of a sign-in that waits for its second factor.
fn waiting(world: &World, email: &str) -> String {
    let form = [("email", email), ("password", PASSWORD)];
    let reply = world.post("/tenant/home/login").navigating().form(&form).send().is(303);
    format!("__Host-portcullis-challenge={}", reply.sets("__Host-portcullis-challenge").unwrap())
}

/// Whoever could look, with what they could have.
fn pages(party: &Party) -> Vec<Page> {
    let world = &party.world;
    let nobody = String::new;
    let plain = session(&party.cookie);
    let mut key = Authenticator::new(1);
    let keyed = world.user("key@example.com");
    let by_key = session(&world.cookie(&keyed));
    world.add_passkey(&world.session(&keyed).access, &mut key).is(201);
    let by_mail = world.with_mail("mail@example.com");
    let App { user: by_app, .. } = world.with_app("app@example.com");
    // A trusted browser stood for the second factor, until now.
    let mailed = session(&world.cookie_by(&by_mail, &["pwd", "device"]));
    let app = session(&world.cookie_by(&by_app, &["pwd", "device"]));
    let two = session(&world.cookie_by(&by_app, &["pwd", "otp", "mfa"]));
    let waits = waiting(world, "mail@example.com");
    // Links of each kind.
    let body = json!({ "email": "new@example.com", "password": PASSWORD, "full_name": "New" });
    world.post("/auth/register").json(body).send().is(201);
    let verify = world.mailed_token("new@example.com");
    world.post("/auth/forgot-password").json(json!({ "email": ADA })).send().is(200);
    let reset = world.mailed_token(ADA);
    let invited = json!({ "email": "invited@example.com" });
    world.post("/tenant/home/v2/Users").bearer(&world.admin()).json(invited).send().is(201);
    let invitation = world.mailed_token("invited@example.com");
    world.post("/tenant/home/magic-link").navigating().form(&[("email", ADA)]).send().is(200);
    let link = world.mailed_link(ADA);
    let form = [("section", "email"), ("email", "else@example.com"), ("current", PASSWORD)];
    world.post("/tenant/home/account").navigating().header("cookie", &plain).form(&form).send().is(303);
    let change = world.mailed_link("else@example.com");
    let request = asks(&party.authorize(&party.request()), "consent");
    let request = request.get("request").unwrap().to_owned();
    world.advance(1);

    let at = |page: &'static str, path: &str, who: &str| (page, path.to_owned(), who.to_owned());
    let mut all = vec![
        ("login", format!("/tenant/home/login?request={request}"), nobody()),
        at("login", "/tenant/home/login?return_to=/app/", ""),
        at("login", "/tenant/home/login?over=1", &plain),
        at("login", "/tenant/home/login", "__Host-portcullis-passkey=0123456789012345678901234567890"),
        ("magic-link", format!("/tenant/home/magic-link?token={link}"), nobody()),
        at("magic-link", "/tenant/home/magic-link", ""),
        ("change-email", format!("/tenant/home/change-email?token={change}"), plain.clone()),
        at("continue", "/tenant/home/continue?return_to=/app/", &plain),
        at("register", "/tenant/home/register", ""),
        at("register", "/tenant/home/register?sent=1", ""),
        at("forgot", "/tenant/home/forgot", ""),
        at("forgot", "/tenant/home/forgot?sent=1", ""),
        ("consent", format!("/tenant/home/consent?request={request}"), plain.clone()),
        ("consent", format!("/tenant/home/consent?request={request}"), nobody()),
        at("device", "/tenant/home/device?user_code=BCDF-GHJK", &plain),
        at("device", "/tenant/home/device?user_code=BCDF-GHJK", ""),
        at("account", "/tenant/home/account", &plain),
        at("account", "/tenant/home/account", &two),
        at("account", "/tenant/home/account", ""),
        at("account", "/tenant/home/account?passkey=add", &plain),
        at("account", "/tenant/home/account?passkey=add", &two),
        at("account", "/tenant/home/account?all=sessions", &plain),
        at("account/export", "/tenant/home/account/export", &plain),
        at("change-password", "/.well-known/change-password", &plain),
        at("logout", "/tenant/home/logout", &plain),
        at("", "/", ""),
        at("", "/", &plain),
        ("", format!("/auth/verify-email?token={verify}"), nobody()),
        ("", format!("/auth/reset-password?token={reset}"), nobody()),
        ("", format!("/auth/reset-password?token={invitation}"), nobody()),
        ("", format!("/tenant/home/oauth2/logout?id_token_hint={verify}"), plain.clone()),
    ];
    let who = [
        ("", ""),
        ("sets an app up", &plain),
        ("by mail", &mailed),
        ("by app", &app),
        ("by key", &by_key),
        ("two factors", &two),
        ("a sign-in that waits", &waits),
    ];
    for (_, cookies) in who {
        for query in [
            "",
            "?use=email",
            "?use=totp",
            "?use=backup",
            "?use=passkey",
            "?use=password",
            "?sent=1",
            "?send=1",
        ] {
            all.push(at("mfa", &format!("/tenant/home/mfa{query}"), cookies));
        }
    }
    all
}

fn with<'w>(ask: Ask<'w>, cookies: &str, headers: &[(&str, &str)]) -> Ask<'w> {
    let ask = headers.iter().fold(ask.navigating(), |ask, (name, value)| ask.header(name, value));
    if cookies.is_empty() { ask } else { ask.header("cookie", cookies) }
}

#[test]
fn looking_at_a_page_mails_nothing_and_writes_no_row() {
    let party = shop();
    let world = &party.world;
    for (_, path, cookies) in pages(&party) {
        for (method, headers) in LOOKS {
            // A copy of what an account holds is noted in the log; that is all that it writes.
            let written = || i64::try_from(world.db.rows_changed()).unwrap() - world.events("user.exported");
            let rows = written();
            let mails = world.post.mails.borrow().len();
            let mut jar = cookies.clone();
            for _ in 0..3 {
                let reply = with(world.ask(method, &path), &jar, headers).unlimited().send();
                assert!(reply.status < 400, "{method} {path} {cookies}: {} {}", reply.status, reply.text);
                // As a browser does, with what it was given.
                for name in
                    ["__Host-portcullis-challenge", "__Host-portcullis-passkey", "__Host-portcullis-form"]
                {
                    if let Some(value) = reply.sets(name).filter(|_| !jar.contains(name)) {
                        jar = format!("{jar}; {name}={value}");
                    }
                }
            }
            assert_eq!(written(), rows, "{method} {path} {cookies} {headers:?}");
            assert_eq!(world.post.mails.borrow().len(), mails, "{method} {path} {cookies} {headers:?}");
        }
    }
}

#[test]
fn no_page_is_missing_above() {
    let party = shop();
    let world = &party.world;
    let known: Vec<&str> = pages(&party).iter().map(|(page, _, _)| *page).collect();
    let surface = world.table.surfaces().iter().find(|surface| surface.name == "pages").unwrap();
    for route in surface.routes.iter().filter(|route| route.method == "GET") {
        let name = route.path.trim_start_matches("/tenant/{tenant}/").trim_start_matches("/.well-known/");
        assert!(known.contains(&name), "{} is to be looked at here", route.path);
    }
}
