//! What a tenant's words in mails and on pages may say: nothing that becomes a link, in any part of any mail.

use portcullis::domain::mailing::KINDS;
use portcullis::model::language::Language;
use portcullis::model::linkable::find_link;
use serde_json::{Value, json};

use crate::harness::{Reply, World};
use crate::rules::linkable::{HONEST, HOSTILE};

const ALL: &str = "/tenant/home/v2/MailTemplates";

fn put(world: &World, mail: &str, body: &Value) -> Reply {
    world.put(&format!("{ALL}/{mail}")).bearer(&world.admin()).json(body.clone()).send()
}

/// A mail with a link and a code, and something at each place that shows text.
fn whole() -> Value {
    json!({
        "subject": "Sign in", "text": "Open {{ link }} or enter {{ code }} there.\n",
        "html": "<p><a href=\"{{ link }}\">Go on</a></p><p>{{ code }}</p>",
    })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The same with that text at each place: which part it is in, and the mail.
fn with_everywhere(text: &str) -> Vec<(&'static str, Value)> {
    let html = escaped(text);
    let with = |part: &'static str, value: String| {
        let mut body = whole();
        body[part] = json!(value);
        (part, body)
    };
    let after = |more: String| {
        with("html", format!("<p><a href=\"{{{{ link }}}}\">Go on</a></p><p>{{{{ code }}}}</p>{more}"))
    };
    let all = vec![
        with("subject", format!("Look: {text}")),
        with("text", format!("{{{{ link }}}}\n{{{{ code }}}}\n{text}\n")),
        with("text", format!("{text} {{{{ link }}}} {{{{ code }}}}")),
        with("text", format!("{{{{ link }}}} {{{{ code }}}} {{% if greeting_name %}}{text}{{% endif %}}")),
        with(
            "text",
            format!("{{{{ link }}}} {{{{ code }}}} {{% if greeting_name %}}x{{% else %}}{text}{{% endif %}}"),
        ),
        after(format!("<p>{html}</p>")),
        after(format!("<table><tbody><tr><td>{html}</td></tr></tbody></table>")),
        after(format!("{{% if greeting_name %}}<p>{html}</p>{{% endif %}}")),
        after(format!("<p title=\"{html}\">x</p>")),
        after(format!("<p aria-label=\"{html}\">x</p>")),
        after(format!("<img src=\"data:image/png;base64,AAAA\" alt=\"{html}\">")),
        after(format!("<p><a href=\"{{{{ link }}}}\">{html}</a></p>")),
        with("html", format!("<title>{html}</title><p><a href=\"{{{{ link }}}}\">Go</a> {{{{ code }}}}</p>")),
        with(
            "html",
            format!(
                "<meta name=\"description\" content=\"{html}\"><p><a href=\"{{{{ link }}}}\">Go</a> {{{{ code }}}}</p>"
            ),
        ),
    ];
    all
}

/// A few of those, each time others, so that all of them come round.
fn some_places(at: usize, text: &str) -> Vec<(&'static str, Value)> {
    let mine = |(place, _): &(usize, _)| (place + at).is_multiple_of(5);
    with_everywhere(text).into_iter().enumerate().filter(mine).map(|(_, place)| place).collect()
}

#[test]
fn nothing_that_a_mail_program_links_is_in_any_part() {
    let world = World::new();
    put(&world, "magic-link/en", &whole()).is(200);
    for (at, hostile) in HOSTILE.iter().enumerate() {
        for (part, body) in some_places(at, hostile) {
            let reply = put(&world, "magic-link/en", &body);
            assert_eq!(reply.status, 400, "{part}: {body}");
            assert_eq!(reply.str("/errors/0/field"), part, "{body}: {}", reply.text);
            let detail = reply.str("/errors/0/detail");
            assert!(detail.starts_with("line ") && detail.contains("link of"), "{body}: {detail}");
        }
    }
    assert_eq!(world.events("mail_template.changed"), 1);
}

#[test]
fn what_people_write_is_accepted_in_every_part() {
    let world = World::new();
    for (at, honest) in HONEST.iter().enumerate() {
        for (part, body) in some_places(at, honest) {
            let reply = put(&world, "magic-link/en", &body);
            assert_eq!(reply.status, 200, "{part}: {body}: {}", reply.text);
        }
    }
}

#[test]
fn words_that_become_a_link_only_together_are_refused() {
    let world = World::new();
    for (part, words, reason) in [
        // Across elements inside a line, comments and images.
        ("html", "<p><b>evil</b>.example</p>", "link of"),
        ("html", "<p>evil.<i>example</i></p>", "link of"),
        ("html", "<p>evil<span>.</span>example</p>", "link of"),
        ("html", "<p>evil<!-- x -->.example</p>", "link of"),
        ("html", "<p>evil<img alt=\".\" src=\"data:image/png;base64,AAAA\">example</p>", "link of"),
        ("html", "<p>htt<b></b>ps:<i></i>//evil</p>", "link of"),
        ("html", "<p>user<b>@</b>host</p>", "link of"),
        ("html", "<p>www<small>.evil</small></p>", "link of"),
        // By character references.
        ("html", "<p>evil&period;example</p>", "link of"),
        ("html", "<p>evil&#46;example</p>", "link of"),
        ("html", "<p>https&colon;&sol;&sol;evil</p>", "link of"),
        ("html", "<p>evil&shy;.example</p>", "link of"),
        ("html", "<p>evil&ZeroWidthSpace;.example</p>", "link of"),
        ("html", "<p>user&commat;host</p>", "link of"),
        ("text", "evil&#46;example", "link of"),
        ("text", "https&colon;//evil", "link of"),
        ("subject", "evil&#46;example", "link of"),
        // With a value as a part.
        ("text", "evil.{{ greeting_name }}", "link of"),
        ("text", "{{ greeting_name }}.example", "link of"),
        ("text", "{{ tenant_name }}com", "link of"),
        ("text", "evil{{ tenant_name }}", "link of"),
        ("text", "https://{{ tenant_name }}", "link of"),
        ("text", "tel:{{ greeting_name }}", "link of"),
        ("text", "{{ greeting_name }}@host", "link of"),
        ("text", "{{ greeting_name }}@{{ tenant_name }}", "link of"),
        ("text", "www.{{ tenant_name }}", "link of"),
        ("text", "{{ tenant_name }}.{{ tenant_name }}", "link of"),
        ("subject", "{{ tenant_name }}.example", "link of"),
        ("html", "<p>evil.<b>{{ tenant_name }}</b></p>", "link of"),
        ("html", "<p title=\"evil.example\">{{ tenant_name }}</p>", "link of"),
        // Only in one outcome of a condition.
        ("text", "evil.{% if greeting_name %} {% endif %}example", "link of"),
        ("text", "evil{% if greeting_name %}.{% else %} {% endif %}example", "link of"),
        ("text", "{% if not greeting_name %}https:{% endif %}//evil", "link of"),
        ("html", "{% if greeting_name %}<p>evil.</p>{% endif %}<p>x</p><p>evil.example</p>", "link of"),
        // Beside the link and the code.
        ("text", "https://evil.example/r#{{ link }}", "link of"),
        ("text", "x{{ link }}", "between white space"),
        ("text", "{{ link }}x", "between white space"),
        ("text", "{{ link }}.", "between white space"),
        ("text", "({{ link }})", "between white space"),
        ("text", "<{{ link }}>", "between white space"),
        ("text", "{{ link }}{{ code }}", "between white space"),
        ("text", "{{ code }}{{ tenant_name }}", "link of"),
        ("text", "{{ code }}{{ greeting_name }}", "between white space"),
        ("text", "x{{ code }}", "between white space"),
        ("text", "{{ code }}-x", "between white space"),
        ("text", "/{{ link }}", "between white space"),
        ("text", "\u{200b}{{ link }}", "between white space"),
        ("text", "{% if greeting_name %}x{% endif %}{{ link }}", "between white space"),
        ("html", "<p>x{{ link }}</p>", "between white space"),
        ("html", "<p>{{ link }}.</p>", "between white space"),
        ("html", "<p>({{ code }})</p>", "between white space"),
        ("html", "<p><b>x</b>{{ link }}</p>", "between white space"),
        ("html", "<p>{{ code }}<b>x</b></p>", "between white space"),
        ("html", "<p>view-source:<b>{{ link }}</b></p>", "link of"),
        ("html", "<p>evil.<b>{{ code }}</b></p>", "link of"),
        ("html", "<p><a href=\"{{ link }}\">{{ link }}</a></p>", "the text of a link"),
        ("html", "<p><a href=\"{{ link }}\"><b> {{ link }} </b></a></p>", "the text of a link"),
    ] {
        let mut body = whole();
        let base = body[part].as_str().unwrap().to_owned();
        body[part] = json!(format!("{base} {words}"));
        let reply = put(&world, "magic-link/en", &body);
        assert_eq!(reply.status, 400, "{words}");
        assert_eq!(reply.str("/errors/0/field"), part, "{words}: {}", reply.text);
        assert!(reply.str("/errors/0/detail").contains(reason), "{words}: {}", reply.text);
    }
    // Lines are those of the part.
    let mut body = whole();
    body["text"] = json!("{{ link }}\n{{ code }}\n\nevil.example\n");
    let detail = put(&world, "magic-link/en", &body).is(400).str("/errors/0/detail");
    assert_eq!(detail, "line 4: a mail program could make a link of \"evil.example\"");
}

#[test]
fn a_link_and_a_code_stand_as_people_put_them() {
    let world = World::new();
    for (part, words) in [
        ("text", "Go on:\n\n{{ link }}\n\nor {{ code }} there"),
        ("text", "{{ link }} {{ code }}"),
        ("text", "\t{{ link }}\r\n{{ code }}\r\n"),
        ("text", "{% if greeting_name %}Dear {{ greeting_name }},\n{% endif %}{{ link }}\n{{ code }}"),
        ("html", "<p><a href=\"{{ link }}\">Go</a></p><p>{{ link }}</p><p>{{ code }}</p>"),
        ("html", "<p>Your code is <b>{{ code }}</b>. Or <a href=\"{{ link }}\">go on</a>.</p>"),
        (
            "html",
            "<p>Your code is <strong> {{ code }} </strong>(15 minutes) <a href=\"{{ link }}\">go on</a></p>",
        ),
        (
            "html",
            "<table><tbody><tr><td>Code</td><td>{{ code }}</td></tr><tr><td><a href=\"{{ link }}\"><img src=\"data:image/png;base64,AAAA\" alt=\"Go\"></a></td></tr></tbody></table>",
        ),
        (
            "html",
            "<p>Hello.</p><p>Bye at {{ tenant_name }}.</p><p><a href='{{ link }}'>Go</a>.</p><h1>{{ code }}</h1>",
        ),
        (
            "html",
            "Dear {{ greeting_name }},<br>{{ code }}<br><a href=\"{{ link }}\">Go</a><br>{{ tenant_name }}",
        ),
        (
            "html",
            "<style>a { color: rgb(1 2 3) } @media (min-width: 1.5rem) { .a.bc { margin: 0 } }</style><p>{{ code }}</p><a href=\"{{ link }}\">x</a>",
        ),
    ] {
        let mut body = whole();
        body[part] = json!(words);
        let reply = put(&world, "magic-link/en", &body);
        assert_eq!(reply.status, 200, "{words}: {}", reply.text);
    }
}

/// The default of every mail in each language, as a tenant's template: what the previews show, with the samples
/// turned back into the variables.
#[test]
fn the_defaults_are_accepted_in_both_languages() {
    let world = World::new();
    let admin = world.admin();
    let samples = [
        ("https://auth.example.com/a-link?token=a-token&amp;return_to=/app/", "link"),
        ("https://auth.example.com/a-link?token=a-token&#38;return_to=/app/", "link"),
        ("https://auth.example.com/a-link?token=a-token&return_to=/app/", "link"),
        ("Example &amp; Co.", "tenant_name"),
        ("Example &#38; Co.", "tenant_name"),
        ("Example & Co.", "tenant_name"),
        ("Ada O&#39;Hara", "greeting_name"),
        ("Ada O'Hara", "greeting_name"),
        ("123456", "code"),
        ("ada@new.example", "new_email"),
        ("2030-01-31 12:00 UTC", "when"),
        ("203.0.113.7", "address"),
        ("Firefox, Linux", "device"),
    ];
    for (_, name) in KINDS {
        for language in Language::ALL {
            let mail = format!("{name}/{}", language.tag());
            let shown = world.post(&format!("{ALL}/{mail}/preview")).bearer(&admin).send().is(200);
            let mut body = json!({});
            for part in ["subject", "text", "html"] {
                let mut text = shown.str(&format!("/{part}"));
                for (sample, variable) in samples {
                    text = text.replace(sample, &format!("{{{{ {variable} }}}}"));
                }
                body[part] = json!(text);
            }
            let reply = put(&world, &mail, &body);
            assert_eq!(reply.status, 200, "{mail}: {body}: {}", reply.text);
        }
    }
}

#[test]
fn a_kept_template_that_breaks_the_rules_is_not_sent_and_says_so() {
    let world = World::new();
    world.user("ada@example.com");
    let reset = "reset-password/en";
    let own =
        json!({ "subject": "Ours", "text": "{{ link }}", "html": "<p><a href=\"{{ link }}\">x</a></p>" });
    let forgot = || {
        world
            .post("/auth/forgot-password")
            .fresh()
            .json(json!({ "email": "ada@example.com" }))
            .send()
            .is(200);
        world.mails("ada@example.com").pop().unwrap()
    };
    assert_eq!(put(&world, reset, &own).is(200).json["problem"], Value::Null);
    assert_eq!(forgot().subject, "Ours");
    for (column, value, field) in [
        ("subject", "evil.example", "subject"),
        ("text", "https://evil.example/r#{{ link }}", "text"),
        ("html", "<p>evil.example <a href=\"{{ link }}\">x</a></p>", "html"),
        ("html", "<p><a href=\"{{ link }}\">{{ link }}</a></p>", "html"),
        ("html", "<script></script><a href=\"{{ link }}\">x</a>", "html"),
    ] {
        put(&world, reset, &own).is(200);
        world.sql(&format!("UPDATE mail_templates SET {column} = '{value}'"));
        let mail = forgot();
        assert_eq!(mail.subject, "Reset your password", "{value}");
        assert!(!mail.text.contains("evil") && !mail.html.contains("evil"), "{value}");
        let read = world.get(&format!("{ALL}/{reset}")).bearer(&world.admin()).send().is(200);
        assert_eq!(read.str("/problem/field"), field, "{}", read.text);
        assert!(read.str("/problem/detail").starts_with("line 1: "), "{}", read.text);
        let listed = world.get(ALL).bearer(&world.admin()).send().is(200);
        let items = listed.json["items"].as_array().unwrap().clone();
        let broken: Vec<&Value> = items.iter().filter(|item| !item["problem"].is_null()).collect();
        assert_eq!(broken.len(), 1, "{broken:?}");
        assert_eq!(broken[0]["name"], "reset-password");
        assert!(world.log.0.borrow().iter().any(|line| line.contains("mail_template.failed")));
        world.log.0.borrow_mut().clear();
        world.advance(3_600);
    }
}

/// What others chose to be called cannot become a link in a mail, whoever wrote the mail.
#[test]
fn names_in_mails_are_no_links() {
    let own = json!({
        "subject": "For {{ greeting_name }} of {{ tenant_name }}",
        "text": "{{ greeting_name }} {{ tenant_name }}\n{{ link }}\n",
        "html": "<p>{{ greeting_name }} {{ tenant_name }} <a href=\"{{ link }}\">x</a></p>",
    });
    for words in [None, Some(own)] {
        let world = World::new();
        if let Some(own) = &words {
            put(&world, "reset-password/en", own).is(200);
        }
        for (at, hostile) in HOSTILE.iter().enumerate() {
            let name = hostile.replace('\'', "''");
            world.sql(&format!("UPDATE tenants SET name = 'Acme {name}' WHERE id = 'home'"));
            let email = format!("ada{at}@example.com");
            world.user_with("home", &email, |user| user.name = Some((*hostile).to_owned()));
            let forgot = world.post("/auth/forgot-password").from(&format!("192.0.{at}.1")).fresh();
            forgot.json(json!({ "email": email })).send().is(200);
            let mail = world.mails(&email).pop().unwrap();
            let lines: Vec<&str> =
                mail.text.lines().filter(|line| !line.contains("https://auth.example.com/")).collect();
            for line in lines.iter().copied().chain([mail.subject.as_str()]) {
                assert_eq!(find_link(line), None, "{hostile:?}: {line:?}");
            }
            let (_, body) = mail.html.split_once("<p").unwrap();
            let texts: Vec<&str> = body.split('<').filter_map(|tag| Some(tag.split_once('>')?.1)).collect();
            for text in texts {
                assert_eq!(find_link(text), None, "{hostile:?}: {text:?}");
            }
        }
    }
}

#[test]
fn a_number_to_call_is_no_name() {
    let world = World::new();
    for (name, shown) in [("Call 0800 1234567", false), ("Ada 2", true)] {
        let email = format!("{}@example.com", name.len());
        world.user_with("home", &email, |user| user.name = Some(name.into()));
        world.post("/auth/forgot-password").json(json!({ "email": email })).send().is(200);
        assert_eq!(world.mails(&email).pop().unwrap().text.contains(name), shown, "{name}");
    }
}

/// Pages are read by browsers, which make no links: there the text of a link must not be another address.
#[test]
fn a_link_on_a_page_shows_no_other_address() {
    let world = World::new();
    let page = |link: &str| {
        format!(
            "<!doctype html><title>x</title><form method=\"post\" action=\"{{{{ action }}}}\">
<input type=\"hidden\" name=\"return_to\" value=\"{{{{ return_to }}}}\"><input type=\"hidden\" name=\"request\" value=\"{{{{ request }}}}\">
<input name=\"email\"><input name=\"password\" type=\"password\"><button>x</button></form>\n{link}"
        )
    };
    let path = "/tenant/home/v2/Templates/login";
    let put = |html: String| world.put(path).bearer(&world.admin()).json(json!({ "html": html })).send();
    for link in [
        "<a href=\"https://evil.example/\">https://auth.example.com/</a>",
        "<a href=\"https://evil.example/\">auth.example.com</a>",
        "<a href=\"https://evil.example/\"><b>auth</b>.example.com</a>",
        "<a href=\"{{ forgot_url }}\">auth.example.com</a>",
        "<a href=\"mailto:x@evil.example\">help@example.com</a>",
        "<a href=\"/x\">example.com",
    ] {
        let reply = put(page(link));
        assert_eq!(reply.status, 400, "{link}: {}", reply.text);
    }
    for link in [
        "<a href=\"https://help.example/\">help.example</a>",
        "<a href=\"https://help.example/\">https://help.example</a>",
        "<a href=\"mailto:help@example.com\">help@example.com</a>",
        "<a href=\"https://help.example/\">Help</a> or evil.example, which is no link",
    ] {
        put(page(link)).is(200);
    }
    put(page("")).is(200);
    world.sql("UPDATE templates SET html = html || '<a href=\"https://evil.example/\">auth.example.com</a>'");
    let served = world.get("/tenant/home/login").fresh().send().is(200);
    assert!(!served.text.contains("evil.example"), "{}", served.text);
    let read = world.get(path).bearer(&world.admin()).send().is(200);
    assert!(read.str("/problem/detail").contains("no address but its own"), "{}", read.text);
    assert_eq!(read.str("/problem/field"), "html");
}
