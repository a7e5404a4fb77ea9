//! What a user is found by: words of the name and of the address, in the form that [`folded`] gives them. A word of a
//! query finds whoever has a word that begins with it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use idna::punycode;

use crate::model::text::fold;

/// Characters of a word; longer ones are cut, in queries too.
const LONGEST: usize = 64;

/// Words of one user.
const MOST: usize = 64;

/// Words of a query.
const MOST_ASKED: usize = 5;

/// The words of a user, each once: every word of the name, and the address, with its domain in Unicode and in ASCII;
/// and each from the beginning of each of its parts, as `smith@example.com` of `ann.smith@example.com`.
pub fn words(address: &str, name: Option<&str>) -> Vec<String> {
    let mut all = Vec::new();
    let readable = in_unicode(address);
    let forms = [readable.as_str(), address].into_iter().take(if readable == address { 1 } else { 2 });
    for word in name.unwrap_or_default().split_whitespace().chain(forms) {
        add_from_each_part(&fold(word), &mut all);
    }
    all
}

fn add_from_each_part(word: &str, all: &mut Vec<String>) {
    let mut before = ' ';
    for (at, c) in word.char_indices() {
        let begins = at == 0 || (c.is_alphanumeric() && (!before.is_alphanumeric() || is_unspaced(c)));
        if let Some(rest) = word.get(at..).filter(|_| begins && all.len() < MOST) {
            let cut: String = rest.chars().take(LONGEST).collect();
            if !all.contains(&cut) {
                all.push(cut);
            }
        }
        before = c;
    }
}

/// Letters of scripts that are written without spaces between words, or names.
fn is_unspaced(c: char) -> bool {
    matches!(
        c,
        '\u{e00}'..='\u{eff}'
            | '\u{1000}'..='\u{109f}'
            | '\u{1780}'..='\u{17ff}'
            | '\u{3040}'..='\u{30ff}'
            | '\u{3400}'..='\u{9fff}'
            | '\u{ac00}'..='\u{d7a3}'
            | '\u{f900}'..='\u{faff}'
            | '\u{20000}'..='\u{3ffff}'
    )
}

/// An address with its domain as people read it.
fn in_unicode(address: &str) -> String {
    let Some((local, domain)) = address.rsplit_once('@') else { return address.to_owned() };
    let readable = |label: &str| {
        let decoded = label.strip_prefix("xn--").and_then(punycode::decode_to_string);
        decoded.unwrap_or_else(|| label.to_owned())
    };
    let labels: Vec<String> = domain.split('.').map(readable).collect();
    format!("{local}@{}", labels.join("."))
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Query {
    /// The beginnings of words: a user has each of them. Empty if nothing is asked for.
    pub(crate) words: Vec<String>,
    /// The text in lower case, for users whose words are not made yet.
    pub(crate) text: String,
}

impl Query {
    /// Reads what was typed.
    pub(crate) fn parse(text: &str) -> Query {
        let words = text.split_whitespace().map(fold).filter(|word| !word.is_empty());
        let words = words.map(|word| word.chars().take(LONGEST).collect()).take(MOST_ASKED).collect();
        Query { words, text: text.trim().to_lowercase() }
    }

    /// The longest word, by which users are found, and the others, which they must have too.
    pub(crate) fn longest_first(&self) -> (&str, Vec<&str>) {
        let length = |at: &usize| self.words.get(*at).map_or(0, |word| word.chars().count());
        let longest = (0..self.words.len()).rev().max_by_key(length).unwrap_or_default();
        let others =
            self.words.iter().enumerate().filter(|(at, _)| *at != longest).map(|(_, word)| word.as_str());
        (self.words.get(longest).map_or("", String::as_str), others.collect())
    }
}

/// Where a page of what was found ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// At that id, among the users whose words are not made yet.
    Unmade(String),
    /// At a word of a user.
    Made {
        /// The word that they were found by.
        word: String,
        /// Their id.
        id: String,
    },
}

/// What the cursor of [`Place::Unmade`] begins with.
const UNMADE: &str = "~";

impl Place {
    /// Before all users whose words are made.
    pub(crate) fn beginning() -> Place {
        Place::Made { word: String::new(), id: String::new() }
    }

    /// The word and the id.
    pub(crate) fn parts(&self) -> (&str, &str) {
        match self {
            Place::Unmade(id) => ("", id),
            Place::Made { word, id } => (word, id),
        }
    }

    /// As the list's cursor.
    pub(crate) fn cursor(&self) -> String {
        match self {
            Place::Unmade(id) => format!("{UNMADE}.{id}"),
            Place::Made { word, id } => format!("{}.{id}", URL_SAFE_NO_PAD.encode(word)),
        }
    }

    /// The place that a cursor names.
    pub(crate) fn parse(cursor: &str) -> Option<Place> {
        let (word, id) = cursor.split_once('.')?;
        let id = id.to_owned();
        if word == UNMADE {
            return Some(Place::Unmade(id));
        }
        let word = String::from_utf8(URL_SAFE_NO_PAD.decode(word).ok()?).ok()?;
        Some(Place::Made { word, id })
    }
}
