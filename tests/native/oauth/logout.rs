//! `/oauth2/logout`: RP-initiated logout.

use portcullis::store::users::User;
use serde_json::json;

use super::clients::{BACKCHANNEL, CALLBACK, from_client, signed_in_to};
use crate::harness::{Ask, Reply, World, claims};

const LOGOUT: &str = "/tenant/home/oauth2/logout";
const GOODBYE: &str = "https://app.example/goodbye?from=us";

/// One who signed in to a client in a browser.
struct Signed {
    world: World,
    user: User,
    cookie: String,
    id_token: String,
    refresh: String,
}

fn signed_in() -> Signed {
    let world = World::new();
    let user = world.user("ada@example.com");
    let cookie = world.cookie(&user);
    let metadata = json!({
        "redirect_uris": [CALLBACK],
        "post_logout_redirect_uris": [GOODBYE, "com.example.app:/goodbye"],
        "grant_types": ["authorization_code", "refresh_token"],
        "backchannel_logout_uri": BACKCHANNEL,
    });
    world.client("home", "app", metadata);
    world.client("home", "other", json!({ "post_logout_redirect_uris": ["https://other.example/"] }));
    world.route(json!({}));
    let tokens = signed_in_to(&world, &cookie, "app", "openid", "");
    let (id_token, refresh) = (tokens.str("/id_token"), tokens.str("/refresh_token"));
    Signed { world, user, cookie, id_token, refresh }
}

impl Signed {
    fn get(&self, fields: &[(&str, &str)]) -> Ask<'_> {
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.world.get(&format!("{LOGOUT}?{query}")).navigating()
    }

    /// As a link or form of a client's page, in the person's browser.
    fn ask(&self, fields: &[(&str, &str)]) -> Reply {
        self.get(fields).cookie(&self.cookie).header("sec-fetch-site", "cross-site").send()
    }

    /// The person says yes on our own page.
    fn confirm(&self, fields: &[(&str, &str)]) -> Ask<'_> {
        let mut all = vec![("confirmed", "yes")];
        all.extend(fields);
        self.world.post(LOGOUT).navigating().cookie(&self.cookie).form(&all)
    }

    fn is_signed_in(&self) -> bool {
        self.world.get("/app/").cookie(&self.cookie).fresh().status() == 200
    }

    fn told(&self) -> usize {
        self.world.web.forms.borrow().len()
    }

    #[track_caller]
    fn asked(&self, reply: Reply) {
        let page = reply.is(200);
        assert!(
            page.text.contains("<form method=\"post\" action=\"/tenant/home/oauth2/logout\">"),
            "{}",
            page.text
        );
        assert!(page.text.contains("name=\"confirmed\""));
        assert!(self.is_signed_in());
        assert_eq!(page.header("set-cookie"), None);
        assert_eq!(self.told(), 0);
    }
}

/// The page for one who is signed out, without a way elsewhere.
#[track_caller]
fn signed_out(reply: &Reply) {
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert!(reply.text.contains("You are signed out."), "{}", reply.text);
    assert!(!reply.text.contains("app.example"), "{}", reply.text);
}

/// RP-Initiated Logout §2: the ID token shows which session the client means; it is ended.
/// RP-Initiated Logout §3: the browser goes to the registered address, with the `state` that was sent.
#[test]
fn a_client_signs_its_user_out_at_once() {
    let signed = signed_in();
    let fields = [
        ("id_token_hint", signed.id_token.as_str()),
        ("post_logout_redirect_uri", GOODBYE),
        ("state", "a state/of&the=client"),
    ];
    let reply = signed.ask(&fields).is(303);
    let location = reply.header("location").unwrap();
    assert!(location.starts_with("https://app.example/goodbye?from=us&state="), "{location}");
    let url = url::Url::parse(location).unwrap();
    let state = url.query_pairs().find(|(name, _)| name == "state").unwrap().1;
    assert_eq!(state, "a state/of&the=client");
    let gone = "__Host-portcullis=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax";
    assert_eq!(reply.header("set-cookie"), Some(gone));
    assert!(!signed.is_signed_in());
    assert_eq!(signed.world.events("logout"), 1);
}

/// RP-Initiated Logout §3: the clients that the person signed in to are told.
#[test]
fn what_was_granted_in_the_browser_ends_and_its_client_is_told() {
    let signed = signed_in();
    let offline = signed_in_to(&signed.world, &signed.cookie, "app", "openid offline_access", "");
    signed.ask(&[("id_token_hint", &signed.id_token)]).is(200);
    let refresh = |token: &str| {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", token)];
        from_client(&signed.world, "token", "app", &fields).send()
    };
    assert_eq!(refresh(&signed.refresh).is(400).json["error"], "invalid_grant");
    refresh(&offline.str("/refresh_token")).is(200);
    assert_eq!(signed.told(), 2);
    let sid = claims(&signed.id_token)["sid"].clone();
    let forms = signed.world.web.forms.borrow();
    let told =
        |(_, body): &(String, String)| claims(body.strip_prefix("logout_token=").unwrap())["sid"].clone();
    assert!(forms.iter().any(|form| told(form) == sid));
}

/// RP-Initiated Logout §2: OPs MUST support GET and POST at the logout endpoint.
#[test]
fn a_client_may_ask_by_form_as_well() {
    let signed = signed_in();
    let fields = [("id_token_hint", signed.id_token.as_str()), ("post_logout_redirect_uri", GOODBYE)];
    let reply = signed.world.post(LOGOUT).navigating().cookie(&signed.cookie).form(&fields).send().is(303);
    assert_eq!(reply.header("location"), Some(GOODBYE));
    assert!(!signed.is_signed_in());
}

#[test]
fn a_form_of_a_client_comes_again_with_the_cookie_that_it_could_not_send() {
    let signed = signed_in();
    let fields = [("id_token_hint", signed.id_token.as_str()), ("state", "a b")];
    let ask = signed.world.post(LOGOUT).navigating().header("sec-fetch-site", "cross-site").form(&fields);
    let reply = ask.send().is(303);
    let location = reply.header("location").unwrap().to_owned();
    assert!(location.starts_with("/tenant/home/oauth2/logout?id_token_hint="), "{location}");
    assert!(signed.is_signed_in());
    signed_out(&signed.world.get(&location).navigating().cookie(&signed.cookie).send());
    assert!(!signed.is_signed_in());
}

/// RP-Initiated Logout §2: the OP should accept ID tokens also when their `exp` has passed.
#[test]
fn an_id_token_that_is_over_is_as_good() {
    let signed = signed_in();
    signed.world.advance(3_600);
    signed_out(&signed.ask(&[("id_token_hint", &signed.id_token)]));
    assert!(!signed.is_signed_in());
}

/// RP-Initiated Logout §2: the OP MUST ask the End-User if an id_token_hint was not provided.
/// RP-Initiated Logout §6: logout requests without a valid id_token_hint are a means of denial of service.
#[test]
fn a_link_of_a_stranger_signs_nobody_out() {
    let signed = signed_in();
    for fields in [
        vec![],
        vec![("client_id", "app")],
        vec![("client_id", "app"), ("post_logout_redirect_uri", GOODBYE)],
        vec![("confirmed", "yes")],
        vec![("confirmed", "yes"), ("client_id", "app")],
        vec![("logout_hint", "ada@example.com"), ("ui_locales", "en")],
        vec![("post_logout_redirect_uri", "https://evil.example/")],
    ] {
        signed.asked(signed.ask(&fields));
        let post = signed.world.post(LOGOUT).navigating().cookie(&signed.cookie).form(&fields);
        signed.asked(post.header("sec-fetch-site", "cross-site").send());
    }
    let form = signed.confirm(&[]).header("sec-fetch-site", "cross-site");
    signed.asked(form.send());
    let form = signed.confirm(&[]).header("origin", "https://evil.example");
    signed.asked(form.send());
}

/// RP-Initiated Logout §2: if the End-User says yes, the OP MUST log out the End-User.
#[test]
fn one_who_says_yes_is_signed_out_and_goes_back() {
    let signed = signed_in();
    let fields = [("client_id", "app"), ("post_logout_redirect_uri", GOODBYE), ("state", "s")];
    let page = signed.ask(&fields);
    for (name, value) in fields {
        let value = value.replace('&', "&#38;");
        assert!(page.text.contains(&format!("name=\"{name}\" value=\"{value}\"")), "{}", page.text);
    }
    // Browsers hold the redirect after the form to `form-action`.
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("form-action 'self' https://app.example;"), "{policy}");
    let reply = signed.confirm(&fields).send().is(303);
    assert_eq!(reply.header("location"), Some("https://app.example/goodbye?from=us&state=s"));
    assert!(!signed.is_signed_in());
    assert_eq!(signed.told(), 1);
}

#[test]
fn one_who_says_yes_without_a_client_sees_that_they_are_signed_out() {
    let signed = signed_in();
    signed_out(&signed.confirm(&[("post_logout_redirect_uri", "https://evil.example/")]).send());
    assert!(!signed.is_signed_in());
}

/// RP-Initiated Logout §2: the OP MUST ask if the ID token does not belong to the current session or person.
#[test]
fn an_id_token_of_another_session_or_person_asks() {
    let signed = signed_in();
    let world = &signed.world;
    let elsewhere = world.cookie(&signed.user);
    let same_person = signed_in_to(world, &elsewhere, "app", "openid", "").str("/id_token");
    let bob = world.cookie(&world.user("bob@example.com"));
    let other_person = signed_in_to(world, &bob, "app", "openid", "").str("/id_token");
    for token in [same_person, other_person] {
        signed.asked(signed.ask(&[("id_token_hint", &token), ("post_logout_redirect_uri", GOODBYE)]));
    }
}

/// RP-Initiated Logout §4: what failed to validate MUST NOT be used.
#[test]
fn a_hint_that_is_none_of_ours_is_worth_nothing() {
    let signed = signed_in();
    let access = signed.world.session(&signed.user).access;
    let (head, rest) = signed.id_token.split_once('.').unwrap();
    let (payload, _) = rest.split_once('.').unwrap();
    for token in [
        "x".to_owned(),
        access,
        format!("{head}.{payload}.{}", "A".repeat(86)),
        format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{payload}."),
    ] {
        let fields =
            [("id_token_hint", token.as_str()), ("client_id", "app"), ("post_logout_redirect_uri", GOODBYE)];
        signed.asked(signed.ask(&fields));
        // Nor may the browser go back: whether the client is the one that it says cannot be checked.
        let nobody = signed.get(&fields).send();
        assert_eq!((nobody.status, nobody.header("location")), (200, None));
    }
}

/// RP-Initiated Logout §2: the Client Identifier MUST match the one that the ID token was issued to.
#[test]
fn an_id_token_of_another_client_than_is_named_is_refused() {
    let signed = signed_in();
    let reply = signed.ask(&[("id_token_hint", &signed.id_token), ("client_id", "other")]).is(400);
    assert_eq!(reply.header("location"), None);
    assert!(signed.is_signed_in());
}

/// RP-Initiated Logout §3: the OP MUST NOT redirect to an address that is not exactly a registered one.
#[test]
fn the_browser_goes_nowhere_but_to_a_registered_address() {
    let signed = signed_in();
    for uri in [
        "https://evil.example/",
        "https://app.example/goodbye",
        "https://app.example/goodbye?from=us&x=1",
        "https://app.example/goodbye?from=us#x",
        "https://APP.example/goodbye?from=us",
        "https://app.example:443/goodbye?from=us",
        "https://app.example/goodbye/?from=us",
        CALLBACK,
        "https://other.example/",
        "javascript:alert(1)",
        "//evil.example/",
    ] {
        for fields in [
            vec![("id_token_hint", signed.id_token.as_str()), ("post_logout_redirect_uri", uri)],
            vec![("client_id", "app"), ("post_logout_redirect_uri", uri)],
        ] {
            for reply in [signed.ask(&fields), signed.get(&fields).send(), signed.confirm(&fields).send()] {
                assert_eq!((reply.status, reply.header("location")), (400, None), "{uri}");
                assert!(reply.header("content-type").unwrap().starts_with("text/html"));
            }
        }
    }
    assert!(signed.is_signed_in());
}

#[test]
fn a_client_that_is_none_is_refused() {
    let signed = signed_in();
    let reply = signed.ask(&[("client_id", "nobody"), ("post_logout_redirect_uri", GOODBYE)]).is(400);
    assert_eq!(reply.header("location"), None);
    signed.ask(&[("client_id", "app"), ("client_id", "other")]).is(400);
}

#[test]
fn an_app_with_a_scheme_of_its_own_gets_its_user_back() {
    let signed = signed_in();
    let fields = [("client_id", "app"), ("post_logout_redirect_uri", "com.example.app:/goodbye")];
    let page = signed.ask(&fields).is(200);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("form-action 'self' com.example.app:;"), "{policy}");
    let reply = signed.confirm(&fields).send().is(303);
    assert_eq!(reply.header("location"), Some("com.example.app:/goodbye"));
}

#[test]
fn one_who_is_signed_out_already_goes_back_at_once() {
    let signed = signed_in();
    let fields = [("id_token_hint", signed.id_token.as_str()), ("post_logout_redirect_uri", GOODBYE)];
    assert_eq!(signed.get(&fields).send().is(303).header("location"), Some(GOODBYE));
    assert!(signed.is_signed_in());
    signed_out(&signed.get(&[]).send());
    assert_eq!(signed.get(&[]).cookie("nobody's").send().is(200).header("set-cookie"), None);
}

#[test]
fn a_session_of_another_tenant_in_the_same_browser_goes_on() {
    let signed = signed_in();
    signed.world.tenant("acme");
    let path = LOGOUT.replace("home", "acme");
    let reply = signed.world.get(&path).navigating().cookie(&signed.cookie).send();
    signed_out(&reply);
    assert_eq!(reply.header("set-cookie"), None);
    let form = [("confirmed", "yes"), ("id_token_hint", signed.id_token.as_str())];
    let reply = signed.world.post(&path).navigating().cookie(&signed.cookie).form(&form).send().is(200);
    assert_eq!(reply.header("set-cookie"), None);
    assert!(signed.is_signed_in());
}

#[test]
fn it_stands_at_the_root_as_well() {
    let signed = signed_in();
    let path = format!("/oauth2/logout?id_token_hint={}", signed.id_token);
    signed_out(&signed.world.get(&path).navigating().cookie(&signed.cookie).send());
    assert!(!signed.is_signed_in());
    let page = signed_in();
    let reply = page.world.get("/oauth2/logout").navigating().cookie(&page.cookie).send().is(200);
    assert!(reply.text.contains("action=\"/oauth2/logout\""));
}

#[test]
fn the_question_is_asked_in_the_language_that_is_asked_for() {
    let signed = signed_in();
    let page = signed.ask(&[("ui_locales", "de")]).is(200);
    assert!(page.text.contains("<html lang=\"de\">"));
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert!(page.header("content-security-policy").unwrap().contains("frame-ancestors 'none'"));
    let page = signed.ask(&[("state", "\"><script>alert(1)</script>"), ("<b>", "x")]).is(200);
    assert!(!page.text.contains("<script") && !page.text.contains("<b>"));
}
