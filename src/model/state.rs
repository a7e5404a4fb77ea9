//! States: what a row says of itself with one word, which is the same in the database and in the APIs.

use std::str::FromStr;

use serde::{Serialize, Serializer};

/// A word that names no state of that kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownState;

/// Declares enums whose variants are each named by a word: `as_str`, `parse`, and how they are serialized.
macro_rules! states {
    ($($(#[$about:meta])* $name:ident { $($(#[$of:meta])* $state:ident = $word:literal,)+ })+) => {$(
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $($(#[$of])* $state,)+
        }

        impl $name {
            /// The word that names it.
            pub fn as_str(self) -> &'static str {
                match self { $($name::$state => $word,)+ }
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                self.as_str().serialize(to)
            }
        }

        #[cfg(not(target_arch = "wasm32"))]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                let text = utoipa::openapi::ObjectBuilder::new().schema_type(utoipa::openapi::Type::String);
                text.enum_values(Some([$($word,)+])).into()
            }
        }

        #[cfg(not(target_arch = "wasm32"))]
        impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
        }

        impl FromStr for $name {
            type Err = UnknownState;

            fn from_str(word: &str) -> Result<$name, UnknownState> {
                match word {
                    $($word => Ok($name::$state),)+
                    _ => Err(UnknownState),
                }
            }
        }
    )+};
}

states! {
    /// Whether a user may sign in.
    UserStatus {
        /// They may.
        Active = "active",
        /// They may not, and have no session.
        Disabled = "disabled",
    }

    /// Which second factor an account has been set to ask for.
    Mfa {
        /// None.
        None = "none",
        /// A code of an authenticator app.
        Totp = "totp",
        /// A code by mail.
        Email = "email",
    }

    /// Whether a tenant is there for anybody but the operator.
    TenantStatus {
        /// It is.
        Active = "active",
        /// It is not.
        Suspended = "suspended",
    }

    /// What became of a device's request (RFC 8628).
    DeviceStatus {
        /// Its person has not decided yet.
        Pending = "pending",
        /// Its person agreed.
        Approved = "approved",
        /// Its person did not.
        Denied = "denied",
    }

    /// How far a mail is.
    MailStatus {
        /// It waits for its turn.
        Queued = "queued",
        /// It is being handed over.
        Sending = "sending",
        /// The transport took it.
        Sent = "sent",
        /// It was given up.
        Failed = "failed",
    }

    /// What a mailed link is good for.
    LinkPurpose {
        /// Confirms an address; a day.
        VerifyEmail = "verify-email",
        /// Sets a new password; 15 minutes.
        ResetPassword = "reset-password",
        /// Sets the first password; a week.
        Invitation = "invitation",
    }

    /// What waits for a second factor.
    ChallengePurpose {
        /// A sign-in, for a session.
        SignIn = "sign-in",
        /// A session, to be one of two factors.
        StepUp = "step-up",
        /// A session that enrols a factor.
        Enrol = "enrol",
    }

    /// How a provider of the vault is connected.
    ConnectionKind {
        /// By a consent of the person's there.
        Oauth = "oauth",
        /// By a key that the person has from there.
        ApiKey = "api_key",
    }

    /// Whether a connection of the vault can be used.
    ConnectionStatus {
        /// It can.
        Active = "active",
        /// Its person has to connect it again.
        NeedsReauthorization = "needs_reauthorization",
        /// It was given back.
        Revoked = "revoked",
    }

    /// What the id of an actor or a subject stands for.
    PartyKind {
        /// A user.
        User = "user",
        /// A client.
        Client = "client",
        /// An API key.
        ApiKey = "apiKey",
    }

    /// What an event of the audit log tells of.
    EventOutcome {
        /// Something was done.
        Success = "success",
        /// Something was refused.
        Failure = "failure",
    }
}
