//! A provider that stands in: it gives a code for whatever claims a test wants, and ID tokens for its codes.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use portcullis::ports::http::Why;
use portcullis::store::users::User;
use serde_json::{Value, json};

use crate::harness::{Ask, ORIGIN, Reply, Signer, World, served};

/// What it answers at its token endpoint.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Well,
    Down,
    /// An error code and its status.
    Says(&'static str, u16),
    /// Something that is no token.
    Nonsense,
}

pub struct Provider {
    pub issuer: String,
    pub client_id: &'static str,
    signer: Rc<Signer>,
    codes: Rc<RefCell<HashMap<String, Value>>>,
    pub mood: Rc<Cell<Mood>>,
    /// Whether a code works more than once.
    pub forgets: Rc<Cell<bool>>,
}

/// Where a browser was sent, and what it holds.
#[derive(Clone)]
pub struct Begun {
    pub location: url::Url,
    /// The name and value of its cookie.
    pub cookie: String,
    pub tenant: String,
    pub id: String,
}

impl Begun {
    pub fn param(&self, name: &str) -> String {
        self.location.query_pairs().find(|(n, _)| n == name).map(|(_, v)| v.into_owned()).unwrap_or_default()
    }
}

impl Provider {
    /// One that is found by discovery.
    pub fn oidc(world: &World, host: &str) -> Provider {
        let issuer = format!("https://{host}");
        let provider = Provider::at(world, &issuer, &issuer, "portcullis");
        let metadata = json!({
            "issuer": issuer, "authorization_endpoint": format!("{issuer}/auth"), "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{issuer}/jwks"), "id_token_signing_alg_values_supported": ["ES256"],
            "response_types_supported": ["code"], "code_challenge_methods_supported": ["S256"],
            "end_session_endpoint": format!("{issuer}/logout"),
        });
        world.web.serves_json(&format!("{issuer}/.well-known/openid-configuration"), metadata);
        provider
    }

    /// One that stands in for Google, Microsoft or GitHub: `issuer` is what the tokens say.
    pub fn at(world: &World, base: &str, issuer: &str, client_id: &'static str) -> Provider {
        let signer = Rc::new(Signer::es256(7));
        let codes: Rc<RefCell<HashMap<String, Value>>> = Rc::default();
        let (mood, forgets) = (Rc::new(Cell::new(Mood::Well)), Rc::new(Cell::new(true)));
        world.web.serves_json(&format!("{base}/jwks"), signer.jwks("k"));
        let (known, its_mood, its_signer, its_forgets) =
            (codes.clone(), mood.clone(), signer.clone(), forgets.clone());
        world.web.serves(&format!("{base}/token"), move |request| {
            match its_mood.get() {
                Mood::Down => return Err(Why::Unreachable),
                Mood::Says(error, status) => {
                    let body = json!({ "error": error, "error_description": "<b>no</b>" });
                    let json = [("content-type", "application/json")];
                    return Ok(served(status, &json, body.to_string().as_bytes()));
                }
                Mood::Nonsense => return Ok(served(200, &[("content-type", "text/html")], b"<html>")),
                Mood::Well => {}
            }
            let fields: HashMap<String, String> =
                url::form_urlencoded::parse(request.body.as_bytes()).into_owned().collect();
            let code = fields.get("code").cloned().unwrap_or_default();
            let claims = match its_forgets.get() {
                true => known.borrow_mut().remove(&code),
                false => known.borrow().get(&code).cloned(),
            };
            let json = [("content-type", "application/json")];
            let Some(claims) = claims else {
                return Ok(served(400, &json, b"{\"error\":\"invalid_grant\"}"));
            };
            let id_token = its_signer.sign(&json!({ "alg": "ES256", "kid": "k" }), &claims);
            let body = json!({
                "access_token": "at", "token_type": "Bearer", "expires_in": 300, "id_token": id_token,
            });
            Ok(served(200, &json, body.to_string().as_bytes()))
        });
        Provider { issuer: issuer.to_owned(), client_id, signer, codes, mood, forgets }
    }

    /// The claims of a person who signed in for that sign-in.
    pub fn claims(&self, world: &World, begun: &Begun, person: Value) -> Value {
        let now = world.now().unix();
        let mut claims = json!({
            "iss": self.issuer, "aud": self.client_id, "iat": now, "exp": now + 300, "nonce": begun.param("nonce"),
        });
        claims.as_object_mut().unwrap().extend(person.as_object().unwrap().clone());
        claims
    }

    /// A code for exactly these claims.
    pub fn code_for(&self, claims: Value) -> String {
        let code = format!("code-{}", self.codes.borrow().len() + 1);
        self.codes.borrow_mut().insert(code.clone(), claims);
        code
    }

    /// A code for a person who signed in for that sign-in.
    pub fn code(&self, world: &World, begun: &Begun, person: Value) -> String {
        self.code_for(self.claims(world, begun, person))
    }

    /// A credential that it gives to a page of ours.
    pub fn credential(&self, world: &World, person: Value) -> String {
        let now = world.now().unix();
        let mut claims = json!({ "iss": self.issuer, "aud": self.client_id, "iat": now, "exp": now + 3_600 });
        claims.as_object_mut().unwrap().extend(person.as_object().unwrap().clone());
        self.signer.sign(&json!({ "alg": "ES256", "kid": "k" }), &claims)
    }
}

impl World {
    /// A provider of a tenant, past the API.
    pub fn provider(&self, tenant: &str, id: &str, spec: Value) {
        let spec = spec.to_string().replace('\'', "''");
        self.sql(&format!("INSERT INTO identity_providers VALUES ('{tenant}', '{id}', '{spec}', NULL, 0)"));
        self.sql(&format!("UPDATE tenants SET enterprise = 1 WHERE id = '{tenant}'"));
        // Past what isolates remember.
        self.advance(6);
    }

    /// A company's own provider `okta` at a tenant, and itself.
    pub fn okta(&self, tenant: &str, other: Value) -> Provider {
        let provider = Provider::oidc(self, "okta.example");
        let mut spec = json!({ "kind": "oidc", "name": "Okta", "issuer": provider.issuer, "clientId": provider.client_id });
        spec.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
        self.provider(tenant, "okta", spec);
        provider
    }

    /// Google at a tenant, and its stand-in.
    pub fn google(&self, tenant: &str, other: Value) -> Provider {
        let base = "https://google.example";
        let provider = Provider::at(self, base, "https://accounts.google.com", "google-client");
        let mut spec = json!({
            "kind": "google", "name": "Google", "clientId": provider.client_id, "endpoints": {
                "issuer": provider.issuer, "authorizationEndpoint": format!("{base}/auth"),
                "tokenEndpoint": format!("{base}/token"), "jwksUri": format!("{base}/jwks"),
            },
        });
        spec.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
        self.provider(tenant, "google", spec);
        provider
    }

    /// Links an identity at a provider of the user's tenant, past all rules.
    pub fn link(&self, user: &User, provider: &str, issuer: &str, subject: &str) {
        let User { id, tenant_id, .. } = user;
        self.sql(&format!(
            "INSERT INTO identities VALUES ('{id}-{provider}', '{tenant_id}', '{provider}', '{issuer}', '{subject}', '{id}', NULL, 0, NULL)"
        ));
    }

    /// Begins a sign-in.
    pub fn begin_sso(&self, tenant: &str, id: &str, query: &str) -> Begun {
        let reply = self.get(&format!("/tenant/{tenant}/sso/{id}{query}")).send().is(302);
        begun(&reply, tenant, id)
    }

    /// Comes back from the provider with that code.
    pub fn come_back(&self, begun: &Begun, code: &str) -> Ask<'_> {
        self.come_back_with(begun, &format!("code={code}&state={}", begun.param("state")))
    }

    /// Comes back from the provider with that query.
    pub fn come_back_with(&self, begun: &Begun, query: &str) -> Ask<'_> {
        let Begun { tenant, id, cookie, .. } = begun;
        self.get(&format!("/tenant/{tenant}/sso/{id}/callback?{query}")).header("cookie", cookie).navigating()
    }

    /// Signs a person in from beginning to end.
    pub fn sso(&self, provider: &Provider, tenant: &str, id: &str, person: Value) -> Reply {
        let begun = self.begin_sso(tenant, id, "");
        let code = provider.code(self, &begun, person);
        self.come_back(&begun, &code).send()
    }
}

/// What the answer to the beginning of a sign-in says.
pub fn begun(reply: &Reply, tenant: &str, id: &str) -> Begun {
    let location = url::Url::parse(reply.header("location").unwrap()).unwrap();
    let set = reply.header("set-cookie").unwrap();
    assert!(set.ends_with("Path=/; Max-Age=600; Secure; HttpOnly; SameSite=Lax"), "{set}");
    let cookie = set.split(';').next().unwrap().to_owned();
    Begun { location, cookie, tenant: tenant.to_owned(), id: id.to_owned() }
}

/// The address that a provider sends browsers back to.
pub fn callback(tenant: &str, id: &str) -> String {
    format!("{ORIGIN}/tenant/{tenant}/sso/{id}/callback")
}

/// The value of the session cookie that an answer sets.
pub fn session_of(reply: &Reply) -> Option<String> {
    reply.sets("__Host-portcullis").filter(|value| !value.is_empty())
}

/// The domain `acme.example` is proved to be of the provider `okta` of home.
pub fn with_domain(world: &World) {
    world.sql("INSERT INTO email_domains (tenant_id, domain, provider_id, status, token, created_at, verified_at, directory) VALUES ('home', 'acme.example', 'okta', 'verified', 't', 0, 0, 'home')");
    world.advance(6);
}
