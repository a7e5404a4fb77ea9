//! What tests of clients begin with: a client, and a grant to it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portcullis::crypto::secret::{base64url, sha256, stored};
use portcullis::model::client::Metadata;
use portcullis::ports::{Arg, Stmt};
use portcullis::store::users::User;
use serde_json::Value;

use crate::harness::{Ask, Reply, World};

/// The secret of each client that has one.
pub const SECRET: &str = "a secret that is long enough to be one";

/// Where logout tokens of the client `app` go.
pub const BACKCHANNEL: &str = "https://app.example/backchannel";

fn run(world: &World, sql: &str, args: Vec<Arg>) {
    world.db.one(&Stmt::new(sql, args)).unwrap();
}

/// Puts a client into a tenant, with RFC 7591's metadata.
pub fn client(world: &World, tenant: &str, id: &str, metadata: Value) {
    let metadata: Metadata = serde_json::from_value(metadata).unwrap();
    let secret = (!metadata.is_public()).then(|| stored(SECRET));
    let args = vec![
        id.into(),
        tenant.into(),
        serde_json::to_string(&metadata).unwrap().into(),
        secret.into(),
        world.now().0.into(),
    ];
    let sql = "INSERT INTO clients (id, tenant_id, name, metadata, secret_hash, created_at)
               VALUES (?1, ?2, 'The ' || ?1, ?3, ?4, ?5)";
    run(world, sql, args);
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

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// Where clients have their users sent back to.
pub const CALLBACK: &str = "https://app.example/callback";

/// `Authorization: Basic` of a client that has the secret.
pub fn basic(id: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{}", SECRET.replace(' ', "+"))))
}

/// A form to an endpoint of the home tenant, from a client with a secret.
pub fn from_client<'w>(
    world: &'w World,
    endpoint: &str,
    client_id: &str,
    fields: &[(&str, &str)],
) -> Ask<'w> {
    world
        .post(&format!("/tenant/home/oauth2/{endpoint}"))
        .header("authorization", &basic(client_id))
        .form(fields)
}

/// A form to an endpoint of the home tenant, from a public client.
pub fn from_public<'w>(
    world: &'w World,
    endpoint: &str,
    client_id: &str,
    fields: &[(&str, &str)],
) -> Ask<'w> {
    let mut all = vec![("client_id", client_id)];
    all.extend(fields);
    world.post(&format!("/tenant/home/oauth2/{endpoint}")).form(&all)
}

/// The tokens of a grant to a client with a secret, from the browser of one who is signed in; `more` is added
/// to the authorization request's query.
#[track_caller]
pub fn signed_in_to(world: &World, cookie: &str, client_id: &str, scope: &str, more: &str) -> Reply {
    let challenge = base64url(&sha256(VERIFIER.as_bytes()));
    let scope = scope.replace(' ', "+");
    let query = format!(
        "client_id={client_id}&redirect_uri={CALLBACK}&response_type=code&scope={scope}&nonce=n\
         &code_challenge={challenge}&code_challenge_method=S256{more}"
    );
    let back = world.get(&format!("/tenant/home/oauth2/authorize?{query}")).cookie(cookie).send().is(303);
    let url = url::Url::parse(back.header("location").unwrap()).unwrap();
    let code = url.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    from_client(world, "token", client_id, &fields).send().is(200)
}
