//! What the answer to a sign-in must fit.

use crate::model::time::Time;
use crate::saml::Signer;

/// What an answer must fit.
#[derive(Clone, Copy)]
pub struct Expected<'a> {
    /// The provider.
    pub signer: Signer<'a>,
    /// Our entity id, for this provider alone.
    pub audience: &'a str,
    /// The address that it came to: our assertion consumer service.
    pub recipient: &'a str,
    /// The ID of the request that this browser was sent with.
    pub in_response_to: Option<&'a str>,
    /// Whether an answer to no request is taken.
    pub allow_unsolicited: bool,
    /// The time.
    pub now: Time,
}
