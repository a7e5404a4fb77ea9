//! The tenant API, `/tenant/{tenant}/v2/*`: resources in camelCase, failures as `application/problem+json`
//! (RFC 9457).

mod api_keys;
mod audit;
pub(crate) mod clients;
mod connections;
mod consents;
#[cfg(not(target_arch = "wasm32"))]
pub(super) mod docs;
mod domains;
mod identities;
mod identity_providers;
mod join_requests;
mod keys;
pub(crate) mod list;
mod mail_templates;
mod mails;
mod passkeys;
mod plans;
mod problem;
mod roles;
mod routes;
mod saml_keys;
pub(super) mod sessions;
mod settings;
mod sign_ins;
mod templates;
mod tenants;
mod usage;
pub(crate) mod users;

pub(crate) use self::problem::{word_fault, word_refusal};
use crate::http::guard::{admin, credential_admin, operator};
use crate::http::table::{Limit, Surface, route};

/// The surface's table and wording.
pub(crate) fn surface() -> Surface {
    const NONE: Limit = Limit::None;
    let routes = vec![
        route("GET", "/tenant/{tenant}/v2/Users", NONE, admin(users::list)),
        route("POST", "/tenant/{tenant}/v2/Users", NONE, admin(users::create)),
        route("GET", "/tenant/{tenant}/v2/Users/{id}", NONE, admin(users::read)),
        route("PUT", "/tenant/{tenant}/v2/Users/{id}", NONE, admin(users::change)),
        route("PATCH", "/tenant/{tenant}/v2/Users/{id}", NONE, admin(users::change)),
        route("DELETE", "/tenant/{tenant}/v2/Users/{id}", NONE, admin(users::delete)),
        route("POST", "/tenant/{tenant}/v2/Users/{id}/invitation", NONE, credential_admin(users::invite)),
        route("GET", "/tenant/{tenant}/v2/Users/{id}/Sessions", NONE, credential_admin(sessions::list)),
        route(
            "DELETE",
            "/tenant/{tenant}/v2/Users/{id}/Sessions/{sid}",
            NONE,
            credential_admin(sessions::revoke),
        ),
        route("POST", "/tenant/{tenant}/v2/Users/{id}/verification", NONE, credential_admin(users::verify)),
        route(
            "POST",
            "/tenant/{tenant}/v2/Users/{id}/password-reset",
            NONE,
            credential_admin(users::reset_password),
        ),
        route("POST", "/tenant/{tenant}/v2/Users/{id}/unlock", NONE, credential_admin(users::unlock)),
        route("GET", "/tenant/{tenant}/v2/Users/{id}/Passkeys", NONE, credential_admin(passkeys::list)),
        route(
            "DELETE",
            "/tenant/{tenant}/v2/Users/{id}/Passkeys/{passkey}",
            NONE,
            credential_admin(passkeys::remove),
        ),
        route("GET", "/tenant/{tenant}/v2/Users/{id}/Consents", NONE, credential_admin(consents::list)),
        route(
            "DELETE",
            "/tenant/{tenant}/v2/Users/{id}/Consents/{client}",
            NONE,
            credential_admin(consents::revoke),
        ),
        route(
            "GET",
            "/tenant/{tenant}/v2/Users/{id}/ApiKeys",
            NONE,
            credential_admin(api_keys::list_of_user),
        ),
        route(
            "DELETE",
            "/tenant/{tenant}/v2/Users/{id}/ApiKeys/{key}",
            NONE,
            credential_admin(api_keys::revoke_of_user),
        ),
        route("GET", "/tenant/{tenant}/v2/Users/{id}/Connections", NONE, credential_admin(connections::list)),
        route(
            "DELETE",
            "/tenant/{tenant}/v2/Users/{id}/Connections/{connection}",
            NONE,
            credential_admin(connections::end),
        ),
        route("GET", "/tenant/{tenant}/v2/JoinRequests", NONE, admin(join_requests::list)),
        route(
            "POST",
            "/tenant/{tenant}/v2/JoinRequests/{id}/accept",
            NONE,
            credential_admin(join_requests::accept),
        ),
        route(
            "DELETE",
            "/tenant/{tenant}/v2/JoinRequests/{id}",
            NONE,
            credential_admin(join_requests::decline),
        ),
        route("GET", "/tenant/{tenant}/v2/Users/{id}/Identities", NONE, credential_admin(identities::list)),
        route(
            "DELETE",
            "/tenant/{tenant}/v2/Users/{id}/Identities",
            NONE,
            credential_admin(identities::unlink_at),
        ),
        route(
            "DELETE",
            "/tenant/{tenant}/v2/Users/{id}/Identities/{identity}",
            NONE,
            credential_admin(identities::unlink),
        ),
        route("GET", "/tenant/{tenant}/v2/Routes", NONE, admin(routes::list)),
        route("POST", "/tenant/{tenant}/v2/Routes", NONE, admin(routes::create)),
        route("GET", "/tenant/{tenant}/v2/Routes/{id}", NONE, admin(routes::read)),
        route("PUT", "/tenant/{tenant}/v2/Routes/{id}", NONE, admin(routes::replace)),
        route("DELETE", "/tenant/{tenant}/v2/Routes/{id}", NONE, admin(routes::delete)),
        route("GET", "/tenant/{tenant}/v2/Roles", NONE, admin(roles::list)),
        route("POST", "/tenant/{tenant}/v2/Roles", NONE, admin(roles::create)),
        route("GET", "/tenant/{tenant}/v2/Roles/{name}", NONE, admin(roles::read)),
        route("PUT", "/tenant/{tenant}/v2/Roles/{name}", NONE, admin(roles::change)),
        route("DELETE", "/tenant/{tenant}/v2/Roles/{name}", NONE, admin(roles::delete)),
        route("GET", "/tenant/{tenant}/v2/Plans", NONE, admin(plans::list)),
        route("POST", "/tenant/{tenant}/v2/Plans", NONE, admin(plans::create)),
        route("GET", "/tenant/{tenant}/v2/Plans/{name}", NONE, admin(plans::read)),
        route("PUT", "/tenant/{tenant}/v2/Plans/{name}", NONE, admin(plans::change)),
        route("DELETE", "/tenant/{tenant}/v2/Plans/{name}", NONE, admin(plans::delete)),
        route("GET", "/tenant/{tenant}/v2/Clients", NONE, admin(clients::list)),
        route("POST", "/tenant/{tenant}/v2/Clients", NONE, credential_admin(clients::create)),
        route("GET", "/tenant/{tenant}/v2/Clients/{id}", NONE, admin(clients::read)),
        route("PUT", "/tenant/{tenant}/v2/Clients/{id}", NONE, credential_admin(clients::replace)),
        route("PATCH", "/tenant/{tenant}/v2/Clients/{id}", NONE, credential_admin(clients::change)),
        route("DELETE", "/tenant/{tenant}/v2/Clients/{id}", NONE, credential_admin(clients::delete)),
        route("POST", "/tenant/{tenant}/v2/Clients/{id}/secret", NONE, credential_admin(clients::new_secret)),
        route("GET", "/tenant/{tenant}/v2/ApiKeys", NONE, credential_admin(api_keys::list)),
        route("POST", "/tenant/{tenant}/v2/ApiKeys", NONE, credential_admin(api_keys::create)),
        route("GET", "/tenant/{tenant}/v2/ApiKeys/{id}", NONE, credential_admin(api_keys::read)),
        route("DELETE", "/tenant/{tenant}/v2/ApiKeys/{id}", NONE, credential_admin(api_keys::revoke)),
        route(
            "GET",
            "/tenant/{tenant}/v2/IdentityProviders",
            NONE,
            credential_admin(identity_providers::list),
        ),
        route(
            "POST",
            "/tenant/{tenant}/v2/IdentityProviders",
            NONE,
            credential_admin(identity_providers::create),
        ),
        route(
            "GET",
            "/tenant/{tenant}/v2/IdentityProviders/{id}",
            NONE,
            credential_admin(identity_providers::read),
        ),
        route(
            "PUT",
            "/tenant/{tenant}/v2/IdentityProviders/{id}",
            NONE,
            credential_admin(identity_providers::replace),
        ),
        route(
            "PATCH",
            "/tenant/{tenant}/v2/IdentityProviders/{id}",
            NONE,
            credential_admin(identity_providers::change),
        ),
        route(
            "DELETE",
            "/tenant/{tenant}/v2/IdentityProviders/{id}",
            NONE,
            credential_admin(identity_providers::delete),
        ),
        route(
            "POST",
            "/tenant/{tenant}/v2/IdentityProviders/{id}/test",
            NONE,
            credential_admin(identity_providers::test),
        ),
        route(
            "GET",
            "/tenant/{tenant}/v2/IdentityProviders/{id}/SigningKeys",
            NONE,
            credential_admin(saml_keys::list),
        ),
        route(
            "POST",
            "/tenant/{tenant}/v2/IdentityProviders/{id}/SigningKeys",
            NONE,
            credential_admin(saml_keys::create),
        ),
        route(
            "POST",
            "/tenant/{tenant}/v2/IdentityProviders/{id}/SigningKeys/{key}/activate",
            NONE,
            credential_admin(saml_keys::activate),
        ),
        route(
            "DELETE",
            "/tenant/{tenant}/v2/IdentityProviders/{id}/SigningKeys/{key}",
            NONE,
            credential_admin(saml_keys::delete),
        ),
        route("GET", "/tenant/{tenant}/v2/Domains", NONE, credential_admin(domains::list)),
        route("POST", "/tenant/{tenant}/v2/Domains", NONE, credential_admin(domains::create)),
        route("GET", "/tenant/{tenant}/v2/Domains/{domain}", NONE, credential_admin(domains::read)),
        route("DELETE", "/tenant/{tenant}/v2/Domains/{domain}", NONE, credential_admin(domains::delete)),
        route("POST", "/tenant/{tenant}/v2/Domains/{domain}/verify", NONE, credential_admin(domains::verify)),
        route("GET", "/tenant/{tenant}/v2/Templates", NONE, admin(templates::list)),
        route("GET", "/tenant/{tenant}/v2/Templates/{name}", NONE, admin(templates::read)),
        route("PUT", "/tenant/{tenant}/v2/Templates/{name}", NONE, admin(templates::put)),
        route("DELETE", "/tenant/{tenant}/v2/Templates/{name}", NONE, admin(templates::delete)),
        route("POST", "/tenant/{tenant}/v2/Templates/{name}/preview", NONE, admin(templates::preview)),
        route("GET", "/tenant/{tenant}/v2/MailTemplates", NONE, admin(mail_templates::list)),
        route("GET", "/tenant/{tenant}/v2/MailTemplates/{name}/{lang}", NONE, admin(mail_templates::read)),
        route("PUT", "/tenant/{tenant}/v2/MailTemplates/{name}/{lang}", NONE, admin(mail_templates::put)),
        route(
            "DELETE",
            "/tenant/{tenant}/v2/MailTemplates/{name}/{lang}",
            NONE,
            admin(mail_templates::delete),
        ),
        route(
            "POST",
            "/tenant/{tenant}/v2/MailTemplates/{name}/{lang}/preview",
            NONE,
            admin(mail_templates::preview),
        ),
        route("GET", "/tenant/{tenant}/v2/Mails", NONE, admin(mails::list)),
        route("GET", "/tenant/{tenant}/v2/Mails/{id}", NONE, admin(mails::read)),
        route("POST", "/tenant/{tenant}/v2/Mails/{id}/retry", NONE, admin(mails::retry)),
        route("GET", "/tenant/{tenant}/v2/Audit", NONE, admin(audit::list)),
        route("GET", "/tenant/{tenant}/v2/Settings", NONE, admin(settings::read)),
        route("PATCH", "/tenant/{tenant}/v2/Settings", NONE, admin(settings::change)),
        route("PUT", "/tenant/{tenant}/v2/Settings", NONE, admin(settings::change)),
        route("GET", "/tenant/{tenant}/v2/SignIns", NONE, admin(sign_ins::list)),
        route("GET", "/tenant/{tenant}/v2/Usage", NONE, admin(usage::list)),
        route("GET", "/tenant/{tenant}/v2/Keys", NONE, admin(keys::list)),
        route("POST", "/tenant/{tenant}/v2/Keys/rotate", NONE, admin(keys::rotate)),
        route("POST", "/tenant/{tenant}/v2/Keys/reseal", NONE, operator(keys::reseal)),
        route("GET", "/tenant/{tenant}/v2/Tenants", NONE, operator(tenants::list)),
        route("POST", "/tenant/{tenant}/v2/Tenants", NONE, operator(tenants::create)),
        route("GET", "/tenant/{tenant}/v2/Tenants/{id}", NONE, operator(tenants::read)),
        route("PATCH", "/tenant/{tenant}/v2/Tenants/{id}", NONE, operator(tenants::change)),
        route("DELETE", "/tenant/{tenant}/v2/Tenants/{id}", NONE, operator(tenants::delete)),
        route("POST", "/tenant/{tenant}/v2/Tenants/{id}/Admins", NONE, operator(tenants::add_admin)),
        route("POST", "/tenant/{tenant}/v2/Tenants/{id}/Domains", NONE, operator(domains::create_by_word)),
    ];
    Surface { name: "tenant", routes, word_refusal, word_fault }
}
