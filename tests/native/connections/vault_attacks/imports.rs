//! Connections that administrators bring along, and what would be smuggled in with them.

use serde_json::{Value, json};

use crate::connections::vault_attacks::How::{Looks, Refused};
use crate::connections::vault_attacks::{Attack, Stage, run};
use crate::harness::{Ask, Reply};

fn body(stage: &Stage, other: Value) -> Value {
    let mut body =
        json!({ "userId": stage.flow.ada.id, "providerId": "crm", "accessToken": "imported", "label": "b" });
    body.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
    body
}

fn ask(stage: &Stage, other: Value) -> Ask<'_> {
    let world = &stage.flow.world;
    world.post("/auth/connections").bearer(&world.admin()).unlimited().json(body(stage, other))
}

fn each(stage: &Stage, others: &[Value]) -> Vec<Reply> {
    others.iter().map(|other| ask(stage, other.clone()).send()).collect()
}

pub const ATTACKS: &[Attack] = &[
    Attack {
        section: "OWASP API3:2023",
        attack: "an import says what only the vault says",
        how: Refused(|stage| {
            each(
                stage,
                &[
                    json!({ "tenantId": "acme" }),
                    json!({ "id": stage.id }),
                    json!({ "status": "active" }),
                    json!({ "kind": "api_key" }),
                    json!({ "sealedAccess": "2.x" }),
                    json!({ "version": 9 }),
                    json!({ "createdAt": "2020-01-01T00:00:00Z" }),
                ],
            )
        }),
    },
    Attack {
        section: "OWASP API3:2023",
        attack: "an import of another kind than its provider",
        how: Refused(|stage| {
            each(
                stage,
                &[
                    json!({ "providerId": "openai" }),
                    json!({ "providerId": "openai", "accessToken": null, "refreshToken": "r", "apiKey": "k" }),
                    json!({ "apiKey": "k" }),
                    json!({ "accessToken": null, "refreshToken": "r" }),
                    json!({ "accessToken": null, "apiKey": "k" }),
                ],
            )
        }),
    },
    Attack {
        section: "OWASP API3:2023",
        attack: "an imported token that would write a header field, or has no end",
        how: Refused(|stage| {
            each(
                stage,
                &[
                    json!({ "accessToken": "a\r\nx-evil: 1" }),
                    json!({ "accessToken": "" }),
                    json!({ "accessToken": "x".repeat(40_000) }),
                    json!({ "refreshToken": "a b" }),
                    json!({ "expiresIn": -1 }),
                    json!({ "expiresIn": i64::MAX }),
                    json!({ "scopes": ["a b"] }),
                    json!({ "account": "\u{202e}x" }),
                    json!({ "account": "a\nb" }),
                ],
            )
        }),
    },
    Attack {
        section: "OWASP API1:2023",
        attack: "an import for a person of another tenant, or for nobody",
        how: Refused(|stage| {
            let theirs = stage.flow.world.user_with("acme", "bob@acme.example", |_| {});
            each(
                stage,
                &[json!({ "userId": theirs.id }), json!({ "userId": "nobody" }), json!({ "userId": "" })],
            )
        }),
    },
    Attack {
        section: "OWASP API1:2023",
        attack: "an import for a provider that is not set up, is turned off or is unknown",
        how: Refused(|stage| {
            let world = &stage.flow.world;
            let off = crate::connections::providers::own(json!({ "id": "off", "enabled": false }));
            world.post("/auth/providers").bearer(&world.admin()).json(off).send().is(201);
            let replies = each(
                stage,
                &[
                    json!({ "providerId": "google" }),
                    json!({ "providerId": "off" }),
                    json!({ "providerId": "CRM" }),
                ],
            );
            world.delete("/auth/providers/off").bearer(&world.admin()).send().is(200);
            replies
        }),
    },
    Attack {
        section: "OWASP API5:2023",
        attack: "an import with an administrator's key that may only read",
        how: Refused(|stage| {
            let world = &stage.flow.world;
            let admin = world.admin();
            let keys = [&["read"][..], &["vault:read"]].map(|scopes| world.api_key(&admin, scopes));
            let asks = keys
                .iter()
                .map(|key| world.post("/auth/connections").key(key).json(body(stage, json!({}))).send());
            asks.collect()
        }),
    },
    Attack {
        section: "OWASP API4:2023",
        attack: "more imports at once than a person may have connections",
        how: Looks(|stage| {
            let world = &stage.flow.world;
            for label in 0..47 {
                ask(stage, json!({ "label": format!("l{label}") })).send().is(201);
            }
            let asks = (47..53).map(|label| ask(stage, json!({ "label": format!("l{label}") })));
            let replies = world.together(asks.collect());
            assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1);
            assert_eq!(world.number("SELECT count(*) AS n FROM vault_connections"), 50);
        }),
    },
    Attack {
        section: "update §2.2",
        attack: "an import in the place of a person's own connection goes unnoticed",
        how: Looks(|stage| {
            ask(stage, json!({ "label": "" })).send().is(201);
            let told = stage
                .flow
                .world
                .sql("SELECT actor, subject, detail FROM audit WHERE event = 'vault.imported'");
            assert_eq!((told.len(), &told[0]["detail"]), (1, &json!("crm")));
            assert_eq!(told[0]["subject"], stage.flow.ada.id.as_str());
            assert_ne!(told[0]["actor"], told[0]["subject"]);
            let apps = stage.flow.apps();
            let is_another = apps.as_array().unwrap().iter().all(|app| app["id"] != json!(stage.id));
            assert!(is_another, "{apps}");
        }),
    },
];

#[test]
fn what_is_brought_along_is_checked_like_what_is_made() {
    run(ATTACKS);
}
