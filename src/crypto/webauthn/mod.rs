//! Web Authentication Level 3, the relying party's part: registering a credential (§7.1) and verifying an
//! assertion (§7.2). Section numbers in this folder are that standard's.
//!
//! Attestation is `none`: we ask for none and trust none. A statement that comes nonetheless is not verified
//! and says nothing; the credential's key speaks for itself with its first assertion.

mod authenticator_data;
mod cbor;
mod client_data;
mod cose;
mod response;
mod wrong;

use crate::crypto::secret::sha256;
use crate::crypto::webauthn::authenticator_data::AuthenticatorData;
use crate::crypto::webauthn::cbor::Reader;
pub(crate) use crate::crypto::webauthn::cose::ALGORITHMS;
pub(crate) use crate::crypto::webauthn::response::challenge;
pub use crate::crypto::webauthn::response::{Assertion, Registration};
pub use crate::crypto::webauthn::wrong::{Expected, Wrong};

/// The longest credential id, in bytes (§7.1 step 25).
pub const LONGEST_ID: usize = 1023;

/// What is kept of a credential between its ceremonies (§4, credential record).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The credential id.
    pub id: Vec<u8>,
    /// A COSE_Key.
    pub public_key: Vec<u8>,
    /// The signature counter, 0 if the authenticator has none.
    pub sign_count: u32,
    /// Whether it may be synced between devices.
    pub backup_eligible: bool,
    /// Whether it is.
    pub backed_up: bool,
}

/// What an assertion says, once it is verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asserted {
    /// The counter as of now.
    pub sign_count: u32,
    /// Whether the credential is synced.
    pub backed_up: bool,
    /// Whether the authenticator verified the user.
    pub user_verified: bool,
}

/// Verifies a registration; what it answers is to be kept.
///
/// # Errors
/// What is [`Wrong`]. Whether the id is taken (step 26) is the caller's to see.
pub fn verify_registration(expected: &Expected<'_>, response: &Registration) -> Result<Record, Wrong> {
    client_data::check(&response.client_data, "webauthn.create", expected)?;
    let data = attested_data(&response.attestation_object).ok_or(Wrong::Shape)?;
    let data = checked(expected, data)?;
    let attested = data.attested.as_ref().ok_or(Wrong::Shape)?;
    cose::parse(attested.public_key).ok_or(Wrong::Algorithm)?;
    let id = attested.credential_id;
    if id.is_empty() || id.len() > LONGEST_ID || id != response.id {
        return Err(Wrong::CredentialId);
    }
    Ok(Record {
        id: id.to_vec(),
        public_key: attested.public_key.to_vec(),
        sign_count: data.sign_count,
        backup_eligible: data.backup_eligible(),
        backed_up: data.backed_up(),
    })
}

/// Verifies an assertion of the credential that is on record.
///
/// # Errors
/// What is [`Wrong`]; the counter is judged last, so [`Wrong::Counter`] is said of what the key did sign. Whose
/// credential it is (step 6) is the caller's to see.
pub fn verify_assertion(
    expected: &Expected<'_>,
    record: &Record,
    response: &Assertion,
) -> Result<Asserted, Wrong> {
    if response.id != record.id {
        return Err(Wrong::CredentialId);
    }
    client_data::check(&response.client_data, "webauthn.get", expected)?;
    let data = AuthenticatorData::parse(&response.authenticator_data).ok_or(Wrong::Shape)?;
    let data = checked(expected, data)?;
    if data.backup_eligible() != record.backup_eligible {
        return Err(Wrong::Backup);
    }
    let key = cose::parse(&record.public_key).ok_or(Wrong::Algorithm)?;
    let signed = [response.authenticator_data.as_slice(), &sha256(&response.client_data)].concat();
    if !cose::verifies(&key, &signed, &response.signature) {
        return Err(Wrong::Signature);
    }
    let counts = data.sign_count != 0 || record.sign_count != 0;
    if counts && data.sign_count <= record.sign_count {
        return Err(Wrong::Counter);
    }
    Ok(Asserted {
        sign_count: data.sign_count,
        backed_up: data.backed_up(),
        user_verified: data.user_verified(),
    })
}

/// The authenticator data of an attestation object (§6.5.4), whatever its format.
fn attested_data(object: &[u8]) -> Option<AuthenticatorData<'_>> {
    let mut reader = Reader::new(object);
    if reader.map()? != 3 {
        return None;
    }
    let (mut format, mut statement, mut data) = (None, None, None);
    for _ in 0..3 {
        match reader.text()? {
            "fmt" => format = Some(reader.text()?),
            "attStmt" => statement = Some((reader.clone().map()?, reader.skip()?)),
            "authData" => data = Some(reader.bytes()?),
            _ => return None,
        }
    }
    (format.is_some() && statement.is_some() && reader.rest().is_empty()).then_some(())?;
    AuthenticatorData::parse(data?)
}

/// What holds of both ceremonies' authenticator data (§7.1 steps 14 to 17, §7.2 steps 15 to 18).
fn checked<'a>(expected: &Expected<'_>, data: AuthenticatorData<'a>) -> Result<AuthenticatorData<'a>, Wrong> {
    if data.rp_id_hash != sha256(expected.rp_id.as_bytes()) {
        return Err(Wrong::RpId);
    }
    if !data.user_present() {
        return Err(Wrong::UserPresence);
    }
    if expected.user_verification && !data.user_verified() {
        return Err(Wrong::UserVerification);
    }
    if data.backed_up() && !data.backup_eligible() {
        return Err(Wrong::Backup);
    }
    Ok(data)
}
