//! Connecting again: what was granted to one connection goes to no other, and what is kept of one is in the place of none.

use serde_json::{Map, Value, json};
use url::Url;

use crate::connections::flow::param;
use crate::connections::vault_attacks::How::Looks;
use crate::connections::vault_attacks::{Attack, Stage, run};

/// The scopes that a provider is asked for, when a token's person connects with that query.
fn asked(stage: &Stage, token: &str, query: &str) -> String {
    param(&stage.flow.begin_with(token, query), "scope")
}

/// More was granted to Ada's connection than what everybody is asked for.
fn grant_more(stage: &Stage) {
    let world = &stage.flow.world;
    world.sql("UPDATE vault_connections SET scopes = 'contacts admin:all' WHERE provider_id = 'crm'");
    assert!(
        asked(stage, &stage.flow.token, "").contains("admin:all"),
        "it comes along for its own connection"
    );
}

pub const ATTACKS: &[Attack] = &[
    Attack {
        section: "RFC 9700 §4.10",
        attack: "scopes of one connection come along with another label, person, provider or tenant",
        how: Looks(|stage| {
            grant_more(stage);
            let token = stage.flow.token.as_str();
            for (token, query) in
                [(token, "?label=work"), (stage.eve.as_str(), ""), (stage.eve.as_str(), "?label=")]
            {
                assert!(!asked(stage, token, query).contains("admin"), "{query}");
            }
            let world = &stage.flow.world;
            let other = world.get("/auth/connect/crm2").bearer(token).send().is(200).str("/authUrl");
            assert!(!param(&Url::parse(&other).unwrap(), "scope").contains("admin"));
            // Nor does naming the other person, or their connection.
            let query = format!("?userId={}&connection={}&id={}", stage.flow.ada.id, stage.id, stage.id);
            assert!(!asked(stage, &stage.eve, &query).contains("admin"));
        }),
    },
    Attack {
        section: "RFC 9700 §4.10",
        attack: "scopes of a connection that its person ended come back with the next one",
        how: Looks(|stage| {
            grant_more(stage);
            stage.flow.world.post("/auth/disconnect/crm").bearer(&stage.flow.token).send().is(200);
            assert!(!asked(stage, &stage.flow.token, "").contains("admin"));
        }),
    },
    Attack {
        section: "RFC 9700 §4.7",
        attack: "who brings the code says another label, person or scope than was begun",
        how: Looks(|stage| {
            let world = &stage.flow.world;
            let before = stage.kept();
            let state = param(&stage.flow.begin_with(&stage.eve, "?label=mine"), "state");
            let body = json!({
                "code": "good-2", "state": state, "label": "", "userId": stage.flow.ada.id, "scopes": "admin:all",
                "scope": "admin:all", "provider": "crm2", "providerId": "crm2", "redirect_uri": "https://app.example.com/",
            });
            world.post("/auth/callback").bearer(&stage.eve).json(body).send().is(200);
            let eves =
                world.get("/auth/connected").bearer(&stage.eve).send().is(200).json["connectedApps"].clone();
            assert_eq!(eves.as_array().unwrap().len(), 1);
            assert_eq!((&eves[0]["label"], &eves[0]["provider"]), (&json!("mine"), &json!("crm")));
            assert!(!eves[0]["scopes"].to_string().contains("admin"), "{eves}");
            world.sql("DELETE FROM vault_connections WHERE label = 'mine'");
            assert_eq!(stage.kept(), before);
            stage.honest("Ada's stay");
        }),
    },
    Attack {
        section: "update §2.2",
        attack: "a connection that needs its person again is ended by another's code",
        how: Looks(|stage| {
            let world = &stage.flow.world;
            world.sql(
                "UPDATE vault_connections SET status = 'needs_reauthorization' WHERE provider_id = 'crm'",
            );
            let before = stage.kept();
            // The page's form of Ada's connection, pressed by Eve: it begins one of her own.
            let state = param(&stage.flow.begin_with(&stage.eve, ""), "state");
            world
                .ask("POST", "/auth/callback")
                .bearer(&stage.flow.token)
                .json(json!({ "code": "good-9", "state": state }))
                .send()
                .is(400);
            assert_eq!(stage.kept(), before);
            stage.flow.connect("", "good-1");
            stage.honest("she connects again herself");
        }),
    },
    Attack {
        section: "OWASP API1:2023",
        attack: "sealed values are swapped between columns, labels and providers of one person",
        how: Looks(|stage| {
            let world = &stage.flow.world;
            stage.flow.connect("?label=work", "good-2");
            let all = || {
                world.sql("SELECT id, label, sealed_access, sealed_refresh FROM vault_connections WHERE provider_id = 'crm' ORDER BY label")
            };
            let was = all();
            let set = |row: &Map<String, Value>, access: &Value| {
                let (id, access) = (row["id"].as_str().unwrap(), access.as_str().unwrap());
                world.sql(&format!(
                    "UPDATE vault_connections SET sealed_access = '{access}' WHERE id = '{id}'"
                ));
            };
            let refused = |label: &str, what: &str| {
                let path = format!("/auth/valid-token?providerId=crm&label={label}");
                let got = world.get(&path).bearer(&stage.flow.token).unlimited().send();
                assert!(got.status >= 400 && !got.text.contains("canary"), "{what}: {}", got.text);
            };
            set(&was[0], &was[0]["sealed_refresh"]);
            refused("", "a refresh token as an access token");
            set(&was[0], &was[1]["sealed_access"]);
            set(&was[1], &was[0]["sealed_access"]);
            refused("", "another label's");
            refused("work", "another label's, the other way round");
            set(&was[0], &was[0]["sealed_access"]);
            world.sql(&format!(
                "UPDATE vault_connections SET provider_id = 'crm2' WHERE id = '{}'",
                was[1]["id"].as_str().unwrap()
            ));
            let moved =
                world.get("/auth/valid-token?providerId=crm2").bearer(&stage.flow.token).unlimited().send();
            assert!(moved.status >= 400 && !moved.text.contains("canary"), "{}", moved.text);
            stage.honest("what was put back opens");
        }),
    },
];

#[test]
fn what_was_granted_goes_to_no_other_connection() {
    run(ATTACKS);
}
