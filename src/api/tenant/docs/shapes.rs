//! The shapes of the tenant API's answers.

#![expect(dead_code, reason = "read by utoipa alone")]

use serde::Serialize;
use utoipa::ToSchema;

use crate::api::session::docs::ApiKey;
use crate::model::client::Metadata;
use crate::model::route::RouteSpec;

/// RFC 9457.
#[derive(ToSchema)]
pub(crate) struct Problem {
    r#type: String,
    title: String,
    status: u16,
    #[schema(nullable = false)]
    detail: Option<String>,
    code: String,
    /// With `VALIDATION_ERROR`: which fields.
    #[schema(nullable = false)]
    errors: Option<Vec<Field>>,
    /// With a 500: the request's id, which the log has too.
    #[schema(nullable = false, rename = "requestId")]
    request_id: Option<String>,
}

#[derive(ToSchema)]
pub(crate) struct Field {
    field: String,
    detail: String,
}

#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct User {
    id: String,
    email: String,
    email_verified: bool,
    name: Option<String>,
    roles: Vec<String>,
    /// Custom scopes besides those of the roles, if there are any.
    #[schema(nullable = false)]
    scopes: Option<Vec<String>>,
    /// The tenant's default if null.
    plan: Option<String>,
    mfa: Mfa,
    status: UserStatus,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    last_login_at: Option<String>,
    /// True for the deployment's operator, else absent.
    #[schema(nullable = false)]
    operator: Option<bool>,
}

#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
pub(crate) enum Mfa {
    None,
    Totp,
    Email,
}

#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
pub(crate) enum UserStatus {
    Active,
    Disabled,
}

#[derive(ToSchema, Serialize)]
pub(crate) struct Route {
    id: String,
    #[serde(flatten)]
    spec: RouteSpec,
}

#[derive(ToSchema)]
pub(crate) struct Role {
    name: String,
    rank: i64,
    /// Custom scopes of everyone who has this role or a higher one, if any.
    #[schema(nullable = false)]
    scopes: Option<Vec<String>>,
}

#[derive(ToSchema)]
pub(crate) struct Plan {
    name: String,
    rank: i64,
    features: Vec<String>,
}

#[derive(ToSchema)]
pub(crate) struct Event {
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
pub(crate) struct Rotated {
    kid: String,
    #[schema(format = DateTime)]
    active_at: String,
}

#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct Tenant {
    id: String,
    name: String,
    status: String,
    /// The tenant's own host.
    host: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
}

#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct Session {
    id: String,
    /// The client that it was granted to; null for a session of the user's own.
    client_id: Option<String>,
    client_name: Option<String>,
    scope: Option<String>,
    /// How the user signed in, as `pwd`.
    amr: Vec<String>,
    address: String,
    user_agent: String,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    last_seen_at: String,
    #[schema(format = DateTime)]
    expires_at: String,
}

#[derive(ToSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TenantApiKey {
    #[serde(flatten)]
    key: ApiKey,
    roles: Vec<String>,
    /// The user that it acts for; null for the tenant's own.
    user_id: Option<String>,
}

#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct Month {
    /// As `2026-05`.
    month: String,
    monthly_active_users: u64,
}

/// A client's metadata: RFC 7591 §2, and members of our own.
#[derive(ToSchema, Serialize)]
pub(crate) struct ClientSaid {
    /// The client's id, when it is changed.
    client_id: Option<String>,
    client_name: Option<String>,
    #[serde(flatten)]
    metadata: Metadata,
}

/// RFC 7591 §3.2.1.
#[derive(ToSchema, Serialize)]
pub(crate) struct Client {
    client_id: String,
    client_name: String,
    /// Seconds since 1970.
    client_id_issued_at: i64,
    /// Shown this once.
    client_secret: Option<String>,
    /// 0: never. For clients that have a secret.
    client_secret_expires_at: Option<i64>,
    #[serde(flatten)]
    metadata: Metadata,
}

#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct Template {
    /// `login`, `reset` or `mfa`.
    name: String,
    /// The tenant's own; null where the page is the default.
    html: Option<String>,
    #[schema(format = DateTime)]
    updated_at: Option<String>,
    variables: Vec<Variable>,
    /// Why the saved template is not used and the default is: it breaks a newer rule.
    problem: Option<TemplateProblem>,
}

#[derive(ToSchema)]
pub(crate) struct TemplateProblem {
    /// `subject`, `text` or `html`.
    field: String,
    /// The line, and what is wrong there.
    detail: String,
}

#[derive(ToSchema)]
pub(crate) struct Variable {
    name: String,
    description: String,
}

#[derive(ToSchema)]
pub(crate) struct Preview {
    html: String,
}

#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct MailTemplate {
    /// Which mail, as `verify-email`.
    name: String,
    /// `en` or `de`.
    lang: String,
    /// The tenant's own; null, like text and HTML, where the mail is the default.
    subject: Option<String>,
    text: Option<String>,
    html: Option<String>,
    #[schema(format = DateTime)]
    updated_at: Option<String>,
    variables: Vec<Variable>,
    /// Why the saved template is not used and the default is: it breaks a newer rule.
    problem: Option<TemplateProblem>,
}

#[derive(ToSchema)]
pub(crate) struct MailTemplateParts {
    /// One line of at most 200 characters, without link or code.
    subject: String,
    /// With `{{ link }}` and `{{ code }}` where the mail has one, each between white space, and with nothing else
    /// that a mail program makes a link of. The same holds for subject and HTML.
    text: String,
    /// Loads nothing, and leads nowhere but to `{{ link }}`.
    html: String,
}

#[derive(ToSchema)]
pub(crate) struct MailPreview {
    subject: String,
    text: String,
    html: String,
}

#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct Mail {
    id: String,
    /// Which mail, as `verify-email`.
    kind: String,
    user_id: Option<String>,
    recipient: String,
    status: MailStatus,
    /// Attempts so far.
    attempts: u64,
    #[schema(format = DateTime)]
    created_at: String,
    /// When it is tried next; null once it was sent or failed.
    #[schema(format = DateTime)]
    next_at: Option<String>,
    #[schema(format = DateTime)]
    sent_at: Option<String>,
    /// What went wrong the last time.
    error: Option<String>,
}

#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
pub(crate) enum MailStatus {
    Queued,
    Sending,
    Sent,
    Failed,
}
