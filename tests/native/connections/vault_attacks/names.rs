//! Ids, labels and parameters that look like others.

use serde_json::json;

use crate::connections::vault_attacks::How::{Looks, Refused};
use crate::connections::vault_attacks::{Attack, Stage, run};
use crate::harness::Reply;

/// Ids that are none of a provider that is there.
const IDS: &[&str] = &[
    "OPENAI",
    "openai%20",
    "%20openai",
    "openai%00",
    "openai%0a",
    "opena%D1%96",
    "%EF%BD%8Fpenai",
    "openai%E2%80%8B",
    "openai'",
    "openai%27%20OR%20%271%27=%271",
    "openai%25",
    "op_nai",
    "%25",
    "*",
    "crm",
];

fn at(stage: &Stage, method: &str, path: &str) -> Reply {
    stage.flow.world.ask(method, path).bearer(&stage.flow.token).unlimited().send()
}

fn encode(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

pub const ATTACKS: &[Attack] = &[
    Attack {
        section: "OWASP API1:2023",
        attack: "an id that reads like a provider's, where keys are read and deleted",
        how: Refused(|stage| {
            let both = |id: &&str| {
                [
                    at(stage, "GET", &format!("/auth/apikeys/{id}")),
                    at(stage, "DELETE", &format!("/auth/apikeys/{id}")),
                ]
            };
            IDS.iter().flat_map(both).collect()
        }),
    },
    Attack {
        section: "OWASP API1:2023",
        attack: "an id that reads like a provider's, where tokens are handed out",
        how: Refused(|stage| {
            let ids = [
                "CRM",
                "crm%20",
                "%20crm",
                "crm%00",
                "cr%EF%BD%8D",
                "crm%E2%80%8B",
                "crm'",
                "cr_",
                "%25",
                "",
            ];
            ids.iter().map(|id| at(stage, "GET", &format!("/auth/valid-token?providerId={id}"))).collect()
        }),
    },
    Attack {
        section: "OWASP API1:2023",
        attack: "an id that reads like a provider's, where a connection begins or ends",
        how: Refused(|stage| {
            let ids =
                ["CRM", "crm%20", "crm%00", "cr%EF%BD%8D", "crm%E2%80%8B", "crm'", "cr_", "%25", "google"];
            let both = |id: &&str| {
                [
                    at(stage, "GET", &format!("/auth/connect/{id}")),
                    at(stage, "POST", &format!("/auth/disconnect/{id}")),
                ]
            };
            ids.iter().flat_map(both).collect()
        }),
    },
    Attack {
        section: "OWASP API1:2023",
        attack: "paths around an id",
        how: Refused(|stage| {
            let paths = [
                "/auth/apikeys/../apikeys/openai",
                "/auth/apikeys/x/../openai",
                "/auth/apikeys//openai",
                "/auth/apikeys/%2e%2e/openai",
                "/auth/apikeys/x%2f..%2fopenai",
                "/auth/apikeys/x%5copenai",
                "/auth/apikeys/openai;x",
                "/auth/apikeys/openai/",
                "/AUTH/apikeys/openai",
            ];
            paths.iter().map(|path| at(stage, "GET", path)).collect()
        }),
    },
    Attack {
        section: "OWASP API3:2023",
        attack: "a provider with an id that hides another or a path of ours",
        how: Refused(|stage| {
            let ids = ["CRM", "crm ", "cr\u{43c}", "crm\u{200b}", "crm/", "crm:x", "..", "read", "", "crm\n"];
            let make = |id: &&str| {
                let body = crate::connections::providers::own(json!({ "id": id }));
                let world = &stage.flow.world;
                world.post("/auth/providers").bearer(&world.admin()).json(body).send()
            };
            ids.iter().map(make).collect()
        }),
    },
    Attack {
        section: "OWASP API3:2023",
        attack: "a provider whose name reads as an address or turns the line around",
        how: Refused(|stage| {
            let marks = format!("G{}", "\u{301}".repeat(20));
            let names = ["\u{202e}elgooG", "Goo\ngle", "\u{200b}", "", &marks];
            let make = |name: &&str| {
                let body = crate::connections::providers::own(json!({ "id": "named", "name": name }));
                let world = &stage.flow.world;
                world.post("/auth/providers").bearer(&world.admin()).json(body).send()
            };
            names.iter().map(make).collect()
        }),
    },
    Attack {
        section: "OWASP API3:2023",
        attack: "a label that hides, breaks a line or turns it around",
        how: Refused(|stage| {
            let world = &stage.flow.world;
            let labels = ["a\nb", "\u{202e}x", "\u{200b}", "\u{0}", "a\u{2028}b", &"x".repeat(61)];
            let mut replies = Vec::new();
            for label in labels {
                let body = json!({ "apiKey": "k", "label": label });
                replies.push(
                    world
                        .post("/auth/apikeys/openai")
                        .bearer(&stage.flow.token)
                        .json(body)
                        .unlimited()
                        .send(),
                );
                replies.push(at(stage, "GET", &format!("/auth/connect/crm?label={}", encode(label))));
                replies.push(at(
                    stage,
                    "GET",
                    &format!("/auth/valid-token?providerId=crm&label={}", encode(label)),
                ));
                let body = json!({ "label": label });
                replies.push(world.post("/auth/disconnect/crm").bearer(&stage.flow.token).json(body).send());
            }
            replies
        }),
    },
    Attack {
        section: "OWASP API3:2023",
        attack: "two spellings of one label are two connections",
        how: Looks(|stage| {
            let world = &stage.flow.world;
            for (label, key) in [("caf\u{e9}", "k1"), ("cafe\u{301}", "k2"), ("  caf\u{e9}  ", "k3")] {
                let body = json!({ "apiKey": key, "label": label });
                world.post("/auth/apikeys/openai").bearer(&stage.flow.token).json(body).send().is(200);
            }
            let count = "SELECT count(*) AS n FROM vault_connections WHERE label != ''";
            assert_eq!(world.number(count), 1);
            let read = at(stage, "GET", &format!("/auth/apikeys/openai?label={}", encode("cafe\u{301}")));
            assert_eq!(read.is(200).str("/apiKey"), "k3");
        }),
    },
    Attack {
        section: "OWASP API1:2023",
        attack: "a label reads a connection of another provider or of none",
        how: Refused(|stage| {
            let labels = ["x", "%25", "' OR ''='", "null", "crm", "*"];
            let token = |label: &&str| {
                at(stage, "GET", &format!("/auth/valid-token?providerId=crm&label={}", encode(label)))
            };
            labels.iter().map(token).collect()
        }),
    },
    Attack {
        section: "OWASP API3:2023",
        attack: "members of another kind than they are to be",
        how: Refused(|stage| {
            let world = &stage.flow.world;
            let post =
                |path: &str, body| world.post(path).bearer(&stage.flow.token).json(body).unlimited().send();
            vec![
                post("/auth/apikeys/openai", json!({ "apiKey": ["k"] })),
                post("/auth/apikeys/openai", json!({ "apiKey": { "$ne": "" } })),
                post("/auth/apikeys/openai", json!({ "apiKey": "k", "label": ["a"] })),
                post("/auth/apikeys/openai", json!(["k"])),
                post("/auth/callback", json!({ "code": "c", "state": ["s"] })),
                post("/auth/callback", json!({ "code": { "a": 1 }, "state": "s" })),
                post("/auth/disconnect/crm", json!({ "label": 1 })),
                post("/auth/disconnect/crm", json!("crm")),
            ]
        }),
    },
    Attack {
        section: "OWASP API3:2023",
        attack: "a key that would write a header field of its own",
        how: Refused(|stage| {
            let keys = ["a\r\nx-evil: 1", "a\nb", "a b", "\u{e4}", "", "a\u{0}b", " k", "k "];
            let store = |key: &&str| {
                let ask = stage.flow.world.post("/auth/apikeys/openai").bearer(&stage.flow.token).unlimited();
                ask.json(json!({ "apiKey": key })).send()
            };
            keys.iter().map(store).collect()
        }),
    },
];

#[test]
fn what_looks_like_another_is_not_that_one() {
    run(ATTACKS);
}
