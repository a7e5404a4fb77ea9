//! Where browsers are sent, and what the addresses show that they pass through.

use serde_json::json;

use crate::connections::flow::{Flow, param};
use crate::connections::vault_attacks::How::{Looks, Refused};
use crate::connections::vault_attacks::{Attack, Stage, run};
use crate::harness::Reply;

/// Origins of nobody whom the tenant knows, in every spelling; the tenant knows `https://app.example.com`.
pub const ORIGINS: &[&str] = &[
    "https://evil.example",
    "https://app.example.com.evil.example",
    "https://app.example.com:444",
    "http://app.example.com",
    "https://app.example.com/",
    "https://app.example.com@evil.example",
    "https://APP.example.com",
    "https://sub.app.example.com",
    "http://localhost:8080",
    "http://127.0.0.2:8080",
    "http://127.1:8080",
    "http://2130706433:8080",
    "http://[::2]:8080",
    "http://[::ffff:127.0.0.1]:8080",
    "http://0.0.0.0:8080",
    "https://127.0.0.1:8080",
    "http://127.0.0.1.evil.example:8080",
    "http://127.0.0.1@evil.example:8080",
    "javascript:alert(1)",
    "null",
    "//evil.example",
    "app://x",
    "",
];

fn encode(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn begin(stage: &Stage, query: &str) -> Reply {
    let path = format!("/auth/connect/crm?{query}");
    stage.flow.world.get(&path).bearer(&stage.flow.token).unlimited().send()
}

/// The page that a browser gets with a state of nobody's.
fn page(stage: &Stage) -> Reply {
    stage.flow.world.get("/auth/callback/crm?code=c&state=crm::x").navigating().send()
}

pub const ATTACKS: &[Attack] = &[
    Attack {
        section: "RFC 9700 §4.1",
        attack: "a redirect URI at an origin that another tenant knows",
        how: Refused(|stage| {
            let world = &stage.flow.world;
            let body = json!({ "allowedOrigins": ["https://theirs.example"] });
            let path = "/tenant/acme/v2/Settings";
            world.patch(path).bearer(&stage.acme).json(body).send().is(200);
            let uri = encode("https://theirs.example/cb");
            vec![
                begin(stage, &format!("redirect_uri={uri}")),
                begin(stage, &format!("origin={}", encode("https://theirs.example"))),
            ]
        }),
    },
    Attack {
        section: "RFC 9700 §4.1",
        attack: "a redirect URI at our own other pages",
        how: Refused(|stage| {
            let own = ["/oauth2/authorize", "/auth/callback/crm2", "/tenant/acme/auth/callback/crm", "/"];
            let uri = |path: &&str| encode(&format!("https://auth.example.com{path}"));
            own.iter().map(|path| begin(stage, &format!("redirect_uri={}", uri(path)))).collect()
        }),
    },
    Attack {
        section: "RFC 9700 §4.1",
        attack: "a redirect URI that is spelled in another way",
        how: Refused(|stage| {
            let spelled = [
                "https://app.example.com/cb#x",
                "https://app.example.com\\@evil.example/",
                "https://app.example.com%2f@evil.example/",
                "https://app.example.com:443/cb",
                "https://user@app.example.com/cb",
                "HTTPS://app.example.com/cb",
                " https://app.example.com/cb",
                "https://app.example.com\t/cb",
                "https://app.example.com?x@evil.example/",
                "//app.example.com/cb",
            ];
            spelled.iter().map(|uri| begin(stage, &format!("redirect_uri={}", encode(uri)))).collect()
        }),
    },
    Attack {
        section: "RFC 9700 §4.1",
        attack: "a parameter of the provider's comes in with the scopes, the label or the origin",
        how: Looks(|stage| {
            let smuggled = encode("x&state=mine&code_challenge_method=plain");
            let begun = begin(stage, &format!("scopes={smuggled}&label={smuggled}")).is(200);
            let url = url::Url::parse(&begun.str("/authUrl")).unwrap();
            assert_eq!(param(&url, "redirect_uri"), "https://auth.example.com/auth/callback/crm");
            assert_eq!(param(&url, "code_challenge_method"), "S256");
            for name in ["redirect_uri", "state", "code_challenge_method", "client_id", "response_type"] {
                assert_eq!(url.query_pairs().filter(|(known, _)| known == name).count(), 1, "{name}");
            }
        }),
    },
    Attack {
        section: "RFC 9700 §4.2",
        attack: "the page that a code arrives at tells others of it",
        how: Looks(|stage| {
            let page = page(stage).is(400);
            assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
            assert_eq!(page.header("cache-control"), Some("no-store"));
            assert!(!page.text.contains("code=c") && !page.text.contains("crm::x"), "{}", page.text);
            for elsewhere in ["src=\"http", "src='http", "url(http"] {
                assert!(!page.text.contains(elsewhere), "{elsewhere}");
            }
        }),
    },
    Attack {
        section: "RFC 9700 §4.3",
        attack: "the address that a browser keeps holds more than a state and a challenge",
        how: Looks(|stage| {
            let begun = begin(stage, "").is(200);
            let url = url::Url::parse(&begun.str("/authUrl")).unwrap();
            let names: Vec<String> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
            let known = [
                "response_type",
                "client_id",
                "redirect_uri",
                "scope",
                "state",
                "code_challenge",
                "code_challenge_method",
            ];
            for name in &names {
                assert!(known.contains(&name.as_str()), "{name}");
            }
            assert!(!begun.text.contains("canary"));
            let verifier = {
                stage.flow.post(&stage.flow.token, "good-2", &param(&url, "state")).is(200);
                stage.flow.sent.borrow().last().unwrap()["code_verifier"].clone()
            };
            assert!(!url.as_str().contains(&verifier));
        }),
    },
    Attack {
        section: "RFC 9700 §4.3",
        attack: "a code or a state stands in the address that a browser ends at",
        how: Looks(|stage| {
            let cookie = stage.flow.world.cookie(&stage.flow.ada);
            let account = stage.flow.world.post("/tenant/home/account").navigating().cookie(&cookie);
            let page = account.form(&[("section", "connect"), ("provider", "crm")]).send().is(200);
            let link =
                page.text.split("href=\"").find(|part| part.starts_with("https://crm.example/")).unwrap();
            let link = link.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
            let state = param(&url::Url::parse(&link).unwrap(), "state");
            let path = format!("/auth/callback/crm?code=good-2&state={state}");
            let done = stage.flow.world.get(&path).navigating().cookie(&cookie).send().is(303);
            let to = done.header("location").unwrap();
            assert!(!to.contains("good-2") && !to.contains(&state) && to.starts_with('/'), "{to}");
        }),
    },
    Attack {
        section: "RFC 9700 §4.4",
        attack: "mix-up where no PKCE tells a stolen code: all providers send browsers to one address of an app",
        how: Looks(|stage| {
            let world = &stage.flow.world;
            let body = crate::connections::providers::own(json!({ "id": "plain", "pkce": "refused" }));
            world.post("/auth/providers").bearer(&world.admin()).json(body).send().is(201);
            let ask = |query: &str| {
                world
                    .get(&format!("/auth/connect/plain?{query}"))
                    .bearer(&stage.flow.token)
                    .unlimited()
                    .send()
            };
            for uri in ["https://app.example.com/cb", "http://127.0.0.1:8080/cb", "http://[::1]:8080/cb"] {
                let refused = ask(&format!("redirect_uri={}", encode(uri))).is(400);
                assert!(refused.str("/error").starts_with("redirect_uri"), "{}", refused.text);
            }
            // The app is sent on to from an address that is this provider's alone.
            let begun = ask(&format!("origin={}", encode("https://app.example.com"))).is(200);
            let state = param(&url::Url::parse(&begun.str("/authUrl")).unwrap(), "state");
            let state = encode(&state);
            for (provider, status) in [("crm", 400), ("crm2", 400), ("plain", 303)] {
                let path = format!("/auth/callback/{provider}?code=good&state={state}");
                assert_eq!(world.get(&path).navigating().unlimited().status(), status, "{provider}");
            }
        }),
    },
    Attack {
        section: "RFC 9700 §4.11",
        attack: "our callback as an open redirector, with a state of the attacker's own words",
        how: Refused(|stage| {
            let states = [
                "crm:https://evil.example:x",
                "crm:https://app.example.com:x",
                "crm:https://app.example.com@evil.example:x",
                "https://evil.example",
                "",
            ];
            let ask = |state: &&str| {
                let path = format!("/auth/callback/crm?code=c&state={}", encode(state));
                stage.flow.world.get(&path).navigating().unlimited().send()
            };
            states.iter().map(ask).collect()
        }),
    },
    Attack {
        section: "RFC 9700 §4.11",
        attack: "an app's state sends a browser on from another tenant's callback",
        how: Looks(|stage| {
            let begun = begin(stage, &format!("origin={}", encode("https://app.example.com"))).is(200);
            let state = encode(&param(&url::Url::parse(&begun.str("/authUrl")).unwrap(), "state"));
            let world = &stage.flow.world;
            let theirs = format!("/tenant/acme/auth/callback/crm?code=c&state={state}");
            assert_eq!(world.get(&theirs).navigating().status(), 400);
            let ours = format!("/auth/callback/crm?code=c&state={state}");
            assert_eq!(world.get(&ours).navigating().status(), 303);
        }),
    },
    Attack {
        section: "RFC 9700 §4.12",
        attack: "a redirect that repeats a body",
        how: Looks(|stage| {
            let begun = begin(stage, &format!("origin={}", encode("https://app.example.com"))).is(200);
            let state = encode(&param(&url::Url::parse(&begun.str("/authUrl")).unwrap(), "state"));
            let path = format!("/auth/callback/crm?code=c&state={state}");
            let on = stage.flow.world.get(&path).navigating().send().is(303);
            assert_eq!(on.header("cache-control"), Some("no-store"));
            assert_eq!(on.header("referrer-policy"), Some("no-referrer"));
        }),
    },
    Attack {
        section: "RFC 9700 §4.16",
        attack: "the page of a callback in a frame",
        how: Looks(|stage| {
            let policy = page(stage).is(400).header("content-security-policy").unwrap().to_owned();
            assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        }),
    },
];

#[test]
fn nobody_is_sent_elsewhere_and_addresses_hold_no_secret() {
    run(ATTACKS);
}

/// Open redirects and stolen codes (RFC 9700 §4.1, §4.11): nobody is sent where the tenant does not know.
#[test]
fn a_browser_is_sent_nowhere_else() {
    let flow = Flow::new();
    flow.world.settings(json!({ "allowedOrigins": ["https://app.example.com"] }));
    for origin in ORIGINS {
        let path = format!("/auth/connect/crm?origin={}", encode(origin));
        assert_eq!(flow.world.get(&path).bearer(&flow.token).unlimited().status(), 400, "{origin}");
        let uri =
            if origin.is_empty() { "cb".to_owned() } else { format!("{}/cb", origin.trim_end_matches('/')) };
        let path = format!("/auth/connect/crm?redirect_uri={}", encode(&uri));
        let status = flow.world.get(&path).bearer(&flow.token).unlimited().status();
        let is_same = *origin == "https://app.example.com/";
        assert_eq!(status, if is_same { 200 } else { 400 }, "{uri}");
    }
    for uri in [
        "https://app.example.com/cb#x",
        "https://app.example.com\\@evil.example/",
        "https://app.example.com%2f@evil.example/",
    ] {
        let path = format!("/auth/connect/crm?redirect_uri={}", encode(uri));
        assert_eq!(flow.world.get(&path).bearer(&flow.token).unlimited().status(), 400, "{uri}");
    }
    // A client that registered itself names no origin.
    flow.world.client("home", "own", json!({ "redirect_uris": ["https://theirs.example/cb"] }));
    flow.world.sql("UPDATE clients SET registration_hash = 'x'");
    let path = format!("/auth/connect/crm?origin={}", encode("https://theirs.example"));
    flow.world.get(&path).bearer(&flow.token).unlimited().send().is(400);
    for origin in ["https://app.example.com", "http://127.0.0.1:8080", "http://[::1]:8080"] {
        let path = format!("/auth/connect/crm?origin={}", encode(origin));
        flow.world.get(&path).bearer(&flow.token).unlimited().send().is(200);
    }
}
