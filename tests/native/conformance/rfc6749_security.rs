//! RFC 6749 §10 and RFC 9700: attacks on the way from the request to the tokens.

use std::collections::HashSet;

use serde_json::json;

use crate::harness::oidc::{CALLBACK, Params, Party, asks, metadata, stays};
use crate::harness::{World, claims, set};

/// RFC 6749 §10.10: codes and tokens have so many random bits that guessing is hopeless.
#[test]
fn what_is_issued_is_random_and_long() {
    let party = Party::public();
    let mut seen = HashSet::new();
    for _ in 0..50 {
        let code = party.code();
        assert!(code.len() >= 43, "{code}");
        assert!(seen.insert(code));
    }
    let stored = party.world.sql("SELECT hash FROM authorization_codes");
    assert!(stored.iter().all(|row| !seen.contains(row["hash"].as_str().unwrap())));
}

/// RFC 6749 §10.5: codes are short-lived and for a single use, and kept as hashes.
#[test]
fn no_code_token_or_secret_of_a_client_is_kept_in_the_clear() {
    let party = Party::confidential();
    let code = party.code();
    let tokens = party.token(&Party::exchange(&code)).is(200);
    let unused = party.code();
    let pushed = party.world.as_client(&Party::path("par"), &party.app, &party.request()).send().is(201);
    let uri = pushed.str("/request_uri");
    let mut secrets = vec![code, unused, crate::harness::oidc::SECRET.to_owned()];
    secrets.push(uri.rsplit(':').next().unwrap().to_owned());
    secrets.extend(["/access_token", "/refresh_token", "/id_token"].map(|at| tokens.str(at)));
    for table in party.world.sql("SELECT name FROM sqlite_master WHERE type = 'table'") {
        for row in party.world.sql(&format!("SELECT * FROM {}", table["name"].as_str().unwrap())) {
            let row = serde_json::to_string(&row).unwrap();
            let found = secrets.iter().find(|secret| row.contains(secret.as_str()));
            assert_eq!(found, None, "{}", table["name"]);
        }
    }
}

/// RFC 8252 §7.3: a native client's loopback redirect URI may have any port.
/// RFC 6749 §3.1.2.3: all else of it is compared as it is.
#[test]
fn a_loopback_redirect_uri_may_have_another_port_and_nothing_else() {
    let registered =
        ["http://127.0.0.1/cb", "http://[::1]:1/cb", "https://app.example/cb", "com.example.app:/cb"];
    let other = json!({
        "token_endpoint_auth_method": "none", "application_type": "native", "redirect_uris": registered,
    });
    let party = Party::with("native", other);
    for uri in
        ["http://127.0.0.1/cb", "http://127.0.0.1:49152/cb", "http://[::1]:7000/cb", "com.example.app:/cb"]
    {
        let sent = party.authorize(&party.request().with("redirect_uri", uri)).sent();
        assert_eq!(sent.to, uri);
        let exchange = Party::exchange(&sent.code()).with("redirect_uri", uri);
        party.token(&exchange).is(200);
    }
    for uri in [
        "http://127.0.0.1:49152/other",
        "http://127.0.0.1:49152/cb?x",
        "http://127.0.0.2:49152/cb",
        "http://localhost:49152/cb",
        "https://127.0.0.1:49152/cb",
        "http://127.0.0.1.evil.example:80/cb",
        "http://127.0.0.1:80@evil.example/cb",
        "http://127.0.0.1:/cb",
        "http://127.0.0.1:99999/cb",
        "http://user@127.0.0.1:80/cb",
        "http://2130706433/cb",
        "https://app.example:8443/cb",
        "com.example.app:8080/cb",
    ] {
        stays(&party.authorize(&party.request().with("redirect_uri", uri)));
    }
    // The port of the exchange is the one of the request.
    let sent = party.authorize(&party.request().with("redirect_uri", "http://127.0.0.1:4000/cb")).sent();
    let exchange = Party::exchange(&sent.code()).with("redirect_uri", "http://127.0.0.1:4001/cb");
    party.token(&exchange).error(400, "invalid_grant");
}

/// RFC 6749 §10.15: the endpoint is no open redirector.
/// RFC 9700 §4.11.2: nor is the error answer of a request whose redirect URI was not checked.
#[test]
fn no_parameter_sends_a_browser_elsewhere() {
    let party = Party::public();
    for request in [
        party.request().with("redirect_uri", "https://evil.example/").with("response_type", "x"),
        party.request().with("redirect_uri", "https://evil.example/").with("prompt", "none"),
        party.request().with("redirect_uri", "https://evil.example/").with("scope", "x"),
        party.request().without("client_id").with("redirect_uri", "https://evil.example/"),
    ] {
        stays(&party.authorize(&request));
        stays(&party.browse(&request).send());
    }
    for (name, value) in [("return_to", "https://evil.example/"), ("request", "https://evil.example/")] {
        let reply = party.browse(&party.request().and(name, value)).send();
        if let Some(location) = reply.header("location") {
            assert!(!location.starts_with("https://evil.example"), "{location}");
        }
    }
}

/// RFC 6749 §10.13: pages of the authorization endpoint are not shown in frames.
/// RFC 9700 §4.16: by the content security policy, and nothing leaks as a referrer.
#[test]
fn pages_are_not_framed_and_tell_no_referrer() {
    let party = Party::public();
    let page = party.authorize(&party.request().with("client_id", "nobody"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("frame-ancestors 'none'") && policy.contains("default-src 'none'"), "{policy}");
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let sent = party.authorize(&party.request());
    assert_eq!(sent.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(sent.header("cache-control"), Some("no-store"));
}

/// RFC 9700 §4.12: a redirect that carries a code is never 307, which would send on what a form said.
#[test]
fn the_redirect_makes_a_get() {
    let party = Party::public();
    let reply = party.authorize(&party.request());
    assert!(matches!(reply.status, 302 | 303));
    let posted = party.world.post(&Party::path("authorize")).cookie(&party.cookie).navigating();
    let posted = posted.body("application/x-www-form-urlencoded", party.request().text()).send();
    assert_eq!(posted.status, 303, "{}", posted.text);
}

/// RFC 6749 §10.14: what a client sends is never shown as markup.
#[test]
fn what_was_sent_is_shown_as_text() {
    let party = Party::public();
    let evil = "\"><script>alert(1)</script>";
    for name in ["client_id", "redirect_uri", "state", "response_mode"] {
        let reply = party.authorize(&party.request().with(name, evil));
        assert!(!reply.text.contains("<script>alert"), "{name}: {}", reply.text);
    }
    let form =
        party.authorize(&party.request().with("response_mode", "form_post").with("state", evil)).is(200);
    assert!(!form.text.contains("<script>alert"), "{}", form.text);
}

/// RFC 6749 §10.3: a token works for its scope alone.
#[test]
fn a_token_for_reading_does_not_write() {
    let party = Party::public();
    let admin = party.world.user_with("home", "root@example.com", |user| user.roles = vec!["ADMIN".into()]);
    let cookie = party.world.cookie(&admin);
    let token = |scope: &str| {
        let sent = party.browse(&party.request().with("scope", scope)).cookie(&cookie).send().sent();
        party.token(&Party::exchange(&sent.code())).is(200).str("/access_token")
    };
    let roles = |token: &str| {
        let body = json!({ "name": format!("R{}", party.world.number("SELECT count(*) AS n FROM roles")), "rank": 1 });
        let made = party.world.post("/tenant/home/v2/Roles").bearer(token).json(body).status();
        (party.world.get("/tenant/home/v2/Roles").bearer(token).status(), made)
    };
    assert_eq!(roles(&token("openid")), (403, 403));
    assert_eq!(roles(&token("openid read")), (200, 403));
    assert_eq!(roles(&token("openid read write")), (200, 201));
}

/// RFC 9700 §2.3: a token of one tenant is refused by every other.
#[test]
fn a_token_of_another_tenant_is_refused() {
    let party = Party::public();
    party.world.tenant("b");
    let token = party.tokens().str("/access_token");
    let reply = party.world.get("/tenant/b/oauth2/userinfo").bearer(&token).send();
    assert!(matches!(reply.status, 401 | 403), "{}", reply.text);
    // Nor does a cookie of one tenant sign anybody in at the other.
    party.world.client("b", "theirs", metadata(json!({ "token_endpoint_auth_method": "none" })));
    let request = party.request().with("client_id", "theirs");
    let path = format!("/tenant/b/oauth2/authorize?{}", request.text());
    let sent = party.world.get(&path).navigating().cookie(&party.cookie).send().sent();
    assert!(sent.to.ends_with("/tenant/b/login"), "{sent:?}");
    assert!(sent.get("code").is_none());
    // Nor is a code of one exchanged at the other.
    let code = party.code();
    let theirs = party.world.client("b", "app2", metadata(json!({ "token_endpoint_auth_method": "none" })));
    party
        .world
        .as_client("/tenant/b/oauth2/token", &theirs, &Party::exchange(&code))
        .send()
        .error(400, "invalid_grant");
    let refresh = party.tokens().str("/refresh_token");
    let params = Params::of(&[("grant_type", "refresh_token"), ("refresh_token", &refresh)]);
    party.world.as_client("/tenant/b/oauth2/token", &theirs, &params).send().error(400, "invalid_grant");
    party.refresh(&refresh).is(200);
}

/// RFC 8725 §3.11: tokens of one kind are refused in the place of every other.
#[test]
fn every_kind_of_token_is_refused_in_each_others_place() {
    let party = Party::confidential();
    party.world.route(json!({}));
    let tokens = party.tokens();
    let own = party.world.session(&party.user);
    let plan = party.world.get("/app/").bearer(&own.access).plan();
    let assertion = set(&plan, "x-portcullis-assertion").unwrap().to_owned();
    let pushed = party.world.as_client(&Party::path("par"), &party.app, &party.request()).send().is(201);
    let login = asks(&party.browse(&party.request()).send(), "login");
    let kinds = [
        ("access", tokens.str("/access_token")),
        ("refresh", tokens.str("/refresh_token")),
        ("id", tokens.str("/id_token")),
        ("code", party.code()),
        ("cookie", party.cookie.clone()),
        ("key", party.world.api_key(&own.access, &["read"])),
        ("assertion", assertion),
        ("own refresh", own.refresh.clone()),
        ("request_uri", pushed.str("/request_uri")),
        ("request", login.get("request").unwrap().to_owned()),
    ];
    let taken = |place: &str, token: &str| -> bool {
        let world = &party.world;
        match place {
            "access" => party.userinfo(token).status == 200,
            "me" => world.get("/api/auth/me").bearer(token).fresh().status() == 200,
            "gateway" => world.get("/app/").bearer(token).fresh().status() == 200,
            "cookie" => party.browse(&party.request()).cookie(token).send().sent().get("code").is_some(),
            "key" => world.get("/app/").key(token).fresh().status() == 200,
            "id" => {
                let request = party.request().with("prompt", "none").and("id_token_hint", token);
                party.authorize(&request).sent().get("code").is_some()
            }
            "request_uri" => {
                let request = Params::of(&[("client_id", "server"), ("request_uri", token)]);
                party.authorize(&request).header("location").is_some_and(|to| to.contains("code="))
            }
            "own refresh" => {
                world.post("/auth/refresh").json(json!({ "refresh_token": token })).status() == 200
            }
            "code" => party.token(&Party::exchange(token)).status == 200,
            _ => party.refresh(token).status == 200,
        }
    };
    let places =
        ["access", "me", "gateway", "cookie", "key", "id", "request_uri", "own refresh", "code", "refresh"];
    for place in places {
        for (kind, token) in &kinds {
            let belongs = place == *kind || (*kind == "access" && matches!(place, "me" | "gateway"));
            if !belongs {
                assert!(!taken(place, token), "a token of kind {kind} was taken as {place}");
            }
        }
    }
    // And each still works where it belongs, so that none was refused for another reason.
    for (kind, token) in kinds.iter().filter(|(kind, _)| places.contains(kind)) {
        assert!(taken(kind, token), "{kind}");
    }
}

/// RFC 9700 §4.4.2: two tenants are two issuers, and an answer says which one it is of.
#[test]
fn answers_of_two_tenants_differ_in_their_issuer() {
    let world = World::new();
    world.tenant("b");
    for tenant in ["home", "b"] {
        let user = world.user_with(tenant, &format!("ada@{tenant}.example"), |_| {});
        let cookie = world.cookie(&user);
        let id = format!("app-{tenant}");
        let app = world.client(tenant, &id, metadata(json!({ "token_endpoint_auth_method": "none" })));
        let request = Params::of(&[
            ("response_type", "code"),
            ("client_id", &id),
            ("redirect_uri", CALLBACK),
            ("scope", "openid"),
            ("code_challenge", crate::harness::oidc::CHALLENGE),
            ("code_challenge_method", "S256"),
        ]);
        let path = format!("/tenant/{tenant}/oauth2/authorize?{}", request.text());
        let sent = world.get(&path).navigating().cookie(&cookie).send().sent();
        let issuer = format!("https://auth.example.com/tenant/{tenant}");
        assert_eq!(sent.get("iss"), Some(issuer.as_str()));
        let path = format!("/tenant/{tenant}/oauth2/token");
        let tokens = world.as_client(&path, &app, &Party::exchange(&sent.code())).send().is(200);
        for token in ["/access_token", "/id_token"] {
            assert_eq!(claims(&tokens.str(token))["iss"], issuer.as_str());
        }
    }
}

/// RFC 6749 §10.12: nobody is signed in or asked to agree by a form of another site.
#[test]
fn a_form_of_another_site_decides_nothing() {
    let party = Party::with("app", json!({ "token_endpoint_auth_method": "none", "require_consent": true }));
    let sent = asks(&party.authorize(&party.request()), "consent");
    let id = sent.get("request").unwrap();
    let forged =
        party.world.post("/tenant/home/consent").cookie(&party.cookie).header("sec-fetch-site", "cross-site");
    forged.form(&[("request", id), ("decision", "allow"), ("allow", "true")]).send().is(403);
    assert_eq!(party.world.number("SELECT count(*) AS n FROM consents"), 0);
    assert_eq!(party.world.number("SELECT count(*) AS n FROM authorization_codes"), 0);
}
