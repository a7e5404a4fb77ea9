//! What comes at once, twice or in between.

use serde_json::json;

use crate::connections::flow::param;
use crate::connections::vault_attacks::How::Looks;
use crate::connections::vault_attacks::{Attack, KEY, run};
use crate::harness::served;

const TOKEN: &str = "/auth/valid-token?providerId=crm";

pub const ATTACKS: &[Attack] = &[
    Attack {
        section: "RFC 9700 §4.7",
        attack: "a state that is brought twice at once",
        how: Looks(|stage| {
            let before = stage.flow.exchanges();
            let state = param(&stage.flow.begin("?label=b"), "state");
            let asks = (0..10).map(|_| stage.flow.ask(&stage.flow.token, "good-2", &state).unlimited());
            let replies = stage.flow.world.together(asks.collect());
            assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1);
            assert_eq!(stage.flow.exchanges() - before, 1);
        }),
    },
    Attack {
        section: "RFC 9700 §4.7",
        attack: "a state that is brought to its thief and its owner at once",
        how: Looks(|stage| {
            let state = param(&stage.flow.begin("?label=b"), "state");
            let asks =
                [&stage.eve, &stage.flow.token, &stage.eve].map(|who| stage.flow.ask(who, "good-2", &state));
            let replies = stage.flow.world.together(asks.into_iter().collect());
            let told: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
            assert_eq!(told, [400, 200, 400]);
        }),
    },
    Attack {
        section: "RFC 6819 §5.2.2.4",
        attack: "a connection that is ended twice at once",
        how: Looks(|stage| {
            let asks =
                (0..5).map(|_| stage.flow.world.post("/auth/disconnect/crm").bearer(&stage.flow.token));
            let replies = stage.flow.world.together(asks.collect());
            assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1);
            assert!(replies.iter().all(|reply| [200, 404].contains(&reply.status)));
            assert_eq!(stage.flow.world.web.times("https://crm.example/revoke"), 2, "each token once");
        }),
    },
    Attack {
        section: "RFC 6819 §5.2.2.4",
        attack: "a token that is asked for while its connection ends",
        how: Looks(|stage| {
            let world = &stage.flow.world;
            let end = world.post("/auth/disconnect/crm").bearer(&stage.flow.token);
            let get = || world.get(TOKEN).bearer(&stage.flow.token);
            let replies = world.together(vec![get(), end, get(), get()]);
            assert_eq!(replies[1].status, 200);
            assert!(replies.iter().all(|reply| [200, 404].contains(&reply.status)));
            get().send().is(404);
        }),
    },
    Attack {
        section: "update §2.2",
        attack: "a code that is exchanged while its session ends",
        how: Looks(|stage| {
            let world = &stage.flow.world;
            let bob = world.user("bob@example.com");
            let token = world.session(&bob).access;
            let state = param(&stage.flow.begin_with(&token, ""), "state");
            let db = world.db.clone();
            let id = bob.id.clone();
            world.web.serves("https://crm.example/me", move |_| {
                let sql = format!("UPDATE sessions SET ended_at = 1 WHERE user_id = '{id}'");
                db.one(&portcullis::ports::Stmt::new(sql, vec![])).unwrap();
                Ok(served(200, &[("content-type", "application/json")], b"{}"))
            });
            let refused = stage.flow.post(&token, "good-2", &state);
            assert!((400..500).contains(&refused.status), "{}", refused.text);
            let kept = format!("SELECT count(*) AS n FROM vault_connections WHERE user_id = '{}'", bob.id);
            assert_eq!(world.number(&kept), 0);
            // Whoever got the tokens and keeps none gives them back.
            assert!(world.web.times("https://crm.example/revoke") >= 1);
        }),
    },
    Attack {
        section: "RFC 9700 §4.7",
        attack: "an old state that is brought after a new one was begun",
        how: Looks(|stage| {
            let old = param(&stage.flow.begin("?label=b"), "state");
            let new = param(&stage.flow.begin("?label=b"), "state");
            assert_ne!(old, new);
            stage.flow.post(&stage.flow.token, "good-2", &new).is(200);
            stage.flow.world.post("/users/logout").bearer(&stage.flow.token).send().is(200);
            let again = stage.flow.world.session(&stage.flow.ada).access;
            stage.flow.post(&again, "good-3", &old).is(400);
        }),
    },
    Attack {
        section: "OWASP API4:2023",
        attack: "attempts without end",
        how: Looks(|stage| {
            let begin = || stage.flow.world.get("/auth/connect/crm").bearer(&stage.flow.token).unlimited();
            let replies = stage.flow.world.together((0..40).map(|_| begin()).collect());
            assert!(replies.iter().filter(|reply| reply.status == 200).count() <= 20);
            assert!(stage.flow.world.number("SELECT count(*) AS n FROM vault_attempts") <= 20);
            // Another person's are not counted with them.
            stage.flow.world.get("/auth/connect/crm").bearer(&stage.eve).unlimited().send().is(200);
        }),
    },
    Attack {
        section: "RFC 6819 §5.1.5.3",
        attack: "a key that was deleted, in an isolate that remembers it",
        how: Looks(|stage| {
            let world = &stage.flow.world;
            let path = "/auth/apikeys/openai";
            assert_eq!(world.get(path).bearer(&stage.flow.token).send().is(200).str("/apiKey"), KEY);
            world.delete(path).bearer(&stage.flow.token).send().is(200);
            world.get(path).bearer(&stage.flow.token).send().is(404);
            world.post(path).bearer(&stage.flow.token).json(json!({ "apiKey": "k2" })).send().is(200);
            assert_eq!(world.get(path).bearer(&stage.flow.token).send().is(200).str("/apiKey"), "k2");
        }),
    },
];

#[test]
fn what_comes_at_once_is_as_if_it_came_one_after_the_other() {
    run(ATTACKS);
}
