//! A second factor that is asked for within a session: by a client, and by a resource.

use portcullis::crypto::totp;
use serde_json::{Value, json};

use crate::harness::oidc::{Params, Party, asks};
use crate::harness::{Reply, claims, set};

const ONE: &str = "urn:portcullis:acr:1fa";
const TWO: &str = "urn:portcullis:acr:2fa";
const MFA: &str = "/tenant/home/mfa";

/// A claims request for `acr`.
fn acr(request: Value) -> String {
    json!({ "id_token": { "acr": request } }).to_string()
}

fn essential(values: &[&str]) -> String {
    acr(json!({ "essential": true, "values": values }))
}

/// The person at the page of the second factor, which they set up there: the session's cookie afterwards.
#[track_caller]
fn proves(party: &mut Party, page: &str) -> Reply {
    let world = &party.world;
    let shown = world.get(page).navigating().cookie(&party.cookie).send().is(200);
    let waiting = shown.sets("__Host-portcullis-challenge").unwrap();
    let field = |name: &str| {
        let mark = format!("name=\"{name}\" value=\"");
        let found = shown.text.split_once(&mark).and_then(|(_, rest)| rest.split('"').next());
        found.unwrap_or_default().replace("&#38;", "&")
    };
    let key = shown.text.split_once("<p class=\"key\">").unwrap().1;
    let key: String = key.split('<').next().unwrap().split(' ').collect();
    let code =
        totp::code(&data_encoding::BASE32_NOPAD.decode(key.as_bytes()).unwrap(), world.now().unix() / 30);
    let (challenge, request, back) = (field("challenge"), field("request"), field("return_to"));
    let mut fields = vec![("challenge", challenge.as_str()), ("code", code.as_str())];
    fields.extend(
        [("request", request.as_str()), ("return_to", back.as_str())]
            .into_iter()
            .filter(|(_, v)| !v.is_empty()),
    );
    let cookies = format!("__Host-portcullis={}; __Host-portcullis-challenge={waiting}", party.cookie);
    let done = world.post(MFA).navigating().header("cookie", &cookies).form(&fields).send().is(200);
    party.cookie = done.sets("__Host-portcullis").unwrap();
    done
}

/// The request that waited, taken up again.
fn resumed(party: &Party, request: &str) -> Reply {
    let uri = format!("urn:ietf:params:oauth:request_uri:{request}");
    party.authorize(&Params::of(&[("client_id", &party.app.id), ("request_uri", &uri)]))
}

fn without_second_factors(party: &Party) {
    party.world.sql("UPDATE tenants SET settings = json_set(settings, '$.mfa', 'off')");
    party.world.advance(6);
}

/// OIDC Core §3.1.2.1: `acr_values` is used in the order of preference.
/// OIDC Core §5.5.1.1: for an essential `acr` the person may be asked for more factors, and the ID token has one of the values.
/// RFC 9470 §4: the level that the resource asked for is tried by the authorization server.
/// RFC 9470 §6.1: the access token tells `acr` and `auth_time`.
#[test]
fn a_second_factor_that_is_asked_for_is_proved_on_the_way() {
    for (name, value) in [
        ("acr_values", TWO.to_owned()),
        ("acr_values", format!("urn:example:gold {TWO} {ONE}")),
        ("claims", essential(&[TWO])),
        ("claims", acr(json!({ "essential": true, "value": TWO }))),
        ("claims", acr(json!({ "values": [TWO, ONE] }))),
    ] {
        let mut party = Party::public();
        let auth_time = party.world.now().unix();
        let waiting = asks(&party.authorize(&party.request().with(name, &value)), "mfa");
        let request = waiting.get("request").unwrap().to_owned();
        // Nothing is given before.
        asks(&resumed(&party, &request), "mfa");
        party.world.advance(10);
        proves(&mut party, &format!("{MFA}?request={request}"));
        let code = resumed(&party, &request).sent().code();
        let tokens = party.token(&Party::exchange(&code)).is(200);
        for token in ["/access_token", "/id_token"] {
            let said = claims(&tokens.str(token));
            assert_eq!(said["acr"], TWO, "{token} {value}");
            assert_eq!(said["amr"], json!(["pwd", "otp", "mfa"]), "{token} {value}");
            assert_eq!(said["auth_time"], auth_time, "{token} {value}");
        }
        let again = party.refresh(&tokens.str("/refresh_token")).is(200);
        assert_eq!(claims(&again.str("/access_token"))["acr"], TWO);
        // Once is enough.
        party.authorize(&party.request().with(name, &value)).sent().code();
    }
}

/// OIDC Core §5.5.1.1: what is not essential and cannot be provided leaves the session's own `acr`.
#[test]
fn what_is_preferred_is_not_insisted_on() {
    let party = Party::public();
    let got = |request: Params| {
        let code = party.authorize(&request).sent().code();
        claims(&party.token(&Party::exchange(&code)).is(200).str("/id_token"))["acr"].clone()
    };
    for (name, value) in [
        ("acr_values", format!("{ONE} {TWO}")),
        ("acr_values", "urn:example:gold".to_owned()),
        ("claims", essential(&[ONE, TWO])),
        ("claims", acr(json!({ "essential": true }))),
        ("claims", acr(Value::Null)),
        ("claims", acr(json!({ "values": ["urn:example:gold"] }))),
    ] {
        assert_eq!(got(party.request().with(name, &value)), ONE, "{value}");
    }
    let silent = party.request().with("prompt", "none");
    assert_eq!(got(silent.with("acr_values", TWO)), ONE);
    without_second_factors(&party);
    assert_eq!(got(party.request().with("acr_values", TWO)), ONE);
}

/// OIDC Core §5.5.1.1: an essential `acr` that cannot be met is a failed authentication.
/// OIDC Core §3.1.2.6: `interaction_required` where a page would be needed and none may be shown.
#[test]
fn what_is_essential_is_met_or_refused() {
    let party = Party::public();
    let request = |values: &[&str]| party.request().with("claims", &essential(values));
    let silent = request(&[TWO]).with("prompt", "none");
    party.refused(&party.authorize(&silent), "interaction_required");
    let gold = party.authorize(&request(&["urn:example:gold"]));
    party.refused(&gold, "unmet_authentication_requirements");
    without_second_factors(&party);
    for request in [request(&[TWO]), silent] {
        party.refused(&party.authorize(&request), "unmet_authentication_requirements");
    }
    assert_eq!(party.world.number("SELECT count(*) AS n FROM authorization_codes"), 0);
}

/// OIDC Core §5.5.1.1: one who agrees in the place of another proves as much.
#[test]
fn consent_needs_the_second_factor_too() {
    let mut party =
        Party::with("app", json!({ "token_endpoint_auth_method": "none", "require_consent": true }));
    let ask = party.request().with("claims", &essential(&[TWO]));
    let waiting = asks(&party.authorize(&ask), "mfa");
    let request = waiting.get("request").unwrap().to_owned();
    let weak = party.cookie.clone();
    proves(&mut party, &format!("{MFA}?request={request}"));
    let asked = asks(&resumed(&party, &request), "consent");
    assert_ne!(weak, party.cookie);
    let bob = party.world.user("bob@example.com");
    let strong = std::mem::replace(&mut party.cookie, party.world.cookie(&bob));
    asks(&party.consent(&asked, true), "mfa");
    party.cookie = strong;
    party.consent(&asked, true).sent().code();
}

/// OIDC Discovery §3: `acr_values_supported` lists what can be had.
#[test]
fn the_metadata_lists_what_can_be_had() {
    let party = Party::public();
    let listed = || {
        let path = "/tenant/home/.well-known/openid-configuration";
        party.world.get(path).fresh().send().is(200).json["acr_values_supported"].clone()
    };
    assert_eq!(listed(), json!([ONE, TWO]));
    without_second_factors(&party);
    assert_eq!(listed(), json!([ONE]));
}

/// RFC 9470 §3: a resource that needs another level answers 401 with `insufficient_user_authentication` and `acr_values`.
/// RFC 9470 §6.2: introspection tells `acr` and `auth_time`.
#[test]
fn a_route_that_needs_a_second_factor_says_so() {
    let mut party = Party::confidential();
    party.world.route(json!({ "mfa": "required" }));
    let weak = party.tokens().str("/access_token");
    let key = party.world.api_key(&party.world.session(&party.user).access, &["read"]);
    let app = || party.world.get("/app/").header("accept", "application/json");
    for ask in [app().bearer(&weak), app().cookie(&party.cookie), app().key(&key)] {
        let reply = ask.send().is(401);
        assert_eq!(reply.json["code"], "MFA_REQUIRED");
        let challenge = format!("Bearer error=\"insufficient_user_authentication\", acr_values=\"{TWO}\"");
        assert_eq!(reply.header("www-authenticate"), Some(challenge.as_str()));
    }
    assert_eq!(party.world.events("gateway.refused"), 3);
    let waiting = asks(&party.authorize(&party.request().with("acr_values", TWO)), "mfa");
    let request = waiting.get("request").unwrap().to_owned();
    proves(&mut party, &format!("{MFA}?request={request}"));
    let code = resumed(&party, &request).sent().code();
    let strong = party.token(&Party::exchange(&code)).is(200).str("/access_token");
    let plan = party.world.get("/app/").bearer(&strong).plan();
    assert_eq!(claims(set(&plan, "x-portcullis-assertion").unwrap())["amr"], json!(["pwd", "otp", "mfa"]));
    party.world.get("/app/").cookie(&party.cookie).plan();
    let said = party.about("introspect", &strong).is(200).json;
    assert_eq!((&said["acr"], &said["amr"]), (&json!(TWO), &json!(["pwd", "otp", "mfa"])));
    assert_eq!(said["auth_time"], claims(&strong)["auth_time"]);
}

#[test]
fn a_browser_proves_it_on_a_page_and_comes_back() {
    let mut party = Party::public();
    party.world.route(json!({ "mfa": "required" }));
    let page = party.world.get("/app/x?a=1").navigating().cookie(&party.cookie).send().is(303);
    let location = page.header("location").unwrap().to_owned();
    assert_eq!(location, "/tenant/home/mfa?return_to=/app/x%3Fa%3D1");
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let done = proves(&mut party, &location);
    assert!(done.text.contains("href=\"/app/x?a=1\""), "{}", done.text);
    party.world.get("/app/x?a=1").navigating().cookie(&party.cookie).plan();
    // Where there are no second factors there is no page to go to.
    let bob = party.world.user("bob@example.com");
    let cookie = party.world.cookie(&bob);
    without_second_factors(&party);
    party.world.get("/app/x").navigating().cookie(&cookie).fresh().send().is(401);
    party.world.post("/app/x").navigating().cookie(&cookie).fresh().send().is(401);
}
