//! What tests of clients begin with: a client, and a grant to it.

use portcullis::crypto::secret::stored;
use portcullis::model::client::AuthMethod;
use portcullis::ports::{Arg, Stmt};
use portcullis::store::users::User;

use crate::harness::oidc::{self, App, CHALLENGE, Params, Party};
pub use crate::harness::oidc::{CALLBACK, SECRET};
use crate::harness::{Ask, Reply, World};

/// Where logout tokens of the client `app` go.
pub const BACKCHANNEL: &str = "https://app.example/backchannel";

fn run(world: &World, sql: &str, args: Vec<Arg>) {
    world.db.one(&Stmt::new(sql, args)).unwrap();
}

/// The session of a browser's cookie.
pub fn session_of(world: &World, cookie: &str) -> String {
    let sql = "SELECT id FROM sessions WHERE cookie_hash = ?1";
    let rows = world.db.one(&Stmt::new(sql, vec![stored(cookie).into()])).unwrap();
    rows[0]["id"].as_str().unwrap().to_owned()
}

/// Puts a grant to a client below a browser's session; answers its id.
pub fn grant(world: &World, user: &User, cookie: &str, client_id: &str, scope: &str) -> String {
    let parent = session_of(world, cookie);
    let id = world.cx().id();
    let args = vec![
        id.as_str().into(),
        parent.into(),
        client_id.into(),
        scope.into(),
        user.id.as_str().into(),
        world.now().0.into(),
    ];
    let sql = "INSERT INTO sessions (id, tenant_id, user_id, amr, auth_time, address, user_agent, created_at,
                                     seen_at, expires_at, client_id, parent_id, scope, resources)
               SELECT ?1, tenant_id, ?5, amr, auth_time, '', '', ?6, ?6, expires_at, ?3, id, ?4, '[]'
               FROM sessions WHERE id = ?2";
    run(world, sql, args);
    id
}

/// `Authorization: Basic` of a client that has the secret.
pub fn basic(id: &str) -> String {
    oidc::basic(id, SECRET)
}

/// A form to an endpoint of the home tenant, from a client with a secret.
pub fn from_client<'w>(
    world: &'w World,
    endpoint: &str,
    client_id: &str,
    fields: &[(&str, &str)],
) -> Ask<'w> {
    from(world, endpoint, client_id, AuthMethod::ClientSecretBasic, fields)
}

/// A form to an endpoint of the home tenant, from a public client.
pub fn from_public<'w>(
    world: &'w World,
    endpoint: &str,
    client_id: &str,
    fields: &[(&str, &str)],
) -> Ask<'w> {
    from(world, endpoint, client_id, AuthMethod::None, fields)
}

fn from<'w>(
    world: &'w World,
    endpoint: &str,
    client_id: &str,
    method: AuthMethod,
    fields: &[(&str, &str)],
) -> Ask<'w> {
    world.as_client(&Party::path(endpoint), &App { id: client_id.to_owned(), method }, &Params::of(fields))
}

/// The tokens of a grant to a client with a secret, from the browser of one who is signed in; `resource` is
/// asked for if it is not empty.
#[track_caller]
pub fn signed_in_to(world: &World, cookie: &str, client_id: &str, scope: &str, resource: &str) -> Reply {
    let query = Params::of(&[
        ("client_id", client_id),
        ("redirect_uri", CALLBACK),
        ("response_type", "code"),
        ("scope", scope),
        ("nonce", "n"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("resource", resource),
    ]);
    let path = format!("{}?{}", Party::path("authorize"), query.text());
    let code = world.get(&path).cookie(cookie).send().sent().code();
    let app = App { id: client_id.to_owned(), method: AuthMethod::ClientSecretBasic };
    world.as_client(&Party::path("token"), &app, &Party::exchange(&code)).send().is(200)
}
