//! What cron does: rotates keys that are due, warns of certificates that end, tells clients of logouts again, ends connections that nobody uses, gives tokens back, sends mail again, makes what users
//! are found by, and removes what has expired.

use crate::cx::Cx;
use crate::domain::federation::trials;
use crate::domain::saml::expiry;
use crate::domain::vault::{revocations, unused};
use crate::domain::{backchannel, clients, key_rotation, mailing};
use crate::ports::Fault;
use crate::store;

/// Pieces of users whose words are made in one run: 4,000 users, in 40 queries.
const MOST_PIECES: usize = 20;

/// One run. Each tenant's keys fail for themselves.
pub async fn run(cx: &Cx) -> Result<(), Fault> {
    for tenant_id in store::keys::tenants(cx.db.as_ref()).await? {
        if let Err(fault) = key_rotation::rotate_due(cx, &tenant_id).await {
            cx.log.line(&fault.line([("event", "keys.rotate".into()), ("tenant", tenant_id.into())]));
        }
    }
    if let Err(fault) = backchannel::deliver_due(cx).await {
        cx.log_fault("backchannel", &fault);
    }
    if let Err(fault) = expiry::warn_due(cx).await {
        cx.log_fault("certificates", &fault);
    }
    if let Err(fault) = unused::end_due(cx).await {
        cx.log_fault("vault.unused", &fault);
    }
    if let Err(fault) = revocations::deliver_due(cx).await {
        cx.log_fault("vault.revocations", &fault);
    }
    if let Err(fault) = mailing::sum_up(cx).await {
        cx.log_fault("mail.gathered", &fault);
    }
    if let Err(fault) = mailing::send_due(cx).await {
        cx.log_fault("mail.queue", &fault);
    }
    if let Err(fault) = make_words(cx).await {
        cx.log_fault("users.words", &fault);
    }
    if let Err(fault) = trials::sweep(cx).await {
        cx.log_fault("trials", &fault);
    }
    cx.db.run(store::sweep::all(cx.now)).await?;
    clients::remove_unused(cx).await
}

/// Makes the words that users are found by, where they are not made yet: of those who were there before search had
/// an index.
async fn make_words(cx: &Cx) -> Result<(), Fault> {
    for _ in 0..MOST_PIECES {
        if !store::user_words::make_piece(cx.db.as_ref()).await? {
            break;
        }
    }
    Ok(())
}
