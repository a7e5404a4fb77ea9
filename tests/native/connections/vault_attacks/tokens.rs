//! Codes and tokens on their way, and what providers answer.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portcullis::ports::Stmt;
use portcullis::ports::http::HttpRequest;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::connections::apikeys::is_kept;
use crate::connections::flow::{Flow, form, param};
use crate::connections::providers::own;
use crate::connections::vault_attacks::How::Looks;
use crate::connections::vault_attacks::{Attack, Stage, run};
use crate::harness::provider::json_answer;
use crate::harness::served;

const TOKEN: &str = "/auth/valid-token?providerId=crm";
const TOKEN_URL: &str = "https://crm.example/token";

/// Ada's access token is over.
fn expire(stage: &Stage) {
    stage.flow.world.sql("UPDATE vault_connections SET expires_at = 1 WHERE provider_id = 'crm'");
}

/// How often what is at an address of the provider's was asked.
fn asked(stage: &Stage, url: &str) -> usize {
    stage.flow.world.web.asked.borrow().iter().filter(|request| request.url == url).count()
}

fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

pub const ATTACKS: &[Attack] = &[
    Attack {
        section: "RFC 9700 §4.5",
        attack: "code injection: a stolen code in a flow that the thief began",
        how: Looks(|stage| {
            let world = &stage.flow.world;
            let victims = stage.flow.begin("?label=b");
            let thiefs = stage.flow.begin_with(&stage.eve, "");
            let bound = param(&victims, "code_challenge");
            assert_ne!(bound, param(&thiefs, "code_challenge"));
            // The provider gave the code for the victim's challenge, and checks it (RFC 7636 §4.6).
            world.web.serves(TOKEN_URL, move |request: &HttpRequest| {
                let sent = form(&request.body);
                let fits = challenge(&sent["code_verifier"]) == bound;
                let tokens = json!({ "access_token": "canary-stolen", "token_type": "Bearer" });
                Ok(if fits {
                    json_answer(200, &tokens)
                } else {
                    json_answer(400, &json!({ "error": "invalid_grant" }))
                })
            });
            let refused = stage.flow.post(&stage.eve, "good-3", &param(&thiefs, "state")).is(400);
            assert!(!refused.text.contains("canary"));
            world.get(TOKEN).bearer(&stage.eve).send().is(404);
            stage.flow.post(&stage.flow.token, "good-3", &param(&victims, "state")).is(200);
        }),
    },
    Attack {
        section: "RFC 9700 §4.8",
        attack: "PKCE is left out or weakened, whatever the query says",
        how: Looks(|stage| {
            for query in
                ["?code_challenge_method=plain", "?code_challenge=", "?pkce=refused", "?scopes=plain"]
            {
                let url = stage.flow.begin(query);
                assert_eq!(param(&url, "code_challenge_method"), "S256", "{query}");
                assert_eq!(param(&url, "code_challenge").len(), 43, "{query}");
            }
        }),
    },
    Attack {
        section: "RFC 9700 §4.5",
        attack: "a verifier that serves two flows",
        how: Looks(|stage| {
            let challenges: Vec<String> =
                (0..5).map(|_| param(&stage.flow.begin(""), "code_challenge")).collect();
            let mut once = challenges.clone();
            once.sort();
            once.dedup();
            assert_eq!(once.len(), challenges.len());
        }),
    },
    Attack {
        section: "RFC 9700 §4.5",
        attack: "a code that is redeemed again after the provider failed",
        how: Looks(|stage| {
            let state = param(&stage.flow.begin("?label=b"), "state");
            stage.flow.world.web.serves(TOKEN_URL, |_| Ok(served(503, &[], b"canary")));
            let failed = stage.flow.post(&stage.flow.token, "good-4", &state).is(502);
            assert!(!failed.text.contains("canary"));
            stage.flow.post(&stage.flow.token, "good-4", &state).is(400);
        }),
    },
    Attack {
        section: "RFC 9700 §4.14",
        attack: "a refresh token leaves the vault with what it gave",
        how: Looks(|stage| {
            expire(stage);
            stage.flow.world.web.serves(TOKEN_URL, |_| {
                let tokens = json!({
                    "access_token": "canary-access-new", "refresh_token": "canary-refresh-new", "expires_in": 3600,
                    "id_token": "canary-id",
                });
                Ok(json_answer(200, &tokens))
            });
            let got = stage.flow.world.get(TOKEN).bearer(&stage.flow.token).send().is(200);
            assert_eq!(got.str("/access_token"), "canary-access-new");
            assert!(!got.text.contains("canary-refresh") && !got.text.contains("canary-id"), "{}", got.text);
            for path in ["/auth/connected", &format!("/auth/connections/{}", stage.id)] {
                let shown = stage.flow.world.get(path).bearer(&stage.flow.token).send().is(200);
                assert!(!shown.text.contains("canary"), "{path}");
            }
        }),
    },
    Attack {
        section: "RFC 9700 §4.14",
        attack: "refresh tokens that rotate are spent twice by those who ask at once",
        how: Looks(|stage| {
            expire(stage);
            stage.flow.world.web.serves(TOKEN_URL, |_| {
                let tokens =
                    json!({ "access_token": "canary-1", "refresh_token": "canary-2", "expires_in": 3600 });
                Ok(json_answer(200, &tokens))
            });
            let before = asked(stage, TOKEN_URL);
            let asks = (0..20).map(|_| stage.flow.world.get(TOKEN).bearer(&stage.flow.token).unlimited());
            for reply in stage.flow.world.together(asks.collect()) {
                assert_eq!(reply.is(200).str("/access_token"), "canary-1");
            }
            assert_eq!(asked(stage, TOKEN_URL) - before, 1);
        }),
    },
    Attack {
        section: "RFC 9700 §4.14",
        attack: "a refresh that ends after its connection puts tokens back",
        how: Looks(|stage| {
            expire(stage);
            let db = stage.flow.world.db.clone();
            stage.flow.world.web.serves(TOKEN_URL, move |_| {
                db.one(&Stmt::new("DELETE FROM vault_connections WHERE provider_id = 'crm'", vec![]))
                    .unwrap();
                let tokens =
                    json!({ "access_token": "canary-1", "refresh_token": "canary-2", "expires_in": 3600 });
                Ok(json_answer(200, &tokens))
            });
            let gone = stage.flow.world.get(TOKEN).bearer(&stage.flow.token).send().is(404);
            assert!(!gone.text.contains("canary"));
            let left = stage
                .flow
                .world
                .number("SELECT count(*) AS n FROM vault_connections WHERE provider_id = 'crm'");
            assert_eq!(left, 0);
        }),
    },
    Attack {
        section: "RFC 9700 §4.14",
        attack: "a provider's no to an older refresh token ends the connection that is newer",
        how: Looks(|stage| {
            expire(stage);
            let db = stage.flow.world.db.clone();
            let later = stage.flow.world.now().0 + 3_000_000;
            stage.flow.world.web.serves(TOKEN_URL, move |_| {
                // The person connects again while the old token is refused.
                let sql = format!(
                    "UPDATE vault_connections SET version = version + 1, expires_at = {later} WHERE provider_id = 'crm'"
                );
                db.one(&Stmt::new(sql, vec![])).unwrap();
                Ok(json_answer(400, &json!({ "error": "invalid_grant" })))
            });
            stage.flow.world.get(TOKEN).bearer(&stage.flow.token).send();
            let status =
                stage.flow.world.sql("SELECT status FROM vault_connections WHERE provider_id = 'crm'");
            assert_eq!(status[0]["status"], "active");
            stage.honest("the newer one");
        }),
    },
    Attack {
        section: "RFC 6819 §4.1.2, §5.1.4.1",
        attack: "tokens, keys, secrets, states and verifiers are read from a copy of the database",
        how: Looks(|stage| {
            let url = stage.flow.begin("");
            assert!(!is_kept(&stage.flow.world, "canary"));
            assert!(!is_kept(&stage.flow.world, param(&url, "state").rsplit(':').next().unwrap()));
        }),
    },
    Attack {
        section: "RFC 6819 §4.6.4",
        attack: "a provider that sends our request elsewhere",
        how: Looks(|stage| {
            let state = param(&stage.flow.begin("?label=b"), "state");
            let to = [("location", "https://evil.example/token")];
            stage.flow.world.web.serves(TOKEN_URL, move |_| Ok(served(307, &to, b"")));
            stage.flow.world.web.serves("https://evil.example/", |_| Ok(served(200, &[], b"{}")));
            stage.flow.post(&stage.flow.token, "good-5", &state).is(502);
            assert_eq!(stage.flow.world.web.times("https://evil.example/"), 0);
        }),
    },
    Attack {
        section: "RFC 6819 §4.3.1",
        attack: "a provider's answer that is no token, or one that would write a header field of its own",
        how: Looks(|stage| {
            for token in
                [json!("a b"), json!("a\r\nx-evil: 1"), json!(""), json!(7), json!(null), json!("\u{e4}")]
            {
                let state = param(&stage.flow.begin("?label=b"), "state");
                let answer = json!({ "access_token": token, "token_type": "Bearer" });
                stage.flow.world.web.serves(TOKEN_URL, move |_| Ok(json_answer(200, &answer)));
                stage.flow.post(&stage.flow.token, "good-6", &state).is(502);
            }
            let state = param(&stage.flow.begin("?label=b"), "state");
            let answer = json!({ "access_token": "t", "token_type": "mac" });
            stage.flow.world.web.serves(TOKEN_URL, move |_| Ok(json_answer(200, &answer)));
            stage.flow.post(&stage.flow.token, "good-6", &state).is(502);
            stage.honest("the first one");
        }),
    },
    Attack {
        section: "RFC 6819 §5.2.2.4, RFC 7009",
        attack: "a consent outlives its end, because the access token is over that would give it back",
        how: Looks(|_| {
            let flow = Flow::with(json!({ "revocationStyle": "bearer_post" }));
            flow.connect("", "good-1");
            flow.world.web.serves(TOKEN_URL, |request: &HttpRequest| {
                assert_eq!(form(&request.body)["refresh_token"], "canary-refresh-good-1");
                Ok(json_answer(200, &json!({ "access_token": "canary-new", "expires_in": 3600 })))
            });
            flow.world.web.serves("https://crm.example/revoke", |request: &HttpRequest| {
                let sent = request.headers.iter().find(|(name, _)| *name == "authorization");
                let is_new = sent.is_some_and(|(_, value)| value == "Bearer canary-new");
                Ok(served(if is_new { 200 } else { 401 }, &[], b""))
            });
            flow.world.post("/auth/disconnect/crm").bearer(&flow.token).send().is(200);
            assert_eq!(flow.world.number("SELECT count(*) AS n FROM vault_revocations"), 0);
            let told = flow.world.sql("SELECT outcome, detail FROM audit WHERE event = 'vault.revoked'");
            assert_eq!((told.len(), &told[0]["outcome"]), (1, &json!("success")), "{told:?}");
            assert!(!is_kept(&flow.world, "canary"));
        }),
    },
    Attack {
        section: "RFC 6819 §5.2.2.4, RFC 7009",
        attack: "a refresh token that rotates is lost while its server cannot take anything back",
        how: Looks(|_| {
            let flow = Flow::with(json!({ "revocationStyle": "bearer_post" }));
            flow.connect("", "good-1");
            let exchanged = flow.exchanges();
            flow.world.web.serves("https://crm.example/revoke", |_| Ok(served(503, &[], b"")));
            flow.world.post("/auth/disconnect/crm").bearer(&flow.token).send().is(200);
            assert_eq!(flow.exchanges(), exchanged);
            assert_eq!(flow.world.number("SELECT count(*) AS n FROM vault_revocations"), 1);
            flow.world.web.serves("https://crm.example/revoke", |_| Ok(served(200, &[], b"")));
            flow.world.advance(61);
            flow.world.cron();
            assert_eq!(flow.world.number("SELECT count(*) AS n FROM vault_revocations"), 0);
        }),
    },
    Attack {
        section: "RFC 6819 §5.2.2.4, RFC 7009",
        attack: "a service that takes access tokens back is offered the refresh token instead",
        how: Looks(|stage| {
            let world = &stage.flow.world;
            let body = json!({ "id": "twitch", "clientId": "us", "clientSecret": "canary-1" });
            world.post("/auth/providers").bearer(&world.admin()).json(body).send().is(201);
            world.web.serves("https://id.twitch.tv/oauth2/token", |_| {
                let tokens = json!({
                    "access_token": "canary-at", "refresh_token": "canary-rt", "token_type": "bearer",
                    "expires_in": 14_000, "scope": ["user:read:email"],
                });
                Ok(json_answer(200, &tokens))
            });
            world.web.serves_json("https://id.twitch.tv/oauth2/validate", json!({ "login": "ada" }));
            world.web.serves("https://id.twitch.tv/oauth2/revoke", |request: &HttpRequest| {
                let is_access = form(&request.body)["token"] == "canary-at";
                let wrong = json!({ "status": 400, "message": "Invalid token" });
                Ok(if is_access { served(200, &[], b"") } else { json_answer(400, &wrong) })
            });
            let begun = world.get("/auth/connect/twitch").bearer(&stage.flow.token).send().is(200);
            let state = param(&url::Url::parse(&begun.str("/authUrl")).unwrap(), "state");
            stage.flow.post(&stage.flow.token, "c", &state).is(200);
            world.post("/auth/disconnect/twitch").bearer(&stage.flow.token).send().is(200);
            assert_eq!(world.number("SELECT count(*) AS n FROM vault_revocations"), 0);
            let told = world.sql("SELECT outcome FROM audit WHERE event = 'vault.revoked'");
            assert_eq!(told[0]["outcome"], "success");
        }),
    },
    Attack {
        section: "RFC 6819 §5.2.2.4",
        attack: "a deleted provider keeps consents that nobody gives back",
        how: Looks(|stage| {
            let world = &stage.flow.world;
            let before = asked(stage, "https://crm.example/revoke");
            world.delete("/auth/providers/crm").bearer(&world.admin()).send().is(200);
            assert_eq!(asked(stage, "https://crm.example/revoke") - before, 2);
            world.post("/auth/providers").bearer(&world.admin()).json(own(json!({}))).send().is(201);
            world.get(TOKEN).bearer(&stage.flow.token).send().is(404);
        }),
    },
];

#[test]
fn codes_and_tokens_serve_only_those_whom_they_were_given_to() {
    run(ATTACKS);
}
