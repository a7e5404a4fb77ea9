//! Lists: `{items, nextCursor}` with `?limit=` and `?cursor=`.

use serde::Serialize;

use crate::domain::admin::users::CURSOR;
use crate::domain::refusal::{Error, invalid};
use crate::http::request::Call;
use crate::store::{Listed, Page};

/// The page that a caller asks for: 1 to 100 items, 50 if they don't say.
///
/// # Errors
/// [`crate::domain::refusal::Refusal::Invalid`] on `limit` or `cursor`.
pub(crate) fn page(call: &Call<'_>) -> Result<Page, Error> {
    let limit = match call.query("limit") {
        None => 50,
        Some(text) => match text.parse() {
            Ok(limit) if (1..=100).contains(&limit) => limit,
            _ => return Err(invalid("limit", "1 to 100")),
        },
    };
    let after = call.query("cursor").filter(|cursor| !cursor.is_empty());
    if after.as_ref().is_some_and(|cursor| !is_cursor(cursor)) {
        return Err(invalid("cursor", CURSOR));
    }
    Ok(Page { limit, after })
}

/// Whether the text can be the key of a row: an id, or a tenant's; or a place in what a search found.
fn is_cursor(text: &str) -> bool {
    let of_search = text.contains('.');
    let is_known = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || (of_search && b"_.~".contains(&b));
    text.len() <= if of_search { 512 } else { 64 } && text.bytes().all(is_known)
}

/// A list, or a page of one.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct List<T> {
    items: Vec<T>,
    next_cursor: Option<String>,
}

/// A page, each item in its shape.
pub(crate) fn listed<R, T>(listed: Listed<R>, shape: impl Fn(R) -> T) -> List<T> {
    List { items: listed.items.into_iter().map(shape).collect(), next_cursor: listed.next }
}

/// A short list that is always whole, in the same shape.
pub(crate) fn whole<R, T>(items: impl IntoIterator<Item = R>, shape: impl Fn(R) -> T) -> List<T> {
    List { items: items.into_iter().map(shape).collect(), next_cursor: None }
}
