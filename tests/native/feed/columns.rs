//! Which columns isolates remember something of. Each has a verdict here: a change of it appends to the feed, or may go
//! unheard, and why. A new column without one fails.

use crate::harness::{NOON, World};
use crate::shared::deletion;

/// A table of which something is remembered: the columns whose change is told, and those whose change is not. One with `-`
/// is told when it moves to an earlier time, and not to a later one.
struct Fed {
    table: &'static str,
    told: &'static [&'static str],
    /// With why nobody has to hear of it.
    untold: &'static [(&'static str, &'static str)],
}

const MADE: (&str, &str) = ("created_at", "is never written again");
const SEALED: (&str, &str) = ("sealed_private", "is the same key, sealed anew");

const FED: &[Fed] = &[
    Fed {
        table: "users",
        told: &[
            "directory",
            "email",
            "email_key",
            "email_verified",
            "name",
            "password_hash",
            "roles",
            "scopes",
            "plan",
            "password_by_mail",
            "mfa",
            "status",
            "operator",
            "language",
            "profile",
        ],
        untold: &[
            MADE,
            ("last_login_at", "each sign-in writes it, and nothing that is remembered is asked for it"),
            ("proved", "is read in SQL alone"),
            ("words", "is read in SQL alone"),
            ("active_month", "is read in SQL alone"),
            ("updated_at", "moves with what is told"),
        ],
    },
    Fed {
        table: "sessions",
        told: &[
            "user_id",
            "client_id",
            "cookie_hash",
            "amr",
            "auth_time",
            "proved_at",
            "scope",
            "userinfo_claims",
            "idle_until-",
            "expires_at-",
            "ended_at",
        ],
        untold: &[
            MADE,
            ("address", "is not remembered"),
            ("user_agent", "is not remembered"),
            ("seen_at", "is not remembered"),
            ("idle_seconds", "is not remembered: `idle_until` is what ends it"),
            ("parent_id", "is not remembered: an end of the parent ends the row itself"),
            ("resources", "is not remembered: a token says whom it is for"),
            ("dpop_jkt", "is not remembered: a token says what it is bound to"),
            ("identity_id", "is not remembered"),
            ("provider_session", "is not remembered"),
            ("provider_until", "is not remembered: `expires_at` is what ends it"),
            ("generation", "is read when a token is refreshed"),
            ("refresh_hash", "is read when a token is refreshed"),
            ("refresh_key", "is read when a token is refreshed"),
            ("refresh_until", "is read when a token is refreshed"),
            ("spent_at", "is read when a token is refreshed"),
            ("spent_by", "is read when a token is refreshed"),
            ("replaced", "is read when a token is refreshed"),
            ("places", "is read when a token is refreshed"),
            ("moved", "is read when a token is refreshed"),
            ("due_at", "is cron's"),
        ],
    },
    Fed {
        table: "api_keys",
        told: &["user_id", "hash", "scopes", "roles", "expires_at", "revoked_at", "grant_id", "audiences"],
        untold: &[
            MADE,
            ("name", "is not remembered"),
            ("prefix", "is not remembered"),
            ("last_used_at", "is not remembered"),
        ],
    },
    Fed {
        table: "clients",
        told: &["name", "metadata", "secret_hash", "registration_hash", "document_url"],
        untold: &[
            MADE,
            ("used_at", "is read in SQL alone"),
            ("document_until", "moves later alone: who does not hear of it fetches the document once more"),
        ],
    },
    Fed {
        table: "tenants",
        told: &["name", "directory", "settings", "status", "enterprise"],
        untold: &[MADE],
    },
    Fed { table: "tenant_hosts", told: &["host"], untold: &[] },
    Fed { table: "roles", told: &["name", "rank", "scopes"], untold: &[] },
    Fed { table: "plans", told: &["name", "rank", "features"], untold: &[] },
    Fed { table: "routes", told: &["name", "spec"], untold: &[MADE] },
    Fed {
        table: "signing_keys",
        told: &["turn", "kid", "public_jwk", "active_at", "gone_at"],
        untold: &[MADE, SEALED],
    },
    Fed {
        table: "rsa_keys",
        told: &["turn", "kid", "public_jwk", "active_at", "gone_at"],
        untold: &[MADE, SEALED],
    },
    Fed { table: "identity_providers", told: &["id", "spec", "sealed_secret"], untold: &[MADE] },
    Fed {
        table: "email_domains",
        told: &["domain", "provider_id", "status", "directory"],
        untold: &[
            MADE,
            ("token", "is not remembered"),
            ("verified_at", "is not remembered: `status` is what counts"),
        ],
    },
    Fed {
        table: "saml_keys",
        told: &["turn", "id", "certificate", "active_at"],
        untold: &[MADE, SEALED, ("ends_at", "is the certificate's")],
    },
    Fed { table: "vault_providers", told: &["id", "spec", "sealed_secret", "updated_at"], untold: &[MADE] },
    Fed { table: "templates", told: &["name", "html"], untold: &[("updated_at", "is not remembered")] },
    Fed {
        table: "mail_templates",
        told: &["name", "lang", "subject", "text", "html"],
        untold: &[("updated_at", "is not remembered")],
    },
];

/// Tables of which no isolate remembers anything, or what it does is read from another of these.
const UNREMEMBERED: &[(&str, &str)] = &[
    ("allowed_origins", "is made of the tenants' settings"),
    ("audit", "is read when it is asked for"),
    ("authenticators", "is read when a code is checked"),
    ("authorization_codes", "works once"),
    ("authorization_requests", "is read when it is asked for"),
    ("backup_codes", "works once"),
    ("certificate_warnings", "is cron's"),
    ("challenges", "works once"),
    ("changes", "is the feed"),
    ("client_origins", "is made of the clients' metadata, in the same batch"),
    ("consents", "is read when it is asked for; what ends with one is a session"),
    ("console_sessions", "works once"),
    ("counted_users", "is read when it is asked for"),
    ("device_codes", "works once"),
    ("email_changes", "works once"),
    ("federation_used", "works once"),
    ("gathered_notices", "is cron's"),
    ("identities", "is read when somebody signs in"),
    ("join_requests", "is read when it is asked for"),
    ("kept_keys", "is read when a code is checked"),
    ("logout_deliveries", "is a queue"),
    ("mail_links", "works once"),
    ("mails", "is a queue"),
    ("outbox", "is read when it is asked for"),
    ("passkey_challenges", "works once"),
    ("passkeys", "is read when somebody signs in"),
    ("sign_in_days", "is read when it is asked for"),
    ("trials", "is read when somebody signs in"),
    ("trusted_devices", "is read when somebody signs in"),
    ("user_roles", "is made of the users' roles"),
    ("user_words", "is made of the users' names and addresses"),
    ("vault_attempts", "works once"),
    ("vault_connections", "is read when it is asked for"),
    ("vault_revocations", "is a queue"),
    ("vault_search_keys", "is read when it is asked for"),
];

fn columns(world: &World, table: &str) -> Vec<(String, bool, bool)> {
    let rows = world.sql(&format!("SELECT name, type, pk FROM pragma_table_info('{table}')"));
    let column = |row: &portcullis::ports::Row| {
        let name = row["name"].as_str().unwrap().to_owned();
        (name, row["type"] == "INTEGER", row["pk"] != 0)
    };
    rows.iter().map(column).collect()
}

/// How many changes a statement appends, which is then undone.
fn appended(world: &World, statements: &[String]) -> Vec<i64> {
    let count = || world.number("SELECT count(*) AS n FROM changes");
    world.sql("SAVEPOINT tried");
    world.sql("PRAGMA defer_foreign_keys = ON");
    let counts = statements.iter().map(|statement| {
        let before = count();
        world.sql(statement);
        count() - before
    });
    let counts = counts.collect();
    world.sql("ROLLBACK TO tried");
    world.sql("RELEASE tried");
    counts
}

/// Another value for a column: JSON stays JSON.
fn other(column: &str, is_integer: bool) -> String {
    if is_integer {
        return format!("coalesce({column}, 0) + 1000");
    }
    format!(
        "CASE WHEN {column} LIKE '[%' THEN json_insert({column}, '$[#]', 'x')
              WHEN {column} LIKE '{{%' THEN json_set({column}, '$.x', 1) ELSE coalesce({column}, rowid) || 'x' END"
    )
}

/// A world in which every table has rows, and those that can be over are not.
fn world() -> World {
    let world = deletion::world();
    let later = NOON + 86_400_000;
    world.sql(&format!("UPDATE sessions SET expires_at = {later}, idle_until = {later}, ended_at = NULL"));
    world.sql("UPDATE email_domains SET status = 'verified'");
    world
}

#[test]
fn every_column_that_something_is_remembered_of_has_a_verdict_and_keeps_it() {
    let world = world();
    let mut wrong = Vec::new();
    for fed in FED {
        let mut known: Vec<String> =
            fed.told.iter().map(|one| one.trim_end_matches('-').to_owned()).collect();
        known.extend(fed.untold.iter().map(|(one, _)| (*one).to_owned()));
        for (column, is_integer, is_key) in columns(&world, fed.table) {
            let table = fed.table;
            let names_the_row = is_key || column == "tenant_id";
            if !known.contains(&column) && !names_the_row {
                wrong.push(format!("{table}.{column} has no verdict"));
                continue;
            }
            let set = |value: String| vec![format!("UPDATE {table} SET {column} = {value}")];
            let is_told = |statements: Vec<String>| appended(&world, &statements).iter().any(|n| *n > 0);
            if fed.told.contains(&column.as_str()) && !is_told(set(other(&column, is_integer))) {
                wrong.push(format!("a change of {table}.{column} is not told"));
            }
            if fed.told.contains(&format!("{column}-").as_str()) {
                if !is_told(set(format!("{column} - 1"))) {
                    wrong.push(format!("{table}.{column} moves earlier and it is not told"));
                }
                if is_told(set(format!("{column} + 1"))) {
                    wrong.push(format!("{table}.{column} moves later and it is told"));
                }
            }
            if fed.untold.iter().any(|(one, _)| *one == column) && is_told(set(other(&column, is_integer))) {
                wrong.push(format!("a change of {table}.{column} is told"));
            }
            if is_told(set(column.clone())) {
                wrong.push(format!("{table}.{column} stays as it is and it is told"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_row_that_goes_is_told_and_one_that_comes_where_its_absence_may_be_remembered() {
    let world = world();
    // Nobody remembers that there is none.
    let absent = ["users", "sessions", "api_keys", "tenants"];
    for Fed { table, .. } in FED {
        let copied = [
            format!("CREATE TEMP TABLE copied AS SELECT * FROM {table}"),
            format!("DELETE FROM {table}"),
            format!("INSERT INTO {table} SELECT * FROM copied"),
        ];
        let counts = appended(&world, &copied);
        assert!(counts[1] > 0, "{table}: a row goes and it is not told");
        assert_eq!(counts[2] > 0, !absent.contains(table), "{table}: a row comes");
    }
}

#[test]
fn every_table_has_a_verdict() {
    let world = World::new();
    let all =
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
    let there: Vec<String> =
        world.sql(all).iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect();
    let mut known: Vec<&str> = FED.iter().map(|fed| fed.table).collect();
    known.extend(UNREMEMBERED.iter().map(|(table, _)| *table));
    known.sort_unstable();
    assert_eq!(there, known, "a table without a verdict");
    assert!(FED.iter().flat_map(|fed| fed.untold).chain(UNREMEMBERED).all(|(_, why)| !why.is_empty()));
}

#[test]
fn what_happens_all_day_appends_nothing() {
    let world = World::new();
    world.route(serde_json::json!({}));
    let user = world.user("ada@example.com");
    world.login("ada@example.com", crate::harness::PASSWORD).is(200);
    let count = || world.number("SELECT count(*) AS n FROM changes");
    let before = count();
    // A sign-in, its use, a refresh, a cookie, a key's use, and the removal of all that is over.
    let first = world.login("ada@example.com", crate::harness::PASSWORD).is(200);
    world.get("/app/").bearer(&first.str("/access_token")).plan();
    let refresh = serde_json::json!({ "refresh_token": first.str("/refresh_token") });
    world.post("/auth/refresh").json(refresh).send().is(200);
    let cookie = world.cookie(&user);
    world.get("/app/").cookie(&cookie).plan();
    world.advance(400);
    world.get("/app/").cookie(&cookie).plan();
    let key = world.api_key(&world.session(&user).access, &["read"]);
    world.get("/app/").key(&key).plan();
    assert_eq!(count(), before);
    world.sql("DELETE FROM api_keys");
    let before = count();
    world.advance(60 * 86_400);
    world.cron();
    assert_eq!(world.number("SELECT count(*) AS n FROM sessions"), 0);
    // The keys that take turns are told, and what was told long ago is gone.
    let left = world.sql("SELECT kind FROM changes");
    assert!(left.iter().all(|row| row["kind"] == "tenant"), "{left:?}");
    assert!(count() <= before);
}
