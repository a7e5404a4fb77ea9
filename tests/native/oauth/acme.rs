//! A tenant that has a host of its own or none, with somebody signed in and a client, for tests of its issuer.

use portcullis::store::users::User;
use serde_json::json;

use crate::harness::oidc::{App, CALLBACK, CHALLENGE, Params, VERIFIER, metadata};
use crate::harness::{Ask, PASSWORD, Reply, Signer, World};

pub(super) const ORIGIN: &str = "https://auth.example.com";
pub(super) const OWN: &str = "auth.example.com";
pub(super) const FIRST: &str = "login.acme.example";
pub(super) const SECOND: &str = "id.acme.example:8443";
pub(super) const TENANT: &str = "/tenant/home/v2/Tenants/acme";
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS: &str = "urn:ietf:params:oauth:token-type:access_token";
pub(super) const ORDERS: &str = "https://orders.example/";

/// The host that a tenant has, if any.
pub(super) type Host = Option<&'static str>;

pub(super) const HOSTS: [Host; 3] = [None, Some(FIRST), Some(SECOND)];

pub(super) fn issuer(host: Host) -> String {
    host.map_or(format!("{ORIGIN}/tenant/acme"), |host| format!("https://{host}"))
}

/// A tenant with an administrator who is signed in everywhere, two clients and a route.
pub(super) struct Acme {
    pub(super) world: World,
    pub(super) boss: User,
    pub(super) cookie: String,
    app: App,
    pub(super) signer: Signer,
    host: std::cell::Cell<Host>,
}

pub(super) fn acme() -> Acme {
    let world = World::new();
    let admin = world.tenant("acme");
    let app = metadata(json!({
        "grant_types": ["authorization_code", "refresh_token", "client_credentials", EXCHANGE,
                        "urn:ietf:params:oauth:grant-type:device_code"],
        "resources": [ORDERS], "post_logout_redirect_uris": ["https://app.example/"],
    }));
    let app = world.client("acme", "server", app);
    let signer = Signer::es256(7);
    let signing = json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": signer.jwks("k") });
    world.client("acme", "signing", metadata(signing));
    let body = json!({ "name": "app", "path": "/app/", "origin": "http://acme.internal" });
    world.post("/tenant/acme/v2/Routes").bearer(&admin).json(body).send().is(201);
    let boss = world.user_with("acme", "boss@acme.example", |user| user.roles = vec!["ADMIN".into()]);
    let cookie = world.cookie(&boss);
    Acme { world, boss, cookie, app, signer, host: std::cell::Cell::new(None) }
}

impl Acme {
    pub(super) fn at(host: Host) -> Acme {
        let acme = acme();
        acme.move_to(host);
        acme
    }

    pub(super) fn move_to(&self, host: Host) {
        let body = json!({ "host": host });
        self.world.patch(TENANT).bearer(&self.world.admin()).json(body).send().is(200);
        self.host.set(host);
    }

    pub(super) fn issuer(&self) -> String {
        issuer(self.host.get())
    }

    /// The path of an endpoint below the issuer, for the host that is to be asked.
    pub(super) fn path(&self, below: &str) -> String {
        if self.host.get().is_some() { below.to_owned() } else { format!("/tenant/acme{below}") }
    }

    pub(super) fn here<'w>(&self, ask: Ask<'w>) -> Ask<'w> {
        ask.host(self.host.get().unwrap_or(OWN))
    }

    pub(super) fn get(&self, below: &str) -> Ask<'_> {
        self.here(self.world.get(&self.path(below)))
    }

    /// An endpoint's answer to the client.
    pub(super) fn client(&self, endpoint: &str, params: &Params) -> Reply {
        let path = self.path(&format!("/oauth2/{endpoint}"));
        self.here(self.world.as_client(&path, &self.app, params)).send()
    }

    pub(super) fn request(&self) -> Params {
        Params::of(&[
            ("response_type", "code"),
            ("client_id", &self.app.id),
            ("redirect_uri", CALLBACK),
            ("scope", "openid email offline_access read write"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ])
    }

    pub(super) fn authorize(&self, request: &Params) -> Reply {
        let path = format!("{}?{}", self.path("/oauth2/authorize"), request.text());
        self.here(self.world.get(&path)).navigating().cookie(&self.cookie).send()
    }

    pub(super) fn code(&self, request: &Params) -> Params {
        let sent = self.authorize(request).sent();
        assert_eq!(sent.get("iss"), Some(self.issuer().as_str()));
        Params::of(&[
            ("grant_type", "authorization_code"),
            ("code", &sent.code()),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ])
    }

    pub(super) fn tokens(&self) -> Reply {
        self.client("token", &self.code(&self.request())).is(200)
    }

    pub(super) fn refresh(&self, token: &str) -> Reply {
        self.client("token", &Params::of(&[("grant_type", "refresh_token"), ("refresh_token", token)]))
    }

    /// One access token of each kind, by its name.
    pub(super) fn access_tokens(&self) -> Vec<(&'static str, String)> {
        let body = json!({ "email": self.boss.email, "password": PASSWORD });
        let login = self.here(self.world.post("/auth/login")).tenant("acme").json(body).send().is(200);
        let own = login.str("/access_token");
        let client =
            self.client("token", &Params::of(&[("grant_type", "client_credentials"), ("scope", "read")]));
        let exchanged = Params::of(&[
            ("grant_type", EXCHANGE),
            ("subject_token", &own),
            ("subject_token_type", ACCESS),
            ("scope", "read"),
        ]);
        vec![
            ("client's", self.tokens().str("/access_token")),
            ("client's own", client.is(200).str("/access_token")),
            ("exchanged", self.client("token", &exchanged).is(200).str("/access_token")),
            ("person's", own),
        ]
    }

    /// Every place that takes an access token, and whether it takes this one.
    pub(super) fn takes(&self, token: &str) -> Vec<(&'static str, bool)> {
        let ask = |path: &str| self.here(self.world.get(path)).tenant("acme").bearer(token).status();
        let about = Params::of(&[("token", token)]);
        let exchange = Params::of(&[
            ("grant_type", EXCHANGE),
            ("subject_token", token),
            ("subject_token_type", ACCESS),
            ("scope", "read"),
        ]);
        let statuses = [
            ("gateway", ask("/app/")),
            ("session API", ask("/api/auth/me")),
            ("tenant API", ask("/tenant/acme/v2/Users")),
            ("userinfo", self.get("/oauth2/userinfo").bearer(token).status()),
            ("userinfo of the path", ask("/tenant/acme/oauth2/userinfo")),
        ];
        let mut all: Vec<_> = statuses.into_iter().map(|(place, status)| (place, status != 401)).collect();
        all.push(("introspection", self.client("introspect", &about).is(200).json["active"] == true));
        all.push(("exchange", self.client("token", &exchange).status == 200));
        all
    }
}
