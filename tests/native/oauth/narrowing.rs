//! What a grant holds is never widened afterwards: a refresh, a token exchange, the exchange of a code, a device
//! and a pushed request may only narrow it (RFC 6749 §6, RFC 8707 §2.2, RFC 8693 §2.1, RFC 9126 §4).

use serde_json::{Value, json};

use crate::harness::oidc::{App, CALLBACK, CHALLENGE, Params, Party, metadata};
use crate::harness::{Reply, claims};

const ISSUER: &str = "https://auth.example.com/tenant/home";
const ORDERS: &str = "https://orders.example/api";
const BILLS: &str = "https://bills.example/api";
const OTHER: &str = "https://other.example/api";
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const ACCESS: &str = "urn:ietf:params:oauth:token-type:access_token";

/// Scope and audience of a token, or the error.
type Told = Result<(Vec<String>, Vec<String>), String>;

/// What a request says, and what it is answered.
type Case<'a> = (&'a str, Vec<(&'a str, &'a str)>, Told);

/// A client that may ask for all of it, of which its grants hold a part.
fn party() -> Party {
    let party = Party::with(
        "app",
        json!({
            "scope": "openid profile email offline_access read write orders:list",
            "resources": [ORDERS, BILLS],
            "grant_types": ["authorization_code", "refresh_token", "client_credentials", EXCHANGE, DEVICE],
        }),
    );
    // Nobody lends a custom scope that they lack.
    party.world.sql("UPDATE users SET scopes = '[\"orders:list\"]'");
    party
}

/// A grant of that scope for those resources, as its client asked for it.
fn grant(party: &Party, scope: &str, resources: &[&str]) -> Reply {
    let request =
        resources.iter().fold(party.request().with("scope", scope), |all, one| all.and("resource", one));
    let code = party.authorize(&request).sent().code();
    party.token(&Party::exchange(&code)).is(200)
}

fn audience(reply: &Reply) -> Vec<String> {
    let mut all = match claims(&reply.str("/access_token"))["aud"].clone() {
        Value::String(one) => vec![one],
        many => serde_json::from_value(many).unwrap(),
    };
    all.sort();
    all
}

fn words(text: &str) -> Vec<String> {
    let mut all: Vec<String> = text.split(' ').map(str::to_owned).collect();
    all.sort();
    all
}

/// What a refresh of a grant is answered: `Ok` with scope and audience, or the error.
fn refreshed(party: &Party, token: &mut String, more: &[(&str, &str)]) -> Told {
    let params = Params::of(&[("grant_type", "refresh_token"), ("refresh_token", token)]);
    let params = more.iter().fold(params, |all, (name, value)| all.and(name, value));
    let reply = party.token(&params);
    if reply.status != 200 {
        return Err(reply.is(400).str("/error"));
    }
    *token = reply.str("/refresh_token");
    let said = claims(&reply.str("/access_token"));
    assert_eq!(said["scope"], reply.json["scope"]);
    Ok((words(&reply.str("/scope")), audience(&reply)))
}

/// RFC 6749 §6: the scope of a refresh is not wider than what was granted; without one it is that.
/// RFC 8707 §2.2: nor are its resources.
#[test]
fn a_refresh_narrows_and_the_next_one_has_the_whole_again() {
    let party = party();
    let whole = ("openid read orders:list offline_access", [ORDERS]);
    let mut token = grant(&party, whole.0, &whole.1).str("/refresh_token");
    let full = (words(whole.0), vec![ISSUER.to_owned(), ORDERS.to_owned()]);
    let ok = |scope: &str, aud: &[&str]| {
        let mut aud: Vec<String> = aud.iter().map(|one| (*one).to_owned()).collect();
        aud.sort();
        Ok((words(scope), aud))
    };
    let scope = |code: &str| Told::Err(code.to_owned());
    let cases: Vec<Case> = vec![
        ("nothing said", vec![], Ok(full.clone())),
        ("same scope", vec![("scope", whole.0)], Ok(full.clone())),
        ("narrower scope", vec![("scope", "read")], ok("read", &[ORDERS])),
        ("a scope twice", vec![("scope", "read read")], ok("read", &[ORDERS])),
        ("wider scope", vec![("scope", "openid read write")], scope("invalid_scope")),
        ("registered, not granted", vec![("scope", "write")], scope("invalid_scope")),
        ("other scope", vec![("scope", "payments:refund")], scope("invalid_scope")),
        ("no scope at all", vec![("scope", " ")], scope("invalid_scope")),
        ("same resource", vec![("resource", ORDERS)], Ok(full.clone())),
        ("all resources", vec![("resource", ORDERS), ("resource", ISSUER)], Ok(full.clone())),
        (
            "the issuer, which openid had",
            vec![("resource", ISSUER), ("scope", "openid")],
            ok("openid", &[ISSUER]),
        ),
        ("wider resources", vec![("resource", ORDERS), ("resource", BILLS)], scope("invalid_target")),
        ("registered, not granted", vec![("resource", BILLS)], scope("invalid_target")),
        ("other resource", vec![("resource", OTHER)], scope("invalid_target")),
        ("another spelling", vec![("resource", "https://orders.example/api/")], scope("invalid_target")),
        ("another tenant", vec![("resource", "https://auth.example.com/tenant/b")], scope("invalid_target")),
    ];
    for (what, more, expected) in cases {
        assert_eq!(refreshed(&party, &mut token, &more), expected, "{what}");
        // What was narrowed or refused once changes nothing of the grant.
        assert_eq!(refreshed(&party, &mut token, &[]), Ok(full.clone()), "after: {what}");
    }
}

/// RFC 8707 §2.2: a grant for a resource alone never opens the issuer's own API.
#[test]
fn a_grant_for_a_resource_is_never_refreshed_to_the_issuer() {
    for (scope, resources) in
        [("read offline_access", vec![ORDERS]), ("read write offline_access", vec![ORDERS, BILLS])]
    {
        let party = party();
        let reply = grant(&party, scope, &resources);
        assert!(!audience(&reply).contains(&ISSUER.to_owned()));
        let mut token = reply.str("/refresh_token");
        for more in [
            vec![("resource", ISSUER)],
            vec![("resource", ORDERS), ("resource", ISSUER)],
            vec![("resource", ISSUER), ("scope", "read")],
        ] {
            assert_eq!(refreshed(&party, &mut token, &more), Err("invalid_target".into()), "{more:?}");
        }
        // `audience` is token exchange's, and gives nothing here.
        let (_, aud) = refreshed(&party, &mut token, &[("audience", ISSUER)]).unwrap();
        assert!(!aud.contains(&ISSUER.to_owned()));
        assert_eq!(refreshed(&party, &mut token, &[("scope", "openid")]), Err("invalid_scope".into()));
    }
    // One for the issuer is not for a resource either.
    let party = party();
    let mut token = grant(&party, "openid read offline_access", &[]).str("/refresh_token");
    assert_eq!(refreshed(&party, &mut token, &[("resource", ORDERS)]), Err("invalid_target".into()));
    let own = refreshed(&party, &mut token, &[("resource", ISSUER)]).unwrap();
    assert_eq!(own.1, [ISSUER]);
}

/// How well and when a person signed in is the grant's, whatever a refresh says; and it asks for no claim.
#[test]
fn a_refresh_says_nothing_of_claims_or_of_the_sign_in() {
    let party = party();
    let mut token = grant(&party, "openid offline_access", &[]).str("/refresh_token");
    let before = claims(&grant(&party, "openid offline_access", &[]).str("/id_token"));
    party.world.advance(60);
    let asked = r#"{"id_token":{"email":{"essential":true},"name":null,"roles":null}}"#;
    let more =
        [("claims", asked), ("acr_values", "urn:portcullis:acr:2fa"), ("max_age", "0"), ("nonce", "x")];
    let params = Params::of(&[("grant_type", "refresh_token"), ("refresh_token", &token)]);
    let reply = party.token(&more.iter().fold(params, |all, (name, value)| all.and(name, value))).is(200);
    token = reply.str("/refresh_token");
    let after = claims(&reply.str("/id_token"));
    for name in ["acr", "amr", "auth_time", "sub"] {
        assert_eq!(after[name], before[name], "{name}");
    }
    for name in ["email", "name", "roles", "nonce"] {
        assert_eq!(after.get(name), None, "{name}");
    }
    assert!(refreshed(&party, &mut token, &[]).is_ok());
}

/// What an administrator takes from a client's registration, no refresh, code or device brings back.
#[test]
fn what_a_client_may_not_have_any_more_its_grants_do_not_give() {
    let party = party();
    let mut token = grant(&party, "openid read write offline_access", &[ORDERS, BILLS]).str("/refresh_token");
    let mut alone = grant(&party, "read offline_access", &[ORDERS]).str("/refresh_token");
    let mut writes = grant(&party, "write", &[]).str("/refresh_token");
    let request =
        party.request().with("scope", "openid read write").and("resource", ORDERS).and("resource", BILLS);
    let code = party.authorize(&request).sent().code();
    party.world.sql(
        "UPDATE clients SET metadata = json_set(metadata, '$.scope', 'openid read offline_access',
                                                '$.resources', json_array('https://bills.example/api'))",
    );
    let fresh = |params: &Params| party.ask_token(params).fresh().send();
    let refresh = |token: &mut String, more: &[(&str, &str)]| {
        let params = Params::of(&[("grant_type", "refresh_token"), ("refresh_token", token)]);
        let reply = fresh(&more.iter().fold(params, |all, (name, value)| all.and(name, value)));
        if reply.status == 200 {
            *token = reply.str("/refresh_token");
        }
        reply
    };
    let reply = refresh(&mut token, &[]).is(200);
    assert_eq!(words(&reply.str("/scope")), words("openid read offline_access"));
    assert_eq!(audience(&reply), [ISSUER, BILLS]);
    refresh(&mut token, &[("scope", "write")]).error(400, "invalid_scope");
    refresh(&mut token, &[("resource", ORDERS)]).error(400, "invalid_target");
    // Nothing is left of these, and nothing else takes its place.
    refresh(&mut alone, &[]).error(400, "invalid_target");
    refresh(&mut writes, &[]).error(400, "invalid_scope");
    let reply = fresh(&Party::exchange(&code)).is(200);
    assert_eq!(words(&reply.str("/scope")), words("openid read"));
    assert_eq!(audience(&reply), [ISSUER, BILLS]);
}

/// RFC 8707 §2.2: a code's token may be for less than was authorized.
#[test]
fn a_code_is_exchanged_for_no_more_than_was_authorized() {
    let party = party();
    for (scope, authorized, asked, expected) in [
        ("read", vec![ORDERS, BILLS], vec![ORDERS, BILLS], Ok(vec![BILLS, ORDERS])),
        ("read", vec![ORDERS, BILLS], vec![BILLS], Ok(vec![BILLS])),
        ("read", vec![], vec![ISSUER], Ok(vec![ISSUER])),
        ("openid read", vec![], vec![ISSUER], Ok(vec![ISSUER])),
        ("read", vec![ORDERS], vec![ISSUER], Err("invalid_target")),
        ("read", vec![ORDERS], vec![ORDERS, ISSUER], Err("invalid_target")),
        ("read", vec![ORDERS], vec![BILLS], Err("invalid_target")),
        ("read", vec![], vec![ORDERS], Err("invalid_target")),
        ("openid read", vec![], vec![OTHER], Err("invalid_target")),
    ] {
        let with =
            |params: Params, all: &[&str]| all.iter().fold(params, |params, one| params.and("resource", one));
        let request = with(party.request().with("scope", scope), &authorized);
        let code = party.authorize(&request).sent().code();
        // A scope is not the exchange's to say (RFC 6749 §4.1.3).
        let ask = with(Party::exchange(&code).and("scope", "openid write"), &asked);
        let reply = party.token(&ask);
        match expected {
            Ok(expected) => {
                assert_eq!(audience(&reply.is(200)), expected, "{authorized:?} {asked:?}");
            }
            Err(code) => drop(reply.error(400, code)),
        }
    }
}

/// RFC 8707 §2.2, for RFC 8628: what the device polls with is narrowed alike.
#[test]
fn a_device_gets_no_more_than_its_person_let_it() {
    let party = party();
    for (scope, authorized, asked, expected) in [
        ("read", vec![ORDERS, BILLS], vec![], Ok(vec![BILLS, ORDERS])),
        ("read", vec![ORDERS, BILLS], vec![ORDERS], Ok(vec![ORDERS])),
        ("read", vec![ORDERS], vec![ISSUER], Err("invalid_target")),
        ("read", vec![ORDERS], vec![BILLS], Err("invalid_target")),
        ("openid", vec![], vec![ORDERS], Err("invalid_target")),
    ] {
        let with =
            |params: Params, all: &[&str]| all.iter().fold(params, |params, one| params.and("resource", one));
        let ask = with(Params::of(&[("scope", scope)]), &authorized);
        let told =
            party.world.as_client(&Party::path("device_authorization"), &party.app, &ask).send().is(200);
        let fields = [("user_code", told.str("/user_code")), ("decision", "allow".to_owned())];
        let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
        let page = party.world.post("/tenant/home/device").cookie(&party.cookie).navigating();
        page.form(&fields).send().is(200);
        let poll = Params::of(&[("grant_type", DEVICE), ("device_code", &told.str("/device_code"))]);
        let reply = party.token(&with(poll.clone().and("scope", "openid write"), &asked));
        match expected {
            Ok(expected) => {
                let reply = reply.is(200);
                assert_eq!(
                    (reply.str("/scope").as_str(), audience(&reply)),
                    (scope, expected.iter().map(|one| (*one).to_owned()).collect())
                );
            }
            Err(code) => {
                reply.error(400, code);
                // The mistake spends nothing.
                party.world.advance(30);
                party.token(&poll).is(200);
            }
        }
    }
}

/// RFC 8693 §2.1: neither scope nor audience of what is exchanged grows, along a chain of any length.
#[test]
fn an_exchange_never_widens() {
    let party = party();
    let backend = json!({ "grant_types": [EXCHANGE], "redirect_uris": [], "response_types": [],
                          "scope": "openid profile email read write orders:list",
                          "resources": [ORDERS, BILLS] });
    let server = party.world.client("home", "server", metadata(backend));
    let ask = |token: &str, more: &[(&str, &str)]| {
        let params =
            Params::of(&[("grant_type", EXCHANGE), ("subject_token", token), ("subject_token_type", ACCESS)]);
        let params = more.iter().fold(params, |all, (name, value)| all.and(name, value));
        party.world.as_client(&Party::path("token"), &server, &params).send()
    };
    let for_orders = grant(&party, "read orders:list", &[ORDERS]).str("/access_token");
    let for_both = grant(&party, "openid read", &[ORDERS]).str("/access_token");
    for (token, more, expected) in [
        (&for_orders, vec![("resource", ORDERS)], Ok(("orders:list read", vec![ORDERS]))),
        (&for_orders, vec![("audience", ORDERS), ("scope", "read")], Ok(("read", vec![ORDERS]))),
        (&for_orders, vec![], Err("invalid_target")),
        (&for_orders, vec![("resource", ISSUER)], Err("invalid_target")),
        (&for_orders, vec![("audience", ISSUER)], Err("invalid_target")),
        (&for_orders, vec![("audience", ORDERS), ("resource", ISSUER)], Err("invalid_target")),
        (&for_orders, vec![("audience", OTHER)], Err("invalid_target")),
        (&for_orders, vec![("resource", ORDERS), ("scope", "write")], Err("invalid_scope")),
        (&for_orders, vec![("resource", ORDERS), ("scope", "read openid")], Err("invalid_scope")),
        (&for_orders, vec![("resource", ORDERS), ("scope", "read offline_access")], Err("invalid_scope")),
        (&for_both, vec![("resource", ISSUER)], Ok(("openid read", vec![ISSUER]))),
        (&for_both, vec![("resource", ORDERS)], Ok(("openid read", vec![ORDERS]))),
    ] {
        let reply = ask(token, &more);
        match expected {
            Ok((scope, aud)) => {
                let reply = reply.is(200);
                assert_eq!(words(&reply.str("/scope")), words(scope), "{more:?}");
                assert_eq!(audience(&reply), aud, "{more:?}");
            }
            Err(code) => drop(reply.error(400, code)),
        }
    }
    // A step that narrowed is not undone by the next, and who acted before stays named.
    let narrow = ask(&for_both, &[("resource", ORDERS), ("scope", "read")]).is(200).str("/access_token");
    ask(&narrow, &[("resource", ISSUER)]).error(400, "invalid_target");
    ask(&narrow, &[("resource", ORDERS), ("scope", "openid")]).error(400, "invalid_scope");
    let again = ask(&narrow, &[("resource", ORDERS)]).is(200).str("/access_token");
    assert_eq!(claims(&again)["act"], json!({ "sub": "server", "act": { "sub": "server" } }));
    // Nor is it by the client that the first token was for.
    let own = App { id: "app".into(), method: party.app.method };
    let params =
        Params::of(&[("grant_type", EXCHANGE), ("subject_token", &again), ("subject_token_type", ACCESS)]);
    let reply =
        party.world.as_client(&Party::path("token"), &own, &params.and("resource", ORDERS)).send().is(200);
    assert_eq!(claims(&reply.str("/access_token"))["act"]["act"]["act"], json!({ "sub": "server" }));
}

/// RFC 9126 §4: of a pushed request, the front channel changes nothing and adds nothing.
#[test]
fn the_front_channel_adds_nothing_to_what_was_pushed() {
    let party = party();
    let pushed = Params::of(&[
        ("response_type", "code"),
        ("redirect_uri", CALLBACK),
        ("scope", "openid"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]);
    for (name, value) in [
        ("scope", "openid read write"),
        ("resource", ORDERS),
        ("claims", r#"{"id_token":{"email":{"essential":true},"name":null}}"#),
        ("nonce", "evil"),
        ("state", "evil"),
        ("redirect_uri", "https://app.example/other"),
        ("response_mode", "form_post"),
        ("acr_values", "urn:portcullis:acr:2fa"),
        ("max_age", "0"),
        ("prompt", "consent"),
        ("code_challenge", "qjrzSW9gMiUgpUvqgEPE4_-8swvyCtfOVvg55o5S_es"),
        ("id_token_hint", "x"),
        ("login_hint", "evil@example.com"),
    ] {
        party.world.advance(60);
        let reply = party.world.as_client(&Party::path("par"), &party.app, &pushed).send().is(201);
        let front = Params::of(&[("client_id", "app"), ("request_uri", &reply.str("/request_uri"))]);
        let sent = party.authorize(&front.and(name, value)).sent();
        assert_eq!((sent.to.as_str(), sent.get("state")), (CALLBACK, None), "{name}");
        let reply = party.token(&Party::exchange(&sent.code())).is(200);
        assert_eq!(
            (reply.str("/scope").as_str(), audience(&reply)),
            ("openid", vec![ISSUER.to_owned()]),
            "{name}"
        );
        let said = claims(&reply.str("/id_token"));
        for absent in ["email", "name", "nonce", "roles"] {
            assert_eq!(said.get(absent), None, "{name} {absent}");
        }
    }
}

/// A client's own token is for what it is registered for (RFC 6749 §4.4, RFC 8707 §2).
#[test]
fn a_clients_own_token_is_within_its_registration() {
    let party = party();
    let ask = |more: &[(&str, &str)]| {
        let params = Params::of(&[("grant_type", "client_credentials")]);
        party.token(&more.iter().fold(params, |all, (name, value)| all.and(name, value)))
    };
    let whole = ask(&[]).is(200);
    assert_eq!(
        (words(&whole.str("/scope")), audience(&whole)),
        (words("read write orders:list"), vec![ISSUER.to_owned()])
    );
    let narrow = ask(&[("scope", "read"), ("resource", ORDERS)]).is(200);
    assert_eq!((narrow.str("/scope").as_str(), audience(&narrow)), ("read", vec![ORDERS.to_owned()]));
    ask(&[("scope", "payments:refund")]).error(400, "invalid_scope");
    ask(&[("scope", "openid")]).error(400, "invalid_scope");
    ask(&[("resource", OTHER)]).error(400, "invalid_target");
}
