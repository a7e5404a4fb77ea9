//! An authenticator app that is being enrolled: the secret that a challenge holds until it is proved, and what to show of it.

use zeroize::Zeroizing;

use crate::crypto::totp;
use crate::cx::Cx;
use crate::domain::sign_in::app_secrets;
use crate::domain::sign_in::challenges::PendingChallenge;
use crate::domain::tenants;
use crate::model::qr;
use crate::ports::Fault;

/// An authenticator app that is being enrolled.
pub(crate) struct Enrolling {
    /// The shared secret in base32, to be typed.
    pub(crate) secret: String,
    /// The same as an `otpauth:` address.
    pub(crate) uri: String,
    /// The `otpauth:` address as a QR code, in SVG.
    pub(crate) svg: String,
}

impl PendingChallenge {
    /// The shared secret of the authenticator app that is being enrolled with it.
    pub(crate) fn app_secret(&self, cx: &Cx) -> Result<Option<Zeroizing<Vec<u8>>>, Fault> {
        let Some(sealed) = &self.row.sealed_secret else { return Ok(None) };
        let row = app_secrets::pending(&self.row.id);
        app_secrets::open(cx, &self.tenant.id, &row, sealed).map(Some)
    }

    /// What to show of the authenticator app that is being enrolled with it.
    pub(crate) fn enrolling(&self, cx: &Cx) -> Result<Option<Enrolling>, Fault> {
        let Some(secret) = self.app_secret(cx)? else { return Ok(None) };
        let issuer = app_secrets::name_in_uri(&self.tenant.name);
        let account = self.user.email.replace(':', " ");
        let uri = totp::uri(&secret, if issuer.is_empty() { tenants::UNNAMED } else { &issuer }, &account);
        let svg = qr::svg(&uri).ok_or_else(|| Fault::new("qr", "too long"))?;
        Ok(Some(Enrolling { secret: totp::base32(&secret), uri, svg }))
    }
}
