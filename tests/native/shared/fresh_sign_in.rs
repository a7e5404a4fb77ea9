//! Lasting access from a stolen token: a token alone sets no factor up, adds no passkey, changes no address and makes no
//! key. Each endpoint that makes what lasts is asked in each state of the session, on each surface.

use portcullis::http::guard::Guard;
use portcullis::store::users::User;
use serde_json::{Value, json};

use crate::harness::{App, Ask, Authenticator, PASSWORD, Reply, World};
use crate::shared::fresh_sign_in_exempt::{EXEMPT, SECTIONS_APART};
use crate::shared::fresh_sign_in_rows::ROWS;

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Person,
    /// A person who signs in by mail.
    NoPassword,
    Admin,
    Operator,
}

/// What is done while the sign-in is fresh, and goes on later.
pub type Begin = fn(&Stage) -> Value;
/// The request itself, with what was begun and a password to send along.
pub type Send = for<'w> fn(&'w Stage, &Value, Option<&str>) -> Ask<'w>;

/// An endpoint that makes what lasts.
pub struct Row {
    /// Method and path as in the route table; a section of the account page behind `#`.
    pub row: &'static str,
    pub who: Who,
    /// Whether the setting for API keys counts.
    pub keys: bool,
    /// Whether it reads a password itself; where it does not, `/api/auth/reauthenticate` does.
    pub inline: bool,
    /// Whether one who has a second factor can ask for it as well.
    pub with_app: bool,
    pub begin: Begin,
    pub send: Send,
}

impl Row {
    pub fn is_page(&self) -> bool {
        self.row.contains("/account") || self.row.ends_with("{tenant}/mfa")
    }
}

/// A person in a session whose sign-in is as old as a test says.
pub struct Stage {
    pub world: World,
    pub user: User,
    pub token: String,
    pub refresh: String,
    pub cookie: String,
    app: Option<App>,
}

/// A minute for factors, two for keys: the defaults are tried below.
const FACTORS: i64 = 60;
const KEYS: i64 = 120;

impl Stage {
    pub fn of(row: &Row, with_app: bool) -> Stage {
        let world = World::new();
        world.settings(
            json!({ "reauthenticationSeconds": FACTORS, "apiKeyReauthenticationSeconds": KEYS, "mfa": "optional" }),
        );
        let mfa = if with_app { "totp" } else { "none" };
        let user = match row.who {
            Who::Operator => {
                let id = world.sql("SELECT id FROM users WHERE operator = 1")[0]["id"].clone();
                let found = portcullis::store::users::by_id(world.db.as_ref(), "home", id.as_str().unwrap());
                pollster::block_on(found).unwrap().unwrap()
            }
            who => world.user_with("home", "ada@example.com", |user| {
                user.mfa = mfa.parse().unwrap();
                if who == Who::NoPassword {
                    user.password_hash = None;
                }
                if who == Who::Admin {
                    user.roles = vec!["ADMIN".into()];
                }
            }),
        };
        let app = with_app.then(|| world.app_of(user.clone()));
        let amr: &[&str] = if row.who == Who::NoPassword { &["otp"] } else { &["pwd", "otp", "mfa"] };
        let tokens = world.session_by(&user, amr);
        let cookie = world.cookie_by(&user, amr);
        Stage { token: tokens.access, refresh: tokens.refresh, cookie, app, user, world }
    }

    /// A form of the account page.
    pub fn section(&self, section: &str, more: &[(&str, &str)]) -> Ask<'_> {
        let mut fields = vec![("section", section)];
        fields.extend(more);
        self.world.post("/tenant/home/account").navigating().cookie(&self.cookie).form(&fields)
    }

    pub fn post(&self, path: &str, body: Value, password: Option<&str>) -> Ask<'_> {
        self.ask("POST", path, body, password)
    }

    pub fn ask(&self, method: &str, path: &str, mut body: Value, password: Option<&str>) -> Ask<'_> {
        if let Some(password) = password {
            body["password"] = password.into();
        }
        self.world.ask(method, path).bearer(&self.token).json(body)
    }

    /// A passkey that a browser made while the sign-in was fresh.
    pub fn new_passkey(&self) -> Value {
        Authenticator::new(1).create(&self.world.creation_options(&self.token))
    }

    fn refreshed(&mut self) {
        let body = json!({ "refreshToken": self.refresh });
        let done = self.world.post("/api/auth/refresh").json(body).send().is(200);
        self.token = done.str("/data/accessToken");
    }

    fn step_up(&mut self) {
        let waiting = self.world.post("/api/auth/mfa/step-up").bearer(&self.token).send().is(200);
        let code = self.world.code(&self.app.as_ref().unwrap().secret);
        let body = json!({ "challenge": waiting.str("/data/challenge"), "code": code });
        let done = self.world.post("/api/auth/mfa/verify").json(body).send().is(200);
        self.token = done.str("/data/tokens/accessToken");
    }

    fn confirm(&self, password: &str) -> Reply {
        let body = json!({ "password": password });
        self.world.post("/api/auth/reauthenticate").bearer(&self.token).json(body).send()
    }
}

/// A stage where it began while the sign-in was fresh, which it is no more.
fn later(row: &Row, with_app: bool) -> (Stage, Value) {
    let stage = Stage::of(row, with_app);
    let begun = (row.begin)(&stage);
    stage.world.advance(if row.keys { KEYS } else { FACTORS });
    (stage, begun)
}

fn refused_as_stale(row: &Row, what: &str, stage: &Stage, begun: &Value) {
    let before = stage.world.dump();
    let reply = (row.send)(stage, begun, None).send();
    if row.is_page() {
        let to = reply.header("location").unwrap_or_default();
        let confirms = to.starts_with("/tenant/home/login?") && to.contains("confirm=1");
        assert!(reply.status == 303 && confirms, "{} {what}: {} to {to:?}", row.row, reply.status);
        assert!(to.contains("return_to=/tenant/home/account"), "{} {what}: {to}", row.row);
    } else {
        assert_eq!(reply.status, 401, "{} {what}: {}", row.row, reply.text);
        let seconds = if row.keys { KEYS } else { FACTORS };
        let challenge = format!("Bearer error=\"insufficient_user_authentication\", max_age=\"{seconds}\"");
        assert_eq!(reply.header("www-authenticate"), Some(challenge.as_str()), "{} {what}", row.row);
        let code = if row.row.contains(" /auth/mfa") { "/error" } else { "/code" };
        let said = reply.str(code).to_ascii_lowercase();
        assert_eq!(said, "reauthentication_required", "{} {what}", row.row);
    }
    assert_eq!(stage.world.dump(), before, "{} {what} changed something", row.row);
}

fn done(row: &Row, what: &str, reply: &Reply) {
    let to = reply.header("location").unwrap_or_default();
    let well = (200..=204).contains(&reply.status) || reply.status == 303 && !to.contains("/login");
    assert!(well, "{} {what}: {} {to} {}", row.row, reply.status, reply.text);
}

#[test]
fn what_lasts_is_made_soon_after_a_sign_in() {
    for row in ROWS {
        let stage = Stage::of(row, false);
        let begun = (row.begin)(&stage);
        // The last moment of it.
        stage.world.advance(if row.keys { KEYS } else { FACTORS } - 1);
        done(row, "fresh", &(row.send)(&stage, &begun, None).send());
    }
}

#[test]
fn a_stolen_token_makes_nothing_that_lasts() {
    for row in ROWS {
        let (stage, begun) = later(row, false);
        refused_as_stale(row, "stale", &stage, &begun);
        // Nor where an isolate remembers nothing, and not a second time.
        refused_as_stale(row, "stale again", &stage, &begun);
        if !row.is_page() {
            let fresh = (row.send)(&stage, &begun, None).fresh().send();
            assert_eq!(fresh.status, 401, "{}: {}", row.row, fresh.text);
        }
    }
}

#[test]
fn a_refresh_is_no_sign_in() {
    for row in ROWS.iter().filter(|row| !row.is_page()) {
        let (mut stage, begun) = later(row, false);
        stage.refreshed();
        refused_as_stale(row, "refreshed", &stage, &begun);
    }
    for row in ROWS.iter().filter(|row| row.is_page()) {
        let (stage, begun) = later(row, false);
        let account = stage.world.get("/tenant/home/account").navigating().cookie(&stage.cookie);
        account.send().is(200);
        refused_as_stale(row, "after a look at the page", &stage, &begun);
    }
}

#[test]
fn a_step_up_counts_as_a_sign_in() {
    let mut seen = 0;
    for row in ROWS.iter().filter(|row| row.with_app && !row.is_page()) {
        let (mut stage, begun) = later(row, true);
        refused_as_stale(row, "before the step-up", &stage, &begun);
        stage.step_up();
        done(row, "stepped up", &(row.send)(&stage, &begun, None).send());
        seen += 1;
    }
    assert!(seen > 10, "{seen}");
}

#[test]
fn a_password_that_is_sent_counts_and_a_wrong_one_does_not() {
    let (mut inline, mut before) = (0, 0);
    for row in ROWS.iter().filter(|row| !row.is_page() && row.who != Who::NoPassword) {
        let (stage, begun) = later(row, false);
        if row.inline {
            let rows = stage.world.dump();
            let wrong = (row.send)(&stage, &begun, Some("wrong")).send();
            assert_eq!(wrong.status, 401, "{}: {}", row.row, wrong.text);
            assert!(wrong.header("www-authenticate").is_none_or(|told| !told.contains("max_age")));
            assert_eq!(stage.world.dump(), rows, "{} changed something", row.row);
            assert_eq!(stage.world.events("session.reauthenticated"), 1, "{}", row.row);
            refused_as_stale(row, "after a wrong password", &stage, &begun);
            done(row, "with the password", &(row.send)(&stage, &begun, Some(PASSWORD)).send());
            inline += 1;
        } else {
            stage.confirm("wrong").is(401);
            refused_as_stale(row, "after a wrong password", &stage, &begun);
            stage.confirm(PASSWORD).is(200);
            // In another isolate as well, which remembers the session as it was.
            let elsewhere = (row.send)(&stage, &begun, None).elsewhere().send();
            done(row, "after the password", &elsewhere);
            before += 1;
        }
        assert_eq!(stage.world.events("session.reauthenticated"), 2, "{}", row.row);
    }
    assert!(inline >= 8 && before >= 10, "{inline} {before}");
}

#[test]
fn guesses_at_the_password_of_a_stolen_token_are_counted_with_those_of_a_change() {
    for row in ROWS.iter().filter(|row| row.inline) {
        let (stage, begun) = later(row, false);
        for _ in 0..5 {
            assert_eq!((row.send)(&stage, &begun, Some("wrong")).send().status, 401, "{}", row.row);
        }
        assert_eq!((row.send)(&stage, &begun, Some(PASSWORD)).send().status, 429, "{}", row.row);
        stage.confirm(PASSWORD).is(429);
        let body = json!({ "currentPassword": PASSWORD, "newPassword": "another password" });
        stage.post("/api/auth/change-password", body, None).send().is(429);
    }
}

#[test]
fn a_page_comes_back_after_the_person_has_signed_in_once_more() {
    for row in ROWS.iter().filter(|row| row.is_page() && row.who == Who::Person) {
        let (mut stage, begun) = later(row, false);
        let away = (row.send)(&stage, &begun, None).send().is(303);
        let to = away.header("location").unwrap().to_owned();
        let page = stage.world.get(&to).navigating().cookie(&stage.cookie).send().is(200);
        assert!(
            page.text.contains("confirm that it is you") && page.text.contains("value=\"ada@example.com\"")
        );
        let (_, back) = page.text.split_once("name=\"return_to\" value=\"").unwrap();
        let back = back.split('"').next().unwrap().to_owned();
        let fields = [
            ("email", "ada@example.com"),
            ("password", PASSWORD),
            ("return_to", back.as_str()),
            ("own", "1"),
        ];
        let login = stage.world.post("/tenant/home/login").navigating().cookie(&stage.cookie).form(&fields);
        let signed_in = login.send().is(303);
        assert!(signed_in.header("location").unwrap().starts_with("/tenant/home/account"), "{}", row.row);
        stage.cookie = signed_in.sets("__Host-portcullis").unwrap();
        // What was begun in the session before is over with it.
        if begun.is_null() {
            done(row, "signed in once more", &(row.send)(&stage, &begun, None).send());
        }
    }
}

#[test]
fn by_default_it_is_ten_minutes_and_a_day() {
    let world = World::new();
    let user = world.user("ada@example.com");
    let tokens = world.session(&user);
    let refreshed = |refresh: &str| {
        let done = world.post("/api/auth/refresh").json(json!({ "refreshToken": refresh })).send().is(200);
        (done.str("/data/accessToken"), done.str("/data/refreshToken"))
    };
    let enable = |token: &str| world.post("/auth/mfa/enable").bearer(token).send();
    world.advance(599);
    enable(&tokens.access).is(200);
    world.advance(1);
    enable(&tokens.access).is(401);
    world.api_key(&tokens.access, &["read"]);
    world.advance(86_400 - 601);
    let (token, refresh) = refreshed(&tokens.refresh);
    world.api_key(&token, &["read"]);
    world.advance(1);
    let key = |token: &str| {
        world.post("/api/auth/api-keys").bearer(token).json(json!({ "name": "k", "scopes": ["read"] })).send()
    };
    key(&token).is(401);
    key(&refreshed(&refresh).0).is(401);
    // A key makes no sign-in fresh, and signs nobody in: what it makes in the tenant API has no more than it has.
    let admin = world.user_with("home", "eve@example.com", |user| user.roles = vec!["ADMIN".into()]);
    let own = world.api_key(&world.session(&admin).access, &["read", "write"]);
    world.advance(30 * 86_400);
    let body = json!({ "name": "k", "scopes": ["read"] });
    world.post("/tenant/home/v2/ApiKeys").key(&own).json(body).send().is(201);
}

#[test]
fn the_windows_are_bounded_and_the_operators_are_never_wider_than_the_defaults() {
    let world = World::new();
    for (name, low, high) in
        [("reauthenticationSeconds", 60, 3_600), ("apiKeyReauthenticationSeconds", 60, 604_800)]
    {
        for (value, status) in [(low - 1, 400), (low, 200), (high, 200), (high + 1, 400)] {
            let ask = world.patch("/tenant/home/v2/Settings").bearer(&world.admin());
            ask.json(json!({ name: value })).send().is(status);
        }
    }
    // Both are at their widest now.
    let token = world.admin();
    world.advance(601);
    world.post("/auth/mfa/enable").bearer(&token).send().is(401);
    let ada = world.session(&world.user("ada@example.com")).access;
    world.advance(601);
    world.post("/auth/mfa/enable").bearer(&ada).send().is(200);
}

#[test]
fn setting_a_factor_up_makes_no_sign_in_fresh() {
    let world = World::new();
    let token = world.session(&world.user("ada@example.com")).access;
    let begun = world.post("/auth/mfa/enable").bearer(&token).send().is(200);
    world.advance(599);
    let code = world.code(&begun.str("/secret"));
    let done = world.post("/auth/mfa/verify").bearer(&token).json(json!({ "code": code })).send().is(200);
    world.advance(1);
    let token = done.str("/access_token");
    world.post("/api/auth/passkeys/options").bearer(&token).send().is(401);
}

#[test]
fn every_row_that_makes_what_lasts_is_tried_here() {
    let world = World::new();
    let mut unknown = Vec::new();
    for surface in world.table.surfaces() {
        for route in &surface.routes {
            let guarded = !matches!(route.run.guard(), Guard::Open | Guard::Client | Guard::Session);
            let row = format!("{} {}", route.method, route.path);
            let tried = ROWS.iter().any(|one| one.row == row);
            let exempt = EXEMPT.iter().any(|(one, _)| *one == row);
            if guarded && route.method != "GET" && tried == exempt {
                unknown.push(row);
            }
        }
    }
    assert!(unknown.is_empty(), "say whether these make what lasts: {unknown:#?}");
    // What the account page's forms do is told apart in one place.
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/api/pages/account/mod.rs");
    let text = std::fs::read_to_string(file).unwrap();
    let (_, arms) = text.split_once("match what {").unwrap();
    let arms = arms.split_once("_ => return Err").unwrap().0;
    let sections: Vec<&str> = arms
        .lines()
        .filter_map(|line| line.strip_prefix("        \"")?.split_once("\" =>"))
        .map(|(section, _)| section)
        .collect();
    assert!(sections.len() > 15, "{sections:?}");
    for section in sections {
        let tried = ROWS.iter().any(|row| row.row.ends_with(&format!("/account#{section}")));
        let apart = SECTIONS_APART.iter().any(|(one, _)| *one == section);
        assert!(tried != apart, "say whether the section {section} makes what lasts");
    }
}
