//! A world to test in: the whole core with real parts, a clock that is set and a seeded generator.

mod allocation;
mod ask;
mod authenticator;
mod billed;
mod ceremonies;
mod deployment;
pub mod document;
pub mod dpop;
mod factors;
mod grants;
mod interleaved;
mod kept;
mod mailbox;
mod mailed;
pub mod oidc;
mod ports;
pub mod provider;
mod refreshers;
mod signer;
mod tokens;

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};

use portcullis::config::Config;
use portcullis::cx::{Caller, Cx};
use portcullis::domain::session::channel::Channel;
use portcullis::domain::session::sessions::{SessionSecret, Tokens};
use portcullis::domain::{people, tenants};
use portcullis::http::Outcome;
use portcullis::http::table::Table;
use portcullis::memo::Memory;
use portcullis::model::email::Email;
use portcullis::model::time::Time;
use portcullis::ports::metrics::Clock;
use portcullis::ports::{Rows, Stmt};
use portcullis::store::users::User;
use portcullis::{api, store};
use serde_json::{Value, json};

pub use self::allocation::allocated;
pub use self::ask::{Ask, Reply, set};
pub use self::authenticator::Authenticator;
pub use self::factors::App;
use self::kept::{Lines, Queue, Seeded};
use self::mailbox::Mailbox;
pub use self::ports::{LOST, served};
use self::ports::{Objects, Servers, Sqlite};
use self::refreshers::{Nobody, Together, UnderWay};
pub use self::signer::{KnownRsa, Signer};
pub use self::tokens::{claims, part};

/// What every user's password is unless a test says otherwise.
pub const PASSWORD: &str = "correct horse battery";

/// Its hash by the reference implementation of Argon2, at the cost that is current.
pub const PASSWORD_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$69I7qCjDTsQwhQqFvpQJiqEI0lGQvxC84fXE0Ktxca4";

/// Where the deployment is.
pub const ORIGIN: &str = "https://auth.example.com";

/// 2026-05-01T12:00:00Z.
pub const NOON: i64 = 1_777_636_800_000;

/// A deployment with two isolates, whose clock stands still unless it is put on.
pub struct World {
    pub db: Rc<Sqlite>,
    pub post: Rc<Mailbox>,
    pub web: Rc<Servers>,
    pub log: Rc<Lines>,
    pub table: Table,
    pub cache: Rc<Memory>,
    pub other: Rc<Memory>,
    after: Rc<Queue>,
    counters: Rc<Objects>,
    under_way: UnderWay,
    rsa: Rc<KnownRsa>,
    rng: Rc<Seeded>,
    config: RefCell<Rc<Config>>,
    clock: Rc<Cell<i64>>,
}

impl World {
    /// A local deployment.
    pub fn new() -> World {
        World::with(&[])
    }

    /// A local deployment with other vars.
    pub fn with(vars: &[(&str, &str)]) -> World {
        let config = World::config(vars);
        let clock = Rc::new(Cell::new(NOON));
        let db = Sqlite::new();
        db.seconds.store(NOON / 1000, Ordering::Relaxed);
        World {
            db: Rc::new(db),
            post: Rc::default(),
            web: Rc::default(),
            log: Rc::default(),
            table: api::table().unwrap(),
            cache: Rc::default(),
            other: Rc::default(),
            after: Rc::default(),
            counters: Rc::new(Objects::new(clock.clone())),
            under_way: UnderWay::default(),
            rsa: Rc::default(),
            rng: Rc::default(),
            config: RefCell::new(config),
            clock,
        }
    }

    /// The context of cron: no caller, no limits.
    pub fn cx(&self) -> Cx {
        let cx = Cx {
            refreshers: Rc::new(Nobody),
            db: self.db.clone(),
            counters: self.counters.clone(),
            mailer: self.post.clone(),
            http: self.web.clone(),
            rsa: self.rsa.clone(),
            background: self.after.clone(),
            rng: self.rng.clone(),
            log: self.log.clone(),
            memory: self.cache.clone(),
            config: self.config.borrow().clone(),
            caller: Rc::new(Caller::default()),
            metrics: None,
            now: self.now(),
        };
        Cx { refreshers: Rc::new(Together { cx: cx.clone(), under_way: self.under_way.clone() }), ..cx }
    }

    pub fn now(&self) -> Time {
        Time(self.clock.get())
    }

    /// Its time, as the platform tells it.
    pub fn clock(&self) -> Clock {
        let clock = self.clock.clone();
        Box::new(move || clock.get())
    }

    /// How often counters were asked so far.
    pub fn counter_calls(&self) -> usize {
        self.counters.calls.get()
    }

    /// Whether each call of a counter lets the other requests on first.
    pub fn counters_yield(&self, yields: bool) {
        self.counters.yields.set(yields);
    }

    /// Does what was put off until after the answer.
    pub async fn afterwards(&self) {
        // What is done may put off more.
        loop {
            let work: Vec<_> = self.after.0.borrow_mut().drain(..).collect();
            if work.is_empty() {
                return;
            }
            for one in work {
                one.await;
            }
        }
    }

    /// Never does what was put off: the isolate died.
    pub fn forget_what_comes_after(&self) {
        self.after.0.borrow_mut().clear();
    }

    /// Puts the clock on.
    pub fn advance(&self, seconds: i64) {
        self.advance_ms(seconds * 1000);
    }

    pub fn advance_ms(&self, ms: i64) {
        self.clock.set(self.clock.get() + ms);
        self.db.seconds.store(self.clock.get() / 1000, Ordering::Relaxed);
    }

    pub fn ask(&self, method: &str, path: &str) -> Ask<'_> {
        Ask::new(self, method, path)
    }

    pub fn get(&self, path: &str) -> Ask<'_> {
        self.ask("GET", path)
    }

    pub fn post(&self, path: &str) -> Ask<'_> {
        self.ask("POST", path)
    }

    pub fn put(&self, path: &str) -> Ask<'_> {
        self.ask("PUT", path)
    }

    pub fn patch(&self, path: &str) -> Ask<'_> {
        self.ask("PATCH", path)
    }

    pub fn delete(&self, path: &str) -> Ask<'_> {
        self.ask("DELETE", path)
    }

    /// Serves requests at once: each goes as far as its next round trip, then the others have their turn.
    pub fn together(&self, asks: Vec<Ask<'_>>) -> Vec<Reply> {
        let reply = |outcome| match outcome {
            Outcome::Answer(response) => Reply::new("one of many".into(), &response),
            _ => panic!("was not to be answered"),
        };
        self.at_once(asks.into_iter().map(Ask::serve).collect()).into_iter().map(reply).collect()
    }

    /// Does anything at once, in the same way.
    pub fn at_once<T>(&self, work: Vec<impl Future<Output = T>>) -> Vec<T> {
        self.db.yields.set(true);
        self.post.yields.set(true);
        let mut running: Vec<_> = work.into_iter().map(|one| Some(Box::pin(one))).collect();
        let mut done: Vec<Option<T>> = running.iter().map(|_| None).collect();
        let mut context = Context::from_waker(Waker::noop());
        while running.iter().any(Option::is_some) {
            for (slot, result) in running.iter_mut().zip(&mut done) {
                let Some(future) = slot else { continue };
                if let Poll::Ready(ready) = future.as_mut().poll(&mut context) {
                    *slot = None;
                    *result = Some(ready);
                }
            }
        }
        self.db.yields.set(false);
        self.post.yields.set(false);
        done.into_iter().map(Option::unwrap).collect()
    }

    /// Serves a request, and another one as a whole while the first waits for the `at`th time: for storage, a counter or
    /// the mail server. `None` if it does not wait that often.
    pub fn between(&self, first: Ask<'_>, at: usize, second: Ask<'_>) -> Option<[Reply; 2]> {
        let ports = [&self.db.yields, &self.counters.yields, &self.post.yields];
        ports.iter().for_each(|yields| yields.set(true));
        let mut context = Context::from_waker(Waker::noop());
        let reply = |outcome| match outcome {
            Outcome::Answer(response) => Reply::new("one of two".into(), &response),
            _ => panic!("was not to be answered"),
        };
        let mut outer = Box::pin(first.serve());
        let mut waits = 0;
        let mut inner = Some(second);
        let mut inside = None;
        let outside = loop {
            match outer.as_mut().poll(&mut context) {
                Poll::Ready(outcome) => break reply(outcome),
                Poll::Pending => waits += 1,
            }
            if let Some(second) = inner.take_if(|_| waits == at) {
                let mut whole = Box::pin(second.serve());
                inside = Some(loop {
                    if let Poll::Ready(outcome) = whole.as_mut().poll(&mut context) {
                        break reply(outcome);
                    }
                });
            }
        };
        ports.iter().for_each(|yields| yields.set(false));
        inside.map(|inside| [outside, inside])
    }

    /// Begins something in an isolate that dies as soon as it has to wait.
    pub fn cut_off<T>(&self, work: impl Future<Output = T>) {
        let mut context = Context::from_waker(Waker::noop());
        assert!(Box::pin(work).as_mut().poll(&mut context).is_pending(), "it did not have to wait");
    }

    /// What the database holds, past all rules.
    pub fn sql(&self, sql: &str) -> Rows {
        self.db.one(&Stmt::new(sql, vec![])).unwrap()
    }

    /// The number that a query answers in its column `n`.
    pub fn number(&self, sql: &str) -> i64 {
        self.sql(sql).first().and_then(|row| row.get("n")).and_then(Value::as_i64).unwrap()
    }

    /// How often an event stands in the audit log.
    pub fn events(&self, event: &str) -> i64 {
        self.number(&format!("SELECT count(*) AS n FROM audit WHERE event = '{event}'"))
    }

    /// An active user of the home tenant with a confirmed address and the usual password.
    pub fn user(&self, email: &str) -> User {
        self.user_with("home", email, |_| {})
    }

    /// A user of a tenant, made otherwise.
    pub fn user_with(&self, tenant: &str, email: &str, other: impl FnOnce(&mut User)) -> User {
        let cx = self.cx();
        let tenant = pollster::block_on(tenants::by_id(&cx, tenant)).unwrap().unwrap();
        let mut user = people::new_user(&cx, &tenant, &Email::parse(email).unwrap());
        user.email_verified = true;
        user.password_hash = Some(PASSWORD_HASH.to_owned());
        other(&mut user);
        let made = pollster::block_on(store::one(self.db.as_ref(), store::users::insert(&user))).unwrap();
        assert_eq!(made.len(), 1, "{email} has an account already");
        user
    }

    /// A session of that user for an API, as a login with the password alone begins it.
    pub fn session(&self, user: &User) -> Tokens {
        self.session_by(user, &["pwd"])
    }

    /// A session of that user for an API in which this was proved.
    pub fn session_by(&self, user: &User, amr: &[&str]) -> Tokens {
        let begun = self.begin(user, amr, Channel::Api);
        let SessionSecret::Tokens(tokens) = begun else { panic!("a program has no cookie") };
        tokens
    }

    /// A session of that user in a browser, as a login with the password alone begins it.
    pub fn cookie(&self, user: &User) -> String {
        self.cookie_by(user, &["pwd"])
    }

    /// A session of that user in a browser in which this was proved.
    pub fn cookie_by(&self, user: &User, amr: &[&str]) -> String {
        let begun = self.begin(user, amr, Channel::Browser { device: None, session: None });
        let SessionSecret::Cookie(cookie) = begun else { panic!("a browser has no tokens") };
        cookie
    }

    /// An API key of the token's user.
    pub fn api_key(&self, token: &str, scopes: &[&str]) -> String {
        let body = json!({ "name": "test", "scopes": scopes });
        self.post("/api/auth/api-keys").bearer(token).json(body).send().is(201).str("/data/apiKey")
    }

    /// A fresh token of the operator, who is made if there is none and has proved two factors.
    pub fn admin(&self) -> String {
        let cx = self.cx();
        let found =
            pollster::block_on(store::users::by_email(cx.db.as_ref(), "home", "admin@example.com")).unwrap();
        let admin = found.unwrap_or_else(|| {
            self.user_with("home", "admin@example.com", |user| {
                user.roles = vec!["ADMIN".into()];
                user.operator = true;
            })
        });
        self.session_by(&admin, &["pwd", "otp", "mfa"]).access
    }

    /// Makes a tenant with a namespace of its own and answers a token of its administrator.
    pub fn tenant(&self, id: &str) -> String {
        let body = json!({ "id": id, "name": format!("Tenant {id}") });
        self.post("/tenant/home/v2/Tenants").bearer(&self.admin()).json(body).send().is(201);
        let admin =
            self.user_with(id, &format!("admin@{id}.example"), |user| user.roles = vec!["ADMIN".into()]);
        self.session(&admin).access
    }

    /// Sets members of the home tenant's settings.
    pub fn settings(&self, changes: Value) {
        self.patch("/tenant/home/v2/Settings").bearer(&self.admin()).json(changes).send().is(200);
    }

    /// Makes a gateway route of the home tenant; its name, origin and path have defaults.
    pub fn route(&self, other: Value) -> String {
        let mut spec = json!({ "name": "app", "path": "/app/", "origin": "http://origin.internal:9000" });
        spec.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
        self.post("/tenant/home/v2/Routes").bearer(&self.admin()).json(spec).send().is(201).str("/id")
    }

    /// Registers through the front door and confirms the address.
    pub fn register_verified(&self, email: &str) {
        let body = json!({ "email": email, "password": PASSWORD, "full_name": "Ada Lovelace" });
        self.post("/auth/register").json(body).send().is(201);
        let token = self.mailed_token(email);
        self.post("/auth/verify-email").json(json!({ "token": token })).send().is(200);
    }

    /// Signs in through the front door.
    pub fn login(&self, email: &str, password: &str) -> Reply {
        self.post("/auth/login").json(json!({ "email": email, "password": password })).send()
    }
}
