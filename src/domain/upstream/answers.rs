//! What other servers answer, read as an object: JSON, or the form that some token endpoints still answer.

use serde_json::{Map, Value};

use crate::domain::upstream::Error;
use crate::model::json;
use crate::ports::http::HttpAnswer;

/// The most bytes of an answer that are read.
pub(super) const MOST_BYTES: usize = 131_072;

/// The longest name of an account, in bytes.
const LONGEST_NAME: usize = 320;

/// The media type of an answer, in lower case and without its parameters.
pub(super) fn media_type(answer: &HttpAnswer) -> String {
    let said = answer.header("content-type").unwrap_or_default();
    said.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// The object that an answer is.
///
/// # Errors
/// [`Error::Failed`], which names the endpoint.
pub(super) fn object(answer: &HttpAnswer, endpoint: &str) -> Result<Map<String, Value>, Error> {
    if media_type(answer) == "application/x-www-form-urlencoded" {
        return form(&answer.body).ok_or_else(|| Error::failed(format!("{endpoint} answered a broken form")));
    }
    match json::parse(&answer.body) {
        Ok(Value::Object(members)) => Ok(members),
        _ => Err(Error::failed(format!("{endpoint} answered {} without a JSON object", answer.status))),
    }
}

/// The members of a form, each once.
fn form(body: &[u8]) -> Option<Map<String, Value>> {
    let mut members = Map::new();
    for (name, value) in url::form_urlencoded::parse(body) {
        if members.insert(name.into_owned(), Value::String(value.into_owned())).is_some() {
            return None;
        }
    }
    Some(members)
}

/// The error of an answer that says no; `None` for one that does not.
///
/// Some endpoints say no with 200 (GitHub). A server that says no because it is broken, or because it is asked too often,
/// has not decided anything.
pub(super) fn refusal(answer: &HttpAnswer, endpoint: &str) -> Option<Error> {
    let status = answer.status;
    let failed = || Some(Error::failed(format!("{endpoint} answered {status}")));
    let wait = answer.header("retry-after").and_then(|wait| wait.trim().parse::<u32>().ok());
    if let Some(seconds) = wait.filter(|_| matches!(status, 429 | 503)) {
        return Some(Error::Busy { seconds: seconds.into() });
    }
    if !matches!(status, 200..=299 | 400..=499) || status == 429 {
        return failed();
    }
    let said = object(answer, endpoint).ok();
    let code = said.as_ref().and_then(|members| members.get("error"));
    match (code, status) {
        (Some(Value::String(code)), _) => Some(Error::declined(code)),
        (Some(Value::Null) | None, 200..=299) => None,
        _ => failed(),
    }
}

/// A text member with no control characters and at most so many bytes.
pub(super) fn text(members: &Map<String, Value>, name: &str, most: usize) -> Option<String> {
    let text = members.get(name)?.as_str()?;
    let fits = !text.is_empty() && text.len() <= most && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned())
}

/// What a JSON pointer (RFC 6901) leads to, if it can be shown as a name.
pub(super) fn name_at(said: &Value, pointer: &str) -> Option<String> {
    let text = match said.pointer(pointer)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let fits = !text.is_empty() && text.len() <= LONGEST_NAME && !text.chars().any(char::is_control);
    fits.then_some(text)
}
