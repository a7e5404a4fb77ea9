//! A client that a document describes works like any other, from its request to its sign-out.

use serde_json::json;

use super::metadata_documents::{LOCAL, URL, document, party, request, with};
use super::private_key_jwt::{claims as assertion_claims, presented};
use crate::harness::oidc::{CALLBACK, Params, VERIFIER};
use crate::harness::{Signer, claims, served};

const RESOURCE: &str = "https://auth.example.com/mcp";

/// What a good exchange of a code says.
fn exchange(code: &str) -> [(&str, &str); 4] {
    [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ]
}

#[test]
fn a_client_that_nobody_registered_works_like_any_other() {
    let party = party(with(json!({ "backchannel_logout_uri": "https://client.example/bye" })));
    let world = &party.world;
    let (request_id, page) = party.consent(&request(URL, CALLBACK));
    assert!(page.text.contains("Allow Agent?") && page.text.contains("client.example"), "{}", page.text);
    assert!(page.text.contains("You will then be taken to app.example"), "{}", page.text);
    let code = party.allow(&request_id);
    let tokens = party.post("token", &exchange(&code)).is(200);
    let (access, id_token) = (tokens.str("/access_token"), tokens.str("/id_token"));
    assert_eq!(claims(&access)["client_id"], URL);
    assert_eq!(claims(&id_token)["aud"], URL);
    let me = world.get("/tenant/home/oauth2/userinfo").bearer(&access).send().is(200);
    assert_eq!(me.json["sub"], claims(&id_token)["sub"]);
    // It is remembered what was agreed to, and it is fetched once.
    assert!(party.ask(&request(URL, CALLBACK)).is(303).header("location").unwrap().starts_with(CALLBACK));
    assert_eq!(world.web.times(URL), 1);
    let refresh = tokens.str("/refresh_token");
    let next = party.post("token", &[("grant_type", "refresh_token"), ("refresh_token", &refresh)]).is(200);
    assert_eq!(claims(&next.str("/access_token"))["client_id"], URL);
    // It is among the apps of its user, under its name, and in the administrator's lists.
    let account = world.get("/tenant/home/account?part=apps").cookie(&party.cookie).send().is(200);
    assert!(account.text.contains("Agent"), "{}", account.text);
    let listed = world.get("/tenant/home/v2/Clients").bearer(&world.admin()).send().is(200);
    let client = &listed.json["items"][0];
    assert_eq!((&client["metadata_document"], &client["client_name"]), (&json!(URL), &json!("Agent")));
    // Signing out there goes by the ID token, and it hears of it under its own name.
    let hint = next.json["id_token"].as_str().map_or(id_token.clone(), str::to_owned);
    let path =
        format!("/tenant/home/oauth2/logout?client_id={}&id_token_hint={hint}", URL.replace('/', "%2F"));
    world.get(&path).cookie(&party.cookie).send().is(200);
    let forms = world.web.forms.borrow();
    let told = forms.iter().find(|(url, _)| url == "https://client.example/bye").unwrap();
    assert_eq!(claims(told.1.strip_prefix("logout_token=").unwrap())["aud"], URL);
}

#[test]
fn it_revokes_its_own_tokens_and_nobody_elses() {
    let party = party(document());
    let tokens = party.tokens(&request(URL, CALLBACK));
    let (access, refresh) = (tokens.str("/access_token"), tokens.str("/refresh_token"));
    party
        .world
        .web
        .serves_json("https://other.example/c", with(json!({ "client_id": "https://other.example/c" })));
    party.consent(&request("https://other.example/c", CALLBACK));
    let other = [("client_id", "https://other.example/c"), ("token", access.as_str())];
    party.world.post("/tenant/home/oauth2/revoke").form(&other).send().is(200);
    party.world.get("/tenant/home/oauth2/userinfo").bearer(&access).send().is(200);
    party.post("revoke", &[("token", &access)]).is(200);
    party.world.get("/tenant/home/oauth2/userinfo").bearer(&access).send().is(401);
    let spent = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    assert_eq!(party.post("token", &spent).is(400).json["error"], "invalid_grant");
}

#[test]
fn a_document_that_is_gone_lets_nobody_begin_and_ends_nothing() {
    let party = party(document());
    let tokens = party.tokens(&request(URL, CALLBACK));
    party.world.web.serves(URL, |_| Ok(served(404, &[], b"")));
    party.world.advance(60);
    assert!(party.refused().contains("client.example answered 404"));
    let refresh = tokens.str("/refresh_token");
    party.post("token", &[("grant_type", "refresh_token"), ("refresh_token", &refresh)]).is(200);
}

#[test]
fn a_client_with_keys_proves_itself_with_them() {
    let signer = Signer::es256(7);
    for keys in [json!({ "jwks": signer.jwks("k") }), json!({ "jwks_uri": "https://client.example/jwks" })] {
        let mut said = with(json!({ "token_endpoint_auth_method": "private_key_jwt" }));
        said.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
        let party = party(said);
        party.world.web.serves_json("https://client.example/jwks", signer.jwks("k"));
        let (request_id, _) = party.consent(&request(URL, CALLBACK));
        let code = party.allow(&request_id);
        let exchange = exchange(&code);
        assert_eq!(party.post("token", &exchange).is(401).json["error"], "invalid_client");
        let assertion = signer.sign(&json!({ "alg": "ES256", "kid": "k" }), &assertion_claims(URL));
        let proof = presented(&assertion);
        let fields = [
            exchange.as_slice(),
            &[
                ("client_assertion_type", proof.client_assertion_type.unwrap()),
                ("client_assertion", proof.client_assertion.unwrap()),
            ],
        ]
        .concat();
        party.world.post("/tenant/home/oauth2/token").form(&fields).send().is(200);
    }
}

#[test]
fn an_administrator_removes_it_and_does_not_change_it() {
    let party = party(document());
    let tokens = party.tokens(&request(URL, CALLBACK));
    let (world, admin) = (&party.world, party.world.admin());
    let id = world.sql("SELECT id FROM clients")[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/tenant/home/v2/Clients/{id}");
    assert_eq!(world.get(&path).bearer(&admin).send().is(200).json["metadata_document"], URL);
    world.patch(&path).bearer(&admin).json(json!({ "client_name": "Mine" })).send().is(409);
    world.put(&path).bearer(&admin).json(json!({ "redirect_uris": [CALLBACK] })).send().is(409);
    world.post(&format!("{path}/secret")).bearer(&admin).send().is(409);
    // Nor does anybody manage it as if it had registered.
    world.get(&format!("/tenant/home/oauth2/register/{id}")).bearer("-").send().is(401);
    world.delete(&path).bearer(&admin).send().is(204);
    world.get("/tenant/home/oauth2/userinfo").bearer(&tokens.str("/access_token")).send().is(401);
}

#[test]
fn one_that_nobody_uses_is_removed() {
    let party = party(document());
    party.ask(&request(URL, CALLBACK)).is(303);
    assert_eq!(party.world.number("SELECT count(*) AS n FROM clients"), 1);
    party.world.advance(31 * 86_400);
    party.world.cron();
    assert_eq!(party.world.number("SELECT count(*) AS n FROM clients"), 0);
}

/// The first that a pushed request or a device says of it is its name, too.
#[test]
fn it_may_push_its_requests_and_be_a_device() {
    let grant = "urn:ietf:params:oauth:grant-type:device_code";
    let party = party(with(json!({ "grant_types": ["authorization_code", grant] })));
    let pushed = request(URL, CALLBACK).text();
    let reply =
        party.world.post("/tenant/home/oauth2/par").body("application/x-www-form-urlencoded", pushed).send();
    let uri = reply.is(201).str("/request_uri");
    let params = Params::of(&[("client_id", URL), ("request_uri", &uri)]);
    party.consent(&params);
    let other = self::party(with(json!({ "grant_types": ["authorization_code", grant] })));
    let code = other.post("device_authorization", &[("scope", "openid")]).is(200).str("/user_code");
    let page =
        other.world.post("/tenant/home/device").cookie(&other.cookie).form(&[("user_code", &code)]).send();
    assert!(page.is(200).text.contains("described by a file at client.example"));
}

/// The way of an MCP client: challenge, metadata, document, consent, token, tool.
#[test]
fn an_agent_reaches_an_mcp_server() {
    let party = party(with(json!({ "redirect_uris": ["http://127.0.0.1/callback"] })));
    party.world.route(json!({ "name": "tools", "path": "/mcp", "mcp": true, "scopes": ["tools:call"] }));
    party.world.sql("UPDATE users SET scopes = '[\"tools:call\"]'");
    let user = party.world.sql("SELECT id FROM users WHERE email = 'ada@example.com'");
    assert_eq!(user.len(), 1);
    let challenge = party.world.post("/mcp").json(json!({})).send().is(401);
    assert!(challenge.header("www-authenticate").unwrap().contains("scope=\"tools:call\""));
    let params = request(URL, LOCAL).with("scope", "tools:call offline_access").and("resource", RESOURCE);
    let tokens = party.tokens(&params);
    let access = tokens.str("/access_token");
    assert_eq!(
        (&claims(&access)["aud"], &claims(&access)["scope"]),
        (&json!(RESOURCE), &json!("tools:call offline_access"))
    );
    party.world.post("/mcp").bearer(&access).json(json!({})).plan();
    let refresh = tokens.str("/refresh_token");
    let fields =
        [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str()), ("resource", RESOURCE)];
    party.post("token", &fields).is(200);
}
