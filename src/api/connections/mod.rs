//! The user and connection API: `/users/auth/*`, `/users/logout`, `/users/generate-api-key`, and the connection vault below
//! `/auth/`. Failures are `{success:false,error,statusCode,timestamp}`.

mod connect;
mod connected;
mod connection;
#[cfg(not(target_arch = "wasm32"))]
pub(super) mod docs;
mod generate_api_key;
mod google;
mod logout;
mod magic_link;
mod providers;
mod search_keys;
mod shapes;
mod status;
mod valid_token;
#[cfg(not(target_arch = "wasm32"))]
mod vault_docs;
mod vault_keys;
pub(super) mod with_google;

use crate::api::connections::shapes::Failure;
use crate::api::wording::{way_on, with_headers, word};
use crate::cx::Cx;
use crate::domain::refusal::Refusal;
use crate::http::guard::{credential_admin, key_maker, open, own_session, session, vault_reader};
use crate::http::request::Request;
use crate::http::response::Response;
use crate::http::table::{Limit, Surface, route};

/// The surface's table and wording.
pub(crate) fn surface() -> Surface {
    let routes = vec![
        route("GET", "/users/auth/status", Limit::None, open(status::status)),
        route("GET", "/users/auth/google", Limit::None, open(google::start)),
        route("GET", "/users/auth/google/callback", Limit::None, open(google::callback)),
        route("POST", "/users/auth/magic-link/request", Limit::None, open(magic_link::request)),
        route("POST", "/users/auth/magic-link/verify", Limit::None, open(magic_link::verify)),
        route("POST", "/users/logout", Limit::None, session(logout::logout)),
        route("POST", "/users/generate-api-key", Limit::None, key_maker(generate_api_key::generate_api_key)),
        route("GET", "/auth/providers", Limit::None, session(providers::list)),
        route("POST", "/auth/providers", Limit::None, credential_admin(providers::create)),
        route("GET", "/auth/providers/{id}", Limit::None, session(providers::read)),
        route("PUT", "/auth/providers/{id}", Limit::None, credential_admin(providers::replace)),
        route("DELETE", "/auth/providers/{id}", Limit::None, credential_admin(providers::delete)),
        route("GET", "/auth/connected", Limit::None, vault_reader(connected::list)),
        route("GET", "/auth/connect/{id}", Limit::None, own_session(connect::connect)),
        route("POST", "/auth/callback", Limit::None, own_session(connect::callback)),
        route("GET", "/auth/callback/{id}", Limit::None, open(connect::from_provider)),
        route("GET", "/tenant/{tenant}/auth/callback/{id}", Limit::None, open(connect::from_provider)),
        route("POST", "/auth/disconnect/{id}", Limit::None, own_session(connect::disconnect)),
        route("POST", "/auth/connections", Limit::None, credential_admin(connection::import)),
        route("DELETE", "/auth/connections", Limit::None, credential_admin(connection::revoke_all)),
        route("GET", "/auth/connections/{id}", Limit::None, vault_reader(connection::read)),
        route("POST", "/auth/apikeys/{id}", Limit::None, own_session(vault_keys::store)),
        route("GET", "/auth/apikeys/{id}", Limit::None, vault_reader(vault_keys::retrieve)),
        route("DELETE", "/auth/apikeys/{id}", Limit::None, own_session(vault_keys::delete)),
        route("GET", "/auth/valid-token", Limit::None, vault_reader(valid_token::read)),
        route("GET", "/auth/google-search-keys", Limit::None, session(search_keys::read)),
        route("PUT", "/auth/google-search-keys", Limit::None, credential_admin(search_keys::set)),
        route("DELETE", "/auth/google-search-keys", Limit::None, credential_admin(search_keys::delete)),
    ];
    Surface { name: "connections", routes, word_refusal, word_fault }
}

fn word_refusal(cx: &Cx, _: &Request, refusal: &Refusal) -> Response {
    let worded = word(refusal);
    let on = way_on(refusal);
    let goes_on = on.is_some()
        || matches!(
            refusal,
            Refusal::ReauthenticationRequired { .. }
                | Refusal::NeedsReauthorization
                | Refusal::ProviderUnavailable { .. }
        );
    let failure = Failure {
        auth_url: on,
        // Those after which a program goes on by itself, and so has to tell them from others.
        code: goes_on.then_some(worded.code),
        error: match refusal {
            Refusal::NoCredential => "Authentication required".into(),
            _ => worded.sentence,
        },
        request_id: None,
        status_code: worded.status,
        success: false,
        timestamp: cx.now.rfc3339(),
    };
    with_headers(Response::json(worded.status, &failure), refusal)
}

fn word_fault(cx: &Cx, id: &str) -> Response {
    let failure = Failure {
        auth_url: None,
        code: None,
        error: "Internal error".into(),
        request_id: Some(id.to_owned()),
        status_code: 500,
        success: false,
        timestamp: cx.now.rfc3339(),
    };
    Response::json(500, &failure)
}
