//! The elements, attributes and style rules that a tenant's own HTML may have.

/// What may stand where a value does: the mark in a template, the value in a rendering.
type Value<'a> = &'a dyn Fn(&str) -> String;

/// Why an attribute is refused; empty if there is nothing to say but that it is.
type Why = &'static str;

/// Whether an attribute is allowed, by name and decoded value.
type Rule = fn(&str, &str, Value<'_>) -> Result<(), Why>;

/// An element that is allowed.
pub(crate) struct Allowed {
    /// Its name.
    pub(crate) element: &'static str,
    /// Whether an attribute of it is, by name and decoded value.
    pub(crate) attributes: Rule,
    /// Whether it has no content.
    pub(crate) void: bool,
}

const VOID: [&str; 6] = ["br", "hr", "img", "input", "link", "meta"];

/// Elements whose attributes are the global ones.
const PLAIN: [&str; 41] = [
    "abbr",
    "address",
    "article",
    "aside",
    "b",
    "blockquote",
    "body",
    "br",
    "caption",
    "code",
    "dd",
    "div",
    "dl",
    "dt",
    "em",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hr",
    "i",
    "legend",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "section",
    "small",
    "span",
    "strong",
    "ul",
    "title",
];

/// The rule of an element, if it is allowed.
pub(crate) fn allowed(name: &str) -> Option<Allowed> {
    let void = VOID.contains(&name);
    if let Some(element) = PLAIN.iter().find(|plain| **plain == name) {
        return Some(Allowed { element, attributes: global, void });
    }
    let (element, attributes): (_, Rule) = match name {
        "a" => ("a", anchor),
        "button" => ("button", button),
        "form" => ("form", form),
        "html" => ("html", html),
        "img" => ("img", image),
        "input" => ("input", input),
        "label" => ("label", label),
        "link" => ("link", link),
        "meta" => ("meta", meta),
        "style" => ("style", style),
        _ => return None,
    };
    Some(Allowed { element, attributes, void })
}

/// Elements of tables, which mails are laid out by.
const TABLE: [&str; 7] = ["table", "tbody", "td", "tfoot", "th", "thead", "tr"];

/// The rule of an element in a mail, if it is allowed: nothing is sent from there, and nothing is loaded.
pub(crate) fn allowed_in_mail(name: &str) -> Option<Allowed> {
    if let Some(element) = TABLE.iter().find(|known| **known == name) {
        return Some(Allowed { element, attributes: cell, void: false });
    }
    let Allowed { element, attributes, void } = allowed(name)?;
    let attributes = match element {
        "button" | "fieldset" | "form" | "input" | "label" | "legend" | "link" => return None,
        "a" => mail_anchor,
        "img" => mail_image,
        _ => attributes,
    };
    Some(Allowed { element, attributes, void })
}

fn mail_anchor(name: &str, value: &str, variable: Value<'_>) -> Result<(), Why> {
    match name {
        "href" if !value.is_empty() && value == variable("link") => Ok(()),
        "href" => Err("an address is {{ link }}"),
        _ => global(name, value, variable),
    }
}

fn mail_image(name: &str, value: &str, variable: Value<'_>) -> Result<(), Why> {
    match name {
        "src" if is_inline_image(value) => Ok(()),
        "src" => Err("an image is data: with a PNG, JPEG, GIF or WebP"),
        _ => image(name, value, variable),
    }
}

fn cell(name: &str, value: &str, variable: Value<'_>) -> Result<(), Why> {
    match name {
        "align" | "bgcolor" | "border" | "cellpadding" | "cellspacing" | "colspan" | "height" | "rowspan"
        | "valign" | "width" => Ok(()),
        _ => global(name, value, variable),
    }
}

fn global(name: &str, value: &str, _: Value<'_>) -> Result<(), Why> {
    match name {
        "class" | "dir" | "hidden" | "id" | "lang" | "role" | "title" => Ok(()),
        "style" if css_problem(value).is_some() => Err("this style is not allowed"),
        "style" => Ok(()),
        aria if aria.starts_with("aria-") => Ok(()),
        _ => Err(""),
    }
}

/// The variables that are addresses.
const OURS: [&str; 7] = [
    "forgot_url",
    "login_url",
    "register_url",
    "google_url",
    "microsoft_url",
    "github_url",
    "organization_url",
];

fn anchor(name: &str, value: &str, variable: Value<'_>) -> Result<(), Why> {
    let ours = OURS.map(variable).contains(&value.to_owned());
    match name {
        "href" if ours || is_link(value) => Ok(()),
        "href" => Err("an address is https:, mailto:, a path of this site, or one of the URL variables"),
        "rel" => Ok(()),
        _ => global(name, value, variable),
    }
}

fn button(name: &str, value: &str, variable: Value<'_>) -> Result<(), Why> {
    match name {
        "type" if matches!(value, "submit" | "button" | "reset") => Ok(()),
        "type" => Err("submit, button or reset"),
        // Checked with the form as a whole.
        "name" | "value" | "formnovalidate" => Ok(()),
        _ => global(name, value, variable),
    }
}

fn form(name: &str, value: &str, variable: Value<'_>) -> Result<(), Why> {
    match name {
        // Checked with the form as a whole.
        "method" | "action" => Ok(()),
        "autocomplete" | "novalidate" => Ok(()),
        _ => global(name, value, variable),
    }
}

fn html(name: &str, value: &str, variable: Value<'_>) -> Result<(), Why> {
    global(name, value, variable)
}

fn image(name: &str, value: &str, variable: Value<'_>) -> Result<(), Why> {
    match name {
        "src" if is_path(value) || is_inline_image(value) => Ok(()),
        "src" => Err("an image is a path of this site, or data: with a PNG, JPEG, GIF or WebP"),
        "alt" | "width" | "height" => Ok(()),
        _ => global(name, value, variable),
    }
}

fn input(name: &str, value: &str, variable: Value<'_>) -> Result<(), Why> {
    match name {
        // Checked with the form as a whole.
        "type" | "name" | "value" => Ok(()),
        "autocomplete" | "autofocus" | "autocapitalize" | "inputmode" | "maxlength" | "minlength"
        | "pattern" | "placeholder" | "readonly" | "required" | "spellcheck" => Ok(()),
        _ => global(name, value, variable),
    }
}

fn label(name: &str, value: &str, variable: Value<'_>) -> Result<(), Why> {
    if name == "for" { Ok(()) } else { global(name, value, variable) }
}

fn link(name: &str, value: &str, _: Value<'_>) -> Result<(), Why> {
    match (name, value) {
        ("rel", "stylesheet") | ("href", "/portcullis.css") => Ok(()),
        _ => Err("only <link rel=\"stylesheet\" href=\"/portcullis.css\">"),
    }
}

fn meta(name: &str, value: &str, _: Value<'_>) -> Result<(), Why> {
    let names = ["viewport", "color-scheme", "description", "theme-color", "robots"];
    match name {
        "charset" if value.eq_ignore_ascii_case("utf-8") => Ok(()),
        "name" if names.contains(&value) => Ok(()),
        "content" => Ok(()),
        _ => Err(""),
    }
}

fn style(_: &str, _: &str, _: Value<'_>) -> Result<(), Why> {
    Err("")
}

fn is_link(value: &str) -> bool {
    let plain = value.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    let known = ["https://", "mailto:", "#"].iter().any(|start| value.starts_with(start));
    plain && (known || is_path(value))
}

/// Whether it is a path of this site and nothing that a browser reads as another.
fn is_path(value: &str) -> bool {
    let plain = value.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    plain && value.starts_with('/') && !value.starts_with("//")
}

fn is_inline_image(value: &str) -> bool {
    let kinds = ["png", "jpeg", "gif", "webp"];
    let data = kinds.iter().find_map(|kind| value.strip_prefix(&format!("data:image/{kind};base64,")));
    data.is_some_and(|data| {
        data.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='))
    })
}

/// At-rules that load nothing.
const AT_RULES: [&str; 3] = ["media", "supports", "keyframes"];

/// Functions that load nothing.
const FUNCTIONS: [&str; 36] = [
    "",
    "and",
    "blur",
    "calc",
    "clamp",
    "color-mix",
    "conic-gradient",
    "cubic-bezier",
    "env",
    "fit-content",
    "has",
    "hsl",
    "hsla",
    "is",
    "linear-gradient",
    "max",
    "min",
    "minmax",
    "not",
    "nth-child",
    "nth-of-type",
    "oklch",
    "or",
    "radial-gradient",
    "repeat",
    "rgb",
    "rgba",
    "rotate",
    "scale",
    "steps",
    "translate",
    "translatex",
    "translatey",
    "var",
    "where",
    "opacity",
];

/// Why a style is refused: it could load something, or be read in more than one way.
pub(crate) fn css_problem(css: &str) -> Option<String> {
    if css.contains(['\\', '<', '\0']) || css.chars().any(|c| ('\u{e000}'..='\u{e004}').contains(&c)) {
        return Some("a style has no \\ and no <".into());
    }
    let css = css.to_ascii_lowercase();
    let word = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_') || !c.is_ascii();
    for (at, _) in css.match_indices('@') {
        let rest = css.get(at + 1..).unwrap_or_default();
        let name = rest.split(|c| !word(c)).next().unwrap_or_default();
        if !AT_RULES.contains(&name) {
            return Some(format!("a style has no @{name}"));
        }
    }
    for (at, _) in css.match_indices('(') {
        let before = css.get(..at).unwrap_or_default();
        let name = before.rsplit(|c| !word(c)).next().unwrap_or_default();
        if !FUNCTIONS.contains(&name) {
            return Some(format!("a style has no {name}()"));
        }
    }
    None
}
