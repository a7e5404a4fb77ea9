//! The challenge of a ceremony (§13.4.3). It says itself until when it is good and is authenticated with all that it
//! belongs to, so nothing is stored when it is handed out: a page may be looked at as often as one likes. Its row is
//! written when it is answered, and makes that it is answered once.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::crypto::seal::Sealer;
use crate::crypto::secret::{base64url, same, stored};
use crate::cx::Cx;
use crate::domain::sign_in::passkeys::manage::SECONDS;
use crate::model::time::Time;
use crate::ports::Fault;
use crate::store::passkeys::{Ceremony, Purpose};

/// Bytes of the time and of what makes it unique, which the tag follows.
const HEAD: usize = 8 + 16;

/// What a ceremony belongs to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Of<'a> {
    /// The tenant that it takes place at.
    pub(crate) tenant_id: &'a str,
    /// Whose passkey it is about, where that is known.
    pub(crate) user_id: Option<&'a str>,
    /// What it is for.
    pub(crate) purpose: Purpose,
    /// The session, the browser or the waiting sign-in that it was given to.
    pub(crate) bound_to: Option<&'a str>,
}

impl Of<'_> {
    /// Begins a ceremony; answers its challenge.
    pub(crate) fn begin(&self, cx: &Cx) -> Result<String, Fault> {
        let mut bytes = cx.now.plus(SECONDS).0.to_be_bytes().to_vec();
        bytes.extend(cx.random::<16>());
        let tag = self.sealer(cx)?.mac(&self.message(&bytes));
        bytes.extend(tag);
        Ok(base64url(&bytes))
    }

    /// The ceremony of a challenge; `None` if it was not begun for this, or has expired.
    pub(crate) fn of_challenge(&self, cx: &Cx, challenge: &str) -> Result<Option<Ceremony>, Fault> {
        let Ok(bytes) = URL_SAFE_NO_PAD.decode(challenge) else { return Ok(None) };
        let Some((head, tag)) = bytes.split_at_checked(HEAD) else { return Ok(None) };
        let Some((time, _)) = head.split_first_chunk::<8>() else { return Ok(None) };
        let expires_at = Time(i64::from_be_bytes(*time));
        let tags = self.sealer(cx)?.macs(&self.message(head));
        if !tags.iter().any(|ours| same(tag, ours)) || expires_at <= cx.now {
            return Ok(None);
        }
        Ok(Some(Ceremony {
            hash: stored(challenge),
            tenant_id: self.tenant_id.to_owned(),
            user_id: self.user_id.map(str::to_owned),
            purpose: self.purpose,
            bound_to: self.bound_to.map(str::to_owned),
            expires_at,
        }))
    }

    fn sealer(&self, cx: &Cx) -> Result<Sealer, Fault> {
        // The tenant is not part of it: where a credential counts, its user decides.
        cx.sealer("all", "passkey-ceremonies")
    }

    /// What the tag authenticates.
    fn message(&self, head: &[u8]) -> Vec<u8> {
        // None of these has a slash.
        let (user, bound) = (self.user_id.unwrap_or("-"), self.bound_to.unwrap_or("-"));
        let mut message = format!("{}/{user}/{bound}/", self.purpose.name()).into_bytes();
        message.extend(head);
        message
    }
}
