//! What a page's form sent.

use serde_json::Value;

use crate::domain::refusal::{Error, Refusal};
use crate::http::body;
use crate::http::request::Call;
use crate::model::json;

/// The fields of a form of ours. There is no way to them around [`same_origin`].
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads them.
    ///
    /// # Errors
    /// As [`same_origin`] and [`body::form`].
    pub(super) async fn of(call: &Call<'_>) -> Result<Fields, Error> {
        same_origin(call)?;
        Ok(Fields(body::form(call).await?))
    }

    /// The first field of that name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// All fields of that name.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// The answer of a passkey, if our script put one there.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] if it is none.
    pub(super) fn credential(&self) -> Result<Option<Value>, Refusal> {
        let Some(text) = self.get("credential").filter(|text| !text.is_empty()) else { return Ok(None) };
        let wrong = |_| Refusal::Malformed("the form's credential is no JSON".into());
        json::parse(text.as_bytes()).map(Some).map_err(wrong)
    }

    /// A field that our form has.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] if it is not there.
    pub(super) fn need(&self, name: &str) -> Result<&str, Refusal> {
        self.get(name).ok_or_else(|| Refusal::Malformed(format!("the form lacks the field {name}")))
    }
}

/// A form of another site must not do anything here in a person's name, nor sign them in (RFC 6749 §10.12).
///
/// # Errors
/// [`Refusal::Forbidden`] for a request that a browser says came from elsewhere.
pub(super) fn same_origin(call: &Call<'_>) -> Result<(), Refusal> {
    let elsewhere = call.request.headers.is_from_elsewhere(&call.request.host);
    if elsewhere { Err(Refusal::Forbidden) } else { Ok(()) }
}
