//! Limits of codes: of devices, of mails to sign in by, and of second factors.

use crate::cx::Cx;
use crate::domain::audit::{self, Entry};
use crate::domain::refusal::{Error, Refusal};
use crate::domain::throttle::logins::{ADDRESS, ADDRESS_IN_ALL, refuse_beyond};
use crate::domain::throttle::tallies::{DAY, give, in_background, take, tally};
use crate::model::tenant::Settings;
use crate::ports::{Act, Count, Fault, Rule, Tally};

/// Wrong user codes of devices, from one address and by one person (RFC 8628 §5.1).
const USER_CODES: Rule = Rule::Window { limit: 10, seconds: 900 };

/// Wrong codes of mails to sign in by: for one code, and for one address; after that only the link lets in.
const MAILED_CODE: Rule = Rule::Window { limit: 5, seconds: 900 };
const MAILED_CODES_A_DAY: Rule = Rule::Window { limit: 30, seconds: DAY };

/// Wrong codes for one challenge, and for one user from everywhere.
const CODES_A_CHALLENGE: Rule = Rule::Window { limit: 5, seconds: 3_600 };
const CODES_AN_HOUR: u32 = 10;

/// A guess of a device's user code that has been counted as a wrong one.
#[must_use]
pub(crate) struct Guess([String; 2]);

/// Counts a guess of a user code, by the address it comes from and by the person who is signed in.
///
/// # Errors
/// [`Refusal::Limited`] if it must not be looked at; the first of a row is written to the audit log.
pub(crate) async fn user_code(cx: &Cx, tenant_id: &str, user_id: &str) -> Result<Option<Guess>, Error> {
    if cx.caller.unlimited {
        return Ok(None);
    }
    let objects = [
        format!("{tenant_id}:user-code-address:{}", cx.address_bucket()),
        format!("{tenant_id}:user-code:{user_id}"),
    ];
    for object in &objects {
        let verdict = take(cx, object.clone(), vec![tally("wrong", USER_CODES)]).await?;
        if !verdict.admitted {
            if verdict.first_refusal {
                audit::write(cx, tenant_id, Entry::failed("device.limited").by(user_id)).await?;
            }
            return Err(Refusal::Limited(verdict).into());
        }
    }
    Ok(Some(Guess(objects)))
}

impl Guess {
    /// It was right after all.
    pub(crate) fn right(self, cx: &Cx) {
        in_background(cx, self.0.map(|object| (object, vec![give("wrong", USER_CODES)])).into());
    }
}

/// A guess of a code that was mailed to sign in by, counted as a wrong one.
#[must_use]
pub(crate) struct MailedCode {
    account: String,
    address: String,
}

impl MailedCode {
    fn of(cx: &Cx, directory: &str, email_key: &str) -> MailedCode {
        MailedCode {
            account: format!("{directory}:magic-code:{email_key}"),
            address: format!("{directory}:login-address:{}", cx.address_bucket()),
        }
    }
}

/// Counts a guess of a mailed code, by the e-mail address that it is for, whoever has that, and by where it comes
/// from.
///
/// # Errors
/// [`Refusal::Limited`] if it must not be looked at; the first of a row is written to the audit log.
pub(crate) async fn mailed_code(
    cx: &Cx,
    tenant_id: &str,
    directory: &str,
    email_key: &str,
) -> Result<Option<MailedCode>, Error> {
    if cx.caller.unlimited {
        return Ok(None);
    }
    let tried = MailedCode::of(cx, directory, email_key);
    let tallies = vec![tally("minute", ADDRESS), tally("all", ADDRESS_IN_ALL)];
    let verdict = take(cx, tried.address.clone(), tallies).await?;
    refuse_beyond(cx, tenant_id, verdict, email_key).await?;
    let tallies = vec![tally("code", MAILED_CODE), tally("day", MAILED_CODES_A_DAY)];
    let verdict = take(cx, tried.account.clone(), tallies).await?;
    refuse_beyond(cx, tenant_id, verdict, email_key).await?;
    Ok(Some(tried))
}

/// Another code is about to be mailed to that address: its tries are its own.
pub(crate) async fn another_mailed_code(cx: &Cx, directory: &str, email_key: &str) -> Result<(), Error> {
    let forget = Count { act: Act::Clear, tallies: vec![tally("code", MAILED_CODE)] };
    cx.counters.count(MailedCode::of(cx, directory, email_key).account, vec![forget]).await?;
    Ok(())
}

impl MailedCode {
    /// It was right after all.
    pub(crate) fn right(self, cx: &Cx) {
        let forget = Count { act: Act::Clear, tallies: vec![tally("code", MAILED_CODE)] };
        let account = (self.account, vec![give("day", MAILED_CODES_A_DAY), forget]);
        in_background(cx, vec![account, (self.address, vec![give("minute", ADDRESS)])]);
    }
}

/// A guess of a second factor that has been counted as a wrong one.
#[must_use]
pub(crate) struct SecondFactor {
    object: String,
    /// Those that a right guess forgets.
    failures: Vec<Tally>,
    hour: Tally,
}

/// Counts a guess of a second factor: by challenge, and by user until the lockout, by the settings as they hold for
/// the user.
///
/// # Errors
/// [`Refusal::Limited`] if it must not be looked at; the first of a row is written to the audit log.
pub(crate) async fn second_factor(
    cx: &Cx,
    tenant_id: &str,
    settings: &Settings,
    user_id: &str,
    challenge_id: Option<&str>,
) -> Result<Option<SecondFactor>, Error> {
    if cx.caller.unlimited {
        return Ok(None);
    }
    let limit = settings.mfa_attempts;
    let lock = u32::try_from(settings.mfa_lockout_seconds).unwrap_or(DAY);
    let mut failures = vec![tally("failures", Rule::Lockout { limit, seconds: 3_600, lock })];
    failures.extend(challenge_id.map(|id| tally(id, CODES_A_CHALLENGE)));
    let hour = tally("hour", Rule::Window { limit: limit.max(CODES_AN_HOUR), seconds: 3_600 });
    let tried = SecondFactor { object: format!("{tenant_id}:mfa:{user_id}"), failures, hour };
    let mut tallies = tried.failures.clone();
    tallies.push(tried.hour.clone());
    let verdict = take(cx, tried.object.clone(), tallies).await?;
    if verdict.admitted {
        return Ok(Some(tried));
    }
    if verdict.first_refusal {
        audit::write(cx, tenant_id, Entry::failed("mfa.limited").by(user_id)).await?;
    }
    Err(Refusal::Limited(verdict).into())
}

impl SecondFactor {
    /// It was not looked at.
    pub(crate) async fn not_evaluated(self, cx: &Cx) -> Result<(), Fault> {
        let SecondFactor { object, failures: mut tallies, hour } = self;
        tallies.push(hour);
        cx.counters.count(object, vec![Count { act: Act::Give, tallies }]).await.map(drop)
    }

    /// It was right after all: the failures before it are forgotten. Nobody waits for that.
    pub(crate) fn right(self, cx: &Cx) {
        let forget = Count { act: Act::Clear, tallies: self.failures };
        let give = Count { act: Act::Give, tallies: vec![self.hour] };
        in_background(cx, vec![(self.object, vec![forget, give])]);
    }
}
