//! Where one can stand on the way to being signed in, and what they hold there.

use portcullis::model::state::Mfa;
use serde_json::{Value, json};

use crate::harness::{App, PASSWORD, Reply, World};

/// Where one stands, and so what they hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
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
    /// Has the link that was mailed to one who has an app, and nothing else.
    Linked,
    /// Followed it, where codes are mailed: the password is asked for, and not known.
    ByMail,
}

/// What one holds in a state.
pub struct Hand {
    pub world: World,
    pub password: &'static str,
    /// Of a session.
    pub token: String,
    pub refresh: String,
    /// What a browser has in cookies.
    pub cookie: String,
    /// Of a challenge.
    pub secret: String,
    pub code: String,
    /// Of a mail.
    pub link: String,
    /// The user's id.
    pub user: String,
}

const ADA: &str = "ada@example.com";
const BOTH: &str = "UPDATE sessions SET amr = '[\"pwd\",\"otp\",\"mfa\"]' WHERE cookie_hash IS NOT NULL";

impl Hand {
    /// One who stands there.
    pub fn of(state: State) -> Hand {
        let world = World::new();
        world.admin();
        let mut hand = Hand {
            world,
            password: PASSWORD,
            token: "nothing".into(),
            refresh: "nothing".into(),
            cookie: String::new(),
            secret: "nothing".into(),
            code: "123456".into(),
            link: "nothing".into(),
            user: String::new(),
        };
        hand.user = hand.stand(state);
        hand
    }

    fn hold(&mut self, waiting: &Reply) {
        self.secret = waiting.str("/mfa_token");
        self.cookie = format!("__Host-portcullis-challenge={}", self.secret);
    }

    fn sign_in(&mut self, app: &App) {
        self.code = self.world.code(&app.secret);
        self.token = app.access.clone();
        self.refresh = app.refresh.clone();
    }

    fn stand(&mut self, state: State) -> String {
        match state {
            State::Mail => {
                let user = self.world.with_mail(ADA);
                let waiting = self.world.login(ADA, PASSWORD).is(200);
                self.hold(&waiting);
                self.code = self.world.mailed_code(ADA);
                user.id
            }
            State::MustEnrol => {
                let user = self.world.user_with("home", ADA, |user| user.mfa = Mfa::Totp);
                let waiting = self.world.login(ADA, PASSWORD).is(200);
                self.hold(&waiting);
                self.code = self.world.code(&waiting.str("/enrolment/secret"));
                user.id
            }
            State::One | State::Enrolling => {
                let user = self.world.user(ADA);
                let tokens = self.world.session(&user);
                (self.token, self.refresh) = (tokens.access, tokens.refresh);
                self.cookie = format!("__Host-portcullis={}", self.world.cookie(&user));
                if state == State::Enrolling {
                    let begun = self.world.post("/auth/mfa/enable").bearer(&self.token).send().is(200);
                    self.code = self.world.code(&begun.str("/secret"));
                }
                user.id
            }
            State::Two | State::OneOfTwo => {
                let app = self.world.with_app(ADA);
                self.sign_in(&app);
                // Of one alone there is a session where a trusted browser stands for the second.
                let one = ["pwd", "device"];
                self.cookie = format!("__Host-portcullis={}", self.world.cookie_by(&app.user, &one));
                if state == State::Two {
                    self.world.sql(BOTH);
                } else {
                    let tokens = self.world.session_by(&app.user, &one);
                    (self.token, self.refresh) = (tokens.access, tokens.refresh);
                }
                app.user.id
            }
            State::Linked | State::ByMail => {
                let user = match state {
                    State::Linked => self.world.with_app(ADA).user,
                    _ => self.world.with_mail(ADA),
                };
                let path = "/api/auth/magic-link";
                self.password = "a guess";
                self.world.post(&format!("{path}/request")).json(json!({ "email": ADA })).send().is(200);
                self.link = self.world.mailed_token(ADA);
                if state == State::ByMail {
                    let body = json!({ "token": self.link });
                    let waiting = self.world.post(&format!("{path}/verify")).json(body).send().is(200);
                    self.secret = waiting.str("/data/challenge");
                    self.cookie = format!("__Host-portcullis-challenge={}", self.secret);
                }
                user.id
            }
            _ => {
                let app = self.world.with_app(ADA);
                self.code = self.world.code(&app.secret);
                if state != State::Nobody {
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
            State::Nobody => (self.password, self.code) = ("a guess", "123456".into()),
            State::Browser => {
                let fields = [("email", ADA), ("password", PASSWORD)];
                let reply = world.post("/tenant/home/login").form(&fields).send().is(303);
                self.secret = reply.sets("__Host-portcullis-challenge").unwrap();
                self.cookie = format!("__Host-portcullis-challenge={}", self.secret);
            }
            State::Locked => (0..5).for_each(|_| drop(verify(&world.wrong_code(&app.secret)).is(401))),
            State::Used => {
                verify(&self.code).is(200);
                world.advance(30);
                self.code = world.code(&app.secret);
            }
            State::Expired => {
                world.advance(600);
                self.code = world.code(&app.secret);
            }
            State::PasswordChanged => {
                let email = ADA;
                world.post("/auth/forgot-password").json(json!({ "email": email })).send().is(200);
                let body = json!({ "token": world.mailed_token(email), "password": "another password" });
                world.post("/auth/reset-password").json(body).send().is(200);
            }
            State::Disabled => change(json!({ "status": "disabled" })),
            State::Reset => change(json!({ "resetTOTP": true })),
            _ => {}
        }
    }
}
