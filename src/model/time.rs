//! Instants, as milliseconds since the epoch.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

impl Time {
    /// This instant and this many seconds; saturates.
    pub fn plus(self, seconds: i64) -> Time {
        Time(self.0.saturating_add(seconds.saturating_mul(1000)))
    }

    /// Whole seconds since the epoch, as JWT's NumericDate (RFC 7519 §2).
    pub fn unix(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// As RFC 3339 in UTC with seconds, `2026-05-01T12:00:00Z`.
    pub fn rfc3339(self) -> String {
        OffsetDateTime::from_unix_timestamp(self.unix())
            .ok()
            .and_then(|at| at.format(&Rfc3339).ok())
            .unwrap_or_else(|| "1970-01-01T00:00:00Z".into())
    }

    /// The calendar month in UTC, `2026-05`.
    pub(crate) fn month(self) -> String {
        self.rfc3339().chars().take(7).collect()
    }

    /// Parses RFC 3339.
    pub fn parse(text: &str) -> Option<Time> {
        let at = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        Some(Time(at.unix_timestamp().saturating_mul(1000).saturating_add(i64::from(at.millisecond()))))
    }
}
