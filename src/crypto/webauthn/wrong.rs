//! What a response fails by, and what it is held against.

/// What a response must agree with.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The challenge that was given, in base64url.
    pub challenge: &'a str,
    /// The domain that credentials are scoped to.
    pub rp_id: &'a str,
    /// Where the ceremony may take place, each as `Origin` has it.
    pub origins: &'a [String],
    /// Whether it takes more than somebody's presence: a PIN, a fingerprint or the like.
    pub user_verification: bool,
}

/// What a response fails by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// It is not what a browser sends.
    Shape,
    /// It is of the other ceremony.
    Type,
    /// It answers another challenge.
    Challenge,
    /// It was made on a page that is not ours.
    Origin,
    /// It was made within a frame.
    CrossOrigin,
    /// It is for another domain.
    RpId,
    /// Nobody was there.
    UserPresence,
    /// The user was not verified, and had to be.
    UserVerification,
    /// Its flags of being synced contradict themselves, or the record.
    Backup,
    /// The key is of no algorithm that was asked for, or no key.
    Algorithm,
    /// The credential id is another, or too long.
    CredentialId,
    /// The key did not sign it.
    Signature,
    /// The counter did not go up: there may be two of this authenticator.
    Counter,
}

impl Wrong {
    /// In a few words.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Wrong::Shape => "is not a credential's JSON",
            Wrong::Type => "is of the other ceremony",
            Wrong::Challenge => "answers another challenge",
            Wrong::Origin => "comes from an origin that is not allowed",
            Wrong::CrossOrigin => "comes from a frame",
            Wrong::RpId => "is for another domain",
            Wrong::UserPresence => "lacks user presence",
            Wrong::UserVerification => "lacks user verification",
            Wrong::Backup => "contradicts itself about backup",
            Wrong::Algorithm => "has a key of another algorithm",
            Wrong::CredentialId => "has another credential id",
            Wrong::Signature => "has a wrong signature",
            Wrong::Counter => "has a counter that did not go up",
        }
    }
}
