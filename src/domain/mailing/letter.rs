//! The letters that there are, and what each carries.

/// A letter with what it carries.
#[derive(Debug, Clone, Copy)]
pub enum Letter<'a> {
    /// Confirms an address.
    VerifyEmail {
        /// The page that confirms it.
        link: &'a str,
    },
    /// Leads to a new password.
    ResetPassword {
        /// The page that sets it.
        link: &'a str,
    },
    /// Leads to the first password of an account that an administrator made.
    Invitation {
        /// The page that sets it.
        link: &'a str,
    },
    /// Somebody registered with an address that has an account.
    AlreadyRegistered {
        /// The sign-in page.
        link: &'a str,
    },
    /// Signs in without a password.
    MagicLink {
        /// The page that signs in.
        link: &'a str,
        /// The six digits that do as well.
        code: &'a str,
    },
    /// A code as second factor.
    Code {
        /// The code.
        code: &'a str,
    },
    /// To the address that an account is to have: confirms it.
    ConfirmNewEmail {
        /// The page that confirms it.
        link: &'a str,
    },
    /// To the address that an account has: agrees to another.
    ApproveEmailChange {
        /// The page that agrees.
        link: &'a str,
        /// The address that it is to have.
        new_email: &'a str,
    },
    /// Tells that a credential was changed.
    Changed(Changed),
    /// Tells what became of connections to services.
    OfConnection {
        /// What became of them.
        changed: Changed,
        /// The services' names.
        service: &'a str,
    },
}

/// What was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    Password,
    /// The address; this goes to the one before.
    Email,
    /// The address; this goes to the one that it is now.
    EmailNow,
    /// A second factor is asked for from now on.
    SecondFactorOn,
    /// None is asked for any more.
    SecondFactorOff,
    /// An administrator took the second factor away.
    SecondFactorReset,
    /// There is a new set of backup codes.
    BackupCodes,
    /// One of them was used.
    BackupCodeUsed,
    /// A passkey was added.
    PasskeyAdded,
    /// A passkey was removed.
    PasskeyRemoved,
    /// An identity at a provider was linked.
    IdentityAdded,
    /// An identity at a provider was unlinked.
    IdentityRemoved,
    /// An API key was made.
    ApiKeyMade,
    /// An API key was revoked.
    ApiKeyRevoked,
    /// To administrators: the certificate that an identity provider signs with ends.
    ProviderCertificateEnds,
    /// To administrators: the certificate that we sign with, for an identity provider, ends.
    OwnCertificateEnds,
    /// A service that is connected has to be connected again.
    ConnectionLost,
    /// Services were disconnected that nobody used.
    ConnectionExpired,
    /// A service that was disconnected did not take its tokens back.
    RevocationFailed,
}

/// Which letter it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// [`Letter::VerifyEmail`]
    VerifyEmail,
    /// [`Letter::ResetPassword`]
    ResetPassword,
    /// [`Letter::Invitation`]
    Invitation,
    /// [`Letter::AlreadyRegistered`]
    AlreadyRegistered,
    /// [`Letter::MagicLink`]
    MagicLink,
    /// [`Letter::Code`]
    Code,
    /// [`Letter::ConfirmNewEmail`]
    ConfirmNewEmail,
    /// [`Letter::ApproveEmailChange`]
    ApproveEmailChange,
    /// [`Letter::Changed`]
    Changed(Changed),
}

/// All of them, as the database, templates and the API name them.
pub const KINDS: [(Kind, &str); 27] = [
    (Kind::VerifyEmail, "verify-email"),
    (Kind::ResetPassword, "reset-password"),
    (Kind::Invitation, "invitation"),
    (Kind::AlreadyRegistered, "already-registered"),
    (Kind::MagicLink, "magic-link"),
    (Kind::Code, "code"),
    (Kind::ConfirmNewEmail, "confirm-new-email"),
    (Kind::ApproveEmailChange, "approve-email-change"),
    (Kind::Changed(Changed::Password), "password-changed"),
    (Kind::Changed(Changed::Email), "email-changed"),
    (Kind::Changed(Changed::EmailNow), "email-is-now"),
    (Kind::Changed(Changed::SecondFactorOn), "second-factor-on"),
    (Kind::Changed(Changed::SecondFactorOff), "second-factor-off"),
    (Kind::Changed(Changed::SecondFactorReset), "second-factor-reset"),
    (Kind::Changed(Changed::BackupCodes), "backup-codes"),
    (Kind::Changed(Changed::BackupCodeUsed), "backup-code-used"),
    (Kind::Changed(Changed::PasskeyAdded), "passkey-added"),
    (Kind::Changed(Changed::PasskeyRemoved), "passkey-removed"),
    (Kind::Changed(Changed::IdentityAdded), "identity-added"),
    (Kind::Changed(Changed::IdentityRemoved), "identity-removed"),
    (Kind::Changed(Changed::ApiKeyMade), "api-key-made"),
    (Kind::Changed(Changed::ApiKeyRevoked), "api-key-revoked"),
    (Kind::Changed(Changed::ProviderCertificateEnds), "provider-certificate-ends"),
    (Kind::Changed(Changed::OwnCertificateEnds), "own-certificate-ends"),
    (Kind::Changed(Changed::ConnectionLost), "connection-lost"),
    (Kind::Changed(Changed::ConnectionExpired), "connection-expired"),
    (Kind::Changed(Changed::RevocationFailed), "revocation-failed"),
];

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        KINDS.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }

    pub(crate) fn by_name(name: &str) -> Option<Kind> {
        KINDS.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind)
    }

    /// For how many seconds the letter is of use, and what it carries is good.
    pub(crate) fn seconds(self) -> i64 {
        match self {
            Kind::Code => 600,
            Kind::ResetPassword | Kind::MagicLink => 900,
            Kind::Invitation => 7 * 86_400,
            _ => 86_400,
        }
    }

    /// The same in minutes.
    pub(crate) fn minutes(self) -> String {
        (self.seconds() / 60).to_string()
    }

    /// Whether it is about connections to services.
    pub(crate) fn is_of_connection(self) -> bool {
        use Changed::{ConnectionExpired, ConnectionLost, RevocationFailed};
        matches!(self, Kind::Changed(ConnectionLost | ConnectionExpired | RevocationFailed))
    }

    /// Whether it leads somewhere.
    pub fn has_link(self) -> bool {
        self != Kind::Code
    }

    /// Whether it is of no use without its link.
    pub(crate) fn needs_link(self) -> bool {
        self.has_link() && !matches!(self, Kind::Changed(_))
    }

    /// Whether it may go to an address that nobody proved yet: those that prove it.
    pub fn proves_an_address(self) -> bool {
        !matches!(self, Kind::Changed(_) | Kind::AlreadyRegistered | Kind::ApproveEmailChange)
    }

    /// Whether it carries a code.
    pub fn has_code(self) -> bool {
        matches!(self, Kind::Code | Kind::MagicLink)
    }

    /// Whether what an older one carries is dead once this is written.
    pub(crate) fn replaces_older(self) -> bool {
        use Kind::{ApproveEmailChange, ConfirmNewEmail, Invitation, MagicLink, ResetPassword, VerifyEmail};
        matches!(
            self,
            VerifyEmail | ResetPassword | Invitation | MagicLink | ConfirmNewEmail | ApproveEmailChange
        )
    }
}

impl<'a> Letter<'a> {
    /// Which one it is.
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Letter::VerifyEmail { .. } => Kind::VerifyEmail,
            Letter::ResetPassword { .. } => Kind::ResetPassword,
            Letter::Invitation { .. } => Kind::Invitation,
            Letter::AlreadyRegistered { .. } => Kind::AlreadyRegistered,
            Letter::MagicLink { .. } => Kind::MagicLink,
            Letter::Code { .. } => Kind::Code,
            Letter::ConfirmNewEmail { .. } => Kind::ConfirmNewEmail,
            Letter::ApproveEmailChange { .. } => Kind::ApproveEmailChange,
            Letter::Changed(changed) | Letter::OfConnection { changed, .. } => Kind::Changed(*changed),
        }
    }

    /// Its link, code and new address; empty where it has none.
    pub(crate) fn carries(&self) -> (&'a str, &'a str, &'a str) {
        match *self {
            Letter::VerifyEmail { link }
            | Letter::ResetPassword { link }
            | Letter::Invitation { link }
            | Letter::AlreadyRegistered { link }
            | Letter::ConfirmNewEmail { link } => (link, "", ""),
            Letter::MagicLink { link, code } => (link, code, ""),
            Letter::Code { code } => ("", code, ""),
            Letter::ApproveEmailChange { link, new_email } => (link, "", new_email),
            Letter::Changed(_) | Letter::OfConnection { .. } => ("", "", ""),
        }
    }

    /// The services that it is about; empty where it names none.
    pub(crate) fn service(&self) -> &'a str {
        match *self {
            Letter::OfConnection { service, .. } => service,
            _ => "",
        }
    }
}
