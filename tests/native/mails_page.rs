//! The page that shows every default mail: made of previews, as administrators get them.

use std::fmt::Write as _;
use std::path::PathBuf;

use crate::harness::World;

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

fn made() -> String {
    let world = World::new();
    let admin = world.admin();
    let list = world.get("/tenant/home/v2/MailTemplates").bearer(&admin).send().is(200).json;
    let mut page = String::from(HEAD);
    let mut last = String::new();
    for item in list["items"].as_array().unwrap() {
        let (name, lang) = (item["name"].as_str().unwrap(), item["lang"].as_str().unwrap());
        if last != name {
            let variables: Vec<String> = item["variables"]
                .as_array()
                .unwrap()
                .iter()
                .map(|variable| {
                    let description = escaped(variable["description"].as_str().unwrap());
                    format!(
                        "<dt><code>{}</code></dt><dd>{description}</dd>",
                        variable["name"].as_str().unwrap()
                    )
                })
                .collect();
            writeln!(page, "<h2 id=\"{name}\">{name}</h2>\n<dl>{}</dl>", variables.join("\n")).unwrap();
            name.clone_into(&mut last);
        }
        let path = format!("/tenant/home/v2/MailTemplates/{name}/{lang}/preview");
        let shown = world.post(&path).bearer(&admin).send().is(200);
        let [subject, text, html] = ["/subject", "/text", "/html"].map(|part| escaped(&shown.str(part)));
        writeln!(
            page,
            "<section lang=\"{lang}\">\n<h3>{subject}</h3>\n\
             <iframe sandbox title=\"{name}, {lang}: {subject}\" srcdoc=\"{html}\"></iframe>\n\
             <pre tabindex=\"0\">{text}</pre>\n</section>"
        )
        .unwrap();
    }
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

const HEAD: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Portcullis: the mails that are sent</title>
<link rel="icon" href="data:,">
<style>
body { margin: 0 auto; max-width: 1200px; padding: 20px; font: 16px/1.5 system-ui, sans-serif; }
section { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); gap: 12px; margin: 24px 0; }
h3 { grid-column: 1 / -1; margin: 0; }
iframe, pre { box-sizing: border-box; width: 100%; height: 560px; margin: 0; border: 1px solid #8888; border-radius: 8px; }
pre { padding: 16px; overflow: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 16px; }
dd { margin: 0; }
</style>
</head>
<body>
<main>
<h1>The mails that are sent</h1>
<p>Each default mail with sample values, in each language: its subject, its HTML and its text. A tenant's own words are
written with <code>PUT /tenant/{tenant}/v2/MailTemplates/{name}/{lang}</code> and tried out with its <code>preview</code>:
see the <a href="/docs">documentation</a>. These are the variables that they can use.</p>
"#;

/// `PORTCULLIS_WRITE=1 cargo test is_current` writes the file anew.
#[test]
fn the_page_of_the_default_mails_is_current() {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("static/docs/mails.html");
    let text = made();
    if std::env::var_os("PORTCULLIS_WRITE").is_some() {
        std::fs::write(&file, &text).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(kept == text, "static/docs/mails.html is stale: run npm run openapi");
    assert_eq!(text.matches("<iframe ").count(), 54);
}
