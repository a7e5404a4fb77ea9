//! Connections that nobody used for as long as the tenant's setting `connectionIdleDays` says: cron ends them, has their tokens
//! given back, and tells each person once of all of theirs. A token or key that is handed out, or sent by a route, is a use.

use std::collections::BTreeMap;

use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::mailing::Changed;
use crate::domain::tenants::{self, Tenant};
use crate::domain::vault::connections::in_log;
use crate::domain::vault::{notices, registry};
use crate::ports::Fault;
use crate::store;
use crate::store::vault_unused::{Unused, delete, look, release};

/// Connections that are looked at at once.
const PIECE: i64 = 50;
/// How many times in one run: the next one goes on.
const PIECES: usize = 4;

/// Ends what was not used for long.
pub async fn end_due(cx: &Cx) -> Result<(), Fault> {
    for _ in 0..PIECES {
        let looked = look(cx.db.as_ref(), PIECE, cx.now).await?;
        let mut persons: BTreeMap<(String, String), Vec<Unused>> = BTreeMap::new();
        for unused in looked.unused {
            persons.entry((unused.tenant_id.clone(), unused.user_id.clone())).or_default().push(unused);
        }
        for ((tenant_id, user_id), unused) in persons {
            // One person's holds up nobody else's.
            if let Err(fault) = end(cx, &tenant_id, &user_id, &unused).await {
                cx.log_fault("vault.unused", &fault);
            }
        }
        if i64::try_from(looked.count).unwrap_or(PIECE) < PIECE {
            break;
        }
    }
    Ok(())
}

/// Ends a person's, all or none: one that was used meanwhile is not among them the next time.
async fn end(cx: &Cx, tenant_id: &str, user_id: &str, unused: &[Unused]) -> Result<(), Fault> {
    let Some(tenant) = tenants::by_id(cx, tenant_id).await? else { return Ok(()) };
    let [first, others @ ..] = unused else { return Ok(()) };
    let mut change = Change::new(cx, tenant_id, entry(first));
    change.take_all(unused.iter().map(release));
    for other in others {
        change.log(tenant_id, entry(other));
    }
    for one in unused {
        change.then(store::vault_revocations::owe_by_id(&one.id, cx.now)).then(delete(one));
    }
    let services = names(cx, &tenant, unused).await?;
    if let Some(mail) = notices::write(cx, &tenant, user_id, Changed::ConnectionExpired, &services).await? {
        // Cron sends it with all others that wait: many at once would be more requests than one run may make.
        change.then_all(mail.stmts);
    }
    change.commit().await.map(drop)
}

fn entry(unused: &Unused) -> Entry {
    let which = in_log(&unused.provider_id, Some(&unused.label));
    let said = format!("{which}: not used since {}", unused.used_at.rfc3339());
    Entry::ok("vault.expired").by("system").on(&unused.user_id).saying(said)
}

/// The names of the services, each once.
async fn names(cx: &Cx, tenant: &Tenant, unused: &[Unused]) -> Result<String, Fault> {
    let mut names: Vec<String> = Vec::new();
    for one in unused {
        let name = registry::name_of(cx, tenant, &one.provider_id).await?;
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(names.join(", "))
}
