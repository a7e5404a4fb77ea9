//! What a mail program or browser could make a link of in plain text: an address with its scheme, `www.`, a bare
//! domain, an e-mail address, an IP address, a Windows share. Programs differ, so this finds what any of them may
//! link, in the spellings that they normalise: full-width forms, ideographic full stops, invisible characters.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::model::text::{is_invisible, visible};

/// Schemes that programs link with whatever follows at once. `Nutzer:innen` is none.
const SCHEMES: &[&str] = &[
    "about",
    "aim",
    "android-app",
    "bitcoin",
    "blob",
    "callto",
    "cid",
    "data",
    "dav",
    "facetime",
    "facetime-audio",
    "fb",
    "feed",
    "file",
    "ftp",
    "ftps",
    "geo",
    "git",
    "gopher",
    "http",
    "https",
    "im",
    "imap",
    "intent",
    "irc",
    "ircs",
    "itms",
    "itms-apps",
    "javascript",
    "ldap",
    "ldaps",
    "magnet",
    "mailto",
    "maps",
    "market",
    "message",
    "mid",
    "mms",
    "ms-excel",
    "ms-outlook",
    "ms-settings",
    "ms-word",
    "msteams",
    "news",
    "nfs",
    "nntp",
    "notes",
    "onenote",
    "outlook",
    "pop",
    "res",
    "rtsp",
    "search-ms",
    "sftp",
    "sgnl",
    "shell",
    "sip",
    "sips",
    "skype",
    "slack",
    "smb",
    "sms",
    "smsto",
    "snapchat",
    "spotify",
    "ssh",
    "steam",
    "svn",
    "tel",
    "telnet",
    "tg",
    "urn",
    "vbscript",
    "view-source",
    "viber",
    "vnc",
    "wa",
    "webcal",
    "whatsapp",
    "ws",
    "wss",
    "wtai",
    "xmpp",
    "ymsgr",
    "zoommtg",
];

/// Schemes that are no word of any language, so that nothing needs to follow.
const NEVER_WORDS: [&str; 8] = ["file", "ftp", "http", "https", "javascript", "mailto", "smsto", "vbscript"];

/// What a program may make a link of: where in the text, in bytes, and the word that it is in; `None` if there is
/// nothing of the kind.
pub fn find_link(text: &str) -> Option<(usize, String)> {
    let (places, folded): (Vec<usize>, Vec<char>) = fold(text).unzip();
    let found = (0..folded.len()).find_map(|at| {
        let rest = folded.get(at..).unwrap_or_default();
        let before = at.checked_sub(1).and_then(|before| folded.get(before)).copied();
        let begins = match rest.first()? {
            ':' => is_scheme(&folded, at),
            '@' => before.is_some_and(is_label),
            '/' | '\\' => is_share(rest) && before != rest.first().copied(),
            '.' => is_domain(&folded, at) || is_www(&folded, at),
            '[' => is_ipv6(rest),
            c if c.is_ascii_hexdigit() && !before.is_some_and(|b| is_label(b) || b == '.' || b == ':') => {
                is_ipv4(rest) || is_ipv6(rest)
            }
            _ => false,
        };
        begins.then_some(at)
    })?;
    let is_edge = |c: &char| c.is_whitespace();
    let start = folded.get(..found)?.iter().rposition(is_edge).map_or(0, |at| at + 1);
    let word = folded.get(start..)?.iter().take_while(|c| !is_edge(c)).take(60);
    Some((places.get(start).copied().unwrap_or_default(), word.collect()))
}

/// The text with nothing left in it that could become a link: unchanged if there was nothing, and otherwise with
/// what joined its words taken out.
pub fn without_links(text: &str) -> String {
    let visible = visible(text);
    if find_link(&visible).is_none() {
        return visible;
    }
    let apart: String = fold(&visible)
        .map(|(_, c)| match c {
            '.' => '·',
            ':' | '/' | '\\' | '@' | '[' | ']' => ' ',
            c => c,
        })
        .collect();
    apart.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Lower case where it has one, without invisible characters, with full-width forms as ASCII and every full stop
/// that IDNA reads as one (RFC 5895 §2) as `.`.
fn fold(text: &str) -> impl Iterator<Item = (usize, char)> + '_ {
    let ascii = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => u32::from(c).checked_sub(0xfee0).and_then(char::from_u32).unwrap_or(c),
        '\u{3002}' | '\u{ff61}' | '\u{2024}' | '\u{fe52}' | '\u{fe12}' => '.',
        '\u{2488}'..='\u{249b}' => '.',
        '\u{fe55}' | '\u{fe13}' | '\u{2236}' | '\u{a789}' => ':',
        '\u{fe6b}' => '@',
        '\u{2044}' | '\u{2215}' | '\u{29f8}' => '/',
        '\u{fe68}' | '\u{29f5}' | '\u{29f9}' | '\u{2216}' => '\\',
        '\u{fe63}' | '\u{2010}' | '\u{2011}' | '\u{2212}' => '-',
        c => c,
    };
    let seen = text.char_indices().filter(|(_, c)| !is_invisible(*c));
    seen.map(move |(at, c)| (at, ascii(c).to_ascii_lowercase()))
}

/// Whether it can be part of a label of a domain: letters and digits of any script, and signs, which are labels
/// in some domains; no punctuation.
fn is_label(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || c == '-' || c == '_';
    }
    let punctuation = matches!(c,
        '\u{80}'..='\u{bf}' | '\u{2000}'..='\u{205f}' | '\u{3000}'..='\u{3003}' | '\u{3008}'..='\u{3020}'
        | '\u{60c}' | '\u{61b}' | '\u{61f}' | '\u{6d4}');
    c.is_alphanumeric() || !(punctuation || c.is_whitespace())
}

/// Whether a scheme ends at this colon that is linked with what follows.
fn is_scheme(text: &[char], colon: usize) -> bool {
    let before = text.get(..colon).unwrap_or_default();
    let letters = |c: &&char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-');
    let mut name: Vec<char> = before.iter().rev().take_while(letters).copied().collect();
    name.reverse();
    let name: String = name.into_iter().collect();
    let after = text.get(colon + 1..).unwrap_or_default();
    let follows = after.first().is_some_and(|c| !c.is_whitespace());
    let slashes = after.first().is_some_and(|c| matches!(c, '/' | '\\'));
    // A word that runs into the scheme does not keep a program from seeing it.
    let one_of = |names: &[&str]| {
        names.iter().any(|known| {
            name == *known || (known.len() > 3 && name.strip_suffix(known).is_some_and(|b| !b.is_empty()))
        })
    };
    let letter = name.chars().any(|c| c.is_ascii_alphabetic());
    one_of(&NEVER_WORDS) || (follows && one_of(SCHEMES)) || (letter && slashes)
}

/// Whether two slashes begin a server's name.
fn is_share(rest: &[char]) -> bool {
    match rest {
        ['\\', '\\', ..] => true,
        ['/', '/', name, ..] => is_label(*name) || *name == '[',
        _ => false,
    }
}

/// Whether a name of a host such as `www.` or `ftp2.` ends at this full stop.
fn is_www(text: &[char], dot: usize) -> bool {
    let before = text.get(..dot).unwrap_or_default();
    let label: String = before.iter().rev().take_while(|c| is_label(**c)).collect();
    let label = label.trim_start_matches(|c: char| c.is_ascii_digit());
    let follows = text.get(dot + 1).is_some_and(|c| !c.is_whitespace());
    follows && ["www", "ptf"].contains(&label)
}

/// Whether labels on both sides of this full stop make a domain: behind it stands what can be a top-level one.
fn is_domain(text: &[char], dot: usize) -> bool {
    let labelled = dot.checked_sub(1).and_then(|before| text.get(before)).is_some_and(|c| is_label(*c));
    let after = text.get(dot + 1..).unwrap_or_default();
    if !labelled || !after.first().is_some_and(|c| c.is_alphabetic()) {
        return false;
    }
    if after.starts_with(&['x', 'n', '-', '-']) {
        return true;
    }
    let letters = after.iter().take_while(|c| is_label(**c) && !matches!(c, '-' | '_' | '0'..='9')).count();
    let ends = after.get(letters).is_none_or(|c| !c.is_ascii_digit());
    letters >= 2 && ends
}

/// Whether it begins with four numbers that are an address.
fn is_ipv4(rest: &[char]) -> bool {
    let text: String = rest.iter().take_while(|c| c.is_ascii_digit() || **c == '.').take(16).collect();
    text.trim_end_matches('.').parse::<Ipv4Addr>().is_ok()
}

fn is_ipv6(rest: &[char]) -> bool {
    let inside = rest.strip_prefix(&['[']).unwrap_or(rest);
    let text: String =
        inside.iter().take_while(|c| c.is_ascii_hexdigit() || matches!(c, ':' | '.')).take(46).collect();
    text.trim_end_matches('.').parse::<Ipv6Addr>().is_ok()
}
