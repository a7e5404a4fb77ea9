//! The pages behind mailed links. Their addresses are the account API's, because the documents name them.

use std::rc::Rc;

use askama::Template;
use futures_util::future::join;

use crate::api::pages::messages::{Messages, fill};
use crate::api::pages::notice::show_notice;
use crate::api::pages::place::Place;
use crate::api::pages::words::Problem;
use crate::api::wording::with_headers;
use crate::cx::Cx;
use crate::domain::mailing;
use crate::domain::refusal::{Error, Refusal};
use crate::domain::sign_in::passwords::{self, Addressee, Held, Reset};
use crate::domain::sign_in::register;
use crate::domain::tenants::Tenant;
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::model::state::LinkPurpose;

#[derive(Template)]
#[template(path = "verify_email.html")]
struct VerifyEmail<'a> {
    m: &'static Messages,
    place: &'a Place,
    token: &'a str,
}

#[derive(Template)]
#[template(path = "reset_password.html")]
struct ResetPassword<'a> {
    m: &'static Messages,
    place: &'a Place,
    token: &'a str,
    title: &'a str,
    /// Whose password it is.
    text: String,
    /// The same for password managers.
    email: &'a str,
    /// Whether it is the first one.
    invited: bool,
    problem: Option<Problem>,
    /// What else lets somebody in, if anything does.
    held: Option<String>,
}

/// A sentence with how much else lets somebody into an account; none if nothing does.
fn count_in_words(sentence: &str, held: Held) -> Option<String> {
    let counts = [("keys", held.api_keys), ("passkeys", held.passkeys), ("apps", held.connections)];
    let with = |text: String, (name, count): (&str, i64)| fill(&text, name, count);
    held.any().then(|| counts.into_iter().fold(sentence.to_owned(), with))
}

/// The mailed link's place. What it carried on may be over by now; the link itself is good all the same.
async fn place(cx: &Cx, call: &Call<'_>, tenant: Rc<Tenant>) -> Result<Place, Error> {
    let said = |name: &str| call.query(name);
    match Place::in_tenant(cx, call, tenant.clone(), &said).await {
        Err(Error::Refused(Refusal::LinkDead)) => {
            let but_the_request = |name: &str| said(name).filter(|_| name != "request");
            Place::in_tenant(cx, call, tenant, &but_the_request).await
        }
        other => other,
    }
}

/// The page behind a verification link.
pub(crate) async fn verify_email(cx: &Cx, call: &Call<'_>, token: &str) -> Answer {
    match mailing::tenant_of_link(cx, token, LinkPurpose::VerifyEmail).await {
        Ok(tenant) => {
            let place = &place(cx, call, tenant).await?;
            Ok(place.page(200, &VerifyEmail { m: place.m, place, token })?)
        }
        Err(error) => verified_already(cx, call, token, error).await,
    }
}

/// The page behind a link of an address that is confirmed already; any other dead link is refused as it was.
pub(crate) async fn verified_already(cx: &Cx, call: &Call<'_>, token: &str, error: Error) -> Answer {
    let dead = error == Error::Refused(Refusal::LinkDead);
    let tenant = match dead && call.request.wants_page() {
        true => register::confirmed_already(cx, token).await?,
        false => None,
    };
    let place = &place(cx, call, tenant.ok_or(error)?).await?;
    let m = place.m;
    Ok(show_notice(place, m.verified_already, m.verified_already_text, Some(("login", m.sign_in)))?)
}

/// What the verification form is answered with: nobody is signed in by it.
pub(crate) async fn email_verified(cx: &Cx, call: &Call<'_>, tenant: Rc<Tenant>) -> Answer {
    let place = &place(cx, call, tenant).await?;
    let m = place.m;
    Ok(show_notice(place, m.verified, m.verified_text, Some(("login", m.sign_in)))?)
}

/// The page behind a reset link: the tenant's own, or ours.
pub(crate) async fn reset_password(cx: &Cx, call: &Call<'_>, token: &str) -> Answer {
    reset_page(cx, call, token, None).await
}

/// The same once more, for a password that is not acceptable.
pub(crate) async fn reset_refused(cx: &Cx, call: &Call<'_>, token: &str, refusal: &Refusal) -> Answer {
    Ok(with_headers(reset_page(cx, call, token, Some(refusal)).await?, refusal))
}

async fn reset_page(cx: &Cx, call: &Call<'_>, token: &str, refusal: Option<&Refusal>) -> Answer {
    let tenant = mailing::tenant_of_link(cx, token, LinkPurpose::ResetPassword).await?;
    let place = &place(cx, call, tenant).await?;
    let problem = refusal.map(|refusal| Problem::of(place.m, refusal).on(&["password"]));
    let status = problem.as_ref().map_or(200, |problem| problem.status);
    let (addressee, held) =
        join(passwords::addressee_of_link(cx, token), passwords::held_of_link(cx, token)).await;
    let Addressee { email, invited } = addressee?.unwrap_or_default();
    let held = held?;
    let (m, email) = (place.m, email.as_str());
    let action = place.link_action("reset-password");
    let shortest = place.tenant.settings.min_password_length.to_string();
    let values = [
        ("action", action.as_str()),
        ("token", token),
        ("shortest", &shortest),
        ("problem", problem.as_ref().map_or("", |problem| problem.sentence.as_str())),
        ("email", email),
        ("invited", if invited { "1" } else { "" }),
    ];
    match place.custom(cx, "reset", status, &values).await? {
        Some(own) => Ok(own),
        None => {
            let held = count_in_words(m.reset_held, held);
            let welcome = fill(m.invited, "tenant", &place.tenant.name);
            let (title, text) = match invited {
                true => (welcome.as_str(), m.invited_text),
                false => (m.reset, m.reset_text),
            };
            let text = fill(text, "email", email);
            let page = ResetPassword { m, place, token, title, text, email, invited, problem, held };
            Ok(place.page(status, &page)?)
        }
    }
}

/// What the reset form is answered with.
pub(crate) async fn password_reset(cx: &Cx, call: &Call<'_>, reset: Reset) -> Answer {
    let place = &place(cx, call, reset.tenant).await?;
    let m = place.m;
    let left = count_in_words(m.reset_left, reset.left).map(|left| format!("{} {left}", m.reset_done_text));
    let text = left.as_deref().unwrap_or(m.reset_done_text);
    Ok(show_notice(place, m.reset_done, text, Some(("login", m.sign_in)))?)
}
