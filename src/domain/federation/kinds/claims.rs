//! Members of what providers say.

use serde_json::{Map, Value};

use crate::domain::federation::assertion::{ProviderAssertion, ProviderSession};
use crate::domain::upstream::id_token::IdToken;

/// The longest text that is taken of a claim, in bytes.
const LONGEST: usize = 1_024;

/// How many methods are read.
const MOST_METHODS: usize = 20;

/// A text, if it is one that is not empty and has no control characters.
pub(super) fn text(claims: &Map<String, Value>, name: &str) -> Option<String> {
    let text = claims.get(name)?.as_str()?.trim();
    let fits = (1..=LONGEST).contains(&text.len()) && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned())
}

/// A list of texts, or one of them alone.
pub(super) fn texts(claims: &Map<String, Value>, name: &str) -> Vec<String> {
    match claims.get(name) {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(all)) => {
            all.iter().filter_map(Value::as_str).take(MOST_METHODS).map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}

/// What an ID token says of a person, of whose address nothing is believed.
pub(super) fn assertion(token: IdToken) -> ProviderAssertion {
    let IdToken { issuer, subject, auth_time, claims } = token;
    ProviderAssertion {
        issuer,
        subject,
        email: text(&claims, "email"),
        email_verified: false,
        authoritative: false,
        name: text(&claims, "name"),
        organisation: None,
        amr: texts(&claims, "amr"),
        acr: text(&claims, "acr"),
        auth_time,
        session: Some(ProviderSession::Oidc { sid: text(&claims, "sid") }),
        session_until: None,
        claims,
        once: Vec::new(),
    }
}
