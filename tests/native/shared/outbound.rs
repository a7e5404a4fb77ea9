//! Documents of other servers: where a name leads, what is read of an answer, and how long it is remembered.

use pollster::block_on;
use portcullis::domain::outbound::documents::{Fetched, fetch, fetch_again};
use portcullis::domain::refusal::{Error, Refusal};
use portcullis::ports::http::{Reach, Why};
use serde_json::json;

use crate::harness::{World, served};

const URL: &str = "https://app.example/jwks?token=secret";
const RESOLVER: (&str, &str) = ("RESOLVER_URL", "https://dns.example/dns-query");

fn ask(world: &World, reach: Reach) -> Fetched {
    block_on(fetch(&world.cx(), URL, reach, 5_000)).unwrap()
}

fn problem(world: &World, reach: Reach) -> Why {
    ask(world, reach).body.unwrap_err().why
}

/// A resolver that says these addresses of every name, of IPv4 and IPv6.
fn resolves(world: &World, v4: &[&str], v6: &[&str]) {
    let said = |kind: u32, all: &[&str]| {
        let mut records =
            vec![json!({ "name": "app.example", "type": 5, "TTL": 60, "data": "edge.example." })];
        records.extend(
            all.iter().map(|one| json!({ "name": "edge.example", "type": kind, "TTL": 60, "data": one })),
        );
        json!({ "Status": 0, "Answer": records })
    };
    world.web.serves_json("https://dns.example/dns-query?name=app.example&type=A", said(1, v4));
    world.web.serves_json("https://dns.example/dns-query?name=app.example&type=AAAA", said(28, v6));
}

#[test]
fn a_strangers_name_must_lead_to_public_addresses_alone() {
    for (v4, v6, why) in [
        (&["93.184.215.14"][..], &["2606:4700::1111"][..], None),
        (&["93.184.215.14"], &[], None),
        (&[], &["2606:4700::1111"], None),
        (&["127.0.0.1"], &[], Some(Why::Private)),
        (&["93.184.215.14", "10.0.0.1"], &[], Some(Why::Private)),
        (&["93.184.215.14"], &["::1"], Some(Why::Private)),
        (&["93.184.215.14"], &["::ffff:169.254.169.254"], Some(Why::Private)),
        (&[], &["64:ff9b::a00:1"], Some(Why::Private)),
        (&[], &[], Some(Why::Unknown)),
        (&["nonsense"], &[], Some(Why::Unresolved)),
    ] {
        let world = World::with(&[RESOLVER]);
        resolves(&world, v4, v6);
        world.web.serves_json(URL, json!({ "keys": [] }));
        assert_eq!(ask(&world, Reach::Stranger).body.err().map(|no| no.why), why, "{v4:?} {v6:?}");
        assert_eq!(world.web.times(URL), usize::from(why.is_none()));
        // Administrators are not looked up for, and nobody is where there is no resolver.
        ask(&world, Reach::Administrator).body.unwrap();
        assert_eq!(world.web.times("https://dns.example/"), 2);
        let world = World::new();
        world.web.serves_json(URL, json!({}));
        ask(&world, Reach::Stranger).body.unwrap();
    }
}

#[test]
fn a_resolver_that_does_not_say_lets_nothing_pass() {
    let resolver = "https://dns.example/";
    for (status, body) in
        [(500, "{}"), (302, ""), (200, "no JSON"), (200, r#"{"Status":2}"#), (200, r#"{"Status":5}"#)]
    {
        let world = World::with(&[RESOLVER]);
        world.web.serves(resolver, move |_| Ok(served(status, &[], body.as_bytes())));
        world.web.serves_json(URL, json!({}));
        assert_eq!(problem(&world, Reach::Stranger), Why::Unresolved, "{status} {body}");
        assert_eq!(world.web.times(URL), 0);
    }
    let world = World::with(&[RESOLVER]);
    world.web.serves_json(resolver, json!({ "Status": 3 }));
    assert_eq!(problem(&world, Reach::Stranger), Why::Unknown);
    let world = World::with(&[RESOLVER]);
    assert_eq!(problem(&world, Reach::Stranger), Why::Unresolved);
}

#[test]
fn an_answer_other_than_200_is_no_document() {
    for status in [201, 204, 206, 301, 302, 303, 307, 308, 304, 400, 401, 404, 429, 500, 503] {
        let world = World::new();
        let elsewhere = [("location", "https://other.example/")];
        world.web.serves(URL, move |_| Ok(served(status, &elsewhere, b"{}")));
        assert_eq!(problem(&world, Reach::Stranger), Why::Status(status));
        assert_eq!(world.web.asked.borrow().len(), 1);
    }
}

#[test]
fn an_answer_is_read_up_to_its_bound() {
    for (bytes, fits) in [(0, true), (5_000, true), (5_001, false)] {
        let world = World::new();
        world.web.serves(URL, move |_| Ok(served(200, &[], &vec![b' '; bytes])));
        assert_eq!(ask(&world, Reach::Stranger).body.is_ok(), fits, "{bytes}");
    }
    let bounds = [Reach::Operator, Reach::Administrator, Reach::Stranger]
        .map(|reach| (reach.most_bytes(), reach.seconds()));
    assert_eq!(bounds, [(1_048_576, 10), (262_144, 10), (65_536, 5)]);
}

/// A log line names the host and the kind of failure: no path, no query, no body.
#[test]
fn a_failure_is_one_line_that_gives_nothing_away() {
    let world = World::new();
    world.web.serves(URL, |_| Ok(served(404, &[], b"secret body")));
    ask(&world, Reach::Stranger);
    ask(&world, Reach::Stranger);
    let lines = world.log.0.borrow();
    assert_eq!(lines.len(), 1);
    assert!(lines[0].contains("app.example answered 404"), "{}", lines[0]);
    assert!(!lines[0].contains("secret") && !lines[0].contains("jwks"), "{}", lines[0]);
}

/// RFC 9111 §5.2.2: as long as the server says, at least a minute and at most a day.
#[test]
fn a_document_is_remembered_as_long_as_its_server_says() {
    for (said, seconds) in [
        ("", 60),
        ("max-age=0", 60),
        ("max-age=10", 60),
        ("public, max-age=600", 600),
        ("Max-Age=600, s-maxage=5", 600),
        ("max-age=\"600\"", 600),
        ("max-age=99999999", 86_400),
        ("max-age=99999999999999999999", 86_400),
        ("no-store, max-age=600", 60),
        ("max-age=600, no-cache", 60),
        ("max-age=-5", 86_400),
    ] {
        let world = World::new();
        world.web.serves(URL, move |_| Ok(served(200, &[("cache-control", said)], b"{}")));
        for (later, times) in [(0, 1), (seconds - 1, 1), (1, 2)] {
            world.advance(later);
            ask(&world, Reach::Stranger);
            assert_eq!(world.web.times(URL), times, "{said} {later}");
        }
    }
}

#[test]
fn a_failure_is_remembered_for_a_minute() {
    let world = World::new();
    for (later, times) in [(0, 1), (59, 1), (1, 2)] {
        world.advance(later);
        ask(&world, Reach::Stranger);
        assert_eq!(world.web.times(URL), times);
    }
}

#[test]
fn what_a_document_lacks_is_asked_for_again_once_a_minute() {
    let world = World::new();
    world.web.serves(URL, |_| Ok(served(200, &[("cache-control", "max-age=3600")], b"{}")));
    let again = || block_on(fetch_again(&world.cx(), URL, Reach::Stranger, 5_000)).unwrap();
    ask(&world, Reach::Stranger);
    for (later, times) in [(0, 1), (59, 1), (1, 2), (30, 2), (30, 3)] {
        world.advance(later);
        again();
        again();
        ask(&world, Reach::Stranger);
        assert_eq!(world.web.times(URL), times, "{later}");
    }
}

#[test]
fn who_chose_the_address_is_part_of_what_is_remembered() {
    let world = World::new();
    world.web.serves_json(URL, json!({}));
    ask(&world, Reach::Administrator);
    ask(&world, Reach::Stranger);
    assert_eq!(world.web.times(URL), 2);
    // What a stranger has us ask for says that it is us, so that it ends where it comes back.
    let asked = world.web.asked.borrow();
    let via =
        |at: usize| asked[at].headers.iter().find(|(name, _)| *name == "via").map(|(_, value)| value.clone());
    assert_eq!(via(0), None);
    assert_eq!(via(1).as_deref(), Some("1.1 portcullis_auth.example.com"));
}

/// One address has us ask for 60 documents a minute, whatever becomes of them.
#[test]
fn documents_are_counted_by_address_before_they_are_asked_for() {
    let world = World::new();
    let ask = |n: usize| {
        let url = format!("https://app{n}.example/jwks");
        block_on(fetch(&world.cx(), &url, Reach::Stranger, 5_000))
    };
    for n in 0..60 {
        ask(n).unwrap();
    }
    assert!(matches!(ask(60), Err(Error::Refused(Refusal::Limited(_)))));
    assert_eq!(world.web.asked.borrow().len(), 60);
    // What is remembered is no request.
    ask(3).unwrap();
    world.advance(60);
    ask(61).unwrap();
}

#[test]
fn a_tenants_host_is_asked_for_nobody() {
    let world = World::new();
    world.tenant("acme");
    let mapped = json!({ "name": "Acme", "host": "app.example" });
    world.patch("/tenant/home/v2/Tenants/acme").bearer(&world.admin()).json(mapped).send().is(200);
    for reach in [Reach::Administrator, Reach::Stranger] {
        assert!(matches!(problem(&world, reach), Why::Barred(_)));
    }
    assert_eq!(world.web.times(URL), 0);
}
