//! The queue of mails: each is handed over once.
//!
//! Who sends a mail takes it first, in one statement, for as long as a hand-over can last. A transport that
//! knows the mail's id again takes a repeat for what it is, so one that was cut off is tried again. The
//! platform's binding does not: there a mail whose hand-over was cut off may have been sent, and is left to an
//! administrator.

use std::rc::Rc;

use crate::config::MailTransport;
use crate::cx::Cx;
use crate::domain::audit::{self, Entry};
use crate::domain::delivery::{self, AT_ONCE, Outcome};
use crate::domain::mailing::outgoing::Outgoing;
use crate::ports::{Fault, Mail, Stmt};
use crate::store;
use crate::store::mail_templates::Content;
use crate::store::mails::LeasedMail;
pub(crate) use crate::store::outbox::StoredMail;
use crate::store::outbox::WaitingMail;

/// Seconds that a hand-over can last: longer than all rounds of a run, each of which the transport ends after 20 s.
const LEASE: i64 = 300;
/// Seconds after each try until the next; the last one over and over.
const DELAYS: [i64; 5] = [30, 120, 600, 1_800, 7_200];
/// Rounds in one run of cron.
const ROUNDS: usize = 12;
/// Characters that are kept of what a transport says.
const LONGEST_ERROR: usize = 200;

/// Puts a mail into the queue that no change waits for, and sends it.
pub(crate) async fn post(cx: &Cx, outgoing: Outgoing) -> Result<(), Fault> {
    let Outgoing { stmts, id } = outgoing;
    cx.db.run(stmts).await?;
    dispatch(cx, id);
    Ok(())
}

/// Sends a mail that is in the queue, after the answer: sending takes long enough to tell that there is somebody to send
/// to. What a crash leaves, cron sends.
pub(crate) fn dispatch(cx: &Cx, id: String) {
    let context = cx.clone();
    cx.background.run(Box::pin(async move {
        if let Err(fault) = send_and_resume(context.clone(), &id).await {
            context.log_fault("mail.queue", &fault);
        }
    }));
}

/// Sends one. When that went well, what waits has its turn as well: the transport may be back.
async fn send_and_resume(mut cx: Cx, id: &str) -> Result<(), Fault> {
    let sent = round(&cx, Some(id)).await?;
    if sent > 0 && cx.config.mail != MailTransport::Outbox {
        // Theirs is not the doing of whoever asks now.
        cx.caller = Rc::default();
        round(&cx, None).await?;
    }
    Ok(())
}

/// The cron's part: everything that is due, as long as the transport takes any of it.
pub async fn send_due(cx: &Cx) -> Result<(), Fault> {
    if !repeatable(cx) {
        cx.db.run(vec![store::mails::give_up_unknown(cx.now)]).await?;
    }
    for _ in 0..ROUNDS {
        if round(cx, None).await? == 0 {
            break;
        }
    }
    Ok(())
}

/// Whether the transport takes the same mail twice for one.
fn repeatable(cx: &Cx) -> bool {
    cx.config.mail != MailTransport::Binding
}

/// Takes mails whose turn it is and sends them; how many were handed over.
async fn round(cx: &Cx, id: Option<&str>) -> Result<usize, Fault> {
    let until = cx.now.plus(LEASE);
    let leased = store::mails::take_due(cx.db.as_ref(), id, repeatable(cx), until, AT_ONCE, cx.now).await?;
    let send = async |mail: &LeasedMail| match hand_over(cx, mail).await {
        Ok(()) => Outcome::Taken,
        Err(fault) => Outcome::NotNow(harmless(&fault.0)),
    };
    delivery::round(cx, &leased, send, async |mail, outcome| Ok(settle(cx, mail, outcome))).await
}

/// What is written of a try: what became of the mail, and an event if that is still so.
fn settle(cx: &Cx, mail: &LeasedMail, outcome: Outcome) -> Vec<Stmt> {
    let user = mail.user_id.as_deref().unwrap_or_default();
    let (set, entry) = match outcome {
        Outcome::Taken => {
            (store::mails::sent(mail, cx.now), Entry::ok("mail.sent").on(user).saying(&mail.kind))
        }
        Outcome::Refused(error) | Outcome::NotNow(error) => {
            let fault = Fault::saying(error);
            cx.log.line(&fault.line([
                ("event", "mail.failed".into()),
                ("mail", mail.id.as_str().into()),
                ("kind", mail.kind.as_str().into()),
                ("try", mail.attempts.into()),
            ]));
            let said = format!("{}, try {}", mail.kind, mail.attempts);
            let again_at = cx.now.plus(delay(mail.attempts));
            let set = store::mails::failed(mail, &fault.0, again_at);
            (set, Entry::failed("mail.failed").on(user).saying(said))
        }
    };
    vec![set, audit::row_if_changed(cx, &mail.tenant_id, entry)]
}

async fn hand_over(cx: &Cx, taken: &LeasedMail) -> Result<(), Fault> {
    let mail = open(cx, &taken.tenant_id, &taken.id, &taken.recipient, &taken.sealed)?;
    cx.mailer.send(mail).await
}

/// A mail that is in the queue, as it was written.
fn open(cx: &Cx, tenant_id: &str, id: &str, to: &str, sealed: &str) -> Result<Mail, Fault> {
    let content = cx.sealer(tenant_id, SEALED_AS)?.open_text(id, sealed)?;
    let content = Content::parted(&content).ok_or_else(|| Fault::new("mail", "no content"))?;
    let Content { subject, text, html } = content;
    Ok(Mail { id: id.to_owned(), to: to.to_owned(), subject, text, html })
}

/// The local outbox: the last mails to an address, newest first. Those that are still in the queue are there as well, for a
/// mail is written before the answer to what caused it and kept here after that.
pub(crate) async fn outbox(cx: &Cx, to: &str) -> Result<Vec<StoredMail>, Fault> {
    let (mut all, waiting) = store::outbox::to(cx.db.as_ref(), to).await?;
    for WaitingMail { id, tenant_id, recipient, sealed, created_at } in waiting {
        if !all.iter().any(|kept| kept.mail.id == id) {
            let mail = open(cx, &tenant_id, &id, &recipient, &sealed)?;
            all.push(StoredMail { from: cx.config.mail_from.clone(), mail, created_at });
        }
    }
    all.sort_by(|a, b| (b.created_at, &b.mail.id).cmp(&(a.created_at, &a.mail.id)));
    Ok(all)
}

fn delay(attempts: i64) -> i64 {
    let [.., last] = DELAYS;
    let tried = usize::try_from(attempts).unwrap_or(1).saturating_sub(1);
    DELAYS.get(tried).copied().unwrap_or(last)
}

/// What a transport said, without what may be an address, a link, a code or a secret that it repeats.
fn harmless(error: &str) -> String {
    let kept = |word: &str| {
        let digits = word.chars().filter(char::is_ascii_digit).count();
        !word.contains(['@', '=']) && !word.contains("//") && word.len() <= 40 && digits < 6
    };
    let words: Vec<&str> = error.split_whitespace().map(|word| if kept(word) { word } else { "…" }).collect();
    words.join(" ").chars().take(LONGEST_ERROR).collect()
}

/// The purpose that the key for sealed mails is derived for.
pub(crate) const SEALED_AS: &str = "mails";
