//! Scopes: what a credential was allowed to do (RFC 6749 §3.3).

/// The scopes of OpenID Connect Core 1.0 §5.4 and §11 that we know, and [`ROLES`]: they say what a client learns and
/// keeps, so clients and their tokens have them, API keys and routes do not.
pub const OPENID: [&str; 5] = ["openid", "profile", "email", ROLES, "offline_access"];

/// With it a client learns a user's roles and plan.
pub const ROLES: &str = "roles";

/// A sorted set of scope tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scopes(Vec<String>);

impl Scopes {
    /// Every scope that is built in; what a person's own session holds.
    pub fn own_session() -> Scopes {
        Scopes(vec!["read".into(), "webhooks:manage".into(), "write".into()])
    }

    /// From single tokens; `None` if one is none of OpenID's nor `read`, `write`, `webhooks:manage` or
    /// `resource:action`.
    pub fn parse<'a>(tokens: impl IntoIterator<Item = &'a str>) -> Option<Scopes> {
        let mut scopes = Vec::new();
        for token in tokens {
            if !is_scope(token) && !OPENID.contains(&token) {
                return None;
            }
            scopes.push(token.to_owned());
        }
        scopes.sort();
        scopes.dedup();
        (scopes.len() <= 50).then_some(Scopes(scopes))
    }

    /// From a space-separated list, as tokens carry it.
    pub fn from_list(list: &str) -> Scopes {
        Scopes::parse(list.split(' ').filter(|token| !token.is_empty())).unwrap_or_default()
    }

    /// From tokens that are scopes.
    pub fn of(tokens: &[String]) -> Scopes {
        Scopes::parse(tokens.iter().map(String::as_str)).unwrap_or_default()
    }

    /// Together with others.
    pub fn with(&self, more: &Scopes) -> Scopes {
        Scopes::parse(self.0.iter().chain(&more.0).map(String::as_str)).unwrap_or_default()
    }

    /// Space-separated.
    pub fn list(&self) -> String {
        self.0.join(" ")
    }

    /// The tokens.
    pub fn tokens(&self) -> &[String] {
        &self.0
    }

    /// Whether this one is held.
    pub fn has(&self, scope: &str) -> bool {
        self.0.binary_search_by(|held| held.as_str().cmp(scope)).is_ok()
    }

    /// Whether all of these are held.
    pub fn hold(&self, needed: &[String]) -> bool {
        needed.iter().all(|scope| self.has(scope))
    }
}

/// Whether the text is a scope that keys and routes may name.
pub fn is_scope(token: &str) -> bool {
    let word = |part: &str| {
        !part.is_empty()
            && part.len() <= 64
            && part
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-' | b'.'))
    };
    match token.split_once(':') {
        None => matches!(token, "read" | "write"),
        Some((resource, action)) => word(resource) && word(action),
    }
}
