//! Accounts whose address nobody has proved to have: what is in them was chosen by whoever made them, and goes
//! when the owner of the mailbox comes.

use crate::model::time::Time;
use crate::ports::{Arg, Database, Fault, Stmt};
use crate::store::logout_deliveries::owe;
use crate::store::{one, user_words};

/// Whether that user's account is one; `?2` is the user.
const IS: &str = "EXISTS (SELECT 1 FROM users WHERE users.id = ?2 AND email_key = ?3 AND email_verified = 0 AND proved = 0)";

/// Whether a user's account is one.
pub(crate) async fn is_one(db: &dyn Database, user_id: &str, email_key: &str) -> Result<bool, Fault> {
    let stmt = Stmt::new(
        format!("SELECT 1 AS n WHERE ?1 AND {IS}"),
        vec![1.into(), user_id.into(), email_key.into()],
    );
    Ok(!one(db, stmt).await?.is_empty())
}

/// The statements that remove everything that lets anybody in, if nobody has proved the address: sessions and
/// what was granted in them, API keys, passkeys, the authenticator app, backup codes, trust in browsers, what
/// waits, identities at providers, and the name and password. Whether a second factor is asked for stays: an administrator may have said
/// so.
pub(crate) fn forget(user_id: &str, email_key: &str, now: Time) -> Vec<Stmt> {
    let args = || -> Vec<Arg> { vec![now.0.into(), user_id.into(), email_key.into()] };
    let sessions = format!("sessions.user_id = ?2 AND {IS}");
    let told = owe(&sessions, now, vec![user_id.into(), email_key.into()]);
    let all = [
        "UPDATE sessions SET ended_at = ?1 WHERE ended_at IS NULL AND user_id = ?2",
        "UPDATE api_keys SET revoked_at = ?1 WHERE revoked_at IS NULL AND user_id = ?2",
        "UPDATE challenges SET used_at = ?1 WHERE used_at IS NULL AND user_id = ?2",
        "UPDATE passkey_challenges SET used_at = ?1 WHERE used_at IS NULL AND user_id = ?2",
        "UPDATE email_changes SET expires_at = ?1 WHERE done_at IS NULL AND user_id = ?2",
        "DELETE FROM passkeys WHERE ?1 > 0 AND user_id = ?2",
        "DELETE FROM authenticators WHERE ?1 > 0 AND user_id = ?2",
        "DELETE FROM backup_codes WHERE ?1 > 0 AND user_id = ?2",
        "DELETE FROM trusted_devices WHERE ?1 > 0 AND user_id = ?2",
        "DELETE FROM consents WHERE ?1 > 0 AND user_id = ?2",
        "DELETE FROM identities WHERE ?1 > 0 AND user_id = ?2",
    ];
    let user =
        format!("UPDATE users SET password_hash = NULL, name = NULL, words = ?1 WHERE id = ?2 AND {IS}");
    let words = user_words::json(email_key, None);
    let user = Stmt::new(user, vec![words.into(), user_id.into(), email_key.into()]);
    let all = all.map(|sql| Stmt::new(format!("{sql} AND {IS}"), args()));
    std::iter::once(told).chain(all).chain([user]).collect()
}
