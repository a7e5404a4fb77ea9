//! Limits of codes: of devices, of mails to sign in by, and of second factors.

use crate::cx::Cx;
use crate::domain::audit::{self, Entry};
use crate::domain::refusal::{Error, Refusal};
use crate::domain::throttle::attempt::CountedAttempt;
use crate::domain::throttle::logins::{ADDRESS, ADDRESS_IN_ALL, address_object, refuse_beyond};
use crate::domain::throttle::tallies::{DAY, clear, give, take, tally};
use crate::model::tenant::Settings;
use crate::ports::{Act, Count, Rule};

/// Wrong user codes of devices, from one address and by one person (RFC 8628 §5.1).
const USER_CODES: Rule = Rule::Window { limit: 10, seconds: 900 };

/// Wrong codes of mails to sign in by: for one code, and for one address; after that only the link lets in.
const MAILED_CODE: Rule = Rule::Window { limit: 5, seconds: 900 };
const MAILED_CODES_A_DAY: Rule = Rule::Window { limit: 30, seconds: DAY };

/// Wrong codes for one challenge, and for one user from everywhere.
const CODES_A_CHALLENGE: Rule = Rule::Window { limit: 5, seconds: 3_600 };
const CODES_AN_HOUR: u32 = 10;

/// Counts a guess of a user code, by the address it comes from and by the person who is signed in.
///
/// # Errors
/// [`Refusal::Limited`] if it must not be looked at; the first of a row is written to the audit log.
pub(crate) async fn user_code(cx: &Cx, tenant_id: &str, user_id: &str) -> Result<CountedAttempt, Error> {
    if cx.caller.unlimited {
        return Ok(CountedAttempt::default());
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
    let if_right = objects.map(|object| (object, vec![give("wrong", USER_CODES)])).into();
    Ok(CountedAttempt { if_right, ..CountedAttempt::default() })
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
) -> Result<CountedAttempt, Error> {
    if cx.caller.unlimited {
        return Ok(CountedAttempt::default());
    }
    let (address, account) = (address_object(cx, directory), mailed_code_object(directory, email_key));
    let tallies = vec![tally("minute", ADDRESS), tally("all", ADDRESS_IN_ALL)];
    let verdict = take(cx, address.clone(), tallies).await?;
    refuse_beyond(cx, tenant_id, verdict, email_key).await?;
    let tallies = vec![tally("code", MAILED_CODE), tally("day", MAILED_CODES_A_DAY)];
    let verdict = take(cx, account.clone(), tallies).await?;
    refuse_beyond(cx, tenant_id, verdict, email_key).await?;
    let account = (account, vec![give("day", MAILED_CODES_A_DAY), clear(vec![tally("code", MAILED_CODE)])]);
    let if_right = vec![account, (address, vec![give("minute", ADDRESS)])];
    Ok(CountedAttempt { if_right, ..CountedAttempt::default() })
}

fn mailed_code_object(directory: &str, email_key: &str) -> String {
    format!("{directory}:magic-code:{email_key}")
}

/// Another code is about to be mailed to that address: its tries are its own.
pub(crate) async fn another_mailed_code(cx: &Cx, directory: &str, email_key: &str) -> Result<(), Error> {
    let forget = clear(vec![tally("code", MAILED_CODE)]);
    cx.counters.count(mailed_code_object(directory, email_key), vec![forget]).await?;
    Ok(())
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
) -> Result<CountedAttempt, Error> {
    if cx.caller.unlimited {
        return Ok(CountedAttempt::default());
    }
    let limit = settings.mfa_attempts;
    let lock = u32::try_from(settings.mfa_lockout_seconds).unwrap_or(DAY);
    let mut failures = vec![tally("failures", Rule::Lockout { limit, seconds: 3_600, lock })];
    failures.extend(challenge_id.map(|id| tally(id, CODES_A_CHALLENGE)));
    let hour = tally("hour", Rule::Window { limit: limit.max(CODES_AN_HOUR), seconds: 3_600 });
    let object = format!("{tenant_id}:mfa:{user_id}");
    let mut tallies = failures.clone();
    tallies.push(hour.clone());
    let verdict = take(cx, object.clone(), tallies.clone()).await?;
    if verdict.admitted {
        // A right one forgets the failures before it.
        let right = vec![clear(failures), Count { act: Act::Give, tallies: vec![hour] }];
        return Ok(CountedAttempt {
            if_right: vec![(object.clone(), right)],
            if_wrong: Vec::new(),
            if_unseen: vec![(object, vec![Count { act: Act::Give, tallies }])],
        });
    }
    if verdict.first_refusal {
        audit::write(cx, tenant_id, Entry::failed("mfa.limited").by(user_id)).await?;
    }
    Err(Refusal::Limited(verdict).into())
}
