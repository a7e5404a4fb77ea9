//! Writing a letter: into the queue, in the batch of the event that it tells of.

use std::future::Future;
use std::rc::Rc;

use futures_util::future::join;

use crate::cx::{Caller, Cx};
use crate::domain::mailing::content;
use crate::domain::mailing::letter::{Changed, Kind, Letter};
use crate::domain::mailing::outgoing::Outgoing;
use crate::domain::mailing::queue::{SEALED_AS, post};
use crate::domain::mailing::templates;
use crate::domain::refusal::Error;
use crate::domain::tenants::{self, Tenant};
use crate::model::time::Time;
use crate::ports::{Fault, Stmt};
use crate::store;
use crate::store::gathered_notices::{self, Gathered};
use crate::store::mails::NewMail;
use crate::store::users::User;

/// Asks something, and meanwhile what the tenant says in letters of these kinds.
pub(crate) async fn while_looking_ahead<T>(
    cx: &Cx,
    tenant: &Tenant,
    kinds: &[Kind],
    asked: impl Future<Output = Result<T, Fault>>,
) -> Result<T, Error> {
    let (asked, ahead) = join(asked, templates::look_ahead(cx, tenant, kinds)).await;
    ahead?;
    Ok(asked?)
}

/// Mails that sum up notices, in one run of cron.
const SUMMARIES: i64 = 20;

/// Writes a letter to a user, to the address that stands in `to`.
///
/// It is put into the queue and sent by the change that it tells of: `Change::tell`.
pub(crate) async fn write(
    cx: &Cx,
    tenant: &Tenant,
    to: &User,
    letter: Letter<'_>,
) -> Result<Outgoing, Fault> {
    write_with(cx, tenant, to, letter, None).await
}

/// Writes a notice of something that is not now: `when` stands for the time.
pub(crate) async fn write_notice(
    cx: &Cx,
    tenant: &Tenant,
    to: &User,
    changed: Changed,
    when: String,
) -> Result<Outgoing, Fault> {
    write_with(cx, tenant, to, Letter::Changed(changed), Some(when)).await
}

async fn write_with(
    cx: &Cx,
    tenant: &Tenant,
    to: &User,
    letter: Letter<'_>,
    when: Option<String>,
) -> Result<Outgoing, Fault> {
    let kind = letter.kind();
    let id = cx.id();
    if !to.email_verified && !kind.proves_an_address() {
        return Ok(Outgoing { stmts: Vec::new(), id });
    }
    let content = content::content(cx, tenant, to, letter, when).await?.joined();
    let sealed = cx.sealer(&to.tenant_id, SEALED_AS)?.seal(cx.random(), &id, content.as_bytes())?;
    let mut stmts = Vec::new();
    if kind.replaces_older() {
        stmts.push(store::mails::replace_older(&to.id, kind.name(), &id));
    }
    let mail = NewMail {
        id: &id,
        user_id: &to.id,
        kind: kind.name(),
        recipient: &to.email,
        sealed: &sealed,
        now: cx.now,
        expires_at: cx.now.plus(kind.seconds()),
    };
    match kind {
        Kind::Changed(_) => stmts.extend(gathered_notices::insert(&mail, letter.service())),
        _ => stmts.push(store::mails::insert(&mail)),
    }
    Ok(Outgoing { stmts, id })
}

/// The cron's part for notices that were too many: one mail sums up those of a kind.
pub(crate) async fn sum_up(cx: &Cx) -> Result<(), Fault> {
    for gathered in gathered_notices::due(cx.db.as_ref(), SUMMARIES, cx.now).await? {
        if let Err(fault) = queue_summary(cx, &gathered).await {
            cx.log_fault("mail.gathered", &fault);
        }
    }
    Ok(())
}

/// Puts one mail for them into the queue, in their place.
async fn queue_summary(cx: &Cx, gathered: &Gathered) -> Result<(), Fault> {
    let summary = summary(cx, gathered).await?;
    cx.db.run(summary.into_iter().chain([gathered_notices::delete(gathered)]).collect()).await.map(drop)
}

/// The statement that puts one mail for them into the queue; none if nobody is there to be told.
async fn summary(cx: &Cx, gathered: &Gathered) -> Result<Option<Stmt>, Fault> {
    let user = store::users::by_id(cx.db.as_ref(), &gathered.tenant_id, &gathered.user_id).await?;
    let tenant = tenants::by_id(cx, &gathered.tenant_id).await?;
    let (Some(user), Some(tenant)) = (user, tenant) else { return Ok(None) };
    let Some(Kind::Changed(changed)) = Kind::by_name(&gathered.kind) else { return Ok(None) };
    let to = User { email: gathered.recipient.clone(), ..user };
    let minute = |at: Time| at.rfc3339().replace('T', " ").chars().take(16).collect::<String>();
    let when = format!("{} – {} UTC ({} ×)", minute(gathered.first), minute(gathered.last), gathered.count);
    let letter = match gathered.services.as_str() {
        "" => Letter::Changed(changed),
        service => Letter::OfConnection { changed, service },
    };
    let content = content::content(cx, &tenant, &to, letter, Some(when)).await?.joined();
    let id = cx.id();
    let sealed = cx.sealer(&to.tenant_id, SEALED_AS)?.seal(cx.random(), &id, content.as_bytes())?;
    let mail = store::mails::insert(&NewMail {
        id: &id,
        user_id: &to.id,
        kind: &gathered.kind,
        recipient: &to.email,
        sealed: &sealed,
        now: cx.now,
        expires_at: cx.now.plus(Kind::Changed(changed).seconds()),
    });
    Ok(Some(gathered_notices::while_there(mail, gathered)))
}

/// For a letter about what somebody else did, as an administrator: where they are and what they speak is not
/// its reader's.
pub(crate) fn by_another(cx: &Cx) -> Cx {
    let client = Caller { unlimited: cx.caller.unlimited, ..Caller::default() };
    Cx { caller: Rc::new(client), ..cx.clone() }
}

/// Writes and sends a letter that no batch waits for.
pub async fn send(cx: &Cx, tenant: &Tenant, to: &User, letter: Letter<'_>) -> Result<(), Fault> {
    post(cx, write(cx, tenant, to, letter).await?).await
}
