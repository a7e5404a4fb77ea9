//! How long events of the audit log are kept: what people and programs do every day, and what changes who may do what.

use crate::model::tenant::Settings;

/// A class of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AuditClass {
    /// Sign-ins, tokens, mails and calls, done or refused.
    SignIn,
    /// All that changes credentials, people, rights or settings, and signs of an attack.
    Security,
}

/// Events of [`AuditClass::SignIn`], by their first part or whole.
const SIGN_INS: [&str; 31] = [
    "login",
    "logout",
    "magic_link",
    "mail",
    "backchannel",
    "lookups",
    "gateway",
    "session.adopted",
    "session.ended_by_provider",
    "session.moved",
    "session.reauthenticated",
    "session.replaced",
    "mfa.challenged",
    "mfa.code_sent",
    "mfa.failed",
    "mfa.limited",
    "code.issued",
    "code.refused",
    "console",
    "token.issued",
    "token.exchanged",
    "token.exchange_refused",
    "device.approved",
    "device.asked",
    "device.denied",
    "device.limited",
    "device.unknown",
    "dpop.refused",
    "client.refused",
    "vault.token_issued",
    "vault.relayed",
];

impl AuditClass {
    /// The class of an event; one that is not listed is kept longer.
    pub(crate) fn of(event: &str) -> AuditClass {
        let first = event.split_once('.').map_or(event, |(first, _)| first);
        if SIGN_INS.iter().any(|known| *known == event || *known == first) {
            AuditClass::SignIn
        } else {
            AuditClass::Security
        }
    }

    /// The tenant's setting that says how many days, and how many those are where it says nothing.
    pub(crate) fn kept(self) -> (&'static str, i64) {
        let usual = Settings::default();
        match self {
            AuditClass::SignIn => ("$.auditSignInDays", usual.audit_sign_in_days),
            AuditClass::Security => ("$.auditSecurityDays", usual.audit_security_days),
        }
    }
}
