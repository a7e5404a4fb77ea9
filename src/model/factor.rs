//! Factors: how a person proves who they are, and what tokens say of it.

use serde::{Deserialize, Serialize};

/// A password was known (RFC 8176 §2).
pub(crate) const PASSWORD: &str = "pwd";
/// A one-time code or link was had.
pub(crate) const ONE_TIME: &str = "otp";
/// A key was possessed.
pub(crate) const KEY: &str = "pop";
/// The key's holder was there.
pub(crate) const PRESENT: &str = "user";
/// Two different factors were proved.
pub(crate) const TWO_FACTORS: &str = "mfa";

/// A browser that was trusted stood for the second factor. No RFC names that.
pub(crate) const TRUSTED_DEVICE: &str = "device";

/// A code and a password, or a code and a link, came through one mailbox, and are one factor. No RFC names that.
pub(crate) const ONE_MAILBOX: &str = "mailbox";

/// A provider proved who they are, in whatever ways: one factor here. No RFC names that.
pub(crate) const FEDERATED: &str = "fed";

/// What a provider can say of how it proved that (RFC 8176 §2), as tokens say it beside [`FEDERATED`]. `mfa` is not taken
/// over, as two factors are what was proved here; nor is `pop`, of which the key would be taken for one that is known here.
const OF_PROVIDERS: [&str; 15] = [
    "face", "fpt", "hwk", "iris", "kba", "otp", "pin", "pwd", "rba", "sc", "sms", "swk", "tel", "vbm", "wia",
];

/// What tokens say of a sign-in with a provider that said this of it.
pub(crate) fn federated(said: &[String]) -> Vec<&'static str> {
    let known = OF_PROVIDERS.iter().copied().filter(|known| said.iter().any(|one| one == known));
    std::iter::once(FEDERATED).chain(known).collect()
}

/// What can stand as a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// A code of an authenticator app.
    Totp,
    /// A code that is mailed.
    Email,
    /// One of the codes that were handed out for when the others fail.
    Backup,
    Passkey,
    /// The password, for a user who came by mail.
    Password,
}

impl Method {
    /// As APIs and the database name it.
    pub fn name(self) -> &'static str {
        match self {
            Method::Totp => "totp",
            Method::Email => "email",
            Method::Backup => "backup",
            Method::Passkey => "passkey",
            Method::Password => "password",
        }
    }

    /// What tokens say of it.
    pub(crate) fn amr(self) -> &'static str {
        match self {
            Method::Totp | Method::Email | Method::Backup => ONE_TIME,
            Method::Passkey => KEY,
            Method::Password => PASSWORD,
        }
    }
}

/// Whether two factors were proved.
pub(crate) fn has_two(amr: &[impl AsRef<str>]) -> bool {
    amr.iter().any(|one| one.as_ref() == TWO_FACTORS)
}

/// What was proved before and now, each once, in order; two factors from now on, unless what is proved now
/// `adds_nothing`: it came through the mailbox that was proved before.
pub(crate) fn joined(before: &[String], now: Method, adds_nothing: bool) -> Vec<String> {
    let mut all = before.to_vec();
    if !adds_nothing {
        all.retain(|one| one != ONE_MAILBOX);
    }
    let amounts_to = if adds_nothing { ONE_MAILBOX } else { TWO_FACTORS };
    for one in [now.amr(), amounts_to] {
        if !all.iter().any(|there| there == one) {
            all.push(one.to_owned());
        }
    }
    all
}
