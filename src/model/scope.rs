//! Scopes: what a credential was allowed to do (RFC 6749 §3.3).

/// The scopes of OpenID Connect Core 1.0 §5.4 and §11 that we know, [`ROLES`] and [`GROUPS`]: they say what a client learns and
/// keeps, so clients and their tokens have them, API keys and routes do not.
pub(crate) const OPENID: [&str; 6] = ["openid", "profile", "email", ROLES, GROUPS, "offline_access"];

/// With it a client learns a user's roles and plan.
pub(crate) const ROLES: &str = "roles";

/// With it a client learns a user's roles under the name `groups`, which many applications look for.
pub(crate) const GROUPS: &str = "groups";

/// What a client needs to make an API key through its grant, where its tenant allows that.
pub(crate) const MAKE_API_KEYS: &str = "api_keys:create";

/// With it a key or a client gets the tokens and keys of the services that its person connected.
pub(crate) const VAULT_READ: &str = "vault:read";

/// What the scopes begin with that let a key or a client get those of one service alone: `vault:google`.
pub(crate) const VAULT_OF: &str = "vault:";

/// What every person may do: granted by nobody, and so no custom scope.
const BUILT_IN: [&str; 3] = ["read", "webhooks:manage", "write"];

/// The longest list of scopes, with the spaces between them: assertions carry it.
pub(crate) const LONGEST_TOGETHER: usize = 1_000;

/// A sorted set of scope tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scopes(Vec<String>);

impl Scopes {
    /// What a person may do: every scope that is built in, and those that administrators granted them.
    pub(crate) fn of_person(granted: &[String]) -> Scopes {
        let built_in = BUILT_IN.into_iter().map(str::to_owned);
        Scopes::sorted(built_in.chain(granted.iter().cloned()).collect())
    }

    /// What a person may let a key do: what they may do themselves, and get what they connected.
    pub(crate) fn of_keys(granted: &[String]) -> Scopes {
        let all = Scopes::of_person(granted).0.into_iter().chain([VAULT_READ.to_owned()]);
        Scopes::sorted(all.collect())
    }

    /// What a person may let a client do: what they may do themselves, let it know of them, make keys, and get what they
    /// connected.
    pub(crate) fn lendable(granted: &[String]) -> Scopes {
        let more = OPENID.into_iter().chain([MAKE_API_KEYS, VAULT_READ]).map(str::to_owned);
        Scopes::sorted(Scopes::of_person(granted).0.into_iter().chain(more).collect())
    }

    /// All of these, however many.
    pub(crate) fn all(tokens: impl IntoIterator<Item = String>) -> Scopes {
        Scopes::sorted(tokens.into_iter().collect())
    }

    fn sorted(mut tokens: Vec<String>) -> Scopes {
        tokens.sort();
        tokens.dedup();
        Scopes(tokens)
    }

    /// Those that the other set has as well.
    pub(crate) fn within(self, limit: &Scopes) -> Scopes {
        Scopes(self.0.into_iter().filter(|scope| limit.has(scope)).collect())
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
    pub(crate) fn of(tokens: &[String]) -> Scopes {
        Scopes::parse(tokens.iter().map(String::as_str)).unwrap_or_default()
    }

    /// Together with others.
    pub(crate) fn with(&self, more: &Scopes) -> Scopes {
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
    pub(crate) fn has(&self, scope: &str) -> bool {
        self.0.binary_search_by(|held| held.as_str().cmp(scope)).is_ok()
    }

    /// Whether all of these are held.
    pub fn hold(&self, needed: &[String]) -> bool {
        needed.iter().all(|scope| self.has(scope))
    }
}

/// Whether the text is a custom scope, which people have only if administrators grant it.
pub(crate) fn is_custom(token: &str) -> bool {
    let is_ours = BUILT_IN.contains(&token) || [MAKE_API_KEYS, VAULT_READ].contains(&token);
    is_scope(token) && token.contains(':') && !is_ours
}

/// Whether the text is a scope that keys and routes may name.
pub(crate) fn is_scope(token: &str) -> bool {
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
