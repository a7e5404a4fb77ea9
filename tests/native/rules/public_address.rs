//! Which addresses a stranger may have us ask.

use portcullis::model::public_address::{is_own_host, public_host};

#[test]
fn public_names_are_taken() {
    for (uri, host) in [
        ("https://app.example/backchannel", "app.example"),
        ("https://app.example", "app.example"),
        ("https://app.example:443/x", "app.example"),
        ("https://a.b.c.d.example/x?y=z&u=http://127.0.0.1/", "a.b.c.d.example"),
        ("https://app.example/~user/a;b=c,d(e)/@me:80", "app.example"),
        ("https://xn--mnchen-3ya.example/", "xn--mnchen-3ya.example"),
        ("https://1and1.com/", "1and1.com"),
        ("https://127.0.0.1.example.com/", "127.0.0.1.example.com"),
        ("https://localhost.example.com/", "localhost.example.com"),
        ("https://internal.example.com/", "internal.example.com"),
        ("https://my-app.workers.dev/", "my-app.workers.dev"),
    ] {
        assert_eq!(public_host(uri).as_deref(), Some(host), "{uri}");
    }
    let longest = format!("https://{}.example/", vec!["a".repeat(63); 3].join("."));
    assert!(public_host(&longest).is_some());
}

/// RFC 6890, RFC 4291, RFC 3056, RFC 6052: loopback, private, link-local, metadata and translated addresses, and
/// public ones too.
#[test]
fn no_address_literal_is_taken_in_any_spelling() {
    let v4 = [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "0.0.0.0",
        "0",
        "10.0.0.1",
        "10.1",
        "172.16.0.1",
        "192.168.0.1",
        "192.168.1",
        "169.254.169.254",
        "100.64.0.1",
        "198.18.0.1",
        "192.0.2.1",
        "192.88.99.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "8.8.8.8",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0x7f.1",
        "017700000001",
        "0177.0.0.1",
        "0177.1",
        "127.0.0.01",
        "127.0.0.0x1",
        "1.1",
        "3232235521",
        "0xA9FEA9FE",
        "0xa9.0xfe.0xa9.0xfe",
        "025177524776",
        "127.0.0.1.",
        "2130706433.",
        "%31%32%37.0.0.1",
        "127.0.0.%31",
        "127%2e0%2e0%2e1",
        "1.2.3.4.5",
        "256.0.0.1",
        "1.2.3",
        "999999999999",
        "0x",
        "1.0x",
    ];
    let v6 = [
        "::1",
        "::",
        "::127.0.0.1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:7f00:1",
        "::ffff:169.254.169.254",
        "::ffff:0:127.0.0.1",
        "64:ff9b::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::7f00:1",
        "2002:7f00:1::",
        "2002:7f00:1::1",
        "fe80::1",
        "fe80::1%25eth0",
        "fe80::1%eth0",
        "fec0::1",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "2001:db8::1",
        "2606:4700:4700::1111",
        "0:0:0:0:0:0:0:1",
        "2001::1",
    ];
    let hosts = v4.iter().map(|host| (*host).to_owned()).chain(v6.iter().map(|host| format!("[{host}]")));
    for host in hosts {
        for uri in [format!("https://{host}/"), format!("https://{host}:443/"), format!("https://{host}")] {
            assert_eq!(public_host(&uri), None, "{uri}");
        }
    }
}

/// RFC 6761, RFC 6762, RFC 8375: names of a machine or a private network.
#[test]
fn no_private_name_is_taken() {
    for host in [
        "localhost",
        "localhost.",
        "app.localhost",
        "a.b.localhost",
        "localhost.localdomain",
        "metadata",
        "metadata.google.internal",
        "instance-data.ec2.internal",
        "internal",
        "app.internal",
        "printer.local",
        "local",
        "nas.home.arpa",
        "home.arpa",
        "1.0.0.127.in-addr.arpa",
        "router.lan",
        "wiki.corp",
        "nas.home",
        "intranet",
        "wiki.intranet",
        "db.private",
        "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
        "x.invalid",
        "app",
        "com",
        "a",
        "app.example.",
        "app..example",
        ".example",
        ".app.example",
        "app.example..",
        "-a.example",
        "a-.example",
        "a_b.example",
        "_dmarc.example",
        "*.example",
        "a*.example",
    ] {
        let uri = format!("https://{host}/backchannel");
        assert_eq!(public_host(&uri), None, "{uri}");
    }
    let long =
        [format!("https://{}.example/", "a".repeat(64)), format!("https://{}example/", "a.".repeat(130))];
    for uri in long {
        assert_eq!(public_host(&uri), None, "{uri}");
    }
}

#[test]
fn only_https_on_its_port_in_the_one_spelling_is_taken() {
    for uri in [
        "http://app.example/",
        "http://app.example:443/",
        "ws://app.example/",
        "ftp://app.example/",
        "file:///etc/passwd",
        "data:text/plain,x",
        "javascript:alert(1)",
        "gopher://app.example/",
        "app.example/",
        "//app.example/",
        "",
        "https:",
        "https://",
        "https:///",
        "https:app.example",
        "https:/app.example/",
        "https:///app.example/",
        "HTTPS://app.example/",
        "https://APP.example/",
        "https://app.example:80/",
        "https://app.example:8443/",
        "https://app.example:22/",
        "https://app.example:0/",
        "https://app.example:65536/",
        "https://app.example:0443/",
        "https://app.example:/",
        "https://app.example:443:80/",
        "https://user@app.example/",
        "https://user:pass@app.example/",
        "https://@app.example/",
        "https://:@app.example/",
        "https://app.example@127.0.0.1/",
        "https://app.example/#x",
        "https://app.example/#",
        "https://app.example#@127.0.0.1/",
        "https://app.example\\@127.0.0.1/",
        "https:\\\\app.example\\",
        "https://app.example\\.evil.example/",
        " https://app.example/",
        "https://app.example/ ",
        "https://app.example/a b",
        "https://app.example/\n",
        "https://app.exa\tmple/",
        "https://app%2eexample/",
        "https://app.example%2f.evil.example/",
        "https://app.example%00.evil.example/",
        "https://m\u{fc}nchen.example/",
        "https://app\u{3002}example/",
        "https://\u{2460}\u{2461}\u{2466}.0.0.1/",
        "https://\u{ff11}\u{ff12}\u{ff17}.0.0.1/",
        "https://app.example/\u{e4}",
        "https://app.example/\"x",
        "https://app.example/<x>",
    ] {
        assert_eq!(public_host(uri), None, "{uri:?}");
    }
    assert_eq!(public_host(&format!("https://app.example/{}", "a".repeat(2_000))), None);
}

#[test]
fn our_own_hosts_are_known() {
    for (host, own, is_own) in [
        ("auth.example.com", "auth.example.com", true),
        ("a.auth.example.com", "auth.example.com", true),
        ("example.com", "auth.example.com", false),
        ("notauth.example.com", "auth.example.com", false),
        ("app.example.com", "auth.example.com", false),
        ("gate.acme.workers.dev", "gate.acme.workers.dev", true),
        ("other.acme.workers.dev", "gate.acme.workers.dev", true),
        ("preview-gate.acme.workers.dev", "gate.acme.workers.dev", true),
        ("acme.workers.dev", "gate.acme.workers.dev", true),
        ("gate.other.workers.dev", "gate.acme.workers.dev", false),
        ("gate.notacme.workers.dev", "gate.acme.workers.dev", false),
    ] {
        assert_eq!(is_own_host(host, own), is_own, "{host} {own}");
    }
}
