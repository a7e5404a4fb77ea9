//! What ends while a provider is asked: no token that it gives then is left alive and forgotten. Each case is run with the
//! other request at each moment at which the first waits.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use crate::connections::apikeys::is_kept;
use crate::connections::flow::{Flow, form, param};
use crate::connections::valid_token::{PATH, connect};
use crate::harness::{Ask, World, served};

/// A service that writes down what it gave and what it was given back.
struct Ledger {
    given: Rc<RefCell<BTreeSet<String>>>,
    taken: Rc<RefCell<BTreeSet<String>>>,
}

impl Ledger {
    fn at(world: &World) -> Ledger {
        let given: Rc<RefCell<BTreeSet<String>>> = Rc::default();
        let taken: Rc<RefCell<BTreeSet<String>>> = Rc::default();
        let (gives, takes) = (given.clone(), taken.clone());
        world.web.serves("https://crm.example/token", move |request| {
            let asked = form(&request.body);
            let name = asked.get("code").cloned().unwrap_or_else(|| "refreshed".into());
            let [access, refresh] = ["access", "refresh"].map(|kind| format!("canary-{kind}-{name}"));
            gives.borrow_mut().extend([access.clone(), refresh.clone()]);
            let answer = json!({ "access_token": access, "refresh_token": refresh, "expires_in": 3600 });
            Ok(served(200, &[("content-type", "application/json")], answer.to_string().as_bytes()))
        });
        world.web.serves("https://crm.example/revoke", move |request| {
            takes.borrow_mut().insert(form(&request.body)["token"].clone());
            Ok(served(200, &[], b""))
        });
        Ledger { given, taken }
    }

    /// What it gave and did not get back.
    fn alive(&self) -> Vec<String> {
        self.given.borrow().difference(&self.taken.borrow()).cloned().collect()
    }
}

/// A request that comes in between: what it is, what is made ready for it, and whether the connection is over then.
struct Way {
    what: &'static str,
    ask: for<'w> fn(&'w Stage) -> Ask<'w>,
}

struct Stage {
    flow: Flow,
    /// A token of an administrator, made beforehand.
    admin: String,
}

fn ask<'w>(stage: &'w Stage, method: &str, path: &str) -> Ask<'w> {
    stage.flow.world.ask(method, path).bearer(&stage.admin)
}

const ENDS: &[Way] = &[
    Way {
        what: "the person disconnects",
        ask: |stage| stage.flow.world.post("/auth/disconnect/crm").bearer(&stage.flow.token),
    },
    Way {
        what: "all connections to the provider are ended",
        ask: |stage| ask(stage, "DELETE", "/auth/connections?providerId=crm"),
    },
    Way { what: "the provider is deleted", ask: |stage| ask(stage, "DELETE", "/auth/providers/crm") },
    Way {
        what: "the person is deleted",
        ask: |stage| ask(stage, "DELETE", &format!("/tenant/home/v2/Users/{}", stage.flow.ada.id)),
    },
];

fn stage() -> (Stage, Ledger) {
    let flow = Flow::new();
    let admin = flow.world.admin();
    let ledger = Ledger::at(&flow.world);
    (Stage { flow, admin }, ledger)
}

/// Lets what is owed be delivered.
fn settle(world: &World) {
    world.advance(61);
    world.cron();
    world.advance(121);
    world.cron();
}

#[test]
fn what_a_refresh_brings_for_a_connection_that_ended_is_given_back() {
    for way in ENDS {
        let (mut at, mut after_the_provider) = (1, 0);
        loop {
            let (stage, ledger) = stage();
            let world = &stage.flow.world;
            let key = world.api_key(&stage.flow.token, &["vault:read"]);
            connect(world, &stage.flow.ada, "c1", "", -5);
            let Some([first, second]) = world.between(world.get(PATH).key(&key), at, (way.ask)(&stage))
            else {
                break;
            };
            let what = format!("{} at {at}", way.what);
            assert!((200..300).contains(&second.status), "{what}: {}", second.text);
            assert!([200, 401, 404].contains(&first.status), "{what}: {}", first.text);
            settle(world);
            assert_eq!(ledger.alive(), Vec::<String>::new(), "{what}");
            assert_eq!(world.number("SELECT count(*) AS n FROM vault_revocations"), 0, "{what}");
            assert_eq!(world.number("SELECT count(*) AS n FROM vault_connections"), 0, "{what}");
            assert!(!is_kept(world, "canary-access") && !is_kept(world, "canary-refresh"), "{what}");
            let was_lost = first.status != 200 && !ledger.given.borrow().is_empty();
            after_the_provider += usize::from(was_lost);
            at += 1;
        }
        assert!(at > 3 && after_the_provider > 0, "{}: {at}, {after_the_provider}", way.what);
    }
}

/// What makes the same connection again, with the state of one that was begun.
type Again = (&'static str, for<'w> fn(&'w Stage, &str) -> Ask<'w>);

/// Who or what goes meanwhile.
type Going = (&'static str, for<'w> fn(&'w Stage) -> Ask<'w>);

/// A connection that is made again is not ended by what the one before it left.
#[test]
fn what_a_refresh_brings_for_a_connection_that_was_replaced_is_forgotten() {
    let ways: [Again; 2] = [
        ("connected again", |stage, state| stage.flow.ask(&stage.flow.token, "again", state)),
        ("imported again", |stage, _| {
            let body = json!({ "userId": stage.flow.ada.id, "providerId": "crm", "accessToken": "canary-access-own" });
            ask(stage, "POST", "/auth/connections").json(body)
        }),
    ];
    for (what, way) in ways {
        let (mut at, mut replaced) = (1, 0);
        loop {
            let (stage, ledger) = stage();
            let world = &stage.flow.world;
            let key = world.api_key(&stage.flow.token, &["vault:read"]);
            connect(world, &stage.flow.ada, "c1", "", -5);
            let state = param(&stage.flow.begin(""), "state");
            let Some([_, second]) = world.between(world.get(PATH).key(&key), at, way(&stage, &state)) else {
                break;
            };
            assert!((200..300).contains(&second.status), "{what} at {at}: {}", second.text);
            settle(world);
            assert_eq!(*ledger.taken.borrow(), BTreeSet::new(), "{what} at {at}");
            // The new one works.
            let mine = ["canary-access-again", "canary-access-own"];
            let now = world.get(PATH).bearer(&world.session(&stage.flow.ada).access).send().is(200);
            assert!(mine.contains(&now.str("/access_token").as_str()), "{what} at {at}: {}", now.text);
            replaced += usize::from(ledger.given.borrow().contains("canary-access-refreshed"));
            at += 1;
        }
        assert!(at > 3 && replaced > 0, "{what}: {at}");
    }
}

#[test]
fn what_a_code_brings_for_somebody_who_is_gone_is_given_back() {
    let mut ways: Vec<Going> = ENDS.iter().skip(2).map(|way| (way.what, way.ask)).collect();
    ways.push(("the session ends", |stage| stage.flow.world.post("/users/logout").bearer(&stage.flow.token)));
    ways.push(("the person is disabled", |stage| {
        let path = format!("/tenant/home/v2/Users/{}", stage.flow.ada.id);
        ask(stage, "PATCH", &path).json(json!({ "status": "disabled" }))
    }));
    for (what, way) in ways {
        let (mut at, mut lost) = (1, 0);
        loop {
            let (stage, ledger) = stage();
            let world = &stage.flow.world;
            let state = param(&stage.flow.begin(""), "state");
            let first = stage.flow.ask(&stage.flow.token, "new", &state);
            let Some([first, second]) = world.between(first, at, way(&stage)) else { break };
            assert!((200..300).contains(&second.status), "{what} at {at}: {}", second.text);
            settle(world);
            let kept = world.number("SELECT count(*) AS n FROM vault_connections");
            let expected = if kept == 1 { ledger.given.borrow().len() } else { 0 };
            assert_eq!(ledger.alive().len(), expected, "{what} at {at}: {}", first.text);
            lost += usize::from(first.status != 200 && !ledger.given.borrow().is_empty());
            at += 1;
        }
        assert!(at > 2 && lost > 0, "{what}: {at}, {lost}");
    }
}

#[test]
fn what_a_code_brings_to_a_tenant_that_is_gone_is_given_back() {
    let (mut at, mut lost) = (1, 0);
    loop {
        let (stage, ledger) = stage();
        let world = &stage.flow.world;
        let owner = world.tenant("acme");
        let body = crate::connections::providers::own(json!({}));
        world.post("/auth/providers").tenant("acme").bearer(&owner).json(body).send().is(201);
        let begun = world.get("/auth/connect/crm").tenant("acme").bearer(&owner).send().is(200);
        let state = param(&url::Url::parse(&begun.str("/authUrl")).unwrap(), "state");
        let body = json!({ "code": "new", "state": state });
        let first = world.post("/auth/callback").tenant("acme").bearer(&owner).json(body);
        let second = ask(&stage, "DELETE", "/tenant/home/v2/Tenants/acme");
        let Some([first, _]) = world.between(first, at, second) else { break };
        settle(world);
        assert_eq!(ledger.alive(), Vec::<String>::new(), "at {at}: {}", first.text);
        // Nobody's log is left that could become another tenant's.
        let rows = world
            .number("SELECT count(*) AS n FROM audit WHERE tenant_id = 'acme' AND event = 'vault.revoked'");
        assert_eq!(rows, 0, "at {at}");
        lost += usize::from(first.status != 200 && !ledger.given.borrow().is_empty());
        at += 1;
    }
    assert!(at > 2 && lost > 0, "{at}, {lost}");
}

/// `SEAL_KEY` is replaced while a token is renewed: what the provider gave is kept, and opens under the new one alone.
#[test]
fn what_a_refresh_brings_while_a_key_is_replaced_is_kept() {
    let key_of = |byte: u8| URL_SAFE_NO_PAD.encode([byte; 32]);
    let (mut at, mut done) = (1, 0);
    loop {
        let (stage, ledger) = stage();
        let world = &stage.flow.world;
        let reader = world.api_key(&stage.flow.token, &["vault:read"]);
        connect(world, &stage.flow.ada, "c1", "", -5);
        world.restart(&[("SEAL_KEY", &key_of(7)), ("SEAL_KEY_PREVIOUS", &key_of(42))]);
        let reseal = ask(&stage, "POST", "/tenant/home/v2/Keys/reseal").json(json!({}));
        let Some([first, second]) = world.between(world.get(PATH).key(&reader), at, reseal) else { break };
        assert_eq!((first.status, second.status), (200, 200), "at {at}: {} {}", first.text, second.text);
        for _ in 0..20 {
            ask(&stage, "POST", "/tenant/home/v2/Keys/reseal").json(json!({})).send().is(200);
        }
        world.restart(&[("SEAL_KEY", &key_of(7))]);
        let now = world.get(PATH).key(&reader).send().is(200);
        assert_eq!(now.str("/access_token"), "canary-access-refreshed", "at {at}");
        assert_eq!((ledger.taken.borrow().len(), ledger.given.borrow().len()), (0, 2), "at {at}");
        done += 1;
        at += 1;
    }
    assert!(done > 3, "{done}");
}
