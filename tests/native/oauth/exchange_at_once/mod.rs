//! A code or a device that is exchanged at once: one wait for storage, in which the database holds all that lets it be. Where
//! one condition alone fails, nothing is taken, nothing begins, and the domain decides as it does after a look.

mod refused;

use serde_json::{Value, json};

use crate::harness::oidc::{App, Params, Party, metadata};
use crate::harness::{Ask, World, claims};

const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const ISSUER: &str = "https://auth.example.com/tenant/home";
const API: &str = "https://api.example/";
const SCOPE: &str = "openid profile email offline_access read payments:refund";

/// A client that may have a custom scope, a resource and grants of both kinds, and a person who has that scope.
fn party(other: Value) -> Party {
    let mut said = json!({
        "grant_types": ["authorization_code", "refresh_token", DEVICE],
        "scope": SCOPE, "resources": [API],
    });
    said.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
    let party = Party::with("app", said);
    // The tenant's keys are made once.
    party.world.get("/.well-known/jwks.json").send().is(200);
    // Who is signed in was active already.
    party.world.sql("UPDATE users SET scopes = '[\"payments:refund\"]', active_month = NULL");
    party
}

/// Which of the two is exchanged.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Code,
    Device,
}

impl Kind {
    const BOTH: [Kind; 2] = [Kind::Code, Kind::Device];

    /// What a good exchange says of one that was given just now.
    fn given(self, party: &Party) -> Params {
        match self {
            Kind::Code => {
                let request = party.request().with("scope", SCOPE).and("resource", API);
                Party::exchange(&party.authorize(&request).sent().code())
            }
            Kind::Device => {
                let asked = Params::of(&[("scope", SCOPE), ("resource", API)]);
                let path = Party::path("device_authorization");
                let asked = party.world.as_client(&path, &party.app, &asked).send().is(200);
                let page = party.world.post("/tenant/home/device").navigating().cookie(&party.cookie);
                let form = [("user_code", asked.str("/user_code")), ("decision", "allow".to_owned())];
                let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
                page.header("sec-fetch-site", "same-origin").form(&form).send().is(200);
                Params::of(&[("grant_type", DEVICE), ("device_code", &asked.str("/device_code"))])
            }
        }
    }

    fn table(self) -> &'static str {
        match self {
            Kind::Code => "authorization_codes",
            Kind::Device => "device_codes",
        }
    }

    fn event(self) -> &'static str {
        match self {
            Kind::Code => "code.exchanged",
            Kind::Device => "device.exchanged",
        }
    }
}

/// What has begun: grants, rows that are used up, events of it, and people who count as active.
fn begun(world: &World, kind: Kind) -> [i64; 4] {
    let count = |sql: &str| world.number(&format!("SELECT count(*) AS n FROM {sql}"));
    [
        count("sessions WHERE client_id IS NOT NULL"),
        count(&format!("{} WHERE used_at IS NOT NULL", kind.table())),
        world.events(kind.event()),
        count("users WHERE email = 'ada@example.com' AND active_month IS NOT NULL"),
    ]
}

#[test]
fn a_code_and_a_device_are_exchanged_in_one_wait() {
    for kind in Kind::BOTH {
        for other in [json!({}), json!({ "token_endpoint_auth_method": "none" })] {
            let party = party(other);
            let params = kind.given(&party);
            party.about("introspect", "x");
            let (reply, waits) = party.ask_token(&params).waits();
            let reply = reply.is(200);
            assert_eq!(waits, 1, "{kind:?}");
            assert_eq!(reply.str("/scope"), SCOPE);
            assert_eq!(begun(&party.world, kind), [1, 1, 1, 1], "{kind:?}");
            let said = claims(&reply.str("/access_token"));
            assert_eq!(said["sub"], party.user.id.as_str());
            // The log says who, and of which grant.
            let log = format!("SELECT * FROM audit WHERE event = '{}'", kind.event());
            let event = &party.world.sql(&log)[0];
            assert_eq!((&event["actor"], &event["detail"]), (&said["sub"], &said["sid"]), "{kind:?}");
            assert_eq!(event["subject"], "app");
        }
    }
}

/// Naming the issuer, which is implied, is what only the domain can tell: the exchange is decided after a look.
fn looked_at_first(good: Params) -> Params {
    good.and("resource", ISSUER)
}

#[test]
fn a_grant_is_the_same_whether_it_begins_at_once_or_after_a_look() {
    let columns = "parent_id IS NOT NULL AS below, amr, auth_time, address, user_agent, created_at, seen_at, expires_at,
                   due_at, client_id, scope, resources, dpop_jkt, userinfo_claims, provider_until, places,
                   refresh_hash IS NULL AS once, refresh_key, refresh_until, cookie_hash, idle_until, generation, ended_at";
    let asked = json!({ "userinfo": { "name": null, "roles": { "essential": true }, "x": null }, "id_token": { "email": null } });
    let odd = json!({ "userinfo": "name" });
    let changes: [(&str, Value, Option<&Value>, &str); 7] = [
        ("a public client", json!({ "token_endpoint_auth_method": "none" }), None, ""),
        ("a confidential one", json!({}), None, ""),
        ("without refresh tokens", json!({ "grant_types": ["authorization_code", DEVICE] }), None, ""),
        ("with claims", json!({}), Some(&asked), ""),
        ("with claims that are none", json!({}), Some(&odd), ""),
        (
            "the operator",
            json!({}),
            None,
            "UPDATE users SET operator = 1; UPDATE tenants SET settings = '{\"refreshTokenSeconds\": 31536000, \"accessTokenSeconds\": 3600}'",
        ),
        (
            "a session of a provider",
            json!({}),
            None,
            "UPDATE sessions SET provider_until = expires_at - 1000",
        ),
    ];
    for kind in Kind::BOTH {
        for (what, other, asked, change) in &changes {
            let [at_once, looked_at] = [false, true].map(|looks| {
                let party = party(other.clone());
                change.split("; ").filter(|sql| !sql.is_empty()).for_each(|sql| drop(party.world.sql(sql)));
                party.world.advance(6);
                let good = match (kind, asked) {
                    (Kind::Code, Some(asked)) => {
                        let request = party.request().with("scope", SCOPE).and("resource", API);
                        let request = request.and("claims", &asked.to_string());
                        Party::exchange(&party.authorize(&request).sent().code())
                    }
                    _ => kind.given(&party),
                };
                party.about("introspect", "x");
                let good = if looks { looked_at_first(good) } else { good };
                let (reply, waits) = party.ask_token(&good).waits();
                reply.is(200);
                assert_eq!(waits, if looks { 2 } else { 1 }, "{kind:?} {what}");
                let sql = format!("SELECT {columns} FROM sessions WHERE client_id IS NOT NULL");
                party.world.sql(&sql)
            });
            assert_eq!(at_once, looked_at, "{kind:?} {what}");
        }
    }
}

fn together<'p>(party: &'p Party, good: &Params, times: usize) -> Vec<Ask<'p>> {
    (0..times).map(|at| party.ask_token(good).from(&format!("203.0.113.{at}")).unlimited()).collect()
}

/// RFC 6749 §4.1.2: a code that is presented twice ends what it gave; a device's code is paid out once.
#[test]
fn of_a_hundred_exchanges_at_once_one_is_done_however_it_is_decided() {
    for kind in Kind::BOTH {
        for looks in [false, true] {
            let party = party(json!({ "token_endpoint_auth_method": "none" }));
            let good = kind.given(&party);
            // Some are decided after a look.
            let asks = together(&party, &good, 100).into_iter().enumerate().map(|(at, ask)| {
                let other = looks && at % 2 == 1;
                if other { party.ask_token(&looked_at_first(good.clone())).unlimited() } else { ask }
            });
            let replies = party.world.together(asks.collect());
            let done: Vec<_> = replies.iter().filter(|reply| reply.status == 200).collect();
            assert_eq!(done.len(), 1, "{kind:?}");
            assert!(replies.iter().all(|reply| matches!(reply.status, 200 | 400)), "{kind:?}");
            assert_eq!(begun(&party.world, kind), [1, 1, 1, 1], "{kind:?}");
            let live = "SELECT count(*) AS n FROM sessions WHERE client_id IS NOT NULL AND ended_at IS NULL";
            let lives = i64::from(kind == Kind::Device);
            assert_eq!(party.world.number(live), lives, "{kind:?}");
            assert_eq!(party.active(&done[0].str("/access_token")), kind == Kind::Device);
        }
    }
}

/// A replay is one whatever else is wrong with it, by its own client; another client learns and ends nothing.
#[test]
fn a_replay_ends_what_was_given_also_with_a_wrong_verifier() {
    let replays: [fn(Params) -> Params; 4] = [
        |good| good,
        |good| good.with("code_verifier", &"b".repeat(43)),
        |good| good.with("code_verifier", "short"),
        looked_at_first,
    ];
    for replay in replays {
        let party = party(json!({ "token_endpoint_auth_method": "none" }));
        let good = Kind::Code.given(&party);
        let tokens = party.token(&good).is(200);
        let other =
            party.world.client("home", "else", metadata(json!({ "token_endpoint_auth_method": "none" })));
        let stolen =
            |app: &App| party.world.as_client(&Party::path("token"), app, &replay(good.clone())).send();
        stolen(&other).error(400, "invalid_grant");
        assert!(party.active(&tokens.str("/access_token")));
        stolen(&party.app).error(400, "invalid_grant");
        assert!(!party.active(&tokens.str("/access_token")));
        assert_eq!(party.world.events("code.reused"), 1);
    }
}

/// Whatever keeps a grant from beginning, what is exchanged for it is not used up.
#[test]
fn what_is_taken_is_given_back_if_its_grant_does_not_begin() {
    for kind in Kind::BOTH {
        let party = party(json!({ "token_endpoint_auth_method": "none" }));
        let good = kind.given(&party);
        party.world.sql(
            "CREATE TRIGGER none_begins BEFORE INSERT ON sessions WHEN new.client_id IS NOT NULL
             BEGIN SELECT RAISE(IGNORE); END",
        );
        let before = party.world.dump();
        party.token(&good).error(400, "invalid_grant");
        assert_eq!(party.world.dump(), before, "{kind:?}");
        party.world.sql("DROP TRIGGER none_begins");
        party.token(&good).is(200);
    }
}
