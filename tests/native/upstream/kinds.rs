//! What the tests of each kind of provider share.

use std::fmt::Debug;

use portcullis::domain::federation::assertion::ProviderAssertion;
use portcullis::domain::refusal::{Error, Federation, Refusal};
use portcullis::model::identity_provider::IdentityProvider;
use serde_json::Value;

/// A provider as an administrator describes it.
pub fn described(id: &str, spec: Value) -> IdentityProvider {
    let spec = serde_json::from_value(spec).unwrap();
    IdentityProvider { id: id.to_owned(), spec, sealed_secret: None }
}

/// Why a sign-in did not come to its end.
#[track_caller]
pub fn refusal<T: Debug>(read: Result<T, Error>) -> Federation {
    match read {
        Err(Error::Refused(Refusal::Federation(why))) => why,
        other => panic!("{other:?}"),
    }
}

/// That something was refused as forged, in words that repeat nothing of it.
#[track_caller]
pub fn forged(read: Result<ProviderAssertion, Error>, row: &Value) {
    match read {
        Err(Error::Refused(Refusal::Federation(Federation::Forged(_)))) => {}
        other => panic!("{row}: {other:?}"),
    }
}
