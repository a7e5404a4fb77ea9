//! What was lent never becomes lasting: with a token that a client, an exchange or a key brought, no credential is made,
//! listed or removed.

use portcullis::http::guard::Guard;
use portcullis::store::users::User;
use serde_json::{Value, json};

use crate::harness::oidc::{Params, Party};
use crate::harness::{Ask, World, claims, set};

const RESOURCE: &str = "https://orders.example/";
const ISSUER: &str = "https://auth.example.com/tenant/home";

/// What a path says that it is about, if that is what lets somebody in.
const CREDENTIALS: [&str; 16] = [
    "passkey",
    "mfa",
    "device",
    "session",
    "apikey",
    "api-key",
    "password",
    "email",
    "identit",
    "connect",
    "provider",
    "factor",
    "secret",
    "consent",
    "client",
    "credential",
];

/// The rows that are about credentials and open to others, and why.
const OPEN: [(&str, &str); 20] = [
    ("POST /api/auth/change-email/confirm", "takes the token of a mailed link"),
    ("POST /api/auth/mfa/verify", "takes the secret of a challenge"),
    ("POST /api/auth/mfa/send", "takes the secret of a challenge"),
    ("POST /api/auth/passkeys/login/options", "begins a sign-in"),
    ("POST /api/auth/passkeys/login", "signs in"),
    ("GET /auth/verify-email", "takes the token of a mailed link"),
    ("POST /auth/verify-email", "takes the token of a mailed link"),
    ("POST /auth/forgot-password", "mails a link"),
    ("GET /auth/reset-password", "takes the token of a mailed link"),
    ("POST /auth/reset-password", "takes the token of a mailed link"),
    ("POST /auth/mfa/verify", "takes the secret of a challenge, else an own session"),
    ("POST /auth/mfa/login", "signs in"),
    ("POST /auth/mfa/send", "takes the secret of a challenge, else an own session"),
    ("GET /auth/providers", "lists no secret"),
    ("GET /auth/providers/{id}", "shows no secret"),
    ("GET /auth/connections/{id}", "takes a scope that people give for just this, and shows no secret"),
    ("GET /auth/connected", "takes a scope that people give for just this, and shows no secret"),
    ("GET /auth/apikeys/{id}", "takes a scope that people give for just this"),
    ("GET /tenant/{tenant}/v2/Clients", "lists no secret"),
    ("GET /tenant/{tenant}/v2/Clients/{id}", "shows no secret"),
];

#[test]
fn every_row_about_credentials_takes_a_session_of_ones_own() {
    let world = World::new();
    let mut seen = 0;
    for surface in world.table.surfaces() {
        // Pages take a browser's cookie, which only a session of one's own has; OAuth's endpoints authenticate clients.
        if !["session", "account", "connections", "tenant"].contains(&surface.name) {
            continue;
        }
        for route in &surface.routes {
            let path = route.path.to_ascii_lowercase().replace("/tenant/{tenant}", "");
            let row = format!("{} {}", route.method, route.path);
            let about = CREDENTIALS.iter().any(|word| path.contains(word));
            if !about || OPEN.iter().any(|(open, _)| *open == row) {
                continue;
            }
            seen += 1;
            let guard = route.run.guard();
            let own = [Guard::OwnSession, Guard::KeyMaker, Guard::CredentialAdmin, Guard::Operator];
            assert!(own.contains(&guard), "{row} is about a credential and takes {guard:?}");
        }
    }
    assert!(seen > 30, "{seen}");
}

/// A person with a client of each kind.
struct Lender {
    party: Party,
    token: String,
}

impl Lender {
    fn new() -> Lender {
        let other = json!({
            "scope": "openid profile email offline_access read write api_keys:create", "resources": [RESOURCE],
        });
        let party = Party::with("app", other);
        let token = party.world.session(&party.user).access;
        let exchange = json!({
            "grant_types": ["urn:ietf:params:oauth:grant-type:token-exchange", "client_credentials"],
            "scope": "read write api_keys:create", "roles": ["ADMIN"],
        });
        party.world.client("home", "backend", exchange);
        Lender { party, token }
    }

    fn user(&self) -> &User {
        &self.party.user
    }

    fn world(&self) -> &World {
        &self.party.world
    }

    fn granted(&self, scope: &str, resources: &[&str]) -> String {
        let mut request = self.party.request().with("scope", scope);
        for resource in resources {
            request = request.and("resource", resource);
        }
        let code = self.party.authorize(&request).sent().code();
        self.party.token(&Party::exchange(&code)).is(200).str("/access_token")
    }

    fn backend(&self, params: &[(&str, &str)]) -> String {
        let app = crate::harness::oidc::App { id: "backend".into(), method: self.party.app.method };
        let reply = self.world().as_client(&Party::path("token"), &app, &Params::of(params)).send().is(200);
        reply.str("/access_token")
    }

    /// Everything that is not a session of the person's own, by name.
    fn lent(&self) -> Vec<(&'static str, String)> {
        let exchange = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
            ("subject_token", self.token.as_str()),
            ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
        ];
        self.world().route(json!({ "name": "lent", "path": "/lent/" }));
        let plan = self.world().get("/lent/").bearer(&self.token).plan();
        let assertion = set(&plan, "x-portcullis-assertion").unwrap().to_owned();
        vec![
            ("a grant", self.granted("openid read write", &[])),
            ("a grant with offline access", self.granted("openid offline_access read write", &[])),
            ("a grant for a resource and us", self.granted("openid read write", &[RESOURCE])),
            ("an exchanged token", self.backend(&exchange)),
            (
                "a client's own token",
                self.backend(&[("grant_type", "client_credentials"), ("scope", "read write")]),
            ),
            ("an assertion", assertion),
        ]
    }
}

/// A value for each segment.
fn filled(path: &str) -> String {
    path.replace("{tenant}", "home").replace("{id}", "x").replace("{name}", "x").replace("{sid}", "x")
}

#[test]
fn nothing_lent_opens_an_endpoint_of_ones_own_credentials() {
    let lender = Lender::new();
    let world = lender.world();
    let reader = world.api_key(&lender.token, &["read"]);
    let writer = world.api_key(&lender.token, &["read", "write"]);
    let mut rows: Vec<(String, String)> = Vec::new();
    for surface in world.table.surfaces() {
        let own = surface
            .routes
            .iter()
            .filter(|row| matches!(row.run.guard(), Guard::OwnSession | Guard::KeyMaker));
        rows.extend(own.map(|row| (row.method.to_owned(), filled(row.path))));
    }
    rows.push(("POST".into(), "/auth/mfa/send".into()));
    assert!(rows.len() > 20, "{rows:?}");
    let lent = lender.lent();
    let body = json!({ "name": "k", "scopes": ["read"], "code": "123456" });
    for (method, path) in &rows {
        let ask = || world.ask(method, path).json(body.clone()).fresh();
        for (kind, token) in &lent {
            let status = ask().bearer(token).status();
            assert!(matches!(status, 401 | 403), "{method} {path} with {kind}: {status}");
        }
        for (kind, ask) in [
            ("a cookie", ask().cookie(&lender.party.cookie)),
            ("a reading key", ask().key(&reader)),
            ("a key", ask().key(&writer)),
            ("a key as a token", ask().bearer(&writer)),
        ] {
            assert_eq!(ask.status(), 401, "{method} {path} with {kind}");
        }
        // The honest use: the person themselves gets further than the guard.
        let own = world.session(lender.user()).access;
        let status = ask().bearer(&own).status();
        let enrols = path.ends_with("/mfa/disable") || path.ends_with("/backup-codes");
        assert!(status != 401 && (status != 403 || enrols), "{method} {path} with their own: {status}");
    }
    assert_eq!(world.number("SELECT count(*) AS n FROM api_keys WHERE name = 'k'"), 2);
}

/// What an administrator asks of the tenant's API about credentials.
fn administering<'w>(world: &'w World, own: &str) -> Vec<(&'static str, Ask<'w>)> {
    let v2 = |path: &str| format!("/tenant/home/v2/{path}");
    let me = v2(&format!("Users/{own}"));
    let user = |email: &str, more: Value| {
        let mut all = json!({ "email": email });
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        world.post(&v2("Users")).json(all)
    };
    vec![
        ("list keys", world.get(&v2("ApiKeys"))),
        ("make a key", world.post(&v2("ApiKeys")).json(json!({ "name": "k", "scopes": ["read"] }))),
        (
            "make a key for oneself",
            world.post(&v2("ApiKeys")).json(json!({ "name": "k", "scopes": ["read"], "userId": own })),
        ),
        (
            "make a client",
            world.post(&v2("Clients")).json(json!({ "redirect_uris": ["https://evil.example/"] })),
        ),
        ("change a client", world.patch(&v2("Clients/app")).json(json!({ "client_name": "App" }))),
        ("renew a secret", world.post(&v2("Clients/backend/secret")).json(json!({}))),
        ("make a user who signs in", user("a@example.com", json!({ "password": "correct horse battery" }))),
        ("make an administrator", user("b@example.com", json!({ "roles": ["ADMIN"] }))),
        ("make one with a scope", user("c@example.com", json!({ "scopes": ["payments:refund"] }))),
        ("change one's address", world.patch(&me).json(json!({ "email": "new@example.com" }))),
        ("reset one's factors", world.patch(&me).json(json!({ "resetTOTP": true }))),
        ("give oneself a scope", world.patch(&me).json(json!({ "scopes": ["payments:refund"] }))),
        ("list one's sessions", world.get(&format!("{me}/Sessions"))),
        ("end one's session", world.delete(&format!("{me}/Sessions/x"))),
        ("list one's passkeys", world.get(&format!("{me}/Passkeys"))),
        ("remove one's passkey", world.delete(&format!("{me}/Passkeys/x"))),
        ("list one's apps", world.get(&format!("{me}/Consents"))),
        ("take back one's consent", world.delete(&format!("{me}/Consents/app"))),
        ("list one's own keys", world.get(&format!("{me}/ApiKeys"))),
        ("revoke one's own key", world.delete(&format!("{me}/ApiKeys/x"))),
        ("list one's connections", world.get(&format!("{me}/Connections"))),
        ("end one's connection", world.delete(&format!("{me}/Connections/x"))),
        ("unlock a user", world.post(&format!("{me}/unlock"))),
        ("mail a reset", world.post(&format!("{me}/password-reset"))),
        ("let clients make keys", world.patch(&v2("Settings")).json(json!({ "clientApiKeys": true }))),
        ("give everybody a role", world.patch(&v2("Settings")).json(json!({ "defaultRoles": ["ADMIN"] }))),
        ("invite a user", world.post(&format!("{me}/invitation"))),
        ("change one's factor", world.patch(&me).json(json!({ "mfa": "email" }))),
    ]
}

#[test]
fn nothing_lent_by_an_administrator_makes_what_lasts() {
    let lender = Lender::new();
    let world = lender.world();
    world.sql("UPDATE users SET roles = '[\"ADMIN\"]' WHERE email = 'ada@example.com'");
    let lent = lender.lent();
    for (kind, token) in lent.iter().filter(|(kind, _)| *kind != "a client's own token") {
        for (what, ask) in administering(world, &lender.user().id) {
            let status = ask.bearer(token).fresh().status();
            assert!(matches!(status, 401 | 403), "{what} with {kind}: {status}");
        }
        // What does not last goes on.
        if kind.starts_with("a grant") {
            world.get("/tenant/home/v2/Users").bearer(token).fresh().send().is(200);
            let role = json!({ "name": "R", "rank": 1 });
            world.post("/tenant/home/v2/Roles").bearer(token).json(role).send().is(201);
            world.delete("/tenant/home/v2/Roles/R").bearer(token).send().is(204);
        }
    }
    // A key of the administrator's own keeps away from their own account.
    let key = world.api_key(&lender.token, &["read", "write"]);
    for (what, ask) in administering(world, &lender.user().id) {
        let own = what.contains("one");
        let status = ask.key(&key).fresh().status();
        assert!(!own || status == 403, "{what} with a key: {status}");
    }
    // And in a session of their own it all works.
    for (what, ask) in administering(world, &lender.user().id) {
        let own = world.session(lender.user()).access;
        let status = ask.bearer(&own).fresh().status();
        assert!(!matches!(status, 401 | 403), "{what} in their own session: {status}");
    }
}

#[test]
fn the_operators_endpoints_take_no_exchanged_token() {
    let lender = Lender::new();
    let lent = lender.lent();
    lender
        .world()
        .sql("UPDATE users SET roles = '[\"ADMIN\"]', operator = 1 WHERE email = 'ada@example.com'");
    for (kind, token) in lent {
        let status = lender.world().get("/tenant/home/v2/Tenants").bearer(&token).fresh().status();
        assert!(matches!(status, 401 | 403), "{kind}: {status}");
    }
    lender.world().get("/tenant/home/v2/Tenants").bearer(&lender.token).fresh().send().is(200);
}

#[test]
fn a_client_makes_a_key_only_where_the_tenant_says_so_and_with_the_scope() {
    let lender = Lender::new();
    let world = lender.world();
    let make = |token: &str, scopes: &[&str]| {
        let body = json!({ "name": "theirs", "scopes": scopes });
        world.post("/api/auth/api-keys").bearer(token).json(body).fresh().send()
    };
    let with = lender.granted("openid read write api_keys:create", &[]);
    make(&with, &["read"]).is(403);
    world.settings(json!({ "clientApiKeys": true }));
    make(&lender.granted("openid read write", &[]), &["read"]).is(403);
    make(&with, &["webhooks:manage"]).is(403);
    let made = make(&with, &["read"]).is(201);
    assert_eq!(made.json["data"]["client"], json!({ "id": "app", "name": "A client" }));
    world.post("/users/generate-api-key").bearer(&with).send().is(200);
    // An exchanged token makes none.
    let exchanged = lender.backend(&[
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token", &with),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
    ]);
    make(&exchanged, &["read"]).is(403);
    // The person sees whose it is.
    let own = world.session(lender.user()).access;
    let listed = world.get("/api/auth/api-keys").bearer(&own).send().is(200);
    assert_eq!(listed.json["data"]["items"][0]["client"]["id"], "app");
    // And it says so to origins.
    world.route(json!({}));
    let plan = world.get("/app/").key(&made.str("/data/apiKey")).plan();
    let said = claims(set(&plan, "x-portcullis-assertion").unwrap());
    assert_eq!(said["act"], json!({ "sub": "app", "act": { "sub": made.json["data"]["id"] } }));
    assert_eq!(
        (said["sub"].as_str(), said["scope"].as_str()),
        (Some(lender.user().id.as_str()), Some("read"))
    );
    assert_ne!(said["iss"], said["aud"], "{ISSUER}");
}

/// How a grant ends, and the key that was made through it with that.
#[test]
fn a_key_made_through_a_grant_ends_with_it() {
    type End = (&'static str, fn(&Lender, &str));
    let ends: [End; 6] = [
        ("the consent is taken back", |lender, _| {
            lender.world().revoke_consent(lender.user(), "app");
        }),
        ("the browser signs out", |lender, _| {
            let form = [("section", "")];
            let world = lender.world();
            world.post("/tenant/home/logout").cookie(&lender.party.cookie).form(&form).status();
        }),
        ("the grant's session is revoked", |lender, sid| {
            let own = lender.world().session(lender.user()).access;
            lender.world().delete(&format!("/api/auth/sessions/{sid}")).bearer(&own).send().is(200);
        }),
        ("the client is deleted", |lender, _| {
            let admin = lender.world().admin();
            lender.world().delete("/tenant/home/v2/Clients/app").bearer(&admin).send().is(204);
        }),
        ("the client ends its grant", |lender, sid| {
            let sql = format!("UPDATE sessions SET ended_at = 1 WHERE id = '{sid}'");
            lender.world().sql(&sql);
        }),
        ("the grant is over by itself", |lender, _| lender.world().advance(31 * 86_400)),
    ];
    for (what, end) in ends {
        let lender = Lender::new();
        let world = lender.world();
        world.settings(json!({ "clientApiKeys": true }));
        world.route(json!({}));
        let token = lender.granted("openid read write api_keys:create", &[]);
        let body = json!({ "name": "theirs", "scopes": ["read"] });
        let key =
            world.post("/api/auth/api-keys").bearer(&token).json(body).send().is(201).str("/data/apiKey");
        world.get("/app/").key(&key).plan();
        end(&lender, claims(&token)["sid"].as_str().unwrap());
        assert_eq!(world.get("/app/").key(&key).fresh().status(), 401, "{what}");
        let own = world.session(lender.user()).access;
        let listed = world.get("/api/auth/api-keys").bearer(&own).send().is(200);
        assert_eq!(listed.json["data"]["items"], json!([]), "{what}");
    }
}
