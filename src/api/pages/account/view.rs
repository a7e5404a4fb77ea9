//! The account page itself: a section for each thing that a person can change.

use askama::Template;

use crate::api::pages::account::factor;
use crate::api::pages::account::view;
use crate::api::pages::messages::{Messages, fill};
use crate::api::pages::place::Place;
use crate::api::pages::words::Problem;
use crate::cx::Cx;
use crate::domain::api_keys;
use crate::domain::consents::{self, Consent};
use crate::domain::passkeys::{self, Passkey};
use crate::domain::principal::Session;
use crate::domain::sessions::{self, Shown};
use crate::domain::trusted_devices::{self, Device};
use crate::http::guard::Answer;
use crate::model::agent;
use crate::model::time::Time;
use crate::store::Page;
use crate::store::api_keys::ApiKey;

/// The sections that say themselves what went wrong in them.
pub(super) const ASK: &[&str] = &["profile", "password", "email", "factor", "passkey"];

/// What of the page went wrong.
pub(super) struct Wrong<'a> {
    /// The section.
    pub part: &'static str,
    /// What.
    pub problem: Problem,
    /// The name as it was typed, if it cannot be saved.
    pub name: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "account.html")]
struct Account<'a> {
    m: &'static Messages,
    place: &'a Place,
    session: &'a Session,
    factor: Option<factor::Shown>,
    passkeys: Vec<Passkey>,
    trusted: Vec<Device>,
    sessions: Vec<Shown>,
    apps: Vec<Consent>,
    keys: Vec<ApiKey>,
    done: Option<&'static str>,
    part: &'static str,
    problem: Option<Problem>,
    name: Option<&'a str>,
    /// What a browser needs to make a passkey.
    options: Option<String>,
}

impl Account<'_> {
    fn name(&self) -> &str {
        self.name.or(self.session.user.name.as_deref()).unwrap_or_default()
    }

    fn greeting(&self) -> String {
        fill(self.m.account_of, "email", &self.session.user.email)
    }

    fn device(&self, user_agent: &str) -> String {
        agent::device(user_agent).unwrap_or_else(|| self.m.session_unknown.to_owned())
    }

    fn is_this(&self, session: &Shown) -> bool {
        self.session.id() == session.id
    }
}

/// As `2026-05-01 12:00 UTC`.
fn minute(at: &Time) -> String {
    let text = at.rfc3339();
    format!("{} UTC", text.get(..16).unwrap_or(&text).replace('T', " "))
}

/// The whole page, with what was done or what went wrong.
pub(super) async fn page(
    cx: &Cx,
    place: &Place,
    session: &Session,
    done: Option<&'static str>,
    wrong: Option<Wrong<'_>>,
    options: Option<String>,
) -> Answer {
    let whole = Page { limit: 100, after: None };
    let user_id = &session.user.id;
    let mut sessions = sessions::list(cx, &session.tenant, user_id, true, &whole).await?.items;
    // The newest first, as a person looks for what they did not do.
    sessions.reverse();
    let (part, problem, name) = match wrong {
        Some(Wrong { part, problem, name }) => (part, Some(problem), name),
        None => ("", None, None),
    };
    let account = Account {
        m: place.m,
        place,
        session,
        factor: factor::shown(cx, place, session).await?,
        passkeys: passkeys::list(cx, session, &whole).await?.items,
        trusted: trusted_devices::list(cx, session).await?,
        sessions,
        apps: consents::of_user(cx, &session.tenant, user_id).await?,
        keys: api_keys::list(cx, session, &whole).await?.items,
        done,
        part,
        problem,
        name,
        options,
    };
    let status = account.problem.as_ref().map_or(200, |problem| problem.status);
    let with = account.options.is_some();
    Ok(place.page_with(status, &account, with)?)
}
