//! Attacks on the challenge of a login page's passkey ceremony. It has no row until it is answered: it says itself until when
//! it is good, and is authenticated with what it is for and the browser that it was shown to.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::harness::{Ask, Authenticator, PASSWORD, Reply, World};

const LOGIN: &str = "/tenant/home/login";

/// A person with a passkey whose counter stays 0, as a synced one's does: the ceremony alone tells a replay.
struct Person {
    world: World,
    key: Authenticator,
    token: String,
    cookie: String,
}

fn person() -> Person {
    let world = World::new();
    let user = world.user("ada@example.com");
    let mut key = Authenticator::new(1);
    key.count = 0;
    world.add_passkey(&world.session(&user).access, &mut key).is(201);
    let amr = ["pwd", "otp", "mfa"];
    let (token, cookie) = (world.session_by(&user, &amr).access, world.cookie_by(&user, &amr));
    Person { world, key, token, cookie }
}

/// The options of a login page, and the browser that it was shown to.
fn shown(world: &World) -> (Value, String) {
    let page = world.get(LOGIN).navigating().send().is(200);
    (page.passkey_options().unwrap(), page.sets("__Host-portcullis-passkey").unwrap())
}

fn answer<'w>(world: &'w World, browser: &str, credential: &Value) -> Ask<'w> {
    let text = credential.to_string();
    let ask =
        world.post(LOGIN).navigating().header("cookie", &format!("__Host-portcullis-passkey={browser}"));
    ask.form(&[("credential", &text)])
}

/// The options with another challenge.
fn with_challenge(options: &Value, challenge: &str) -> Value {
    let mut options = options.clone();
    options["challenge"] = challenge.into();
    options
}

fn bytes_of(options: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(options["challenge"].as_str().unwrap()).unwrap()
}

/// What a refusal must not change.
fn state(world: &World) -> Value {
    json!([
        world.sql("SELECT * FROM sessions ORDER BY id"),
        world.sql("SELECT * FROM passkeys ORDER BY id"),
        world.number("SELECT count(used_at) AS n FROM passkey_challenges"),
    ])
}

#[track_caller]
fn is_refused(what: &str, world: &World, before: &Value, reply: &Reply) {
    assert!((400..500).contains(&reply.status), "{what}: {} {}", reply.status, reply.text);
    assert!(reply.sets("__Host-portcullis").is_none(), "{what}");
    assert_eq!(state(world), *before, "{what}");
}

/// Makes what is sent, and in which browser, of a page that was shown to a browser.
type Attack = fn(&mut Person, &Value, &str) -> (String, Value);

const ATTACKS: &[(&str, Attack)] = &[
    ("over", |ada, options, browser| {
        ada.world.advance(300);
        (browser.to_owned(), ada.key.get(options))
    }),
    ("over, with a later time", |ada, options, browser| {
        let mut bytes = bytes_of(options);
        ada.world.advance(300);
        bytes[..8].copy_from_slice(&(ada.world.now().0 + 60_000).to_be_bytes());
        (browser.to_owned(), ada.key.get(&with_challenge(options, &URL_SAFE_NO_PAD.encode(bytes))))
    }),
    ("the latest time there is", |ada, options, browser| {
        let mut bytes = bytes_of(options);
        bytes[..8].copy_from_slice(&i64::MAX.to_be_bytes());
        (browser.to_owned(), ada.key.get(&with_challenge(options, &URL_SAFE_NO_PAD.encode(bytes))))
    }),
    ("cut off", |ada, options, browser| {
        let bytes = bytes_of(options);
        let short = URL_SAFE_NO_PAD.encode(&bytes[..bytes.len() - 1]);
        (browser.to_owned(), ada.key.get(&with_challenge(options, &short)))
    }),
    ("without its tag", |ada, options, browser| {
        let short = URL_SAFE_NO_PAD.encode(&bytes_of(options)[..24]);
        (browser.to_owned(), ada.key.get(&with_challenge(options, &short)))
    }),
    ("longer", |ada, options, browser| {
        let long = URL_SAFE_NO_PAD.encode([bytes_of(options), vec![0]].concat());
        (browser.to_owned(), ada.key.get(&with_challenge(options, &long)))
    }),
    ("empty", |ada, options, browser| (browser.to_owned(), ada.key.get(&with_challenge(options, "")))),
    ("padded", |ada, options, browser| {
        let padded = format!("{}=", options["challenge"].as_str().unwrap());
        (browser.to_owned(), ada.key.get(&with_challenge(options, &padded)))
    }),
    ("made up", |ada, options, browser| {
        let mut bytes = vec![7; bytes_of(options).len()];
        bytes[..8].copy_from_slice(&(ada.world.now().0 + 60_000).to_be_bytes());
        (browser.to_owned(), ada.key.get(&with_challenge(options, &URL_SAFE_NO_PAD.encode(bytes))))
    }),
    ("in another browser", |ada, options, _| (shown(&ada.world).1, ada.key.get(options))),
    ("in a browser without a cookie", |ada, options, _| (String::new(), ada.key.get(options))),
    ("in a browser of which the hash was learned", |ada, options, browser| {
        (portcullis::crypto::secret::stored(browser), ada.key.get(options))
    }),
    ("of the API", |ada, _, browser| {
        let options = ada.world.request_options();
        (browser.to_owned(), ada.key.get(&options))
    }),
    ("of a registration", |ada, _, browser| {
        let options = ada.world.creation_options(&ada.token);
        (browser.to_owned(), ada.key.get(&options))
    }),
    ("of a registration on the account page, in the session's cookie", |ada, _, _| {
        let page = ada.world.get("/tenant/home/account?passkey=add").navigating().cookie(&ada.cookie);
        let options = page.send().is(200).passkey_options().unwrap();
        (ada.cookie.clone(), ada.key.get(&options))
    }),
    ("of a second factor", |ada, _, browser| {
        let waiting = ada.world.login("ada@example.com", PASSWORD).is(200).str("/mfa_token");
        let body = json!({ "challenge": waiting });
        let options = ada.world.post("/api/auth/passkeys/login/options").json(body).send().is(200);
        (browser.to_owned(), ada.key.get(&options.json["data"]))
    }),
    ("with an answer that makes a passkey", |ada, options, browser| {
        let mut asked = ada.world.creation_options(&ada.token);
        asked["challenge"] = options["challenge"].clone();
        (browser.to_owned(), ada.key.create(&asked))
    }),
];

#[test]
fn no_challenge_is_answered_but_as_it_was_shown() {
    for (what, attack) in ATTACKS {
        let mut ada = person();
        if what.contains("second factor") {
            ada.world.settings(json!({ "mfa": "required" }));
        }
        let (options, browser) = shown(&ada.world);
        let (sent_by, credential) = attack(&mut ada, &options, &browser);
        let before = state(&ada.world);
        let reply = answer(&ada.world, &sent_by, &credential).send();
        is_refused(what, &ada.world, &before, &reply);
        // The page itself, which may be over by now, or another one, still signs in.
        let (options, browser) = shown(&ada.world);
        let credential = ada.key.get(&options);
        answer(&ada.world, &browser, &credential).send().is(303);
    }
}

#[test]
fn no_byte_of_a_challenge_may_be_another() {
    let mut ada = person();
    let (options, browser) = shown(&ada.world);
    let bytes = bytes_of(&options);
    let before = state(&ada.world);
    for at in 0..bytes.len() {
        // Of each byte the highest and the lowest bit.
        for bit in [0x80, 1] {
            let mut other = bytes.clone();
            other[at] ^= bit;
            let credential = ada.key.get(&with_challenge(&options, &URL_SAFE_NO_PAD.encode(other)));
            let reply = answer(&ada.world, &browser, &credential).unlimited().send();
            is_refused(&format!("byte {at}, bit {bit}"), &ada.world, &before, &reply);
        }
    }
    // None of that cost the page its challenge, which is good until its last second.
    ada.world.advance(299);
    let credential = ada.key.get(&options);
    answer(&ada.world, &browser, &credential).send().is(303);
}

/// A challenge of a login page adds no passkey, on the account page or through the API, and is no second factor.
#[test]
fn a_login_pages_challenge_is_of_no_other_ceremony() {
    let ada = person();
    let (options, _) = shown(&ada.world);
    let mut other = Authenticator::new(2);
    let before = state(&ada.world);
    let mut asked = ada.world.creation_options(&ada.token);
    asked["challenge"] = options["challenge"].clone();
    let credential = other.create(&asked);
    let api =
        ada.world.post("/api/auth/passkeys").bearer(&ada.token).json(json!({ "credential": credential }));
    is_refused("API", &ada.world, &before, &api.send());
    let text = credential.to_string();
    let fields = [("section", "passkey-add"), ("name", "Key"), ("credential", text.as_str())];
    let page = ada.world.post("/tenant/home/account").navigating().cookie(&ada.cookie).form(&fields).send();
    is_refused("account page", &ada.world, &before, &page);
    ada.world.settings(json!({ "mfa": "required" }));
    let waiting = ada.world.login("ada@example.com", PASSWORD).is(200).str("/mfa_token");
    let before = state(&ada.world);
    let mut key = ada.key;
    let body = json!({ "challenge": waiting, "credential": key.get(&options) });
    let second = ada.world.post("/api/auth/mfa/verify").json(body).send();
    is_refused("second factor", &ada.world, &before, &second);
}

/// A replay is one in each isolate, with each spelling of the answer, and whatever the clock says.
#[test]
fn a_challenge_is_answered_once() {
    let mut ada = person();
    let (options, browser) = shown(&ada.world);
    let credential = ada.key.get(&options);
    answer(&ada.world, &browser, &credential).send().is(303);
    let before = state(&ada.world);
    let again = ada.key.get(&options);
    for (what, seconds, sent) in [
        ("at once", 0, &credential),
        ("signed anew", 0, &again),
        ("a clock that is slow", -290, &credential),
        ("before it was shown", -300, &again),
        ("at its end", 889, &credential),
    ] {
        ada.world.advance(seconds);
        for ask in [answer(&ada.world, &browser, sent), answer(&ada.world, &browser, sent).elsewhere()] {
            is_refused(what, &ada.world, &before, &ask.unlimited().send());
        }
    }
    // Its row outlasts it by far more than clocks differ.
    ada.world.advance(3_600);
    ada.world.cron();
    assert_eq!(
        ada.world.number("SELECT count(used_at) AS n FROM passkey_challenges WHERE purpose = 'sign-in'"),
        1
    );
}

#[test]
fn of_a_hundred_answers_at_once_one_signs_in() {
    let mut ada = person();
    let (options, browser) = shown(&ada.world);
    let other = ada.world.user("bob@example.com");
    let mut of_other = Authenticator::new(2);
    of_other.count = 0;
    ada.world.add_passkey(&ada.world.session(&other).access, &mut of_other).is(201);
    // Of two people who share a browser, too.
    let answers = [ada.key.get(&options), of_other.get(&options)];
    let sessions = ada.world.number("SELECT count(*) AS n FROM sessions");
    let asks = (0..100).map(|at| {
        let ask = answer(&ada.world, &browser, &answers[at % 2]).unlimited();
        if at % 3 == 0 { ask.elsewhere() } else { ask }
    });
    let replies = ada.world.together(asks.collect());
    assert_eq!(replies.iter().filter(|reply| reply.status == 303).count(), 1);
    assert!(replies.iter().all(|reply| reply.status == 303 || (400..500).contains(&reply.status)));
    assert_eq!(ada.world.number("SELECT count(*) AS n FROM sessions"), sessions + 1);
}

/// A page that was shown before `SEAL_KEY` was changed is answered while the key before is there, and not after.
#[test]
fn a_challenge_is_good_as_long_as_its_key_is_there() {
    let key = |of: u8| URL_SAFE_NO_PAD.encode([of; 32]);
    let mut ada = person();
    let (options, browser) = shown(&ada.world);
    let credential = ada.key.get(&options);
    ada.world.restart(&[("SEAL_KEY", &key(7)), ("SEAL_KEY_PREVIOUS", &key(42))]);
    answer(&ada.world, &browser, &credential).send().is(303);
    let before = state(&ada.world);
    is_refused("again", &ada.world, &before, &answer(&ada.world, &browser, &credential).send());
    // The other way round, as where a deployment is rolled out: one that is ahead showed it.
    let (options, browser) = shown(&ada.world);
    let credential = ada.key.get(&options);
    ada.world.restart(&[("SEAL_KEY", &key(42)), ("SEAL_KEY_PREVIOUS", &key(7))]);
    answer(&ada.world, &browser, &credential).send().is(303);
    for without in [key(8), key(9)] {
        let (options, browser) = shown(&ada.world);
        let credential = ada.key.get(&options);
        ada.world.restart(&[("SEAL_KEY", &without)]);
        let before = state(&ada.world);
        is_refused("its key is gone", &ada.world, &before, &answer(&ada.world, &browser, &credential).send());
    }
}
