//! Limits of passwords and refused calls: what is counted, by what, and how much of it.

use std::future::Future;

use futures_util::future::join;

use crate::cx::Cx;
use crate::domain::audit::{self, Entry};
use crate::domain::refusal::{Error, Refusal};
use crate::domain::throttle::attempt::CountedAttempt;
use crate::domain::throttle::tallies::{
    DAY, clear, count_meanwhile, give, loosen, of_address, take, taking, tally, windows,
};
use crate::ports::{CounterCall, CounterObject, Rule, Verdict};

/// Failures of one account from one address before delays of 1, 2, 4 … 900 s.
const ACCOUNT_AND_ADDRESS: Rule = Rule::Backoff { free: 5, seconds: 900, max: 900 };

/// Failures of one account from everywhere; after that only a mailed link lets in.
const ACCOUNT_A_DAY: Rule = Rule::Window { limit: 100, seconds: DAY };

/// Failures from one address on all accounts.
pub(crate) const ADDRESS: Rule = Rule::Window { limit: 30, seconds: 60 };

/// Attempts from one address, right ones too, as each costs a hash; wide, because a large office is one address.
pub(crate) const ADDRESS_IN_ALL: Rule = Rule::Window { limit: 600, seconds: 60 };

/// Right passwords of one account from everywhere: more than its own programs need, and few enough that whoever
/// knows one password has little hashed with it.
const RIGHT_ONES: Rule = Rule::Window { limit: 60, seconds: 60 };

/// What an address presents that nobody has, as cookies, tokens and keys; an isolate takes the first
/// [`UNKNOWN_UNASKED`] of a minute before it asks the exact counter.
pub(crate) const UNKNOWN: Rule = Rule::Window { limit: UNKNOWN_A_MINUTE, seconds: 60 };

pub(crate) const UNKNOWN_A_MINUTE: u32 = 300;

pub(crate) const UNKNOWN_UNASKED: u32 = 20;

/// Requests of an address to endpoints that are open to all: what a large office needs at nine o'clock. An isolate
/// takes the first [`OPEN_UNASKED`] of a minute before it asks the exact counter.
pub(crate) const OPEN: Rule = Rule::Window { limit: OPEN_A_MINUTE, seconds: 60 };

pub(crate) const OPEN_A_MINUTE: u32 = 3_000;

pub(crate) const OPEN_UNASKED: u32 = 300;

/// Counts a login's password attempt: by address, by account and address, and by account; meanwhile it is looked
/// up whose it is. The account's counter is asked in turn, once the address' has admitted: an address that is held off
/// takes nothing of it, not even for a moment.
///
/// # Errors
/// [`Refusal::Limited`] if it must not be evaluated; the first of a row is written to the audit log.
pub(crate) async fn login_attempt<T>(
    cx: &Cx,
    tenant_id: &str,
    directory: &str,
    account: &str,
    look_up: impl Future<Output = Result<T, Error>>,
) -> Result<(CountedAttempt, T), Error> {
    let password = Password {
        account: account_object(directory, account),
        delayed: format!("from:{}", cx.address_bucket()),
        address: Some(address_object(cx, directory)),
    };
    password.count(cx, tenant_id, account, look_up).await
}

/// The object of all password attempts on an account.
pub(super) fn account_object(directory: &str, account: &str) -> CounterObject {
    format!("{directory}:login:{account}").into()
}

/// The object of a signed-in user's password attempts.
pub(super) fn change_object(tenant_id: &str, user_id: &str) -> CounterObject {
    format!("{tenant_id}:change-password:{user_id}").into()
}

/// The object of all attempts to sign in from the caller's address.
pub(crate) fn address_object(cx: &Cx, directory: &str) -> CounterObject {
    of_address(cx, format_args!("{directory}:login-address"))
}

/// Counts an attempt to sign in with what nobody can guess: by address, together with password attempts.
///
/// # Errors
/// As [`login_attempt`].
pub(crate) async fn from_address(cx: &Cx, tenant_id: &str, directory: &str) -> Result<CountedAttempt, Error> {
    if cx.caller.unlimited {
        return Ok(CountedAttempt::default());
    }
    let object = address_object(cx, directory);
    let tallies = vec![tally("minute", ADDRESS), tally("all", ADDRESS_IN_ALL)];
    let verdict = take(cx, object.clone(), tallies).await?;
    refuse_beyond(cx, tenant_id, verdict, "-").await?;
    let if_right = vec![CounterCall { object, steps: vec![give("minute", ADDRESS)] }];
    Ok(CountedAttempt { if_right, ..CountedAttempt::default() })
}

/// The same, and meanwhile what is sent is looked up.
///
/// # Errors
/// As [`login_attempt`].
pub(crate) async fn from_address_meanwhile<T>(
    cx: &Cx,
    tenant_id: &str,
    directory: &str,
    look_up: impl Future<Output = Result<T, Error>>,
) -> Result<(CountedAttempt, T), Error> {
    let name = address_object(cx, directory).name;
    count_meanwhile(cx, &name, from_address(cx, tenant_id, directory), look_up).await
}

/// Counts a password attempt of a signed-in user, and meanwhile looks something up: by user, wherever it comes from, so that a stolen
/// token cannot be used to guess from many addresses.
///
/// # Errors
/// As [`login_attempt`].
pub(crate) async fn change_attempt<T>(
    cx: &Cx,
    tenant_id: &str,
    user_id: &str,
    look_up: impl Future<Output = Result<T, Error>>,
) -> Result<(CountedAttempt, T), Error> {
    let account = change_object(tenant_id, user_id);
    let password = Password { account, delayed: "user".into(), address: None };
    password.count(cx, tenant_id, user_id, look_up).await
}

pub(crate) async fn refuse_beyond(
    cx: &Cx,
    tenant_id: &str,
    verdict: Verdict,
    account: &str,
) -> Result<(), Error> {
    if verdict.admitted {
        return Ok(());
    }
    if verdict.first_refusal {
        audit::write(cx, tenant_id, Entry::failed("login.limited").by(account)).await?;
    }
    Err(Refusal::Limited(verdict).into())
}

/// What a password attempt is counted by.
struct Password {
    /// The account's object.
    account: CounterObject,
    /// Its tally with growing delays.
    delayed: String,
    /// The object of the client's address, where that counts as well.
    address: Option<CounterObject>,
}

impl Password {
    async fn count<T>(
        self,
        cx: &Cx,
        tenant_id: &str,
        who: &str,
        look_up: impl Future<Output = Result<T, Error>>,
    ) -> Result<(CountedAttempt, T), Error> {
        if cx.caller.unlimited {
            return Ok((CountedAttempt::default(), look_up.await?));
        }
        let held_off_as = self.address.as_ref().unwrap_or(&self.account).name.clone();
        let counted = async {
            for verdict in cx.counters.count_in_turn(self.takes()).await? {
                refuse_beyond(cx, tenant_id, verdict, who).await?;
            }
            Ok(self.into_counted())
        };
        count_meanwhile(cx, &held_off_as, counted, look_up).await
    }

    /// What is taken, in turn.
    fn takes(&self) -> Vec<CounterCall> {
        let of_address = vec![tally("minute", ADDRESS), tally("all", ADDRESS_IN_ALL)];
        let of_account = vec![
            tally(&self.delayed, ACCOUNT_AND_ADDRESS),
            tally("day", ACCOUNT_A_DAY),
            tally("right", RIGHT_ONES),
        ];
        let address = self.address.clone().map(|address| taking(address, of_address));
        address.into_iter().chain([taking(self.account.clone(), of_account)]).collect()
    }

    fn into_counted(self) -> CountedAttempt {
        let Password { account, delayed, address } = self;
        let address = address.map(|object| CounterCall { object, steps: vec![give("minute", ADDRESS)] });
        let at_account = |steps| CounterCall { object: account.clone(), steps };
        let right = vec![give("day", ACCOUNT_A_DAY), clear(vec![tally(&delayed, ACCOUNT_AND_ADDRESS)])];
        // Of one that was not looked at, only the address keeps a count.
        let unseen =
            vec![give(&delayed, ACCOUNT_AND_ADDRESS), give("day", ACCOUNT_A_DAY), give("right", RIGHT_ONES)];
        let with_address = |steps| std::iter::once(at_account(steps)).chain(address.clone()).collect();
        CountedAttempt {
            if_right: with_address(right),
            if_unseen: with_address(unseen),
            // It is none of the account's right ones.
            if_wrong: vec![at_account(vec![give("right", RIGHT_ONES)])],
        }
    }
}

/// The owner of an account's mailbox proved it: all failures on the account are forgotten.
pub(crate) async fn mailbox_proved(cx: &Cx, directory: &str, account: &str) {
    let from = format!("from:{}", cx.address_bucket());
    let tallies = vec![tally("day", ACCOUNT_A_DAY), tally(from, ACCOUNT_AND_ADDRESS)];
    let object = account_object(directory, account);
    loosen(cx, vec![CounterCall { object, steps: vec![clear(tallies)] }]).await;
}

/// Refused calls of one caller at one route.
const REFUSED_AN_HOUR: u32 = 3_000;

/// Those of an hour that the log has one by one.
const REFUSED_IN_FULL: u32 = 3;

/// Counts a call that a route of the gateway refuses to a caller who is signed in. The log has the first of an hour, and
/// at each power of ten how many there were.
///
/// # Errors
/// [`Refusal::Limited`] when there are too many in an hour.
pub(crate) async fn refused_call(
    cx: &Cx,
    tenant_id: &str,
    route_id: &str,
    caller: &str,
    route: &str,
) -> Result<(), Error> {
    let limit = if cx.caller.unlimited { u32::MAX } else { REFUSED_AN_HOUR };
    let rule = Rule::Window { limit, seconds: 3_600 };
    let object = format!("{tenant_id}:refused:{route_id}:{caller}");
    let verdict = take(cx, object, vec![tally("hour", rule)]).await?;
    let entry = Entry::failed("gateway.refused").by(caller).on(route);
    let count = limit.saturating_sub(verdict.remaining).max(1);
    if verdict.admitted && count <= REFUSED_IN_FULL {
        audit::write(cx, tenant_id, entry).await?;
    } else if verdict.first_refusal || (verdict.admitted && 10_u32.pow(count.ilog10()) == count) {
        audit::write(cx, tenant_id, entry.saying(format!("{count} times within an hour"))).await?;
    }
    if verdict.admitted { Ok(()) } else { Err(Refusal::Limited(verdict).into()) }
}

/// Uses of one connection by routes within a minute.
const RELAYED_A_MINUTE: u32 = 600;

/// Counts a call that a route makes at another service with a person's token or key; answers whether it is the first of the
/// person's on that route and with that choice of a connection for an hour, which the log has.
///
/// # Errors
/// [`Refusal::Limited`] when the person's connection is used too often.
pub(crate) async fn relayed_call(
    cx: &Cx,
    tenant_id: &str,
    provider_id: &str,
    route_id: &str,
    user_id: &str,
    label: Option<&str>,
) -> Result<bool, Error> {
    const EACH: Rule = Rule::Window { limit: u32::MAX, seconds: 3_600 };
    let minute = [("minute", RELAYED_A_MINUTE, 60)];
    let limit = windows(cx, format!("{tenant_id}:relay:{provider_id}:{user_id}"), &minute);
    let choice = label.map(|label| format!(":{label}")).unwrap_or_default();
    let object = format!("{tenant_id}:relayed:{route_id}:{user_id}{choice}");
    let hour = take(cx, object, vec![tally("hour", EACH)]);
    let (limit, hour) = join(limit, hour).await;
    limit?;
    Ok(hour?.remaining == u32::MAX - 1)
}
