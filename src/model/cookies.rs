//! A request's `Cookie` field, and which of its cookies are ours.

/// What the name of each of our cookies begins with. `edge/hot.js` looks for the same in origins' answers.
pub(crate) const PREFIX: &str = "__Host-portcullis";

/// What is left of a `Cookie` field for an origin.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ForOrigin {
    /// Nothing of ours is in it: it is sent as it came, byte for byte.
    Untouched,
    /// The field without ours.
    Rest(String),
    /// Nothing but ours was in it.
    Nothing,
}

/// Takes our cookies out of a `Cookie` field.
///
/// Origins read this field leniently: some trim white space and quotes, some split at commas (RFC 2965 §3.3.4),
/// and the platform joins two fields by one. So whatever stands between two `;` or `,` goes if it has the name of
/// a cookie of ours anywhere, in any letter case. What stays keeps its spelling.
pub(crate) fn without_ours(field: &str) -> ForOrigin {
    if !names_ours(field) {
        return ForOrigin::Untouched;
    }
    let mut kept = String::with_capacity(field.len());
    let mut cut = false;
    for cookie in field.split(';') {
        // Bytes that are no UTF-8 have reached us as U+FFFD and could not be written again as they were: such a
        // cookie is left out rather than changed.
        if cookie.contains(char::REPLACEMENT_CHARACTER) {
            cut = true;
            continue;
        }
        let mut separator = ';';
        for part in cookie.split(',') {
            if names_ours(part) {
                cut = true;
            } else if kept.is_empty() {
                kept.push_str(part.trim_start());
                cut = false;
            } else if cut && separator == ',' {
                // No cookie of ours has a comma in it: this one was between two fields.
                kept.push_str("; ");
                kept.push_str(part.trim_start());
                cut = false;
            } else {
                kept.push(separator);
                kept.push_str(part);
                cut = false;
            }
            separator = ',';
        }
    }
    if kept.trim_end_matches([' ', '\t', ';', ',']).is_empty() {
        ForOrigin::Nothing
    } else {
        ForOrigin::Rest(kept)
    }
}

/// Whether the name of a cookie of ours is anywhere in the text, in any letter case.
fn names_ours(text: &str) -> bool {
    text.as_bytes().windows(PREFIX.len()).any(|part| part.eq_ignore_ascii_case(PREFIX.as_bytes()))
}

/// The value of the first cookie of that name (RFC 6265 §5.4).
///
/// With `joined`, a comma ends a cookie as well: the platform joins two fields by one. A browser sends one field,
/// in which a comma may be part of a value that another site of the domain has set (a cookie `theme=x,
/// __Host-portcullis=…` would else choose whose session the browser has).
pub(crate) fn value<'a>(field: &'a str, name: &str, joined: bool) -> Option<&'a str> {
    let ends = |c| c == ';' || (joined && c == ',');
    let mut pairs = field.split(ends).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(n, _)| *n == name).map(|(_, value)| value)
}
