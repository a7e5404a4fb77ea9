//! What came through one mailbox is one factor, in however many ways it came: a link and a code, a password that was
//! set by a mailed link and a code, a code after a link. And which second factors are left for a user who proved this
//! much.
//!
//! A user who has nothing but codes by mail, and whose password was set by mail, still gets in: with one factor, which
//! tokens say (`acr`), and which what asks for two refuses. The session may set up another factor, as may one of a
//! person who has none.

use crate::domain::tenants::Tenant;
use crate::model::factor::{FEDERATED, KEY, Method, ONE_MAILBOX, ONE_TIME, PASSWORD, has_two};
use crate::model::state::Mfa;
use crate::store::factors::Factors;
use crate::store::users::User;

fn has(amr: &[String], what: &str) -> bool {
    amr.iter().any(|one| one == what)
}

/// Whether all that was proved came through the mailbox.
fn by_mail_alone(user: &User, amr: &[String]) -> bool {
    // What a provider says of a password or code is of one at its own place.
    if has(amr, KEY) || has(amr, FEDERATED) || has_two(amr) {
        return false;
    }
    if has(amr, PASSWORD) { user.password_by_mail } else { has(amr, ONE_TIME) }
}

/// Whether this proof adds nothing to those before: it came through the same mailbox.
pub(crate) fn adds_nothing(user: &User, amr: &[String], method: Method) -> bool {
    let mailed = match method {
        Method::Email => true,
        Method::Password => user.password_by_mail,
        Method::Totp | Method::Backup | Method::Passkey => false,
    };
    mailed && by_mail_alone(user, amr)
}

/// Whether a session with one factor has proved all that its user has: both ways through the mailbox, where there is
/// no other factor.
pub(crate) fn is_all(user: &User, factors: &Factors, amr: &[String]) -> bool {
    let others = factors.authenticator.is_some() || factors.passkeys > 0 || factors.backup_codes > 0;
    stands_for(user, amr) && !others
}

/// Whether a session was let in with one factor because its user had no other, which holds while codes by mail are
/// what they have.
pub(crate) fn stands_for(user: &User, amr: &[String]) -> bool {
    has(amr, ONE_MAILBOX) && user.mfa == Mfa::Email
}

/// What can be the second factor of a user who proved this much, the usual one first. It is never the same again. Where
/// only the mailbox is left, it is asked for another time, which adds nothing to what tokens say. None, if an
/// authenticator app is to be set up.
pub(crate) fn methods(tenant: &Tenant, user: &User, factors: &Factors, amr: &[String]) -> Vec<Method> {
    let by_mail = by_mail_alone(user, amr);
    let mut all = Vec::new();
    if factors.authenticator.is_some() {
        all.push(Method::Totp);
    }
    if user.mfa == Mfa::Email && !by_mail {
        all.push(Method::Email);
    }
    if factors.passkeys > 0 && tenant.settings_for(user).passkeys && !has(amr, KEY) {
        all.push(Method::Passkey);
    }
    if factors.backup_codes > 0 && !all.is_empty() {
        all.push(Method::Backup);
    }
    if !all.is_empty() || user.mfa != Mfa::Email {
        return all;
    }
    let has_password_here = has(amr, PASSWORD) && !has(amr, FEDERATED);
    let asks_password = user.password_hash.is_some() && !has_password_here;
    if asks_password && !user.password_by_mail {
        return vec![Method::Password];
    }
    if factors.backup_codes > 0 {
        return vec![Method::Backup];
    }
    match has(amr, ONE_MAILBOX) {
        true => Vec::new(),
        false if asks_password => vec![Method::Password],
        false if has(amr, PASSWORD) => vec![Method::Email],
        false => Vec::new(),
    }
}
