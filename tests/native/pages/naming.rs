//! Pages say whose they are: where a mail went, by the address that was typed, and who is invited where.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use crate::harness::{PASSWORD, Reply, World};

const TYPED: &str = "__Host-portcullis-typed";
const LANGUAGES: [&str; 2] = ["en", "de"];

/// Sends a form and looks at the page that it leads to, as a browser with nothing else would.
fn followed(world: &World, path: &str, language: &str, fields: &[(&str, &str)]) -> Reply {
    let form = world.post(path).navigating().header("accept-language", language).form(fields).send();
    if form.status == 200 {
        return form;
    }
    let to = form.is(303);
    assert!(
        !to.header("location").unwrap().contains('@'),
        "no address in an address: {:?}",
        to.header("location")
    );
    let cookie = format!("{TYPED}={}", to.sets(TYPED).unwrap());
    let page = world.get(to.header("location").unwrap()).navigating().header("accept-language", language);
    page.header("cookie", &cookie).send().is(200)
}

#[test]
fn the_address_that_was_typed_is_named_and_nothing_is_learned_by_it() {
    for language in LANGUAGES {
        let world = World::new();
        world.user("known@example.com");
        for path in ["register", "forgot", "magic-link"] {
            let path = &format!("/tenant/home/{path}");
            let page = |email: &str| {
                let mut fields = vec![("email", email)];
                if path.ends_with("register") {
                    fields.extend([("name", ""), ("password", PASSWORD)]);
                }
                followed(&world, path, language, &fields).text
            };
            let (known, unknown) = (page("known@example.com"), page("nobody@example.com"));
            assert!(unknown.contains("nobody@example.com"), "{path} {language}: {unknown}");
            assert_eq!(known.replace("known@", "nobody@"), unknown, "{path} {language}");
            // As it was typed, and as text.
            let typed = page(" Some.Body+x@Example.com ");
            assert!(typed.contains("Some.Body+x@Example.com"), "{path} {language}: {typed}");
        }
    }
}

#[test]
fn a_page_names_nobody_whose_cookie_does_not_say_so() {
    let world = World::new();
    let encoded = |text: &str| URL_SAFE_NO_PAD.encode(text);
    for (value, said) in [
        (String::new(), false),
        ("%".to_owned(), false),
        (encoded("nobody"), false),
        (encoded("a@b\r\nset-cookie: x=y"), false),
        (URL_SAFE_NO_PAD.encode([0xff, b'@']), false),
        (encoded(&format!("{}@example.com", "x".repeat(2_000))), false),
        (encoded("<script>alert(1)</script>@example.com"), true),
    ] {
        for path in ["/tenant/home/register?sent=1", "/tenant/home/forgot?sent=1"] {
            let page =
                world.get(path).navigating().header("cookie", &format!("{TYPED}={value}")).send().is(200);
            assert!(!page.text.contains("<script>alert"), "{value}: {}", page.text);
            assert_eq!(page.text.contains("alert(1)"), said, "{value}: {}", page.text);
            assert!(!page.text.contains("{email}"));
        }
    }
}

#[test]
fn an_invitation_welcomes_by_name_of_the_tenant_and_address() {
    for (language, title, text, button) in [
        (
            "en",
            "Welcome to Acme &#38; Co",
            "An account was created for ada@example.com. Choose a password to get started.",
            "Set password",
        ),
        (
            "de",
            "Willkommen bei Acme &#38; Co",
            "Für ada@example.com wurde ein Konto angelegt. Wählen Sie ein Passwort, um loszulegen.",
            "Passwort festlegen",
        ),
    ] {
        let world = World::new();
        world.sql("UPDATE tenants SET name = 'Acme & Co' WHERE id = 'home'");
        let made = json!({ "email": "ada@example.com", "language": language });
        world.post("/tenant/home/v2/Users").bearer(&world.admin()).json(made).send().is(201);
        let token = world.mailed_token("ada@example.com");
        let look = |token: &str| {
            let path = format!("/auth/reset-password?token={token}");
            world.get(&path).navigating().header("accept-language", language).send().is(200)
        };
        let page = look(&token);
        for part in
            [&format!("<h1>{title}</h1>"), text, &format!("<button type=\"submit\">{button}</button>")]
        {
            assert!(page.text.contains(part), "{part}: {}", page.text);
        }
        // The same once more for a password that cannot be used.
        let fields = [("token", token.as_str()), ("password", "short")];
        let again = world.post("/auth/reset-password").navigating().header("accept-language", language);
        assert!(again.form(&fields).send().is(400).text.contains(text));
        // Who asks for another password is not welcomed.
        let fields = [("token", token.as_str()), ("password", PASSWORD)];
        world.post("/auth/reset-password").navigating().form(&fields).send().is(200);
        world.post("/auth/forgot-password").json(json!({ "email": "ada@example.com" })).send().is(200);
        let page = look(&world.mailed_token("ada@example.com"));
        assert!(!page.text.contains(title) && page.text.contains("ada@example.com"), "{}", page.text);
    }
}

#[test]
fn a_tenants_own_page_can_welcome_too() {
    let world = World::new();
    let html = "<!doctype html><title>Own</title><h1>{% if invited %}Welcome, {% endif %}{{ email }}</h1>
        <form method=\"post\" action=\"{{ action }}\"><input type=\"hidden\" name=\"token\" value=\"{{ token }}\">
        <input name=\"password\" type=\"password\"><button>Set</button></form>";
    let own = json!({ "html": html });
    world.put("/tenant/home/v2/Templates/reset").bearer(&world.admin()).json(own).send().is(200);
    let made = json!({ "email": "ada@example.com" });
    world.post("/tenant/home/v2/Users").bearer(&world.admin()).json(made).send().is(201);
    world.user("eve@example.com");
    world.post("/auth/forgot-password").json(json!({ "email": "eve@example.com" })).send().is(200);
    for (email, heading) in [("ada@example.com", "<h1>Welcome, ada@"), ("eve@example.com", "<h1>eve@")] {
        let path = format!("/auth/reset-password?token={}", world.mailed_token(email));
        let page = world.get(&path).navigating().send().is(200);
        assert!(page.text.contains(heading), "{}", page.text);
    }
}

/// Browsers keep the fragment of an address on the way to the page that asks for a sign-in; its script puts it into
/// what leads back.
#[test]
fn every_page_that_leads_back_has_the_script_that_keeps_a_fragment_and_a_tenants_own_has_none() {
    let world = World::new();
    world.route(json!({ "name": "staff", "path": "/staff/", "auth": "required", "roles": ["ADMIN"] }));
    let session = world.cookie(&world.user("ada@example.com"));
    let back = "return_to=/app/";
    let mut pages: Vec<(String, u16)> =
        ["login", "register", "register?sent=1", "forgot", "forgot?sent=1", "mfa"]
            .map(|page| format!("/tenant/home/{page}{}{back}", if page.contains('?') { '&' } else { '?' }))
            .map(|path| (path, 200))
            .into();
    pages.push(("/staff/".into(), 403));
    pages.push(("/nowhere".into(), 404));
    for (path, status) in pages {
        let page = world.get(&path).navigating().cookie(&session).send().is(status);
        assert_eq!(page.text.matches("<script src=\"/portcullis.js\" defer></script>").count(), 1, "{path}");
        assert_eq!(
            page.text.matches("<script").count(),
            page.text.matches("<script src=\"/").count(),
            "{path}"
        );
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.contains("script-src 'self';") && !policy.contains("unsafe"), "{path}: {policy}");
    }
    let html = "<!doctype html><title>Own</title><form method=\"post\" action=\"{{ action }}\">
        <input name=\"email\" value=\"{{ email }}\"><input name=\"password\" type=\"password\">
        <input type=\"hidden\" name=\"return_to\" value=\"{{ return_to }}\">
        <input type=\"hidden\" name=\"request\" value=\"{{ request }}\"><button>Go</button></form>";
    let own = json!({ "html": html });
    world.put("/tenant/home/v2/Templates/login").bearer(&world.admin()).json(own).send().is(200);
    let page = world.get("/tenant/home/login?return_to=/app/").navigating().send().is(200);
    assert!(!page.header("content-security-policy").unwrap().contains("script-src"));
}
