//! What cron removes: whatever can no longer matter.

use crate::model::time::Time;
use crate::ports::Stmt;
use crate::store::{audit, changes, mails};

/// Statements that remove what has ended: ended sessions and their families a day after, once it is noted when the client
/// that they were granted to was last used, if it registered itself; used links, changes of
/// address, authorization requests, codes and device codes, challenges, trust in browsers, keys that verify
/// nothing any more, old mail of local deployments, what became of mail, old audit events.
pub(crate) fn all(now: Time) -> Vec<Stmt> {
    let day = now.plus(-86_400).0;
    let before = |sql: &str, at: i64| Stmt::new(sql, vec![at.into()]);
    let mut all = vec![
        Stmt::new(
            "UPDATE clients SET used_at = (SELECT max(seen_at) FROM sessions WHERE client_id = clients.id)
             WHERE registration_hash IS NOT NULL
             AND (SELECT max(seen_at) FROM sessions WHERE client_id = clients.id) > coalesce(used_at, 0)",
            vec![],
        ),
        before("DELETE FROM sessions WHERE ended_at < ?1", day),
        before("DELETE FROM sessions WHERE due_at < ?1 AND expires_at < ?1", day),
        before("UPDATE sessions SET due_at = expires_at WHERE due_at < ?1", day),
        before("DELETE FROM mail_links WHERE expires_at < ?1", day),
        before("DELETE FROM email_changes WHERE expires_at < ?1", day),
        before("DELETE FROM authorization_requests WHERE expires_at < ?1", day),
        before("DELETE FROM authorization_codes WHERE expires_at < ?1", day),
        before("DELETE FROM device_codes WHERE expires_at < ?1", day),
        before("DELETE FROM challenges WHERE expires_at < ?1", day),
        before("DELETE FROM passkey_challenges WHERE expires_at < ?1", day),
        before("DELETE FROM federation_used WHERE expires_at < ?1", day),
        before("DELETE FROM vault_attempts WHERE expires_at < ?1", now.0),
        before("DELETE FROM trusted_devices WHERE expires_at < ?1", day),
        before("DELETE FROM signing_keys WHERE gone_at < ?1", day),
        before("DELETE FROM rsa_keys WHERE gone_at < ?1", day),
        before("DELETE FROM outbox WHERE created_at < ?1", now.plus(-7 * 86_400).0),
        audit::remove_expired(now, 10_000),
    ];
    all.push(changes::sweep(now.plus(-changes::KEPT_SECONDS)));
    all.extend(mails::sweep(now));
    all
}
