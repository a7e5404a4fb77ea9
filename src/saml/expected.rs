//! What a message must fit: the answer to a sign-in, and logout messages.

use crate::model::time::Time;
use crate::saml::Signer;

/// What a message must fit.
#[derive(Clone, Copy)]
pub struct Expected<'a> {
    /// The provider.
    pub signer: Signer<'a>,
    /// Our entity id, for this provider alone.
    pub audience: &'a str,
    /// The address that it came to: our assertion consumer or single logout service.
    pub recipient: &'a str,
    /// The ID of the request that this browser was sent with, which an answer must name.
    pub in_response_to: Option<&'a str>,
    /// Whether an answer to no request is taken, of a sign-in alone: one of a logout never is.
    pub allow_unsolicited: bool,
    /// The time.
    pub now: Time,
}
