//! What a tenant's own HTML may be: an allow-list over a tokenizer of the HTML standard, which refuses and
//! never repairs.
//!
//! Each `{{ value }}` and `{% condition %}` is replaced by a mark before the text is tokenized. Conditions may
//! only stand between tags, so the tokens of a page are among the tokens that were seen, whatever the values
//! are; and what the tokenizer calls an error is refused, so that no browser reads the text otherwise.

use std::collections::BTreeMap;

use html5gum::emitters::default::{StartTag, Token};
use html5gum::{HtmlString, Spanned};

use crate::domain::templates::html_tokens::tokens;
use crate::domain::templates::rules::{Allowed, allowed, allowed_in_mail, css_problem};
use crate::model::linkable::find_link;
use crate::model::template::{Mistake, Piece, Template};

/// Begins the mark of a value; its variable's name and [`END`] follow.
pub(crate) const VALUE: char = '\u{e000}';
/// Marks the begin of a condition.
const IF: char = '\u{e002}';
/// Marks an `else`.
const ELSE: char = '\u{e003}';
/// Marks the end of a condition.
const END_IF: char = '\u{e004}';
/// Ends the mark of a value.
pub(crate) const END: char = '\u{e001}';
const MARKS: [char; 5] = [VALUE, END, IF, ELSE, END_IF];

/// What the form of a page must be like.
pub(crate) struct Form {
    /// The name of each field that it must have.
    pub(crate) fields: &'static [Field],
    /// The names of further buttons that it may have, after the one that sends it: each says `1`.
    pub(crate) also: &'static [&'static str],
}

pub(crate) struct Field {
    /// Its `name`.
    pub(crate) name: &'static str,
    /// The `type` that it must have; any of a text's if empty.
    pub(crate) kind: &'static str,
    /// The variable that is its `value`; none if it must have no value.
    pub(crate) value: Option<&'static str>,
}

/// Checks a template's source.
///
/// # Errors
/// A [`Mistake`] with the line where it is.
pub(crate) fn check(source: &str, template: &Template<'_>, form: &Form) -> Result<(), Mistake> {
    check_source(source, template, Some(form))
}

/// Checks the source of a mail's template.
///
/// # Errors
/// As [`check`].
pub(crate) fn check_mail(source: &str, template: &Template<'_>) -> Result<(), Mistake> {
    check_source(source, template, None)
}

fn check_source(source: &str, template: &Template<'_>, form: Option<&Form>) -> Result<(), Mistake> {
    if let Some((before, _)) = source.split_once(|c| MARKS.contains(&c)) {
        let line = before.matches('\n').count() + 1;
        return Err(Mistake { line, reason: "a character of a private use area".into() });
    }
    let mut marked = String::new();
    for piece in template.pieces() {
        match piece {
            Piece::Text(text) => marked.push_str(text),
            Piece::Value(name) => {
                marked.push(VALUE);
                marked.push_str(name);
                marked.push(END);
            }
            Piece::If(..) => marked.push(IF),
            Piece::Else => marked.push(ELSE),
            Piece::EndIf => marked.push(END_IF),
        }
    }
    let value = |name: &str| format!("{VALUE}{name}{END}");
    Check::new(&marked, form, &value).run()
}

/// Checks a rendering with these values.
///
/// # Errors
/// As [`check`].
pub(crate) fn check_rendered(html: &str, values: &[(&str, &str)], form: &Form) -> Result<(), Mistake> {
    check_values(html, values, Some(form))
}

/// Checks the rendering of a mail with these values.
///
/// # Errors
/// As [`check`].
pub(crate) fn check_rendered_mail(html: &str, values: &[(&str, &str)]) -> Result<(), Mistake> {
    check_values(html, values, None)
}

fn check_values(html: &str, values: &[(&str, &str)], form: Option<&Form>) -> Result<(), Mistake> {
    let value = |name: &str| {
        values.iter().find(|(n, _)| *n == name).map_or_else(String::new, |(_, value)| (*value).to_owned())
    };
    Check::new(html, form, &value).run()
}

struct Check<'a> {
    html: &'a str,
    /// The form of a page; a mail has none.
    form: Option<&'a Form>,
    /// What stands where a variable does.
    value: &'a dyn Fn(&str) -> String,
    /// How many conditions are open.
    depth: usize,
    /// Whether there was a form, and whether it is open.
    formed: bool,
    forming: bool,
    submits: bool,
    /// The fields that were there, each as often as it was.
    fields: Vec<&'static str>,
    /// The element whose content is text whatever it looks like.
    raw: Option<&'static str>,
    /// The link that is open: where it leads, and its text so far.
    link: Option<(String, String)>,
}

type Attributes = BTreeMap<HtmlString, Spanned<HtmlString, usize>>;

impl<'a> Check<'a> {
    fn new(html: &'a str, form: Option<&'a Form>, value: &'a dyn Fn(&str) -> String) -> Check<'a> {
        Check {
            html,
            form,
            value,
            depth: 0,
            formed: false,
            forming: false,
            submits: false,
            fields: Vec::new(),
            raw: None,
            link: None,
        }
    }

    fn run(mut self) -> Result<(), Mistake> {
        let html = self.html;
        for token in tokens(html) {
            let (at, checked) = match &token {
                Token::StartTag(tag) => (tag.span.start, self.start(tag)),
                Token::EndTag(tag) => (tag.span.start, self.end(&text(&tag.name))),
                Token::String(string) => (string.span.start, self.string(&text(string))),
                Token::Comment(comment) => (comment.span.start, comment_problem(&text(comment))),
                Token::Doctype(doctype) => {
                    let plain = text(&doctype.name) == "html"
                        && doctype.public_identifier.is_none()
                        && doctype.system_identifier.is_none();
                    let checked = if plain { Ok(()) } else { Err("a doctype is <!doctype html>".into()) };
                    (doctype.span.start, checked)
                }
                Token::Error(error) => (error.span.start, Err(format!("not valid HTML: {}", error.value))),
            };
            checked.map_err(|reason| Mistake { line: line(html, at), reason })?;
        }
        self.finish().map_err(|reason| Mistake { line: line(html, html.len()), reason })
    }

    fn allowed(&self, name: &str) -> Option<Allowed> {
        if self.form.is_some() { allowed(name) } else { allowed_in_mail(name) }
    }

    fn fields_of_form(&self) -> &'static [Field] {
        self.form.map_or(&[], |form| form.fields)
    }

    fn start(&mut self, tag: &StartTag<usize>) -> Result<(), String> {
        let name = text(&tag.name);
        let Some(Allowed { element, attributes, void }) = self.allowed(&name) else {
            return Err(format!("the element <{}> is not allowed", excerpt(&name)));
        };
        if tag.self_closing && !void {
            return Err(format!("<{element}> is not closed by a slash"));
        }
        // A value stands in an attribute as the whole of it, in quotes: nothing can follow out of it.
        let source = self.html.get(tag.span.start..tag.span.end).unwrap_or(self.html);
        for (at, _) in source.match_indices(VALUE) {
            let before = source.get(..at).and_then(|before| before.chars().next_back());
            if !matches!(before, Some('"' | '\'')) {
                return Err("a value in a tag is a whole attribute, in quotes".into());
            }
        }
        for (attribute, value) in &tag.attributes {
            let (attribute, value) = (text(attribute), text(value));
            if value.contains(MARKS) && !is_mark(&value) {
                return Err(format!("the attribute {} is more than one value", excerpt(&attribute)));
            }
            attributes(&attribute, &value, self.value).map_err(|why| match why {
                "" => format!("the attribute {} of <{element}> is not allowed", excerpt(&attribute)),
                why => format!("{} of <{element}>: {why}", excerpt(&attribute)),
            })?;
        }
        match element {
            "title" | "style" => self.raw = Some(element),
            "a" => {
                self.end_link()?;
                self.link = Some((attribute(&tag.attributes, "href").unwrap_or_default(), String::new()));
            }
            "form" => self.form(&tag.attributes)?,
            "input" => self.input(&tag.attributes)?,
            "button" => self.button(&tag.attributes)?,
            _ => {}
        }
        Ok(())
    }

    fn form(&mut self, attributes: &Attributes) -> Result<(), String> {
        if self.formed || self.depth > 0 {
            return Err("there is one form, and it is there in any case".into());
        }
        let posts = attribute(attributes, "method").is_some_and(|method| method.eq_ignore_ascii_case("post"));
        if !posts || attribute(attributes, "action") != Some((self.value)("action")) {
            return Err("the form is <form method=\"post\" action=\"{{ action }}\">".into());
        }
        (self.formed, self.forming) = (true, true);
        Ok(())
    }

    fn input(&mut self, attributes: &Attributes) -> Result<(), String> {
        let name = attribute(attributes, "name").unwrap_or_default();
        let known = self.fields_of_form().iter().find(|field| field.name == name);
        let Some(field) = known.filter(|_| self.forming) else {
            return Err(format!("the form has no field {}", excerpt(&name)));
        };
        if self.depth > 0 {
            return Err(format!("the field {name} is there in any case"));
        }
        let kind = attribute(attributes, "type").unwrap_or_default();
        let as_text = field.kind.is_empty() && matches!(kind.as_str(), "" | "text" | "email" | "tel");
        if !as_text && kind != field.kind {
            return Err(format!("the field {name} is of type {:?}", field.kind));
        }
        let wanted = field.value.map(self.value);
        let given = attribute(attributes, "value");
        if given != wanted && (given.is_some() || field.kind == "hidden") {
            let variable = field.value.map_or_else(|| "none".into(), |name| format!("{{{{ {name} }}}}"));
            return Err(format!("the value of the field {name} is {variable}"));
        }
        self.fields.push(field.name);
        Ok(())
    }

    /// The Enter key presses a form's first button, so one with a name of its own comes after.
    fn button(&mut self, attributes: &Attributes) -> Result<(), String> {
        let kind = attribute(attributes, "type").unwrap_or_default();
        let submits = kind.is_empty() || kind.eq_ignore_ascii_case("submit");
        let says = attribute(attributes, "value");
        let Some(name) = attribute(attributes, "name") else {
            if says.is_some() {
                return Err("a button with a value has a name".into());
            }
            self.submits |= self.forming && self.depth == 0 && submits;
            return Ok(());
        };
        let known = self.form.is_some_and(|form| form.also.contains(&name.as_str()));
        if !known || !submits || says.as_deref() != Some("1") {
            return Err(format!("the form has no button {}", excerpt(&name)));
        }
        if !self.forming || !self.submits {
            return Err(format!("the button {name} comes after the one that sends the form"));
        }
        Ok(())
    }

    fn end(&mut self, name: &str) -> Result<(), String> {
        if self.allowed(name).is_none() {
            return Err(format!("the element <{}> is not allowed", excerpt(name)));
        }
        if self.raw == Some(name) {
            self.raw = None;
        }
        if name == "a" {
            self.end_link()?;
        }
        if name == "form" {
            if self.depth > 0 || !self.forming {
                return Err("the form is closed once, outside any condition".into());
            }
            self.forming = false;
        }
        Ok(())
    }

    fn string(&mut self, text: &str) -> Result<(), String> {
        if let Some(raw) = self.raw {
            if text.contains([IF, ELSE, END_IF]) || raw == "style" && text.contains(MARKS) {
                return Err(format!("no value or condition in <{raw}>"));
            }
            return if raw == "style" { css_problem(text).map_or(Ok(()), Err) } else { Ok(()) };
        }
        if let Some((_, shown)) = &mut self.link {
            shown.push_str(text);
        }
        for c in text.chars() {
            match c {
                IF => self.depth += 1,
                END_IF => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
        Ok(())
    }

    /// A link on a page does not show another address than the one that it leads to.
    fn end_link(&mut self) -> Result<(), String> {
        let Some((href, shown)) = self.link.take() else { return Ok(()) };
        let shown: String = shown.chars().filter(|c| !MARKS.contains(c)).collect();
        let bare = |address: &str| {
            let address = address.trim().trim_end_matches('/').to_lowercase();
            let rest = ["https://", "mailto:"].iter().find_map(|scheme| address.strip_prefix(scheme));
            rest.map(str::to_owned).unwrap_or(address)
        };
        if self.form.is_some() && find_link(&shown).is_some() && bare(&shown) != bare(&href) {
            return Err("the text of a link is no address but its own".into());
        }
        Ok(())
    }

    /// What must have been there.
    fn finish(&mut self) -> Result<(), String> {
        self.end_link()?;
        if let Some(raw) = self.raw {
            return Err(format!("<{raw}> is not closed"));
        }
        if self.form.is_none() {
            return Ok(());
        }
        if !self.formed || self.forming {
            return Err(
                "there is a form <form method=\"post\" action=\"{{ action }}\">, and it is closed".into()
            );
        }
        for field in self.fields_of_form() {
            match self.fields.iter().filter(|name| **name == field.name).count() {
                0 => return Err(format!("the form lacks the field {}", field.name)),
                1 => {}
                _ => return Err(format!("the field {} is there more than once", field.name)),
            }
        }
        if self.submits { Ok(()) } else { Err("the form lacks a button that submits it".into()) }
    }
}

fn comment_problem(text: &str) -> Result<(), String> {
    if text.contains(MARKS) { Err("no value or condition in a comment".into()) } else { Ok(()) }
}

fn attribute(attributes: &Attributes, name: &str) -> Option<String> {
    attributes.iter().find(|(n, _)| text(n) == name).map(|(_, value)| text(value))
}

/// Whether the text is one value's mark and nothing else.
fn is_mark(text: &str) -> bool {
    let inside = text.strip_prefix(VALUE).and_then(|rest| rest.strip_suffix(END));
    inside.is_some_and(|name| !name.contains(MARKS))
}

fn text(bytes: &HtmlString) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// As an error may repeat it: short, and without our marks.
fn excerpt(text: &str) -> String {
    text.chars().filter(|c| !MARKS.contains(c) && !c.is_control()).take(40).collect()
}

fn line(html: &str, at: usize) -> usize {
    html.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}
