//! What is deleted leaves nothing: every table is filled with a tenant, a user and a client, one of them is
//! deleted, and then every column of every table is searched for it.

use serde_json::json;

use crate::harness::{PASSWORD, World};

const TENANT: &str = "tenant-to-go";
const CLIENT: &str = "client-to-go";
const USER: &str = "user-to-go";
const EMAIL: &str = "Somebody@to-go.example";

/// For each table, a row that names what is to go: `T` the tenant, `U` the user and their address, `C` the
/// client. A new table needs a line here.
const ROWS: &[(&str, &str, &str)] = &[
    ("tenants", "T", ""),
    ("tenant_hosts", "T", "('to-go.example', '{t}')"),
    ("roles", "T", ""),
    ("plans", "T", "('{t}', 'gold', 1, '[]')"),
    ("signing_keys", "T", ""),
    ("rsa_keys", "T", "('{t}', 1, 'kid', '{{}}', '1.sealed', 0, 0, NULL)"),
    (
        "users",
        "TU",
        "('{u}', '{t}', '{t}', '{e}', lower('{e}'), 1, 'Some Body', '{h}', '[]', 'gold', 'none', 'active', 0, 0, 0, NULL, 1, '[]', 0, '[\"{e}\"]', '{{\"preferredUsername\":\"{e}\"}}', 0, '2026-05')",
    ),
    // Its rows come with the user's.
    ("user_words", "TU", ""),
    ("user_roles", "TU", "('{t}', 'EDITOR', '{u}')"),
    ("identity_providers", "T", "('{t}', 'okta', '{{}}', NULL, 0)"),
    ("saml_keys", "T", "('{t}', 'okta', 1, 'k', 'AAAA', '1.sealed', 0, 0, 0)"),
    ("certificate_warnings", "T", "('{t}', 'okta', 0, 9)"),
    ("identities", "TU", "('i', '{t}', 'okta', 'https://okta.example', '00u1', '{u}', '{e}', 0, NULL)"),
    ("email_domains", "T", "('{t}', 'sso.example', 'okta', 'pending', 'token', 0, NULL, '{t}')"),
    ("trials", "T", "('https://idp.example', 'person/1', '{t}', NULL, 0, NULL, 0)"),
    ("join_requests", "T", "('j', '{t}', 'google', 'https://idp.example', '2', 'x@idp.example', 1, NULL, 0)"),
    ("federation_used", "T", "('{t}', 'hash', 9)"),
    (
        "sessions",
        "TU",
        "('s', '{t}', '{u}', 'ch', '[]', 0, '', '', 0, 0, 60, 9, 9, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'i', NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 9)",
    ),
    (
        "sessions",
        "TUC",
        "('g', '{t}', '{u}', NULL, '[]', 0, '', '', 0, 0, 60, 9, 9, NULL, '{c}', 's', 'openid', '[]', NULL, 'jkt', NULL, NULL, NULL, NULL, 1, 'rh', 'key', 9, 5, 'by', 0, 'place', 1, 9)",
    ),
    ("api_keys", "TU", "('k', '{t}', '{u}', 'k', 'pc_k', 'kh', '[]', '[]', 0, 0, NULL, NULL, 'g', '[]')"),
    ("api_keys", "T", "('own', '{t}', NULL, 'k', 'pc_o', 'oh', '[]', '[]', 0, 0, NULL, NULL, NULL, NULL)"),
    (
        "mail_links",
        "TU",
        "('ml', '{t}', '{u}', 'reset-password', lower('{e}'), NULL, NULL, 0, 9, NULL, NULL)",
    ),
    ("routes", "T", "('r', '{t}', 'app', '{{}}', 0)"),
    (
        "audit",
        "TU",
        "('{t}', 'a1', 1, 'login.succeeded', 'success', '{u}', '{u}', '203.0.113.9', 'of {e} that is {u}', 9)",
    ),
    ("outbox", "U", "('o', lower('{e}'), 'us@auth.example', 'Hello', 'Hello {e}', '', 0)"),
    ("clients", "TC", "('{c}', '{t}', 'A client', '{{}}', NULL, NULL, 0, NULL, NULL, NULL)"),
    (
        "authorization_requests",
        "TUC",
        "('ar', '{t}', '{c}', 'waiting', '{{\"login_hint\":\"{e}\",\"user\":\"{u}\"}}', 0, 9, NULL)",
    ),
    ("authorization_codes", "TUC", "('ac', '{t}', '{c}', '{u}', 's', '{{}}', 0, 9, NULL, 'g')"),
    ("console_sessions", "", "('cs', 's', 'h', NULL, 9)"),
    ("consents", "TUC", "('{u}', '{c}', '{t}', 'openid', 0, NULL)"),
    ("device_codes", "TUC", "('dc', 'uc', '{t}', '{c}', '', NULL, 'approved', '{u}', 's', 5, 0, 0, 9, NULL)"),
    ("logout_deliveries", "TUC", "('ld', '{t}', '{c}', '{u}', 'g', 0, 0, 0)"),
    ("client_origins", "TC", "('{t}', 'https://app.example', '{c}')"),
    ("allowed_origins", "T", "('https://spa.example', '{t}')"),
    ("templates", "T", "('{t}', 'login', '<p>{t}</p>', 0)"),
    ("sign_in_days", "T", "('{t}', 1, 1, 1)"),
    ("counted_users", "T", "('{t}', '2026-05', 1)"),
    ("authenticators", "TU", "('{u}', '{t}', '1.x', 0, 0)"),
    ("kept_keys", "T", "('{t}', 'id', '2.x')"),
    ("backup_codes", "U", "('{u}', 'bh', NULL)"),
    (
        "challenges",
        "TU",
        "('ch', 'chi', '{t}', '{u}', 'step-up', 1, 's', '[]', '[]', NULL, NULL, 0, NULL, 0, 9, NULL, 'i', 'okta', NULL, NULL)",
    ),
    ("trusted_devices", "TU", "('td', 'th', '{t}', '{u}', '', '', 0, 0, 9)"),
    ("passkeys", "TU", "('pk', '{t}', '{u}', 'pi', 'to-go.example', 'pp', 0, 0, '[]', 'Phone', 0, NULL, 0)"),
    ("passkey_challenges", "TU", "('ph', '{t}', '{u}', 'register', 's', 0, 9, NULL)"),
    ("gathered_notices", "TU", "('m', '{t}', '{u}', 'api-key-made', '{e}', 9, '')"),
    ("mails", "TU", "('m', '{t}', '{u}', 'verify-email', '{e}', '1.x', 'queued', 0, 9, 9, NULL, 0, NULL)"),
    ("mail_templates", "T", "('{t}', 'verify-email', 'en', 'Hello', 'Hello {t}', '', 0)"),
    ("vault_providers", "T", "('{t}', 'crm', '{{\"clientId\":\"us\"}}', '1.x', 0, 0)"),
    (
        "vault_connections",
        "TU",
        "('vc', '{t}', '{u}', 'crm', 'b', 'work', 'oauth', 'active', '{e}', 'a b', '1.a', '1.r', NULL, 9, 1, NULL, 0, 0, NULL, 0, 0)",
    ),
    (
        "vault_attempts",
        "TU",
        "('vh', '{t}', '{u}', 's', 'crm', 'work', '1.x', 'https://auth.example.com/cb', '', 'a b', 9)",
    ),
    (
        "vault_revocations",
        "TU",
        "('vr/1', '{t}', 'vr', 'crm', 'b', '1.a', '1.r', '{{\"clientId\":\"us\"}}', '1.x', 0, 0, 0, '{u}')",
    ),
    ("vault_search_keys", "T", "('{t}', 'e', '1.x', 0)"),
    (
        "email_changes",
        "TU",
        "('ec', '{t}', '{u}', lower('{e}'), 'n@to-go.example', 'n@to-go.example', 'eo', 'en', NULL, NULL, 0, 9, NULL)",
    ),
];

/// A world in which every table has a row, most of the tenant, the user and the client that are to go.
pub fn world() -> World {
    let world = World::new();
    let body = json!({ "id": TENANT, "name": "To go" });
    world.post("/tenant/home/v2/Tenants").bearer(&world.admin()).json(body).send().is(201);
    world.get(&format!("/tenant/{TENANT}/.well-known/jwks.json")).send().is(200);
    world.sql("PRAGMA defer_foreign_keys = ON");
    let mut rows = ROWS.to_vec();
    // The client first: sessions are granted to it.
    rows.sort_by_key(|(table, ..)| *table != "clients");
    for (table, _, values) in rows.iter().filter(|(.., values)| !values.is_empty()) {
        let values = values
            .replace("{t}", TENANT)
            .replace("{u}", USER)
            .replace("{c}", CLIENT)
            .replace("{e}", EMAIL)
            .replace("{h}", crate::harness::PASSWORD_HASH)
            .replace("{{", "{")
            .replace("}}", "}");
        world.sql(&format!("INSERT INTO {table} VALUES {values}"));
    }
    // What an unknown caller did is told by their address.
    world.login(EMAIL, "wrong").is(401);
    let wrong = json!({ "email": EMAIL, "password": "wrong" });
    world.post("/auth/login").tenant(TENANT).json(wrong).send().is(401);
    world
}

fn tables(world: &World) -> Vec<String> {
    let sql =
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
    world.sql(sql).iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

/// The tables that hold a text anywhere, in whatever case, but for the change feed: that has the ids of what is deleted, for
/// as long as isolates may remember it.
fn holding(world: &World, text: &str) -> Vec<String> {
    let mut all = holding_with_feed(world, text);
    all.retain(|table| table != "changes");
    all
}

fn holding_with_feed(world: &World, text: &str) -> Vec<String> {
    let mut all = Vec::new();
    for table in tables(world) {
        let columns = world.sql(&format!("SELECT name FROM pragma_table_info('{table}')"));
        let any = columns.iter().map(|column| {
            let name = column["name"].as_str().unwrap();
            format!("instr(lower(CAST({name} AS TEXT)), lower('{text}')) > 0")
        });
        let any = any.collect::<Vec<_>>().join(" OR ");
        if world.number(&format!("SELECT count(*) AS n FROM {table} WHERE {any}")) > 0 {
            all.push(table);
        }
    }
    all
}

fn named(whose: char) -> Vec<String> {
    let mut all: Vec<String> = ROWS
        .iter()
        .filter(|(_, names, _)| names.contains(whose))
        .map(|(table, ..)| (*table).to_owned())
        .collect();
    all.sort();
    all.dedup();
    all
}

#[test]
fn every_table_is_filled() {
    let world = world();
    let mut covered: Vec<String> = ROWS.iter().map(|(table, ..)| (*table).to_owned()).collect();
    covered.push("changes".to_owned());
    covered.sort();
    covered.dedup();
    assert_eq!(tables(&world), covered, "a table without a row to delete");
    assert_eq!(holding(&world, TENANT), named('T'));
    assert_eq!(holding(&world, CLIENT), named('C'));
    let of_user = named('U');
    assert!(holding(&world, USER).iter().all(|table| of_user.contains(table)));
    let mut found = [holding(&world, USER), holding(&world, EMAIL)].concat();
    found.sort();
    found.dedup();
    assert_eq!(found, of_user);
}

#[test]
fn a_deleted_user_is_nowhere() {
    let world = world();
    let admin = world.user_with(TENANT, "boss@to-go.example", |user| user.roles = vec!["ADMIN".into()]);
    let admin = world.session(&admin).access;
    let path = format!("/tenant/{TENANT}/v2/Users/{USER}");
    world.delete(&path).bearer(&admin).send().is(204);
    assert_eq!(holding(&world, USER), [""; 0]);
    assert_eq!(holding_with_feed(&world, USER), ["changes"]);
    assert_eq!(holding_with_feed(&world, EMAIL).iter().filter(|table| *table == "changes").count(), 0);
    // A stranger tried that address at home, where it is nobody's.
    world.sql("DELETE FROM audit WHERE tenant_id = 'home' AND event = 'login.failed'");
    assert_eq!(holding(&world, EMAIL), [""; 0]);
    // What was done is still told, of one and the same nobody.
    let told = world.sql(&format!("SELECT * FROM audit WHERE tenant_id = '{TENANT}' ORDER BY id"));
    let nobody = told.iter().find(|row| row["event"] == "user.deleted").unwrap()["subject"].clone();
    assert!(nobody.as_str().unwrap().starts_with("erased:"));
    assert_eq!(nobody.as_str().unwrap().len(), "erased:".len() + 12);
    let old = told.iter().find(|row| row["id"] == "a1").unwrap();
    assert_eq!((&old["actor"], &old["subject"], &old["address"]), (&nobody, &nobody, &json!(null)));
    let both = format!("of {0} that is {0}", nobody.as_str().unwrap());
    assert_eq!(old["detail"], both);
    let failed = told.iter().find(|row| row["event"] == "login.failed").unwrap();
    assert_eq!((&failed["actor"], &failed["address"]), (&nobody, &json!("203.0.113.7")));
    // The count of the month stays.
    let usage = world.get(&format!("/tenant/{TENANT}/v2/Usage")).bearer(&admin).send().is(200);
    assert_eq!(usage.json["items"][0], json!({ "month": "2026-05", "monthlyActiveUsers": 2 }));
    // No isolate remembers the id any more.
    world.advance(5_401);
    world.user_with(TENANT, "other@to-go.example", |user| user.roles = vec!["ADMIN".into()]);
    world.sql(&format!("UPDATE users SET plan = 'x' WHERE tenant_id = '{TENANT}'"));
    world.cron();
    assert_eq!(holding_with_feed(&world, USER), [""; 0]);
}

#[test]
fn one_who_deletes_themself_is_nowhere_either() {
    let world = world();
    world.sql(&format!(
        "UPDATE users SET roles = '[\"ADMIN\"]', email = 'X@to-go.example' WHERE id = '{USER}'"
    ));
    // Somebody must be left to administer the tenant.
    world.user_with(TENANT, "boss@to-go.example", |user| user.roles = vec!["ADMIN".into()]);
    let login = json!({ "email": EMAIL, "password": PASSWORD });
    let token = world.post("/auth/login").tenant(TENANT).json(login).send().is(200).str("/access_token");
    world.delete(&format!("/tenant/{TENANT}/v2/Users/{USER}")).bearer(&token).send().is(204);
    assert_eq!(holding(&world, USER), [""; 0]);
}

#[test]
fn a_deleted_client_is_nowhere_but_in_the_log() {
    let world = world();
    let admin = world.user_with(TENANT, "boss@to-go.example", |user| user.roles = vec!["ADMIN".into()]);
    let path = format!("/tenant/{TENANT}/v2/Clients/{CLIENT}");
    world.delete(&path).bearer(&world.session(&admin).access).send().is(204);
    assert_eq!(holding(&world, CLIENT), ["audit"]);
    // Its grants are over, the user's own session is not.
    let left = world.sql("SELECT id FROM sessions WHERE user_id = 'user-to-go'");
    assert_eq!(left.len(), 1);
    assert_eq!(left[0]["id"], "s");
}

#[test]
fn a_deleted_tenant_is_nowhere_but_in_one_row_of_the_operators_log() {
    let world = world();
    let path = format!("/tenant/home/v2/Tenants/{TENANT}");
    world.delete(&path).bearer(&world.admin()).send().is(204);
    let told = world.sql(&format!("SELECT * FROM audit WHERE subject = '{TENANT}'"));
    assert_eq!(told.len(), 1);
    assert_eq!((&told[0]["tenant_id"], &told[0]["event"]), (&json!("home"), &json!("tenant.deleted")));
    world.sql("DELETE FROM audit WHERE event = 'tenant.deleted'");
    world.sql("DELETE FROM audit WHERE tenant_id = 'home' AND event = 'login.failed'");
    for text in [TENANT, CLIENT, USER, EMAIL, "to-go"] {
        assert_eq!(holding(&world, text), [""; 0], "{text}");
    }
}

#[test]
fn an_isolate_that_remembers_a_deleted_tenant_writes_nothing_of_it() {
    let world = world();
    let login = json!({ "email": EMAIL, "password": "wrong" });
    world.post("/auth/login").tenant(TENANT).json(login.clone()).elsewhere().send().is(401);
    world.delete(&format!("/tenant/home/v2/Tenants/{TENANT}")).bearer(&world.admin()).send().is(204);
    world.post("/auth/login").tenant(TENANT).json(login).elsewhere().send().is(401);
    assert_eq!(world.number(&format!("SELECT count(*) AS n FROM audit WHERE tenant_id = '{TENANT}'")), 0);
}
