//! Authenticator data (§6.1), and the credential in it (§6.5.1).

use crate::crypto::webauthn::cbor::Reader;

const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const BACKUP_ELIGIBLE: u8 = 0x08;
const BACKED_UP: u8 = 0x10;
const ATTESTED: u8 = 0x40;
const EXTENSIONS: u8 = 0x80;

/// What an authenticator says of a ceremony.
pub(super) struct AuthenticatorData<'a> {
    pub(super) rp_id_hash: [u8; 32],
    flags: u8,
    pub(super) sign_count: u32,
    /// Of a registration.
    pub(super) attested: Option<Attested<'a>>,
}

/// A new credential.
pub(super) struct Attested<'a> {
    pub(super) credential_id: &'a [u8],
    /// A COSE_Key.
    pub(super) public_key: &'a [u8],
}

impl<'a> AuthenticatorData<'a> {
    /// Reads all of it. `None` unless it is just as long as its flags and lengths say.
    pub(super) fn parse(bytes: &'a [u8]) -> Option<AuthenticatorData<'a>> {
        let (rp_id_hash, rest) = bytes.split_first_chunk::<32>()?;
        let (flags, rest) = rest.split_first()?;
        let (sign_count, mut rest) = rest.split_first_chunk::<4>()?;
        let mut attested = None;
        if flags & ATTESTED != 0 {
            let (_aaguid, after) = rest.split_first_chunk::<16>()?;
            let (length, after) = after.split_first_chunk::<2>()?;
            let (credential_id, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
            let mut reader = Reader::new(after);
            attested = Some(Attested { credential_id, public_key: reader.skip()? });
            rest = reader.rest();
        }
        if flags & EXTENSIONS != 0 {
            let mut reader = Reader::new(rest);
            reader.clone().map()?;
            reader.skip()?;
            rest = reader.rest();
        }
        rest.is_empty().then_some(AuthenticatorData {
            rp_id_hash: *rp_id_hash,
            flags: *flags,
            sign_count: u32::from_be_bytes(*sign_count),
            attested,
        })
    }

    fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// Whether somebody was there.
    pub(super) fn user_present(&self) -> bool {
        self.has(USER_PRESENT)
    }

    /// Whether it was the one whose credential it is: by PIN, fingerprint or the like.
    pub(super) fn user_verified(&self) -> bool {
        self.has(USER_VERIFIED)
    }

    /// Whether the credential may leave its device.
    pub(super) fn backup_eligible(&self) -> bool {
        self.has(BACKUP_ELIGIBLE)
    }

    /// Whether it has.
    pub(super) fn backed_up(&self) -> bool {
        self.has(BACKED_UP)
    }
}
