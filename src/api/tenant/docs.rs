//! What the document says of the tenant API.

#![expect(dead_code, reason = "shapes of answers, read by utoipa alone")]

use serde::Serialize;
use utoipa::ToSchema;

use crate::api::docs::{Chapter, Named, Operation, answer, conflict, op, whole_answer};
use crate::api::tenant::{keys, plans, roles, tenants, users};
use crate::domain::tenants::Settings;
use crate::model::route::RouteSpec;

/// RFC 9457.
#[derive(ToSchema)]
struct Problem {
    r#type: String,
    title: String,
    status: u16,
    #[schema(nullable = false)]
    detail: Option<String>,
    code: String,
    /// With `VALIDATION_ERROR`: which fields.
    #[schema(nullable = false)]
    errors: Option<Vec<Field>>,
    /// With a 500: what the log knows it by.
    #[schema(nullable = false, rename = "requestId")]
    request_id: Option<String>,
}

#[derive(ToSchema)]
struct Field {
    field: String,
    detail: String,
}

pub fn failure() -> Named {
    answer::<Problem>()
}

#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct User {
    id: String,
    email: String,
    email_verified: bool,
    name: Option<String>,
    roles: Vec<String>,
    /// The tenant's default if null.
    plan: Option<String>,
    mfa: Mfa,
    status: UserStatus,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    last_login_at: Option<String>,
    /// On the deployment's operator.
    #[schema(nullable = false)]
    operator: Option<bool>,
}

#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
enum Mfa {
    None,
    Totp,
    Email,
}

#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
enum UserStatus {
    Active,
    Disabled,
}

#[derive(ToSchema, Serialize)]
struct Route {
    id: String,
    #[serde(flatten)]
    spec: RouteSpec,
}

#[derive(ToSchema)]
struct Role {
    name: String,
    rank: i64,
}

#[derive(ToSchema)]
struct Plan {
    name: String,
    rank: i64,
    features: Vec<String>,
}

#[derive(ToSchema)]
struct Event {
    id: String,
    #[schema(format = DateTime)]
    at: String,
    event: String,
    outcome: String,
    actor: Option<String>,
    subject: Option<String>,
    address: Option<String>,
    detail: Option<serde_json::Value>,
}

#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
struct Rotated {
    kid: String,
    #[schema(format = DateTime)]
    active_at: String,
}

#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
struct Tenant {
    id: String,
    name: String,
    status: String,
    #[schema(format = DateTime)]
    created_at: String,
}

pub fn chapter() -> Chapter {
    let operations = [users(), gateway_routes(), roles_and_plans(), others()].into_iter().flatten().collect();
    Chapter {
        surface: "tenant",
        about: "The tenant API: resources in camelCase; failures are RFC 9457's problems.",
        failure: failure(),
        operations,
    }
}

fn users() -> Vec<Operation> {
    const ALL: &str = "/tenant/{tenant}/v2/Users";
    const ONE: &str = "/tenant/{tenant}/v2/Users/{id}";
    let change = |method, summary| {
        op(method, ONE, summary)
            .about("Members that are absent stay as they are.")
            .json::<users::Changed>()
            .answers::<User>(200, "The user, as it is now.")
            .refuses([conflict()])
    };
    vec![
        op("GET", ALL, "List users")
            .paged()
            .query::<String>("search", "Part of the address or the name.")
            .query::<String>("email", "The address.")
            .query::<String>("status", "`active` or `disabled`.")
            .query::<String>("role", "One of their roles.")
            .query::<String>("plan", "Their plan.")
            .answers_with(200, "A page of users.", answer::<User>().listed()),
        op("POST", ALL, "Make a user")
            .json::<users::New>()
            .answers::<User>(201, "The user.")
            .sets("location", "its path")
            .refuses([conflict()]),
        op("GET", ONE, "Read a user").answers::<User>(200, "The user."),
        change("PUT", "Change a user"),
        change("PATCH", "Change a user"),
        op("DELETE", ONE, "Delete a user").nothing(204, "Gone.").refuses([conflict()]),
    ]
}

fn gateway_routes() -> Vec<Operation> {
    const ALL: &str = "/tenant/{tenant}/v2/Routes";
    const ONE: &str = "/tenant/{tenant}/v2/Routes/{id}";
    vec![
        op("GET", ALL, "List gateway routes").paged().answers_with(
            200,
            "A page of routes.",
            whole_answer::<Route>().listed(),
        ),
        op("POST", ALL, "Make a gateway route")
            .json::<RouteSpec>()
            .answers_with(201, "The route.", whole_answer::<Route>())
            .sets("location", "its path")
            .refuses([conflict()]),
        op("GET", ONE, "Read a gateway route").answers_with(200, "The route.", whole_answer::<Route>()),
        op("PUT", ONE, "Replace a gateway route")
            .json::<RouteSpec>()
            .answers_with(200, "The route, as it is now.", whole_answer::<Route>())
            .refuses([conflict()]),
        op("DELETE", ONE, "Delete a gateway route").nothing(204, "Gone."),
    ]
}

fn roles_and_plans() -> Vec<Operation> {
    const ROLES: &str = "/tenant/{tenant}/v2/Roles";
    const ROLE: &str = "/tenant/{tenant}/v2/Roles/{name}";
    const PLANS: &str = "/tenant/{tenant}/v2/Plans";
    const PLAN: &str = "/tenant/{tenant}/v2/Plans/{name}";
    vec![
        op("GET", ROLES, "List roles").answers_with(200, "All of them.", answer::<Role>().listed()),
        op("POST", ROLES, "Make a role")
            .json::<roles::Body>()
            .answers::<Role>(201, "The role.")
            .refuses([conflict()]),
        op("GET", ROLE, "Read a role").answers::<Role>(200, "The role."),
        op("PUT", ROLE, "Change a role's rank")
            .json::<roles::Body>()
            .answers::<Role>(200, "The role, as it is now."),
        op("DELETE", ROLE, "Delete a role").nothing(204, "Gone.").refuses([conflict()]),
        op("GET", PLANS, "List plans").answers_with(200, "All of them.", answer::<Plan>().listed()),
        op("POST", PLANS, "Make a plan")
            .json::<plans::Body>()
            .answers::<Plan>(201, "The plan.")
            .refuses([conflict()]),
        op("GET", PLAN, "Read a plan").answers::<Plan>(200, "The plan."),
        op("PUT", PLAN, "Change a plan")
            .json::<plans::Body>()
            .answers::<Plan>(200, "The plan, as it is now."),
        op("DELETE", PLAN, "Delete a plan").nothing(204, "Gone.").refuses([conflict()]),
    ]
}

fn others() -> Vec<Operation> {
    const SETTINGS: &str = "/tenant/{tenant}/v2/Settings";
    let change = |method| {
        op(method, SETTINGS, "Change settings")
            .about("Members that are absent stay as they are.")
            .json::<Settings>()
            .answers_with(200, "All settings, as they are now.", whole_answer::<Settings>())
    };
    vec![
        op("GET", "/tenant/{tenant}/v2/Audit", "List security events")
            .about("Newest first.")
            .paged()
            .query::<String>("event", "As `login.failed`.")
            .query::<String>("outcome", "`ok` or `refused`.")
            .query::<String>("actor", "Who did it.")
            .query::<String>("subject", "Whom or what it was done to.")
            .query::<String>("since", "A time, as 2030-01-31T00:00:00Z.")
            .query::<String>("until", "A time, as 2030-01-31T00:00:00Z.")
            .answers_with(200, "A page of events.", answer::<Event>().listed()),
        op("GET", SETTINGS, "Read settings").answers_with(200, "All settings.", whole_answer::<Settings>()),
        change("PATCH"),
        change("PUT"),
        op("POST", "/tenant/{tenant}/v2/Keys/rotate", "Rotate the signing keys now")
            .about("`revoke` refuses at once whatever the keys before signed.")
            .maybe_json::<keys::Body>()
            .answers::<Rotated>(200, "The key that signs, and from when."),
        op("GET", "/tenant/{tenant}/v2/Tenants", "List tenants").paged().answers_with(
            200,
            "A page of tenants.",
            answer::<Tenant>().listed(),
        ),
        op("POST", "/tenant/{tenant}/v2/Tenants", "Make a tenant")
            .about("`admin` is its first administrator.")
            .json::<tenants::Body>()
            .answers::<Tenant>(201, "The tenant.")
            .refuses([conflict()]),
    ]
}
