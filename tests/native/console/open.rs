//! Signing in to the console: a code for a navigation, a token for the code, renewals.

use serde_json::{Value, json};

use super::{STATE, TOKEN, VERIFIER, admin, authorize_path, code_in};
use crate::harness::{Reply, World, claims};

fn exchange(world: &World, code: &str) -> Reply {
    world.post(TOKEN).json(json!({ "code": code, "codeVerifier": VERIFIER })).send()
}

fn renew(world: &World, renewal: &str) -> Reply {
    world.post(TOKEN).json(json!({ "renewal": renewal })).send()
}

#[test]
fn an_administrator_opens_the_console_and_keeps_it_open() {
    let world = World::new();
    let root = admin(&world);
    let cookie = world.cookie(&root);
    let back = world.goes_to_console(&cookie, "").is(303);
    let location = back.header("location").unwrap();
    let start = "https://auth.example.com/tenant/home/console/callback?code=";
    assert!(location.starts_with(start) && location.ends_with(&format!("&state={STATE}")), "{location}");
    let opened = exchange(&world, &code_in(location)).is(200);
    let token = opened.str("/accessToken");
    let said = claims(&token);
    assert_eq!((&said["sub"], &said["client_id"]), (&json!(root.id), &Value::Null));
    // It is the person's own: keys and clients may be made with it.
    world.get("/tenant/home/v2/Clients").bearer(&token).send().is(200);
    world.get("/tenant/home/v2/ApiKeys").bearer(&token).send().is(200);
    let renewed = renew(&world, &opened.str("/renewal")).is(200);
    world.get("/tenant/home/v2/Users").bearer(&renewed.str("/accessToken")).send().is(200);
    renew(&world, &renewed.str("/renewal")).is(200);
    for (event, times) in [("console.code_issued", 1), ("console.opened", 1), ("console.renewed", 2)] {
        assert_eq!(world.events(event), times, "{event}");
    }
}

#[test]
fn a_code_works_once_and_what_it_gave_ends_when_it_comes_again() {
    let world = World::new();
    let cookie = world.cookie(&admin(&world));
    let code = world.console_code(&cookie);
    let opened = exchange(&world, &code).is(200);
    exchange(&world, &code).is(401);
    renew(&world, &opened.str("/renewal")).is(401);
    assert_eq!(world.events("console.refused"), 1);
}

#[test]
fn a_renewal_works_once_and_ends_what_it_became_when_it_comes_again() {
    let world = World::new();
    let cookie = world.cookie(&admin(&world));
    let first = exchange(&world, &world.console_code(&cookie)).is(200).str("/renewal");
    let second = renew(&world, &first).is(200).str("/renewal");
    renew(&world, &first).is(401);
    renew(&world, &second).is(401);
}

#[test]
fn of_many_tries_with_one_code_one_succeeds() {
    let world = World::new();
    let cookie = world.cookie(&admin(&world));
    let code = world.console_code(&cookie);
    let body = json!({ "code": code, "codeVerifier": VERIFIER });
    let asks = (0..20).map(|_| world.post(TOKEN).json(body.clone())).collect();
    let replies = world.together(asks);
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1);
}

#[test]
fn what_is_wrong_with_a_code_or_renewal_is_not_said() {
    let other = "a".repeat(43);
    for (name, body) in [
        ("another verifier", json!({ "code": "CODE", "codeVerifier": other })),
        ("a code as a renewal", json!({ "renewal": "CODE" })),
        ("an unknown one", json!({ "renewal": format!("nobody.{other}") })),
        ("no secret", json!({ "renewal": "nobody" })),
        ("another secret", json!({ "code": "ID.x", "codeVerifier": VERIFIER })),
    ] {
        let world = World::new();
        let code = world.console_code(&world.cookie(&admin(&world)));
        let text = body.to_string().replace("CODE", &code).replace("ID", code.split('.').next().unwrap());
        let refused = world.post(TOKEN).body("application/json", text).send().is(401);
        assert_eq!(refused.str("/code"), "UNAUTHORIZED", "{name}");
        // Whoever has it in part does not try again.
        let expected = if name == "an unknown one" || name == "no secret" { 200 } else { 401 };
        assert_eq!(exchange(&world, &code).status, expected, "{name}");
    }
    let world = World::new();
    for body in
        [json!({}), json!({ "code": "x" }), json!({ "code": "x", "codeVerifier": "y", "renewal": "z" })]
    {
        world.post(TOKEN).json(body).send().is(400);
    }
}

#[test]
fn a_code_is_good_for_a_minute_and_a_renewal_while_its_session_lasts() {
    let world = World::new();
    let cookie = world.cookie(&admin(&world));
    let code = world.console_code(&cookie);
    world.advance(60);
    exchange(&world, &code).is(401);
    let renewal = exchange(&world, &world.console_code(&cookie)).is(200).str("/renewal");
    world.advance(13 * 3_600);
    renew(&world, &renewal).is(401);
}

#[test]
fn a_console_ends_with_its_session_its_person_and_the_role() {
    for how in ["signed out", "disabled", "no administrator", "swept"] {
        let world = World::new();
        let root = admin(&world);
        let cookie = world.cookie(&root);
        let opened = exchange(&world, &world.console_code(&cookie)).is(200);
        let code = world.console_code(&cookie);
        let token = opened.str("/accessToken");
        match how {
            "signed out" => {
                drop(world.post("/api/auth/logout").bearer(&token).json(json!({})).send().is(200))
            }
            "disabled" => {
                drop(world.sql(&format!("UPDATE users SET status = 'disabled' WHERE id = '{}'", root.id)))
            }
            "no administrator" => {
                drop(world.sql(&format!("UPDATE users SET roles = '[]' WHERE id = '{}'", root.id)))
            }
            _ => {
                world.sql("UPDATE console_sessions SET expires_at = 1");
                world.cron();
                assert_eq!(world.number("SELECT count(*) AS n FROM console_sessions"), 0);
            }
        }
        renew(&world, &opened.str("/renewal")).is(401);
        exchange(&world, &code).is(401);
        world.advance(6);
        let after = world.get("/tenant/home/v2/Users").bearer(&token).send().status;
        assert_eq!(after == 200, how == "swept", "{how}: {after}");
    }
}

#[test]
fn a_session_of_one_factor_opens_no_console_once_its_person_needs_two() {
    let world = World::new();
    let root = admin(&world);
    let cookie = world.cookie(&root);
    let opened = exchange(&world, &world.console_code(&cookie)).is(200);
    let code = world.console_code(&cookie);
    world.sql(&format!("UPDATE users SET mfa = 'totp' WHERE id = '{}'", root.id));
    renew(&world, &opened.str("/renewal")).is(401);
    exchange(&world, &code).is(401);
    let again = world.goes_to_console(&cookie, "").is(303);
    assert!(again.header("location").unwrap().starts_with("/tenant/home/login?return_to="));
    let both = world.cookie_by(&root, &["pwd", "otp", "mfa"]);
    exchange(&world, &world.console_code(&both)).is(200);
}

#[test]
fn another_tenants_console_takes_neither_code_nor_renewal() {
    let world = World::new();
    world.tenant("acme");
    let code = world.console_code(&world.cookie(&admin(&world)));
    let body = json!({ "code": code, "codeVerifier": VERIFIER });
    world.post("/tenant/acme/console-session/token").json(body).send().is(401);
    let renewal = exchange(&world, &code).is(200).str("/renewal");
    world.post("/tenant/acme/console-session/token").json(json!({ "renewal": renewal })).send().is(401);
    renew(&world, &renewal).is(200);
}

#[test]
fn a_tenants_own_administrator_gets_a_token_of_that_tenant() {
    let world = World::new();
    world.tenant("acme");
    let boss = world.user_with("acme", "boss@acme.example", |user| user.roles = vec!["ADMIN".into()]);
    let cookie = world.cookie(&boss);
    let path = authorize_path("").replace("/home/", "/acme/");
    let ask = world.get(&path).navigating().cookie(&cookie);
    let code = code_in(ask.send().is(303).header("location").unwrap());
    let body = json!({ "code": code, "codeVerifier": VERIFIER });
    let token =
        world.post("/tenant/acme/console-session/token").json(body).send().is(200).str("/accessToken");
    world.get("/tenant/acme/v2/Users").bearer(&token).send().is(200);
    world.get("/tenant/home/v2/Users").bearer(&token).send().is(403);
    // At home nobody is signed in with that cookie.
    let home = world.goes_to_console(&cookie, "").is(303);
    assert!(home.header("location").unwrap().starts_with("/tenant/home/login?return_to="));
}

#[test]
fn who_is_not_signed_in_signs_in_and_who_is_no_administrator_is_refused() {
    let world = World::new();
    let stranger = world.get(&authorize_path("")).navigating().send().is(303);
    let location = stranger.header("location").unwrap();
    assert!(
        location.starts_with(
            "/tenant/home/login?return_to=%2Ftenant%2Fhome%2Fconsole%2Dsession%2Fauthorize%3Fstate"
        ),
        "{location}"
    );
    let ada = world.user("ada@example.com");
    world.goes_to_console(&world.cookie(&ada), "").is(403);
    assert_eq!(world.number("SELECT count(*) AS n FROM console_sessions"), 0);
}

#[test]
fn signing_in_leads_back_to_the_console() {
    let world = World::new();
    admin(&world);
    let login =
        world.get(&authorize_path("")).navigating().send().is(303).header("location").unwrap().to_owned();
    let page = world.get(&login).navigating().send().is(200);
    assert!(page.text.contains("return_to"));
    let form = [
        ("email", "root@example.com"),
        ("password", crate::harness::PASSWORD),
        ("return_to", &authorize_path("")),
        ("own", "1"),
    ];
    let signed_in =
        world.post("/tenant/home/login").header("sec-fetch-site", "same-origin").form(&form).send().is(303);
    assert_eq!(signed_in.header("location").unwrap(), authorize_path(""));
}

#[test]
fn a_dangerous_action_is_asked_for_again_after_a_fresh_sign_in() {
    let world = World::new();
    world.settings(json!({ "apiKeyReauthenticationSeconds": 600 }));
    let root = admin(&world);
    let cookie = world.cookie(&root);
    let opened = exchange(&world, &world.console_code(&cookie)).is(200);
    world.advance(3_600);
    let token = renew(&world, &opened.str("/renewal")).is(200).str("/accessToken");
    let key = json!({ "name": "ci", "scopes": ["read"] });
    let refused = world.post("/tenant/home/v2/ApiKeys").bearer(&token).json(key.clone()).send().is(401);
    assert_eq!(refused.str("/code"), "REAUTHENTICATION_REQUIRED");
    let again = world.goes_to_console(&cookie, "&max_age=900").is(303);
    let location = again.header("location").unwrap();
    assert!(
        location.starts_with("/tenant/home/login?return_to=") && location.ends_with("&confirm=1"),
        "{location}"
    );
    let fresh = world.cookie(&root);
    let back = world.goes_to_console(&fresh, "&max_age=900").is(303);
    let token = exchange(&world, &code_in(back.header("location").unwrap())).is(200).str("/accessToken");
    world.post("/tenant/home/v2/ApiKeys").bearer(&token).json(key).send().is(201);
    // A second factor, where one is asked for.
    let factor = world.goes_to_console(&fresh, "&second_factor=1").is(303);
    assert!(factor.header("location").unwrap().starts_with("/tenant/home/mfa?return_to="));
    let both = world.cookie_by(&root, &["pwd", "otp", "mfa"]);
    let back = world.goes_to_console(&both, "&second_factor=1").is(303);
    assert!(back.header("location").unwrap().contains("/console/callback?code="));
}

#[test]
fn what_is_asked_has_its_form() {
    let world = World::new();
    let cookie = world.cookie(&admin(&world));
    let challenge = super::CHALLENGE;
    for query in [
        String::new(),
        format!("state={STATE}"),
        format!("challenge={challenge}"),
        format!("state=short&challenge={challenge}"),
        format!("state={STATE}%22&challenge={challenge}"),
        format!("state={STATE}&challenge={challenge}&max_age=soon"),
        format!("state={STATE}&challenge=plain"),
    ] {
        let path = format!("/tenant/home/console-session/authorize?{query}");
        let refused = world.get(&path).navigating().cookie(&cookie).send();
        assert_eq!(refused.status, 400, "{query}");
    }
}

/// How a browser says that a page's script or element asks, and not the person who goes there.
const SCRIPTS: [(&str, &str); 6] = [
    ("cors", "empty"),
    ("same-origin", "empty"),
    ("no-cors", "empty"),
    ("no-cors", "image"),
    ("no-cors", "script"),
    ("websocket", "empty"),
];

#[test]
fn a_script_of_any_host_gets_no_code() {
    let world = World::new();
    let cookie = world.cookie(&admin(&world));
    for (mode, dest) in SCRIPTS.into_iter().chain([
        ("navigate", "iframe"),
        ("navigate", "frame"),
        ("navigate", "object"),
        ("navigate", "embed"),
    ]) {
        for site in ["same-origin", "same-site", "cross-site"] {
            let ask = world.get(&authorize_path("")).cookie(&cookie).header("accept", "text/html");
            let ask = ask
                .header("sec-fetch-mode", mode)
                .header("sec-fetch-dest", dest)
                .header("sec-fetch-site", site);
            let refused = ask.send();
            assert_eq!(refused.status, 403, "{mode} {dest} {site}");
            assert_eq!(refused.header("location"), None);
        }
    }
    assert_eq!(world.events("console.code_issued"), 0);
    // One that does not say, and asks for no page.
    world.get(&authorize_path("")).cookie(&cookie).send().is(403);
}

#[test]
fn a_script_gets_no_code_of_a_client_with_the_browsers_session_either() {
    let world = World::new();
    let client =
        json!({ "token_endpoint_auth_method": "none", "redirect_uris": ["https://auth.example.com/app/cb"] });
    world.client("home", "spa", client);
    let cookie = world.cookie(&admin(&world));
    for prompt in ["", "&prompt=none"] {
        let path = format!(
            "/tenant/home/oauth2/authorize?client_id=spa&response_type=code&scope=openid&redirect_uri=https%3A%2F%2Fauth.example.com%2Fapp%2Fcb&code_challenge={}&code_challenge_method=S256{prompt}",
            super::CHALLENGE
        );
        for (mode, dest) in SCRIPTS {
            let ask = world.get(&path).cookie(&cookie).header("accept", "text/html");
            let ask = ask.header("sec-fetch-site", "same-origin");
            let refused = ask.header("sec-fetch-mode", mode).header("sec-fetch-dest", dest).send().is(400);
            assert_eq!(refused.header("location"), None, "{mode} {dest}");
        }
        // A client's own frame, and a person.
        for dest in ["iframe", "document"] {
            let ask = world.get(&path).cookie(&cookie).navigating().header("sec-fetch-dest", dest);
            assert!(ask.send().is(303).header("location").unwrap().contains("code="), "{dest}");
        }
    }
}
