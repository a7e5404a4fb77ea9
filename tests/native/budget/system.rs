//! What belongs to no tenant.

use serde_json::json;

use super::meter::{Row, row};
use crate::harness::{PASSWORD, World};

pub fn rows() -> Vec<Row> {
    vec![
        row("GET /healthz", |m| m.again(World::new().get("/healthz"))),
        row("GET /dev/outbox", |m| m.again(World::new().get("/dev/outbox?to=ada@example.com"))),
        row("POST /setup", |m| {
            let body = json!({ "token": "set-me-up", "email": "root@example.com", "password": PASSWORD });
            m.once(World::new().post("/setup").json(body));
        }),
    ]
}
