//! Which addresses we ask, by who chose them (server-side request forgery): every spelling that leads somewhere private, to
//! us, or where a parser could read another host than its server would.

use portcullis::config::Config;
use portcullis::domain::outbound::guard::clear;
use portcullis::model::public_address::is_public;
use portcullis::ports::http::{Reach, Why};

const REACHES: [Reach; 3] = [Reach::Operator, Reach::Administrator, Reach::Stranger];

fn config(vars: &[(&str, &str)]) -> Config {
    let mut all = vec![
        ("ORIGIN", "https://auth.example.com"),
        ("SEAL_KEY", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        ("MAIL_TRANSPORT", "cloudflare"),
        ("MAIL_FROM", "a@example.com"),
    ];
    all.retain(|(name, _)| !vars.iter().any(|(other, _)| other == name));
    all.extend(vars);
    let var =
        |wanted: &str| all.iter().find(|(name, _)| *name == wanted).map(|(_, value)| (*value).to_owned());
    Config::parse(var, |_| true).ok().unwrap()
}

/// Who may have it asked.
fn reaches(url: &str, config: &Config) -> Vec<Reach> {
    REACHES.into_iter().filter(|reach| clear(url, *reach, config).is_ok()).collect()
}

const ALL: &[Reach] = &REACHES;
const OPERATOR: &[Reach] = &[Reach::Operator];
const NOT_STRANGERS: &[Reach] = &[Reach::Operator, Reach::Administrator];
const NOBODY: &[Reach] = &[];

#[test]
fn public_names_may_be_asked() {
    let config = config(&[]);
    for url in [
        "https://app.example/",
        "https://app.example",
        "https://app.example:443/jwks",
        "https://a.b.c.example/x?y=http://127.0.0.1/",
        "https://xn--mnchen-3ya.example/",
        "https://localhost.example.com/",
        "https://127.0.0.1.example.com/",
        "https://my-app.workers.dev/",
        "https://example.com/",
        "https://notauth.example.com/",
    ] {
        assert_eq!(reaches(url, &config), ALL, "{url}");
    }
}

/// RFC 6890, RFC 4291, RFC 3056, RFC 6052: loopback, private, link-local, metadata and translated addresses, and public
/// ones too: only the operator names an address.
#[test]
fn no_address_literal_may_be_asked_in_any_spelling() {
    let config = config(&[]);
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "017700000001",
        "0177.0.0.1",
        "127.0.0.1.",
        "%31%32%37.0.0.1",
        "127%2e0%2e0%2e1",
        "0",
        "10.1",
        "192.168.1",
        "172.16.0.1",
        "169.254.169.254",
        "0xA9FEA9FE",
        "100.64.0.1",
        "192.88.99.1",
        "198.18.0.1",
        "255.255.255.255",
        "8.8.8.8",
        "[::1]",
        "[::]",
        "[::127.0.0.1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b:1::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fec0::1]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[2001:db8::1]",
        "[2001::1]",
        "[2606:4700:4700::1111]",
        "\u{2460}\u{2461}\u{2466}.0.0.1",
        "\u{ff11}\u{ff12}\u{ff17}.0.0.1",
        "127\u{3002}0\u{ff0e}0\u{ff61}1",
    ] {
        for url in [format!("https://{host}/"), format!("https://{host}:8443/"), format!("https://{host}")] {
            assert_eq!(reaches(&url, &config), OPERATOR, "{url}");
        }
        assert_eq!(reaches(&format!("http://{host}/"), &config), NOBODY, "{host}");
    }
}

/// RFC 6761, RFC 6762, RFC 8375, ICANN's `internal`: names of a machine or a private network; and our own.
#[test]
fn no_private_name_and_none_of_ours_may_be_asked() {
    let config = config(&[]);
    for host in [
        "localhost",
        "LOCALHOST",
        "localhost.",
        "app.localhost",
        "localhost.localdomain",
        "metadata.google.internal",
        "app.internal",
        "app.internal.",
        "printer.local",
        "nas.home.arpa",
        "router.lan",
        "wiki.corp",
        "kubernetes.default.svc",
        "x.invalid",
        "x.onion",
        "intranet",
        "app.example.",
        "a_b.example",
        "auth.example.com",
        "AUTH.example.com",
        "auth.example.com.",
        "sub.auth.example.com",
        "auth.example%2ecom",
        "auth\u{3002}example\u{3002}com",
        "\u{ff41}uth.example.com",
        "auth.example.com:8443",
    ] {
        assert_eq!(reaches(&format!("https://{host}/"), &config), OPERATOR, "{host}");
    }
    let on_workers = self::config(&[("ORIGIN", "https://gate.acme.workers.dev")]);
    for (host, who) in [
        ("gate.acme.workers.dev", OPERATOR),
        ("other.acme.workers.dev", OPERATOR),
        ("preview-gate.acme.workers.dev", OPERATOR),
        ("gate.other.workers.dev", ALL),
    ] {
        assert_eq!(reaches(&format!("https://{host}/"), &on_workers), who, "{host}");
    }
}

#[test]
fn only_the_one_spelling_is_asked_for_strangers() {
    let config = config(&[]);
    for url in [
        "https://app.example:8443/",
        "https://app.example:80/",
        "https://APP.example/",
        "HTTPS://app.example/",
        "https://app.example/#x",
        "https://app.example/#",
        "https:app.example",
        "https:///app.example/",
        "https://app.example\\x",
        " https://app.example/",
        "https://app.exa\tmple/",
        "https://app%2eexample/",
        "https://m\u{fc}nchen.example/",
        "https://app.example/\u{e4}",
        "https://app.example:0443/",
        "https://app.example:/",
    ] {
        assert_eq!(reaches(url, &config), NOT_STRANGERS, "{url:?}");
    }
    for url in [
        "http://app.example/",
        "ws://app.example/",
        "ftp://app.example/",
        "file:///etc/passwd",
        "data:text/plain,x",
        "javascript:alert(1)",
        "app.example/",
        "//app.example/",
        "",
        "https://",
        "https://app.example:65536/",
        "https://user@app.example/",
        "https://user:pass@app.example/",
        "https://app.example@127.0.0.1/",
        "https://app.example%00.evil.example/",
        "https://app.example%2f.evil.example/",
    ] {
        assert_eq!(reaches(url, &config), NOBODY, "{url:?}");
    }
}

/// What is asked is what was decided on: another parser would read some of these as another host.
#[test]
fn the_host_that_is_decided_on_is_the_one_that_is_asked() {
    let config = config(&[]);
    for (text, asked) in [
        ("https://app.example\\@evil.example/", "https://app.example/@evil.example/"),
        ("https:\\\\app.example\\x", "https://app.example/x"),
        ("HTTPS://APP.example:443", "https://app.example/"),
        ("https://app%2eexample/x", "https://app.example/x"),
    ] {
        assert_eq!(clear(text, Reach::Administrator, &config).unwrap().as_str(), asked);
    }
    assert!(
        clear("https://app.example#@127.0.0.1/", Reach::Administrator, &config).unwrap().host_str()
            == Some("app.example")
    );
}

#[test]
fn only_a_local_deployment_asks_servers_of_its_own_machine() {
    let local = [("MODE", "local"), ("ORIGIN", "http://localhost:8787")];
    let tests = [local[0], local[1], ("LOOPBACK_STRANGERS", "allowed")];
    let elsewhere = [("LOOPBACK_STRANGERS", "allowed")];
    let testing = [("MODE", "testing"), ("LOOPBACK_STRANGERS", "allowed")];
    for url in [
        "http://127.0.0.1:9000/jwks",
        "http://localhost:9000/jwks",
        "http://[::1]:9000/jwks",
        "http://app.localhost:9000/",
        "https://localhost:9000/",
    ] {
        assert_eq!(reaches(url, &config(&local)), NOT_STRANGERS, "{url}");
        assert_eq!(reaches(url, &config(&tests)), ALL, "{url}");
        let https = if url.starts_with("https") { OPERATOR } else { NOBODY };
        assert_eq!(reaches(url, &config(&elsewhere)), https, "{url}");
        assert_eq!(reaches(url, &config(&testing)), https, "{url}");
    }
    // What is private and not this machine stays out, and so are we.
    for url in ["http://10.0.0.1/", "http://169.254.169.254/", "http://printer.local/", "http://app.example/"]
    {
        assert_eq!(reaches(url, &config(&tests)), NOBODY, "{url}");
    }
    for url in
        ["http://localhost:8787/x", "http://127.0.0.1:8787/x", "http://127.1:8787/", "http://[::1]:8787/"]
    {
        assert_eq!(reaches(url, &config(&tests)), OPERATOR, "{url}");
    }
}

#[test]
fn a_refusal_names_the_host_and_nothing_else() {
    let config = config(&[]);
    for url in ["https://10.0.0.1/path?token=secret#x", "https://user:secret@app.example/secret", "secret"] {
        let refused = clear(url, Reach::Stranger, &config).err().unwrap();
        assert!(matches!(refused.why, Why::Barred(_)));
        assert!(
            !refused.to_string().contains("secret") && !refused.to_string().contains("path"),
            "{refused}"
        );
    }
}

/// The registries of special-purpose addresses (RFC 6890), and IPv4 within IPv6.
#[test]
fn special_addresses_are_not_public() {
    for address in [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::8.8.8.8",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::7f00:1",
        "64:ff9b::8.8.8.8",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:2::1",
        "2001:10::1",
        "2001:20::1",
        "2001:1ff:ffff::1",
        "2001:db8::1",
        "2002:7f00:1::1",
        "2002:808:808::1",
        "3fff::1",
        "3fff:fff::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "ff02::1",
        "5f00::1",
    ] {
        assert!(!is_public(address.parse().unwrap()), "{address}");
    }
    for address in [
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.1",
        "100.63.255.255",
        "100.128.0.1",
        "172.15.255.255",
        "172.32.0.1",
        "192.0.1.1",
        "192.88.98.1",
        "192.167.1.1",
        "198.17.0.1",
        "198.20.0.1",
        "223.255.255.255",
        "2606:4700:4700::1111",
        "2001:200::1",
        "2001:4860:4860::8888",
        "2a00::1",
        "3fff:1000::1",
    ] {
        assert!(is_public(address.parse().unwrap()), "{address}");
    }
}
