//! `/tenant/{tenant}/account`: what a person sees and changes of their own account. Each section has forms of
//! its own; the address says what was done.

pub(super) mod export;
mod factor;
mod key;
mod lists;
mod services;
mod view;

use self::view::{Shows, Typed, Wrong};
use crate::api::pages::form::{Fields, set_cookie};
use crate::api::pages::messages::Messages;
use crate::api::pages::notice::show_notice as notice;
use crate::api::pages::place::Place;
use crate::api::pages::words::Problem;
use crate::api::webauthn::{self, CreationOptions};
use crate::api::wording::with_headers;
use crate::cx::Cx;
use crate::domain::admin::{api_keys, own_account, users};
use crate::domain::federation::identities::{self, Which};
use crate::domain::oauth::consents;
use crate::domain::refusal::{Error, Refusal};
use crate::domain::session::principal::{self, OwnSession};
use crate::domain::session::sessions::{self, COOKIE};
use crate::domain::sign_in::passkeys::{self, NewPasskey};
use crate::domain::sign_in::{email_change, passwords, trusted_devices};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::model::factor::Method;
use crate::store::users::User;

/// The one who is signed in here, or the way to sign in and come back.
async fn signed_in(cx: &Cx, call: &Call<'_>) -> Result<Result<OwnSession, Response>, Error> {
    let cookie = call.request.headers.cookie(COOKIE);
    let session = principal::browser(cx, &call.resolved, cookie).await?;
    let id = &call.resolved.tenant.id;
    Ok(session.ok_or_else(|| Response::see_other(&format!("/tenant/{id}/login?{}", return_to_here(id)))))
}

/// The way back here, as a query.
fn return_to_here(tenant_id: &str) -> String {
    format!("return_to=/tenant/{tenant_id}/account")
}

/// Where password managers send people (W3C, "A Well-Known URL for Changing Passwords").
pub(super) async fn change_password(_: &Cx, call: &Call<'_>) -> Answer {
    let id = &call.resolved.tenant.id;
    Ok(Response::see_other(&format!("/tenant/{id}/account#change-password")))
}

pub(super) async fn show(cx: &Cx, call: &Call<'_>) -> Answer {
    let session = match signed_in(cx, call).await? {
        Ok(session) => session,
        Err(sign_in) => return Ok(sign_in),
    };
    let place = Place::of(cx, call, None).await?;
    let done = call.query("done").and_then(|part| success_message(place.m, &part, &session.user));
    let options = match call.query("passkey") {
        Some(_) => match passkeys::creation(cx, &session, &call.request.host, None).await {
            Ok(creation) => Some(webauthn::text(&CreationOptions::from(creation))?),
            Err(Error::Refused(Refusal::MfaRequired)) => {
                let id = &place.tenant.id;
                let to = format!("/tenant/{id}/mfa?{}%3Fpasskey%3Dadd", return_to_here(id));
                return Ok(Response::see_other(&to));
            }
            Err(Error::Refused(Refusal::ReauthenticationRequired { .. })) => {
                let id = &place.tenant.id;
                let to = format!("/tenant/{id}/login?confirm=1&{}%3Fpasskey%3Dadd", return_to_here(id));
                return Ok(Response::see_other(&to));
            }
            Err(error) => return Err(error),
        },
        None => None,
    };
    let whole = call.query("all");
    let shows = Shows { done, options, whole: whole.as_deref(), wrong: None };
    view::page(cx, &place, &session, shows).await
}

/// What the page says was done.
fn success_message(m: &Messages, part: &str, user: &User) -> Option<&'static str> {
    Some(match part {
        "profile" => m.profile_saved,
        "password" => m.password_changed,
        "email" if user.email_verified => m.change_email_asked,
        "email" => m.change_email_asked_new,
        "factor-off" => m.factor_removed,
        "factor-send" => m.factor_sent,
        "session" => m.session_ended,
        "others" => m.sessions_others_ended,
        "passkey-add" => m.passkey_added,
        "passkey-name" => m.passkey_renamed,
        "passkey-off" => m.passkey_removed,
        "identity-off" => m.identity_removed,
        "trusted" => m.trusted_ended,
        "app" => m.app_revoked,
        "key" => m.key_ended,
        "connected" => m.service_connected,
        "service-key" => m.service_key_saved,
        "service-off" => m.service_removed,
        _ => return None,
    })
}

/// The form of a section: `section` says which, and what is to be done.
pub(super) async fn submit(cx: &Cx, call: &Call<'_>) -> Answer {
    let fields = Fields::of(call).await?;
    let session = match signed_in(cx, call).await? {
        Ok(session) => session,
        Err(sign_in) => return Ok(sign_in),
    };
    let mut place = Place::of(cx, call, Some(&fields)).await?;
    // What is begun here comes back here.
    place.return_to = Some(format!("/tenant/{}/account", place.tenant.id));
    let place = &place;
    let what = fields.need("section")?;
    let refusal = match act(cx, call, place, &session, what, &fields).await {
        // What somebody else ended meanwhile is as it was to be.
        Ok(None) | Err(Error::Refused(Refusal::NotFound)) => {
            let path = place.action("account");
            let between = if path.contains('?') { "&" } else { "?" };
            return Ok(Response::see_other(&format!("{path}{between}done={what}")));
        }
        Ok(Some(answer)) => return Ok(answer),
        Err(Error::Refused(Refusal::MfaRequired)) => return Ok(Response::see_other(&place.link("mfa"))),
        Err(Error::Refused(Refusal::ReauthenticationRequired { .. })) => return Ok(place.confirm()),
        Err(Error::Refused(refusal)) => refusal,
        Err(broken) => return Err(broken),
    };
    let (part, its_fields) = view::ASK.iter().find(|(part, _)| what == *part).copied().unwrap_or_default();
    let mut problem = Problem::of(place.m, &refusal);
    reword(&mut problem, place.m, &session, what, &refusal);
    let typed = Typed { name: fields.get("name"), email: fields.get("email"), scopes: fields.get("scopes") };
    let wrong = Some(Wrong { part, problem: problem.on(its_fields), typed });
    let shows = Shows { wrong, ..Shows::default() };
    Ok(with_headers(view::page(cx, place, &session, shows).await?, &refusal))
}

/// Says of a section what the same refusal means there.
fn reword(problem: &mut Problem, m: &Messages, session: &OwnSession, what: &str, refusal: &Refusal) {
    let (field, sentence) = match (what, refusal) {
        (_, Refusal::WrongPassword) => ("current", m.refused_current),
        ("delete", Refusal::Conflict(_)) if session.user.operator => ("", m.refused_delete_operator),
        ("delete", Refusal::Conflict(_)) => ("", m.refused_delete),
        ("identity-off", Refusal::Conflict(_)) => ("", m.refused_last_way),
        ("key-add", Refusal::Conflict(_)) => ("", m.refused_key_many),
        ("key-add", Refusal::ScopeMissing(_)) => ("scopes", m.refused_scopes_yours),
        ("key-add", Refusal::Invalid(_)) if problem.field == "scopes" => ("scopes", m.refused_scopes),
        ("key-add", Refusal::Invalid(_)) if problem.field == "name" => ("name", m.refused_key_name),
        _ => return,
    };
    problem.field = field;
    sentence.clone_into(&mut problem.sentence);
}

/// Does it; an answer if that is more than saying that it is done.
async fn act(
    cx: &Cx,
    call: &Call<'_>,
    place: &Place,
    session: &OwnSession,
    what: &str,
    fields: &Fields,
) -> Result<Option<Response>, Error> {
    let user = &session.user.id;
    match what {
        "profile" => users::rename(cx, session, fields.need("name")?).await?,
        "password" => {
            passwords::change(cx, session, fields.need("current")?, fields.need("password")?).await?;
        }
        "factor-app" => return factor::begin(cx, call, place, session, Method::Totp).await.map(Some),
        "factor-email" => return factor::begin(cx, call, place, session, Method::Email).await.map(Some),
        "factor-codes" => return factor::codes(cx, place, session, fields).await.map(Some),
        "factor-send" => factor::send(cx, call, session).await?,
        "factor-off" => factor::off(cx, session, fields).await?,
        "email" => {
            let current = fields.get("current").unwrap_or_default();
            email_change::request(cx, session, fields.need("email")?, current).await?;
        }
        "passkey-add" => {
            let credential = fields.credential()?.ok_or(Refusal::Malformed("no passkey was made".into()))?;
            let name = fields.get("name").filter(|name| !name.trim().is_empty());
            let new = NewPasskey { credential: &credential, name, password: None };
            passkeys::register(cx, session, &call.request.host, new).await.map(drop)?;
        }
        "passkey-name" => {
            passkeys::rename(cx, session, fields.need("id")?, fields.need("name")?).await.map(drop)?;
        }
        "passkey-off" => passkeys::remove(cx, session, fields.need("id")?).await?,
        "identity-off" => identities::unlink(cx, session, Which::Named(fields.need("id")?)).await?,
        "session" => sessions::revoke(cx, &session.tenant, user, user, fields.need("session")?).await?,
        "others" => sessions::revoke_others(cx, session).await?,
        "trusted" => trusted_devices::revoke(cx, session, fields.need("id")?).await?,
        "app" => consents::revoke(cx, &session.tenant, user, fields.need("client")?).await?,
        "key-add" => return key::add(cx, place, session, fields).await.map(Some),
        "key" => api_keys::revoke(cx, session, fields.need("id")?).await?,
        "connect" => return services::begin(cx, place, session, fields).await.map(Some),
        "service-key" => services::store_key(cx, session, fields).await?,
        "service-off" => services::disconnect(cx, session, fields).await?,
        "delete" => {
            own_account::delete(cx, session, fields.get("current").unwrap_or_default()).await?;
            return delete_account(cx, call).await.map(Some);
        }
        _ => return Err(Refusal::Malformed("there is no such section".into()).into()),
    }
    Ok(None)
}

/// Says that the account is gone, and takes the cookie of its session away.
async fn delete_account(cx: &Cx, call: &Call<'_>) -> Answer {
    let place = &Place::of(cx, call, None).await?;
    let m = place.m;
    let page = notice(place, m.deleted, m.deleted_text, Some(("login", m.sign_in)))?;
    Ok(page.with("set-cookie", set_cookie(COOKIE, "", 0)))
}
