//! What a page's form sent, and whether it was ours: a form of another site must not do anything here in a person's
//! name, nor sign them in (RFC 6749 §10.12).
//!
//! Browsers say where a form comes from. To those that don't, a page gives a secret in a cookie and what is made of it
//! in each of its forms; no other site can read the one or send the other.

use serde_json::Value;

use crate::cx::Cx;
use crate::domain::refusal::{Error, Refusal};
use crate::domain::session::sessions;
use crate::domain::sign_in::form_mark;
use crate::domain::templates::with_hidden_field;
use crate::http::body;
use crate::http::request::{Call, Request};
use crate::http::response::Response;
use crate::model::headers::Sender;
use crate::model::json;

/// The name of the cookie.
const COOKIE: &str = "__Host-portcullis-form";

/// The name of the field.
pub(crate) const FIELD: &str = "form";

/// How long a page's forms can be sent, in seconds.
const SECONDS: i64 = 30 * 86_400;

/// The fields of a form of ours. There is no way to them around the check where it came from.
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads them.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`] for a form of another site; as [`body::form`].
    pub(super) async fn of(call: &Call<'_>) -> Result<Fields, Error> {
        // What says that it came from elsewhere is not read.
        if call.request.headers.sender(&call.request.host) == Sender::Elsewhere {
            return Err(Refusal::Forbidden.into());
        }
        let fields = Fields(body::form(call).await?);
        if is_from_elsewhere(call.request, fields.get(FIELD)) {
            return Err(Refusal::Forbidden.into());
        }
        Ok(fields)
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

/// Whether a form came from another site; `field` is what it says in [`FIELD`].
pub(crate) fn is_from_elsewhere(request: &Request, field: Option<&str>) -> bool {
    match request.headers.sender(&request.host) {
        Sender::Own => false,
        Sender::Elsewhere => true,
        Sender::Unsaid => {
            let right = |secret: &str| field.is_some_and(|field| form_mark::is_of(secret, field));
            !secrets(request).any(right)
        }
    }
}

/// What a browser holds that no other does: the cookie for its forms, and that of its session.
fn secrets(request: &Request) -> impl Iterator<Item = &str> {
    [COOKIE, sessions::COOKIE]
        .into_iter()
        .filter_map(|name| request.headers.cookie(name))
        .filter(|s| is_secret(s))
}

fn is_secret(text: &str) -> bool {
    (20..=128).contains(&text.len())
}

/// What the forms of a page say to be known again; nothing to a browser that says itself where they come from.
pub(super) struct Mark {
    secret: String,
    fresh: bool,
}

impl Mark {
    /// For the browser of a request. One that holds no secret is given one with a page that it asks for, not with what
    /// a form is answered with.
    pub(super) fn of(cx: &Cx, request: &Request) -> Option<Mark> {
        if request.headers.get("sec-fetch-site").is_some() {
            return None;
        }
        let there = secrets(request).next().map(str::to_owned);
        match there {
            Some(secret) => Some(Mark { secret, fresh: false }),
            None if request.method == "GET" => Some(Mark { secret: cx.secret(), fresh: true }),
            None => None,
        }
    }

    /// The page with it in each of its forms.
    pub(super) fn put(&self, mut page: Response) -> Response {
        let Some(html) = with_hidden_field(&page.body, FIELD, &form_mark::of(&self.secret)) else {
            return page;
        };
        page.body = html.into();
        if self.fresh { page.with("set-cookie", set_cookie(COOKIE, &self.secret, SECONDS)) } else { page }
    }
}

/// A cookie for this host alone, which no script reads; gone at once if it lives for no time.
pub(super) fn set_cookie(name: &str, value: &str, seconds: i64) -> String {
    format!("{name}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax")
}

/// Whether a browser sent a form of ours, or was redirected here by the answer to one: those that hold redirects to
/// `form-action` say where a request comes from. What follows redirects by itself says nothing, and gets one.
pub(super) fn follows_a_form(request: &Request) -> bool {
    let site = request.headers.get("sec-fetch-site");
    match request.method.as_str() {
        "POST" => site.is_some() || request.headers.get("origin").is_some(),
        _ => site == Some("same-origin"),
    }
}
