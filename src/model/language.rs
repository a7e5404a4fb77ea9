//! The languages that people are spoken and written to in.

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English, for those who know none of them.
    English,
    /// German.
    German,
}

impl Language {
    /// All of them.
    pub const ALL: [Language; 2] = [Language::English, Language::German];

    /// Its tag (RFC 5646).
    pub fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::German => "de",
        }
    }

    /// By the primary subtag of a language tag, as `de` of `de-CH` (RFC 4647 §3.4).
    pub(crate) fn by_tag(tag: &str) -> Option<Language> {
        let primary = tag.split('-').next().unwrap_or_default();
        Language::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }
}

/// The language that a request asks for: `ui_locales` in its query, else what the browser says.
pub fn of_request(query: &str, accept_language: Option<&str>) -> Option<Language> {
    let query = query.strip_prefix('?').unwrap_or(query);
    let asked = match query.contains("ui_locales") {
        true => url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "ui_locales"),
        false => None,
    };
    choose(asked.iter().flat_map(|(_, value)| value.split(' ')), accept_language)
}

/// A language by preference: tags in their order (OpenID Connect Core §3.1.2.1, `ui_locales`), then
/// `Accept-Language` (RFC 9110 §12.5.4). `None` if any will do, or none is known.
pub(crate) fn choose<'a>(
    locales: impl IntoIterator<Item = &'a str>,
    accept_language: Option<&str>,
) -> Option<Language> {
    if let Some(known) = locales.into_iter().find_map(Language::by_tag) {
        return Some(known);
    }
    let mut best = (0_u16, None);
    for range in accept_language.unwrap_or_default().split(',').take(20) {
        let mut parts = range.split(';');
        let tag = parts.next().unwrap_or_default().trim();
        let weight = parts.find_map(|part| part.trim().strip_prefix("q=")).map_or(1_000, thousandths);
        let language = Language::by_tag(tag);
        // Of equal weights the first wins.
        if weight > best.0 && (language.is_some() || tag == "*") {
            best = (weight, language);
        }
    }
    best.1
}

/// A quality value, 0 to 1,000; what is none weighs nothing.
fn thousandths(quality: &str) -> u16 {
    let (whole, part) = quality.trim().split_once('.').unwrap_or((quality.trim(), ""));
    let digits = format!("{part:0<3}");
    match (whole, digits.parse::<u16>()) {
        ("1", Ok(0)) => 1_000,
        ("0", Ok(part)) if digits.len() == 3 => part,
        _ => 0,
    }
}
