//! `GET /auth/valid-token`: a token that is good, for whoever may have it, renewed once however many ask.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use portcullis::crypto::seal::Sealer;
use portcullis::crypto::secret::stored;
use portcullis::ports::http::{HttpAnswer, HttpRequest, Why};
use portcullis::store::users::User;
use serde_json::{Value, json};

use crate::connections::apikeys::is_kept;
use crate::connections::providers::own;
use crate::harness::provider::{form, json_answer};
use crate::harness::{Reply, World};

pub const PATH: &str = "/auth/valid-token?providerId=crm";
pub const TOKEN_URL: &str = "https://crm.example/token";

/// A world with a provider of the tenant's own, and a person who connected it.
pub struct Connected {
    pub world: World,
    pub user: User,
    /// A key of theirs that reads in the vault, which outlives sessions.
    pub key: String,
}

/// Connects a person to the provider, past the API: their access token ends in so many seconds and was good for an hour.
pub fn connect(world: &World, user: &User, id: &str, label: &str, ends_in: i64) {
    let binding = stored(&format!("{}/{}/crm", user.tenant_id, user.id));
    let sealer = Sealer::derive(&[42; 32], None, &user.tenant_id, "vault").unwrap();
    let seal = |column: &str, text: &str| {
        let row = format!("vault_connections/{binding}/{id}/{column}");
        sealer.seal([7; 12], &row, text.as_bytes()).unwrap()
    };
    let (access, refresh) = (seal("access", "canary-a0"), seal("refresh", "canary-r0"));
    let ends = world.now().0 + ends_in * 1000;
    let began = ends - 3_600_000;
    world.sql(&format!(
            "INSERT INTO vault_connections (id, tenant_id, user_id, provider_id, binding, label, kind, status, scopes,
               sealed_access, sealed_refresh, expires_at, created_at, updated_at)
             VALUES ('{id}', '{}', '{}', 'crm', '{binding}', '{label}', 'oauth', 'active', 'contacts mail',
               '{access}', '{refresh}', {ends}, {began}, {began})",
            user.tenant_id, user.id
        ));
}

/// What answers a refresh, given the refresh token that was sent.
pub type Answers = Box<dyn Fn(&str) -> Result<HttpAnswer, Why>>;

impl Connected {
    /// Whose access token ends in so many seconds and was good for an hour.
    pub fn with(ends_in: i64) -> Connected {
        let world = World::new();
        world.post("/auth/providers").bearer(&world.admin()).json(own(json!({}))).send().is(201);
        let user = world.user("ada@example.com");
        let key = world.api_key(&world.session(&user).access, &["vault:read"]);
        let connected = Connected { world, user, key };
        connected.connect("c1", "", ends_in);
        connected
    }

    /// Another connection.
    pub fn connect(&self, id: &str, label: &str, ends_in: i64) {
        connect(&self.world, &self.user, id, label, ends_in);
    }

    /// The provider answers so; how often it was asked.
    pub fn provider(&self, answers: Answers) -> Rc<Cell<usize>> {
        let asked = Rc::new(Cell::new(0));
        let times = asked.clone();
        self.world.web.serves(TOKEN_URL, move |request: &HttpRequest| {
            times.set(times.get() + 1);
            let fields = form(request);
            let field = |name: &str| fields.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
            assert_eq!(field("grant_type").as_deref(), Some("refresh_token"));
            answers(&field("refresh_token").unwrap())
        });
        asked
    }

    /// One that takes each refresh token once, and gives another.
    pub fn strict(&self) -> Rc<Cell<usize>> {
        let newest = RefCell::new(0);
        self.provider(Box::new(move |sent| {
            let mut at = newest.borrow_mut();
            if sent != format!("canary-r{at}") {
                return Ok(json_answer(400, &json!({ "error": "invalid_grant" })));
            }
            *at += 1;
            Ok(json_answer(
                200,
                &json!({
                    "access_token": format!("canary-a{at}"), "token_type": "bearer", "expires_in": 3600,
                    "refresh_token": format!("canary-r{at}"),
                }),
            ))
        }))
    }

    pub fn get(&self) -> Reply {
        self.world.get(PATH).key(&self.key).send()
    }

    pub fn status(&self) -> Value {
        self.world.sql("SELECT status FROM vault_connections")[0]["status"].clone()
    }
}

#[test]
fn a_token_that_is_good_is_one_wait_and_an_event() {
    let connected = Connected::with(1_000);
    let asked = connected.strict();
    let reply = connected.get().is(200);
    let expected = json!({
        "access_token": "canary-a0", "expires_in": 1_000, "scope": "contacts mail", "token_type": "Bearer",
    });
    assert_eq!(reply.json, expected);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let (_, warm) = connected.world.get(PATH).key(&connected.key).waits();
    assert_eq!((warm, asked.get()), (1, 0));
    let token = connected.world.session(&connected.user).access;
    connected.world.get(PATH).bearer(&token).send().is(200);
    assert_eq!(connected.world.get(PATH).bearer(&token).waits().1, 1);
    assert_eq!(connected.world.events("vault.token_issued"), 4);
    let told =
        connected.world.sql("SELECT actor, subject, detail FROM audit WHERE event = 'vault.token_issued'");
    assert_eq!(told[0]["subject"], connected.user.id.as_str());
    assert_eq!(told[0]["detail"], "crm");
    assert!(!is_kept(&connected.world, "canary-"));
}

#[test]
fn its_last_use_is_noted_once_an_hour() {
    let connected = Connected::with(30_000);
    let used = || connected.world.number("SELECT last_used_at AS n FROM vault_connections");
    connected.get().is(200);
    let first = used();
    connected.world.advance(3_599);
    connected.get().is(200);
    assert_eq!(used(), first);
    connected.world.advance(2);
    connected.get().is(200);
    assert_eq!(used(), connected.world.now().0);
}

#[test]
fn scopes_that_are_missing_are_told() {
    let connected = Connected::with(1_000);
    let ask = |scopes: &str| {
        let path = format!("{PATH}&scopes={scopes}");
        connected.world.get(&path).key(&connected.key).send().is(200).json["missingScopes"].clone()
    };
    assert_eq!(ask("mail%20contacts"), json!([]));
    assert_eq!(ask("files%20mail%20calendar"), json!(["files", "calendar"]));
}

#[test]
fn many_who_ask_at_once_for_one_that_is_over_cause_one_refresh_and_get_one_answer() {
    let connected = Connected::with(-5);
    let asked = connected.strict();
    for round in 1..=5 {
        let asks = (0..200).map(|_| connected.world.get(PATH).key(&connected.key)).collect();
        let replies = connected.world.together(asks);
        assert_eq!(asked.get(), round);
        for reply in replies {
            assert_eq!(reply.is(200).str("/access_token"), format!("canary-a{round}"));
        }
        assert_eq!(connected.world.events("vault.token_issued"), 200 * i64::try_from(round).unwrap());
        connected.world.advance(3_601);
    }
    assert!(!is_kept(&connected.world, "canary-"));
}

/// Two isolates with memories of their own over one storage and one object for the connection.
#[test]
fn two_isolates_cause_one_refresh_and_give_one_answer() {
    let connected = Connected::with(-5);
    let asked = connected.strict();
    for round in 1..=3 {
        let ask = |n: usize| match n % 2 {
            0 => connected.world.get(PATH).key(&connected.key),
            _ => connected.world.get(PATH).key(&connected.key).elsewhere(),
        };
        for reply in connected.world.together((0..100).map(ask).collect()) {
            assert_eq!(reply.is(200).str("/access_token"), format!("canary-a{round}"));
        }
        // Nothing of a token is remembered: what one isolate had renewed, the other one hands out.
        for reply in connected.world.together((0..2).map(ask).collect()) {
            assert_eq!(reply.is(200).str("/access_token"), format!("canary-a{round}"));
        }
        assert_eq!(asked.get(), round);
        connected.world.advance(3_601);
    }
}

#[test]
fn one_that_is_about_to_end_is_renewed_within_two_minutes_and_a_half_of_its_end() {
    for (ends_in, times) in [(200, 0), (151, 0), (119, 1), (60, 1), (1, 1)] {
        let connected = Connected::with(ends_in);
        let asked = connected.strict();
        connected.get().is(200);
        assert_eq!(asked.get(), times, "{ends_in}");
    }
    // One that lives for a minute is renewed at half of that.
    let connected = Connected::with(60);
    connected.world.sql("UPDATE vault_connections SET updated_at = expires_at - 60000");
    let asked = connected.strict();
    assert_eq!(connected.get().is(200).str("/access_token"), "canary-a0");
    connected.world.advance(31);
    assert_eq!(connected.get().is(200).str("/access_token"), "canary-a1");
    assert_eq!(asked.get(), 1);
}

#[test]
fn one_without_an_end_or_without_a_refresh_token_is_handed_out_as_it_is() {
    let connected = Connected::with(5);
    let asked = connected.strict();
    connected.world.sql("UPDATE vault_connections SET sealed_refresh = NULL");
    assert_eq!(connected.get().is(200).str("/access_token"), "canary-a0");
    connected.world.sql("UPDATE vault_connections SET expires_at = NULL");
    let reply = connected.get().is(200);
    assert_eq!((reply.str("/access_token").as_str(), &reply.json["expires_in"]), ("canary-a0", &Value::Null));
    // Once it is over, only its person can renew it.
    connected.world.sql("UPDATE vault_connections SET expires_at = 1");
    connected.get().is(409);
    assert_eq!((connected.status(), asked.get()), (json!("needs_reauthorization"), 0));
}

#[test]
fn what_is_not_the_callers_is_not_there() {
    let connected = Connected::with(1_000);
    let world = &connected.world;
    let eve = world.session(&world.user("eve@example.com")).access;
    let of_ada = format!("{PATH}&userId={}", connected.user.id);
    world.get(&of_ada).key(&connected.key).send().is(200);
    for path in
        [PATH, &of_ada, "/auth/valid-token?providerId=nothing", "/auth/valid-token?providerId=crm&label=x"]
    {
        assert_eq!(world.get(path).bearer(&eve).send().is(404).json["error"], "Not found");
    }
    world.get("/auth/valid-token").bearer(&eve).send().is(400);
    world.get(PATH).send().is(401);
    world.get(PATH).cookie(&world.cookie(&connected.user)).send().is(401);
    let token = world.session(&connected.user).access;
    world.get(PATH).bearer(&token).send().is(200);
    world.get(PATH).key(&world.api_key(&token, &["read"])).send().is(403);
    // A key of a service's, for a person, where the tenant lets it.
    let body = json!({ "name": "agent", "scopes": ["vault:crm"] });
    let service = world.post("/tenant/home/v2/ApiKeys").bearer(&world.admin()).json(body).send().is(201);
    let service = service.str("/apiKey");
    world.get(&of_ada).key(&service).send().is(404);
    world.settings(json!({ "vaultDelegation": true }));
    world.get(&of_ada).key(&service).send().is(200);
    world.get(&format!("{PATH}&userId=nobody")).key(&service).send().is(404);
    world.get(PATH).key(&service).send().is(400);
    assert_eq!(world.get(&of_ada).key(&service).waits().1, 1, "a service key adds nothing");
    // A key that was stored is no token.
    world.post("/auth/apikeys/openai").bearer(&token).json(json!({ "apiKey": "k" })).send().is(200);
    world.get("/auth/valid-token?providerId=openai").key(&connected.key).send().is(404);
    for status in ["disabled", "locked"] {
        world.sql(&format!("UPDATE users SET status = '{status}' WHERE id = '{}'", connected.user.id));
        assert_eq!(world.get(&of_ada).key(&service).status(), 404, "{status}");
    }
}

#[test]
fn labels_choose_among_several_and_each_has_its_own_refresh() {
    let connected = Connected::with(1_000);
    connected.connect("c2", "work", -5);
    let asked = connected.strict();
    let path = format!("{PATH}&label=work");
    assert_eq!(
        connected.world.get(&path).key(&connected.key).send().is(200).str("/access_token"),
        "canary-a1"
    );
    assert_eq!(connected.get().is(200).str("/access_token"), "canary-a0");
    assert_eq!(asked.get(), 1);
}
