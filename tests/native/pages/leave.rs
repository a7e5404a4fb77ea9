//! Where a person goes after a form of ours: to the very address that they came for, wherever that leads, and never to
//! one that a stranger chose.

use serde_json::json;

use crate::harness::oidc::{CALLBACK, Params, Party, asks};
use crate::harness::{Ask, PASSWORD, Reply, World};

const ADDRESS: &str = "ada@example.com";

/// Where one goes who was going nowhere.
const HOME: &str = "/tenant/home/account";

/// How browsers say that a form of ours is being sent; the last are those without Fetch Metadata.
const BROWSERS: [&[(&str, &str)]; 3] = [
    &[("sec-fetch-site", "same-origin"), ("origin", "https://auth.example.com")],
    &[("sec-fetch-site", "same-origin")],
    &[("origin", "https://auth.example.com")],
];

fn by<'w>(ask: Ask<'w>, browser: &[(&str, &str)]) -> Ask<'w> {
    browser.iter().fold(ask.navigating(), |ask, (name, value)| ask.header(name, value))
}

fn escaped(to: &str) -> String {
    to.replace('&', "&#38;")
        .replace('"', "&#34;")
        .replace('\'', "&#39;")
        .replace('<', "&#60;")
        .replace('>', "&#62;")
}

/// That the page leads on to just that address by itself, and by a link; and that no policy of the form follows.
#[track_caller]
fn leads_to(reply: &Reply, to: &str) {
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(reply.header("location"), None);
    let refresh = format!("<meta http-equiv=\"refresh\" content=\"0;url={}\">", escaped(to));
    assert_eq!(reply.text.matches(&refresh).count(), 1, "{refresh}: {}", reply.text);
    assert!(reply.text.contains(&format!("<a class=\"button\" href=\"{}\">", escaped(to))), "{}", reply.text);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(reply.header("referrer-policy"), Some("no-referrer"));
    let policy = reply.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("script-src"), "{policy}");
}

/// That a form of a tenant's own page is answered with a redirect to a page of ours, which leads on to just that address.
#[track_caller]
fn arrives(world: &World, reply: &Reply, to: &str) {
    assert_eq!(reply.status, 303, "{}", reply.text);
    let on = reply.header("location").unwrap();
    assert!(on.starts_with("/tenant/home/continue"), "{on}");
    leads_to(&world.get(on).navigating().send(), to);
}

/// CSP 3 §6.4.2: our own pages let what their forms lead to redirect anywhere, and hold them to nothing else.
#[test]
fn our_own_sign_in_pages_lead_anywhere() {
    let world = World::new();
    world.user(ADDRESS);
    world.route(json!({ "path": "/r/" }));
    world.post("/tenant/home/magic-link").navigating().form(&[("email", ADDRESS)]).send().is(200);
    let link = format!("/tenant/home/magic-link?token={}&return_to=/r/", world.mailed_link(ADDRESS));
    let pages = [
        "/tenant/home/login?return_to=/r/",
        "/tenant/home/login",
        "/tenant/home/register?return_to=/r/",
        &link,
    ];
    for path in pages {
        let page = world.get(path).navigating().send().is(200);
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.contains("form-action 'self' https: http:;"), "{path}: {policy}");
        assert!(
            policy.starts_with("default-src 'none'") && policy.contains("base-uri 'none'"),
            "{path}: {policy}"
        );
        assert!(
            page.text.contains("<input type=\"hidden\" name=\"own\" value=\"1\">"),
            "{path}: {}",
            page.text
        );
    }
    for browser in BROWSERS {
        let fields = [("email", ADDRESS), ("password", PASSWORD), ("return_to", "/r/x?y"), ("own", "1")];
        let reply = by(world.post("/tenant/home/login"), browser).form(&fields).send().is(303);
        assert_eq!(reply.header("location"), Some("/r/x?y"));
    }
    // Others lead to us alone.
    let cookie = world.cookie(&world.user("bob@example.com"));
    for path in ["/tenant/home/account", "/tenant/home/forgot", "/tenant/home/device", "/tenant/home/logout"]
    {
        let page = world.get(path).navigating().cookie(&cookie).send().is(200);
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.contains("form-action 'self';"), "{path}: {policy}");
    }
}

/// Tenants' own HTML leads nowhere but here, and to the client that waits.
#[test]
fn a_tenants_own_page_is_held_to_this_origin() {
    let party = Party::public();
    let html = r#"<!doctype html><html lang="{{ lang }}"><head><meta charset="utf-8"><title>{{ tenant_name }}</title></head><body>
        <h1>{{ tenant_name }}</h1>{% if problem %}<p role="alert">{{ problem }}</p>{% endif %}
        <form method="post" action="{{ action }}"><input type="hidden" name="return_to" value="{{ return_to }}">
        <input type="hidden" name="request" value="{{ request }}">
        <label for="email">Email</label><input id="email" name="email" type="email" value="{{ email }}" required>
        <label for="password">Password</label><input id="password" name="password" type="password" required>
        <button type="submit">Go</button></form></body></html>"#;
    let put = party.world.put("/tenant/home/v2/Templates/login").bearer(&party.world.admin());
    put.json(json!({ "html": html })).send().is(200);
    let page = party.world.get("/tenant/home/login?return_to=/r/").navigating().send().is(200);
    let policy = page.header("content-security-policy").unwrap();
    assert!(page.text.contains(">Go</button>"), "{}", page.text);
    assert!(policy.contains("form-action 'self';") && !policy.contains("script-src"), "{policy}");
    let waiting = party.browse(&party.request()).send();
    let page = party.follow(&waiting, "nobody's").is(200);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("form-action 'self' https://app.example;"), "{policy}");
}

/// OIDC Core §3.1.2.3: on to the client by way of our own endpoint, which ends at a page.
#[test]
fn a_sign_in_for_a_client_goes_back_to_its_request() {
    let party = Party::public();
    for browser in BROWSERS {
        let waiting = asks(&party.browse(&party.request()).send(), "login");
        let id = waiting.get("request").unwrap();
        let fields = [("email", ADDRESS), ("password", PASSWORD), ("request", id), ("own", "1")];
        let reply = by(party.world.post("/tenant/home/login"), browser).form(&fields).send().is(303);
        let cookie = session_cookie(&reply);
        let mut on = reply.header("location").unwrap().to_owned();
        if on.starts_with("/tenant/home/continue?request=") {
            // A browser without Fetch Metadata would not say at our endpoint that it comes from a form.
            assert!(browser.iter().all(|(name, _)| *name != "sec-fetch-site"));
            let page = party.world.get(&on).navigating().send().is(200);
            let (_, rest) = page.text.split_once("content=\"0;url=").unwrap();
            on = rest.split('"').next().unwrap().replace("&#38;", "&");
        }
        assert!(on.starts_with("/tenant/home/oauth2/authorize?"), "{on}");
        let page =
            by(party.world.get(&on), &[("sec-fetch-site", "same-origin")]).cookie(&cookie).send().is(200);
        assert!(page.text.contains(&format!("0;url={CALLBACK}?code=")), "{}", page.text);
    }
}

fn session_cookie(reply: &Reply) -> String {
    reply.sets("__Host-portcullis").unwrap()
}

/// CSP 3 §6.4.2: every way of signing in on a page leads on by a page, and a program gets a redirect as ever.
#[test]
fn each_way_to_sign_in_leads_on_by_a_page() {
    let to = "/app/x?q=1&r=\"'<>";
    for browser in BROWSERS {
        let world = World::new();
        world.user(ADDRESS);
        // A password.
        let fields = [("email", ADDRESS), ("password", PASSWORD), ("return_to", to)];
        let reply = by(world.post("/tenant/home/login"), browser).form(&fields).send();
        arrives(&world, &reply, to);
        assert!(!session_cookie(&reply).is_empty());
        let plain = world.post("/tenant/home/login").navigating().form(&fields).send().is(303);
        assert_eq!(plain.header("location"), Some(to));
        // A code by mail, and a link.
        world.post("/tenant/home/magic-link").navigating().form(&[("email", ADDRESS)]).send().is(200);
        let fields = [("email", ADDRESS), ("code", &world.mailed_code(ADDRESS)), ("return_to", to)];
        arrives(&world, &by(world.post("/tenant/home/magic-link"), browser).form(&fields).send(), to);
        world.advance(60);
        world.post("/tenant/home/magic-link").navigating().form(&[("email", ADDRESS)]).send().is(200);
        let fields = [("token", world.mailed_link(ADDRESS)), ("return_to", to.to_owned())];
        let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
        arrives(&world, &by(world.post("/tenant/home/magic-link"), browser).form(&fields).send(), to);
        // A new account, where it may be used at once.
        world.settings(json!({ "requireVerifiedEmail": false }));
        let fields =
            [("name", "Bob"), ("email", "bob@example.com"), ("password", PASSWORD), ("return_to", to)];
        arrives(&world, &by(world.post("/tenant/home/register"), browser).form(&fields).send(), to);
    }
}

#[test]
fn a_second_factor_leads_on_by_a_page() {
    for browser in BROWSERS {
        let world = World::new();
        let app = world.with_app(ADDRESS);
        let fields = [("email", ADDRESS), ("password", PASSWORD), ("return_to", "/app/")];
        let reply = by(world.post("/tenant/home/login"), browser).form(&fields).send().is(303);
        // Between pages of ours a redirect ends at a page of ours.
        assert_eq!(reply.header("location"), Some("/tenant/home/mfa?return_to=/app/"));
        let cookie =
            format!("__Host-portcullis-challenge={}", reply.sets("__Host-portcullis-challenge").unwrap());
        let page = world
            .get("/tenant/home/mfa?return_to=/app/")
            .navigating()
            .header("cookie", &cookie)
            .send()
            .is(200);
        let (_, rest) = page.text.split_once("name=\"challenge\" value=\"").unwrap();
        let challenge = rest.split('"').next().unwrap();
        let code = world.code(&app.secret);
        let fields = [("challenge", challenge), ("code", &code), ("return_to", "/app/")];
        let ask = by(world.post("/tenant/home/mfa"), browser).header("cookie", &cookie);
        arrives(&world, &ask.form(&fields).send(), "/app/");
    }
}

/// OIDC Core §3.1.2.5: the answer to a consent reaches the client, whatever its address does then.
#[test]
fn a_decision_leads_to_the_client_by_a_page() {
    for browser in BROWSERS {
        for (decision, said) in [("allow", "code="), ("deny", "error=access_denied")] {
            let party =
                Party::with("app", json!({ "token_endpoint_auth_method": "none", "require_consent": true }));
            let waiting = asks(&party.authorize(&party.request()), "consent");
            let fields = [("request", waiting.get("request").unwrap()), ("decision", decision)];
            let ask = by(party.world.post("/tenant/home/consent"), browser).cookie(&party.cookie);
            let reply = ask.form(&fields).send().is(200);
            let (_, rest) = reply.text.split_once("content=\"0;url=").unwrap();
            let to = rest.split('"').next().unwrap().replace("&#38;", "&");
            assert!(to.starts_with(&format!("{CALLBACK}?")) && to.contains(said), "{to}");
            leads_to(&reply, &to);
        }
    }
    // What comes from a client's own page is redirected: no form of ours is behind it.
    let party = Party::public();
    for site in ["cross-site", "same-site", "none"] {
        let ask = party.browse(&party.request()).cookie(&party.cookie).header("sec-fetch-site", site);
        assert_eq!(ask.send().sent().to, CALLBACK);
    }
    // After our form, by way of a redirect of ours.
    let ask = party.browse(&party.request()).cookie(&party.cookie).header("sec-fetch-site", "same-origin");
    let reply = ask.send();
    assert!(reply.status == 200 && reply.text.contains(&format!("0;url={CALLBACK}?code=")), "{}", reply.text);
}

/// RFC 8252 §7.1: a scheme of an application's own is opened by the click itself.
#[test]
fn an_applications_own_scheme_is_a_redirect() {
    let other = json!({ "token_endpoint_auth_method": "none", "require_consent": true, "application_type": "native",
                        "redirect_uris": ["com.example.app:/cb"] });
    let party = Party::with("app", other);
    let reply = party.authorize(&party.request().with("redirect_uri", "com.example.app:/cb"));
    let waiting = asks(&reply, "consent");
    let page = party.follow(&reply, &party.cookie).is(200);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("form-action 'self' com.example.app:;"), "{policy}");
    let fields = [("request", waiting.get("request").unwrap()), ("decision", "allow")];
    let ask = by(party.world.post("/tenant/home/consent"), BROWSERS[0]).cookie(&party.cookie);
    let reply = ask.form(&fields).send().is(303);
    assert!(reply.header("location").unwrap().starts_with("com.example.app:/cb?code="));
}

/// Form Post §2: what the client answers the form with may lead anywhere too.
#[test]
fn a_posted_answer_may_be_redirected_anywhere() {
    let party = Party::public();
    let page = party.authorize(&party.request().with("response_mode", "form_post")).is(200);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("form-action https://app.example https: http:;"), "{policy}");
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
}

/// RP-Initiated Logout §3: after our question, and after a client's own form.
#[test]
fn sign_out_leads_to_the_client_by_a_page() {
    let back = "https://app.example/signed-out";
    for browser in BROWSERS {
        let party = Party::with("app", json!({ "post_logout_redirect_uris": [back] }));
        let fields = [
            ("client_id", "app"),
            ("post_logout_redirect_uri", back),
            ("state", "s&t"),
            ("confirmed", "yes"),
        ];
        let ask = by(party.world.post("/tenant/home/oauth2/logout"), browser).cookie(&party.cookie);
        let reply = ask.form(&fields).send();
        leads_to(&reply, &format!("{back}?state=s%26t"));
        assert_eq!(reply.sets("__Host-portcullis").as_deref(), Some(""));
    }
    let party = Party::with("app", json!({ "post_logout_redirect_uris": [back] }));
    let fields = Params::of(&[("client_id", "app"), ("post_logout_redirect_uri", back)]);
    let ask =
        party.world.post("/tenant/home/oauth2/logout").navigating().header("sec-fetch-site", "cross-site");
    let reply = ask.body("application/x-www-form-urlencoded", fields.text()).send().is(303);
    let asked_again = reply.header("location").unwrap().to_owned();
    let reply =
        party.world.get(&asked_again).navigating().header("sec-fetch-site", "cross-site").send().is(303);
    assert_eq!(reply.header("location"), Some(back));
}

/// Back to the very address, of whatever the gateway takes.
#[test]
fn one_comes_back_to_the_very_address() {
    let world = World::new();
    world.user(ADDRESS);
    world.route(json!({ "path": "/r/" }));
    let long = format!("/r/page?q={}", "a".repeat(8_192));
    let longer = format!("/r/page?q={}", "%20".repeat(4_000));
    for address in [
        r"/r/page?q=\d+",
        r"/r/page?q=\\evil.example\&x=/\evil",
        "/r/page?q=a+b%20c&d=%2F%23%5C&e=http://x/?y=z&&=",
        "/r/page?u=//evil.example&v=@:;,!$'()*[]{}|^`~",
        "/r/page?",
        "/r/page",
        &long,
        &longer,
    ] {
        let reply = world.get(address).navigating().send().is(303);
        let login = reply.header("location").unwrap().to_owned();
        let page = world.get(&login).navigating().send().is(200);
        let (_, rest) = page.text.split_once("name=\"return_to\" value=\"").unwrap();
        assert_eq!(rest.split('"').next().unwrap(), escaped(address));
        let fields = [("email", ADDRESS), ("password", PASSWORD), ("return_to", address)];
        let plain = world.post("/tenant/home/login").navigating().form(&fields).send().is(303);
        assert_eq!(plain.header("location"), Some(address));
        arrives(&world, &by(world.post("/tenant/home/login"), BROWSERS[0]).form(&fields).send(), address);
    }
    // A fragment goes along where the page's script has put it behind.
    for address in ["/r/page#part", r"/r/page?q=\d#/a?b=\c", "/r/page?q=1#"] {
        let fields = [("email", ADDRESS), ("password", PASSWORD), ("return_to", address)];
        arrives(&world, &by(world.post("/tenant/home/login"), BROWSERS[0]).form(&fields).send(), address);
    }
}

/// RFC 9700 §4.11: an address that a browser reads as another origin's, or that the gateway would refuse, leads home.
#[test]
fn an_open_redirect_stays_shut() {
    let world = World::new();
    world.user(ADDRESS);
    for to in [
        "//evil.example",
        "//evil.example/r/",
        "/\\evil.example",
        "\\\\evil.example",
        "/\\/evil.example",
        "/r\\..\\..\\evil",
        "/%5cevil.example",
        "/%2f/evil.example",
        "/..//evil.example",
        "/./evil",
        "/r//x",
        "/r;x",
        "https://evil.example/",
        "https:evil.example",
        "javascript:alert(1)",
        "evil.example",
        "?q=1",
        "#x",
        " /r/",
        "/r/ x",
        "/\t/evil.example",
        "/\n/evil.example",
        "/r/\r\nset-cookie: x=y",
        "/r/?q=\u{e4}",
        "/r/\u{0}",
    ] {
        let fields = [("email", ADDRESS), ("password", PASSWORD), ("return_to", to)];
        let plain = world.post("/tenant/home/login").navigating().form(&fields).send().is(303);
        assert_eq!(plain.header("location"), Some(HOME), "{to:?}");
        arrives(&world, &by(world.post("/tenant/home/login"), BROWSERS[0]).form(&fields).send(), HOME);
    }
    let huge = format!("/r/?q={}", "a".repeat(20_000));
    let fields = [("email", ADDRESS), ("password", PASSWORD), ("return_to", huge.as_str())];
    let plain = world.post("/tenant/home/login").navigating().form(&fields).send().is(303);
    assert_eq!(plain.header("location"), Some(HOME));
}

/// A mail carries a short way back, and is sent without one that is too long for it.
#[test]
fn a_long_way_back_is_not_mailed() {
    let world = World::new();
    world.user(ADDRESS);
    let long = format!("/r/page?q={}", "a".repeat(8_192));
    for page in ["magic-link", "forgot"] {
        for (to, carried) in [("/r/page", true), (long.as_str(), false)] {
            world.advance(3_600);
            let fields = [("email", ADDRESS), ("return_to", to)];
            let reply = world.post(&format!("/tenant/home/{page}")).navigating().form(&fields).send();
            assert!(matches!(reply.status, 200 | 303), "{}", reply.text);
            let mail = world.mails(ADDRESS).pop().unwrap();
            assert_eq!(mail.text.contains("return_to=/r/page"), carried, "{page}: {}", mail.text);
        }
    }
}
