//! The pages of `/tenant/{tenant}/mfa`: asking for a second factor in the way that it can be given, setting up
//! an authenticator app, and backup codes.

use askama::Template;

use crate::api::pages::messages::{Messages, fill};
use crate::api::pages::place::Place;
use crate::api::pages::words::Problem;
use crate::api::webauthn::{self, RequestOptions};
use crate::cx::Cx;
use crate::domain::sign_in::app_enrolment::Enrolling;
use crate::domain::sign_in::challenges::PendingChallenge;
use crate::domain::sign_in::passkeys;
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::model::factor::Method;
use crate::model::state::ChallengePurpose;
use crate::ports::Fault;

/// How a second factor is asked for.
pub(super) struct Asking<'a> {
    /// The way that the person chose.
    pub(crate) wanted: Option<&'a str>,
    /// Whether a code was just mailed.
    pub(crate) sent: bool,
    /// What went wrong.
    pub(crate) problem: Option<Problem>,
}

#[derive(Template)]
#[template(path = "mfa.html")]
struct Mfa<'a> {
    m: &'static Messages,
    place: &'a Place,
    title: &'a str,
    text: String,
    challenge: &'a str,
    method: Method,
    enrolling: Option<Enrolling>,
    /// Other ways, each with its page.
    others: Vec<(String, &'a str)>,
    /// Whether it is a code by mail that was not mailed yet: the person is to ask for it.
    unsent: bool,
    /// Whether another code can be mailed.
    can_send: bool,
    /// The offer to trust this browser.
    trust: Option<String>,
    done: Option<&'a str>,
    problem: Option<Problem>,
    /// What a browser needs to use a passkey.
    options: Option<String>,
}

impl Mfa<'_> {
    fn is(&self, name: &str) -> bool {
        self.method.name() == name
    }
}

/// Asks for the second factor that waits: on the tenant's own page where it is a code, else on ours.
pub(super) async fn ask(
    cx: &Cx,
    call: &Call<'_>,
    place: &Place,
    waiting: &PendingChallenge,
    asking: Asking<'_>,
) -> Answer {
    let m = place.m;
    let Asking { wanted, sent, problem } = asking;
    let status = problem.as_ref().map_or(200, |problem| problem.status);
    let usual = waiting.methods().first().copied().unwrap_or(Method::Totp);
    let chosen = |method: &&Method| wanted == Some(method.name());
    let method = waiting.methods().iter().find(chosen).copied().unwrap_or(usual);
    let enrolling = waiting.enrolling(cx)?;
    let unsent = method == Method::Email && !waiting.was_sent();
    let can_send = method == Method::Email && waiting.can_send();
    let sent = sent && method == Method::Email && !unsent && problem.is_none();
    let said = |yes: bool| if yes { "1".to_owned() } else { String::new() };
    // A tenant's own page asks for a code that there is; as long as none was mailed, ours offers to mail it.
    if enrolling.is_none() && !unsent && matches!(method, Method::Totp | Method::Email | Method::Backup) {
        let values = [
            ("action", place.action("mfa")),
            ("challenge", waiting.row.id.clone()),
            ("method", method.name().to_owned()),
            ("problem", problem.as_ref().map_or_else(String::new, |problem| problem.sentence.clone())),
            ("can_send", said(can_send)),
            ("sent", said(sent)),
        ];
        let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
        if let Some(own) = place.custom(cx, "mfa", status, &values).await? {
            return Ok(own);
        }
    }
    let text = match method {
        _ if enrolling.is_some() => m.enrol_text.to_owned(),
        Method::Totp => m.mfa_totp.to_owned(),
        Method::Email if unsent => fill(m.mfa_email_unsent, "email", &waiting.user.email),
        Method::Email => fill(m.mfa_email, "email", &waiting.user.email),
        Method::Backup => m.mfa_backup.to_owned(),
        Method::Passkey => m.mfa_passkey.to_owned(),
        Method::Password => m.mfa_password.to_owned(),
    };
    let title = match waiting.purpose {
        ChallengePurpose::Enrol if enrolling.is_none() => m.enrol_email,
        _ if enrolling.is_some() => m.enrol,
        _ => m.mfa,
    };
    let options = match method {
        Method::Passkey => {
            let request = passkeys::request_second(cx, waiting, &call.request.host).await?;
            Some(webauthn::text(&RequestOptions::from(request))?)
        }
        _ => None,
    };
    let days = waiting.tenant.settings_for(&waiting.user).trusted_device_days;
    let can_trust = days > 0 && waiting.purpose == ChallengePurpose::SignIn;
    let page = Mfa {
        m,
        place,
        title,
        text,
        challenge: &waiting.row.id,
        method,
        enrolling,
        others: others(place, waiting, method),
        unsent,
        can_send,
        trust: can_trust.then(|| fill(m.mfa_trust, "n", days)),
        done: sent.then_some(if waiting.row.sends > 1 { m.mfa_sent } else { m.factor_sent }),
        problem,
        options,
    };
    Ok(place.sign_in_page(status, &page)?)
}

/// The ways besides this one.
fn others<'a>(place: &Place, waiting: &PendingChallenge, shown: Method) -> Vec<(String, &'a str)> {
    let m = place.m;
    let other = |method: &Method| {
        let name = match method {
            Method::Totp => m.mfa_use_totp,
            Method::Email => m.mfa_use_email,
            Method::Backup => m.mfa_use_backup,
            Method::Passkey => m.mfa_use_passkey,
            Method::Password => m.mfa_use_password,
        };
        (place.link_with("mfa", &format!("use={}", method.name())), name)
    };
    waiting.methods().iter().filter(|method| **method != shown).map(other).collect()
}

/// A base32 secret in groups of four, to be read and typed.
fn group_letters(secret: &str) -> String {
    let mut out = String::new();
    for (at, c) in secret.chars().enumerate() {
        if at > 0 && at % 4 == 0 {
            out.push(' ');
        }
        out.push(c);
    }
    out
}

#[derive(Template)]
#[template(path = "backup_codes.html")]
struct BackupCodes<'a> {
    m: &'static Messages,
    place: &'a Place,
    codes: &'a [String],
}

/// Fresh backup codes, once; it goes on from there.
pub(super) fn backup_codes(place: &Place, codes: &[String]) -> Result<Response, Fault> {
    place.page(200, &BackupCodes { m: place.m, place, codes })
}
