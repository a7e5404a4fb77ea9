//! What tests of clients begin with: a client, and a grant to it.

use portcullis::crypto::secret::stored;
use portcullis::model::client::Metadata;
use portcullis::ports::{Arg, Stmt};
use portcullis::store::users::User;
use serde_json::Value;

use crate::harness::World;

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
