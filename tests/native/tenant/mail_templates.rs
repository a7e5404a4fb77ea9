//! `v2/MailTemplates`: `/tenant/{tenant}/v2/MailTemplates`, `/tenant/{tenant}/v2/MailTemplates/{name}/{lang}`
//! and `/tenant/{tenant}/v2/MailTemplates/{name}/{lang}/preview`.

use portcullis::domain::mailing::KINDS;
use serde_json::{Value, json};

use crate::harness::{PASSWORD, Reply, World};

const ALL: &str = "/tenant/home/v2/MailTemplates";
const RESET: &str = "/tenant/home/v2/MailTemplates/reset-password/en";

pub fn html(body: &str) -> String {
    format!(
        r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{{{ tenant_name }}}}</title>
<style>a {{ color: rgb(1 2 3) }} @media (prefers-color-scheme: dark) {{ body {{ background: #000 }} }}</style></head>
<body bgcolor_="" style="margin:0">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tbody><tr><td align="center" bgcolor="fff">
{{% if greeting_name %}}<p>Dear {{{{ greeting_name }}}}</p>{{% endif %}}
<p><a href="{{{{ link }}}}" style="padding:8px">Go on</a> within {{{{ minutes }}}} minutes</p>
{body}
</td></tr></tbody></table>
</body></html>
"#
    )
    .replace(" bgcolor_=\"\"", "")
}

pub fn parts(html: &str) -> Value {
    json!({
        "subject": "A new password at {{ tenant_name }}",
        "text": "{% if greeting_name %}Dear {{ greeting_name }},\n{% endif %}go on: {{ link }}\n", "html": html,
    })
}

fn put(world: &World, path: &str, body: Value) -> Reply {
    world.put(path).bearer(&world.admin()).json(body).send()
}

fn forgot(world: &World, email: &str) -> portcullis::ports::Mail {
    world.post("/auth/forgot-password").json(json!({ "email": email })).send().is(200);
    world.mails(email).pop().unwrap()
}

#[test]
fn a_mail_in_ones_own_words_is_kept_sent_and_given_up() {
    let world = World::new();
    let admin = world.admin();
    world.user_with("home", "ada@example.com", |user| user.name = Some("Ada & Bob".into()));
    world.user_with("home", "cleo@example.com", |user| user.name = Some("Cleo".into()));
    let before = forgot(&world, "ada@example.com");
    let kept = put(&world, RESET, parts(&html(""))).is(200);
    assert_eq!(world.get(RESET).bearer(&admin).send().is(200).json, kept.json);
    assert_eq!(kept.str("/updatedAt"), "2026-05-01T12:00:00Z");
    let names: Vec<&str> =
        kept.json["variables"].as_array().unwrap().iter().map(|v| v["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["tenant_name", "greeting_name", "link", "minutes"]);
    let mail = forgot(&world, "cleo@example.com");
    assert_eq!(mail.subject, "A new password at Home");
    let link = mail.text.strip_prefix("Dear Cleo,\ngo on: ").unwrap().trim_end();
    assert!(link.starts_with("https://auth.example.com/auth/reset-password?token="), "{link}");
    assert!(mail.html.contains(&format!("<a href=\"{link}\"")), "{}", mail.html);
    assert!(mail.html.contains("within 15 minutes"));
    // A name that is more than a name is not repeated, in one's own words either.
    let mail = forgot(&world, "ada@example.com");
    assert!(mail.text.starts_with("go on: ") && !mail.html.contains("Dear"), "{}", mail.text);
    // Another language and another mail are as they were.
    let german = world.post("/auth/forgot-password").header("accept-language", "de");
    german.json(json!({ "email": "cleo@example.com" })).send().is(200);
    assert_eq!(world.mails("cleo@example.com").pop().unwrap().subject, "Setzen Sie Ihr Passwort zurück");
    world.delete(RESET).bearer(&admin).send().is(204);
    assert_eq!(forgot(&world, "ada@example.com").subject, before.subject);
    world.delete(RESET).bearer(&admin).send().is(404);
    assert_eq!((world.events("mail_template.changed"), world.events("mail_template.deleted")), (1, 1));
    let row = &world.sql("SELECT subject FROM audit WHERE event = 'mail_template.changed'")[0];
    assert_eq!(row["subject"], "reset-password/en");
}

#[test]
fn every_mail_is_listed_in_each_language_and_previewed_as_it_is() {
    let world = World::new();
    let admin = world.admin();
    let list = world.get(ALL).bearer(&admin).send().is(200).json;
    assert_eq!(list["items"].as_array().unwrap().len(), 2 * KINDS.len());
    for item in list["items"].as_array().unwrap() {
        let path = format!("{ALL}/{}/{}", item["name"].as_str().unwrap(), item["lang"].as_str().unwrap());
        assert_eq!(&world.get(&path).bearer(&admin).send().is(200).json, item);
        let shown = world.post(&format!("{path}/preview")).bearer(&admin).send().is(200);
        assert!(shown.str("/html").contains(&format!("<html lang={}>", item["lang"])), "{path}");
        assert!(shown.str("/text").contains("Ada O'Hara"), "{path}");
    }
    assert_eq!(world.sql("SELECT * FROM mail_templates").len(), 0);
}

#[test]
fn a_preview_is_of_what_is_sent_or_else_of_what_is_kept_and_keeps_nothing() {
    let world = World::new();
    let preview =
        |body: Value| world.post(&format!("{RESET}/preview")).bearer(&world.admin()).json(body).send();
    assert_eq!(preview(json!({})).is(200).str("/subject"), "Reset your password");
    let shown = preview(parts(&html("<p>one</p>"))).is(200);
    assert_eq!(shown.str("/subject"), "A new password at Example & Co.");
    assert!(shown.str("/html").contains("<title>Example &amp; Co.</title>"), "{}", shown.text);
    assert!(shown.str("/html").contains("<p>one</p>"));
    assert!(shown.str("/text").contains("Dear Ada O'Hara,\n"));
    assert!(world.sql("SELECT * FROM mail_templates").is_empty());
    put(&world, RESET, parts(&html("<p>two</p>"))).is(200);
    assert!(preview(json!({})).is(200).str("/html").contains("<p>two</p>"));
    preview(json!({ "subject": "x" })).is(400);
}

#[test]
fn what_could_send_load_or_lead_elsewhere_is_refused_with_its_line() {
    let world = World::new();
    for (body, reason) in [
        ("<script>x</script>", "the element <script>"),
        ("<p onclick=\"x\">", "the attribute onclick of <p>"),
        ("<form action=\"/x\"></form>", "the element <form>"),
        ("<input name=\"x\">", "the element <input>"),
        ("<button>x</button>", "the element <button>"),
        ("<link rel=\"stylesheet\" href=\"/portcullis.css\">", "the element <link>"),
        ("<iframe src=\"/x\"></iframe>", "the element <iframe>"),
        ("<object data=\"/x\"></object>", "the element <object>"),
        ("<svg><a/></svg>", "the element <svg>"),
        ("<base href=\"https://evil.example/\">", "the element <base>"),
        ("<meta http-equiv=\"refresh\" content=\"0;url=https://evil.example\">", "the attribute http-equiv"),
        ("<img src=\"https://evil.example/x.png\" alt=\"\">", "src of <img>: an image is data:"),
        ("<img src=\"/x.png\" alt=\"\">", "src of <img>: an image is data:"),
        ("<img src=\"data:image/svg+xml;base64,AAAA\" alt=\"\">", "src of <img>: an image is data:"),
        ("<img src=\"{{ link }}\" alt=\"\">", "src of <img>: an image is data:"),
        ("<img srcset=\"https://evil.example/x 1x\">", "the attribute srcset"),
        ("<a href=\"https://evil.example/\">x</a>", "href of <a>: an address is {{ link }}"),
        ("<a href=\"javascript:x\">x</a>", "href of <a>: an address is {{ link }}"),
        ("<a href=\"mailto:x@evil.example\">x</a>", "href of <a>: an address is {{ link }}"),
        ("<a href=\"\">x</a>", "href of <a>: an address is {{ link }}"),
        ("<a href=\"{{ minutes }}\">x</a>", "href of <a>: an address is {{ link }}"),
        ("<a href=\"{{ link }}.evil.example\">x</a>", "more than one value"),
        ("<a href={{ link }}>x</a>", "in quotes"),
        ("<td background=\"https://evil.example/x\"></td>", "the attribute background"),
        ("<p style=\"background:url(https://evil.example)\">x</p>", "style of <p>"),
        ("<style>@import 'https://evil.example';</style>", "a style has no @import"),
        ("<style>p { content: \"{{ link }}\" }</style>", "no value or condition in <style>"),
        ("<!-- {{ link }} -->", "no value or condition in a comment"),
        ("<p title=x title=y>x</p>", "not valid HTML"),
        ("{{ password }}", "\"password\" is none of"),
        ("{{ code }}", "\"code\" is none of"),
        ("{% if link %}", "a condition is not ended"),
        ("{% for x in y %}", "are known"),
    ] {
        let reply = put(&world, RESET, parts(&html(body))).is(400);
        assert_eq!(reply.str("/errors/0/field"), "html", "{body}");
        let detail = reply.str("/errors/0/detail");
        assert!(detail.starts_with("line ") && detail.contains(reason), "{body}: {detail}");
    }
    let inline = "<img src=\"data:image/png;base64,AAAA\" alt=\"x\" width=\"1\">";
    put(&world, RESET, parts(&html(inline))).is(200);
    assert_eq!(world.events("mail_template.changed"), 1);
}

#[test]
fn a_mail_needs_its_link_and_code_and_a_subject_of_one_line() {
    let world = World::new();
    let magic = format!("{ALL}/magic-link/de");
    let whole = json!({ "subject": "x", "text": "{{ link }} {{ code }}", "html": "<p><a href=\"{{ link }}\">x</a> {{ code }}</p>" });
    put(&world, &magic, whole.clone()).is(200);
    let long = "x".repeat(201);
    let huge = "x".repeat(100_001);
    for (member, value, field, reason) in [
        ("text", "{{ code }}", "text", "needs {{ link }}"),
        ("text", "{{ link }}", "text", "needs {{ code }}"),
        ("text", "{{ code }} {% if greeting_name %}{{ link }}{% endif %}", "text", "needs {{ link }}"),
        ("html", "<p>{{ code }}</p>", "html", "needs {{ link }}"),
        ("html", "<p><a href=\"{{ link }}\">x</a></p>", "html", "needs {{ code }}"),
        ("subject", "Your code is {{ code }}", "subject", "\"code\" is none of"),
        ("subject", "{{ link }}", "subject", "\"link\" is none of"),
        ("subject", "x\r\nBcc: all@example.com", "subject", "one line"),
        ("subject", " ", "subject", "one line"),
        ("subject", &long, "subject", "one line"),
        ("text", "", "text", "1 to 100000 bytes"),
        ("text", "{{ link }} {{ code }} \u{0}", "text", "no control characters"),
        ("html", &huge, "html", "1 to 100000 bytes"),
    ] {
        let mut body = whole.clone();
        body[member] = json!(value);
        let reply = put(&world, &magic, body).is(400);
        assert_eq!(reply.str("/errors/0/field"), field, "{value}");
        assert!(reply.str("/errors/0/detail").contains(reason), "{value}: {}", reply.text);
    }
    for member in ["subject", "text", "html"] {
        let mut body = whole.clone();
        body.as_object_mut().unwrap().remove(member);
        assert_eq!(put(&world, &magic, body).is(400).str("/errors/0/detail"), "is missing");
    }
    // One that tells of a change needs no link.
    let told = json!({ "subject": "Changed", "text": "Changed at {{ when }}", "html": "<p>{{ when }}</p>" });
    put(&world, &format!("{ALL}/password-changed/en"), told).is(200);
}

#[test]
fn a_mail_or_language_that_is_not_there_is_not_found() {
    let world = World::new();
    for name in ["nothing/en", "reset-password/fr", "reset-password/DE", "reset-password/de-AT"] {
        let path = format!("{ALL}/{name}");
        let admin = world.admin();
        world.get(&path).bearer(&admin).send().is(404);
        put(&world, &path, parts(&html(""))).is(404);
        world.post(&format!("{path}/preview")).bearer(&admin).send().is(404);
        world.delete(&path).bearer(&admin).send().is(404);
    }
}

#[test]
fn one_tenants_words_are_not_anothers() {
    let world = World::new();
    let b = world.tenant("b");
    put(&world, RESET, parts(&html(""))).is(200);
    world.put(RESET).bearer(&b).json(parts(&html(""))).send().is(403);
    world.user_with("b", "ada@example.com", |_| {});
    let body = json!({ "email": "ada@example.com" });
    world.post("/auth/forgot-password").tenant("b").json(body).send().is(200);
    assert_eq!(world.mails("ada@example.com").pop().unwrap().subject, "Reset your password");
    let own = world.get("/tenant/b/v2/MailTemplates/reset-password/en").bearer(&b).send().is(200);
    assert_eq!(own.json["subject"], Value::Null);
}

#[test]
fn a_template_that_cannot_be_rendered_is_logged_and_the_default_is_sent() {
    let world = World::new();
    world.user("ada@example.com");
    put(&world, RESET, parts(&html(""))).is(200);
    world.sql("UPDATE mail_templates SET text = 'x\n{{ gone }}'");
    assert_eq!(forgot(&world, "ada@example.com").subject, "Reset your password");
    let lines = world.log.0.borrow();
    let line = lines.iter().find(|line| line.contains("mail_template.failed")).unwrap();
    let line: Value = serde_json::from_str(line).unwrap();
    assert_eq!(
        (&line["field"], &line["line"], &line["template"]),
        (&json!("text"), &json!(2), &json!("reset-password"))
    );
    let login = json!({ "email": "ada@example.com", "password": PASSWORD });
    world.post("/auth/login").json(login).send().is(200);
}

#[test]
fn the_template_that_the_documents_show_is_accepted() {
    let shown = include_str!("../../../docs/pages-mails-branding.md");
    let (_, rest) = shown.split_once("/v2/MailTemplates/reset-password/en").unwrap();
    let (_, rest) = rest.split_once("-d '").unwrap();
    let (body, _) = rest.split_once("'\n```").unwrap();
    let world = World::new();
    put(&world, RESET, serde_json::from_str(body).unwrap()).is(200);
}
