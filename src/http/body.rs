//! Request bodies: read with a cap, parsed with a bounded depth, and only as the type they say they are.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::domain::refusal::{Error, Refusal, oauth};
use crate::http::request::Call;
use crate::http::stream::Read;
use crate::model::json;
use crate::oidc::error::Code;
use crate::oidc::params::Params;

/// The most that endpoints people sign in through read.
pub(crate) const SMALL: usize = 64 * 1024;

/// The most that any endpoint reads.
pub(crate) const LARGE: usize = 1024 * 1024;

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
pub(crate) fn is_form(call: &Call<'_>) -> bool {
    media_type(call).is_some_and(|t| t.eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}

/// Reads JSON.
///
/// # Errors
/// As [`object`]; [`Refusal::Malformed`] with what was expected where.
pub(crate) async fn json<T: DeserializeOwned>(call: &Call<'_>, limit: usize) -> Result<T, Error> {
    read(object(call, limit).await?)
}

/// Reads JSON, or nothing at all as `{}`.
///
/// # Errors
/// As [`json`].
pub(crate) async fn json_or_nothing<T: DeserializeOwned>(call: &Call<'_>, limit: usize) -> Result<T, Error> {
    read(object_or_nothing(call, limit).await?)
}

/// Reads the members of a JSON object.
///
/// # Errors
/// [`Refusal::UnsupportedMediaType`] unless it says `application/json` or `…+json`;
/// [`Refusal::TooLarge`]; [`Refusal::Malformed`] with where it is broken, nested too deep or says a member twice.
pub(crate) async fn object(call: &Call<'_>, limit: usize) -> Result<Map<String, Value>, Error> {
    must_be_json(call)?;
    parse(&bytes(call, limit).await?)
}

async fn object_or_nothing(call: &Call<'_>, limit: usize) -> Result<Map<String, Value>, Error> {
    let bytes = bytes(call, limit).await?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    must_be_json(call)?;
    parse(&bytes)
}

fn must_be_json(call: &Call<'_>) -> Result<(), Refusal> {
    let is_json =
        |t: &str| t.eq_ignore_ascii_case("application/json") || t.to_ascii_lowercase().ends_with("+json");
    if media_type(call).is_some_and(is_json) { Ok(()) } else { Err(Refusal::UnsupportedMediaType) }
}

/// Reads a form (`application/x-www-form-urlencoded`): names and values in their order.
///
/// # Errors
/// [`Refusal::UnsupportedMediaType`] unless it says so; [`Refusal::TooLarge`].
pub(crate) async fn form(call: &Call<'_>) -> Result<Vec<(String, String)>, Error> {
    let bytes = form_bytes(call, SMALL).await?;
    Ok(url::form_urlencoded::parse(&bytes).into_owned().collect())
}

async fn form_bytes(call: &Call<'_>, limit: usize) -> Result<Vec<u8>, Error> {
    if is_form(call) { bytes(call, limit).await } else { Err(Refusal::UnsupportedMediaType.into()) }
}

/// Reads the parameters of an OAuth request, which are a form (RFC 6749 Appendix B).
///
/// # Errors
/// As [`form`]; as [`once`].
pub(crate) async fn params(call: &Call<'_>) -> Result<Params, Error> {
    once(repeatable_params(call).await?)
}

/// Reads the parameters of an OAuth request whose caller sees to those that come twice.
///
/// # Errors
/// As [`form`].
pub(crate) async fn repeatable_params(call: &Call<'_>) -> Result<Params, Error> {
    form_params(call, SMALL).await
}

/// The same of a form that carries a whole document.
///
/// # Errors
/// As [`form`].
pub(crate) async fn large_params(call: &Call<'_>) -> Result<Params, Error> {
    form_params(call, LARGE).await
}

async fn form_params(call: &Call<'_>, limit: usize) -> Result<Params, Error> {
    let bytes = form_bytes(call, limit).await?;
    let text = std::str::from_utf8(&bytes).map_err(|_| Refusal::Malformed("the form is not UTF-8".into()))?;
    Ok(Params::parse(text))
}

/// Parameters none of which comes twice; what a caller calls such a one is repeated only if it is plain.
///
/// # Errors
/// `invalid_request`.
pub(crate) fn once(params: Params) -> Result<Params, Error> {
    let Some(name) = params.repeated() else { return Ok(params) };
    let plain = name.len() <= 40 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let name = if plain { name } else { "a parameter" };
    Err(oauth(Code::InvalidRequest, format!("{name} comes more than once")))
}

/// Reads JSON or a form, whichever the body says it is. What a form says is text.
///
/// # Errors
/// As [`json`]; [`Refusal::Malformed`] for a form with a field that comes twice.
pub(crate) async fn json_or_form<T: DeserializeOwned>(call: &Call<'_>) -> Result<T, Error> {
    read(object_or_form(call).await?)
}

async fn object_or_form(call: &Call<'_>) -> Result<Map<String, Value>, Error> {
    if !is_form(call) {
        return object(call, SMALL).await;
    }
    let mut members = Map::new();
    for (name, value) in form(call).await? {
        if members.insert(name, value.into()).is_some() {
            return Err(Refusal::Malformed("a field of the form comes twice".into()).into());
        }
    }
    Ok(members)
}

fn read<T: DeserializeOwned>(members: Map<String, Value>) -> Result<T, Error> {
    Ok(json::read(members.into()).map_err(Refusal::from)?)
}

fn parse(bytes: &[u8]) -> Result<Map<String, Value>, Error> {
    let malformed = |what: String| Error::from(Refusal::Malformed(what));
    if std::str::from_utf8(bytes).is_err() {
        return Err(malformed("the body is not UTF-8".into()));
    }
    match json::parse(bytes) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(malformed("the body is not a JSON object".into())),
        Err(error) => {
            // serde_json quotes what it met; a secret may have been met, so only the place is told.
            let what = if error.is_data() { "a member comes twice" } else { "the body is not valid JSON" };
            Err(malformed(format!("{what} (line {}, column {})", error.line(), error.column())))
        }
    }
}
