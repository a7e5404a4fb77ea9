//! Clients whose id is the URL of a document that describes them (Client ID Metadata Documents,
//! draft-ietf-oauth-client-id-metadata-document): what is fetched, and what is believed of
//! it.

use serde_json::{Value, json};

use crate::harness::oidc::{CALLBACK, CHALLENGE, Params, VERIFIER};
use crate::harness::{Reply, World, served};

pub(super) const URL: &str = "https://client.example/oauth/client.json";
pub(super) const LOCAL: &str = "http://127.0.0.1:3334/callback";

pub(super) fn document() -> Value {
    json!({ "client_id": URL, "client_name": "Agent", "redirect_uris": [CALLBACK],
            "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
            "token_endpoint_auth_method": "none" })
}

pub(super) fn with(other: Value) -> Value {
    let mut all = document();
    all.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
    all
}

/// A world that lets documents in, with a person who is signed in.
pub(super) struct Party {
    pub(super) world: World,
    pub(super) cookie: String,
}

pub(super) fn party(document: Value) -> Party {
    let world = World::new();
    world.settings(json!({ "clientMetadataDocuments": true }));
    world.web.serves_json(URL, document);
    let user = world.user("ada@example.com");
    let cookie = world.cookie(&user);
    Party { world, cookie }
}

pub(super) fn request(client_id: &str, redirect_uri: &str) -> Params {
    Params::of(&[
        ("client_id", client_id),
        ("redirect_uri", redirect_uri),
        ("response_type", "code"),
        ("scope", "openid profile offline_access"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("state", "s"),
    ])
}

impl Party {
    pub(super) fn ask(&self, params: &Params) -> Reply {
        let path = format!("/tenant/home/oauth2/authorize?{}", params.text());
        self.world.get(&path).cookie(&self.cookie).send()
    }

    pub(super) fn consent(&self, params: &Params) -> (String, Reply) {
        let page = self.ask(params).is(303).header("location").unwrap().to_owned();
        assert!(page.starts_with("/tenant/home/consent?request="), "{page}");
        let request = page.split_once("request=").unwrap().1.to_owned();
        (request, self.world.get(&page).cookie(&self.cookie).send().is(200))
    }

    pub(super) fn allow(&self, request: &str) -> String {
        let fields = [("request", request), ("decision", "allow")];
        self.world.post("/tenant/home/consent").cookie(&self.cookie).form(&fields).send().sent().code()
    }

    pub(super) fn post(&self, endpoint: &str, fields: &[(&str, &str)]) -> Reply {
        let all = [&[("client_id", URL)], fields].concat();
        self.world.post(&format!("/tenant/home/oauth2/{endpoint}")).form(&all).send()
    }

    pub(super) fn tokens(&self, params: &Params) -> Reply {
        let (request, _) = self.consent(params);
        let code = self.allow(&request);
        let redirect_uri = if params.text().contains("127") { LOCAL } else { CALLBACK };
        let exchange = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", redirect_uri),
            ("code_verifier", VERIFIER),
        ];
        self.post("token", &exchange).is(200)
    }

    /// Why a document is not taken, as the person is shown it.
    pub(super) fn refused(&self) -> String {
        let page = self.ask(&request(URL, CALLBACK)).is(400);
        assert_eq!(page.header("location"), None);
        page.text
    }
}

/// §4: 200 and nothing else, no redirect, 5 KiB, a JSON object whose `client_id` is the URL as a string.
#[test]
fn a_document_that_is_not_right_is_refused() {
    let name = |text: &str| text.replace('\'', "&#39;").replace('"', "&#34;");
    for (document, why) in [
        (json!({}), "client_id is not its URL"),
        (
            with(json!({ "client_id": "https://client.example/oauth/client.json/" })),
            "client_id is not its URL",
        ),
        (
            with(json!({ "client_id": "https://CLIENT.example/oauth/client.json" })),
            "client_id is not its URL",
        ),
        (
            with(json!({ "client_id": "https://client.example:443/oauth/client.json" })),
            "client_id is not its URL",
        ),
        (with(json!({ "client_id": [URL] })), "client_id is not its URL"),
        (with(json!({ "client_secret": "s" })), "it has a secret"),
        (with(json!({ "client_secret_expires_at": 0 })), "it has a secret"),
        (with(json!({ "token_endpoint_auth_method": "client_secret_basic" })), "token_endpoint_auth_method"),
        (with(json!({ "token_endpoint_auth_method": "client_secret_post" })), "token_endpoint_auth_method"),
        (with(json!({ "token_endpoint_auth_method": "client_secret_jwt" })), "token_endpoint_auth_method"),
        (with(json!({ "token_endpoint_auth_method": "private_key_jwt" })), "jwks"),
        (with(json!({ "redirect_uris": [] })), "redirect_uris"),
        (with(json!({ "redirect_uris": ["http://evil.example/", "javascript:alert(1)"] })), "redirect_uris"),
        (with(json!({ "redirect_uris": "https://app.example/" })), "redirect_uris"),
        (with(json!({ "grant_types": ["client_credentials"] })), "grant_types"),
        (json!("text"), "no JSON object"),
        (json!([document()]), "no JSON object"),
    ] {
        let party = party(document.clone());
        let page = party.refused();
        assert!(page.contains(&name(why)), "{document}: {page}");
        assert_eq!(party.world.number("SELECT count(*) AS n FROM clients"), 0);
    }
    for (status, headers, body) in [
        (404, vec![], document().to_string()),
        (201, vec![], document().to_string()),
        (302, vec![("location", "https://client.example/other")], document().to_string()),
        (500, vec![], String::new()),
        (200, vec![], format!("{}{}", " ".repeat(5_120), document())),
        (200, vec![], "{".to_owned()),
    ] {
        let party = party(document());
        party.world.web.serves(URL, move |_| Ok(served(status, &headers, body.as_bytes())));
        let page = party.refused();
        assert!(page.contains("metadata document"), "{page}");
        assert_eq!(party.world.web.times("https://"), 1, "{status}");
        assert_eq!(party.world.number("SELECT count(*) AS n FROM clients"), 0);
    }
}

/// §3: `https`, a path, no dot segments, no fragment, no user; and only what a stranger may have us ask.
#[test]
fn only_a_url_that_may_be_asked_is_a_client() {
    let party = party(document());
    for id in [
        "https://client.example",
        "http://client.example/c",
        "https://client.example/a/../c",
        "https://client.example/./c",
        "https://client.example/%2e%2e/c",
        "https://client.example/c#x",
        "https://user@client.example/c",
        "https://client.example:8443/c",
        "https://CLIENT.example/c",
        "https://127.0.0.1/c",
        "https://[::1]/c",
        "https://169.254.169.254/latest/meta-data",
        "https://localhost/c",
        "http://127.0.0.1:9000/c",
        "https://printer.local/c",
        "https://auth.example.com/tenant/home/c",
        "https://sub.auth.example.com/c",
        "ftp://client.example/c",
        "javascript:alert(1)",
    ] {
        party.ask(&request(id, CALLBACK)).is(400);
    }
    party.ask(&request(&format!("https://client.example/{}", "a".repeat(500)), CALLBACK)).is(400);
    assert_eq!(party.world.web.asked.borrow().len(), 0);
    assert_eq!(party.world.number("SELECT count(*) AS n FROM clients"), 0);
}

/// The name that we have for it is not its `client_id`.
#[test]
fn it_goes_by_its_url_alone_and_in_each_tenant_by_itself() {
    let party = party(document());
    party.tokens(&request(URL, CALLBACK));
    let row = party.world.sql("SELECT id FROM clients")[0]["id"].as_str().unwrap().to_owned();
    party.ask(&request(&row, CALLBACK)).is(400);
    let fields = [("client_id", row.as_str()), ("token", "x")];
    party.world.post("/tenant/home/oauth2/revoke").form(&fields).send().is(401);
    party.world.tenant("acme");
    let ask = |tenant: &str| {
        let path = format!("/tenant/{tenant}/oauth2/authorize?{}", request(URL, CALLBACK).text());
        party.world.get(&path).send()
    };
    ask("acme").is(400);
    party.world.sql("UPDATE tenants SET settings = '{\"clientRegistration\":\"open\"}' WHERE id = 'acme'");
    party.world.cache.forget_tenant("acme");
    ask("acme").is(303);
    assert_eq!(party.world.number("SELECT count(DISTINCT id) AS n FROM clients"), 2);
}

#[test]
fn it_is_let_in_where_registration_is_open_and_a_setting_says_otherwise() {
    for (settings, works) in [
        (json!({}), false),
        (json!({ "clientRegistration": "token" }), false),
        (json!({ "clientRegistration": "open" }), true),
        (json!({ "clientRegistration": "open", "clientMetadataDocuments": false }), false),
        (json!({ "clientMetadataDocuments": true }), true),
    ] {
        let world = World::new();
        world.settings(settings.clone());
        world.web.serves_json(URL, document());
        let path = format!("/tenant/home/oauth2/authorize?{}", request(URL, CALLBACK).text());
        assert_eq!(world.get(&path).send().status, if works { 303 } else { 400 }, "{settings}");
        assert_eq!(world.web.times(URL), usize::from(works));
        let discovery = world.get("/tenant/home/.well-known/oauth-authorization-server").send().is(200);
        assert_eq!(discovery.json["client_id_metadata_document_supported"], works);
        assert_eq!(discovery.json["code_challenge_methods_supported"], json!(["S256"]));
        assert_eq!(discovery.json["authorization_response_iss_parameter_supported"], true);
    }
    // What was let in is out once the setting is off.
    let party = party(document());
    party.tokens(&request(URL, CALLBACK));
    party.world.settings(json!({ "clientMetadataDocuments": false }));
    party.ask(&request(URL, CALLBACK)).is(400);
    party.post("token", &[("grant_type", "refresh_token"), ("refresh_token", "x")]).is(401);
}

#[test]
fn a_failure_is_not_asked_for_again_within_a_minute_and_what_was_put_right_is_seen_after_it() {
    let party = party(json!({}));
    party.world.web.serves(URL, |_| Ok(served(200, &[("cache-control", "max-age=86400")], b"{}")));
    for _ in 0..5 {
        party.refused();
    }
    assert_eq!(party.world.web.times(URL), 1);
    party.world.web.serves_json(URL, document());
    party.world.advance(59);
    party.refused();
    party.world.advance(1);
    party.consent(&request(URL, CALLBACK));
    assert_eq!(party.world.web.times(URL), 2);
}

/// §8.3: what a document says may change; whoever agreed to another client is asked again.
#[test]
fn a_document_that_changes_is_seen_and_who_it_makes_another_asks_anew() {
    for (other, again) in [
        (json!({}), false),
        (json!({ "tos_uri": "https://client.example/terms" }), false),
        (json!({ "client_name": "Another" }), true),
        (json!({ "redirect_uris": [CALLBACK, "https://evil.example/cb"] }), true),
    ] {
        let party = party(document());
        let tokens = party.tokens(&request(URL, CALLBACK));
        party.world.web.serves_json(URL, with(other.clone()));
        party.world.advance(59);
        assert!(party.ask(&request(URL, CALLBACK)).is(303).header("location").unwrap().starts_with(CALLBACK));
        party.world.advance(10);
        let to = party.ask(&request(URL, CALLBACK)).is(303).header("location").unwrap().to_owned();
        assert_eq!(to.starts_with("/tenant/home/consent"), again, "{other}: {to}");
        assert_eq!(party.world.web.times(URL), 2);
        // A grant that lives goes on: it was given to whoever holds its tokens.
        let refresh = tokens.str("/refresh_token");
        party.post("token", &[("grant_type", "refresh_token"), ("refresh_token", &refresh)]).is(200);
    }
    // A redirect URI that it does not have any more is none.
    let party = party(document());
    party.tokens(&request(URL, CALLBACK));
    party.world.web.serves_json(URL, with(json!({ "redirect_uris": ["https://app.example/elsewhere"] })));
    party.world.advance(60);
    party.ask(&request(URL, CALLBACK)).is(400);
}

/// Any program of the machine can pass for one that everybody knows by name (RFC 8252 §8.6).
#[test]
fn a_program_of_the_users_machine_asks_each_time_and_the_page_warns() {
    let party = party(with(json!({ "redirect_uris": ["http://127.0.0.1/callback", CALLBACK] })));
    let warned = "nobody can check that it is Agent";
    let (request_id, page) = party.consent(&request(URL, LOCAL));
    assert!(page.text.contains(warned) && page.text.contains("127.0.0.1:3334"), "{}", page.text);
    party.allow(&request_id);
    party.consent(&request(URL, LOCAL));
    let silent = party.ask(&request(URL, LOCAL).and("prompt", "none")).is(303);
    assert!(silent.header("location").unwrap().contains("error=consent_required"));
    // The same client in a browser is at a host of its own.
    assert!(party.ask(&request(URL, CALLBACK)).is(303).header("location").unwrap().starts_with(CALLBACK));
    let other = self::party(document());
    let (_, page) = other.consent(&request(URL, CALLBACK));
    assert!(!page.text.contains(warned));
}

#[test]
fn it_has_what_strangers_have() {
    let loud = with(json!({
        "client_name": "Log in at https://evil.example", "logo_uri": "https://client.example/logo.png",
        "client_uri": "https://intranet/", "policy_uri": "https://client.example/privacy",
        "scope": "openid write tools:call", "roles": ["ADMIN"], "resources": ["https://app.example/api"],
        "require_consent": false, "require_pkce": false, "grant_types": ["authorization_code", "client_credentials"],
        "software_id": "unknown",
    }));
    let party = party(loud);
    let (_, page) = party.consent(&request(URL, CALLBACK));
    assert!(!page.text.contains("evil.example") && !page.text.contains("logo.png"), "{}", page.text);
    assert!(!page.text.contains("intranet") && page.text.contains("https://client.example/privacy"));
    // PKCE always, also for one that brings a nonce.
    let params = request(URL, CALLBACK).without("code_challenge").without("code_challenge_method");
    let refused = party.ask(&params.and("nonce", "n")).is(303);
    assert!(refused.header("location").unwrap().contains("error=invalid_request"));
    let target = party.ask(&request(URL, CALLBACK).and("resource", "https://app.example/api")).is(303);
    assert!(target.header("location").unwrap().contains("error=invalid_target"));
    let own = [("grant_type", "client_credentials")];
    assert_eq!(party.post("token", &own).is(400).json["error"], "unauthorized_client");
}

/// What a stranger has us fetch and write is counted by address before it is done.
#[test]
fn strangers_clients_are_counted_by_address() {
    let party = party(document());
    let mut answers = Vec::new();
    for n in 0..25 {
        let url = format!("https://client{n}.example/c");
        party.world.web.serves_json(&url, with(json!({ "client_id": url })));
        answers.push(party.ask(&request(&url, CALLBACK)).status);
    }
    assert_eq!(answers.iter().filter(|status| **status == 303).count(), 20, "{answers:?}");
    assert!(answers[20..].iter().all(|status| *status == 429), "{answers:?}");
    assert_eq!(party.world.number("SELECT count(*) AS n FROM clients"), 20);
}
