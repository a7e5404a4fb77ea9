//! Attacks on the connection vault, each named by its section of RFC 9700, of its update
//! (draft-ietf-oauth-security-topics-update), of RFC 6819, or of the OWASP API Security Top 10 (2023), with the honest use
//! beside it. A table for each part; what other tests hold in tables of their own is counted with them.

mod accounts;
mod addresses;
mod again;
mod begun;
mod canaries;
mod imports;
mod lent;
mod names;
mod oracles;
mod races;
mod redirects;
mod tokens;

use portcullis::store::users::User;
use serde_json::{Value, json};

use crate::connections::flow::{ACCESS, Flow};
use crate::connections::providers::own;
use crate::harness::{Reply, World, claims};

/// A key that is searched for.
pub const KEY: &str = "sk-canary-ada";

/// One attack.
pub struct Attack {
    /// The section that describes it.
    pub section: &'static str,
    pub attack: &'static str,
    pub how: How,
}

/// How it is made, and what shows that it fails.
pub enum How {
    /// Each answer is a refusal that holds no secret, nobody's connections change, and no provider is asked for tokens.
    Refused(fn(&Stage) -> Vec<Reply>),
    /// It looks by itself.
    Looks(fn(&Stage)),
}

/// A tenant with two providers, and Ada, who connected one of them and stored a key.
pub struct Stage {
    pub flow: Flow,
    /// A session of another person's.
    pub eve: String,
    /// A session of an administrator of another tenant.
    pub acme: String,
    /// The id of Ada's connection.
    pub id: String,
}

impl Stage {
    pub fn new() -> Stage {
        let flow = Flow::with(json!({ "issuer": "https://crm.example" }));
        let world = &flow.world;
        let second = own(json!({ "id": "crm2", "name": "CRM 2", "issuer": "https://crm.example" }));
        world.post("/auth/providers").bearer(&world.admin()).json(second).send().is(201);
        world.settings(json!({ "allowedOrigins": ["https://app.example.com"] }));
        flow.connect("", "good-1");
        world.post("/auth/apikeys/openai").bearer(&flow.token).json(json!({ "apiKey": KEY })).send().is(200);
        let eve = world.session(&world.user("eve@example.com")).access;
        let acme = world.tenant("acme");
        let id = flow.apps().as_array().unwrap().iter().find(|app| app["provider"] == "crm").unwrap()["id"]
            .as_str()
            .unwrap()
            .to_owned();
        Stage { flow, eve, acme, id }
    }

    /// What is connected, and what providers there are, as the database has it.
    pub fn kept(&self) -> String {
        let world = &self.flow.world;
        let connections = world.sql(
            "SELECT id, tenant_id, user_id, provider_id, label, status, scopes, account, sealed_access, sealed_refresh,
               sealed_key, version FROM vault_connections ORDER BY id",
        );
        let providers =
            world.sql("SELECT tenant_id, id, spec, sealed_secret FROM vault_providers ORDER BY id");
        format!("{connections:?}{providers:?}")
    }

    /// Ada reads what is hers.
    #[track_caller]
    pub fn honest(&self, what: &str) {
        let world = &self.flow.world;
        let token = world.session(&self.flow.ada).access;
        let got = world.get("/auth/valid-token?providerId=crm").bearer(&token).unlimited().send();
        assert_eq!((got.status, got.str("/access_token")), (200, format!("{ACCESS}-good-1")), "{what}");
        let key = world.get("/auth/apikeys/openai").bearer(&token).unlimited().send();
        assert_eq!((key.status, key.str("/apiKey").as_str()), (200, KEY), "{what}");
    }

    /// A key of the tenant's own.
    pub fn service(&self, scopes: &[&str]) -> String {
        let body = json!({ "name": "agent", "scopes": scopes });
        let world = &self.flow.world;
        world.post("/tenant/home/v2/ApiKeys").bearer(&world.admin()).json(body).send().is(201).str("/apiKey")
    }

    /// The tenant lets services act for persons.
    pub fn delegates(&self) {
        self.flow.world.settings(json!({ "vaultDelegation": true }));
    }
}

/// A token that a person gave a client, with a scope.
pub fn lend(world: &World, user: &User, scope: &str) -> String {
    world.sql("DELETE FROM clients WHERE id = 'app'");
    world.put_client("home", "app", &json!({ "grant_types": ["authorization_code"] }));
    let sid = claims(&world.session(user).access)["sid"].as_str().unwrap().to_owned();
    world.sql(&format!("UPDATE sessions SET client_id = 'app', scope = '{scope}' WHERE id = '{sid}'"));
    let said = json!({ "sub": user.id, "userId": user.id, "sid": sid, "client_id": "app", "scope": scope });
    world.token("home", &said)
}

/// Makes each attack of a table on a stage of its own.
fn run(attacks: &[Attack]) {
    for Attack { section, attack, how } in attacks {
        let what = format!("{section}: {attack}");
        let stage = Stage::new();
        let (before, exchanges) = (stage.kept(), stage.flow.exchanges());
        match how {
            How::Looks(look) => look(&stage),
            How::Refused(make) => {
                let replies = make(&stage);
                assert!(!replies.is_empty(), "{what}");
                for (at, reply) in replies.iter().enumerate() {
                    assert!(
                        (400..500).contains(&reply.status),
                        "{what}, {at}: {} {}",
                        reply.status,
                        reply.text
                    );
                    assert!(
                        !format!("{} {:?}", reply.text, reply.headers).contains("canary"),
                        "{what}, {at}"
                    );
                }
                assert_eq!(stage.kept(), before, "{what}");
                assert_eq!(stage.flow.exchanges(), exchanges, "{what}");
                stage.honest(&what);
            }
        }
    }
}

/// What each table has: its section, how many, and where it is.
fn elsewhere() -> Vec<(&'static str, usize, &'static str)> {
    use crate::connections::{exchange_attacks, providers as registry};
    use crate::gateway::relay;
    vec![
        ("RFC 9700 §4.1, §4.11", redirects::ORIGINS.len(), "redirects to other origins"),
        ("OWASP API7:2023", registry::INSIDE.len() * registry::ADDRESSES.len(), "addresses that lead inside"),
        ("OWASP API7:2023", registry::NO_LABELS.len(), "templates of addresses"),
        ("RFC 8693 §5", exchange_attacks::ATTACKS.len(), "tokens that are exchanged for what was connected"),
        ("RFC 9700 §4.9", relay::settings().len(), "routes that would send a credential elsewhere"),
        ("RFC 9700 §4.9", relay::SPELLINGS.len(), "spellings of what carries a credential"),
        ("RFC 9700 §4.9", relay::PATHS.len(), "paths that would change a route's host"),
    ]
}

#[test]
fn the_attacks_are_named_by_their_sections_and_there_are_sixty_at_least() {
    let tables: [&[Attack]; 10] = [
        accounts::ATTACKS,
        addresses::ATTACKS,
        again::ATTACKS,
        imports::ATTACKS,
        lent::ATTACKS,
        names::ATTACKS,
        oracles::ATTACKS,
        races::ATTACKS,
        redirects::ATTACKS,
        tokens::ATTACKS,
    ];
    let mut named: Vec<(&str, &str)> =
        begun::ATTACKS.iter().map(|(section, what, _)| (*section, *what)).collect();
    named.extend(tables.iter().flat_map(|table| table.iter().map(|one| (one.section, one.attack))));
    named.sort_unstable();
    for (section, what) in &named {
        println!("{section}: {what}");
    }
    for (section, members, what) in elsewhere() {
        println!("{section}: {what}, {members}");
        assert!(members > 5, "{what}");
    }
    let count = named.len();
    println!("{count} named");
    named.dedup();
    assert_eq!(named.len(), count, "each is named once");
    assert!(count >= 60, "{count}");
    // Each part of the drafts that concerns a client which keeps tokens.
    for section in [
        "update §2.2",
        "update §2.3",
        "RFC 9700 §4.1",
        "RFC 9700 §4.2",
        "RFC 9700 §4.3",
        "RFC 9700 §4.4",
        "RFC 9700 §4.5",
        "RFC 9700 §4.7",
        "RFC 9700 §4.8",
        "RFC 9700 §4.9",
        "RFC 9700 §4.10",
        "RFC 9700 §4.11",
        "RFC 9700 §4.12",
        "RFC 9700 §4.14",
        "RFC 9700 §4.16",
        "RFC 6819",
        "OWASP API1:2023",
        "OWASP API3:2023",
        "OWASP API7:2023",
    ] {
        assert!(named.iter().any(|(one, _)| one.starts_with(section)), "{section}");
    }
}

/// A member of a JSON answer without what is another each time.
fn without_time(reply: &Reply) -> Value {
    let mut said = reply.json.clone();
    if let Some(members) = said.as_object_mut() {
        members.remove("timestamp");
        members.remove("requestId");
    }
    said
}
