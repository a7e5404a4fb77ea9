//! A deployment whose settings or bindings are missing: it says which to whoever asks, and shows no value.

use std::collections::HashMap;

use portcullis::api;
use portcullis::config::{Config, Unconfigured};
use portcullis::http::request::Request;
use portcullis::http::response::Response;
use portcullis::model::headers::Headers;
use serde_json::{Value, json};

/// What wrangler.toml says before anybody has set anything.
const TRACKED: [(&str, &str); 4] =
    [("ORIGIN", ""), ("MODE", "production"), ("MAIL_TRANSPORT", "resend"), ("MAIL_FROM", "")];

fn problems(vars: &[(&str, &str)], bindings: &[&str]) -> Unconfigured {
    let all: HashMap<_, _> = vars.iter().copied().collect();
    let var = |name: &str| all.get(name).map(|value| (*value).to_owned());
    Config::parse(var, |name| bindings.contains(&name)).err().unwrap()
}

fn ask(method: &str, path: &str, headers: &[(&str, &str)], unconfigured: &Unconfigured) -> Response {
    let fields = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let request = Request {
        method: method.to_owned(),
        host: "auth.example.com".to_owned(),
        path: path.to_owned(),
        query: String::new(),
        headers: Headers::new(fields),
        body: Box::new(Vec::new()),
    };
    api::unconfigured(&request, unconfigured)
}

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers.iter().find(|(n, _)| *n == name).map(|(_, value)| value.as_str())
}

const BINDINGS: [&str; 4] = ["DB", "COUNTER", "REFRESHER", "ASSETS"];

#[test]
fn every_missing_setting_is_named_at_once() {
    let unconfigured = problems(&TRACKED, &BINDINGS);
    for (method, path) in [
        ("GET", "/healthz"),
        ("HEAD", "/healthz"),
        ("POST", "/setup"),
        ("POST", "/api/auth/login"),
        ("GET", "/tenant/home/.well-known/jwks.json"),
        ("GET", "/app/x"),
    ] {
        let answer = ask(method, path, &[], &unconfigured);
        assert_eq!(answer.status, 503, "{path}");
        assert_eq!(header(&answer, "content-type"), Some("application/problem+json"));
        assert_eq!(header(&answer, "x-content-type-options"), Some("nosniff"));
        assert_eq!(header(&answer, "cache-control"), Some("no-store"));
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        let names: Vec<&Value> =
            body["settings"].as_array().unwrap().iter().map(|setting| &setting["name"]).collect();
        assert_eq!(names, ["ORIGIN", "SEAL_KEY", "RESEND_API_KEY", "MAIL_FROM"], "{body}");
        assert_eq!(body["code"], json!("NOT_CONFIGURED"));
        for name in names {
            assert!(body["detail"].as_str().unwrap().contains(name.as_str().unwrap()), "{body}");
        }
    }
}

#[test]
fn a_browser_gets_a_page_that_names_them_in_its_language() {
    let unconfigured = problems(&TRACKED, &BINDINGS);
    for (language, heading) in [("en", "Not configured yet"), ("de", "Noch nicht eingerichtet")] {
        for path in ["/", "/healthz", "/tenant/home/login", "/app/"] {
            let headers =
                [("sec-fetch-mode", "navigate"), ("accept", "text/html"), ("accept-language", language)];
            let answer = ask("GET", path, &headers, &unconfigured);
            assert_eq!(answer.status, 503);
            assert!(header(&answer, "content-type").unwrap().starts_with("text/html"), "{path}");
            assert!(header(&answer, "content-security-policy").unwrap().contains("default-src 'none'"));
            for part in
                [heading, "<code>ORIGIN</code>", "<code>SEAL_KEY</code>", "<code>RESEND_API_KEY</code>"]
            {
                assert!(answer.body.contains(part), "{part}: {}", answer.body);
            }
        }
    }
}

#[test]
fn missing_bindings_are_named_like_settings() {
    let whole = [
        ("ORIGIN", "https://auth.example.com"),
        ("SEAL_KEY", "KioqKioqKioqKioqKioqKioqKioqKioqKioqKioqKio"),
        ("MAIL_TRANSPORT", "cloudflare"),
        ("MAIL_FROM", "no-reply@example.com"),
    ];
    let names = |bindings: &[&str]| -> Vec<&str> {
        problems(&whole, bindings).0.iter().map(|problem| problem.name).collect()
    };
    assert_eq!(names(&[]), ["DB", "COUNTER", "REFRESHER", "ASSETS", "SEND_EMAIL"]);
    for missing in ["DB", "COUNTER", "REFRESHER", "ASSETS", "SEND_EMAIL"] {
        let there =
            ["DB", "COUNTER", "REFRESHER", "ASSETS", "SEND_EMAIL"].into_iter().filter(|one| *one != missing);
        assert_eq!(names(&there.collect::<Vec<_>>()), [missing]);
    }
    let all = ["DB", "COUNTER", "REFRESHER", "ASSETS", "SEND_EMAIL"];
    assert!(
        Config::parse(
            |name| whole.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned()),
            |name| all.contains(&name)
        )
        .is_ok()
    );
}

#[test]
fn no_value_is_shown_to_anybody() {
    let secrets = [
        ("ORIGIN", "https://internal.example/secret-path"),
        ("MODE", "secret-mode"),
        ("SEAL_KEY", "secret-but-malformed"),
        ("SETUP_TOKEN", "secret-token"),
        ("SYSTEM_SECRET", "secret-system"),
        ("RESEND_API_KEY", "secret-api"),
        ("MAIL_TRANSPORT", "secret-transport"),
        ("REVOCATION_SECONDS", "secret-seconds"),
    ];
    let unconfigured = problems(&secrets, &BINDINGS);
    let names: Vec<&str> = unconfigured.0.iter().map(|problem| problem.name).collect();
    assert_eq!(names, ["MODE", "ORIGIN", "SEAL_KEY", "MAIL_TRANSPORT", "MAIL_FROM", "REVOCATION_SECONDS"]);
    for headers in [&[][..], &[("sec-fetch-mode", "navigate"), ("accept", "text/html")]] {
        let answer = ask("GET", "/healthz", headers, &unconfigured);
        assert!(!answer.body.contains("secret-"), "{}", answer.body);
    }
    assert!(!unconfigured.sentence().contains("secret-"));
}
