//! `/tenant/{tenant}/mfa`: the second factor of a sign-in, of a session that is asked for one, or that is being
//! set up.

use crate::api::pages::form::{Fields, set_cookie};
use crate::api::pages::leave;
use crate::api::pages::mfa_view::{self as view, Asking};
use crate::api::pages::place::{Place, browser};
use crate::api::pages::words::Problem;
use crate::api::wording::with_headers;
use crate::cx::Cx;
use crate::domain::refusal::{Error, Refusal};
use crate::domain::session::principal::{self, OwnSession};
use crate::domain::session::sessions;
use crate::domain::sign_in::challenges::{self, COOKIE, PendingChallenge};
use crate::domain::sign_in::guess::Proof;
use crate::domain::sign_in::second_factor;
use crate::domain::sign_in::{passkeys, step_up};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::model::factor::{Method, has_two};

/// Shows what waits, or asks a session that nothing waits for. It mails and writes nothing: browsers load pages again,
/// and ahead of time.
pub(super) async fn show(cx: &Cx, call: &Call<'_>) -> Answer {
    let place = &Place::of(cx, call, None).await?;
    let session = session(cx, call).await?;
    let wanted = call.query("use");
    let asking = Asking { wanted: wanted.as_deref(), sent: call.query("sent").is_some(), problem: None };
    if let Some(waiting) = waiting(cx, call, session.as_ref()).await? {
        return view::ask(cx, call, place, &waiting, asking).await;
    }
    let Some(session) = session else { return Ok(Response::see_other(&place.link("login"))) };
    if has_two(&session.amr) {
        return leave(call.request, place.onward());
    }
    let waiting = match step_up::begin(cx, &session).await {
        Err(Error::Refused(Refusal::ReauthenticationRequired { .. })) => return Ok(place.confirm()),
        waiting => waiting?,
    };
    let cookie = set_cookie(COOKIE, &waiting.secret, challenges::SECONDS);
    Ok(view::ask(cx, call, place, &waiting, asking).await?.with("set-cookie", cookie))
}

/// Takes the second factor and goes on; or mails a code.
pub(super) async fn submit(cx: &Cx, call: &Call<'_>) -> Answer {
    let fields = Fields::of(call).await?;
    let place = &Place::of(cx, call, Some(&fields)).await?;
    let session = session(cx, call).await?;
    let Some(waiting) = waiting(cx, call, session.as_ref()).await? else {
        return Ok(begin_again(place, session.is_some()));
    };
    let mut asking = Asking { wanted: fields.get("use"), sent: false, problem: None };
    // The form of another tab: what it was for is not what waits now.
    if fields.need("challenge")? != waiting.row.id {
        let sentence = place.m.refused_other_tab.to_owned();
        asking.problem = Some(Problem::saying(400, sentence, ""));
        return view::ask(cx, call, place, &waiting, asking).await;
    }
    if !waiting.saved {
        match step_up::keep(cx, &waiting).await {
            Err(Error::Refused(Refusal::ChallengeOver)) => return Ok(begin_again(place, session.is_some())),
            kept => kept?,
        }
    }
    let send = fields.get("send").is_some();
    let outcome = match send {
        true => challenges::send_code(cx, &waiting).await.map(|()| ask_for_mailed_code(place, &waiting)),
        false => prove(cx, call, place, &waiting, &fields).await,
    };
    let refusal = match outcome {
        Err(Error::Refused(Refusal::ChallengeOver)) if !send => {
            return Ok(begin_again(place, session.is_some()));
        }
        Err(Error::Refused(Refusal::ReauthenticationRequired { .. })) => {
            return Ok(forget_challenge(place.confirm()));
        }
        Err(Error::Refused(refusal)) => refusal,
        answer => return answer,
    };
    let mut problem = Problem::of(place.m, &refusal);
    match refusal {
        Refusal::ChallengeOver => place.m.refused_no_more_codes.clone_into(&mut problem.sentence),
        Refusal::WrongPassword => place.m.refused_current.clone_into(&mut problem.sentence),
        _ => {}
    }
    asking.problem = Some(problem);
    Ok(with_headers(view::ask(cx, call, place, &waiting, asking).await?, &refusal))
}

/// On with a session, if the form proves the second factor.
async fn prove(
    cx: &Cx,
    call: &Call<'_>,
    place: &Place,
    waiting: &PendingChallenge,
    fields: &Fields,
) -> Answer {
    let proof = match (fields.credential()?, fields.get("password")) {
        (Some(credential), _) => {
            Proof::Passkey(passkeys::second(cx, waiting, &call.request.host, &credential).await?)
        }
        (None, Some(password)) => Proof::Password(password),
        (None, None) => Proof::Code(fields.need("code")?),
    };
    let trust = fields.get("trust").is_some();
    let signed_in = second_factor::complete(cx, &call.resolved, waiting, browser(call), proof, trust).await?;
    let answer = match signed_in.backup_codes.as_slice() {
        [] => place.go_on(call),
        codes => view::backup_codes(place, codes)?,
    };
    Ok(forget_challenge(place.signed_in(&signed_in, answer)))
}

/// Back to the page, which asks for the code that was mailed.
fn ask_for_mailed_code(place: &Place, waiting: &PendingChallenge) -> Response {
    let usual = waiting.methods().first() == Some(&Method::Email);
    Response::see_other(&place.link_with("mfa", if usual { "sent=1" } else { "use=email&sent=1" }))
}

async fn session(cx: &Cx, call: &Call<'_>) -> Result<Option<OwnSession>, Error> {
    principal::browser(cx, &call.resolved, call.request.headers.cookie(sessions::COOKIE)).await
}

/// What the browser's cookie waits for, unless it was left behind: by a session that is not this one, or by a
/// sign-in before the one that this session came of.
async fn waiting(
    cx: &Cx,
    call: &Call<'_>,
    session: Option<&OwnSession>,
) -> Result<Option<PendingChallenge>, Error> {
    let Some(secret) = call.request.headers.cookie(COOKIE) else { return Ok(None) };
    if step_up::is_sealed(secret) {
        let Some(session) = session.filter(|session| !has_two(&session.amr)) else { return Ok(None) };
        return step_up::find(cx, &call.resolved, session, secret, browser(call)).await;
    }
    let waiting = match challenges::find(cx, &call.resolved, secret, browser(call)).await {
        Ok(waiting) => waiting,
        Err(Error::Refused(Refusal::ChallengeOver)) => return Ok(None),
        Err(error) => return Err(error),
    };
    let began = session.and_then(|session| session.auth_time);
    let current = match &waiting.row.session_id {
        Some(id) => session.is_some_and(|session| session.id() == id),
        None => began.is_none_or(|began| waiting.made_at() >= began),
    };
    Ok(Some(waiting).filter(|_| current))
}

/// Back to the start: a sign-in begins anew, a session is asked anew.
fn begin_again(place: &Place, session: bool) -> Response {
    let to = if session { place.link("mfa") } else { place.link_with("login", "over=1") };
    forget_challenge(Response::see_other(&to))
}

/// Takes the challenge's cookie away.
fn forget_challenge(answer: Response) -> Response {
    answer.with("set-cookie", set_cookie(COOKIE, "", 0))
}
