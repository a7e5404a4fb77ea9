//! Connections that nobody uses: they end after as many days as the tenant says.

use portcullis::domain::vault::unused;
use portcullis::ports::Stmt;
use serde_json::{Value, json};

use crate::connections::apikeys::is_kept;
use crate::connections::exchange::vault;
use crate::connections::providers::own;
use crate::connections::valid_token::{Connected, PATH};
use crate::harness::provider::json_answer;
use crate::harness::{World, served};

const ADA: &str = "ada@example.com";
const DAY: i64 = 86_400;
const KEY: &str = "/auth/apikeys/openai";

/// A person with a connection that is good for long, in a tenant that ends what is not used for 30 days.
fn connected() -> Connected {
    let connected = Connected::with(3_000);
    connected.world.sql("UPDATE vault_connections SET expires_at = NULL");
    connected.world.settings(json!({ "connectionIdleDays": 30 }));
    connected.world.web.serves("https://crm.example/revoke", |_| Ok(served(200, &[], b"")));
    connected
}

fn left(world: &World) -> i64 {
    world.number("SELECT count(*) AS n FROM vault_connections")
}

fn told(world: &World) -> Vec<String> {
    let mails = world.mails(ADA).into_iter();
    mails
        .filter(|mail| mail.subject == "A connected service was disconnected")
        .map(|mail| mail.text)
        .collect()
}

#[test]
fn what_nobody_uses_ends_with_its_tokens_and_its_person_is_told() {
    let connected = connected();
    let world = &connected.world;
    world.advance(29 * DAY);
    world.cron();
    assert_eq!((left(world), told(world).len()), (1, 0));
    world.advance(DAY + 3_600);
    world.cron();
    assert_eq!(left(world), 0);
    // Both tokens are given back in the same run.
    assert_eq!(world.web.times("https://crm.example/revoke"), 2);
    assert_eq!((world.events("vault.expired"), world.events("vault.revoked")), (1, 1));
    let event = &world.sql("SELECT actor, subject, detail FROM audit WHERE event = 'vault.expired'")[0];
    assert_eq!((&event["actor"], &event["subject"]), (&json!("system"), &json!(connected.user.id)));
    assert!(event["detail"].as_str().unwrap().starts_with("crm: not used since 2026-05-01T"), "{event:?}");
    let mails = told(world);
    assert_eq!(mails.len(), 1);
    assert!(
        mails[0].contains("Service: Our CRM") && mails[0].contains("/tenant/home/account"),
        "{}",
        mails[0]
    );
    assert!(!is_kept(world, "canary-a") && !is_kept(world, "canary-r"));
    world.cron();
    assert_eq!(told(world).len(), 1);
    let key = world.api_key(&world.session(&connected.user).access, &["vault:read"]);
    world.get(PATH).key(&key).send().is(404);
}

#[test]
fn nothing_ends_where_the_tenant_does_not_say_so() {
    let connected = connected();
    let world = &connected.world;
    world.settings(json!({ "connectionIdleDays": 0 }));
    let admin = world.tenant("acme");
    let body = json!({ "connectionIdleDays": 1 });
    world.patch("/tenant/acme/v2/Settings").bearer(&admin).json(body).send().is(200);
    world.advance(3_000 * DAY);
    world.cron();
    assert_eq!((left(world), world.events("vault.expired")), (1, 0));
    // It counts as soon as it is set, and from the last use on.
    world.settings(json!({ "connectionIdleDays": 3_650 }));
    world.cron();
    assert_eq!(left(world), 1);
    world.settings(json!({ "connectionIdleDays": 2_999 }));
    world.cron();
    assert_eq!(left(world), 0);
}

#[test]
fn the_days_have_bounds_and_are_set_by_nothing_that_was_lent() {
    let world = World::new();
    for days in [json!(-1), json!(3_651), json!("30"), json!(1.5), json!(null)] {
        let ask = world.patch("/tenant/home/v2/Settings").bearer(&world.admin());
        assert_eq!(ask.json(json!({ "connectionIdleDays": days })).status(), 400, "{days}");
    }
    let boss = world.user_with("home", "boss@example.com", |user| user.roles = vec!["ADMIN".into()]);
    world.session(&boss);
    world.put_client("home", "app", &json!({ "scope": "read write" }));
    let lent = world.granted(&boss.id, "app", "read write", None);
    let ask = || world.patch("/tenant/home/v2/Settings").bearer(&lent);
    ask().json(json!({ "mfaAttempts": 6 })).send().is(200);
    ask().json(json!({ "connectionIdleDays": 1 })).send().is(403);
    ask().json(json!({ "vaultDelegation": true })).send().is(403);
}

/// What a connection is used by, and how.
type Use = (&'static str, fn() -> (World, Box<dyn Fn(&World)>));

fn route(world: &World, connection: &str, origin: &str) {
    world.route(json!({
        "name": "api", "path": "/api-of/", "origin": origin, "connection": connection, "scopes": ["a:b"],
    }));
}

/// A key of the person's with a scope that routes ask for.
fn key_for_routes(world: &World, user_id: &str, token: &str) -> String {
    let body = json!({ "scopes": ["a:b"] });
    world.patch(&format!("/tenant/home/v2/Users/{user_id}")).bearer(&world.admin()).json(body).send().is(200);
    world.api_key(token, &["a:b"])
}

/// A person who stored a key, in a tenant that ends what is not used for 30 days.
fn stored() -> (World, String, String) {
    let world = World::new();
    let ada = world.user(ADA);
    let token = world.session(&ada).access;
    world.post(KEY).bearer(&token).json(json!({ "apiKey": "sk-ada" })).send().is(200);
    world.settings(json!({ "connectionIdleDays": 30 }));
    (world, token, ada.id)
}

const USES: &[Use] = &[
    ("a token that is handed out", || {
        let Connected { world, key, .. } = connected();
        (world, Box::new(move |world| drop(world.get(PATH).key(&key).send().is(200))))
    }),
    ("a token that is exchanged", || {
        let vault = vault(3_000);
        vault.world.sql("UPDATE vault_connections SET expires_at = NULL");
        vault.world.settings(json!({ "connectionIdleDays": 30, "accessTokenSeconds": 30 * DAY }));
        let user = vault.user.clone();
        (
            vault.world,
            Box::new(move |world| {
                let cookie = world.cookie(&user);
                let agent = "https://agent.example/";
                let lent = crate::oauth::clients::signed_in_to(world, &cookie, "app", "vault:read", agent);
                let fields = [
                    ("grant_type", crate::connections::exchange::GRANT),
                    ("subject_token", &lent.str("/access_token")),
                    ("subject_token_type", crate::connections::exchange::ACCESS),
                    ("audience", "connection:crm"),
                ];
                crate::oauth::clients::from_client(world, "token", "agent", &fields).send().is(200);
            }),
        )
    }),
    ("a token that a route sends", || {
        let Connected { world, user, .. } = connected();
        route(&world, "crm", "https://api.crm.example");
        let key = key_for_routes(&world, &user.id, &world.session(&user).access);
        (world, Box::new(move |world| drop(world.get("/api-of/x").key(&key).plan())))
    }),
    ("a key that is read", || {
        let (world, token, _) = stored();
        let key = world.api_key(&token, &["vault:read"]);
        (world, Box::new(move |world| drop(world.get(KEY).key(&key).send().is(200))))
    }),
    ("a key that a route sends", || {
        let (world, token, id) = stored();
        route(&world, "openai", "https://api.openai.com");
        let key = key_for_routes(&world, &id, &token);
        (world, Box::new(move |world| drop(world.get("/api-of/x").key(&key).plan())))
    }),
];

#[test]
fn each_kind_of_use_counts() {
    for (what, make) in USES {
        let (world, use_it) = make();
        for _ in 0..3 {
            world.advance(29 * DAY);
            use_it(&world);
            world.cron();
            assert_eq!(left(&world), 1, "{what}");
        }
        // Its list is no use.
        world.advance(31 * DAY);
        let user = pollster::block_on(portcullis::store::users::by_email(world.db.as_ref(), "home", ADA));
        let token = world.session(&user.unwrap().unwrap()).access;
        world.get("/auth/connected").bearer(&token).send().is(200);
        world.cron();
        assert_eq!(left(&world), 0, "{what}");
    }
}

#[test]
fn a_person_is_told_once_of_all_and_another_of_theirs() {
    let connected = connected();
    let world = &connected.world;
    connected.connect("c2", "work", 3_000);
    let token = world.session(&connected.user).access;
    world.post(KEY).bearer(&token).json(json!({ "apiKey": "k" })).send().is(200);
    let eve = world.session(&world.user("eve@example.com")).access;
    world.post(KEY).bearer(&eve).json(json!({ "apiKey": "k" })).send().is(200);
    world.advance(31 * DAY);
    world.cron();
    assert_eq!((left(world), world.events("vault.expired"), world.events("vault.revoked")), (0, 4, 2));
    let mails = told(world);
    assert_eq!(mails.len(), 1);
    assert!(mails[0].contains("Service: Our CRM, OpenAI"), "{}", mails[0]);
    let of_eve = world.mails("eve@example.com");
    assert!(of_eve.last().unwrap().text.contains("Service: OpenAI"));
}

#[test]
fn what_is_connected_again_begins_anew_and_what_needs_its_person_ends_too() {
    let (world, token, id) = stored();
    world.advance(20 * DAY);
    let _ = token;
    let ada = pollster::block_on(portcullis::store::users::by_id(world.db.as_ref(), "home", &id));
    let again = world.session(&ada.unwrap().unwrap()).access;
    world.post(KEY).bearer(&again).json(json!({ "apiKey": "k2" })).send().is(200);
    world.advance(20 * DAY);
    world.cron();
    assert_eq!(left(&world), 1);
    let connected = connected();
    connected.world.sql("UPDATE vault_connections SET expires_at = 1");
    connected.provider(Box::new(|_| Ok(json_answer(400, &json!({ "error": "invalid_grant" })))));
    connected.get().is(409);
    connected.world.advance(31 * DAY);
    connected.world.cron();
    assert_eq!(left(&connected.world), 0);
    // Nothing of it was left that could be given back.
    assert_eq!(connected.world.web.times("https://crm.example/revoke"), 0);
}

/// One person with many is all of a piece; with more than a run takes, the next goes on.
#[test]
fn a_run_takes_a_piece_and_the_next_goes_on() {
    let (world, _, _) = stored();
    for n in 0..260 {
        let user = world.user(&format!("user{n}@example.com"));
        world.sql(&format!(
            "INSERT INTO vault_connections (id, tenant_id, user_id, provider_id, binding, kind, status, created_at,
               updated_at, idle_from)
             VALUES ('c{n}', 'home', '{}', 'openai', 'b', 'api_key', 'active', {now}, {now}, {from})",
            user.id,
            now = world.now().0,
            // Some as they are made by a Worker that knows nothing of it.
            from = if n % 3 == 0 { 0 } else { world.now().0 },
        ));
    }
    world.cron();
    assert_eq!(left(&world), 261);
    world.advance(31 * DAY);
    world.cron();
    assert_eq!(left(&world), 61);
    world.cron();
    assert_eq!(left(&world), 0);
    assert_eq!(world.events("vault.expired"), 261);
}

/// The one query of a run reads what it finds, and no table.
#[test]
fn no_table_is_looked_through() {
    let connected = connected();
    let world = &connected.world;
    let before = world.db.trips.get();
    pollster::block_on(unused::end_due(&world.cx())).unwrap();
    assert_eq!(world.db.trips.get() - before, 1);
    let Stmt { sql, args, .. } = world.db.said.borrow()[0].clone();
    let plan = world.db.one(&Stmt::new(format!("EXPLAIN QUERY PLAN {sql}"), args)).unwrap();
    let steps: Vec<String> = plan.iter().map(|row| row["detail"].as_str().unwrap().to_owned()).collect();
    let scans: Vec<&String> = steps.iter().filter(|step| step.contains("SCAN")).collect();
    // Only tenants with the setting are in that index.
    assert!(scans.iter().all(|step| step.contains("tenants_by_connection_idle")), "{steps:#?}");
    assert!(
        steps.iter().any(|step| step.contains("vault_connections_by_idle (tenant_id=? AND idle_from<?)")),
        "{steps:#?}"
    );
    // What was used is not looked at again for as long: each connection is looked at about once a period.
    let used: Value = json!(world.now().0);
    world.sql(&format!("UPDATE vault_connections SET last_used_at = {used}, idle_from = 0"));
    pollster::block_on(unused::end_due(&world.cx())).unwrap();
    assert_eq!(world.sql("SELECT idle_from FROM vault_connections")[0]["idle_from"], used);
    assert_eq!(left(world), 1);
    let own = own(json!({ "id": "other" }));
    world.post("/auth/providers").bearer(&world.admin()).json(own).send().is(201);
}
