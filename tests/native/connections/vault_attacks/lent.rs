//! What was lent, and what acts by itself: keys, clients and services get what they were given, and nothing that lasts.

use serde_json::{Value, json};

use crate::connections::providers::own;
use crate::connections::vault_attacks::How::{Looks, Refused};
use crate::connections::vault_attacks::{Attack, Stage, lend, run};
use crate::harness::{Ask, Reply};

const TOKEN: &str = "/auth/valid-token?providerId=crm";
const APP_KEY: &str = "/auth/apikeys/openai";

/// All that changes something, as a caller would ask for it who may read.
fn changes<'s>(stage: &'s Stage, who: &dyn Fn(Ask<'s>) -> Ask<'s>) -> Vec<Reply> {
    let world = &stage.flow.world;
    let import = json!({ "userId": stage.flow.ada.id, "providerId": "crm", "accessToken": "x" });
    let bodies: [(&str, &str, Value); 9] = [
        ("GET", "/auth/connect/crm", Value::Null),
        ("POST", "/auth/callback", json!({ "code": "good", "state": "x" })),
        ("POST", "/auth/disconnect/crm", Value::Null),
        ("POST", APP_KEY, json!({ "apiKey": "x" })),
        ("DELETE", APP_KEY, Value::Null),
        ("POST", "/auth/connections", import),
        ("DELETE", "/auth/connections?providerId=crm", Value::Null),
        ("PUT", "/auth/providers/crm", own(json!({}))),
        ("DELETE", "/auth/providers/crm", Value::Null),
    ];
    bodies
        .into_iter()
        .map(|(method, path, body)| {
            let ask = who(world.ask(method, path).unlimited());
            if body.is_null() { ask.send() } else { ask.json(body).send() }
        })
        .collect()
}

/// Each way to read what Ada has, as a service asks.
fn reads(stage: &Stage, key: &str) -> Vec<Reply> {
    let ada = stage.flow.ada.id.as_str();
    let paths = [
        format!("{TOKEN}&userId={ada}"),
        format!("{APP_KEY}?userId={ada}"),
        format!("/auth/connected?userId={ada}&providerId=crm"),
        format!("/auth/connected?userId={ada}&providerId=openai"),
        format!("/auth/connections/{}?userId={ada}", stage.id),
    ];
    paths.iter().map(|path| stage.flow.world.get(path).key(key).unlimited().send()).collect()
}

/// A token that Ada gave a client.
fn client(stage: &Stage, scope: &str) -> String {
    lend(&stage.flow.world, &stage.flow.ada, scope)
}

pub const ATTACKS: &[Attack] = &[
    Attack {
        section: "RFC 9700 §4.10",
        attack: "a browser's cookie alone reads",
        how: Refused(|stage| {
            let cookie = stage.flow.world.cookie(&stage.flow.ada);
            let paths = [TOKEN.to_owned(), APP_KEY.to_owned(), format!("/auth/connections/{}", stage.id)];
            paths.iter().map(|path| stage.flow.world.get(path).cookie(&cookie).send()).collect()
        }),
    },
    Attack {
        section: "RFC 9700 §4.10",
        attack: "a credential in the address instead of a header field",
        how: Refused(|stage| {
            let world = &stage.flow.world;
            let key = world.api_key(&stage.flow.token, &["vault:read"]);
            let named = |name: &str, value: &str| world.get(&format!("{TOKEN}&{name}={value}")).send();
            vec![
                named("access_token", &stage.flow.token),
                named("apiKey", &key),
                named("x-api-key", &key),
                named("token", &stage.flow.token),
            ]
        }),
    },
    Attack {
        section: "RFC 9700 §4.10",
        attack: "a key of the person's without the scope reads",
        how: Refused(|stage| {
            let world = &stage.flow.world;
            let keys = [&["read"][..], &["read", "write"], &["webhooks:manage"]];
            let keys = keys.map(|scopes| world.api_key(&stage.flow.token, scopes));
            keys.iter()
                .flat_map(|key| {
                    [TOKEN, APP_KEY, "/auth/connected"].map(|path| world.get(path).key(key).send())
                })
                .collect()
        }),
    },
    Attack {
        section: "RFC 9700 §4.10",
        attack: "a client that the person did not give it to reads",
        how: Refused(|stage| {
            let token = client(stage, "openid profile read write");
            [TOKEN, APP_KEY, "/auth/connected"]
                .map(|path| stage.flow.world.get(path).bearer(&token).send())
                .to_vec()
        }),
    },
    Attack {
        section: "RFC 9700 §4.10",
        attack: "a key for one provider reads another's",
        how: Refused(|stage| {
            let world = &stage.flow.world;
            let body = json!({ "scopes": ["vault:openai"] });
            let path = format!("/tenant/home/v2/Users/{}", stage.flow.ada.id);
            world.patch(&path).bearer(&world.admin()).json(body).send().is(200);
            let key = world.api_key(&stage.flow.token, &["vault:openai"]);
            world.get(APP_KEY).key(&key).send().is(200);
            let both = "/auth/valid-token?providerId=crm&providerId=openai";
            let one = format!("/auth/connections/{}", stage.id);
            [TOKEN, both, "/auth/connected", "/auth/connected?providerId=crm", &one]
                .map(|path| world.get(path).key(&key).send())
                .to_vec()
        }),
    },
    Attack {
        section: "update §2.2",
        attack: "a key that reads makes, ends and changes connections",
        how: Refused(|stage| {
            let key = stage.flow.world.api_key(&stage.flow.token, &["read", "write", "vault:read"]);
            stage.flow.world.get(TOKEN).key(&key).send().is(200);
            changes(stage, &|ask| ask.key(&key))
        }),
    },
    Attack {
        section: "update §2.2",
        attack: "a client that reads makes, ends and changes connections",
        how: Refused(|stage| {
            let token = client(stage, "openid read write vault:read");
            stage.flow.world.get(TOKEN).bearer(&token).send().is(200);
            changes(stage, &|ask| ask.bearer(&token))
        }),
    },
    Attack {
        section: "RFC 9700 §4.9",
        attack: "a service's key without delegation reads a person's",
        how: Refused(|stage| {
            let key = stage.service(&["vault:crm", "vault:openai"]);
            reads(stage, &key)
        }),
    },
    Attack {
        section: "RFC 9700 §4.9",
        attack: "a service's key with delegation and the scope for all",
        how: Refused(|stage| {
            stage.delegates();
            let key = stage.service(&["vault:read"]);
            reads(stage, &key)
        }),
    },
    Attack {
        section: "RFC 9700 §4.9",
        attack: "a service's key reads of another provider than its own",
        how: Refused(|stage| {
            stage.delegates();
            let key = stage.service(&["vault:crm2"]);
            reads(stage, &key)
        }),
    },
    Attack {
        section: "RFC 9700 §4.9",
        attack: "a service's key makes, ends and changes a person's connections",
        how: Refused(|stage| {
            stage.delegates();
            let key = stage.service(&["vault:crm", "vault:openai"]);
            assert!(reads(stage, &key).iter().all(|reply| reply.status == 200));
            changes(stage, &|ask| ask.key(&key))
        }),
    },
    Attack {
        section: "RFC 9700 §4.9",
        attack: "a service of one tenant names a person of another",
        how: Refused(|stage| {
            stage.delegates();
            let world = &stage.flow.world;
            let body = json!({ "vaultDelegation": true });
            world.patch("/tenant/acme/v2/Settings").bearer(&stage.acme).json(body).send().is(200);
            let body = json!({ "name": "agent", "scopes": ["vault:crm", "vault:openai"] });
            let made = world.post("/tenant/acme/v2/ApiKeys").bearer(&stage.acme).json(body).send().is(201);
            let theirs = made.str("/apiKey");
            let ada = stage.flow.ada.id.as_str();
            let mut replies = vec![
                world.get(&format!("{TOKEN}&userId={ada}")).tenant("acme").key(&theirs).send(),
                world.get(&format!("{APP_KEY}?userId={ada}")).tenant("acme").key(&theirs).send(),
                world
                    .get(&format!("/auth/connections/{}?userId={ada}", stage.id))
                    .tenant("acme")
                    .key(&theirs)
                    .send(),
            ];
            replies.extend(reads(stage, &theirs));
            replies
        }),
    },
    Attack {
        section: "OWASP API1:2023",
        attack: "a service reads of a person who is locked or disabled",
        how: Looks(|stage| {
            stage.delegates();
            let key = stage.service(&["vault:crm", "vault:openai"]);
            for status in ["locked", "disabled"] {
                stage
                    .flow
                    .world
                    .sql(&format!("UPDATE users SET status = '{status}' WHERE email = 'ada@example.com'"));
                for reply in reads(stage, &key) {
                    let nothing = reply.status == 404 || reply.json["connectedApps"] == json!([]);
                    assert!(nothing && !reply.text.contains("canary"), "{status}: {}", reply.text);
                }
                stage.flow.world.sql("UPDATE users SET status = 'active' WHERE email = 'ada@example.com'");
                assert!(reads(stage, &key).iter().all(|reply| reply.status == 200), "{status}");
            }
        }),
    },
    Attack {
        section: "RFC 9700 §4.9",
        attack: "an agent that may use a route reads the credential that the route sends",
        how: Refused(|stage| {
            let world = &stage.flow.world;
            world.route(json!({
                "name": "contacts", "path": "/contacts/", "origin": "https://api.crm.example", "connection": "crm",
                "scopes": ["contacts:read"],
            }));
            let path = format!("/tenant/home/v2/Users/{}", stage.flow.ada.id);
            let body = json!({ "scopes": ["contacts:read"] });
            world.patch(&path).bearer(&world.admin()).json(body).send().is(200);
            let key = world.api_key(&stage.flow.token, &["contacts:read"]);
            assert!(world.get("/contacts/1").key(&key).plan().relays);
            [TOKEN, APP_KEY, "/auth/connected"].map(|path| world.get(path).key(&key).send()).to_vec()
        }),
    },
    Attack {
        section: "RFC 9700 §4.9",
        attack: "the caller of a route names another person, to be their deputy",
        how: Looks(|stage| {
            let world = &stage.flow.world;
            world.route(json!({
                "name": "contacts", "path": "/contacts/", "origin": "https://api.crm.example", "connection": "crm",
                "scopes": ["contacts:read"],
            }));
            let bob =
                world.user_with("home", "bob@example.com", |user| user.scopes = vec!["contacts:read".into()]);
            let bob = world.session(&bob).access;
            let ada = stage.flow.ada.id.as_str();
            for path in [format!("/contacts/1?userId={ada}"), "/contacts/1?label=".into()] {
                let ask =
                    world.get(&path).bearer(&bob).header("x-user-id", ada).header("x-portcullis-user", ada);
                let refused = ask.send().is(403);
                assert_eq!(refused.str("/code"), "CONNECTION_NEEDED", "{path}");
            }
        }),
    },
    Attack {
        section: "RFC 9700 §4.9",
        attack: "another tenant's route names this tenant's provider",
        how: Refused(|stage| {
            let route = json!({
                "name": "stolen", "path": "/stolen/", "origin": "https://api.crm.example", "connection": "crm",
                "scopes": ["contacts:read"],
            });
            let world = &stage.flow.world;
            vec![world.post("/tenant/acme/v2/Routes").bearer(&stage.acme).json(route).send()]
        }),
    },
];

#[test]
fn what_was_lent_gets_what_it_was_given_and_nothing_that_lasts() {
    run(ATTACKS);
}
