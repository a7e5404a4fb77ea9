//! The configuration.

use std::collections::HashMap;

use portcullis::config::{Config, MailTransport, Mode};

const SEAL_KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn parse(vars: &[(&str, &str)]) -> Result<Config, String> {
    let mut all = HashMap::from([
        ("ORIGIN", "https://auth.example.com"),
        ("SEAL_KEY", SEAL_KEY),
        ("RESEND_API_KEY", "re_secret"),
        ("MAIL_TRANSPORT", "resend"),
        ("MAIL_FROM", "Portcullis <no-reply@example.com>"),
    ]);
    all.extend(vars.iter().copied());
    Config::parse(|name| all.get(name).map(|value| (*value).to_owned()), |_| true)
        .map_err(|unconfigured| unconfigured.sentence())
}

#[test]
fn what_is_not_said_is_production() {
    let config = parse(&[]).unwrap();
    assert_eq!(config.mode, Mode::Production);
    assert_eq!(config.revocation_seconds, 5);
    assert!(config.system_secret.is_none() && config.setup_token.is_none());
    let url = "https://api.resend.com/emails".to_owned();
    assert_eq!(config.mail, MailTransport::Resend { url, api_key: "re_secret".to_owned().into() });
}

#[test]
fn a_share_of_requests_is_a_decimal_number() {
    for (said, share) in [("0", 0.0), ("0.01", 0.01), ("0.250", 0.25), ("1", 1.0), ("1.0", 1.0), ("", 0.0)] {
        let config = parse(&[("LOG_SAMPLE", said)]).unwrap();
        assert!((config.log_sample - share).abs() < f64::EPSILON, "{said}: {}", config.log_sample);
    }
}

#[test]
fn an_origin_has_one_spelling() {
    for (said, origin) in [
        ("https://Auth.Example.com/", "https://auth.example.com"),
        ("https://auth.example.com:443", "https://auth.example.com"),
        ("http://127.0.0.1:8787", "http://127.0.0.1:8787"),
    ] {
        assert_eq!(parse(&[("ORIGIN", said)]).unwrap().origin, origin);
    }
}

#[test]
fn what_is_wrong_is_named_and_never_shown() {
    for (name, value) in [
        ("ORIGIN", "login.internal"),
        ("ORIGIN", "https://login.internal/path"),
        ("ORIGIN", "https://login.internal/?x"),
        ("ORIGIN", "https://user@login.internal/"),
        ("ORIGIN", "ftp://login.internal/"),
        ("ORIGIN", ""),
        ("SEAL_KEY", "c2hvcnQ"),
        ("SEAL_KEY", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        ("SEAL_KEY", "not base64 at all!!"),
        ("SEAL_KEY", ""),
        ("SEAL_KEY_PREVIOUS", "c2hvcnQ"),
        ("SEAL_KEY_PREVIOUS", "not base64 at all!!"),
        ("CONSOLE_HOST", "auth.example.com"),
        ("CONSOLE_HOST", "AUTH.example.com:443"),
        ("CONSOLE_HOST", "https://console.internal"),
        ("CONSOLE_HOST", "console.internal/path"),
        ("CONSOLE_HOST", "user@console.internal"),
        ("CONSOLE_HOST", "console.internal."),
        ("CONSOLE_HOST", "k\u{f6}nsole.internal"),
        ("MODE", "debug"),
        ("MAIL_TRANSPORT", "pigeon"),
        ("MAIL_TRANSPORT", "outbox"),
        ("MAIL_TRANSPORT", ""),
        ("RESEND_API_KEY", ""),
        ("RESOLVER_URL", "http://dns.internal/dns-query"),
        ("RESOLVER_URL", "https://dns.internal/dns-query?x"),
        ("RESOLVER_URL", "dns.internal"),
        ("REVOCATION_SECONDS", "61"),
        ("REVOCATION_SECONDS", "-1"),
        ("REVOCATION_SECONDS", "soon"),
        ("LOG_SAMPLE", "1.1"),
        ("LOG_SAMPLE", "-0.1"),
        ("LOG_SAMPLE", "1e-2"),
        ("LOG_SAMPLE", "+1"),
        ("LOG_SAMPLE", "NaN"),
        ("LOG_SAMPLE", "5 %"),
        ("LOG_SAMPLE", "."),
        ("LOG_SAMPLE", "always"),
    ] {
        let fault = parse(&[(name, value)]).err().unwrap();
        assert!(fault.contains(name), "{fault}");
        assert!(value.len() < 10 || !fault.contains(value), "{fault}");
    }
}

#[test]
fn an_origin_outside_ascii_is_told_how_to_be_written() {
    let fault = parse(&[("ORIGIN", "https://m\u{fc}nchen.example")]).err().unwrap();
    assert!(fault.contains("ORIGIN") && fault.contains("ASCII") && fault.contains("xn--"), "{fault}");
    let origin = "https://xn--mnchen-3ya.example";
    assert_eq!(parse(&[("ORIGIN", origin)]).unwrap().origin, origin);
}

#[test]
fn the_outbox_is_for_local_and_testing_deployments() {
    for mode in ["local", "testing"] {
        let config = parse(&[("MODE", mode), ("MAIL_TRANSPORT", "outbox")]).unwrap();
        assert_eq!(config.mail, MailTransport::Outbox);
    }
    assert_eq!(parse(&[("MODE", "local"), ("MAIL_TRANSPORT", "")]).unwrap().mail, MailTransport::Outbox);
    assert_eq!(parse(&[("MAIL_TRANSPORT", "cloudflare")]).unwrap().mail, MailTransport::Binding);
}

#[test]
fn only_production_needs_a_sender() {
    let fault = parse(&[("MAIL_FROM", "")]).err().unwrap();
    assert!(fault.contains("MAIL_FROM"), "{fault}");
    for mode in ["local", "testing"] {
        assert_eq!(
            parse(&[("MODE", mode), ("MAIL_FROM", "")]).unwrap().mail_from,
            "Portcullis <no-reply@localhost>"
        );
    }
}
