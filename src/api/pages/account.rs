//! `/tenant/{tenant}/account`: what a person sees and changes of their own account. Each part is a form of
//! its own; the address says what was done.

use askama::Template;

use crate::api::pages::form::Fields;
use crate::api::pages::messages::{Messages, fill};
use crate::api::pages::place::Place;
use crate::api::pages::words::Problem;
use crate::api::wording::with_headers;
use crate::cx::Cx;
use crate::domain::consents::{self, Consent};
use crate::domain::principal::{self, Session};
use crate::domain::refusal::{Error, Refusal};
use crate::domain::sessions::{self, COOKIE, Shown};
use crate::domain::{passwords, users};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::model::agent::device;
use crate::model::time::Time;
use crate::store::Page;

#[derive(Template)]
#[template(path = "account.html")]
struct Account<'a> {
    m: &'static Messages,
    place: &'a Place,
    session: &'a Session,
    sessions: Vec<Shown>,
    apps: Vec<Consent>,
    done: Option<&'static str>,
    /// The part that went wrong.
    part: &'static str,
    problem: Option<Problem>,
    /// The name as it was typed, if it cannot be saved.
    name: Option<&'a str>,
}

impl Account<'_> {
    fn name(&self) -> &str {
        self.name.or(self.session.user.name.as_deref()).unwrap_or_default()
    }

    fn greeting(&self) -> String {
        fill(self.m.account_of, "email", &self.session.user.email)
    }

    fn device(&self, session: &Shown) -> String {
        device(&session.user_agent).unwrap_or_else(|| self.m.session_unknown.to_owned())
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

/// The one who is signed in here, or the way to sign in and come back.
async fn signed_in(cx: &Cx, call: &Call<'_>) -> Result<Result<Session, Response>, Error> {
    let cookie = call.request.headers.cookie(COOKIE);
    let session = principal::browser(cx, &call.chosen, cookie).await?;
    let id = &call.chosen.tenant.id;
    let sign_in = || Response::see_other(&format!("/tenant/{id}/login?return_to=/tenant/{id}/account"));
    Ok(session.ok_or_else(sign_in))
}

async fn page(
    cx: &Cx,
    place: &Place,
    session: &Session,
    done: Option<&'static str>,
    wrong: Option<(&'static str, Problem, Option<&str>)>,
) -> Answer {
    let whole = Page { limit: 100, after: None };
    let user_id = &session.user.id;
    let mut sessions = sessions::list(cx, &session.tenant, user_id, true, &whole).await?.items;
    // The newest first, as a person looks for what they did not do.
    sessions.reverse();
    let apps = consents::of_user(cx, &session.tenant, user_id).await?;
    let (part, problem, name) = match wrong {
        Some((part, problem, name)) => (part, Some(problem), name),
        None => ("", None, None),
    };
    let status = problem.as_ref().map_or(200, |problem| problem.status);
    let account = Account { m: place.m, place, session, sessions, apps, done, part, problem, name };
    Ok(place.page(status, &account)?)
}

pub(super) async fn show(cx: &Cx, call: &Call<'_>) -> Answer {
    let session = match signed_in(cx, call).await? {
        Ok(session) => session,
        Err(sign_in) => return Ok(sign_in),
    };
    let place = Place::of(cx, call, None).await?;
    let m = place.m;
    let done = match call.query("done").as_deref() {
        Some("profile") => Some(m.profile_saved),
        Some("password") => Some(m.password_changed),
        Some("session") => Some(m.session_ended),
        Some("others") => Some(m.sessions_others_ended),
        Some("app") => Some(m.app_revoked),
        _ => None,
    };
    page(cx, &place, &session, done, None).await
}

/// One part's form: `section` says which.
pub(super) async fn submit(cx: &Cx, call: &Call<'_>) -> Answer {
    let fields = Fields::of(call).await?;
    let session = match signed_in(cx, call).await? {
        Ok(session) => session,
        Err(sign_in) => return Ok(sign_in),
    };
    let place = Place::of(cx, call, Some(&fields)).await?;
    let (part, changed) = match fields.need("section")? {
        "profile" => ("profile", users::rename(cx, &session, fields.need("name")?).await),
        "password" => {
            let (current, new) = (fields.need("current")?, fields.need("password")?);
            ("password", passwords::change(cx, &session, current, new).await)
        }
        "session" => {
            let (user, id) = (&session.user.id, fields.need("session")?);
            ("session", sessions::revoke(cx, &session.tenant, user, user, id).await)
        }
        "others" => ("others", sessions::revoke_others(cx, &session).await.map_err(Error::from)),
        "app" => {
            let client = fields.need("client")?;
            ("app", consents::revoke(cx, &session.tenant, &session.user.id, client).await)
        }
        _ => return Err(Refusal::Malformed("there is no such section".into()).into()),
    };
    match changed {
        Ok(()) => done(&place, part),
        // What somebody else ended meanwhile is as it was to be.
        Err(Error::Refused(Refusal::NotFound)) => done(&place, part),
        Err(Error::Refused(refusal)) => {
            let mut problem = Problem::of(place.m, &place.tenant, &refusal);
            if refusal == Refusal::WrongPassword {
                problem.field = "current";
                problem.sentence = place.m.refused_current.to_owned();
            }
            let answer = page(cx, &place, &session, None, Some((part, problem, fields.get("name")))).await?;
            Ok(with_headers(answer, &refusal))
        }
        Err(broken) => Err(broken),
    }
}

fn done(place: &Place, part: &str) -> Answer {
    let path = place.action("account");
    let between = if path.contains('?') { "&" } else { "?" };
    Ok(Response::see_other(&format!("{path}{between}done={part}")))
}
