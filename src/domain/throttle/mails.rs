//! Limits of mails: what strangers can cause to be sent to one mailbox, and from one address.

use std::future::Future;

use crate::cx::Cx;
use crate::domain::refusal::{Error, Refusal};
use crate::domain::throttle::tallies::{count_meanwhile, taking, taking_windows, tally};
use crate::ports::{CounterCall, CounterObject, Fault, Rule, Verdict};

/// Mails that strangers can make us send to one address.
const MAILS: Rule = Rule::Window { limit: 5, seconds: 900 };

/// What strangers can cause to be mailed to an address, for a purpose.
#[derive(Clone, Copy)]
pub(crate) struct MailTo<'a> {
    pub(crate) directory: &'a str,
    pub(crate) email_key: &'a str,
    /// As the log and the database name it.
    pub(crate) purpose: &'a str,
}

impl MailTo<'_> {
    fn taking(self) -> CounterCall {
        taking(format!("{}:mail:{}", self.directory, self.email_key), vec![tally(self.purpose, MAILS)])
    }
}

/// Counts a mail that anyone can cause to be sent to an address; `false` if it must not be sent.
pub(crate) async fn mail(cx: &Cx, directory: &str, email_key: &str, purpose: &str) -> Result<bool, Error> {
    match mail_or_wait(cx, directory, email_key, purpose).await {
        Ok(()) => Ok(true),
        Err(Error::Refused(Refusal::Limited(_))) => Ok(false),
        Err(broken) => Err(broken),
    }
}

/// Counts a mail that a user who is known asks for.
///
/// # Errors
/// [`Refusal::Limited`].
pub(crate) async fn mail_or_wait(
    cx: &Cx,
    directory: &str,
    email_key: &str,
    purpose: &str,
) -> Result<(), Error> {
    mails_or_wait(cx, &[MailTo { directory, email_key, purpose }]).await
}

/// The same of several mails, in turn.
///
/// # Errors
/// [`Refusal::Limited`].
pub(crate) async fn mails_or_wait(cx: &Cx, mails: &[MailTo<'_>]) -> Result<(), Error> {
    if cx.caller.unlimited {
        return Ok(());
    }
    let verdicts = cx.counters.count_in_turn(mails.iter().map(|mail| mail.taking()).collect()).await?;
    verdicts.into_iter().try_for_each(admit)
}

/// Counts a request for a mail by the caller's address and by the mailbox, and meanwhile looks something up: the verdict on
/// the mail, and what was found. The mailbox is asked once the address is admitted, so that one which is held off takes no
/// mail of anybody.
///
/// # Errors
/// [`Refusal::Limited`] of the address.
pub(crate) async fn mail_request<T>(
    cx: &Cx,
    by_address: (CounterObject, &[(&str, u32, u32)]),
    mail: MailTo<'_>,
    look_up: impl Future<Output = Result<T, Error>>,
) -> Result<(MailVerdict, T), Error> {
    if cx.caller.unlimited {
        return Ok((MailVerdict(None), look_up.await?));
    }
    let (object, windows) = by_address;
    let name = object.name.clone();
    let counted = async {
        let calls = vec![taking_windows(object, windows), mail.taking()];
        let verdicts = cx.counters.count_in_turn(calls).await?;
        match verdicts.as_slice() {
            [_, of_mail] => Ok(MailVerdict(Some(*of_mail))),
            [of_address] => Err(Refusal::Limited(*of_address).into()),
            _ => Err(Fault::new("counters", "as many verdicts as there are not").into()),
        }
    };
    count_meanwhile(cx, &name, counted, look_up).await
}

/// Whether a mail may be sent; without a verdict nothing limits it.
pub(crate) struct MailVerdict(Option<Verdict>);

impl MailVerdict {
    pub(crate) fn may_send(&self) -> bool {
        self.0.is_none_or(|verdict| verdict.admitted)
    }

    /// # Errors
    /// [`Refusal::Limited`] if it must not be sent.
    pub(crate) fn or_wait(self) -> Result<(), Error> {
        self.0.map_or(Ok(()), admit)
    }
}

fn admit(verdict: Verdict) -> Result<(), Error> {
    if verdict.admitted { Ok(()) } else { Err(Refusal::Limited(verdict).into()) }
}
