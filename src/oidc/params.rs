//! Parameters of OAuth requests: in a query or a form, each at most once (RFC 6749 §3.1, §3.2).

/// Parameters in the order they came. Those without a value are as if they had been left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Params(Vec<(String, String)>);

/// The parameters that may come more than once.
const MANY: [&str; 2] = ["resource", "audience"];

impl Params {
    /// Parses `application/x-www-form-urlencoded` text, which is what a query is as well.
    ///
    /// # Errors
    /// The name of a parameter that comes twice.
    pub fn parse(text: &str) -> Result<Params, String> {
        let mut params: Vec<(String, String)> = Vec::new();
        for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
            if value.is_empty() {
                continue;
            }
            if params.iter().any(|(known, _)| *known == name) && !MANY.contains(&name.as_ref()) {
                return Err(name.into_owned());
            }
            params.push((name.into_owned(), value.into_owned()));
        }
        Ok(Params(params))
    }

    /// The value of one.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// All values of one that may come more than once.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// Without those of these names.
    pub fn without(mut self, names: &[&str]) -> Params {
        self.0.retain(|(name, _)| !names.contains(&name.as_str()));
        self
    }

    /// All of them.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// As form text again.
    pub fn encoded(&self) -> String {
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).finish()
    }
}
