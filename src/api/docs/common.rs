//! What all operations share: how a tenant is said, and how callers show who they are.

use serde_json::{Value, json};

/// The tenant, in the path or in a header field.
pub(super) fn parameters() -> Value {
    let id = json!({ "type": "string", "pattern": "^[a-z0-9-]{1,40}$" });
    json!({
        "tenant": {
            "name": "tenant", "in": "path", "required": true, "description": "The tenant's id.",
            "schema": id, "example": "home",
        },
        "tenantHeader": {
            "name": "X-Tenant-Id", "in": "header", "required": false, "schema": id,
            "description": "The tenant, if the host does not name it; `home` by default.",
        },
    })
}

/// What callers show of themselves.
pub(super) fn schemes() -> Value {
    json!({
        "bearer": {
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "An access token, from `POST /api/auth/login` or the token endpoint.",
        },
        "apiKey": {
            "type": "apiKey", "in": "header", "name": "X-API-Key", "description": "An API key.",
        },
        "session": {
            "type": "apiKey", "in": "cookie", "name": crate::domain::session::sessions::COOKIE,
            "description": "A browser's session, from the login page.",
        },
        "client": {
            "type": "http", "scheme": "basic",
            "description": "A client's id and secret; or in the body, by the client's registered method.",
        },
    })
}
