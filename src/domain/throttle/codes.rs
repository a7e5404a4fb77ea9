//! Limits of codes: of devices, of mails to sign in by, and of second factors.

use std::future::Future;

use crate::cx::Cx;
use crate::domain::audit::{self, Entry};
use crate::domain::refusal::{Error, Refusal};
use crate::domain::throttle::attempt::CountedAttempt;
use crate::domain::throttle::logins::{ADDRESS, ADDRESS_IN_ALL, address_object, refuse_beyond};
use crate::domain::throttle::tallies::{
    DAY, clear, count_meanwhile, give, loosen, of_address, take, taking, tally,
};
use crate::model::tenant::Settings;
use crate::ports::{Act, Count, CounterCall, CounterObject, Rule};

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
    let objects: [CounterObject; 2] = [
        of_address(cx, format_args!("{tenant_id}:user-code-address")),
        format!("{tenant_id}:user-code:{user_id}").into(),
    ];
    let takes = objects.iter().map(|object| taking(object.clone(), vec![tally("wrong", USER_CODES)]));
    for verdict in cx.counters.count_in_turn(takes.collect()).await? {
        if !verdict.admitted {
            if verdict.first_refusal {
                audit::write(cx, tenant_id, Entry::failed("device.limited").by(user_id)).await?;
            }
            return Err(Refusal::Limited(verdict).into());
        }
    }
    let if_right =
        objects.map(|object| CounterCall { object, steps: vec![give("wrong", USER_CODES)] }).into();
    Ok(CountedAttempt { if_right, ..CountedAttempt::default() })
}

/// Counts a guess of a mailed code, by where it comes from and by the e-mail address that it is for, whoever has that; and
/// meanwhile looks something up.
///
/// # Errors
/// [`Refusal::Limited`] if it must not be looked at; the first of a row is written to the audit log.
pub(crate) async fn mailed_code<T>(
    cx: &Cx,
    tenant_id: &str,
    directory: &str,
    email_key: &str,
    look_up: impl Future<Output = Result<T, Error>>,
) -> Result<(CountedAttempt, T), Error> {
    if cx.caller.unlimited {
        return Ok((CountedAttempt::default(), look_up.await?));
    }
    let (address, account) = (address_object(cx, directory), mailed_code_object(directory, email_key));
    let takes = vec![
        taking(address.clone(), vec![tally("minute", ADDRESS), tally("all", ADDRESS_IN_ALL)]),
        taking(account.clone(), vec![tally("code", MAILED_CODE), tally("day", MAILED_CODES_A_DAY)]),
    ];
    let name = address.name.clone();
    let counted = async {
        for verdict in cx.counters.count_in_turn(takes).await? {
            refuse_beyond(cx, tenant_id, verdict, email_key).await?;
        }
        let steps = vec![give("day", MAILED_CODES_A_DAY), clear(vec![tally("code", MAILED_CODE)])];
        let if_right = vec![
            CounterCall { object: account, steps },
            CounterCall { object: address, steps: vec![give("minute", ADDRESS)] },
        ];
        Ok(CountedAttempt { if_right, ..CountedAttempt::default() })
    };
    count_meanwhile(cx, &name, counted, look_up).await
}

pub(super) fn mailed_code_object(directory: &str, email_key: &str) -> CounterObject {
    format!("{directory}:magic-code:{email_key}").into()
}

/// Another code is about to be mailed to that address: its tries are its own.
pub(crate) async fn another_mailed_code(cx: &Cx, directory: &str, email_key: &str) {
    let object = mailed_code_object(directory, email_key);
    let steps = vec![clear(vec![tally("code", MAILED_CODE)])];
    loosen(cx, vec![CounterCall { object, steps }]).await;
}

/// The object of all guesses of a user's second factor.
pub(super) fn second_factor_object(tenant_id: &str, user_id: &str) -> CounterObject {
    format!("{tenant_id}:mfa:{user_id}").into()
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
    let object = second_factor_object(tenant_id, user_id);
    let mut tallies = failures.clone();
    tallies.push(hour.clone());
    let verdict = take(cx, object.clone(), tallies.clone()).await?;
    if verdict.admitted {
        // A right one forgets the failures before it.
        let right = vec![clear(failures), Count { act: Act::Give, tallies: vec![hour] }];
        return Ok(CountedAttempt {
            if_right: vec![CounterCall { object: object.clone(), steps: right }],
            if_wrong: Vec::new(),
            if_unseen: vec![CounterCall { object, steps: vec![Count { act: Act::Give, tallies }] }],
        });
    }
    if verdict.first_refusal {
        audit::write(cx, tenant_id, Entry::failed("mfa.limited").by(user_id)).await?;
    }
    Err(Refusal::Limited(verdict).into())
}
