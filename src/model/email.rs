//! E-mail addresses.

use std::str::FromStr as _;

use email_address::EmailAddress;

use crate::model::domain::to_ascii;

/// Bytes of the longest address (RFC 5321 §4.5.3.1.3, less its brackets).
const LONGEST: usize = 254;

/// An address that was parsed once: ASCII local part, domain in its ASCII form (RFC 5891), at most 254
/// bytes. [`Email::key`] is what two spellings of one mailbox share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    shown: String,
    key: String,
}

impl Email {
    /// Parses an address; spaces around it don't count.
    ///
    /// A local part outside ASCII is refused, so that no second Unicode spelling of a mailbox exists.
    pub fn parse(text: &str) -> Option<Email> {
        let text = text.trim();
        if text.len() > LONGEST {
            return None;
        }
        let (local, domain) = text.rsplit_once('@')?;
        let plain = |b: u8| {
            b.is_ascii_graphic()
                && !matches!(b, b'"' | b'\\' | b'<' | b'>' | b'(' | b')' | b',' | b';' | b':')
        };
        if local.is_empty() || local.len() > 64 || !local.bytes().all(plain) || domain.starts_with('[') {
            return None;
        }
        let domain = to_ascii(domain)?;
        let shown = format!("{local}@{domain}");
        // A domain's ASCII form can be longer than it was given.
        if shown.len() > LONGEST {
            return None;
        }
        EmailAddress::from_str(&shown).ok()?;
        Some(Email { key: shown.to_ascii_lowercase(), shown })
    }

    /// As it was given, with the domain in ASCII.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Lower-cased: unique within a directory.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The domain, lower-cased.
    pub(crate) fn domain(&self) -> &str {
        self.key.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}
