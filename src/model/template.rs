//! Templates of pages, in the part of Jinja's syntax that can be checked as a whole: `{{ name }}`, and
//! `{% if name %}`, `{% if not name %}`, `{% else %}` and `{% endif %}`. There are no loops, calls or filters,
//! so rendering is bounded by the template's length, and every value in a page is escaped.

/// What is wrong with a template, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    /// The line, from 1.
    pub(crate) line: usize,
    /// What is wrong there.
    pub(crate) reason: String,
}

/// How deep conditions may be in each other.
const DEEPEST: usize = 8;

/// A piece of a template, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    Text(&'a str),
    /// A variable's value.
    Value(&'a str),
    /// What follows is there if the variable is not empty, or with `false` if it is.
    If(&'a str, bool),
    /// What follows is there if what is before it was not.
    Else,
    /// The end of a condition.
    EndIf,
}

/// A template that was parsed: its variables are known and its conditions closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template<'a> {
    pieces: Vec<Piece<'a>>,
}

impl<'a> Template<'a> {
    /// Parses a template that may use these variables.
    ///
    /// # Errors
    /// A [`Mistake`] with the line where it is.
    pub(crate) fn parse(source: &'a str, variables: &[&str]) -> Result<Template<'a>, Mistake> {
        let mut pieces = Vec::new();
        // Whether each open condition has had its `else`.
        let mut open: Vec<bool> = Vec::new();
        let mut rest = source;
        let mistake = |rest: &str, reason: String| Mistake { line: line_at(source, rest), reason };
        while let Some(brace) = rest.find('{') {
            let (before, after) = rest.split_at(brace);
            let (opening, closing) = match after.as_bytes() {
                [b'{', b'{', ..] => ("{{", "}}"),
                [b'{', b'%', ..] => ("{%", "%}"),
                [b'{', b'#', ..] => return Err(mistake(after, "{# #} is not known".into())),
                _ => {
                    // A brace of a style sheet.
                    let (text, next) = rest.split_at(brace + 1);
                    pieces.push(Piece::Text(text));
                    rest = next;
                    continue;
                }
            };
            pieces.push(Piece::Text(before));
            let inside = after.strip_prefix(opening).unwrap_or_default();
            let Some((inside, next)) = inside.split_once(closing) else {
                return Err(mistake(after, format!("{opening} is not closed")));
            };
            let words: Vec<&'a str> = inside.split_ascii_whitespace().collect();
            let known = |name: &str| match variables.contains(&name) {
                true => Ok(()),
                false => Err(mistake(after, format!("{name:?} is none of {}", variables.join(", ")))),
            };
            let piece = match (opening, words.as_slice()) {
                ("{{", [name]) => known(name).map(|()| Piece::Value(name))?,
                ("{%", ["if", "not", name]) => known(name).map(|()| Piece::If(name, false))?,
                ("{%", ["if", name]) => known(name).map(|()| Piece::If(name, true))?,
                ("{%", ["else"]) => match open.last_mut() {
                    Some(had @ false) => {
                        *had = true;
                        Piece::Else
                    }
                    _ => return Err(mistake(after, "there is no condition for this else".into())),
                },
                ("{%", ["endif"]) => match open.pop() {
                    Some(_) => Piece::EndIf,
                    None => return Err(mistake(after, "there is no condition to end here".into())),
                },
                _ => {
                    let known = "{{ name }}, {% if name %}, {% if not name %}, {% else %} and {% endif %}";
                    return Err(mistake(after, format!("only {known} are known")));
                }
            };
            if let Piece::If(..) = piece {
                open.push(false);
                if open.len() > DEEPEST {
                    return Err(mistake(after, format!("conditions are more than {DEEPEST} deep")));
                }
            }
            pieces.push(piece);
            rest = next;
        }
        pieces.push(Piece::Text(rest));
        match open.is_empty() {
            true => Ok(Template { pieces }),
            false => Err(mistake("", "a condition is not ended".into())),
        }
    }

    /// The pieces, in their order.
    pub(crate) fn pieces(&self) -> &[Piece<'a>] {
        &self.pieces
    }

    /// The page with these values, escaped. A variable that has none is empty.
    pub(crate) fn render(&self, values: &[(&str, &str)]) -> String {
        self.fill(values, escape)
    }

    /// The same for plain text, in which nothing needs to be escaped.
    pub(crate) fn render_text(&self, values: &[(&str, &str)]) -> String {
        self.fill(values, |value, text| text.push_str(value))
    }

    fn fill(&self, values: &[(&str, &str)], put: fn(&str, &mut String)) -> String {
        let value = |name: &str| values.iter().find(|(n, _)| *n == name).map_or("", |(_, value)| value);
        let mut html = String::new();
        // For each open condition, whether its present part is there.
        let mut open: Vec<bool> = Vec::new();
        for piece in &self.pieces {
            let shown = open.iter().all(|there| *there);
            match piece {
                Piece::Text(text) if shown => html.push_str(text),
                Piece::Value(name) if shown => put(value(name), &mut html),
                Piece::Text(_) | Piece::Value(_) => {}
                Piece::If(name, wanted) => open.push(value(name).is_empty() != *wanted),
                Piece::Else => {
                    if let Some(there) = open.last_mut() {
                        *there = !*there;
                    }
                }
                Piece::EndIf => {
                    open.pop();
                }
            }
        }
        html
    }
}

/// Escapes for text and quoted attributes.
fn escape(value: &str, html: &mut String) {
    for c in value.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c => html.push(c),
        }
    }
}

/// The line that the rest of a text begins in.
fn line_at(source: &str, rest: &str) -> usize {
    let before = source.len().saturating_sub(rest.len());
    source.bytes().take(before).filter(|byte| *byte == b'\n').count() + 1
}
