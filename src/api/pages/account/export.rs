//! `/tenant/{tenant}/account/export`: what an account holds, as JSON to keep.

use serde::Serialize;

use crate::api::pages::account::{return_to_here, signed_in};
use crate::cx::Cx;
use crate::domain::admin::{api_keys, own_account};
use crate::domain::federation::identities;
use crate::domain::oauth::consents;
use crate::domain::refusal::{Error, Refusal};
use crate::domain::session::principal::OwnSession;
use crate::domain::session::sessions;
use crate::domain::sign_in::{passkeys, trusted_devices};
use crate::domain::vault::connections;
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::model::profile::UserProfile;
use crate::model::time::Time;
use crate::ports::Fault;
use crate::store::Page;

/// What an account holds. Secrets are no part of it: nobody can read them again.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(in crate::api::pages) struct Export {
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    exported_at: String,
    tenant: String,
    profile: Profile,
    sessions: Vec<Held>,
    trusted_browsers: Vec<Held>,
    passkeys: Vec<Key>,
    api_keys: Vec<Key>,
    apps: Vec<App>,
    identities: Vec<Linked>,
    services: Vec<Service>,
}

/// A service that they connected.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
struct Service {
    /// The provider's id.
    provider: String,
    label: String,
    /// Who they are there.
    account: Option<String>,
    scope: String,
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    connected_at: String,
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    last_used_at: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
struct Profile {
    id: String,
    email: String,
    email_verified: bool,
    name: Option<String>,
    roles: Vec<String>,
    plan: String,
    /// `none`, `totp` or `email`.
    second_factor: String,
    has_password: bool,
    language: Option<String>,
    /// What apps learn with the scope `profile` beside the name.
    about: UserProfile,
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    created_at: String,
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    last_login_at: Option<String>,
}

/// Who they are at an identity provider.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
struct Linked {
    provider: String,
    issuer: String,
    subject: String,
    email: Option<String>,
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    linked_at: String,
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    last_used_at: Option<String>,
}

/// A session, or a browser that is trusted.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
struct Held {
    /// The app that it was granted to.
    app: Option<String>,
    address: String,
    user_agent: String,
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    created_at: String,
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    last_seen_at: String,
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    expires_at: String,
}

/// A passkey or an API key.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
struct Key {
    name: String,
    /// Of an API key.
    scopes: Vec<String>,
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    created_at: String,
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    last_used_at: Option<String>,
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    expires_at: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
struct App {
    name: String,
    scope: String,
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    granted_at: String,
}

/// Answers it as a file.
pub(in crate::api::pages) async fn show(cx: &Cx, call: &Call<'_>) -> Answer {
    let session = match signed_in(cx, call).await? {
        Ok(session) => session,
        Err(sign_in) => return Ok(sign_in),
    };
    match own_account::export(cx, &session).await {
        Err(Error::Refused(Refusal::ReauthenticationRequired { .. })) => {
            let id = &call.resolved.tenant.id;
            return Ok(Response::see_other(&format!("/tenant/{id}/login?confirm=1&{}", return_to_here(id))));
        }
        noted => noted?,
    }
    let text = serde_json::to_string_pretty(&export(cx, &session).await?);
    let text = text.map_err(|error| Fault::new("export", error))?;
    Ok(Response::json_text(text.into())
        .with("content-disposition", "attachment; filename=\"account.json\"")
        .with("cache-control", "no-store"))
}

fn when(at: &Time) -> String {
    at.rfc3339()
}

async fn export(cx: &Cx, session: &OwnSession) -> Result<Export, Error> {
    let (tenant, user) = (&session.tenant, &session.user);
    let whole = Page { limit: 100, after: None };
    let others = futures_util::future::join5(
        all_sessions(cx, session),
        trusted_devices::list(cx, session),
        passkeys::list(cx, session, &whole),
        consents::of_user(cx, tenant, &user.id),
        api_keys::list(cx, session, &whole),
    );
    let linked = identities::list(cx, tenant, &user.id, &whole);
    let connected = connections::of_user(cx, &tenant.id, &user.id);
    let ((lived, trusted, passkeys, apps, keys), linked, connected) =
        futures_util::future::join3(others, linked, connected).await;
    Ok(Export {
        exported_at: when(&cx.now),
        tenant: tenant.name.clone(),
        profile: Profile {
            id: user.id.clone(),
            email: user.email.clone(),
            email_verified: user.email_verified,
            name: user.name.clone(),
            roles: user.roles.clone(),
            plan: session.plan().to_owned(),
            second_factor: user.mfa.as_str().to_owned(),
            has_password: user.password_hash.is_some(),
            language: user.language.clone(),
            about: user.profile.clone(),
            created_at: when(&user.created_at),
            last_login_at: user.last_login_at.as_ref().map(when),
        },
        sessions: lived?,
        trusted_browsers: trusted?
            .into_iter()
            .map(|one| Held {
                app: None,
                created_at: when(&one.created_at),
                last_seen_at: when(&one.seen_at),
                expires_at: when(&one.expires_at),
                address: one.address,
                user_agent: one.user_agent,
            })
            .collect(),
        passkeys: passkeys?
            .items
            .into_iter()
            .map(|one| Key {
                created_at: when(&one.created_at),
                last_used_at: one.last_used_at.as_ref().map(when),
                expires_at: None,
                scopes: Vec::new(),
                name: one.name,
            })
            .collect(),
        api_keys: keys?
            .items
            .into_iter()
            .map(|one| Key {
                created_at: when(&one.created_at),
                last_used_at: one.last_used_at.as_ref().map(when),
                expires_at: one.expires_at.as_ref().map(when),
                scopes: one.scopes,
                name: one.name,
            })
            .collect(),
        apps: apps?
            .into_iter()
            .map(|one| App { granted_at: when(&one.granted_at), name: one.client_name, scope: one.scope })
            .collect(),
        identities: linked?
            .items
            .into_iter()
            .map(|one| Linked {
                linked_at: when(&one.linked_at),
                last_used_at: one.last_used_at.as_ref().map(when),
                provider: one.provider_name,
                issuer: one.issuer,
                subject: one.subject,
                email: one.email,
            })
            .collect(),
        services: connected?
            .into_iter()
            .map(|one| Service {
                connected_at: when(&one.created_at),
                last_used_at: one.last_used_at.as_ref().map(when),
                provider: one.provider_id,
                label: one.label,
                account: one.account,
                scope: one.scopes,
            })
            .collect(),
    })
}

/// Those granted to apps as well, page by page.
async fn all_sessions(cx: &Cx, session: &OwnSession) -> Result<Vec<Held>, Fault> {
    let mut page = Page { limit: 100, after: None };
    let mut all = Vec::new();
    loop {
        let listed = sessions::list(cx, &session.tenant, &session.user.id, false, &page).await?;
        all.extend(listed.items.into_iter().map(|one| Held {
            created_at: when(&one.created_at),
            last_seen_at: when(&one.seen_at),
            expires_at: when(&one.expires_at),
            app: one.client.map(|(_, name)| name),
            address: one.address,
            user_agent: one.user_agent,
        }));
        match listed.next {
            Some(next) if all.len() < 10_000 => page.after = Some(next),
            _ => return Ok(all),
        }
    }
}
