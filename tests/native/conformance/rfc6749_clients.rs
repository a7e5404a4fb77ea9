//! RFC 6749: how clients say and prove who they are.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::harness::oidc::{App, Params, Party, SECRET, basic, metadata};
use crate::harness::{Ask, Reply};

const FORM: &str = "application/x-www-form-urlencoded";

fn post<'w>(party: &'w Party, params: &Params) -> Ask<'w> {
    party.world.post(&Party::path("token")).body(FORM, params.text())
}

fn good(party: &Party) -> Params {
    Party::exchange(&party.code())
}

fn refused(reply: Reply) {
    let reply = reply.is(401);
    assert_eq!(reply.json["error"], "invalid_client", "{}", reply.text);
}

/// RFC 6749 §2.3.1: a client with a password may authenticate by HTTP Basic, each part form-encoded.
#[test]
fn basic_credentials_are_decoded() {
    let party = Party::confidential();
    let header = basic(&party.app.id, SECRET);
    post(&party, &good(&party)).header("authorization", &header).send().is(200);
    // The scheme's name has no case (RFC 9110 §11.1).
    let lower = header.replace("Basic", "basic");
    post(&party, &good(&party)).header("authorization", &lower).send().is(200);
    // Said again in the body, the id must be the same.
    let both = good(&party).and("client_id", &party.app.id);
    post(&party, &both).header("authorization", &header).send().is(200);
    let other = good(&party).and("client_id", "another");
    let reply = post(&party, &other).header("authorization", &header).send();
    assert!(matches!(reply.status, 400 | 401), "{}", reply.text);
}

/// RFC 6749 §2.3.1: a client may send its credentials in the body where that is its method, and never in the URI.
#[test]
fn credentials_in_the_body_and_not_in_the_query() {
    let party = Party::with("server", json!({ "token_endpoint_auth_method": "client_secret_post" }));
    party.token(&good(&party)).is(200);
    let query = Params::of(&[("client_id", "server"), ("client_secret", SECRET)]).text();
    let path = format!("{}?{query}", Party::path("token"));
    let reply = party.world.post(&path).body(FORM, good(&party).text()).send();
    assert!(matches!(reply.status, 400 | 401), "{}", reply.text);
}

/// RFC 6749 §2.3: a client uses one method of authentication a request.
/// RFC 6749 §5.2: `invalid_request` for more than one mechanism.
#[test]
fn two_methods_at_once_are_refused() {
    let party = Party::confidential();
    let both = good(&party).and("client_id", "server").and("client_secret", SECRET);
    let reply = post(&party, &both).header("authorization", &basic("server", SECRET)).send();
    assert!(matches!(reply.status, 400 | 401), "{}", reply.text);
    assert!(["invalid_request", "invalid_client"].contains(&reply.str("/error").as_str()));
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    let both = good(&party).and("client_assertion_type", kind).and("client_assertion", "a.b.c");
    let reply = post(&party, &both).header("authorization", &basic("server", SECRET)).send();
    assert!(matches!(reply.status, 400 | 401), "{}", reply.text);
}

/// RFC 6749 §2.3.1: a secret may be sent in the header or in the body, whichever of the two was registered.
#[test]
fn a_secret_is_taken_in_the_header_and_in_the_body() {
    for registered in ["client_secret_basic", "client_secret_post"] {
        let party = Party::with("server", json!({ "token_endpoint_auth_method": registered }));
        let in_body = good(&party).and("client_id", "server").and("client_secret", SECRET);
        post(&party, &in_body).send().is(200);
        post(&party, &good(&party)).header("authorization", &basic("server", SECRET)).send().is(200);
    }
}

/// RFC 6749 §2.3: a client that has something to prove who it is authenticates with it and with nothing less.
#[test]
fn another_method_than_the_registered_one_is_refused() {
    for registered in ["client_secret_basic", "client_secret_post"] {
        let party = Party::with("server", json!({ "token_endpoint_auth_method": registered }));
        refused(post(&party, &good(&party).and("client_id", "server")).send());
    }
    let party = Party::with(
        "signs",
        json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": { "keys": [] } }),
    );
    refused(post(&party, &good(&party).and("client_id", "signs")).send());
    refused(post(&party, &good(&party).and("client_id", "signs").and("client_secret", "")).send());
    refused(post(&party, &good(&party).and("client_id", "signs").and("client_secret", SECRET)).send());
    refused(post(&party, &good(&party)).header("authorization", &basic("signs", SECRET)).send());
}

/// RFC 6749 §2.3: a public client's id proves nothing: what claims to be one with a secret is refused.
#[test]
fn a_secret_of_a_client_that_has_none_is_refused() {
    let party = Party::public();
    let reply = post(&party, &good(&party)).header("authorization", &basic("app", "anything")).send();
    assert!(matches!(reply.status, 400 | 401), "{}", reply.text);
    let reply = post(&party, &good(&party).and("client_id", "app").and("client_secret", "anything")).send();
    assert!(matches!(reply.status, 400 | 401), "{}", reply.text);
}

/// RFC 6749 §3.2.1: a client that has credentials authenticates.
/// RFC 6749 §5.2: `invalid_client` is 401 with the scheme that was used, where the header was.
#[test]
fn a_client_that_does_not_prove_who_it_is_is_refused() {
    let party = Party::confidential();
    for header in [
        basic("server", "wrong"),
        basic("server", ""),
        basic("nobody", SECRET),
        basic("", ""),
        format!("Basic {}", STANDARD.encode("server")),
        format!("Basic {}", STANDARD.encode(b"\xff:\xff")),
        "Basic".to_owned(),
        "Basic !!!".to_owned(),
    ] {
        let reply = post(&party, &good(&party)).header("authorization", &header).send();
        let challenge = reply.header("www-authenticate").unwrap_or_default().to_owned();
        assert!(challenge.starts_with("Basic"), "{header}: {challenge}");
        refused(reply);
    }
    refused(post(&party, &good(&party).and("client_id", "nobody")).send());
    let nobody = post(&party, &good(&party)).send();
    assert!(matches!(nobody.status, 400 | 401), "{}", nobody.text);
    assert_eq!(party.world.number("SELECT count(*) AS n FROM sessions WHERE client_id IS NOT NULL"), 0);
}

/// RFC 6749 §3.2.1: a client of another tenant is nobody here.
#[test]
fn a_client_of_another_tenant_is_refused() {
    let party = Party::confidential();
    party.world.tenant("b");
    party.world.client("b", "theirs", metadata(json!({ "grant_types": ["client_credentials"] })));
    let params = Params::of(&[("grant_type", "client_credentials"), ("scope", "read")]);
    let theirs = App { id: "theirs".into(), method: party.app.method };
    refused(party.world.as_client(&Party::path("token"), &theirs, &params).send());
    party.world.as_client("/tenant/b/oauth2/token", &theirs, &params).send().is(200);
    // With the id of one tenant's client, a header that names another changes nothing.
    refused(party.world.as_client(&Party::path("token"), &theirs, &params).tenant("b").send());
}

/// RFC 6749 §4.1.3: a code is exchanged by its authenticated client alone, and a failed try doesn't spend it.
#[test]
fn a_failed_authentication_spends_no_code() {
    let party = Party::confidential();
    let code = party.code();
    let wrong = post(&party, &Party::exchange(&code)).header("authorization", &basic("server", "wrong"));
    refused(wrong.send());
    party.token(&Party::exchange(&code)).is(200);
}

/// RFC 6749 §2.3.1: endpoints that take passwords withstand guessing: secrets that are made here have 256 bits.
#[test]
fn a_secret_is_too_long_to_guess() {
    let party = Party::public();
    let body = json!({ "client_name": "x", "grant_types": ["client_credentials"], "scope": "read" });
    let made =
        party.world.post("/tenant/home/v2/Clients").bearer(&party.world.admin()).json(body).send().is(201);
    assert!(made.str("/client_secret").len() >= 43, "{}", made.text);
}

/// RFC 6749 §2.2: a client's identifier is unique, and made here.
#[test]
fn a_clients_id_is_made_here() {
    let party = Party::public();
    let body = json!({ "client_id": "app", "client_name": "x", "redirect_uris": ["https://x.example/"] });
    let admin = party.world.admin();
    let made = |_: ()| party.world.post("/tenant/home/v2/Clients").bearer(&admin).json(body.clone()).send();
    let (one, other) = (made(()), made(()));
    if one.status == 201 {
        assert_ne!(one.str("/client_id"), "app");
        assert_ne!(one.str("/client_id"), other.is(201).str("/client_id"));
    } else {
        one.is(400);
    }
}
