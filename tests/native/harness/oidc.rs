//! What tests of OAuth and OpenID Connect begin with: a client, a person who is signed in, and each step from
//! the authorization request to the tokens.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use portcullis::crypto::secret::stored;
use portcullis::domain::oauth::consents;
use portcullis::domain::tenants;
use portcullis::model::client::{AuthMethod, Metadata};
use portcullis::ports::Stmt;
use portcullis::store::users::User;
use serde_json::{Value, json};
use url::Url;

use crate::harness::{Ask, PASSWORD, Reply, World};

/// Where the clients of the tests have their users sent back to.
pub const CALLBACK: &str = "https://app.example/callback";

/// The verifier and the challenge of RFC 7636, appendix B.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// The secret of each client that has one. Its signs tell whether Basic credentials are decoded (RFC 6749 §2.3.1).
pub const SECRET: &str = "a secret+of:a/client%20that is long enough";

/// Parameters of a request.
#[derive(Debug, Clone)]
pub struct Params(Vec<(String, String)>);

impl Params {
    pub fn of(pairs: &[(&str, &str)]) -> Params {
        Params(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    /// With another value of that one.
    pub fn with(self, name: &str, value: &str) -> Params {
        self.without(name).and(name, value)
    }

    /// With that one, also if it is there already.
    pub fn and(mut self, name: &str, value: &str) -> Params {
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn without(mut self, name: &str) -> Params {
        self.0.retain(|(other, _)| other != name);
        self
    }

    /// As a query or a form.
    pub fn text(&self) -> String {
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let pairs: Vec<String> =
            self.0.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        pairs.join("&")
    }
}

/// A client as its developer knows it.
#[derive(Debug, Clone)]
pub struct App {
    pub id: String,
    pub method: AuthMethod,
}

/// `Authorization: Basic` of a client (RFC 6749 §2.3.1).
pub fn basic(id: &str, secret: &str) -> String {
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    format!("Basic {}", STANDARD.encode(format!("{}:{}", encoded(id), encoded(secret))))
}

impl World {
    /// Puts a client into a tenant; its metadata has RFC 7591's names.
    pub fn client(&self, tenant: &str, id: &str, metadata: Value) -> App {
        let metadata: Metadata = serde_json::from_value(metadata).unwrap();
        let method = metadata.token_endpoint_auth_method;
        let has_secret = matches!(method, AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost);
        let secret = has_secret.then(|| stored(SECRET));
        let args = vec![
            id.into(),
            tenant.into(),
            serde_json::to_string(&metadata).unwrap().into(),
            secret.into(),
            self.now().0.into(),
        ];
        let sql = "INSERT INTO clients (id, tenant_id, name, metadata, secret_hash, created_at)
                   VALUES (?1, ?2, 'A client', ?3, ?4, ?5)";
        self.db.one(&Stmt::new(sql, args)).unwrap();
        App { id: id.to_owned(), method }
    }

    /// Takes back what a user let a client do.
    pub fn revoke_consent(&self, user: &User, client_id: &str) {
        let cx = self.cx();
        let tenant = pollster::block_on(tenants::by_id(&cx, &user.tenant_id)).unwrap().unwrap();
        pollster::block_on(consents::revoke(&cx, &tenant, &user.id, client_id)).unwrap();
    }

    /// A request that proves which client it is from, as that is registered.
    pub fn as_client(&self, path: &str, app: &App, params: &Params) -> Ask<'_> {
        let (ask, params) = match app.method {
            AuthMethod::ClientSecretBasic => {
                (self.post(path).header("authorization", &basic(&app.id, SECRET)), params.clone())
            }
            AuthMethod::ClientSecretPost => {
                (self.post(path), params.clone().with("client_id", &app.id).with("client_secret", SECRET))
            }
            AuthMethod::None | AuthMethod::PrivateKeyJwt => {
                (self.post(path), params.clone().with("client_id", &app.id))
            }
        };
        ask.body("application/x-www-form-urlencoded", params.text())
    }
}

/// Where an answer sends a browser.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Without its query.
    pub to: String,
    pub params: HashMap<String, String>,
}

impl Sent {
    pub fn get(&self, name: &str) -> Option<&str> {
        self.params.get(name).map(String::as_str)
    }

    #[track_caller]
    pub fn code(&self) -> String {
        let code = self.get("code");
        assert!(code.is_some(), "no code: {self:?}");
        code.unwrap_or_default().to_owned()
    }
}

impl Reply {
    /// The session cookie that it sets.
    #[track_caller]
    pub fn session_cookie(&self) -> String {
        let set = self.header("set-cookie").unwrap();
        let value = set.strip_prefix("__Host-portcullis=").unwrap().split(';').next().unwrap();
        assert!(!value.is_empty(), "{set}");
        value.to_owned()
    }

    /// Where it sends the browser; it must.
    #[track_caller]
    pub fn sent(&self) -> Sent {
        assert!(matches!(self.status, 302 | 303), "{}: {}", self.status, self.text);
        let location = self.header("location").unwrap();
        let url = Url::parse("https://auth.example.com").unwrap().join(location).unwrap();
        let mut params = HashMap::new();
        for (name, value) in url.query_pairs() {
            let before = params.insert(name.to_string(), value.to_string());
            assert_eq!(before, None, "{name} twice in {location}");
        }
        assert_eq!(url.fragment(), None, "{location}");
        Sent { to: location.split('?').next().unwrap_or_default().to_owned(), params }
    }

    /// Itself, if it is an error of that code in the shape of RFC 6749 §5.2.
    #[track_caller]
    pub fn error(self, status: u16, code: &str) -> Reply {
        let reply = self.is(status);
        assert_eq!(reply.json["error"], code, "{}", reply.text);
        assert!(reply.json["error_description"].as_str().is_none_or(plain), "{}", reply.text);
        assert!(reply.header("content-type").is_some_and(|kind| kind.starts_with("application/json")));
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        reply
    }
}

/// Whether a description has just the signs that it may have (RFC 6749 §4.1.2.1, §5.2).
pub fn plain(description: &str) -> bool {
    description.bytes().all(|b| matches!(b, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e))
}

/// A client and a person who is signed in in a browser, in a world of their own.
pub struct Party {
    pub world: World,
    pub user: User,
    pub cookie: String,
    pub app: App,
}

impl Party {
    /// With a public client, as an application in a browser is.
    pub fn public() -> Party {
        Party::with("app", json!({ "token_endpoint_auth_method": "none" }))
    }

    /// With a client that has a secret.
    pub fn confidential() -> Party {
        Party::with("server", json!({}))
    }

    /// With a client of that id, which may do what most may beside what is said.
    pub fn with(id: &str, other: Value) -> Party {
        let world = World::new();
        let user = world.user_with("home", "ada@example.com", |user| {
            user.name = Some("Ada Lovelace".into());
            user.roles = vec!["MANAGER".into()];
        });
        let cookie = world.cookie(&user);
        let app = world.client("home", id, metadata(other));
        Party { world, user, cookie, app }
    }

    /// The path of an endpoint.
    pub fn path(endpoint: &str) -> String {
        format!("/tenant/home/oauth2/{endpoint}")
    }

    /// A good authorization request.
    pub fn request(&self) -> Params {
        Params::of(&[
            ("response_type", "code"),
            ("client_id", &self.app.id),
            ("redirect_uri", CALLBACK),
            ("scope", "openid profile email offline_access read"),
            ("state", "a state/of&the=client"),
            ("nonce", "n-0S6_WzA2Mj"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ])
    }

    /// The signed-in browser at the authorization endpoint.
    pub fn authorize(&self, request: &Params) -> Reply {
        self.browse(request).cookie(&self.cookie).send()
    }

    /// A browser that nobody is signed in in, on its way to the authorization endpoint.
    pub fn browse(&self, request: &Params) -> Ask<'_> {
        self.world.get(&format!("{}?{}", Party::path("authorize"), request.text())).navigating()
    }

    /// A code from a good request.
    #[track_caller]
    pub fn code(&self) -> String {
        self.authorize(&self.request()).sent().code()
    }

    /// What a good exchange of a code says.
    pub fn exchange(code: &str) -> Params {
        Params::of(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ])
    }

    /// A token request of the client, with its authentication.
    pub fn ask_token(&self, params: &Params) -> Ask<'_> {
        self.world.as_client(&Party::path("token"), &self.app, params)
    }

    /// What a token request is answered.
    pub fn token(&self, params: &Params) -> Reply {
        self.ask_token(params).send()
    }

    /// The tokens of a new grant.
    #[track_caller]
    pub fn tokens(&self) -> Reply {
        self.token(&Party::exchange(&self.code())).is(200)
    }

    /// What a refresh is answered.
    pub fn refresh(&self, token: &str) -> Reply {
        self.token(&Params::of(&[("grant_type", "refresh_token"), ("refresh_token", token)]))
    }

    /// What an endpoint that asks for the client's authentication answers about a token.
    pub fn about(&self, endpoint: &str, token: &str) -> Reply {
        self.world.as_client(&Party::path(endpoint), &self.app, &Params::of(&[("token", token)])).send()
    }

    /// Whether an access token is active, as a resource server with a secret of its own is told.
    pub fn active(&self, token: &str) -> bool {
        let known = self.world.number("SELECT count(*) AS n FROM clients WHERE id = 'resource-server'");
        let server = match known {
            0 => self.world.client("home", "resource-server", metadata(json!({}))),
            _ => App { id: "resource-server".into(), method: AuthMethod::ClientSecretBasic },
        };
        let params = Params::of(&[("token", token)]);
        let reply = self.world.as_client(&Party::path("introspect"), &server, &params).fresh().send().is(200);
        reply.json["active"].as_bool().unwrap()
    }

    /// What userinfo answers to a bearer token.
    pub fn userinfo(&self, token: &str) -> Reply {
        self.world.get(&Party::path("userinfo")).bearer(token).fresh().send()
    }

    /// The login form of a request that waits, filled in and sent.
    pub fn sign_in(&self, waiting: &Sent) -> Reply {
        let id = waiting.get("request").unwrap();
        let fields = [("email", self.user.email.as_str()), ("password", PASSWORD), ("request", id)];
        self.world.post("/tenant/home/login").navigating().form(&fields).send()
    }

    /// The answer to a question of the consent page: its own form, sent by one of its buttons.
    pub fn consent(&self, waiting: &Sent, allow: bool) -> Reply {
        let id = waiting.get("request").unwrap();
        let decision = if allow { "allow" } else { "deny" };
        let fields = [("request", id), ("decision", decision)];
        self.world.post("/tenant/home/consent").cookie(&self.cookie).navigating().form(&fields).send()
    }

    /// Follows a redirect of ours with a cookie.
    pub fn follow(&self, reply: &Reply, cookie: &str) -> Reply {
        let location = reply.header("location").unwrap();
        let path = location.strip_prefix("https://auth.example.com").unwrap_or(location);
        self.world.get(path).navigating().cookie(cookie).send()
    }

    /// That the browser was sent back with an error and nothing else.
    #[track_caller]
    pub fn refused(&self, reply: &Reply, code: &str) -> Sent {
        let sent = reply.sent();
        assert_eq!(sent.to, CALLBACK);
        assert_eq!(sent.get("error"), Some(code), "{sent:?}");
        assert!(sent.get("error_description").is_none_or(plain), "{sent:?}");
        assert_eq!(sent.get("state"), Some("a state/of&the=client"));
        assert_eq!(sent.get("iss"), Some("https://auth.example.com/tenant/home"));
        assert_eq!(sent.get("code"), None);
        sent
    }
}

/// That a page says what is wrong and the browser goes nowhere.
#[track_caller]
pub fn stays(reply: &Reply) {
    assert!((400..500).contains(&reply.status), "{}: {}", reply.status, reply.text);
    assert_eq!(reply.header("location"), None);
    assert!(reply.header("content-type").is_some_and(|kind| kind.starts_with("text/html")));
    assert!(!reply.text.contains("http-equiv=\"refresh\""), "{}", reply.text);
}

/// That the person is asked something on a page of ours first.
#[track_caller]
pub fn asks(reply: &Reply, page: &str) -> Sent {
    let sent = reply.sent();
    let path = sent.to.strip_prefix("https://auth.example.com").unwrap_or(&sent.to);
    assert_eq!(path, format!("/tenant/home/{page}"));
    assert!(sent.get("request").is_some(), "{sent:?}");
    sent
}

/// What most clients of the tests may do, and what is said beside it.
pub fn metadata(other: Value) -> Value {
    let mut all = json!({
        "redirect_uris": [CALLBACK, "https://app.example/other"],
        "grant_types": ["authorization_code", "refresh_token"],
        "scope": "openid profile email offline_access read write",
    });
    all.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
    all
}
