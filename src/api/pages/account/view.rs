//! The account page itself, in four parts: profile, security, devices, apps and keys.

use askama::Template;

use crate::api::pages::account::factor;
use crate::api::pages::account::lists::{Lists, lists};
use crate::api::pages::account::services::{self, Services};
use crate::api::pages::messages::{Messages, fill};
use crate::api::pages::people::moment;
use crate::api::pages::place::Place;
use crate::api::pages::words::Problem;
use crate::cx::Cx;
use crate::domain::session::principal::OwnSession;
use crate::domain::session::sessions::SessionSummary;
use crate::http::guard::Answer;
use crate::model::agent;
use crate::model::time::Time;

/// The sections that say themselves what went wrong in them, each with its fields.
pub(super) const ASK: [(&str, &[&str]); 13] = [
    ("profile", &["name"]),
    ("password", &["current", "password"]),
    ("email", &["email", "current"]),
    ("factor-codes", &["code"]),
    ("factor-off", &["code"]),
    ("passkey-add", &[]),
    ("passkey-name", &[]),
    ("identity-off", &[]),
    ("key-add", &["name", "scopes"]),
    ("connect", &["label"]),
    ("service-key", &["apiKey", "label"]),
    ("service-off", &[]),
    ("delete", &["current"]),
];

/// What of the page went wrong.
pub(super) struct Wrong<'a> {
    /// The section; empty for one that has no form to say it in.
    pub(crate) part: &'static str,
    /// What.
    pub(crate) problem: Problem,
    /// What was typed, which is shown again.
    pub(crate) typed: Typed<'a>,
}

/// What was typed.
#[derive(Default)]
pub(super) struct Typed<'a> {
    /// A name, of the section that has one.
    pub(crate) name: Option<&'a str>,
    /// An address.
    pub(crate) email: Option<&'a str>,
    /// Scopes beyond those that can be ticked.
    pub(crate) scopes: Option<&'a str>,
}

/// What is shown besides the account itself.
#[derive(Default)]
pub(super) struct Shows<'a> {
    /// What was done, in a sentence.
    pub(crate) done: Option<&'static str>,
    /// What went wrong.
    pub(crate) wrong: Option<Wrong<'a>>,
    /// What a browser needs to make a passkey, which it is about to.
    pub(crate) options: Option<String>,
    /// The list of which all are shown.
    pub(crate) whole: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "account.html")]
struct Account<'a> {
    m: &'static Messages,
    place: &'a Place,
    session: &'a OwnSession,
    factor: Option<factor::Shown>,
    lists: Lists,
    services: Services,
    done: Option<&'static str>,
    part: &'static str,
    problem: Option<Problem>,
    typed: Typed<'a>,
    options: Option<String>,
    now: Time,
}

impl Account<'_> {
    fn name(&self) -> &str {
        let typed = self.typed.name.filter(|_| self.part == "profile");
        typed.or(self.session.user.name.as_deref()).unwrap_or_default()
    }

    fn greeting(&self) -> String {
        fill(self.m.account_of, "email", &self.session.user.email)
    }

    fn has_password(&self) -> bool {
        self.session.user.password_hash.is_some()
    }

    fn device(&self, user_agent: &str) -> String {
        agent::device(user_agent).unwrap_or_else(|| self.m.session_unknown.to_owned())
    }

    fn is_this(&self, session: &SessionSummary) -> bool {
        self.session.id() == session.id
    }

    /// Whether a person comes back from a service that is connected now: they are led to its section, and told there.
    fn has_connected(&self) -> bool {
        self.done == Some(self.m.service_connected)
    }

    /// What is wrong with a field of a section, or with the whole of it.
    fn wrong(&self, part: &str, field: &str) -> Option<&Problem> {
        self.problem.as_ref().filter(|problem| self.part == part && problem.field == field)
    }

    /// The attributes of a section's field.
    fn field(&self, part: &str, name: &str, hint: &str) -> String {
        let none = None;
        let problem = if self.part == part { &self.problem } else { &none };
        self.place.field(problem, name, hint)
    }

    /// An instant as HTML: how long ago, with the whole of it for machines and for who asks. All of it is ours.
    fn time(&self, at: &Time) -> String {
        let at = moment(self.m, *at, self.now);
        format!("<time datetime=\"{}\" title=\"{}\">{}</time>", at.machine, at.exact, at.shown)
    }

    /// The page with all of a list.
    fn whole(&self, kind: &str) -> String {
        self.place.link_with("account", &format!("all={kind}#{kind}"))
    }

    fn days(&self, days: u32) -> String {
        fill(self.m.key_days, "n", days)
    }

    fn ask(&self, sentence: &str, name: &str) -> String {
        fill(sentence, "name", name)
    }

    fn show_all(&self, count: &usize) -> String {
        fill(self.m.show_all, "n", count)
    }
}

/// The whole page, with what was done or what went wrong.
pub(super) async fn page(cx: &Cx, place: &Place, session: &OwnSession, shows: Shows<'_>) -> Answer {
    let Shows { done, wrong, options, whole } = shows;
    let (part, problem, typed) = match wrong {
        Some(Wrong { part, problem, typed }) => (part, Some(problem), typed),
        None => ("", None, Typed::default()),
    };
    let (lists, factor, services) = futures_util::future::join3(
        lists(cx, session, whole),
        factor::view(cx, place, session),
        services::view(cx, session),
    )
    .await;
    let account = Account {
        m: place.m,
        place,
        session,
        factor: factor?,
        lists: lists?,
        services: services?,
        done,
        part,
        problem,
        typed,
        options,
        now: cx.now,
    };
    let status = account.problem.as_ref().map_or(200, |problem| problem.status);
    Ok(place.page(status, &account)?)
}
