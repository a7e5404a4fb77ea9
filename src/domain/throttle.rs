//! Limits and lockout. What is counted, by what, and how much of it.
//!
//! An attempt is taken before it is evaluated and given back if it succeeds, so that many at once are never
//! more than the limit allows.

use std::future::Future;

use futures_util::future::{join, join_all};

use crate::cx::Cx;
use crate::domain::audit::{self, Entry};
use crate::domain::refusal::{Error, Refusal};
use crate::domain::tenants::{Settings, Tenant};
use crate::ports::{Act, Count, Fault, Rule, Tally, Verdict};

const DAY: u32 = 86_400;

/// Failures of one account from one address before delays of 1, 2, 4 … 900 s.
const ACCOUNT_AND_ADDRESS: Rule = Rule::Backoff { free: 5, seconds: 900, max: 900 };
/// Failures of one account from everywhere; after that only a mailed link lets in.
const ACCOUNT_A_DAY: Rule = Rule::Window { limit: 100, seconds: DAY };
/// Failures from one address on all accounts.
const ADDRESS: Rule = Rule::Window { limit: 30, seconds: 60 };
/// Attempts from one address, right ones too, as each costs a hash; wide, because a large office is one address.
const ADDRESS_IN_ALL: Rule = Rule::Window { limit: 600, seconds: 60 };
/// Right passwords of one account from everywhere: more than its own programs need, and few enough that whoever
/// knows one password has little hashed with it.
const RIGHT_ONES: Rule = Rule::Window { limit: 60, seconds: 60 };
/// Mails that strangers can make us send to one address.
const MAILS: Rule = Rule::Window { limit: 5, seconds: 900 };

/// Wrong user codes of devices, from one address and by one person (RFC 8628 §5.1).
const USER_CODES: Rule = Rule::Window { limit: 10, seconds: 900 };

/// Wrong codes of mails to sign in by: for one code, and for one address; after that only the link lets in.
const MAILED_CODE: Rule = Rule::Window { limit: 5, seconds: 900 };
const MAILED_CODES_A_DAY: Rule = Rule::Window { limit: 30, seconds: DAY };

/// Wrong codes for one challenge, and for one user from everywhere.
const CODES_A_CHALLENGE: Rule = Rule::Window { limit: 5, seconds: 3_600 };
const CODES_AN_HOUR: u32 = 10;

fn tally(name: impl Into<String>, rule: Rule) -> Tally {
    Tally { name: name.into(), rule }
}

fn give(name: &str, rule: Rule) -> Count {
    Count { act: Act::Give, tallies: vec![tally(name, rule)] }
}

/// Does the steps on each object, without anybody waiting for it.
fn in_background(cx: &Cx, objects: Vec<(String, Vec<Count>)>) {
    let context = cx.clone();
    cx.after.run(Box::pin(async move {
        let all = objects.into_iter().map(|(object, steps)| context.counters.count(object, steps));
        for fault in join_all(all).await.into_iter().filter_map(Result::err) {
            let line = serde_json::json!({ "level": "error", "event": "counters", "fault": fault.0 });
            context.log.line(&line.to_string());
        }
    }));
}

async fn take(cx: &Cx, object: String, tallies: Vec<Tally>) -> Result<Verdict, Error> {
    Ok(cx.counters.count(object, vec![Count { act: Act::Take, tallies }]).await?)
}

/// A password attempt that has been counted as a failure until it is told otherwise.
#[must_use]
pub struct Attempt {
    /// The account's object.
    account: String,
    /// Its tally with growing delays.
    delayed: String,
    /// The object of the client's address, where that counts as well.
    address: Option<String>,
}

/// Counts a login's password attempt: by address, by account and address, and by account; meanwhile it is looked
/// up whose it is.
///
/// # Errors
/// [`Refusal::Limited`] if it must not be evaluated; the first of a row is written to the audit log.
pub async fn login_attempt<T>(
    cx: &Cx,
    tenant_id: &str,
    directory: &str,
    account: &str,
    look_up: impl Future<Output = Result<T, Error>>,
) -> Result<(Option<Attempt>, T), Error> {
    let bucket = cx.address_bucket();
    let attempt = Attempt {
        account: format!("{directory}:login:{account}"),
        delayed: format!("from:{bucket}"),
        address: Some(format!("{directory}:login-address:{bucket}")),
    };
    attempt.taken(cx, tenant_id, account, look_up).await
}

/// An attempt to sign in without a password that has been counted as a failure of its address.
#[must_use]
pub struct FromAddress(String);

/// Counts an attempt to sign in with what nobody can guess: by address, together with password attempts.
///
/// # Errors
/// As [`login_attempt`].
pub async fn from_address(cx: &Cx, tenant_id: &str, directory: &str) -> Result<Option<FromAddress>, Error> {
    if cx.client.unlimited {
        return Ok(None);
    }
    let object = format!("{directory}:login-address:{}", cx.address_bucket());
    let tallies = vec![tally("minute", ADDRESS), tally("all", ADDRESS_IN_ALL)];
    let verdict = take(cx, object.clone(), tallies).await?;
    refuse_beyond(cx, tenant_id, verdict, "-").await?;
    Ok(Some(FromAddress(object)))
}

impl FromAddress {
    /// It succeeded: it is no failure.
    pub fn succeeded(self, cx: &Cx) {
        in_background(cx, vec![(self.0, vec![give("minute", ADDRESS)])]);
    }
}

/// Counts a password attempt of one who is signed in: by user, wherever it comes from, so that a stolen
/// token cannot be used to guess from many addresses.
///
/// # Errors
/// As [`login_attempt`].
pub async fn change_attempt(cx: &Cx, tenant_id: &str, user_id: &str) -> Result<Option<Attempt>, Error> {
    let account = format!("{tenant_id}:change-password:{user_id}");
    let attempt = Attempt { account, delayed: "user".into(), address: None };
    Ok(attempt.taken(cx, tenant_id, user_id, async { Ok(()) }).await?.0)
}

async fn refuse_beyond(cx: &Cx, tenant_id: &str, verdict: Verdict, account: &str) -> Result<(), Error> {
    if verdict.admitted {
        return Ok(());
    }
    if verdict.first_refusal {
        audit::write(cx, tenant_id, Entry::failed("login.limited").by(account)).await?;
    }
    Err(Refusal::Limited(verdict).into())
}

impl Attempt {
    async fn taken<T>(
        self,
        cx: &Cx,
        tenant_id: &str,
        who: &str,
        look_up: impl Future<Output = Result<T, Error>>,
    ) -> Result<(Option<Attempt>, T), Error> {
        if cx.client.unlimited {
            return Ok((None, look_up.await?));
        }
        // Before the account's, of which an address that is held off takes nothing.
        if let Some(address) = &self.address {
            let tallies = vec![tally("minute", ADDRESS), tally("all", ADDRESS_IN_ALL)];
            let verdict = take(cx, address.clone(), tallies).await?;
            refuse_beyond(cx, tenant_id, verdict, who).await?;
        }
        let tallies = vec![
            tally(&self.delayed, ACCOUNT_AND_ADDRESS),
            tally("day", ACCOUNT_A_DAY),
            tally("right", RIGHT_ONES),
        ];
        let (verdict, found) = join(take(cx, self.account.clone(), tallies), look_up).await;
        refuse_beyond(cx, tenant_id, verdict?, who).await?;
        Ok((Some(self), found?))
    }

    /// The attempt succeeded: it is no failure, and those that delay it are forgotten. Nobody waits for that: one
    /// that counts although it was right only makes the limit tighter.
    pub fn succeeded(self, cx: &Cx) {
        let forget = Count { act: Act::Clear, tallies: vec![tally(self.delayed, ACCOUNT_AND_ADDRESS)] };
        let mut all = vec![(self.account, vec![give("day", ACCOUNT_A_DAY), forget])];
        all.extend(self.address.map(|address| (address, vec![give("minute", ADDRESS)])));
        in_background(cx, all);
    }

    /// The password was not looked at: of the attempt only the address keeps a count.
    pub fn not_evaluated(self, cx: &Cx) {
        let account = vec![
            give(&self.delayed, ACCOUNT_AND_ADDRESS),
            give("day", ACCOUNT_A_DAY),
            give("right", RIGHT_ONES),
        ];
        let mut all = vec![(self.account, account)];
        all.extend(self.address.map(|address| (address, vec![give("minute", ADDRESS)])));
        in_background(cx, all);
    }
}

/// The password was wrong, which `told` writes to the log: the attempt is none of the account's right ones.
pub async fn wrong_password(
    cx: &Cx,
    counted: Option<Attempt>,
    told: impl Future<Output = Result<(), Fault>>,
) -> Result<(), Fault> {
    let Some(counted) = counted else { return told.await };
    let given = cx.counters.count(counted.account, vec![give("right", RIGHT_ONES)]);
    let (told, given) = join(told, given).await;
    told.and(given.map(drop))
}

/// The owner of an account's mailbox proved it: all failures on the account are forgotten.
pub async fn mailbox_proved(cx: &Cx, directory: &str, account: &str) -> Result<(), Error> {
    let from = format!("from:{}", cx.address_bucket());
    let tallies = vec![tally("day", ACCOUNT_A_DAY), tally(from, ACCOUNT_AND_ADDRESS)];
    let forget = vec![Count { act: Act::Clear, tallies }];
    cx.counters.count(format!("{directory}:login:{account}"), forget).await?;
    Ok(())
}

/// Counts a mail that anyone can cause to be sent to an address; `false` if it must not be sent.
pub async fn mail(cx: &Cx, directory: &str, email_key: &str, purpose: &str) -> Result<bool, Error> {
    match mail_or_wait(cx, directory, email_key, purpose).await {
        Ok(()) => Ok(true),
        Err(Error::Refused(Refusal::Limited(_))) => Ok(false),
        Err(broken) => Err(broken),
    }
}

/// Counts a mail that one who is known asks for.
///
/// # Errors
/// [`Refusal::Limited`].
pub async fn mail_or_wait(cx: &Cx, directory: &str, email_key: &str, purpose: &str) -> Result<(), Error> {
    if cx.client.unlimited {
        return Ok(());
    }
    let verdict = take(cx, format!("{directory}:mail:{email_key}"), vec![tally(purpose, MAILS)]).await?;
    if verdict.admitted { Ok(()) } else { Err(Refusal::Limited(verdict).into()) }
}

/// A guess of a device's user code that has been counted as a wrong one.
#[must_use]
pub struct Guess([String; 2]);

/// Counts a guess of a user code, by the address it comes from and by the person who is signed in.
///
/// # Errors
/// [`Refusal::Limited`] if it must not be looked at; the first of a row is written to the audit log.
pub async fn user_code(cx: &Cx, tenant_id: &str, user_id: &str) -> Result<Option<Guess>, Error> {
    if cx.client.unlimited {
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
    pub fn right(self, cx: &Cx) {
        in_background(cx, self.0.map(|object| (object, vec![give("wrong", USER_CODES)])).into());
    }
}

/// A guess of a code that was mailed to sign in by, counted as a wrong one.
#[must_use]
pub struct MailedCode {
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
pub async fn mailed_code(
    cx: &Cx,
    tenant_id: &str,
    directory: &str,
    email_key: &str,
) -> Result<Option<MailedCode>, Error> {
    if cx.client.unlimited {
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
pub async fn another_mailed_code(cx: &Cx, directory: &str, email_key: &str) -> Result<(), Error> {
    let forget = Count { act: Act::Clear, tallies: vec![tally("code", MAILED_CODE)] };
    cx.counters.count(MailedCode::of(cx, directory, email_key).account, vec![forget]).await?;
    Ok(())
}

impl MailedCode {
    /// It was right after all.
    pub fn right(self, cx: &Cx) {
        let forget = Count { act: Act::Clear, tallies: vec![tally("code", MAILED_CODE)] };
        let account = (self.account, vec![give("day", MAILED_CODES_A_DAY), forget]);
        in_background(cx, vec![account, (self.address, vec![give("minute", ADDRESS)])]);
    }
}

/// A guess of a second factor that has been counted as a wrong one.
#[must_use]
pub struct SecondFactor {
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
pub async fn second_factor(
    cx: &Cx,
    tenant: &Tenant,
    settings: &Settings,
    user_id: &str,
    challenge_id: Option<&str>,
) -> Result<Option<SecondFactor>, Error> {
    if cx.client.unlimited {
        return Ok(None);
    }
    let limit = settings.mfa_attempts;
    let lock = u32::try_from(settings.mfa_lockout_seconds).unwrap_or(DAY);
    let mut failures = vec![tally("failures", Rule::Lockout { limit, seconds: 3_600, lock })];
    failures.extend(challenge_id.map(|id| tally(id, CODES_A_CHALLENGE)));
    let hour = tally("hour", Rule::Window { limit: limit.max(CODES_AN_HOUR), seconds: 3_600 });
    let tried = SecondFactor { object: format!("{}:mfa:{user_id}", tenant.id), failures, hour };
    let mut tallies = tried.failures.clone();
    tallies.push(tried.hour.clone());
    let verdict = take(cx, tried.object.clone(), tallies).await?;
    if verdict.admitted {
        return Ok(Some(tried));
    }
    if verdict.first_refusal {
        audit::write(cx, &tenant.id, Entry::failed("mfa.limited").by(user_id)).await?;
    }
    Err(Refusal::Limited(verdict).into())
}

impl SecondFactor {
    /// It was not looked at.
    pub async fn not_evaluated(self, cx: &Cx) -> Result<(), Fault> {
        let SecondFactor { object, failures: mut tallies, hour } = self;
        tallies.push(hour);
        cx.counters.count(object, vec![Count { act: Act::Give, tallies }]).await.map(drop)
    }

    /// It was right after all: the failures before it are forgotten. Nobody waits for that.
    pub fn right(self, cx: &Cx) {
        let forget = Count { act: Act::Clear, tallies: self.failures };
        let give = Count { act: Act::Give, tallies: vec![self.hour] };
        in_background(cx, vec![(self.object, vec![forget, give])]);
    }
}

/// Counts one use of something limited by a window; answers how much is left.
pub async fn window(cx: &Cx, object: String, limit: u32, seconds: u32) -> Result<Option<Verdict>, Error> {
    if cx.client.unlimited {
        return Ok(None);
    }
    let verdict = take(cx, object, vec![tally("window", Rule::Window { limit, seconds })]).await?;
    if verdict.admitted { Ok(Some(verdict)) } else { Err(Refusal::Limited(verdict).into()) }
}
