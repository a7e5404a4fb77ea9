//! `/oauth2/`, below a tenant's path and at the root.

use serde_json::json;

use super::meter::{Meter, Row, row};
use crate::harness::oidc::{CALLBACK, Params, Party};
use crate::harness::{Ask, World};

const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

/// A client with a secret that may do everything, and a person.
fn party() -> Party {
    let grants = ["authorization_code", "refresh_token", "client_credentials", DEVICE, EXCHANGE];
    Party::with("server", json!({ "grant_types": grants }))
}

/// The endpoint, asked by the client.
fn ask<'p>(meter: &Meter, party: &'p Party, endpoint: &str, fields: &[(&str, &str)]) -> Ask<'p> {
    let path = format!("{}/oauth2/{endpoint}", meter.base);
    party.world.as_client(&path, &party.app, &Params::of(fields))
}

/// The client, known to the isolate.
fn known(party: &Party) {
    let fields = Params::of(&[("token", "x")]);
    party.world.as_client(&Party::path("introspect"), &party.app, &fields).send().is(200);
}

fn authorize<'p>(meter: &Meter, party: &'p Party, method: &str) -> Ask<'p> {
    let (path, text) = (format!("{}/oauth2/authorize", meter.base), party.request().text());
    let world = &party.world;
    let ask = match method {
        "GET" => world.get(&format!("{path}?{text}")),
        _ => world.post(&path).body("application/x-www-form-urlencoded", text),
    };
    ask.navigating().cookie(&party.cookie).header("sec-fetch-site", "cross-site")
}

fn register<'w>(meter: &Meter, world: &'w World) -> Ask<'w> {
    world.settings(json!({ "clientRegistration": "open" }));
    let said = json!({ "client_name": "App", "redirect_uris": [CALLBACK] });
    world.post(&format!("{}/oauth2/register", meter.base)).json(said)
}

/// What a client that registered itself manages: its path, its token, and what it says of itself.
fn registered(meter: &Meter, world: &World) -> (String, String, serde_json::Value) {
    let reply = register(meter, world).send().is(201);
    let path = format!("{}/oauth2/register/{}", meter.base, reply.str("/client_id"));
    let said =
        json!({ "client_id": reply.str("/client_id"), "client_name": "App", "redirect_uris": [CALLBACK] });
    (path, reply.str("/registration_access_token"), said)
}

fn sign_out<'p>(meter: &Meter, party: &'p Party, method: &str) -> Ask<'p> {
    let path = format!("{}/oauth2/logout", meter.base);
    let hint = party.tokens().str("/id_token");
    let ask = match method {
        "GET" => party.world.get(&format!("{path}?id_token_hint={hint}")),
        _ => party.world.post(&path).form(&[("id_token_hint", &hint)]),
    };
    ask.navigating().cookie(&party.cookie)
}

/// A document of the issuer: home has one at the root only where a host is its own.
fn published(meter: &Meter, document: &str) {
    let ask = World::new();
    let ask = ask.get(&format!("{}/.well-known/{document}", meter.base));
    if meter.base.is_empty() { meter.refused(ask, 404) } else { meter.again(ask) }
}

type Run = fn(&Meter);

/// Each of these stands below a tenant's path and at the root: method, path, and of what kind.
const ROWS: &[(&str, &str, &str, Run)] = &[
    ("POST /tenant/{tenant}/oauth2/token", "POST /oauth2/token", "code", |m| {
        let party = party();
        let code = party.code();
        known(&party);
        let fields = Party::exchange(&code).text();
        let pairs: Vec<(String, String)> =
            url::form_urlencoded::parse(fields.as_bytes()).into_owned().collect();
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        m.once(ask(m, &party, "token", &pairs));
    }),
    ("POST /tenant/{tenant}/oauth2/token", "POST /oauth2/token", "refresh", |m| {
        let party = party();
        let refresh = party.tokens().str("/refresh_token");
        m.once(ask(m, &party, "token", &[("grant_type", "refresh_token"), ("refresh_token", &refresh)]));
    }),
    ("POST /tenant/{tenant}/oauth2/token", "POST /oauth2/token", "client credentials", |m| {
        let party = party();
        m.again(ask(m, &party, "token", &[("grant_type", "client_credentials"), ("scope", "read")]));
    }),
    ("POST /tenant/{tenant}/oauth2/token", "POST /oauth2/token", "device that waits", |m| {
        let party = party();
        let asked = ask(m, &party, "device_authorization", &[("scope", "openid")]).send().is(200);
        let code = asked.str("/device_code");
        m.refused(ask(m, &party, "token", &[("grant_type", DEVICE), ("device_code", &code)]), 400);
    }),
    ("POST /tenant/{tenant}/oauth2/token", "POST /oauth2/token", "device whose person agreed", |m| {
        let party = party();
        let asked = ask(m, &party, "device_authorization", &[("scope", "openid")]).send().is(200);
        let form = [("user_code", asked.str("/user_code")), ("decision", "allow".to_owned())];
        let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
        let page = party.world.post("/tenant/home/device").navigating().cookie(&party.cookie);
        page.header("sec-fetch-site", "same-origin").form(&form).send().is(200);
        let code = asked.str("/device_code");
        m.once(ask(m, &party, "token", &[("grant_type", DEVICE), ("device_code", &code)]));
    }),
    ("POST /tenant/{tenant}/oauth2/token", "POST /oauth2/token", "token exchange", |m| {
        let party = party();
        let token = party.world.session(&party.user).access;
        let kind = "urn:ietf:params:oauth:token-type:access_token";
        let fields =
            [("grant_type", EXCHANGE), ("subject_token", token.as_str()), ("subject_token_type", kind)];
        m.again(ask(m, &party, "token", &fields));
    }),
    ("POST /tenant/{tenant}/oauth2/device_authorization", "POST /oauth2/device_authorization", "", |m| {
        let party = party();
        m.again(ask(m, &party, "device_authorization", &[("scope", "openid")]));
    }),
    ("POST /tenant/{tenant}/oauth2/introspect", "POST /oauth2/introspect", "", |m| {
        let party = party();
        let token = party.tokens().str("/access_token");
        known(&party);
        m.once(ask(m, &party, "introspect", &[("token", &token)]));
    }),
    ("POST /tenant/{tenant}/oauth2/introspect", "POST /oauth2/introspect", "refresh token", |m| {
        let party = party();
        let token = party.tokens().str("/refresh_token");
        m.again(ask(m, &party, "introspect", &[("token", &token)]));
    }),
    ("POST /tenant/{tenant}/oauth2/par", "POST /oauth2/par", "", |m| {
        let party = party();
        let fields = party.request().text();
        let pairs: Vec<(String, String)> =
            url::form_urlencoded::parse(fields.as_bytes()).into_owned().collect();
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        m.again(ask(m, &party, "par", &pairs));
    }),
    ("POST /tenant/{tenant}/oauth2/revoke", "POST /oauth2/revoke", "refresh token", |m| {
        let party = party();
        let token = party.tokens().str("/refresh_token");
        known(&party);
        m.once(ask(m, &party, "revoke", &[("token", &token)]));
    }),
    ("POST /tenant/{tenant}/oauth2/revoke", "POST /oauth2/revoke", "access token", |m| {
        let party = party();
        let token = party.tokens().str("/access_token");
        known(&party);
        m.once(ask(m, &party, "revoke", &[("token", &token)]));
    }),
    ("GET /tenant/{tenant}/oauth2/authorize", "GET /oauth2/authorize", "signed in", |m| {
        let party = party();
        m.again(authorize(m, &party, "GET"));
    }),
    ("GET /tenant/{tenant}/oauth2/authorize", "GET /oauth2/authorize", "nobody signed in", |m| {
        let party = party();
        let path = format!("{}/oauth2/authorize?{}", m.base, party.request().text());
        m.again(party.world.get(&path).navigating());
    }),
    ("POST /tenant/{tenant}/oauth2/authorize", "POST /oauth2/authorize", "", |m| {
        let party = party();
        m.again(authorize(m, &party, "POST"));
    }),
    ("GET /tenant/{tenant}/oauth2/logout", "GET /oauth2/logout", "", |m| {
        let party = party();
        m.again(sign_out(m, &party, "GET"));
    }),
    ("POST /tenant/{tenant}/oauth2/logout", "POST /oauth2/logout", "", |m| {
        let party = party();
        m.once(sign_out(m, &party, "POST"));
    }),
    ("GET /tenant/{tenant}/oauth2/userinfo", "GET /oauth2/userinfo", "", |m| {
        let party = party();
        let token = party.tokens().str("/access_token");
        m.again(party.world.get(&format!("{}/oauth2/userinfo", m.base)).bearer(&token));
    }),
    ("POST /tenant/{tenant}/oauth2/userinfo", "POST /oauth2/userinfo", "", |m| {
        let party = party();
        let token = party.tokens().str("/access_token");
        m.again(party.world.post(&format!("{}/oauth2/userinfo", m.base)).bearer(&token));
    }),
    ("POST /tenant/{tenant}/oauth2/register", "POST /oauth2/register", "", |m| {
        let world = World::new();
        m.again(register(m, &world));
    }),
    ("GET /tenant/{tenant}/oauth2/register/{id}", "GET /oauth2/register/{id}", "", |m| {
        let world = World::new();
        let (path, token, _) = registered(m, &world);
        m.again(world.get(&path).bearer(&token));
    }),
    ("PUT /tenant/{tenant}/oauth2/register/{id}", "PUT /oauth2/register/{id}", "", |m| {
        let world = World::new();
        let (path, token, said) = registered(m, &world);
        m.once(world.put(&path).bearer(&token).json(said));
    }),
    ("DELETE /tenant/{tenant}/oauth2/register/{id}", "DELETE /oauth2/register/{id}", "", |m| {
        let world = World::new();
        let (path, token, _) = registered(m, &world);
        m.once(world.delete(&path).bearer(&token));
    }),
    ("GET /tenant/{tenant}/.well-known/jwks.json", "GET /.well-known/jwks.json", "", |m| {
        let world = World::new();
        world.get("/.well-known/jwks.json").send().is(200);
        m.again(world.get(&format!("{}/.well-known/jwks.json", m.base)));
    }),
    (
        "GET /tenant/{tenant}/.well-known/openid-configuration",
        "GET /.well-known/openid-configuration",
        "",
        |m| published(m, "openid-configuration"),
    ),
    (
        "GET /tenant/{tenant}/.well-known/oauth-authorization-server",
        "GET /.well-known/oauth-authorization-server",
        "",
        |m| published(m, "oauth-authorization-server"),
    ),
];

pub fn rows() -> Vec<Row> {
    let both = |(below, root, what, run): &(&'static str, &'static str, &'static str, Run)| {
        let (what, run) = (*what, *run);
        [Row { request: below, what, base: "/tenant/home", run }, Row { request: root, what, base: "", run }]
    };
    let mut all: Vec<Row> = ROWS.iter().flat_map(both).collect();
    all.push(row("GET /.well-known/openid-configuration/tenant/{tenant}", |m| {
        m.again(World::new().get("/.well-known/openid-configuration/tenant/home"));
    }));
    all.push(row("GET /.well-known/oauth-authorization-server/tenant/{tenant}", |m| {
        m.again(World::new().get("/.well-known/oauth-authorization-server/tenant/home"));
    }));
    all
}
