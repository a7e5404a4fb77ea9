//! Domains of e-mail addresses: those that an organisation has proved, and those that are no organisation's: of public
//! mail services, or such that names are registered under.

use serde::Deserialize;

/// A mail domain that was proved, whose provider can be used.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VerifiedDomain {
    /// As [`Email::domain`](crate::model::email::Email::domain) gives it.
    pub(crate) domain: String,
    /// Whose it is.
    pub(crate) tenant_id: String,
    /// The provider that its people sign in with.
    pub(crate) provider_id: String,
    /// Whether they can sign in with nothing else.
    pub(crate) is_enforced: bool,
}

/// Domains of public mail services, one a line, sorted: what the npm packages `email-providers` 2.26 (its common ones) and
/// `free-email-domains` 1.12 both list, without names that are companies' own too, and the large services of each country.
const PUBLIC: &str = include_str!("public_mail_domains.txt");

/// The second-level labels that country registries register names under, as in `co.uk` (Public Suffix List, ICANN section).
const REGISTRIES: [&str; 18] = [
    "ac", "co", "com", "edu", "gob", "gouv", "gov", "go", "govt", "ltd", "mil", "ne", "net", "nom", "or",
    "org", "plc", "sch",
];

/// Names that hosting services give names under to anyone (Public Suffix List, private section): the well-known ones.
const HOSTING: [&str; 22] = [
    "amazonaws.com",
    "appspot.com",
    "azurewebsites.net",
    "blogspot.com",
    "cloudfront.net",
    "dyndns.org",
    "duckdns.org",
    "firebaseapp.com",
    "fly.dev",
    "github.io",
    "gitlab.io",
    "glitch.me",
    "herokuapp.com",
    "netlify.app",
    "ngrok.io",
    "no-ip.org",
    "onrender.com",
    "pages.dev",
    "surge.sh",
    "vercel.app",
    "web.app",
    "workers.dev",
];

/// Whether a domain, as [`Email::domain`](crate::model::email::Email::domain) gives it, is of a public mail service.
pub(crate) fn is_public_mail_domain(domain: &str) -> bool {
    PUBLIC.lines().any(|public| public == domain)
}

/// Whether names below a domain are different people's, so that it is nobody's domain of mail.
pub(crate) fn is_registry_suffix(domain: &str) -> bool {
    let registry = |(label, country): (&str, &str)| country.len() == 2 && REGISTRIES.contains(&label);
    domain.split_once('.').is_none_or(registry) || HOSTING.contains(&domain)
}
