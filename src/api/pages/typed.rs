//! The address that a person typed, for the page after it that says where a mail went. It is in a cookie, so that it
//! stands in no address of a page, in no history and no log; and it is what was typed, so it says nothing of who has an
//! account.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::api::pages::form::set_cookie;
use crate::http::request::Call;
use crate::http::response::Response;

/// The name of the cookie.
const COOKIE: &str = "__Host-portcullis-typed";

/// How long it is kept, in seconds.
const SECONDS: i64 = 600;

/// The longest address that is named (RFC 5321 §4.5.3.1, with room for other scripts).
const LONGEST: usize = 512;

/// An answer that leads to the page, which then names the address.
pub(super) fn remember(answer: Response, email: &str) -> Response {
    let email = email.trim();
    if email.len() > LONGEST {
        return answer;
    }
    answer.with("set-cookie", set_cookie(COOKIE, &URL_SAFE_NO_PAD.encode(email), SECONDS))
}

/// The address that was typed last in this browser.
pub(super) fn last(call: &Call<'_>) -> Option<String> {
    let text = call.request.headers.cookie(COOKIE).filter(|text| text.len() <= 2 * LONGEST)?;
    let email = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    Some(email).filter(|email| email.contains('@') && !email.contains(char::is_control))
}
