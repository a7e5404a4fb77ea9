//! An OpenID provider that answers what a test says.

use std::cell::RefCell;
use std::rc::Rc;

use portcullis::crypto::foreign::Alg;
use portcullis::domain::upstream::{Audience, Authentication, Dialect, Endpoints, Issuer, Upstream};
use portcullis::ports::http::{HttpAnswer, HttpRequest, Reach};
use serde_json::{Value, json};

use super::{Signer, World, served};

/// Where it is.
pub const IDP: &str = "https://idp.example";

/// Our id there.
pub const CLIENT: &str = "our-client";

/// A provider whose metadata and keys can be fetched.
pub struct Provider<'w> {
    pub world: &'w World,
    pub signer: Signer,
}

impl<'w> Provider<'w> {
    /// One that signs with RS256.
    pub fn new(world: &'w World) -> Provider<'w> {
        Provider::signing(world, Signer::rs256())
    }

    /// One that signs with that key.
    pub fn signing(world: &'w World, signer: Signer) -> Provider<'w> {
        world.web.serves_json(&format!("{IDP}/.well-known/openid-configuration"), metadata());
        world.web.serves_json(&format!("{IDP}/jwks"), signer.jwks("k"));
        Provider { world, signer }
    }

    /// What we know of it.
    pub fn upstream(&self) -> Upstream {
        let at = |path: &str| format!("{IDP}/{path}");
        Upstream {
            issuer: Issuer::exactly(IDP),
            endpoints: Endpoints {
                authorization: at("authorize"),
                token: at("token"),
                jwks: Some(at("jwks")),
                userinfo: Some(at("userinfo")),
                revocation: Some(at("revoke")),
                end_session: None,
            },
            client_id: CLIENT.to_owned(),
            authentication: Authentication::None,
            reach: Reach::Administrator,
            algorithms: Alg::PROVIDERS.to_vec(),
            audience: Audience::OursByAzp,
            says_iss: false,
            dialect: Dialect::default(),
        }
    }

    /// The claims of an ID token of now.
    pub fn claims(&self) -> Value {
        let now = self.world.now().unix();
        json!({ "iss": IDP, "sub": "ada-there", "aud": CLIENT, "exp": now + 300, "iat": now, "nonce": "n-1" })
    }

    /// The same with other members; null takes one away.
    pub fn claims_with(&self, others: &Value) -> Value {
        let mut claims = self.claims();
        change(&mut claims, others);
        claims
    }

    /// A token that it signed.
    pub fn sign(&self, claims: &Value) -> String {
        self.signer.sign(&json!({ "alg": self.signer.alg(), "kid": "k", "typ": "JWT" }), claims)
    }

    /// From now on an endpoint of it answers this.
    pub fn answers(&self, path: &str, status: u16, content_type: &'static str, body: &str) {
        let body = body.to_owned();
        let answer =
            move |_: &HttpRequest| Ok(served(status, &[("content-type", content_type)], body.as_bytes()));
        self.world.web.serves(&format!("{IDP}/{path}"), answer);
    }

    /// From now on it answers this JSON with 200.
    pub fn answers_json(&self, path: &str, value: &Value) {
        self.answers(path, 200, "application/json", &value.to_string());
    }

    /// From now on an endpoint keeps what it was asked, and answers this JSON.
    pub fn records(&self, path: &str, value: Value) -> Rc<RefCell<Vec<HttpRequest>>> {
        let asked: Rc<RefCell<Vec<HttpRequest>>> = Rc::default();
        let kept = asked.clone();
        self.world.web.serves(&format!("{IDP}/{path}"), move |request| {
            kept.borrow_mut().push(request.clone());
            Ok(json_answer(200, &value))
        });
        asked
    }
}

/// An answer of JSON.
pub fn json_answer(status: u16, value: &Value) -> HttpAnswer {
    served(status, &[("content-type", "application/json")], value.to_string().as_bytes())
}

/// Sets members of an object; null takes one away.
pub fn change(object: &mut Value, others: &Value) {
    let members = object.as_object_mut().unwrap();
    for (name, value) in others.as_object().unwrap() {
        match value {
            Value::Null => drop(members.remove(name)),
            value => drop(members.insert(name.clone(), value.clone())),
        }
    }
}

/// Its metadata.
pub fn metadata() -> Value {
    json!({
        "issuer": IDP,
        "authorization_endpoint": format!("{IDP}/authorize"),
        "token_endpoint": format!("{IDP}/token"),
        "jwks_uri": format!("{IDP}/jwks"),
        "userinfo_endpoint": format!("{IDP}/userinfo"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    })
}

/// A header field of a request of ours.
pub fn sent<'r>(request: &'r HttpRequest, name: &str) -> Option<&'r str> {
    request.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
}

/// The members of a form of ours.
pub fn form(request: &HttpRequest) -> Vec<(String, String)> {
    url::form_urlencoded::parse(request.body.as_bytes()).into_owned().collect()
}
