//! Scopes: what a credential was allowed to do (RFC 6749 §3.3).

/// A sorted set of scope tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scopes(Vec<String>);

impl Scopes {
    /// Every scope that is built in; what a person's own session holds.
    pub fn own_session() -> Scopes {
        Scopes(vec!["read".into(), "webhooks:manage".into(), "write".into()])
    }

    /// From single tokens; `None` if one is not `read`, `write`, `webhooks:manage` or `resource:action`.
    pub fn parse<'a>(tokens: impl IntoIterator<Item = &'a str>) -> Option<Scopes> {
        let mut scopes = Vec::new();
        for token in tokens {
            if !is_scope(token) {
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

    /// Space-separated.
    pub fn list(&self) -> String {
        self.0.join(" ")
    }

    /// The tokens.
    pub fn tokens(&self) -> &[String] {
        &self.0
    }

    /// Whether all of these are held.
    pub fn hold(&self, needed: &[String]) -> bool {
        needed.iter().all(|scope| self.0.binary_search(scope).is_ok())
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
