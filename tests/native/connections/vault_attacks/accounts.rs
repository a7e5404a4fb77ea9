//! One person's and one tenant's connections are nobody else's, at each endpoint.

use serde_json::{Value, json};

use crate::connections::providers::own;
use crate::connections::vault_attacks::How::{Looks, Refused};
use crate::connections::vault_attacks::{Attack, KEY, Stage, run};
use crate::harness::Reply;

/// What is asked for: the method, the path, and what is sent.
fn ask(stage: &Stage, tenant: &str, token: &str, method: &str, path: &str, body: Value) -> Reply {
    let mut ask = stage.flow.world.ask(method, path).bearer(token).unlimited();
    if tenant != "home" {
        ask = ask.tenant(tenant);
    }
    if body.is_null() { ask.send() } else { ask.json(body).send() }
}

/// At the other tenant, by its administrator; at home, by that one and with their token.
fn from_acme(stage: &Stage, method: &str, path: &str, body: Value) -> Vec<Reply> {
    vec![
        ask(stage, "acme", &stage.acme, method, path, body.clone()),
        ask(stage, "acme", &stage.flow.token, method, path, body.clone()),
        ask(stage, "home", &stage.acme, method, path, body),
    ]
}

/// By another person of the tenant.
fn from_eve(stage: &Stage, method: &str, path: &str, body: Value) -> Vec<Reply> {
    vec![ask(stage, "home", &stage.eve, method, path, body)]
}

const NONE: Value = Value::Null;

fn imported(stage: &Stage) -> Value {
    json!({ "userId": stage.flow.ada.id, "providerId": "crm", "accessToken": "eves" })
}

pub const ATTACKS: &[Attack] = &[
    Attack {
        section: "OWASP API1:2023",
        attack: "another person's token, by naming them",
        how: Refused(|stage| {
            let mut replies = from_eve(stage, "GET", "/auth/valid-token?providerId=crm", NONE);
            let path = format!("/auth/valid-token?providerId=crm&userId={}", stage.flow.ada.id);
            replies.extend(from_eve(stage, "GET", &path, NONE));
            replies
        }),
    },
    Attack {
        section: "OWASP API1:2023",
        attack: "another tenant's token",
        how: Refused(|stage| {
            let path = format!("/auth/valid-token?providerId=crm&userId={}", stage.flow.ada.id);
            let mut replies = from_acme(stage, "GET", &path, NONE);
            replies.extend(from_acme(stage, "GET", "/auth/valid-token?providerId=crm", NONE));
            replies
        }),
    },
    Attack {
        section: "OWASP API1:2023",
        attack: "another person's key",
        how: Refused(|stage| {
            let mut replies = from_eve(stage, "GET", "/auth/apikeys/openai", NONE);
            let path = format!("/auth/apikeys/openai?userId={}", stage.flow.ada.id);
            replies.extend(from_eve(stage, "GET", &path, NONE));
            replies.extend(from_eve(stage, "DELETE", "/auth/apikeys/openai", NONE));
            replies
        }),
    },
    Attack {
        section: "OWASP API1:2023",
        attack: "another tenant's key",
        how: Refused(|stage| {
            let path = format!("/auth/apikeys/openai?userId={}", stage.flow.ada.id);
            let mut replies = from_acme(stage, "GET", &path, NONE);
            replies.extend(from_acme(stage, "DELETE", "/auth/apikeys/openai", NONE));
            replies
        }),
    },
    Attack {
        section: "OWASP API1:2023",
        attack: "another's connection, by its id",
        how: Refused(|stage| {
            let path = format!("/auth/connections/{}", stage.id);
            let mut replies = from_eve(stage, "GET", &path, NONE);
            replies.extend(from_eve(stage, "GET", &format!("{path}?userId={}", stage.flow.ada.id), NONE));
            replies.extend(from_acme(stage, "GET", &path, NONE));
            // An administrator of the tenant is another person too.
            let admin = stage.flow.world.admin();
            replies.push(ask(stage, "home", &admin, "GET", &path, NONE));
            replies
        }),
    },
    Attack {
        section: "OWASP API1:2023",
        attack: "another's list of connections",
        how: Looks(|stage| {
            let path = format!("/auth/connected?userId={}", stage.flow.ada.id);
            assert_eq!(ask(stage, "home", &stage.eve, "GET", &path, NONE).status, 404);
            assert_eq!(ask(stage, "acme", &stage.acme, "GET", &path, NONE).status, 404);
            for (tenant, token) in [("home", &stage.eve), ("acme", &stage.acme)] {
                let own = ask(stage, tenant, token, "GET", "/auth/connected", NONE).is(200);
                assert_eq!(own.json["connectedApps"], json!([]), "{tenant}");
            }
            stage.honest("her own");
        }),
    },
    Attack {
        section: "OWASP API1:2023",
        attack: "another's connection is ended",
        how: Refused(|stage| {
            let mut replies = from_eve(stage, "POST", "/auth/disconnect/crm", NONE);
            replies.extend(from_acme(stage, "POST", "/auth/disconnect/crm", NONE));
            replies.push(ask(stage, "home", &stage.flow.world.admin(), "POST", "/auth/disconnect/crm", NONE));
            replies
        }),
    },
    Attack {
        section: "OWASP API1:2023",
        attack: "all connections of a provider are ended by who may not",
        how: Refused(|stage| {
            let mut replies = from_eve(stage, "DELETE", "/auth/connections?providerId=crm", NONE);
            replies.extend(from_acme(stage, "DELETE", "/auth/connections?providerId=crm", NONE));
            replies
        }),
    },
    Attack {
        section: "OWASP API1:2023",
        attack: "a connection is put into another's account",
        how: Refused(|stage| {
            let mut replies = from_eve(stage, "POST", "/auth/connections", imported(stage));
            replies.extend(from_acme(stage, "POST", "/auth/connections", imported(stage)));
            replies
        }),
    },
    Attack {
        section: "OWASP API1:2023",
        attack: "another tenant's provider is read, changed and deleted",
        how: Refused(|stage| {
            let mut replies = Vec::new();
            let body = own(json!({ "tokenUrl": "https://evil.example/token" }));
            for (method, body) in [("GET", NONE), ("PUT", body), ("DELETE", NONE)] {
                replies.extend(from_acme(stage, method, "/auth/providers/crm", body));
            }
            replies
        }),
    },
    Attack {
        section: "OWASP API5:2023",
        attack: "a person changes what administrators set up",
        how: Refused(|stage| {
            let evil = own(json!({ "tokenUrl": "https://evil.example/token" }));
            let mut made = evil.clone();
            made["id"] = "evil".into();
            let mut replies = from_eve(stage, "PUT", "/auth/providers/crm", evil);
            replies.extend(from_eve(stage, "POST", "/auth/providers", made));
            replies.extend(from_eve(stage, "DELETE", "/auth/providers/crm", NONE));
            replies.extend(from_eve(stage, "GET", "/auth/providers?all=true", NONE));
            let keys = json!({ "apiKey": "k", "searchEngineId": "x" });
            replies.extend(from_eve(stage, "PUT", "/auth/google-search-keys", keys));
            replies.extend(from_eve(stage, "DELETE", "/auth/google-search-keys", NONE));
            replies
        }),
    },
    Attack {
        section: "OWASP API1:2023",
        attack: "a connection is begun at another tenant's provider",
        how: Refused(|stage| from_acme(stage, "GET", "/auth/connect/crm", NONE)),
    },
    Attack {
        section: "OWASP API3:2023",
        attack: "a body says whose it is, and what it is",
        how: Looks(|stage| {
            let world = &stage.flow.world;
            let ada = stage.flow.ada.id.as_str();
            let body = json!({
                "apiKey": "sk-eves", "userId": ada, "user_id": ada, "tenantId": "acme", "label": "", "status": "revoked",
            });
            let path = format!("/auth/apikeys/openai?userId={ada}");
            world.post(&path).bearer(&stage.eve).json(body).send();
            let adas = world.get("/auth/apikeys/openai").bearer(&stage.flow.token).send().is(200);
            assert_eq!(adas.str("/apiKey"), KEY);
            assert_eq!(
                world.number("SELECT count(*) AS n FROM vault_connections WHERE tenant_id = 'acme'"),
                0
            );
            let body = json!({ "label": "", "userId": ada });
            world.post("/auth/disconnect/crm").bearer(&stage.eve).json(body).send().is(404);
            stage.honest("Ada's stay");
        }),
    },
    Attack {
        section: "OWASP API1:2023",
        attack: "what was sealed for one person is put into another's row",
        how: Looks(|stage| {
            let world = &stage.flow.world;
            let eve = world.sql("SELECT id FROM users WHERE email = 'eve@example.com'")[0]["id"].clone();
            let eve = eve.as_str().unwrap();
            world.sql(&format!("UPDATE vault_connections SET user_id = '{eve}' WHERE provider_id = 'crm'"));
            let stolen = world.get("/auth/valid-token?providerId=crm").bearer(&stage.eve).send();
            assert!(stolen.status >= 400 && !stolen.text.contains("canary"), "{}", stolen.text);
        }),
    },
];

#[test]
fn what_is_one_persons_is_nobody_elses() {
    run(ATTACKS);
}
