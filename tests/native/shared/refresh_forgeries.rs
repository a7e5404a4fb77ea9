//! Refresh tokens that somebody made, changed or kept: each is refused on every surface, most without asking the database,
//! and none of them spends or ends what it is not of.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portcullis::crypto::seal::key_id;
use portcullis::crypto::secret::hmac;
use serde_json::{Value, json};

use crate::harness::oidc::{Params, Party};
use crate::harness::{Ask, PASSWORD, Reply, World, claims};
use crate::shared::seal_rotation::{reseal, restart};

/// Where the parts of a token begin: the key's id, the session, the generation, the secret, the MAC, the tenant.
const KEY: usize = 0;
const SESSION: usize = 6;
const GENERATION: usize = 22;
const SECRET: usize = 26;
const MAC: usize = 42;
const TENANT: usize = 74;

fn bytes(token: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(token).unwrap()
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The same token with other bytes from a place on.
fn with(token: &str, at: usize, other: &[u8]) -> String {
    let mut all = bytes(token);
    all.splice(at..at + other.len(), other.iter().copied());
    text(&all)
}

/// As with, and a right MAC: by one who has the deployment's key (HKDF of RFC 5869, one block).
fn with_key(seal_key: u8, token: &str, at: usize, other: &[u8]) -> String {
    let mut all = bytes(&with(token, at, other));
    let tenant = String::from_utf8(all.get(TENANT..).unwrap().to_vec()).unwrap();
    let extracted = hmac(&[0; 32], &[seal_key; 32]);
    let info = format!("portcullis/1/{tenant}/one-time-codes\u{1}");
    let key = hmac(&hmac(&extracted, info.as_bytes()), b"refresh-tokens");
    let said = [all.get(..MAC).unwrap(), tenant.as_bytes()].concat();
    all.splice(MAC..TENANT, hmac(&key, &said));
    text(&all)
}

fn session<'w>(world: &'w World, token: &str) -> Ask<'w> {
    world.post("/api/auth/refresh").json(json!({ "refreshToken": token }))
}

fn account<'w>(world: &'w World, token: &str) -> Ask<'w> {
    world.post("/auth/refresh").json(json!({ "refresh_token": token }))
}

fn client<'w>(party: &'w Party, token: &str) -> Ask<'w> {
    party.ask_token(&Params::of(&[("grant_type", "refresh_token"), ("refresh_token", token)]))
}

/// Presents a token.
type Surface<'w> = Box<dyn Fn(&str) -> Ask<'w> + 'w>;

/// A person's own session and a client's grant in one world, each with its token.
struct Setting {
    party: Party,
    own: String,
    granted: String,
}

fn setting() -> Setting {
    let party = Party::public();
    let own = party.world.session(&party.user).refresh;
    let granted = party.tokens().str("/refresh_token");
    Setting { party, own, granted }
}

impl Setting {
    fn world(&self) -> &World {
        &self.party.world
    }

    /// Each surface with the token that is good there.
    fn surfaces(&self) -> [(&'static str, &str, Surface<'_>); 3] {
        [
            ("session", &self.own, Box::new(|token| session(self.world(), token).unlimited())),
            ("account", &self.own, Box::new(|token| account(self.world(), token).unlimited())),
            ("client", &self.granted, Box::new(|token| client(&self.party, token).unlimited())),
        ]
    }

    /// All that the database knows of sessions, and the log.
    fn state(&self) -> Value {
        let world = self.world();
        json!([
            world.sql("SELECT * FROM sessions ORDER BY id"),
            world.number("SELECT count(*) AS n FROM audit")
        ])
    }
}

fn refused(reply: &Reply, what: &str) {
    assert!(matches!(reply.status, 400 | 401), "{what}: {} {}", reply.status, reply.text);
}

#[test]
fn what_is_forged_is_refused_without_the_database_and_changes_nothing() {
    let setting = setting();
    let world = setting.world();
    world.tenant("b");
    let another = world.session(&world.user("bob@example.com")).refresh;
    for (surface, good, ask) in setting.surfaces() {
        let other = bytes(&another);
        let forged = [
            ("a later generation", with(good, GENERATION, &[0, 0, 0, 1])),
            ("the last generation", with(good, GENERATION, &[255; 4])),
            ("another's session", with(good, SESSION, other.get(SESSION..GENERATION).unwrap())),
            ("a guessed session", with(good, SESSION, &[7; 16])),
            ("another's secret", with(good, SECRET, other.get(SECRET..MAC).unwrap())),
            ("another's MAC", with(good, MAC, other.get(MAC..TENANT).unwrap())),
            ("no MAC", with(good, MAC, &[0; 32])),
            ("a short MAC", text(&[bytes(good).get(..MAC + 16).unwrap(), b"home"].concat())),
            ("no tenant", text(bytes(good).get(..TENANT).unwrap())),
            ("another tenant", text(&[bytes(good).get(..TENANT).unwrap(), b"b"].concat())),
            ("a tenant that is none", text(&[bytes(good).get(..TENANT).unwrap(), b"no such"].concat())),
            ("more behind it", text(&[bytes(good), b"x".to_vec()].concat())),
            ("padding", format!("{good}=")),
            ("a blank", format!("{good} ")),
            ("standard base64", format!("{}+", good.get(1..).unwrap())),
            ("nothing", " ".to_owned()),
            ("much", "A".repeat(5_000)),
        ];
        // The isolate knows the tenant and its keys.
        ask("x").send();
        let before = setting.state();
        let trips = world.db.trips.get();
        for (what, token) in &forged {
            refused(&ask(token).send(), &format!("{surface}: {what}"));
        }
        assert_eq!(world.db.trips.get(), trips, "{surface}");
        // A key that nobody has is asked for, once.
        refused(&ask(&with(good, KEY, &[9; 6])).send(), surface);
        assert_eq!(setting.state(), before, "{surface}");
        assert_eq!(bytes(&ask(good).send().is(200).str(next(surface))).len(), 78);
        setting.world().sql("UPDATE sessions SET generation = 0, spent_at = NULL");
    }
}

/// Where an answer has the successor.
fn next(surface: &str) -> &'static str {
    if surface == "session" { "/data/refreshToken" } else { "/refresh_token" }
}

#[test]
fn what_is_something_else_is_no_refresh_token_and_a_refresh_token_is_nothing_else() {
    let setting = setting();
    let world = setting.world();
    let access = world.session(&setting.party.user).access;
    let key = world.api_key(&access, &["read"]);
    let cookie = world.cookie(&setting.party.user);
    world.post("/auth/forgot-password").json(json!({ "email": "ada@example.com" })).send().is(200);
    let link = world.mailed_token("ada@example.com");
    for (surface, _, ask) in setting.surfaces() {
        for other in [&access, &key, &cookie, &link, &setting.party.code()] {
            refused(&ask(other).send(), surface);
        }
    }
    // Each surface's tokens are none at the other's.
    refused(&session(world, &setting.granted).send(), "a client's at the session API");
    refused(&account(world, &setting.granted).send(), "a client's at the account API");
    refused(&client(&setting.party, &setting.own).send(), "a person's own at the token endpoint");
    world.route(json!({}));
    for token in [&setting.own, &setting.granted] {
        world.get("/app/").bearer(token).send().is(401);
        world.get("/app/").cookie(token).send().is(401);
        world.get("/app/").key(token).send().is(401);
        world.get("/api/auth/me").bearer(token).send().is(401);
    }
    for (surface, good, ask) in setting.surfaces().into_iter().skip(1) {
        assert_eq!(ask(good).status(), 200, "{surface}");
    }
}

#[test]
fn the_deployments_key_alone_makes_no_token() {
    let setting = setting();
    let world = setting.world();
    for (surface, good, ask) in setting.surfaces().into_iter().skip(1) {
        // The hand-made MAC is right.
        assert_eq!(with_key(42, good, GENERATION, &[0; 4]), *good, "{surface}");
        let before = setting.state();
        for generation in [0_u32, 1, 7] {
            let forged = with_key(42, good, GENERATION, &generation.to_be_bytes());
            let forged = with_key(42, &forged, SECRET, &[7; 16]);
            refused(&ask(&forged).send(), surface);
        }
        // A right secret at a generation that was never made is none either.
        refused(&ask(&with_key(42, good, GENERATION, &[0, 0, 0, 9])).send(), surface);
        // Nor is a session that there is not, or one of another tenant.
        refused(&ask(&with_key(42, good, SESSION, &[7; 16])).send(), surface);
        assert_eq!(setting.state(), before, "{surface}");
        assert_eq!(ask(good).status(), 200, "{surface}");
    }
    assert_eq!(world.events("token.reused"), 0);
}

#[test]
fn the_database_alone_makes_no_token() {
    let setting = setting();
    let stored = setting.world().sql("SELECT refresh_hash AS h FROM sessions WHERE refresh_hash IS NOT NULL");
    for (surface, good, ask) in setting.surfaces().into_iter().skip(1) {
        for row in &stored {
            let hash = bytes(row["h"].as_str().unwrap());
            let forged = with_key(1, good, SECRET, hash.get(..16).unwrap());
            refused(&ask(&forged).send(), surface);
            // With the key as well: what is stored is no secret.
            refused(&ask(&with_key(42, &forged, SECRET, hash.get(..16).unwrap())).send(), surface);
        }
        // Nothing of the token's secret stands anywhere.
        let secret = text(bytes(good).get(SECRET..MAC).unwrap());
        assert!(!setting.state().to_string().contains(&secret));
    }
}

#[test]
fn a_token_under_the_deployments_key_of_before_is_none_once_that_is_gone() {
    let setting = setting();
    let world = setting.world();
    let today = URL_SAFE_NO_PAD.encode([7; 32]);
    world.restart(&[("SEAL_KEY", &today)]);
    let own = account(world, &setting.own).send();
    refused(&own, "the key is gone");
    // Whoever had that key makes none under its name, and none under the new one's.
    refused(&account(world, &with_key(42, &setting.own, GENERATION, &[0; 4])).send(), "the old key");
    let id = bytes(&key_id(&[7; 32]).unwrap());
    refused(&account(world, &with_key(42, &setting.own, KEY, &id)).send(), "under the new key's name");
    assert_eq!(world.events("token.reused"), 0);
}

#[test]
fn a_token_outlives_the_replacement_of_the_deployments_key() {
    let refresh = |world: &World, token: &str| account(world, token).fresh().send();
    for (current, previous) in [(7, 42), (42, 7)] {
        let setting = setting();
        restart(setting.world(), current, Some(previous));
        // The successor is under the key of now.
        let first = refresh(setting.world(), &setting.own).is(200).str("/refresh_token");
        assert_eq!(first, with_key(current, &first, GENERATION, &[0, 0, 0, 1]));
        // A retry of before gets what it got, and what was spent then is still a reuse.
        assert_eq!(refresh(setting.world(), &setting.own).is(200).str("/refresh_token"), first);
        setting.world().advance(11);
        refresh(setting.world(), &setting.own).is(401);
        assert_eq!(setting.world().events("token.reused"), 1);
    }
    let setting = setting();
    let world = setting.world();
    let other = world.session(&setting.party.user).refresh;
    restart(world, 7, Some(42));
    assert_eq!(reseal(world)["remaining"], 0);
    restart(world, 7, None);
    world.login("ada@example.com", PASSWORD).is(200);
    let (reply, waits) = account(world, &setting.own).waits();
    assert_eq!((reply.status, waits), (200, 2), "the kept key is looked up once");
    refresh(world, &reply.str("/refresh_token")).is(200);
    client(&setting.party, &setting.granted).send().is(200);
    refused(&account(world, &with(&other, MAC, &[0; 32])).send(), "under a kept key");
    // The next rotation keeps it as well.
    restart(world, 8, Some(7));
    assert_eq!(reseal(world)["remaining"], 0);
    restart(world, 8, None);
    refresh(world, &other).is(200);
}

#[test]
fn of_a_replay_in_parallel_each_is_refused_and_the_family_ends_once() {
    for surface in 0..3 {
        let setting = setting();
        let world = setting.world();
        let [name, good] = setting.surfaces().map(|(name, good, _)| [name, good])[surface];
        let ask = |token: &str| setting.surfaces()[surface].2(token).send();
        let first = ask(good).is(200).str(next(name));
        let second = ask(&first).is(200).str(next(name));
        let asks = (0..20).map(|n| match surface {
            0 => session(world, if n % 2 == 0 { good } else { &second }),
            1 => account(world, if n % 2 == 0 { good } else { &second }),
            _ => client(&setting.party, if n % 2 == 0 { good } else { &second }),
        });
        let replies = world.together(asks.collect());
        assert!(replies.iter().step_by(2).all(|reply| matches!(reply.status, 400 | 401)), "{name}");
        refused(&ask(&second), name);
        let ended =
            "SELECT count(*) AS n FROM sessions WHERE ended_at IS NOT NULL AND refresh_hash IS NOT NULL";
        assert_eq!(world.number(ended), 1, "{name}");
    }
}

#[test]
fn a_step_up_replaces_the_newest_token_and_what_was_spent_before_is_still_a_reuse() {
    let world = World::new();
    let user = world.user("ada@example.com");
    let tokens = world.session(&user);
    let spent = tokens.refresh;
    let replaced = account(&world, &spent).send().is(200);
    let step = world.post("/api/auth/mfa/step-up").bearer(&replaced.str("/access_token")).send().is(200);
    let replaced = replaced.str("/refresh_token");
    let code = world.code(step.json["data"]["enrolment"]["secret"].as_str().unwrap());
    let challenge = &step.json["data"]["challenge"];
    let body = json!({ "challenge": challenge, "code": code });
    let done = world.post("/api/auth/mfa/verify").json(body).send().is(200);
    let newest = done.str("/data/tokens/refreshToken");
    // It was not spent: whoever still has it is refused, and nothing ends.
    account(&world, &replaced).send().is(401);
    assert_eq!(world.events("token.reused"), 0);
    let next = account(&world, &newest).send().is(200).str("/refresh_token");
    account(&world, &replaced).send().is(401);
    assert_eq!(world.events("token.reused"), 0);
    // What was spent before is another thing.
    account(&world, &spent).send().is(401);
    assert_eq!(world.events("token.reused"), 1);
    account(&world, &next).send().is(401);
}

#[test]
fn a_session_that_is_used_from_elsewhere_is_told_once_a_place() {
    let setting = setting();
    for (surface, good, ask) in setting.surfaces().into_iter().skip(1) {
        let world = setting.world();
        world.sql("DELETE FROM audit");
        let mut token = ask(good).from("203.0.113.7").send().is(200).str(next(surface));
        let begun = world.events("session.moved");
        let mut go = |address: &str, agent: &str| {
            world.advance(1);
            let reply = ask(&token).from(address).header("user-agent", agent).send().is(200);
            token = reply.str(next(surface));
            world.events("session.moved") - begun
        };
        assert_eq!(go("198.51.100.1", "Firefox"), 1, "{surface}");
        assert_eq!(go("198.51.100.1", "Firefox"), 1, "{surface}: again");
        assert_eq!(go("198.51.100.1", "curl"), 2, "{surface}: another agent");
        assert_eq!(go("2001:db8::1", "curl"), 3, "{surface}: another address");
        assert_eq!(go("2001:db8::2", "curl"), 3, "{surface}: of the same network");
        // One that goes to and fro leaves nothing.
        for _ in 0..5 {
            assert_eq!(go("198.51.100.1", "curl"), 3, "{surface}");
            assert_eq!(go("2001:db8::1", "curl"), 3, "{surface}");
        }
        let rows = world.sql("SELECT * FROM audit WHERE event = 'session.moved' ORDER BY id DESC");
        assert_eq!(rows[0]["actor"], setting.party.user.id.as_str());
        assert_eq!((&rows[0]["address"], &rows[0]["detail"]), (&json!("2001:db8::1"), &json!("curl")));
        // What is refused is no move.
        refused(&ask(good).from("192.0.2.9").send(), surface);
        assert_eq!(
            world.number(
                "SELECT count(*) AS n FROM audit WHERE address = '192.0.2.9' AND event = 'session.moved'"
            ),
            0
        );
    }
}

#[test]
fn a_refresh_waits_for_storage_once() {
    let setting = setting();
    for (surface, good, ask) in setting.surfaces().into_iter().skip(1) {
        let first = ask(good).send().is(200).str(next(surface));
        let (second, waits) = ask(&first).waits();
        assert_eq!((second.status, waits), (200, 1), "{surface}");
        // A retry waits as long.
        let (again, waits) = ask(&first).waits();
        assert_eq!((again.status, waits), (200, 1), "{surface}");
        assert_eq!(again.str(next(surface)), second.str(next(surface)), "{surface}");
        let sid = |reply: &Reply| claims(&reply.str("/access_token"))["sid"].clone();
        assert_eq!(sid(&again), sid(&second));
    }
}
