//! The TXT record that proves a mail domain, looked up by DNS over HTTPS.

use serde_json::json;

use crate::harness::{Reply, World, served};
use crate::tenant::domains::{add, with_providers, word};

const RESOLVER: (&str, &str) = ("RESOLVER_URL", "https://dns.example/dns-query");
const LOOKUP: &str = "https://dns.example/dns-query?name=_portcullis.corp.example&type=TXT";

/// From now on the record has these texts, as a resolver writes them.
fn says(world: &World, texts: &[&str]) {
    let answer =
        |text: &&str| json!({ "name": "_portcullis.corp.example", "type": 16, "TTL": 60, "data": text });
    let answers: Vec<_> = texts.iter().map(answer).collect();
    world.web.serves_json(LOOKUP, json!({ "Status": 0, "Answer": answers }));
}

fn verify(world: &World, tenant: &str, token: &str) -> Reply {
    world.post(&format!("/tenant/{tenant}/v2/Domains/corp.example/verify")).bearer(token).send()
}

/// A world with a domain that waits, its administrator and what proves it.
fn waiting() -> (World, String, String) {
    let world = World::with(&[RESOLVER]);
    let admin = with_providers(&world, &["home"]).remove(0);
    let value = add(&world, "home", &admin, "corp.example").is(201).str("/record/value");
    (world, admin, value)
}

#[test]
fn the_record_proves_it_in_every_way_that_resolvers_write_it() {
    for write in [
        |value: &str| vec![value.to_owned()],
        |value: &str| vec![format!("\"{value}\"")],
        |value: &str| vec!["\"v=spf1 -all\"".to_owned(), format!("\"{value}\"")],
        |value: &str| {
            let (one, other) = value.split_at(20);
            vec![format!("\"{one}\" \"{other}\"")]
        },
    ] {
        let (world, admin, value) = waiting();
        let texts = write(&value);
        says(&world, &texts.iter().map(String::as_str).collect::<Vec<_>>());
        let done = verify(&world, "home", &admin).is(200);
        assert_eq!(
            (&done.json["status"], &done.json["verifiedAt"]),
            (&json!("verified"), &json!("2026-05-01T12:00:00Z"))
        );
        assert_eq!(world.events("mail_domain.verified"), 1);
        // What is proved is not looked up again.
        verify(&world, "home", &admin).is(200);
        assert_eq!(world.web.times(LOOKUP), 1);
    }
}

#[test]
fn anything_else_proves_nothing() {
    let (_, _, value) = waiting();
    let longer = format!("{value}x");
    let upper = value.to_ascii_uppercase();
    let shorter = value.get(..value.len() - 1).unwrap();
    let token = value.split_once('=').unwrap().1;
    for texts in [
        vec![],
        vec!["\"v=spf1 -all\""],
        vec![longer.as_str()],
        vec![upper.as_str()],
        vec![shorter],
        vec![token],
    ] {
        let (world, admin, _) = waiting();
        says(&world, &texts);
        verify(&world, "home", &admin).is(409);
        assert_eq!(world.number("SELECT count(*) AS n FROM email_domains WHERE status = 'verified'"), 0);
        assert_eq!(
            world.number(
                "SELECT count(*) AS n FROM audit WHERE event = 'mail_domain.verified' AND outcome = 'failure'"
            ),
            1
        );
    }
    // Another type of record, another status, an answer that is none.
    for (status, body) in [
        (200, json!({ "Status": 0, "Answer": [{ "type": 5, "data": value }] }).to_string()),
        (200, json!({ "Status": 3 }).to_string()),
        (200, json!({ "Status": 2, "Answer": [{ "type": 16, "data": value }] }).to_string()),
        (500, json!({ "Status": 0, "Answer": [{ "type": 16, "data": value }] }).to_string()),
        (302, String::new()),
        (200, "no JSON".into()),
    ] {
        let (world, admin, now) = waiting();
        let body = body.replace(&value, &now);
        world.web.serves(LOOKUP, move |_| Ok(served(status, &[], body.as_bytes())));
        verify(&world, "home", &admin).is(409);
    }
}

#[test]
fn where_nothing_is_looked_up_the_operators_word_is_left() {
    let world = World::new();
    let admin = with_providers(&world, &["home"]).remove(0);
    add(&world, "home", &admin, "corp.example").is(201);
    let refused = verify(&world, "home", &admin).is(409);
    assert!(refused.str("/detail").contains("RESOLVER_URL"), "{}", refused.text);
    word(&world, "home", "corp.example").is(201);
    verify(&world, "home", &admin).is(200);
}

/// Each tenant has a value of its own: who can read one's record proves nothing with it elsewhere.
#[test]
fn one_tenants_record_proves_nothing_for_another() {
    let world = World::with(&[RESOLVER]);
    let tokens = with_providers(&world, &["b", "c"]);
    let of_b = add(&world, "b", &tokens[0], "corp.example").is(201).str("/record/value");
    let of_c = add(&world, "c", &tokens[1], "corp.example").is(201).str("/record/value");
    assert_ne!(of_b, of_c);
    says(&world, &[&of_b]);
    verify(&world, "c", &tokens[1]).is(409);
    verify(&world, "b", &tokens[0]).is(200);
    // Not even with its own record any more.
    says(&world, &[&of_c]);
    verify(&world, "c", &tokens[1]).is(409);
    let rows = world.sql("SELECT tenant_id FROM email_domains WHERE status = 'verified'");
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["tenant_id"], "b");
}

#[test]
fn of_two_tenants_that_verify_at_once_one_does() {
    let world = World::with(&[RESOLVER]);
    let tokens = with_providers(&world, &["b", "c"]);
    let values: Vec<String> = ["b", "c"]
        .iter()
        .zip(&tokens)
        .map(|(tenant, token)| add(&world, tenant, token, "corp.example").is(201).str("/record/value"))
        .collect();
    says(&world, &values.iter().map(String::as_str).collect::<Vec<_>>());
    let ask = |tenant: &str, token: &str| {
        world.post(&format!("/tenant/{tenant}/v2/Domains/corp.example/verify")).bearer(token)
    };
    let replies = world.together(vec![ask("b", &tokens[0]), ask("c", &tokens[1])]);
    let mut statuses: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    assert_eq!(world.number("SELECT count(*) AS n FROM email_domains WHERE status = 'verified'"), 1);
}

/// A domain that was removed, or given to another provider, is proved anew: with another record.
#[test]
fn another_provider_takes_another_proof() {
    let (world, admin, value) = waiting();
    says(&world, &[&value]);
    verify(&world, "home", &admin).is(200);
    world.delete("/tenant/home/v2/Domains/corp.example").bearer(&admin).send().is(204);
    let other = json!({ "id": "other", "kind": "google", "clientId": "us" });
    world.post("/tenant/home/v2/IdentityProviders").bearer(&admin).json(other).send().is(201);
    let body = json!({ "domain": "corp.example", "provider": "other" });
    let again = world.post("/tenant/home/v2/Domains").bearer(&admin).json(body).send().is(201);
    assert_eq!(again.json["status"], "pending");
    verify(&world, "home", &admin).is(409);
    says(&world, &[&again.str("/record/value")]);
    verify(&world, "home", &admin).is(200);
}

/// A domain that was removed while its record was looked up is not proved by that.
#[test]
fn a_proof_is_of_the_domain_as_it_was_looked_up() {
    let mut at = 1;
    loop {
        let (world, admin, value) = waiting();
        says(&world, &[&value]);
        let first = world.post("/tenant/home/v2/Domains/corp.example/verify").bearer(&admin);
        let second = world.delete("/tenant/home/v2/Domains/corp.example").bearer(&admin);
        let Some([proof, removal]) = world.between(first, at, second) else { break };
        removal.is(204);
        assert!([200, 404, 409].contains(&proof.status), "{}", proof.text);
        assert_eq!(world.number("SELECT count(*) AS n FROM email_domains"), 0);
        at += 1;
    }
    assert!(at > 2, "{at}");
}

#[test]
fn look_ups_are_limited_by_tenant() {
    let (world, admin, _) = waiting();
    says(&world, &[]);
    for _ in 0..60 {
        verify(&world, "home", &admin).is(409);
    }
    verify(&world, "home", &admin).is(429);
    world.advance(3_600);
    verify(&world, "home", &world.admin()).is(409);
}
