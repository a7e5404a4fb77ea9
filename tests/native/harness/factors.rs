//! Second factors, set up through the front door.

use portcullis::crypto::totp;
use portcullis::domain::session::channel::Channel;
use portcullis::domain::session::sessions::{NewSession, SessionSecret};
use portcullis::domain::tenants;
use portcullis::model::state::Mfa;
use portcullis::store::users::User;
use serde_json::{Value, json};

use crate::harness::{Ask, PASSWORD, Reply, World};

/// A user with an authenticator app and the first set of backup codes.
pub struct App {
    pub user: User,
    /// The app's secret in base32.
    pub secret: String,
    pub backup: Vec<String>,
    /// Of the session that set it up, which has proved both factors.
    pub access: String,
    pub refresh: String,
}

impl World {
    /// A session of that user in which this was proved.
    pub(super) fn begin(&self, user: &User, amr: &[&str], channel: Channel<'_>) -> SessionSecret {
        let cx = self.cx();
        let tenant = pollster::block_on(tenants::by_id(&cx, &user.tenant_id)).unwrap().unwrap();
        let amr = amr.iter().map(|one| (*one).to_owned()).collect();
        let new = NewSession::new(&cx, &tenant, user, amr);
        let change = new.change();
        pollster::block_on(new.begin(change, None, channel)).unwrap().unwrap()
    }

    /// The code that an app with that base32 secret shows now.
    pub fn code(&self, secret: &str) -> String {
        self.code_of_step(secret, 0)
    }

    /// The code that it shows so many steps later.
    pub fn code_of_step(&self, secret: &str, later: i64) -> String {
        let secret = data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
        totp::code(&secret, self.now().unix() / 30 + later)
    }

    /// Six digits that are no code of that app about now.
    pub fn wrong_code(&self, secret: &str) -> String {
        let near: Vec<String> = (-3..=3).map(|step| self.code_of_step(secret, step)).collect();
        (0..9).map(|n| format!("00000{n}")).find(|code| !near.contains(code)).unwrap()
    }

    /// A user of the home tenant with an app, set up at the first login. Its next code is a fresh one.
    pub fn with_app(&self, email: &str) -> App {
        let user = self.user_with("home", email, |user| user.mfa = Mfa::Totp);
        self.app_of(user)
    }

    /// The same for a user who needs one and has none.
    pub fn app_of(&self, user: User) -> App {
        let waiting = self.login(&user.email, PASSWORD).is(200);
        let secret = waiting.str("/enrolment/secret");
        let done = self.verify(&waiting, &self.code(&secret)).is(200);
        self.advance(30);
        let codes = done.json["backup_codes"].as_array().unwrap();
        let backup = codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect();
        App { user, secret, backup, access: done.str("/access_token"), refresh: done.str("/refresh_token") }
    }

    /// Proves the second factor on the page that an answer leads a browser to.
    pub fn prove_second(&self, app: &App, answer: &Reply) -> Reply {
        let challenge = answer.sets("__Host-portcullis-challenge").unwrap();
        let cookie = format!("__Host-portcullis-challenge={challenge}");
        let page = self.get("/tenant/home/mfa").header("cookie", &cookie).send().is(200);
        let (id, code) = (page.field("challenge"), self.code(&app.secret));
        self.post("/tenant/home/mfa")
            .header("sec-fetch-site", "same-origin")
            .header("cookie", &cookie)
            .form(&[("challenge", &id), ("code", &code), ("own", "1")])
            .send()
            .is(303)
    }

    /// A user of the home tenant whose second factor is a code by mail.
    pub fn with_mail(&self, email: &str) -> User {
        self.user_with("home", email, |user| user.mfa = Mfa::Email)
    }

    /// Completes what a login answered with.
    pub fn verify(&self, waiting: &Reply, code: &str) -> Reply {
        self.verifying(waiting, code).send()
    }

    /// The same before it is sent.
    pub fn verifying(&self, waiting: &Reply, code: &str) -> Ask<'_> {
        let token = waiting.str("/mfa_token");
        self.post("/auth/mfa/verify").json(json!({ "mfa_token": token, "code": code }))
    }

    /// Signs in with password and code at once.
    pub fn mfa_login(&self, email: &str, code: &str) -> Reply {
        let body = json!({ "email": email, "password": PASSWORD, "code": code });
        self.post("/auth/mfa/login").json(body).send()
    }

    /// Every table's rows but of the log of events and what is counted of it: what a refusal must leave as it is.
    pub fn dump(&self) -> Vec<(String, Value)> {
        let tables = self.sql(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT IN ('audit', 'sign_in_days')
             ORDER BY name",
        );
        let name = |row: &portcullis::ports::Row| row["name"].as_str().unwrap().to_owned();
        let all = |table: String| {
            let rows = self.sql(&format!("SELECT * FROM {table}"));
            (table, rows.into_iter().map(Value::Object).collect())
        };
        tables.iter().map(name).map(all).collect()
    }
}
