//! What a `User-Agent` says, in the two words that a person knows their device by.

/// Looked for in this order, because most of them claim to be the next ones as well.
const BROWSERS: [(&str, &str); 7] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
];

const SYSTEMS: [(&str, &str); 7] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];

/// As `Firefox, Linux`; what is neither is shown as the first product that it names.
pub(crate) fn device(user_agent: &str) -> Option<String> {
    let first = |names: &[(&str, &'static str)]| {
        names.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name)
    };
    match (first(&BROWSERS), first(&SYSTEMS)) {
        (Some(browser), Some(system)) => Some(format!("{browser}, {system}")),
        (Some(one), None) | (None, Some(one)) => Some(one.to_owned()),
        (None, None) => {
            // Nothing that a mail program could make a link of.
            let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
            let product = user_agent.split(|c| !word(c)).next().unwrap_or_default();
            (!product.is_empty()).then(|| product.chars().take(40).collect())
        }
    }
}
