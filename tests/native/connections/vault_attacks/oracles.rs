//! What refusals, their costs, and what is written down tell.

use portcullis::ports::http::HttpRequest;
use serde_json::json;

use crate::connections::apikeys::is_kept;
use crate::connections::flow::{form, param};
use crate::connections::vault_attacks::How::Looks;
use crate::connections::vault_attacks::{Attack, run, without_time};
use crate::harness::Ask;
use crate::harness::provider::json_answer;
use crate::harness::served;

const TOKEN_URL: &str = "https://crm.example/token";

/// Answers and waits for storage are the same for each of these.
fn are_alike(asks: Vec<Ask<'_>>) {
    let told: Vec<_> = asks
        .into_iter()
        .map(|ask| {
            let (reply, waits) = ask.unlimited().waits();
            let mut names: Vec<String> = reply.headers.iter().map(|(name, _)| name.clone()).collect();
            names.sort();
            (reply.status, without_time(&reply), names, waits)
        })
        .collect();
    assert!(told[0].0 >= 400, "{told:?}");
    assert!(told.iter().all(|one| *one == told[0]), "{told:#?}");
}

pub const ATTACKS: &[Attack] = &[
    Attack {
        section: "OWASP API1:2023",
        attack: "an id of somebody's is told apart from one of nobody's",
        how: Looks(|stage| {
            let world = &stage.flow.world;
            let at = |id: &str| world.get(&format!("/auth/connections/{id}")).bearer(&stage.eve);
            at("warm").unlimited().send().is(404);
            are_alike(vec![at(&stage.id), at("0190b2a4-0000-7000-8000-000000000000"), at("x")]);
        }),
    },
    Attack {
        section: "OWASP API1:2023",
        attack: "whether a person has connected something is told to another",
        how: Looks(|stage| {
            let world = &stage.flow.world;
            for path in ["/auth/valid-token?providerId=crm&userId=", "/auth/apikeys/openai?userId="] {
                let of = |id: &str| world.get(&format!("{path}{id}")).bearer(&stage.eve);
                of("warm").unlimited().send().is(404);
                are_alike(vec![of(&stage.flow.ada.id), of("nobody"), of("")]);
            }
        }),
    },
    Attack {
        section: "OWASP API1:2023",
        attack: "whether a person is there is told to a service",
        how: Looks(|stage| {
            stage.delegates();
            let key = stage.service(&["vault:crm2"]);
            let world = &stage.flow.world;
            let of =
                |id: &str| world.get(&format!("/auth/valid-token?providerId=crm2&userId={id}")).key(&key);
            of("warm").unlimited().send().is(404);
            are_alike(vec![of(&stage.flow.ada.id), of("nobody")]);
        }),
    },
    Attack {
        section: "OWASP API1:2023",
        attack: "which providers another tenant has is told",
        how: Looks(|stage| {
            let at = |id: &str| {
                stage.flow.world.get(&format!("/auth/providers/{id}")).tenant("acme").bearer(&stage.acme)
            };
            at("warm").unlimited().send().is(404);
            are_alike(vec![at("crm"), at("nothing")]);
        }),
    },
    Attack {
        section: "RFC 9700 §4.7",
        attack: "whether a state is somebody's is told to another",
        how: Looks(|stage| {
            let state = param(&stage.flow.begin(""), "state");
            let post = |state: &str| stage.flow.ask(&stage.eve, "good", state);
            post("crm::warm").unlimited().send().is(400);
            are_alike(vec![
                post(&state),
                post("crm::aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
                post("x"),
            ]);
        }),
    },
    Attack {
        section: "RFC 6819 §4.6.6",
        attack: "a refusal, log line or audit row repeats what a provider answered",
        how: Looks(|stage| {
            let answers = [
                (400, json!({ "error": "canary-token" })),
                (400, json!({ "error": "invalid_grant", "error_description": "canary-token" })),
                (400, json!({ "error": { "message": "canary-token" } })),
                (401, json!("canary-token")),
                (403, json!({ "message": "canary-token" })),
                (500, json!({ "error": "canary-token" })),
                (200, json!({ "error": "canary-token" })),
                (200, json!({ "access_token": "canary token" })),
                (200, json!({ "access_token": "t", "token_type": "canary-token" })),
            ];
            for (status, answer) in answers {
                let state = param(&stage.flow.begin("?label=b"), "state");
                let said = answer.clone();
                stage.flow.world.web.serves(TOKEN_URL, move |_| Ok(json_answer(status, &said)));
                let refused = stage.flow.ask(&stage.flow.token, "good", &state).unlimited().send();
                assert!(refused.status >= 400, "{answer}");
                assert!(!refused.text.contains("canary"), "{answer}: {}", refused.text);
                assert!(!is_kept(&stage.flow.world, "canary"), "{answer}");
            }
        }),
    },
    Attack {
        section: "RFC 6819 §4.6.6",
        attack: "a provider repeats what it was sent as an error",
        how: Looks(|stage| {
            // The code, the secret, the verifier: all were sent.
            for member in ["code", "client_secret", "code_verifier", "client_id"] {
                let url = stage.flow.begin("?label=b");
                stage.flow.world.web.serves(TOKEN_URL, move |request: &HttpRequest| {
                    Ok(json_answer(400, &json!({ "error": form(&request.body)[member] })))
                });
                let code = "Zx81-canary.code";
                let refused =
                    stage.flow.ask(&stage.flow.token, code, &param(&url, "state")).unlimited().send().is(400);
                let sent = stage.flow.world.web.asked.borrow();
                let sent = sent.iter().rfind(|request| request.url == TOKEN_URL).unwrap();
                let value = form(&sent.body)[member].clone();
                if member != "client_id" {
                    assert!(!refused.text.contains(&value), "{member}: {}", refused.text);
                }
            }
            // The refresh token.
            stage.flow.world.sql("UPDATE vault_connections SET expires_at = 1 WHERE provider_id = 'crm'");
            stage.flow.world.web.serves(TOKEN_URL, |request: &HttpRequest| {
                Ok(json_answer(400, &json!({ "error": form(&request.body)["refresh_token"] })))
            });
            let path = "/auth/valid-token?providerId=crm";
            let refused = stage.flow.world.get(path).bearer(&stage.flow.token).send();
            assert!(refused.status >= 400 && !refused.text.contains("canary"), "{}", refused.text);
            assert!(!is_kept(&stage.flow.world, "canary"));
        }),
    },
    Attack {
        section: "RFC 6819 §4.6.6",
        attack: "a provider gives a token as the name of the account",
        how: Looks(|stage| {
            stage
                .flow
                .world
                .web
                .serves_json("https://crm.example/me", json!({ "email": "canary-access-good-7" }));
            stage.flow.connect("?label=b", "good-7");
            assert!(!stage.flow.apps().to_string().contains("canary"));
            assert!(!is_kept(&stage.flow.world, "canary"));
        }),
    },
    Attack {
        section: "RFC 6819 §4.6.6",
        attack: "a body that cannot be read is repeated in the refusal",
        how: Looks(|stage| {
            let world = &stage.flow.world;
            let bodies = [
                ("application/json", r#"{"apiKey":"canary-key""#),
                ("application/json", r#"{"apiKey":"canary-key","apiKey":"canary-key"}"#),
                ("application/json", r#"["canary-key"]"#),
                ("text/plain", "canary-key"),
                ("application/x-www-form-urlencoded", "apiKey=canary-key"),
            ];
            for (kind, body) in bodies {
                for path in ["/auth/apikeys/openai", "/auth/callback", "/auth/disconnect/none"] {
                    let refused =
                        world.post(path).bearer(&stage.flow.token).unlimited().body(kind, body).send();
                    assert!((400..500).contains(&refused.status), "{path} {kind}: {}", refused.text);
                    assert!(!refused.text.contains("canary"), "{path} {kind}: {}", refused.text);
                }
                for path in ["/auth/connections", "/auth/providers"] {
                    let refused = world.post(path).bearer(&world.admin()).unlimited().body(kind, body).send();
                    assert!((400..500).contains(&refused.status), "{path} {kind}");
                    assert!(!refused.text.contains("canary"), "{path} {kind}: {}", refused.text);
                }
            }
            assert!(!is_kept(world, "canary-key"));
        }),
    },
    Attack {
        section: "RFC 9700 §4.10",
        attack: "an answer with a token is kept on its way",
        how: Looks(|stage| {
            for path in ["/auth/valid-token?providerId=crm", "/auth/apikeys/openai", "/auth/connected"] {
                let reply = stage.flow.world.get(path).bearer(&stage.flow.token).send().is(200);
                assert_eq!(reply.header("cache-control"), Some("no-store"), "{path}");
                assert_eq!(reply.header("etag"), None, "{path}");
            }
        }),
    },
    Attack {
        section: "RFC 6819 §4.6.6",
        attack: "a revocation that fails tells the log the token",
        how: Looks(|stage| {
            stage.flow.world.web.serves("https://crm.example/revoke", |request: &HttpRequest| {
                let token = form(&request.body)["token"].clone();
                Ok(served(
                    400,
                    &[("content-type", "application/json")],
                    json!({ "error": token }).to_string().as_bytes(),
                ))
            });
            stage.flow.world.post("/auth/disconnect/crm").bearer(&stage.flow.token).send().is(200);
            assert!(!is_kept(&stage.flow.world, "canary"));
            assert_eq!(stage.flow.world.events("vault.revoked"), 1);
        }),
    },
];

#[test]
fn refusals_tell_nothing_and_repeat_nothing() {
    run(ATTACKS);
}
