//! Parameters of OAuth requests: in a query or a form, each at most once (RFC 6749 §3.1, §3.2).

/// Parameters in the order they came. Those without a value are as if they had been left out; of one that
/// may come once and came more often, no value counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Params {
    pairs: Vec<(String, String)>,
    repeated: Vec<String>,
}

/// The parameters that may come more than once.
const MANY: [&str; 2] = ["resource", "audience"];

impl Params {
    /// Parses `application/x-www-form-urlencoded` text, which is what a query is as well.
    pub(crate) fn parse(text: &str) -> Params {
        let mut params = Params::default();
        for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
            if value.is_empty() {
                continue;
            }
            let once = !MANY.contains(&name.as_ref());
            if once && (params.repeats(&name) || params.get(&name).is_some()) {
                params.pairs.retain(|(known, _)| *known != name);
                params.repeated.push(name.into_owned());
            } else {
                params.pairs.push((name.into_owned(), value.into_owned()));
            }
        }
        params
    }

    /// The first name that came more often than it may.
    pub(crate) fn repeated(&self) -> Option<&str> {
        self.repeated.first().map(String::as_str)
    }

    /// Whether that one came more often than it may.
    pub(crate) fn repeats(&self, name: &str) -> bool {
        self.repeated.iter().any(|known| known == name)
    }

    /// The value of one.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// All values of one that may come more than once.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs.iter().filter(move |(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// With one more.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Params {
        self.pairs.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Without those of these names.
    pub(crate) fn without(mut self, names: &[&str]) -> Params {
        self.pairs.retain(|(name, _)| !names.contains(&name.as_str()));
        self
    }

    /// All of them.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// As form text again.
    pub(crate) fn encoded(&self) -> String {
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.pairs).finish()
    }
}
