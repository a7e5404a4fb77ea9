//! The whole route table, pinned: who owns what, and who may call.

use portcullis::http::guard::Guard;

use crate::harness::World;

/// Surface, guard, method and path, sorted.
const ROWS: &str = "
account open GET /auth/reset-password
account open GET /auth/verify-email
account open POST /auth/forgot-password
account open POST /auth/login
account open POST /auth/logout
account open POST /auth/mfa/login
account open POST /auth/mfa/send
account open POST /auth/mfa/verify
account open POST /auth/refresh
account open POST /auth/register
account open POST /auth/reset-password
account open POST /auth/sso/start
account open POST /auth/verify-email
account own session GET /auth/mfa
account own session GET /auth/mfa/backup-codes
account own session POST /auth/mfa/backup-codes
account own session POST /auth/mfa/disable
account own session POST /auth/mfa/enable
connections credential admin DELETE /auth/connections
connections credential admin DELETE /auth/google-search-keys
connections credential admin DELETE /auth/providers/{id}
connections credential admin POST /auth/connections
connections credential admin POST /auth/providers
connections credential admin PUT /auth/google-search-keys
connections credential admin PUT /auth/providers/{id}
connections key maker POST /users/generate-api-key
connections open GET /auth/callback/{id}
connections open GET /tenant/{tenant}/auth/callback/{id}
connections open GET /users/auth/google
connections open GET /users/auth/google/callback
connections open GET /users/auth/status
connections open POST /users/auth/magic-link/request
connections open POST /users/auth/magic-link/verify
connections own session DELETE /auth/apikeys/{id}
connections own session GET /auth/connect/{id}
connections own session POST /auth/apikeys/{id}
connections own session POST /auth/callback
connections own session POST /auth/disconnect/{id}
connections session GET /auth/google-search-keys
connections session GET /auth/providers
connections session GET /auth/providers/{id}
connections session POST /users/logout
connections vault reader GET /auth/apikeys/{id}
connections vault reader GET /auth/connected
connections vault reader GET /auth/connections/{id}
connections vault reader GET /auth/valid-token
console open GET /console
console open GET /console/
console open GET /console/{*file}
console open GET /tenant/{tenant}/console
console open GET /tenant/{tenant}/console-session/authorize
console open GET /tenant/{tenant}/console/
console open GET /tenant/{tenant}/console/{*screen}
console open POST /tenant/{tenant}/console-session/token
oauth client POST /oauth2/device_authorization
oauth client POST /oauth2/introspect
oauth client POST /oauth2/par
oauth client POST /oauth2/revoke
oauth client POST /oauth2/token
oauth client POST /tenant/{tenant}/oauth2/device_authorization
oauth client POST /tenant/{tenant}/oauth2/introspect
oauth client POST /tenant/{tenant}/oauth2/par
oauth client POST /tenant/{tenant}/oauth2/revoke
oauth client POST /tenant/{tenant}/oauth2/token
oauth open DELETE /oauth2/register/{id}
oauth open DELETE /tenant/{tenant}/oauth2/register/{id}
oauth open GET /.well-known/jwks.json
oauth open GET /.well-known/oauth-authorization-server
oauth open GET /.well-known/oauth-authorization-server/tenant/{tenant}
oauth open GET /.well-known/openid-configuration
oauth open GET /.well-known/openid-configuration/tenant/{tenant}
oauth open GET /oauth2/authorize
oauth open GET /oauth2/logout
oauth open GET /oauth2/register/{id}
oauth open GET /oauth2/userinfo
oauth open GET /tenant/{tenant}/.well-known/jwks.json
oauth open GET /tenant/{tenant}/.well-known/oauth-authorization-server
oauth open GET /tenant/{tenant}/.well-known/openid-configuration
oauth open GET /tenant/{tenant}/oauth2/authorize
oauth open GET /tenant/{tenant}/oauth2/logout
oauth open GET /tenant/{tenant}/oauth2/register/{id}
oauth open GET /tenant/{tenant}/oauth2/userinfo
oauth open POST /oauth2/authorize
oauth open POST /oauth2/logout
oauth open POST /oauth2/register
oauth open POST /oauth2/userinfo
oauth open POST /tenant/{tenant}/oauth2/authorize
oauth open POST /tenant/{tenant}/oauth2/logout
oauth open POST /tenant/{tenant}/oauth2/register
oauth open POST /tenant/{tenant}/oauth2/userinfo
oauth open PUT /oauth2/register/{id}
oauth open PUT /tenant/{tenant}/oauth2/register/{id}
pages open GET /.well-known/change-password
pages open GET /tenant/{tenant}/account
pages open GET /tenant/{tenant}/account/export
pages open GET /tenant/{tenant}/change-email
pages open GET /tenant/{tenant}/consent
pages open GET /tenant/{tenant}/continue
pages open GET /tenant/{tenant}/device
pages open GET /tenant/{tenant}/forgot
pages open GET /tenant/{tenant}/login
pages open GET /tenant/{tenant}/logout
pages open GET /tenant/{tenant}/magic-link
pages open GET /tenant/{tenant}/mfa
pages open GET /tenant/{tenant}/register
pages open POST /tenant/{tenant}/account
pages open POST /tenant/{tenant}/change-email
pages open POST /tenant/{tenant}/consent
pages open POST /tenant/{tenant}/device
pages open POST /tenant/{tenant}/forgot
pages open POST /tenant/{tenant}/login
pages open POST /tenant/{tenant}/logout
pages open POST /tenant/{tenant}/magic-link
pages open POST /tenant/{tenant}/mfa
pages open POST /tenant/{tenant}/register
session key maker POST /api/auth/api-keys
session open GET /.well-known/webauthn
session open POST /api/auth/change-email/confirm
session open POST /api/auth/google
session open POST /api/auth/login
session open POST /api/auth/magic-link/request
session open POST /api/auth/magic-link/verify
session open POST /api/auth/mfa/send
session open POST /api/auth/mfa/verify
session open POST /api/auth/microsoft
session open POST /api/auth/passkeys/login
session open POST /api/auth/passkeys/login/options
session open POST /api/auth/refresh
session own session DELETE /api/auth/api-keys/{id}
session own session DELETE /api/auth/devices/{id}
session own session DELETE /api/auth/identities
session own session DELETE /api/auth/identities/{id}
session own session DELETE /api/auth/passkeys/{id}
session own session DELETE /api/auth/sessions
session own session DELETE /api/auth/sessions/{id}
session own session GET /api/auth/api-keys
session own session GET /api/auth/devices
session own session GET /api/auth/identities
session own session GET /api/auth/mfa
session own session GET /api/auth/passkeys
session own session GET /api/auth/sessions
session own session PATCH /api/auth/passkeys/{id}
session own session POST /api/auth/change-email
session own session POST /api/auth/change-password
session own session POST /api/auth/mfa/step-up
session own session POST /api/auth/passkeys
session own session POST /api/auth/passkeys/options
session own session POST /api/auth/reauthenticate
session session GET /api/auth/me
session session POST /api/auth/logout
sso open GET /tenant/{tenant}/sso/{id}
sso open GET /tenant/{tenant}/sso/{id}/callback
sso open GET /tenant/{tenant}/sso/{id}/certificate
sso open GET /tenant/{tenant}/sso/{id}/link
sso open GET /tenant/{tenant}/sso/{id}/metadata
sso open GET /tenant/{tenant}/sso/{id}/onward
sso open GET /tenant/{tenant}/sso/{id}/sign-out
sso open GET /tenant/{tenant}/sso/{id}/slo
sso open POST /tenant/{tenant}/sso/{id}/acs
sso open POST /tenant/{tenant}/sso/{id}/link
sso open POST /tenant/{tenant}/sso/{id}/slo
system open GET /dev/outbox
system open GET /docs
system open GET /docs/
system open GET /docs/{*file}
system open GET /healthz
system open GET /passkeys.js
system open GET /portcullis.css
system open GET /portcullis.js
system open GET /portcullis.svg
system open POST /setup
tenant admin DELETE /tenant/{tenant}/v2/MailTemplates/{name}/{lang}
tenant admin DELETE /tenant/{tenant}/v2/Plans/{name}
tenant admin DELETE /tenant/{tenant}/v2/Roles/{name}
tenant admin DELETE /tenant/{tenant}/v2/Routes/{id}
tenant admin DELETE /tenant/{tenant}/v2/Templates/{name}
tenant admin DELETE /tenant/{tenant}/v2/Users/{id}
tenant admin GET /tenant/{tenant}/v2/Audit
tenant admin GET /tenant/{tenant}/v2/Clients
tenant admin GET /tenant/{tenant}/v2/Clients/{id}
tenant admin GET /tenant/{tenant}/v2/JoinRequests
tenant admin GET /tenant/{tenant}/v2/Keys
tenant admin GET /tenant/{tenant}/v2/MailTemplates
tenant admin GET /tenant/{tenant}/v2/MailTemplates/{name}/{lang}
tenant admin GET /tenant/{tenant}/v2/Mails
tenant admin GET /tenant/{tenant}/v2/Mails/{id}
tenant admin GET /tenant/{tenant}/v2/Plans
tenant admin GET /tenant/{tenant}/v2/Plans/{name}
tenant admin GET /tenant/{tenant}/v2/Roles
tenant admin GET /tenant/{tenant}/v2/Roles/{name}
tenant admin GET /tenant/{tenant}/v2/Routes
tenant admin GET /tenant/{tenant}/v2/Routes/{id}
tenant admin GET /tenant/{tenant}/v2/Settings
tenant admin GET /tenant/{tenant}/v2/SignIns
tenant admin GET /tenant/{tenant}/v2/Templates
tenant admin GET /tenant/{tenant}/v2/Templates/{name}
tenant admin GET /tenant/{tenant}/v2/Usage
tenant admin GET /tenant/{tenant}/v2/Users
tenant admin GET /tenant/{tenant}/v2/Users/{id}
tenant admin PATCH /tenant/{tenant}/v2/Settings
tenant admin PATCH /tenant/{tenant}/v2/Users/{id}
tenant admin POST /tenant/{tenant}/v2/Keys/rotate
tenant admin POST /tenant/{tenant}/v2/MailTemplates/{name}/{lang}/preview
tenant admin POST /tenant/{tenant}/v2/Mails/{id}/retry
tenant admin POST /tenant/{tenant}/v2/Plans
tenant admin POST /tenant/{tenant}/v2/Roles
tenant admin POST /tenant/{tenant}/v2/Routes
tenant admin POST /tenant/{tenant}/v2/Templates/{name}/preview
tenant admin POST /tenant/{tenant}/v2/Users
tenant admin PUT /tenant/{tenant}/v2/MailTemplates/{name}/{lang}
tenant admin PUT /tenant/{tenant}/v2/Plans/{name}
tenant admin PUT /tenant/{tenant}/v2/Roles/{name}
tenant admin PUT /tenant/{tenant}/v2/Routes/{id}
tenant admin PUT /tenant/{tenant}/v2/Settings
tenant admin PUT /tenant/{tenant}/v2/Templates/{name}
tenant admin PUT /tenant/{tenant}/v2/Users/{id}
tenant credential admin DELETE /tenant/{tenant}/v2/ApiKeys/{id}
tenant credential admin DELETE /tenant/{tenant}/v2/Clients/{id}
tenant credential admin DELETE /tenant/{tenant}/v2/Domains/{domain}
tenant credential admin DELETE /tenant/{tenant}/v2/IdentityProviders/{id}
tenant credential admin DELETE /tenant/{tenant}/v2/IdentityProviders/{id}/SigningKeys/{key}
tenant credential admin DELETE /tenant/{tenant}/v2/JoinRequests/{id}
tenant credential admin DELETE /tenant/{tenant}/v2/Users/{id}/ApiKeys/{key}
tenant credential admin DELETE /tenant/{tenant}/v2/Users/{id}/Connections/{connection}
tenant credential admin DELETE /tenant/{tenant}/v2/Users/{id}/Consents/{client}
tenant credential admin DELETE /tenant/{tenant}/v2/Users/{id}/Identities
tenant credential admin DELETE /tenant/{tenant}/v2/Users/{id}/Identities/{identity}
tenant credential admin DELETE /tenant/{tenant}/v2/Users/{id}/Passkeys/{passkey}
tenant credential admin DELETE /tenant/{tenant}/v2/Users/{id}/Sessions/{sid}
tenant credential admin GET /tenant/{tenant}/v2/ApiKeys
tenant credential admin GET /tenant/{tenant}/v2/ApiKeys/{id}
tenant credential admin GET /tenant/{tenant}/v2/Domains
tenant credential admin GET /tenant/{tenant}/v2/Domains/{domain}
tenant credential admin GET /tenant/{tenant}/v2/IdentityProviders
tenant credential admin GET /tenant/{tenant}/v2/IdentityProviders/{id}
tenant credential admin GET /tenant/{tenant}/v2/IdentityProviders/{id}/SigningKeys
tenant credential admin GET /tenant/{tenant}/v2/Users/{id}/ApiKeys
tenant credential admin GET /tenant/{tenant}/v2/Users/{id}/Connections
tenant credential admin GET /tenant/{tenant}/v2/Users/{id}/Consents
tenant credential admin GET /tenant/{tenant}/v2/Users/{id}/Identities
tenant credential admin GET /tenant/{tenant}/v2/Users/{id}/Passkeys
tenant credential admin GET /tenant/{tenant}/v2/Users/{id}/Sessions
tenant credential admin PATCH /tenant/{tenant}/v2/Clients/{id}
tenant credential admin PATCH /tenant/{tenant}/v2/IdentityProviders/{id}
tenant credential admin POST /tenant/{tenant}/v2/ApiKeys
tenant credential admin POST /tenant/{tenant}/v2/Clients
tenant credential admin POST /tenant/{tenant}/v2/Clients/{id}/secret
tenant credential admin POST /tenant/{tenant}/v2/Domains
tenant credential admin POST /tenant/{tenant}/v2/Domains/{domain}/verify
tenant credential admin POST /tenant/{tenant}/v2/IdentityProviders
tenant credential admin POST /tenant/{tenant}/v2/IdentityProviders/{id}/SigningKeys
tenant credential admin POST /tenant/{tenant}/v2/IdentityProviders/{id}/SigningKeys/{key}/activate
tenant credential admin POST /tenant/{tenant}/v2/IdentityProviders/{id}/test
tenant credential admin POST /tenant/{tenant}/v2/JoinRequests/{id}/accept
tenant credential admin POST /tenant/{tenant}/v2/Users/{id}/invitation
tenant credential admin POST /tenant/{tenant}/v2/Users/{id}/password-reset
tenant credential admin POST /tenant/{tenant}/v2/Users/{id}/unlock
tenant credential admin POST /tenant/{tenant}/v2/Users/{id}/verification
tenant credential admin PUT /tenant/{tenant}/v2/Clients/{id}
tenant credential admin PUT /tenant/{tenant}/v2/IdentityProviders/{id}
tenant operator DELETE /tenant/{tenant}/v2/Tenants/{id}
tenant operator GET /tenant/{tenant}/v2/Tenants
tenant operator GET /tenant/{tenant}/v2/Tenants/{id}
tenant operator PATCH /tenant/{tenant}/v2/Tenants/{id}
tenant operator POST /tenant/{tenant}/v2/Keys/reseal
tenant operator POST /tenant/{tenant}/v2/Tenants
tenant operator POST /tenant/{tenant}/v2/Tenants/{id}/Admins
tenant operator POST /tenant/{tenant}/v2/Tenants/{id}/Domains
";

#[test]
fn the_table_is_as_written_here() {
    let world = World::new();
    let mut rows: Vec<String> = Vec::new();
    for surface in world.table.surfaces() {
        for route in &surface.routes {
            let guard = match route.run.guard() {
                Guard::Open => "open",
                Guard::Session => "session",
                Guard::OwnSession => "own session",
                Guard::KeyMaker => "key maker",
                Guard::VaultReader => "vault reader",
                Guard::CredentialAdmin => "credential admin",
                Guard::Admin => "admin",
                Guard::Operator => "operator",
                Guard::Client => "client",
            };
            rows.push(format!("{} {guard} {} {}", surface.name, route.method, route.path));
        }
    }
    rows.sort();
    assert_eq!(rows.join("\n"), ROWS.trim());
}

#[test]
fn no_two_rows_overlap() {
    let world = World::new();
    let rows: Vec<(&str, &str)> = world
        .table
        .surfaces()
        .iter()
        .flat_map(|surface| surface.routes.iter().map(|route| (route.method, route.path)))
        .collect();
    let variable = |segment: &str| segment.starts_with('{');
    let overlap = |a: &str, b: &str| {
        let (a, b): (Vec<&str>, Vec<&str>) = (a.split('/').collect(), b.split('/').collect());
        let meet = |a: &str, b: &str| a == b || variable(a) && !b.is_empty() || variable(b) && !a.is_empty();
        a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| meet(a, b))
    };
    for (at, (method, path)) in rows.iter().enumerate() {
        for (other_method, other) in rows.iter().skip(at + 1) {
            assert!(method != other_method || !overlap(path, other), "{method} {path} and {other}");
        }
    }
}

#[test]
fn a_row_stands_in_the_folder_of_its_surface() {
    let world = World::new();
    for surface in world.table.surfaces() {
        let file = format!("{}/src/api/{}/mod.rs", env!("CARGO_MANIFEST_DIR"), surface.name);
        let text = std::fs::read_to_string(&file).unwrap();
        for route in &surface.routes {
            // A row for the path's tenant and the root is written once.
            let short = route.path.strip_prefix("/tenant/{tenant}").unwrap_or(route.path);
            let found = [route.path, short].iter().any(|path| text.contains(&format!("\"{path}\"")));
            assert!(found, "{} is not in {file}", route.path);
        }
    }
}

#[test]
fn every_path_has_its_tests_in_the_folder_of_its_surface() {
    let world = World::new();
    for surface in world.table.surfaces() {
        let folder = format!("{}/tests/native/{}", env!("CARGO_MANIFEST_DIR"), surface.name);
        let mut all = String::new();
        let files = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path());
        for file in files.filter(|path| path.is_file()) {
            all.push_str(&std::fs::read_to_string(file).unwrap());
        }
        for route in &surface.routes {
            let path = route.path.replace("/{id}", "").replace("/{name}", "").replace("/{sid}", "");
            let path = path.replace("/{*file}", "/");
            let path = path.replace("{tenant}", "home").replace("/home/.well-known", "/.well-known");
            let last = path.rsplit('/').next().unwrap_or_default();
            assert!(all.contains(&path) || all.contains(last), "{path} is not in {folder}");
        }
    }
}
