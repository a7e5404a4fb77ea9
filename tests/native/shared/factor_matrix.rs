//! Sign-in as a state machine: from every state, each endpoint that takes part in it either belongs there and
//! works, or refuses and changes nothing.

use serde_json::{Value, json};

use crate::harness::{App, Ask, PASSWORD, Reply, World};

/// Where one stands, and so what they hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Knows nothing, not even the password.
    Nobody,
    /// Gave the password; an app is asked for.
    App,
    /// Gave the password; a mailed code is asked for.
    Mail,
    /// Gave the password; an app is to be set up.
    MustEnrol,
    /// Gave the password in a browser, and shows what that got to an API.
    Browser,
    /// As `App`, with all guesses used up.
    Locked,
    /// As `App`, with what was completed already.
    Used,
    /// As `App`, too late.
    Expired,
    /// As `App`, and the password is another one by now.
    PasswordChanged,
    /// As `App`, and the user is disabled by now.
    Disabled,
    /// As `App`, and the second factor was reset by now.
    Reset,
    /// Signed in with all that there is.
    One,
    /// Signed in with one factor, although there is a second.
    OneOfTwo,
    /// Signed in with both.
    Two,
    /// As `One`, setting an app up.
    Enrolling,
}

use State::{App as NeedsApp, Browser, Disabled, Enrolling, Expired, Locked, Mail, MustEnrol, Nobody, One};
use State::{OneOfTwo, PasswordChanged, Reset, Two, Used};

const STATES: [State; 15] = [
    Nobody,
    NeedsApp,
    Mail,
    MustEnrol,
    Browser,
    Locked,
    Used,
    Expired,
    PasswordChanged,
    Disabled,
    Reset,
    One,
    OneOfTwo,
    Two,
    Enrolling,
];

/// Where the password is known and right.
const PASSWORD_KNOWN: &[State] =
    &[NeedsApp, Mail, MustEnrol, Browser, Locked, Used, Expired, Reset, One, OneOfTwo, Two, Enrolling];
/// Where there is a session of the person's own.
const SIGNED_IN: &[State] = &[One, OneOfTwo, Two, Enrolling];
/// Where there is a session and a code of the second factor at hand.
const WITH_CODE: &[State] = &[OneOfTwo, Two];
/// Where something waits for a code.
const WAITING: &[State] = &[NeedsApp, Mail, MustEnrol];
/// Where password and code are at hand, and nothing keeps them from being looked at.
const BOTH_KNOWN: &[State] = &[NeedsApp, Browser, Used, Expired, OneOfTwo, Two];
const NEVER: &[State] = &[];

/// What one holds in a state.
struct Hand {
    world: World,
    password: &'static str,
    token: String,
    refresh: String,
    secret: String,
    code: String,
    user: String,
}

/// An endpoint that takes part, how it is asked, and where it works.
struct Part {
    row: &'static str,
    how: &'static str,
    works: &'static [State],
    body: fn(&Hand) -> Value,
}

const fn part(
    row: &'static str,
    how: &'static str,
    works: &'static [State],
    body: fn(&Hand) -> Value,
) -> Part {
    Part { row, how, works, body }
}

fn nothing(_: &Hand) -> Value {
    Value::Null
}

fn code(hand: &Hand) -> Value {
    json!({ "code": hand.code })
}

fn login(hand: &Hand) -> Value {
    json!({ "email": "ada@example.com", "password": hand.password })
}

fn token(hand: &Hand) -> Value {
    json!({ "mfa_token": hand.secret, "code": hand.code })
}

fn challenge(hand: &Hand) -> Value {
    json!({ "challenge": hand.secret, "code": hand.code })
}

/// Every row that signs people in or changes what it takes to.
const PARTS: &[Part] = &[
    part("POST /api/auth/login", "", PASSWORD_KNOWN, login),
    part("POST /auth/login", "", PASSWORD_KNOWN, login),
    part("POST /tenant/{tenant}/login", "form", PASSWORD_KNOWN, login),
    part(
        "POST /auth/mfa/login",
        "",
        BOTH_KNOWN,
        |hand| json!({ "email": "ada@example.com", "password": hand.password, "code": hand.code }),
    ),
    part("POST /api/auth/mfa/verify", "", WAITING, challenge),
    part("POST /auth/mfa/verify", "", WAITING, token),
    part("POST /auth/mfa/verify", "bearer", &[Enrolling], code),
    part("POST /api/auth/mfa/send", "", &[Mail], challenge),
    part("POST /auth/mfa/send", "", &[Mail], token),
    part("POST /auth/mfa/send", "bearer", SIGNED_IN, nothing),
    part("POST /api/auth/mfa/step-up", "bearer", SIGNED_IN, nothing),
    part("GET /api/auth/mfa", "bearer", SIGNED_IN, nothing),
    part("GET /auth/mfa", "bearer", SIGNED_IN, nothing),
    part("POST /auth/mfa/enable", "bearer", &[One, Two, Enrolling], nothing),
    part("GET /auth/mfa/backup-codes", "bearer", SIGNED_IN, nothing),
    part("POST /auth/mfa/backup-codes", "bearer", WITH_CODE, code),
    part("POST /auth/mfa/disable", "bearer", WITH_CODE, code),
    part("POST /api/auth/refresh", "", SIGNED_IN, |hand| json!({ "refreshToken": hand.refresh })),
    part("POST /auth/refresh", "", SIGNED_IN, |hand| json!({ "refresh_token": hand.refresh })),
    part(
        "POST /api/auth/change-password",
        "bearer",
        SIGNED_IN,
        |hand| json!({ "currentPassword": hand.password, "newPassword": "yet another password" }),
    ),
    part("PUT /tenant/{tenant}/v2/Users/{id}", "bearer", NEVER, |_| json!({ "resetTOTP": true })),
    part("PATCH /tenant/{tenant}/v2/Users/{id}", "bearer", NEVER, |_| json!({ "mfa": "none" })),
];

/// Rows of the people's surfaces that sign nobody in and change no factor: what they take is a session like any
/// other's, or a link in a mail. Surfaces for machines and administrators stand here as a whole.
const APART: &[&str] = &[
    "GET /api/auth/me",
    "POST /api/auth/logout",
    "GET /api/auth/api-keys",
    "POST /api/auth/api-keys",
    "DELETE /api/auth/api-keys/{id}",
    "POST /auth/register",
    "GET /auth/verify-email",
    "POST /auth/verify-email",
    "POST /auth/logout",
    "POST /auth/forgot-password",
    "GET /auth/reset-password",
    "POST /auth/reset-password",
    "GET /users/auth/status",
    "POST /users/generate-api-key",
    "POST /users/logout",
    "GET /tenant/{tenant}/login",
    "GET /tenant/{tenant}/account",
    "POST /tenant/{tenant}/account",
    "GET /tenant/{tenant}/consent",
    "POST /tenant/{tenant}/consent",
    "GET /tenant/{tenant}/device",
    "POST /tenant/{tenant}/device",
    "GET /tenant/{tenant}/forgot",
    "POST /tenant/{tenant}/forgot",
    "GET /tenant/{tenant}/logout",
    "POST /tenant/{tenant}/logout",
    "GET /tenant/{tenant}/register",
    "POST /tenant/{tenant}/register",
];
const APART_SURFACES: [&str; 3] = ["oauth", "tenant", "system"];

#[test]
fn every_row_takes_part_or_stands_apart() {
    let world = World::new();
    let mut unknown = Vec::new();
    for surface in world.table.surfaces() {
        for route in &surface.routes {
            let row = format!("{} {}", route.method, route.path);
            let parts = PARTS.iter().any(|part| part.row == row);
            let apart = APART.contains(&row.as_str()) || APART_SURFACES.contains(&surface.name);
            if !parts && !apart || parts && APART.contains(&row.as_str()) {
                unknown.push(row);
            }
        }
    }
    assert!(unknown.is_empty(), "say where these belong: {unknown:#?}");
}

impl Hand {
    /// One who stands there.
    fn of(state: State) -> Hand {
        let world = World::new();
        world.admin();
        let mut hand = Hand {
            world,
            password: PASSWORD,
            token: "nothing".into(),
            refresh: "nothing".into(),
            secret: "nothing".into(),
            code: "123456".into(),
            user: String::new(),
        };
        hand.user = hand.stand(state);
        hand
    }

    fn hold(&mut self, waiting: &Reply) {
        self.secret = waiting.str("/mfa_token");
    }

    fn sign_in(&mut self, app: &App) {
        self.code = self.world.code(&app.secret);
        self.token = app.access.clone();
        self.refresh = app.refresh.clone();
    }

    fn stand(&mut self, state: State) -> String {
        const ADA: &str = "ada@example.com";
        match state {
            Mail => {
                let user = self.world.with_mail(ADA);
                let waiting = self.world.login(ADA, PASSWORD).is(200);
                self.hold(&waiting);
                self.code = self.world.mailed_code(ADA);
                user.id
            }
            MustEnrol => {
                let user = self.world.user_with("home", ADA, |user| user.mfa = "totp".into());
                let waiting = self.world.login(ADA, PASSWORD).is(200);
                self.hold(&waiting);
                self.code = self.world.code(&waiting.str("/enrolment/secret"));
                user.id
            }
            One | Enrolling => {
                let user = self.world.user(ADA);
                let tokens = self.world.session(&user);
                (self.token, self.refresh) = (tokens.access, tokens.refresh);
                if state == Enrolling {
                    let begun = self.world.post("/auth/mfa/enable").bearer(&self.token).send().is(200);
                    self.code = self.world.code(&begun.str("/secret"));
                }
                user.id
            }
            Two | OneOfTwo => {
                let app = self.world.with_app(ADA);
                self.sign_in(&app);
                if state == OneOfTwo {
                    let tokens = self.world.session(&app.user);
                    (self.token, self.refresh) = (tokens.access, tokens.refresh);
                }
                app.user.id
            }
            _ => {
                let app = self.world.with_app(ADA);
                self.code = self.world.code(&app.secret);
                if state != Nobody {
                    let waiting = self.world.login(ADA, PASSWORD).is(200);
                    self.hold(&waiting);
                }
                self.go_on(state, &app);
                app.user.id
            }
        }
    }

    /// What happens to one of whom an app is asked.
    fn go_on(&mut self, state: State, app: &App) {
        let world = &self.world;
        let verify = |code: &str| {
            let body = json!({ "mfa_token": self.secret, "code": code });
            world.post("/auth/mfa/verify").json(body).send()
        };
        let change = |body: Value| {
            let path = format!("/tenant/home/v2/Users/{}", app.user.id);
            world.put(&path).bearer(&world.admin()).json(body).send().is(200);
        };
        match state {
            Nobody => (self.password, self.code) = ("a guess", "123456".into()),
            Browser => {
                world.sql("UPDATE challenges SET browser = 1");
            }
            Locked => (0..5).for_each(|_| drop(verify(&world.wrong_code(&app.secret)).is(401))),
            Used => {
                verify(&self.code).is(200);
                world.advance(30);
                self.code = world.code(&app.secret);
            }
            Expired => {
                world.advance(600);
                self.code = world.code(&app.secret);
            }
            PasswordChanged => {
                let email = "ada@example.com";
                world.post("/auth/forgot-password").json(json!({ "email": email })).send().is(200);
                let body = json!({ "token": world.mailed_token(email), "password": "another password" });
                world.post("/auth/reset-password").json(body).send().is(200);
            }
            Disabled => change(json!({ "status": "disabled" })),
            Reset => change(json!({ "resetTOTP": true })),
            _ => {}
        }
    }

    fn ask(&self, part: &Part) -> Ask<'_> {
        let (method, path) = part.row.split_once(' ').unwrap();
        let path = path.replace("{tenant}", "home").replace("{id}", &self.user);
        let ask = self.world.ask(method, &path).fresh();
        let ask = if part.how == "bearer" { ask.bearer(&self.token) } else { ask };
        match (part.how, (part.body)(self)) {
            (_, Value::Null) => ask,
            ("form", body) => {
                let fields = body.as_object().unwrap();
                let fields: Vec<(&str, &str)> =
                    fields.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect();
                ask.form(&fields)
            }
            (_, body) => ask.json(body),
        }
    }
}

/// What differs, by table.
fn changed(before: &[(String, Value)], after: &[(String, Value)]) -> Vec<String> {
    before
        .iter()
        .zip(after)
        .filter(|(b, a)| b != a)
        .map(|(b, a)| format!("{}: {} to {}", b.0, b.1, a.1))
        .collect()
}

fn refuses_what_does_not_belong(state: State) {
    let hand = Hand::of(state);
    for part in PARTS.iter().filter(|part| !part.works.contains(&state)) {
        let what = format!("{state:?}: {} {}", part.row, part.how);
        let before = hand.world.dump();
        let reply = hand.ask(part).send();
        assert!((400..500).contains(&reply.status), "{what} answered {}: {}", reply.status, reply.text);
        let changed = changed(&before, &hand.world.dump());
        assert!(changed.is_empty(), "{what} was refused and changed {changed:#?}");
    }
    for part in PARTS.iter().filter(|part| part.works.contains(&state)) {
        let hand = Hand::of(state);
        let reply = hand.ask(part).send();
        let worked = matches!(reply.status, 200 | 303);
        assert!(worked, "{state:?}: {} {} answered {}: {}", part.row, part.how, reply.status, reply.text);
    }
}

#[test]
fn from_every_state_only_what_belongs_there_works() {
    for state in STATES {
        refuses_what_does_not_belong(state);
    }
}
