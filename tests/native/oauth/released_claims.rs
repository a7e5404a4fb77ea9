//! A claim about a person goes to a client only within the client's registered scope and what its person agreed
//! to: in ID tokens, access tokens, userinfo, introspection and logout tokens, whatever asked for it.

use serde_json::{Value, json};

use crate::harness::claims;
use crate::harness::oidc::{Params, Party, asks, metadata};

const ORDERS: &str = "https://orders.example/api";
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const ACCESS: &str = "urn:ietf:params:oauth:token-type:access_token";
const EVERYTHING: &str = r#"{"id_token":{"email":{"essential":true},"email_verified":null,"name":null,"roles":null,
    "groups":null,"preferred_username":null,"picture":null,"locale":null,"zoneinfo":null,"updated_at":null},
                             "userinfo":{"email":{"essential":true},"email_verified":null,"name":null,"roles":null,
    "groups":null,"preferred_username":null,"picture":null,"locale":null,"zoneinfo":null,"updated_at":null}}"#;

/// Each claim about a person, and the scope that it goes with.
const CLAIMS: [(&str, &str); 10] = [
    ("email", "email"),
    ("email_verified", "email"),
    ("name", "profile"),
    ("preferred_username", "profile"),
    ("picture", "profile"),
    ("locale", "profile"),
    ("zoneinfo", "profile"),
    ("updated_at", "profile"),
    ("roles", "roles"),
    ("groups", "groups"),
];

/// Gives the person all that a profile has.
fn fill_profile(party: &Party) {
    party.world.sql(
        r#"UPDATE users SET profile = '{"preferredUsername":"ada","picture":"https://img.example/ada.png",
                                        "locale":"en-GB","zoneinfo":"Europe/London"}'"#,
    );
}

fn party(scope: &str) -> Party {
    let party = Party::with(
        "app",
        json!({
            "scope": scope, "resources": [ORDERS],
            "grant_types": ["authorization_code", "refresh_token", DEVICE, EXCHANGE],
            "backchannel_logout_uri": "https://app.example/backchannel",
        }),
    );
    fill_profile(&party);
    party
}

/// That a token or an answer has just these claims of [`CLAIMS`], by their scopes.
#[track_caller]
fn has_just(said: &Value, scopes: &[&str], what: &str) {
    for (claim, scope) in CLAIMS {
        assert_eq!(said.get(claim).is_some(), scopes.contains(&scope), "{what}: {claim} of {said}");
    }
}

/// RFC 7662 §2.2, OIDC Core §5.4, §5.5: what a client is not registered for it learns in no way.
#[test]
fn a_client_with_openid_alone_learns_nothing_more() {
    let party = party("openid offline_access");
    for asked in ["openid", "openid profile email roles groups offline_access"] {
        let request = party.request().with("scope", asked).and("claims", EVERYTHING);
        let code = party.authorize(&request).sent().code();
        let tokens = party.token(&Party::exchange(&code)).is(200);
        let access = tokens.str("/access_token");
        has_just(&claims(&tokens.str("/id_token")), &[], "ID token");
        has_just(&claims(&access), &[], "access token");
        assert_eq!(claims(&access).get("plan"), None);
        has_just(&party.userinfo(&access).is(200).json, &[], "userinfo");
        let said = party.about("introspect", &access).is(200).json;
        assert_eq!(said["active"], true);
        has_just(&said, &[], "introspection");
        assert_eq!(said.get("username"), None);
        let Some(refresh) = tokens.json.get("refresh_token").and_then(Value::as_str) else { continue };
        let said = party.about("introspect", refresh).is(200).json;
        assert_eq!((&said["active"], said.get("username")), (&json!(true), None));
        let next = party.refresh(refresh).is(200);
        has_just(&claims(&next.str("/id_token")), &[], "refreshed ID token");
        has_just(&claims(&next.str("/access_token")), &[], "refreshed access token");
    }
}

/// OIDC Core §5.4, §5.5: each claim comes with its scope, or where it is asked for singly, and with no other.
#[test]
fn each_claim_comes_with_its_scope_or_singly() {
    let party = party("openid profile email roles groups offline_access");
    let tokens = |request: &Params| {
        let code = party.authorize(request).sent().code();
        party.token(&Party::exchange(&code)).is(200)
    };
    for (asked, released) in [
        ("openid", vec![]),
        ("openid profile", vec!["profile"]),
        ("openid email", vec!["email"]),
        ("openid roles", vec!["roles"]),
        ("openid groups", vec!["groups"]),
        ("openid profile email roles groups", vec!["profile", "email", "roles", "groups"]),
    ] {
        let reply = tokens(&party.request().with("scope", asked));
        let access = reply.str("/access_token");
        has_just(&claims(&reply.str("/id_token")), &released, asked);
        has_just(&party.userinfo(&access).is(200).json, &released, asked);
        // RFC 9068 §2.2.3.1: of these, an access token has the roles.
        let roles = released.contains(&"roles");
        let said = claims(&access);
        assert_eq!((said.get("roles").is_some(), said.get("plan").is_some()), (roles, roles), "{asked}");
        for (claim, scope) in CLAIMS.into_iter().filter(|(claim, _)| *claim != "roles") {
            assert_eq!(said.get(claim), None, "access token: {claim} of {scope}");
        }
        let said = party.about("introspect", &access).is(200).json;
        assert_eq!(said.get("roles").is_some(), roles, "{asked}");
        assert_eq!(said.get("username").is_some(), released.contains(&"email"), "{asked}");
    }
    for (claim, _) in CLAIMS {
        for place in ["id_token", "userinfo"] {
            let asked = json!({ place: { claim: { "essential": true } } }).to_string();
            let asked = party.request().with("scope", "openid offline_access").and("claims", &asked);
            let first = tokens(&asked);
            let next = party.refresh(&first.str("/refresh_token")).is(200);
            let told = [
                ("id_token", claims(&first.str("/id_token"))),
                ("userinfo", party.userinfo(&first.str("/access_token")).is(200).json),
                ("access_token", claims(&first.str("/access_token"))),
            ];
            for (place_of, said) in told {
                for (other, _) in CLAIMS {
                    let asked_for = other == claim && place_of == place;
                    assert_eq!(
                        said.get(other).is_some(),
                        asked_for,
                        "{claim} in {place}: {other} in {place_of}"
                    );
                }
            }
            // The person agreed for as long as the grant lasts.
            let later = party.userinfo(&next.str("/access_token")).is(200).json;
            assert_eq!(later.get(claim).is_some(), place == "userinfo", "{claim} in {place}, refreshed");
        }
    }
}

/// What an administrator takes from a client's registration is told no more, with tokens of before either.
#[test]
fn a_claim_ends_with_the_registration_for_it() {
    let party = party("openid profile email roles offline_access");
    let request =
        party.request().with("scope", "openid profile email roles offline_access").and("claims", EVERYTHING);
    let late = party.authorize(&request).sent().code();
    let tokens = party.token(&Party::exchange(&party.authorize(&request).sent().code())).is(200);
    party.world.sql("UPDATE clients SET metadata = json_set(metadata, '$.scope', 'openid offline_access')");
    let (access, refresh) = (tokens.str("/access_token"), tokens.str("/refresh_token"));
    has_just(&party.userinfo(&access).is(200).json, &[], "userinfo");
    let introspect = |token: &str| {
        let ask =
            party.world.as_client(&Party::path("introspect"), &party.app, &Params::of(&[("token", token)]));
        ask.fresh().send().is(200).json
    };
    has_just(&introspect(&access), &[], "introspection");
    assert_eq!(introspect(&access).get("username"), None);
    assert_eq!(introspect(&refresh).get("username"), None);
    for params in
        [Party::exchange(&late), Params::of(&[("grant_type", "refresh_token"), ("refresh_token", &refresh)])]
    {
        let reply = party.ask_token(&params).fresh().send().is(200);
        has_just(&claims(&reply.str("/id_token")), &[], "ID token");
        has_just(&claims(&reply.str("/access_token")), &[], "access token");
    }
}

/// RFC 7662 §2.2: who asks about another client's token learns what both may have.
#[test]
fn introspection_tells_within_the_tokens_and_the_askers_scope() {
    let party = party("openid profile email roles");
    let token = |scope: &str| {
        let code = party.authorize(&party.request().with("scope", scope)).sent().code();
        party.token(&Party::exchange(&code)).is(200).str("/access_token")
    };
    let own = party.world.session(&party.user).access;
    let servers = [
        ("bare", "read", [false, false]),
        ("mails", "openid email", [true, false]),
        ("roles", "roles", [false, true]),
        ("both", "email roles", [true, true]),
    ];
    for (id, registered, may) in servers {
        let server = party.world.client("home", id, metadata(json!({ "scope": registered })));
        let ask = |token: &str| {
            let params = Params::of(&[("token", token)]);
            let said =
                party.world.as_client(&Party::path("introspect"), &server, &params).send().is(200).json;
            assert_eq!(said["active"], true);
            [said.get("username").is_some(), said.get("roles").is_some()]
        };
        assert_eq!(ask(&token("openid")), [false, false], "{id}");
        assert_eq!(ask(&token("openid email")), [may[0], false], "{id}");
        assert_eq!(ask(&token("openid roles")), [false, may[1]], "{id}");
        // A person's own session may do all that its person may.
        assert_eq!(ask(&own), may, "{id}");
    }
}

/// RFC 8693 §2.1: a token that is exchanged says no more than the one before and the client that gets it may.
#[test]
fn an_exchanged_token_says_no_more() {
    let party = party("openid profile email roles");
    let token = |scope: &str| {
        let code = party.authorize(&party.request().with("scope", scope)).sent().code();
        party.token(&Party::exchange(&code)).is(200).str("/access_token")
    };
    for (registered, of_subject, roles) in [
        ("openid roles", "openid roles", true),
        ("openid roles", "openid", false),
        ("openid", "openid roles", false),
    ] {
        let id = format!("server-{}-{}", registered.len(), of_subject.len());
        let other = json!({ "grant_types": [EXCHANGE], "response_types": [], "scope": registered, "resources": [ORDERS] });
        let server = party.world.client("home", &id, metadata(other));
        let params = Params::of(&[
            ("grant_type", EXCHANGE),
            ("subject_token", &token(of_subject)),
            ("subject_token_type", ACCESS),
            ("resource", ORDERS),
        ]);
        let reply = party.world.as_client(&Party::path("token"), &server, &params).send().is(200);
        let said = claims(&reply.str("/access_token"));
        assert_eq!((said.get("roles").is_some(), said.get("plan").is_some()), (roles, roles), "{said}");
        has_just(&said, if roles { &["roles"] } else { &[] }, "exchanged");
    }
}

/// RFC 8628: a device learns what its person saw on the page, and no more.
#[test]
fn a_device_learns_what_was_on_the_page() {
    let party = party("openid profile email roles");
    for (scope, released) in [("openid", vec![]), ("openid email roles", vec!["email", "roles"])] {
        let ask = Params::of(&[("scope", scope), ("claims", EVERYTHING)]);
        let told =
            party.world.as_client(&Party::path("device_authorization"), &party.app, &ask).send().is(200);
        let code = told.str("/user_code");
        let page = |fields: &[(&str, &str)]| {
            party
                .world
                .post("/tenant/home/device")
                .cookie(&party.cookie)
                .navigating()
                .form(fields)
                .send()
                .is(200)
        };
        let shown = page(&[("user_code", &code)]).text;
        assert_eq!(shown.contains("see your email address"), released.contains(&"email"), "{shown}");
        assert_eq!(shown.contains("see your roles"), released.contains(&"roles"), "{shown}");
        page(&[("user_code", &code), ("decision", "allow")]);
        let poll = Params::of(&[
            ("grant_type", DEVICE),
            ("device_code", &told.str("/device_code")),
            ("claims", EVERYTHING),
        ]);
        let reply = party.token(&poll).is(200);
        has_just(&claims(&reply.str("/id_token")), &released, "ID token");
        has_just(&party.userinfo(&reply.str("/access_token")).is(200).json, &released, "userinfo");
    }
}

/// OIDC Core §5.5: what is asked for singly is agreed to like a scope: listed, kept, and asked for once.
#[test]
fn the_consent_page_lists_what_is_asked_for_singly() {
    let party = Party::with("app", json!({ "scope": "openid profile email roles", "require_consent": true }));
    let claim = |member: &str, name: &str| json!({ member: { name: { "essential": true } } }).to_string();
    let openid = party.request().with("scope", "openid");
    let back = party.consent(&asks(&party.authorize(&openid), "consent"), true).sent();
    has_just(&claims(&party.token(&Party::exchange(&back.code())).is(200).str("/id_token")), &[], "openid");
    for (member, name, words) in [
        ("id_token", "email", "see your email address"),
        ("id_token", "name", "see your name"),
        ("userinfo", "roles", "see your roles"),
    ] {
        let request = openid.clone().and("claims", &claim(member, name));
        party.refused(&party.authorize(&request.clone().with("prompt", "none")), "consent_required");
        let reply = party.authorize(&request);
        let waiting = asks(&reply, "consent");
        let page = party.follow(&reply, &party.cookie).is(200);
        assert!(page.text.contains(words), "{name}: {}", page.text);
        // Who says no has given nothing.
        party.refused(&party.consent(&waiting, false), "access_denied");
        party.refused(&party.authorize(&request.clone().with("prompt", "none")), "consent_required");
        let waiting = asks(&party.authorize(&request), "consent");
        let code = party.consent(&waiting, true).sent().code();
        let said = claims(&party.token(&Party::exchange(&code)).is(200).str("/id_token"));
        assert_eq!(said.get(name).is_some(), member == "id_token", "{said}");
        party.authorize(&request.with("prompt", "none")).sent().code();
    }
    // What the client is not registered for is neither asked nor told.
    let bare = Party::with("app", json!({ "scope": "openid", "require_consent": true }));
    let reply = bare.authorize(&bare.request().with("scope", "openid").and("claims", EVERYTHING));
    let waiting = asks(&reply, "consent");
    let page = bare.follow(&reply, &bare.cookie).is(200).text;
    for words in ["see your email address", "see your name", "see your roles"] {
        assert!(!page.contains(words), "{page}");
    }
    let code = bare.consent(&waiting, true).sent().code();
    has_just(&claims(&bare.token(&Party::exchange(&code)).is(200).str("/id_token")), &[], "bare");
}

/// Back-Channel Logout §2.4: a logout token names the person and the session, and says nothing about them.
#[test]
fn a_logout_token_says_nothing_about_the_person() {
    let party = party("openid profile email roles");
    let request = party.request().with("scope", "openid profile email roles").and("claims", EVERYTHING);
    party.token(&Party::exchange(&party.authorize(&request).sent().code())).is(200);
    party.world.post("/tenant/home/logout").cookie(&party.cookie).navigating().form(&[]).send();
    let forms = party.world.web.forms.borrow();
    assert_eq!(forms.len(), 1);
    let said = claims(forms[0].1.strip_prefix("logout_token=").unwrap());
    has_just(&said, &[], "logout token");
    for name in ["username", "plan", "scope"] {
        assert_eq!(said.get(name), None, "{name}");
    }
}

/// A person's own session and a client's own token keep their roles: nobody else learns of them.
#[test]
fn ones_own_roles_are_ones_own() {
    let party = party("openid");
    let own = claims(&party.world.session(&party.user).access);
    assert_eq!((&own["roles"], &own["plan"]), (&json!(["MANAGER"]), &json!("free")));
    let machine = json!({ "grant_types": ["client_credentials"], "response_types": [], "scope": "read roles",
                          "roles": ["ADMIN"], "resources": [ORDERS] });
    let machine = party.world.client("home", "machine", metadata(machine));
    let ask = |more: &[(&str, &str)]| {
        let params = Params::of(&[("grant_type", "client_credentials")]);
        let params = more.iter().fold(params, |all, (name, value)| all.and(name, value));
        let reply = party.world.as_client(&Party::path("token"), &machine, &params).send().is(200);
        claims(&reply.str("/access_token")).get("roles").cloned()
    };
    assert_eq!(ask(&[("scope", "read")]), Some(json!(["ADMIN"])));
    assert_eq!(ask(&[("scope", "read"), ("resource", ORDERS)]), None);
    assert_eq!(ask(&[("scope", "read roles"), ("resource", ORDERS)]), Some(json!(["ADMIN"])));
}

/// The issuer's API and the gateway take roles from the database, so that they need no claim.
#[test]
fn a_token_without_roles_opens_what_its_persons_roles_open() {
    let party = party("openid read");
    party.world.route(json!({ "roles": ["MANAGER"] }));
    let code = party.authorize(&party.request().with("scope", "openid read")).sent().code();
    let token = party.token(&Party::exchange(&code)).is(200).str("/access_token");
    assert_eq!(claims(&token).get("roles"), None);
    assert_eq!(party.world.get("/app/").bearer(&token).status(), 200);
    party.world.sql("UPDATE users SET roles = '[]'");
    assert_eq!(party.world.get("/app/").bearer(&token).fresh().status(), 403);
}

/// OIDC Discovery §3: what exists is said.
#[test]
fn discovery_names_the_scope_of_roles() {
    let party = Party::public();
    let said = party.world.get("/tenant/home/.well-known/openid-configuration").send().is(200).json;
    for scope in ["openid", "profile", "email", "roles", "offline_access"] {
        assert!(said["scopes_supported"].as_array().unwrap().contains(&json!(scope)), "{scope}");
    }
    for (claim, _) in CLAIMS {
        assert!(said["claims_supported"].as_array().unwrap().contains(&json!(claim)), "{claim}");
    }
}
