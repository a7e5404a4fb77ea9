//! What a user is to clients beside the name: claims of OpenID Connect Core 1.0 §5.1 that administrators keep.

use serde::{Deserialize, Serialize};

use crate::model::web_uri::is_web_uri;

/// The longest user name, in characters.
const LONGEST_NAME: usize = 100;

/// A member, its value, whether a text is such, and what it must be.
type Rule<'a> = (&'static str, &'a Option<String>, fn(&str) -> bool, &'static str);

/// Each `None` is not known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct UserProfile {
    /// The name that the user goes by in applications; without it, clients that may see the e-mail address take that.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    pub(crate) preferred_username: Option<String>,
    /// The address of a picture: `https`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    pub(crate) picture: Option<String>,
    /// Language and region (BCP 47), as `de-CH`; without it, the language that the user is written to in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    pub(crate) locale: Option<String>,
    /// Time zone, as `Europe/Zurich`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    pub(crate) zoneinfo: Option<String>,
}

impl UserProfile {
    /// Whether nothing is known.
    pub(crate) fn is_empty(&self) -> bool {
        *self == UserProfile::default()
    }

    /// The profile, if each member is what it says.
    ///
    /// # Errors
    /// The first that is not, and what it must be.
    pub(crate) fn checked(self) -> Result<UserProfile, (&'static str, &'static str)> {
        let rules: [Rule<'_>; 4] = [
            (
                "profile.preferredUsername",
                &self.preferred_username,
                is_username,
                "1 to 100 letters, digits and . _ - + @ of ASCII",
            ),
            ("profile.picture", &self.picture, is_picture, "an https address"),
            ("profile.locale", &self.locale, is_locale, "a language tag (BCP 47), as de-CH"),
            (
                "profile.zoneinfo",
                &self.zoneinfo,
                is_zone,
                "a name of the time zone database, as Europe/Zurich",
            ),
        ];
        for (member, value, fits, rule) in rules {
            if value.as_deref().is_some_and(|text| !fits(text)) {
                return Err((member, rule));
            }
        }
        Ok(self)
    }
}

/// Applications make names of accounts of it, and paths.
fn is_username(text: &str) -> bool {
    let sign = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'+' | b'@');
    (1..=LONGEST_NAME).contains(&text.len())
        && text.bytes().all(sign)
        && text.bytes().any(|b| b.is_ascii_alphanumeric())
}

fn is_picture(text: &str) -> bool {
    text.starts_with("https://") && is_web_uri(text)
}

/// RFC 5646 §2.1, in its outline.
fn is_locale(text: &str) -> bool {
    let mut parts = text.split('-');
    let language = parts.next().unwrap_or_default();
    text.len() <= 35
        && (2..=8).contains(&language.len())
        && language.bytes().all(|b| b.is_ascii_alphabetic())
        && parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}

fn is_zone(text: &str) -> bool {
    let sign = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'+');
    text.len() <= 64
        && text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.split('/').all(|part| !part.is_empty() && part.bytes().all(sign))
}
