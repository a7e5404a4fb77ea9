//! `v2/Users`.

use serde::{Deserialize, Serialize};

use crate::api::tenant::list::{listed, page};
use crate::cx::Cx;
use crate::domain::admin::users::{self, NewUser, UserChanges};
use crate::domain::admin::{assistance, erasure, invitations};
use crate::domain::people;
use crate::domain::session::principal::{Admin, CredentialAdmin};
use crate::http::body::{self, LARGE};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::model::email::Email;
use crate::model::json;
use crate::model::profile::UserProfile;
use crate::model::search::Query;
use crate::model::state::{Mfa, UserStatus};
use crate::store::user_lists::Filter;
use crate::store::users::User as Row;

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct User {
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    created_at: String,
    email: String,
    email_verified: bool,
    id: String,
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    last_login_at: Option<String>,
    mfa: Mfa,
    name: Option<String>,
    /// True for the deployment's operator, else absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    operator: Option<bool>,
    /// The tenant's default if null.
    plan: Option<String>,
    /// What clients learn with the scope `profile` beside the name, if there is anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    profile: Option<UserProfile>,
    roles: Vec<String>,
    /// Custom scopes besides those of the roles, if there are any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scopes: Vec<String>,
    status: UserStatus,
}

impl From<Row> for User {
    fn from(user: Row) -> User {
        User {
            created_at: user.created_at.rfc3339(),
            email: user.email,
            email_verified: user.email_verified,
            id: user.id,
            last_login_at: user.last_login_at.map(|at| at.rfc3339()),
            mfa: user.mfa,
            name: user.name,
            operator: user.operator.then_some(true),
            plan: user.plan,
            profile: (!user.profile.is_empty()).then_some(user.profile),
            roles: user.roles,
            scopes: user.scopes,
            status: user.status,
        }
    }
}

#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct New {
    email: String,
    #[serde(default)]
    password: Option<String>,
    /// In place of `password`, a hash of it that was made elsewhere: bcrypt, Argon2, scrypt or PBKDF2 as libraries write
    /// them, ASP.NET Core Identity's blob, or a credential of a Keycloak export as text.
    #[serde(default)]
    password_hash: Option<String>,
    #[serde(default)]
    name: Option<String>,
    /// The language of mails to them: `en` or `de`.
    #[serde(default)]
    language: Option<String>,
    #[serde(default)]
    roles: Vec<String>,
    /// Custom scopes besides those of the roles, each as resource:action.
    #[serde(default)]
    scopes: Vec<String>,
    #[serde(default)]
    plan: Option<String>,
    #[serde(default)]
    email_verified: bool,
    /// The second factor: `none`, `totp` or `email`.
    #[serde(default)]
    mfa: Option<String>,
    /// What clients learn with the scope `profile` beside the name.
    #[serde(default, deserialize_with = "json::maybe_object")]
    profile: Option<UserProfile>,
    /// Whether a user without `password` and `passwordHash` is invited by mail to choose a password: `true` by default.
    #[serde(default)]
    invite: Option<bool>,
}

#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Changed {
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    email_verified: Option<bool>,
    #[serde(default)]
    name: Option<String>,
    /// What clients learn with the scope `profile` beside the name, all of it.
    #[serde(default, deserialize_with = "json::maybe_object")]
    profile: Option<UserProfile>,
    #[serde(default)]
    roles: Option<Vec<String>>,
    /// Custom scopes besides those of the roles, all of them.
    #[serde(default)]
    scopes: Option<Vec<String>>,
    /// Unchanged if absent; null takes it away.
    #[serde(default, deserialize_with = "said")]
    plan: Option<Option<String>>,
    #[serde(default)]
    status: Option<String>,
    /// The second factor: `none`, `totp` or `email`. What was set up for another method is removed.
    #[serde(default)]
    mfa: Option<String>,
    /// Clears what was set up for the second factor, passkeys too, and ends all sessions.
    #[serde(default, rename = "resetTOTP")]
    reset_totp: bool,
}

/// A member that can be absent, null or a text: `None` when absent.
pub(super) fn said<'de, D: serde::Deserializer<'de>>(field: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(field).map(Some)
}

pub(super) async fn list(cx: &Cx, call: &Call<'_>, admin: Admin) -> Answer {
    let filter = Filter {
        search: call.query("search").map(|text| Query::parse(&text)),
        email_key: call
            .query("email")
            .map(|text| Email::parse(&text).map_or(text, |email| email.key().to_owned())),
        status: call.query("status"),
        role: call.query("role"),
        plan: call.query("plan"),
    };
    let users = users::list(cx, &admin.tenant, &filter, &page(call)?).await?;
    Ok(Response::json(200, &listed(users, User::from)))
}

pub(super) async fn create(cx: &Cx, call: &Call<'_>, admin: Admin) -> Answer {
    let new: New = body::json(call, LARGE).await?;
    let new = NewUser {
        email: new.email,
        password: new.password,
        password_hash: new.password_hash,
        name: new.name,
        language: new.language,
        roles: new.roles,
        scopes: new.scopes,
        plan: new.plan,
        email_verified: new.email_verified,
        mfa: new.mfa,
        profile: new.profile.unwrap_or_default(),
        invite: new.invite,
    };
    let user = users::create(cx, &admin, new).await?;
    let location = format!("/tenant/{}/v2/Users/{}", user.tenant_id, user.id);
    Ok(Response::json(201, &User::from(user)).with("location", location))
}

pub(super) async fn read(cx: &Cx, call: &Call<'_>, admin: Admin) -> Answer {
    let user = people::find(cx, &admin.tenant, call.param("id")).await?;
    Ok(Response::json(200, &User::from(user)))
}

pub(super) async fn change(cx: &Cx, call: &Call<'_>, admin: Admin) -> Answer {
    let changed: Changed = body::json(call, LARGE).await?;
    let changes = UserChanges {
        email: changed.email,
        email_verified: changed.email_verified,
        name: changed.name,
        profile: changed.profile,
        roles: changed.roles,
        scopes: changed.scopes,
        plan: changed.plan,
        status: changed.status,
        mfa: changed.mfa,
        reset_mfa: changed.reset_totp,
    };
    let user = users::change(cx, &admin, call.param("id"), changes).await?;
    Ok(Response::json(200, &User::from(user)))
}

pub(super) async fn invite(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    let user = invitations::send_again(cx, &admin, call.param("id")).await?;
    Ok(Response::json(202, &User::from(user)))
}

pub(super) async fn verify(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    let user = assistance::mail_verification(cx, &admin, call.param("id")).await?;
    Ok(Response::json(202, &User::from(user)))
}

pub(super) async fn reset_password(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    let user = assistance::mail_password_reset(cx, &admin, call.param("id")).await?;
    Ok(Response::json(202, &User::from(user)))
}

pub(super) async fn unlock(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    assistance::unlock(cx, &admin, call.param("id")).await?;
    Ok(Response::empty(204))
}

pub(super) async fn delete(cx: &Cx, call: &Call<'_>, admin: Admin) -> Answer {
    erasure::delete_user(cx, &admin.tenant, admin.actor(), call.param("id")).await?;
    Ok(Response::empty(204))
}
