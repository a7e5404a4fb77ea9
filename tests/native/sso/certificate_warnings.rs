//! Administrators are mailed before a certificate ends, and when it has; each time once.

use serde_json::json;

use crate::harness::World;
use crate::tenant::identity_providers::{CERTIFICATE, enterprise, saml};

const DAY: i64 = 86_400;
const ONE: &str = "/tenant/home/v2/IdentityProviders/adfs";
/// Its last day is 2026-05-20; the tests begin on 2026-05-01.
const EXPIRING: &str = include_str!("../tenant/expiring.pem");

fn world() -> World {
    let world = enterprise();
    world.user_with("home", "boss@example.com", |user| user.roles = vec!["ADMIN".into()]);
    world.user("ada@example.com");
    world.user_with("home", "new@example.com", |user| {
        user.roles = vec!["ADMIN".into()];
        user.email_verified = false;
    });
    world
}

/// Runs the cron until so many days after the first, every six hours; how many mails each address got of that kind.
fn mails(world: &World, kind: &str) -> [usize; 3] {
    ["boss@example.com", "ada@example.com", "new@example.com"].map(|to| {
        let sql = format!("SELECT count(*) AS n FROM mails WHERE recipient = '{to}' AND kind = '{kind}'");
        usize::try_from(world.number(&sql)).unwrap()
    })
}

fn days_pass(world: &World, days: i64) {
    for _ in 0..days * 2 {
        world.advance(DAY / 2);
        world.cron();
    }
}

#[test]
fn administrators_are_told_of_a_providers_certificate_once_each_time() {
    let world = world();
    let body = saml(json!({ "certificates": [EXPIRING, CERTIFICATE] }));
    world.post("/tenant/home/v2/IdentityProviders").bearer(&world.admin()).json(body).send().is(201);
    // Of the four times, thirty days before is over: seven days, one day, the end.
    let mut told = Vec::new();
    for _ in 0..25 {
        days_pass(&world, 1);
        let [boss, ada, new] = mails(&world, "provider-certificate-ends");
        assert_eq!((ada, new), (0, 0));
        told.push(boss);
    }
    assert_eq!(told.iter().filter(|count| **count == 0).count(), 11, "{told:?}");
    assert_eq!(told.last(), Some(&3), "{told:?}");
    assert_eq!(world.events("certificate.ends"), 3);
    let mail = world.mails("boss@example.com").pop().unwrap();
    assert!(mail.text.contains("2026-05-20 (ADFS)"), "{}", mail.text);
    assert!(!mail.text.contains("2126"), "{}", mail.text);
}

#[test]
fn a_successor_ends_the_warnings_and_a_disabled_provider_gives_none() {
    let world = world();
    let body = saml(json!({ "certificates": [EXPIRING] }));
    world.post("/tenant/home/v2/IdentityProviders").bearer(&world.admin()).json(body).send().is(201);
    days_pass(&world, 13);
    assert_eq!(mails(&world, "provider-certificate-ends"), [1, 0, 0]);
    world.patch(ONE).bearer(&world.admin()).json(json!({ "enabled": false })).send().is(200);
    days_pass(&world, 6);
    assert_eq!(mails(&world, "provider-certificate-ends"), [1, 0, 0]);
    let body = json!({ "enabled": true, "certificates": [CERTIFICATE] });
    world.patch(ONE).bearer(&world.admin()).json(body).send().is(200);
    days_pass(&world, 3);
    assert_eq!(mails(&world, "provider-certificate-ends"), [1, 0, 0]);
    world.delete(ONE).bearer(&world.admin()).send().is(204);
    assert_eq!(world.number("SELECT count(*) AS n FROM certificate_warnings"), 0);
}

#[test]
fn administrators_are_told_of_our_own_certificate_until_the_next_key_signs() {
    let world = world();
    let body = saml(json!({ "signRequests": true }));
    world.post("/tenant/home/v2/IdentityProviders").bearer(&world.admin()).json(body).send().is(201);
    world.get("/tenant/home/sso/adfs/metadata").send().is(200);
    world.advance((3_650 - 31) * DAY);
    world.cron();
    assert_eq!(mails(&world, "own-certificate-ends"), [0; 3]);
    days_pass(&world, 2);
    assert_eq!(mails(&world, "own-certificate-ends"), [1, 0, 0]);
    let keys = format!("{ONE}/SigningKeys");
    let made = world.post(&keys).bearer(&world.admin()).send().is(201);
    let next = made.str("/items/1/id");
    world.post(&format!("{keys}/{next}/activate")).bearer(&world.admin()).send().is(200);
    days_pass(&world, 31);
    assert_eq!(world.events("certificate.ends"), 1);
}

#[test]
fn what_is_due_is_found_by_an_index() {
    let world = world();
    let plan = "EXPLAIN QUERY PLAN SELECT * FROM certificate_warnings AS warnings
                JOIN identity_providers ON identity_providers.tenant_id = warnings.tenant_id
                AND identity_providers.id = warnings.provider_id WHERE warn_at <= 1 ORDER BY warn_at LIMIT 50";
    let steps: Vec<String> =
        world.sql(plan).iter().map(|row| row["detail"].as_str().unwrap().to_owned()).collect();
    assert!(steps.iter().all(|step| step.starts_with("SEARCH")), "{steps:?}");
    assert!(steps[0].contains("certificate_warnings_by_time"), "{steps:?}");
}
