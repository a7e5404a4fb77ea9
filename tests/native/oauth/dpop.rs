//! Tokens that are bound to a key (RFC 9449): by each grant, through a refresh, and from the authorization request on.

use serde_json::{Value, json};

use crate::harness::dpop::Holder;
use crate::harness::oidc::{Params, Party, metadata};
use crate::harness::{Ask, Reply, Signer, World, claims};

const ME: &str = "/api/auth/me";

fn token() -> String {
    Party::path("token")
}

fn holder() -> Holder {
    Holder::es256(7)
}

impl Party {
    /// A token request with a proof.
    fn prove(&self, params: &Params, holder: &Holder) -> Reply {
        self.ask_token(params).header("dpop", &holder.proof(&self.world, "POST", &token())).send()
    }

    fn refresh_with(&self, refresh: &str, holder: &Holder) -> Reply {
        let params = Params::of(&[("grant_type", "refresh_token"), ("refresh_token", refresh)]);
        self.prove(&params, holder)
    }

    fn bound_ask(&self, path: &str, token: &str, holder: &Holder) -> Ask<'_> {
        self.world.get(path).bound(token, &holder.proof_with(&self.world, "GET", path, token))
    }
}

/// That these tokens are bound to the key of that holder.
#[track_caller]
fn bound(reply: Reply, holder: &Holder) -> Reply {
    let reply = reply.is(200);
    assert_eq!(reply.json["token_type"], "DPoP", "{}", reply.text);
    assert_eq!(claims(&reply.str("/access_token"))["cnf"], json!({ "jkt": holder.jkt() }));
    reply
}

/// RFC 9449 §5: a proof at the token endpoint binds the access token, which is of the type `DPoP`.
#[test]
fn a_code_is_exchanged_for_a_bound_token_that_is_used_with_proofs() {
    let (party, holder) = (Party::public(), holder());
    party.world.route(json!({}));
    let tokens = bound(party.prove(&Party::exchange(&party.code()), &holder), &holder);
    let access = tokens.str("/access_token");
    let userinfo = Party::path("userinfo");
    for path in [ME, &userinfo] {
        party.bound_ask(path, &access, &holder).send().is(200);
        party.bound_ask(path, &access, &Holder::es256(8)).send().is(401);
        party.world.get(path).bearer(&access).send().is(401);
    }
    let posted = party
        .world
        .post(&userinfo)
        .bound(&access, &holder.proof_with(&party.world, "POST", &userinfo, &access));
    posted.send().is(200);
    // RFC 9449 §7.1: not in a form.
    party.world.post(&userinfo).form(&[("access_token", &access)]).send().is(401);
    assert_eq!(party.bound_ask("/app/", &access, &holder).status(), 200);
    // Without a proof, all is as ever.
    let bare = party.tokens();
    assert_eq!(bare.json["token_type"], "Bearer");
    assert_eq!(claims(&bare.str("/access_token")).get("cnf"), None);
}

/// RFC 9449 §5: the refresh tokens of a public client are bound to the key.
#[test]
fn a_public_clients_refresh_tokens_go_with_their_key() {
    let (party, holder, thief) = (Party::public(), holder(), Holder::es256(8));
    let refresh = bound(party.prove(&Party::exchange(&party.code()), &holder), &holder).str("/refresh_token");
    party.refresh_with(&refresh, &thief).error(400, "invalid_grant");
    party.refresh(&refresh).error(400, "invalid_grant");
    assert_eq!(party.world.events("dpop.refused"), 2);
    assert_eq!(party.world.events("token.reused"), 0);
    // Neither was it spent, nor has its family ended.
    let next = bound(party.refresh_with(&refresh, &holder), &holder).str("/refresh_token");
    let about = party.world.number("SELECT count(*) AS n FROM sessions WHERE dpop_jkt IS NOT NULL");
    assert_eq!(about, 1);
    bound(party.refresh_with(&next, &holder), &holder);
    // A thief with a spent token and a key of their own ends nothing either.
    party.refresh_with(&refresh, &thief).error(400, "invalid_grant");
    assert_eq!(party.world.events("token.reused"), 0);
}

/// RFC 9449 §5: those of a client that proves who it is are not, so that its key can change.
#[test]
fn a_confidential_clients_refresh_tokens_take_any_key() {
    let (party, holder, other) = (Party::confidential(), holder(), Holder::es256(8));
    let refresh = bound(party.prove(&Party::exchange(&party.code()), &holder), &holder).str("/refresh_token");
    let next = bound(party.refresh_with(&refresh, &other), &other).str("/refresh_token");
    let bare = party.refresh(&next).is(200);
    assert_eq!(bare.json["token_type"], "Bearer");
}

/// RFC 9449 §5.2: a client whose tokens are always bound gets none without a proof.
#[test]
fn a_client_can_be_held_to_proofs() {
    let more = json!({ "dpop_bound_access_tokens": true, "grant_types": [
        "authorization_code", "refresh_token", "client_credentials" ] });
    let (party, holder) = (Party::with("server", more), holder());
    let code = party.code();
    party.token(&Party::exchange(&code)).error(400, "invalid_dpop_proof");
    let refresh = bound(party.prove(&Party::exchange(&code), &holder), &holder).str("/refresh_token");
    party.refresh(&refresh).error(400, "invalid_dpop_proof");
    bound(party.refresh_with(&refresh, &holder), &holder);
    let own = Params::of(&[("grant_type", "client_credentials"), ("scope", "read")]);
    party.token(&own).error(400, "invalid_dpop_proof");
    bound(party.prove(&own, &holder), &holder);
}

/// RFC 9449 §10: `dpop_jkt` binds the code to the key.
/// RFC 9449 §10.1: a pushed request may bring a proof instead, or both, which agree.
#[test]
fn a_code_can_be_bound_to_the_key() {
    let (party, holder, thief) = (Party::public(), holder(), Holder::es256(8));
    let asked = party.request().with("dpop_jkt", &holder.jkt());
    let code = party.authorize(&asked).sent().code();
    party.prove(&Party::exchange(&code), &thief).error(400, "invalid_grant");
    party.token(&Party::exchange(&code)).error(400, "invalid_grant");
    bound(party.prove(&Party::exchange(&code), &holder), &holder);
    for bad in ["x", "", &"a".repeat(44), &"!".repeat(43)] {
        let sent = party.authorize(&party.request().with("dpop_jkt", bad)).sent();
        assert_eq!(sent.get("error"), if bad.is_empty() { None } else { Some("invalid_request") }, "{bad}");
    }
    let par = Party::path("par");
    let push = |params: &Params, by: &Holder| {
        let ask = party.world.as_client(&par, &party.app, params);
        ask.header("dpop", &by.proof(&party.world, "POST", &par)).send()
    };
    push(&asked, &thief).error(400, "invalid_dpop_proof");
    let bad = party.world.as_client(&par, &party.app, &asked).header("dpop", "x").send();
    bad.error(400, "invalid_dpop_proof");
    for request in [&asked, &party.request()] {
        let uri = push(request, &holder).is(201).str("/request_uri");
        let request = Params::of(&[("client_id", &party.app.id), ("request_uri", &uri)]);
        let code = party.authorize(&request).sent().code();
        party.prove(&Party::exchange(&code), &thief).error(400, "invalid_grant");
        bound(party.prove(&Party::exchange(&code), &holder), &holder);
    }
}

/// RFC 9449 §6.2: introspection says to which key, and of which type the token is.
#[test]
fn introspection_says_the_key() {
    let (party, holder) = (Party::confidential(), holder());
    let tokens = bound(party.prove(&Party::exchange(&party.code()), &holder), &holder);
    let said = party.about("introspect", &tokens.str("/access_token")).is(200).json;
    assert_eq!((&said["active"], &said["token_type"]), (&json!(true), &json!("DPoP")));
    assert_eq!(said["cnf"], json!({ "jkt": holder.jkt() }));
    let bare = party.about("introspect", &party.tokens().str("/access_token")).is(200).json;
    assert_eq!((&bare["token_type"], bare.get("cnf")), (&json!("Bearer"), None));
}

/// RFC 9449 §5: every grant.
#[test]
fn devices_backends_and_exchanges_get_bound_tokens() {
    const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
    const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
    let party = Party::with(
        "tv",
        json!({ "token_endpoint_auth_method": "none", "grant_types": [DEVICE, "refresh_token"] }),
    );
    let (world, holder) = (&party.world, holder());
    let path = Party::path("device_authorization");
    let asked = world.as_client(&path, &party.app, &Params::of(&[("scope", "read")])).send().is(200);
    let (user_code, device_code) = (asked.str("/user_code"), asked.str("/device_code"));
    let form = [("user_code", user_code.as_str()), ("decision", "allow")];
    let page = world.post("/tenant/home/device").navigating().cookie(&party.cookie);
    page.header("sec-fetch-site", "same-origin").form(&form).send().is(200);
    let poll = Params::of(&[("grant_type", DEVICE), ("device_code", &device_code)]);
    let tokens = bound(party.prove(&poll, &holder), &holder);
    party.refresh(&tokens.str("/refresh_token")).error(400, "invalid_grant");

    // A backend exchanges what it was shown with a proof, for a token of its own key.
    let backend = json!({ "grant_types": [EXCHANGE], "scope": "read" });
    let backend = world.client("home", "backend", metadata(backend));
    let exchange = Params::of(&[
        ("grant_type", EXCHANGE),
        ("subject_token", &tokens.str("/access_token")),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
    ]);
    let own = Holder::new(Signer::eddsa(4));
    let ask = || world.as_client(&token(), &backend, &exchange);
    let exchanged = bound(ask().header("dpop", &own.proof(world, "POST", &token())).send(), &own);
    let access = exchanged.str("/access_token");
    party.bound_ask(ME, &access, &own).send().is(200);
    party.bound_ask(ME, &access, &holder).send().is(401);
}

/// A client is told what it may ask for, and what it is (RFC 9449 §5.1, §5.2).
#[test]
fn metadata_and_registration_know_it() {
    let world = World::new();
    let said = world.get("/tenant/home/.well-known/openid-configuration").send().is(200).json;
    assert_eq!(said["dpop_signing_alg_values_supported"], json!(["ES256", "RS256", "EdDSA", "Ed25519"]));
    world.settings(json!({ "clientRegistration": "open" }));
    let body = json!({ "redirect_uris": ["https://app.example/cb"], "dpop_bound_access_tokens": true });
    let made = world.post("/oauth2/register").json(body).send().is(201);
    assert_eq!(made.json["dpop_bound_access_tokens"], true);
    let wrong = json!({ "redirect_uris": ["https://app.example/cb"], "dpop_bound_access_tokens": "yes" });
    world.post("/oauth2/register").json(wrong).send().error(400, "invalid_client_metadata");
}

/// RFC 9449 §8, §9: nonces, where a tenant asks for them.
#[test]
fn a_nonce_is_asked_for_given_and_good_for_some_minutes() {
    let (party, holder) = (Party::public(), holder());
    let world = &party.world;
    world.route(json!({}));
    world.settings(json!({ "requireDpopNonce": true }));
    let with = |mut said: Value, nonce: &str| {
        said["nonce"] = nonce.into();
        holder.sign(&said)
    };
    let exchange = Party::exchange(&party.code());
    let refused = party.prove(&exchange, &holder).error(400, "use_dpop_nonce");
    let nonce = refused.header("dpop-nonce").unwrap().to_owned();
    assert!(nonce.len() >= 20 && nonce.bytes().all(|b| b.is_ascii_graphic()), "{nonce}");
    let proof = with(holder.claims(world, "POST", &token(), None), &nonce);
    let tokens = bound(party.ask_token(&exchange).header("dpop", &proof).send(), &holder);
    assert_eq!(tokens.header("dpop-nonce"), Some(nonce.as_str()), "the next is told with the answer");
    let access = tokens.str("/access_token");
    // At resources as well, and on the gateway.
    for path in [ME, "/app/"] {
        let refused = party.bound_ask(path, &access, &holder).send().is(401);
        let challenge = refused.header("www-authenticate").unwrap();
        assert!(challenge.starts_with("DPoP error=\"use_dpop_nonce\""), "{challenge}");
        let nonce = refused.header("dpop-nonce").unwrap().to_owned();
        let proof = with(holder.claims(world, "GET", path, Some(&access)), &nonce);
        assert_eq!(world.get(path).bound(&access, &proof).status(), 200);
    }
    let proof = with(holder.claims(world, "GET", "/app/", Some(&access)), &nonce);
    let plan = world.get("/app/").bound(&access, &proof).plan();
    assert_eq!(plan.dpop_nonce.as_deref(), Some(nonce.as_str()));
    // A clock that is wrong by minutes is no matter then; by more it is.
    let status = |ahead: i64, nonce: &str| {
        let mut said = holder.claims(world, "GET", ME, Some(&access));
        said["iat"] = (world.now().0 / 1000 + ahead).into();
        world.get(ME).bound(&access, &with(said, nonce)).status()
    };
    assert_eq!([-301, -299, 299, 301].map(|ahead| status(ahead, &nonce)), [401, 200, 200, 401]);
    // It is good in its slot and the next one.
    world.advance(150);
    assert_eq!(status(0, &nonce), 200);
    world.advance(150);
    assert_eq!(status(0, &nonce), 401);
    // Nor is that of another tenant one here.
    let admin = world.tenant("b");
    world
        .patch("/tenant/b/v2/Settings")
        .bearer(&admin)
        .json(json!({ "requireDpopNonce": true }))
        .send()
        .is(200);
    let app = world.client("b", "robot", metadata(json!({ "grant_types": ["client_credentials"] })));
    let path = "/tenant/b/oauth2/token";
    let params = Params::of(&[("grant_type", "client_credentials")]);
    let ask = world.as_client(path, &app, &params).header("dpop", &holder.proof(world, "POST", path));
    let theirs = ask.send().error(400, "use_dpop_nonce").header("dpop-nonce").unwrap().to_owned();
    assert_eq!(status(0, &theirs), 401);
}

/// RFC 9449 §4.3: the address that is proved is the one that was asked, of a host of ours.
#[test]
fn a_proof_is_for_the_host_that_was_asked() {
    let world = World::new();
    world.tenant("acme");
    let host = json!({ "host": "login.acme.example" });
    world.patch("/tenant/home/v2/Tenants/acme").bearer(&world.admin()).json(host).send().is(200);
    let app = world.client("acme", "robot", metadata(json!({ "grant_types": ["client_credentials"] })));
    let holder = holder();
    let params = Params::of(&[("grant_type", "client_credentials")]);
    let status = |host: &str, path: &str, htu: &str| {
        let mut said = holder.claims(&world, "POST", "", None);
        said["htu"] = htu.into();
        let ask = world.as_client(path, &app, &params).host(host).tenant("acme");
        ask.header("dpop", &holder.sign(&said)).send().status
    };
    let (own, root, path) = ("login.acme.example", "/oauth2/token", "/tenant/acme/oauth2/token");
    assert_eq!(status(own, root, "https://login.acme.example/oauth2/token"), 200);
    assert_eq!(status(own, root, "https://auth.example.com/oauth2/token"), 400);
    assert_eq!(status(own, root, "https://login.acme.example/tenant/acme/oauth2/token"), 400);
    assert_eq!(status("auth.example.com", path, "https://auth.example.com/tenant/acme/oauth2/token"), 200);
    assert_eq!(status("auth.example.com", path, "https://login.acme.example/oauth2/token"), 400);
    // What was proved to another server is nothing here, whatever host a request names.
    assert_eq!(status("evil.example", path, "https://evil.example/tenant/acme/oauth2/token"), 400);
    assert_eq!(status("evil.example", path, "https://auth.example.com/tenant/acme/oauth2/token"), 400);
}
