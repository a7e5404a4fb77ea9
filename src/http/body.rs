//! Request bodies: read with a cap, parsed with a bounded depth, and only as the type they say they are.

use serde::de::DeserializeOwned;

use crate::domain::refusal::{Error, Refusal, oauth};
use crate::http::request::Call;
use crate::oidc::error::Code;
use crate::oidc::params::Params;
use crate::ports::{Fault, Later};

/// The most that endpoints people sign in through read.
pub const SMALL: usize = 64 * 1024;

/// The most that any endpoint reads.
pub const LARGE: usize = 1024 * 1024;

/// How reading a body went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    /// All of it.
    Whole(Vec<u8>),
    /// There is more than was to be read.
    TooLong,
    /// The connection ended before the body did.
    CutShort,
}

/// A body that has not been read.
pub trait Body {
    /// Reads at most `limit` bytes.
    fn read(&self, limit: usize) -> Later<'_, Result<Read, Fault>>;
}

/// A body in memory.
impl Body for Vec<u8> {
    fn read(&self, limit: usize) -> Later<'_, Result<Read, Fault>> {
        Box::pin(
            async move { Ok(if self.len() <= limit { Read::Whole(self.clone()) } else { Read::TooLong }) },
        )
    }
}

async fn bytes(call: &Call<'_>, limit: usize) -> Result<Vec<u8>, Error> {
    let announced =
        call.request.headers.get("content-length").and_then(|length| length.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(Refusal::TooLarge(limit).into());
    }
    match call.request.body.read(limit).await? {
        Read::Whole(bytes) => Ok(bytes),
        Read::TooLong => Err(Refusal::TooLarge(limit).into()),
        Read::CutShort => Err(Refusal::Malformed("the body ended early".into()).into()),
    }
}

fn media_type<'a>(call: &Call<'a>) -> Option<&'a str> {
    let value = call.request.headers.get("content-type")?;
    Some(value.split(';').next().unwrap_or(value).trim())
}

/// Whether the body says it is a form.
pub fn is_form(call: &Call<'_>) -> bool {
    media_type(call).is_some_and(|t| t.eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}

/// Reads JSON.
///
/// # Errors
/// [`Refusal::UnsupportedMediaType`] unless it says `application/json` or `…+json`;
/// [`Refusal::TooLarge`]; [`Refusal::Malformed`] with where it is broken (serde_json stops at depth 128).
pub async fn json<T: DeserializeOwned>(call: &Call<'_>, limit: usize) -> Result<T, Error> {
    must_be_json(call)?;
    parse(&bytes(call, limit).await?)
}

/// Reads JSON, or nothing at all as `{}`.
///
/// # Errors
/// As [`json`].
pub async fn json_or_nothing<T: DeserializeOwned>(call: &Call<'_>, limit: usize) -> Result<T, Error> {
    let bytes = bytes(call, limit).await?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return parse(b"{}");
    }
    must_be_json(call)?;
    parse(&bytes)
}

fn must_be_json(call: &Call<'_>) -> Result<(), Refusal> {
    let is_json =
        |t: &str| t.eq_ignore_ascii_case("application/json") || t.to_ascii_lowercase().ends_with("+json");
    if media_type(call).is_some_and(is_json) { Ok(()) } else { Err(Refusal::UnsupportedMediaType) }
}

/// Reads a form (`application/x-www-form-urlencoded`).
///
/// # Errors
/// As [`json`].
pub async fn form<T: DeserializeOwned>(call: &Call<'_>) -> Result<T, Error> {
    if !is_form(call) {
        return Err(Refusal::UnsupportedMediaType.into());
    }
    let bytes = bytes(call, SMALL).await?;
    serde_urlencoded::from_bytes(&bytes)
        .map_err(|_| Refusal::Malformed("the form lacks a field".into()).into())
}

/// Reads the parameters of an OAuth request, which are a form (RFC 6749 Appendix B).
///
/// # Errors
/// As [`form`]; as [`once`].
pub async fn params(call: &Call<'_>) -> Result<Params, Error> {
    once(repeatable_params(call).await?)
}

/// Reads the parameters of an OAuth request whose caller sees to those that come twice.
///
/// # Errors
/// As [`form`].
pub async fn repeatable_params(call: &Call<'_>) -> Result<Params, Error> {
    if !is_form(call) {
        return Err(Refusal::UnsupportedMediaType.into());
    }
    let bytes = bytes(call, SMALL).await?;
    let text = std::str::from_utf8(&bytes).map_err(|_| Refusal::Malformed("the form is not UTF-8".into()))?;
    Ok(Params::parse(text))
}

/// Parameters none of which comes twice; what a caller calls such a one is repeated only if it is plain.
///
/// # Errors
/// `invalid_request`.
pub fn once(params: Params) -> Result<Params, Error> {
    let Some(name) = params.repeated() else { return Ok(params) };
    let plain = name.len() <= 40 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let name = if plain { name } else { "a parameter" };
    Err(oauth(Code::InvalidRequest, format!("{name} comes more than once")))
}

/// Reads JSON or a form, whichever the body says it is.
///
/// # Errors
/// As [`json`].
pub async fn json_or_form<T: DeserializeOwned>(call: &Call<'_>) -> Result<T, Error> {
    if is_form(call) { form(call).await } else { json(call, SMALL).await }
}

// What does not depend on the type is apart, so that the module has it once.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    serde_json::from_str(object(bytes)?).map_err(malformed)
}

fn object(bytes: &[u8]) -> Result<&str, Error> {
    // A list would be read as the members in their order.
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        return Err(Refusal::Malformed("the body is not a JSON object".into()).into());
    }
    std::str::from_utf8(bytes).map_err(|_| Refusal::Malformed("the body is not UTF-8".into()).into())
}

fn malformed(error: serde_json::Error) -> Error {
    // serde_json quotes what it met; a secret may have been met, so only the place is told.
    let what = match error.classify() {
        serde_json::error::Category::Data => described(&error),
        _ => "the body is not valid JSON".into(),
    };
    Refusal::Malformed(format!("{what} (line {}, column {})", error.line(), error.column())).into()
}

/// The parts of serde's messages that speak of the shape, never of a value.
fn described(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let shape = ["missing field", "unknown field", "duplicate field"];
    if shape.iter().any(|start| text.starts_with(start)) && !text.starts_with("unknown field") {
        return text.split(" at line").next().unwrap_or_default().to_owned();
    }
    match text.rsplit_once(", expected ") {
        Some((_, expected)) => format!("expected {}", expected.split(" at line").next().unwrap_or_default()),
        None => "a field has the wrong type".into(),
    }
}
