//! Clients that no administrator made and the routes of MCP servers: which resources and scopes they may ask for (RFC
//! 8707), that their users agree to both, and that the tokens are for those alone.

use serde_json::{Value, json};

use super::clients::basic;
use crate::harness::oidc::{CALLBACK, CHALLENGE, Params, VERIFIER};
use crate::harness::{Reply, World, claims};

const RESOURCE: &str = "https://auth.example.com/mcp";
const OTHER: &str = "https://auth.example.com/other";
const ISSUER: &str = "https://auth.example.com/tenant/home";

/// A world with two MCP servers, and a client that registered itself.
struct Agent {
    world: World,
    cookie: String,
    id: String,
}

fn agent() -> Agent {
    let world = World::new();
    world.settings(json!({ "clientRegistration": "open" }));
    world.route(json!({ "name": "tools", "path": "/mcp", "mcp": true, "scopes": ["tools:call"] }));
    world.route(json!({ "name": "other", "path": "/other", "mcp": true, "scopes": ["write", "notes:read"] }));
    world.route(json!({ "name": "app", "path": "/app/", "audience": "https://app.example/api", "scopes": ["tools:call"] }));
    let said = json!({ "client_name": "Agent", "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none",
                       "grant_types": ["authorization_code", "refresh_token"] });
    let id = world.post("/tenant/home/oauth2/register").json(said).send().is(201).str("/client_id");
    let user = world.user_with("home", "ada@example.com", |user| user.scopes = vec!["tools:call".into()]);
    let cookie = world.cookie(&user);
    Agent { world, cookie, id }
}

impl Agent {
    fn ask(&self, scope: &str, resources: &[&str]) -> Reply {
        let mut params = Params::of(&[
            ("client_id", &self.id),
            ("redirect_uri", CALLBACK),
            ("response_type", "code"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ]);
        if !scope.is_empty() {
            params = params.and("scope", scope);
        }
        for resource in resources {
            params = params.and("resource", resource);
        }
        let path = format!("/tenant/home/oauth2/authorize?{}", params.text());
        self.world.get(&path).cookie(&self.cookie).send().is(303)
    }

    /// The consent page that a request leads to.
    fn consent(&self, scope: &str, resources: &[&str]) -> (String, Reply) {
        let reply = self.ask(scope, resources);
        let page = reply.header("location").unwrap().to_owned();
        assert!(page.starts_with("/tenant/home/consent?request="), "{page}");
        let request = page.split_once("request=").unwrap().1.to_owned();
        (request, self.world.get(&page).cookie(&self.cookie).send().is(200))
    }

    fn allow(&self, request: &str) -> String {
        let fields = [("request", request), ("decision", "allow")];
        self.world.post("/tenant/home/consent").cookie(&self.cookie).form(&fields).send().sent().code()
    }

    fn token(&self, more: &[(&str, &str)]) -> Reply {
        let mut form = vec![("client_id", self.id.as_str())];
        form.extend(more);
        self.world.post("/tenant/home/oauth2/token").form(&form).send()
    }

    fn exchange(&self, code: &str) -> Reply {
        self.token(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ])
    }

    fn tokens(&self, scope: &str, resources: &[&str]) -> Reply {
        let (request, _) = self.consent(scope, resources);
        let code = self.allow(&request);
        self.exchange(&code).is(200)
    }

    fn error(&self, scope: &str, resources: &[&str]) -> String {
        let reply = self.ask(scope, resources);
        let url = url::Url::parse(reply.header("location").unwrap()).unwrap();
        url.query_pairs().find(|(name, _)| name == "error").unwrap().1.into_owned()
    }
}

#[test]
fn an_agent_gets_a_token_for_the_server_and_for_nothing_else() {
    let agent = agent();
    let (request, page) = agent.consent("tools:call openid", &[RESOURCE]);
    assert!(page.text.contains(&format!("call {RESOURCE} for you")), "{}", page.text);
    assert!(page.text.contains("tools:call") && page.text.contains("app.example"), "{}", page.text);
    let code = agent.allow(&request);
    let tokens = agent.exchange(&code).is(200);
    assert_eq!(tokens.json["scope"], "tools:call openid");
    let access = tokens.str("/access_token");
    assert_eq!(claims(&access)["aud"], json!(RESOURCE));
    agent.world.post("/mcp").bearer(&access).json(json!({})).plan();
    for path in ["/other", "/app/"] {
        agent.world.get(path).bearer(&access).send().is(401);
    }
    agent.world.get("/tenant/home/oauth2/userinfo").bearer(&access).send().is(401);
    // A refresh does not widen it, not even to the issuer.
    let refresh = tokens.str("/refresh_token");
    let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    let wider = [fields.as_slice(), &[("resource", ISSUER)]].concat();
    assert_eq!(agent.token(&wider).is(400).json["error"], "invalid_target");
    let next = agent.token(&fields).is(200);
    assert_eq!(claims(&next.str("/access_token"))["aud"], json!(RESOURCE));
    let given = agent.world.sql("SELECT detail FROM audit WHERE event = 'consent.given'");
    assert_eq!(given[0]["detail"], format!("openid tools:call for {RESOURCE}"));
}

/// Clients write the identifier as a URL library does.
#[test]
fn a_slash_behind_the_address_makes_no_difference() {
    let agent = agent();
    let tokens = agent.tokens("tools:call", &["https://auth.example.com/mcp/"]);
    agent.world.post("/mcp").bearer(&tokens.str("/access_token")).json(json!({})).plan();
}

#[test]
fn without_a_scope_it_gets_what_goes_with_the_server() {
    let agent = agent();
    let tokens = agent.tokens("", &[RESOURCE]);
    assert_eq!(tokens.json["scope"], "openid profile email tools:call");
    let agent = self::agent();
    assert_eq!(agent.tokens("", &[]).json["scope"], "openid profile email");
}

/// A server's scope may allow something else at another server, and at the issuer.
#[test]
fn a_scope_goes_with_its_server_alone() {
    for (scope, resources, granted) in [
        ("openid tools:call", &[][..], Some("openid")),
        ("tools:call", &[], None),
        ("openid write", &[], Some("openid")),
        ("write notes:read tools:call", &[RESOURCE], Some("tools:call")),
        ("openid write", &[OTHER], Some("openid write")),
        ("openid tools:call", &[OTHER], Some("openid")),
        ("openid tools:call", &[RESOURCE, OTHER], Some("openid")),
        ("openid tools:call", &[RESOURCE, ISSUER], Some("openid")),
        ("tools:call", &[RESOURCE, ISSUER], None),
        ("write", &[ISSUER], None),
        ("openid clients:register api_keys:create", &[RESOURCE], Some("openid")),
    ] {
        let agent = agent();
        match granted {
            Some(granted) => {
                assert_eq!(agent.tokens(scope, resources).json["scope"], granted, "{scope} {resources:?}")
            }
            None => assert_eq!(agent.error(scope, resources), "invalid_scope", "{scope} {resources:?}"),
        }
    }
}

#[test]
fn nothing_but_mcp_servers_is_offered() {
    let agent = agent();
    for resource in [
        "https://app.example/api",
        "app",
        "https://auth.example.com/app",
        "https://evil.example/mcp",
        "tools",
    ] {
        assert_eq!(agent.error("openid", &[resource]), "invalid_target", "{resource}");
    }
    // The client of an administrator has what it is registered for.
    let form = [("client_id", "theirs"), ("grant_type", "client_credentials"), ("resource", RESOURCE)];
    let metadata = json!({ "grant_types": ["client_credentials"], "scope": "tools:call" });
    agent.world.client("home", "theirs", metadata);
    let ask = agent.world.post("/tenant/home/oauth2/token").header("authorization", &basic("theirs"));
    assert_eq!(ask.form(&form[1..]).send().is(400).json["error"], "invalid_target");
}

/// Nobody lends what they lack: of a server's scopes the token has those that its person has.
#[test]
fn a_token_has_no_scope_that_its_person_lacks() {
    let agent = agent();
    let tokens = agent.tokens("write notes:read", &[OTHER]);
    assert_eq!(tokens.json["scope"], "write");
    let refused = agent.world.get("/other").bearer(&tokens.str("/access_token")).send().is(403);
    assert!(refused.header("www-authenticate").unwrap().contains("scope=\"write notes:read\""));
}

#[test]
fn what_was_agreed_to_for_one_server_is_asked_for_another() {
    let agent = agent();
    agent.tokens("openid", &[]);
    assert!(agent.ask("openid", &[]).header("location").unwrap().starts_with(CALLBACK));
    let (request, _) = agent.consent("openid", &[RESOURCE]);
    agent.allow(&request);
    assert!(agent.ask("openid", &[RESOURCE]).header("location").unwrap().starts_with(CALLBACK));
    agent.consent("openid", &[OTHER]);
    let (_, page) = agent.consent("openid", &[RESOURCE, OTHER]);
    assert!(page.text.contains(RESOURCE) && page.text.contains(OTHER));
}

#[test]
fn a_route_that_is_no_mcp_server_any_more_ends_what_was_for_it() {
    let agent = agent();
    let tokens = agent.tokens("tools:call", &[RESOURCE]);
    let id =
        agent.world.sql("SELECT id FROM routes WHERE name = 'tools'")[0]["id"].as_str().unwrap().to_owned();
    agent.world.delete(&format!("/tenant/home/v2/Routes/{id}")).bearer(&agent.world.admin()).send().is(204);
    let refresh = tokens.str("/refresh_token");
    let reply = agent.token(&[("grant_type", "refresh_token"), ("refresh_token", &refresh)]).is(400);
    assert!(["invalid_scope", "invalid_target"].contains(&reply.str("/error").as_str()), "{}", reply.text);
    assert_eq!(agent.error("openid", &[RESOURCE]), "invalid_target");
}

/// The device grant asks in the same way, and its page says so, too.
#[test]
fn a_device_is_asked_about_as_well() {
    let agent = agent();
    let said = json!({ "client_name": "Device", "grant_types": ["urn:ietf:params:oauth:grant-type:device_code"],
                       "response_types": [], "token_endpoint_auth_method": "none" });
    let id = agent.world.post("/tenant/home/oauth2/register").json(said).send().is(201).str("/client_id");
    let path = "/tenant/home/oauth2/device_authorization";
    let ask = |scope: &str, resource: &str| {
        agent.world.post(path).form(&[("client_id", &id), ("scope", scope), ("resource", resource)]).send()
    };
    assert_eq!(ask("tools:call", "https://app.example/api").is(400).json["error"], "invalid_target");
    assert_eq!(ask("tools:call", OTHER).is(400).json["error"], "invalid_scope");
    let asked = ask("tools:call", RESOURCE).is(200);
    let code = asked.str("/user_code");
    let device = |fields: &[(&str, &str)]| {
        agent.world.post("/tenant/home/device").cookie(&agent.cookie).form(fields).send().is(200)
    };
    let page = device(&[("user_code", &code)]);
    assert!(page.text.contains(&format!("call {RESOURCE} for you")), "{}", page.text);
    device(&[("user_code", &code), ("decision", "allow")]);
    let grant = "urn:ietf:params:oauth:grant-type:device_code";
    let fields =
        [("client_id", id.as_str()), ("grant_type", grant), ("device_code", &asked.str("/device_code"))];
    let tokens = agent.world.post("/tenant/home/oauth2/token").form(&fields).send().is(200);
    let said: Value = claims(&tokens.str("/access_token"));
    assert_eq!((&said["aud"], &said["scope"]), (&json!(RESOURCE), &json!("tools:call")));
}
