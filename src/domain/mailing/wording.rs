//! What a tenant's words in a mail may say: nothing that a mail program makes a link of. The one address in a mail
//! is `{{ link }}`, and nothing that stands beside it can become a part of it, or take it as a part of itself.
//!
//! Mail programs look for addresses in each text node, and in the text that they make of the HTML, in which
//! elements inside a line leave no trace. So both are searched, in every way that the conditions can turn out.

use html5gum::emitters::default::Token;

use crate::domain::mailing::letter::Kind;
use crate::domain::mailing::values::{Variable, variables};
use crate::domain::templates::check::{END, VALUE};
use crate::domain::templates::html_tokens::tokens;
use crate::model::linkable::find_link;
use crate::model::template::{Mistake, Template};

/// Elements inside a line: text on both sides of their tags is one text.
const INLINE: [&str; 8] = ["a", "abbr", "b", "code", "em", "i", "small", "strong"];

/// Checks the words of one part of a letter, `html` or plain text, in every way that its conditions turn out.
///
/// # Errors
/// A [`Mistake`]; its line is the one in the rendering, which differs from the template's only where a condition
/// holds several lines.
pub(crate) fn check(kind: Kind, template: &Template<'_>, html: bool) -> Result<(), Mistake> {
    let all: Vec<&Variable> = variables(kind).collect();
    let optional = all.iter().filter(|variable| variable.optional).count();
    for chosen in 0..(1_u32 << optional) {
        let mut nth = 0;
        let mut values = Vec::new();
        for variable in &all {
            let there = !variable.optional || chosen >> nth & 1 == 1;
            nth += usize::from(variable.optional);
            values.push((variable.name, if there { mark_name(variable.name) } else { String::new() }));
        }
        let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let rendering = template.render_text(&values);
        if html { check_html(&rendering)? } else { check_plain(&rendering)? }
    }
    Ok(())
}

fn mark_name(name: &str) -> String {
    format!("{VALUE}{name}{END}")
}

fn check_plain(text: &str) -> Result<(), Mistake> {
    // Some programs read character references in plain text, too.
    let read: String = tokens(text).filter_map(|token| string(&token)).collect();
    let found =
        find_linkable_word(text).or_else(|| find_misplacement(text)).or_else(|| find_linkable_word(&read));
    found.map_or(Ok(()), |(above, reason)| Err(Mistake { line: above + 1, reason }))
}

fn check_html(html: &str) -> Result<(), Mistake> {
    let mut walk = Walk::default();
    let all: Vec<Token<usize>> = tokens(html).collect();
    for (at, token) in all.iter().enumerate() {
        let near = |at: Option<usize>| at.and_then(|at| all.get(at));
        let checked = walk.step(token, near(at.checked_sub(1)), near(at.checked_add(1)));
        let place = |(more, reason)| Mistake { line: lines_above(html, start(token)) + more + 1, reason };
        checked.map_err(place)?;
    }
    walk.end_line().map_err(|(_, reason)| Mistake { line: html.matches('\n').count() + 1, reason })
}

/// How many lines further down it is, and what.
type Misplacement = (usize, String);

/// A walk over the tokens of a mail.
#[derive(Default)]
struct Walk {
    /// The text since the last element that begins a line of its own.
    flat: String,
    /// Whether it is inside a link.
    in_link: bool,
    /// Whether it is inside a style sheet.
    in_style: bool,
}

impl Walk {
    fn step(
        &mut self,
        token: &Token<usize>,
        before: Option<&Token<usize>>,
        after: Option<&Token<usize>>,
    ) -> Result<(), Misplacement> {
        match token {
            Token::StartTag(tag) => {
                let name = String::from_utf8_lossy(&tag.name);
                self.in_style |= name == "style";
                if !INLINE.contains(&name.as_ref()) && name != "span" && name != "img" {
                    self.end_line()?;
                }
                self.in_link |= name == "a";
                for (attribute, value) in &tag.attributes {
                    let (attribute, value) =
                        (String::from_utf8_lossy(attribute), String::from_utf8_lossy(value));
                    let read_out = matches!(attribute.as_ref(), "alt" | "content" | "title")
                        || attribute.starts_with("aria-");
                    if let Some((_, reason)) = read_out.then(|| find_linkable_word(&value)).flatten() {
                        return Err((0, format!("{attribute} of <{name}>: {reason}")));
                    }
                    if attribute == "alt" {
                        self.flat.push_str(&value);
                    }
                }
                Ok(())
            }
            Token::EndTag(tag) => {
                let name = String::from_utf8_lossy(&tag.name);
                self.in_style &= name != "style";
                self.in_link &= name != "a";
                if INLINE.contains(&name.as_ref()) || name == "span" { Ok(()) } else { self.end_line() }
            }
            Token::String(_) if self.in_style => Ok(()),
            Token::String(_) => {
                let text = string(token).unwrap_or_default();
                if self.in_link && text.contains(&mark_name("link")) {
                    return Err((0, "the text of a link is no address".into()));
                }
                if let Some(found) = find_linkable_word(&text) {
                    return Err(found);
                }
                // Alone between the tags of its element, whatever is around that, a value is a text node of its
                // own; what it would be without the tags, the end of the line sees.
                let alone = matches!(before, Some(Token::StartTag(_)))
                    && matches!(after, Some(Token::EndTag(_)))
                    && ["link", "code"].iter().any(|name| text.trim() == mark_name(name));
                let shown = if alone { text.replace([VALUE, END], "\u{2009}") } else { text };
                self.flat.push_str(&shown);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Looks at the line that ends here.
    fn end_line(&mut self) -> Result<(), Misplacement> {
        let flat = std::mem::take(&mut self.flat);
        // An element of its own separates a value for who reads the elements, and not for who reads the text.
        let joined: String = flat.chars().filter(|c| *c != '\u{2009}').collect();
        match find_linkable_word(&joined).or_else(|| find_misplacement(&flat)) {
            Some((_, reason)) => Err((0, reason)),
            None => Ok(()),
        }
    }
}

fn start(token: &Token<usize>) -> usize {
    match token {
        Token::StartTag(tag) => tag.span.start,
        Token::EndTag(tag) => tag.span.start,
        Token::String(string) => string.span.start,
        Token::Comment(comment) => comment.span.start,
        Token::Doctype(doctype) => doctype.span.start,
        Token::Error(error) => error.span.start,
    }
}

fn string(token: &Token<usize>) -> Option<String> {
    match token {
        Token::String(string) => Some(String::from_utf8_lossy(string).into_owned()),
        _ => None,
    }
}

/// What a program could make a link of, and how many lines further down it stands.
fn find_linkable_word(text: &str) -> Option<Misplacement> {
    // A value can be letters or digits, and a name can begin or end with a full stop.
    let word = replace_marks(text, |_| "aa");
    let named = replace_marks(text, |name| if name == "tenant_name" { ".aa." } else { "aa" });
    let found = find_link(&word).map(|found| (&word, found));
    let (text, (at, found)) = found.or_else(|| find_link(&named).map(|found| (&named, found)))?;
    Some((lines_above(text, at), format!("a mail program could make a link of {found:?}")))
}

fn replace_marks(text: &str, with: fn(&str) -> &'static str) -> String {
    let mut all = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(VALUE) {
        let (name, next) = after.split_once(END).unwrap_or((after, ""));
        all.push_str(before);
        all.push_str(with(name));
        rest = next;
    }
    all.push_str(rest);
    all
}

/// Where the link or the code touches something else.
fn find_misplacement(text: &str) -> Option<Misplacement> {
    for name in ["link", "code"] {
        let mark = mark_name(name);
        for (at, _) in text.match_indices(&mark) {
            let before = text.get(..at).and_then(|before| before.chars().next_back());
            let after = text.get(at + mark.len()..).and_then(|after| after.chars().next());
            if [before, after].into_iter().flatten().any(|c| !c.is_whitespace()) {
                let reason = format!("{{{{ {name} }}}} stands between white space, or alone in its element");
                return Some((lines_above(text, at), reason));
            }
        }
    }
    None
}

fn lines_above(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count()
}
