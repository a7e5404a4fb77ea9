//! Wire: one folder per surface, with its route table, its wording of success and failure, and a file per
//! resource. A surface parses its request, makes one call into the domain and words the answer.

pub(crate) mod account;
pub(crate) mod connections;
mod console;
#[cfg(not(target_arch = "wasm32"))]
pub mod docs;
pub mod gateway;
pub(crate) mod magic_link;
pub(crate) mod oauth;
pub mod pages;
pub(crate) mod session;
pub(crate) mod sso;
pub(crate) mod system;
pub(crate) mod tenant;
mod unconfigured;
pub(crate) mod webauthn;
pub(crate) mod wording;

pub use self::unconfigured::unconfigured;
use crate::http::cors::Reach;
use crate::http::table::{ErrorPage, Gateway, Table};
use crate::ports::Fault;

/// All surfaces in one table, with the gateway for the rest.
///
/// # Errors
/// A [`Fault`] that names two rows that overlap.
pub fn table() -> Result<Table, Fault> {
    let surfaces = vec![
        session::surface(),
        account::surface(),
        connections::surface(),
        tenant::surface(),
        oauth::surface(),
        pages::surface(),
        sso::surface(),
        console::surface(),
        system::surface(),
    ];
    let gateway: Gateway = Box::new(|cx, call| Box::pin(gateway::gateway(cx, call)));
    let error_page: ErrorPage = Box::new(|cx, request, failure| Box::pin(pages::error(cx, request, failure)));
    Table::new(surfaces, gateway::wording(), gateway, error_page, reach)
}

/// Whose scripts may call a row. What is published is anyone's, and so is registration; what answers JSON to a token is
/// the tenant's origins', and that of a client that registered itself can call what its sign-in takes and no more. People
/// go to pages, and introspection is for servers.
fn reach(surface: &str, path: &str) -> Reach {
    let visited = ["/oauth2/authorize", "/oauth2/logout", "/oauth2/introspect"];
    let of_clients = ["/oauth2/token", "/oauth2/revoke", "/oauth2/userinfo"];
    // Whoever registers has no origin yet that anybody would know, and brings no cookie.
    let of_anyone = ["/.well-known/", "/oauth2/register"];
    match surface {
        "oauth" if of_clients.iter().any(|end| path.ends_with(end)) => Reach::Clients,
        "oauth" if of_anyone.iter().any(|part| path.contains(part)) => Reach::Anyone,
        "oauth" if visited.iter().any(|end| path.ends_with(end)) => Reach::Own,
        "session" | "account" | "connections" | "tenant" | "oauth" => Reach::Origins,
        _ => Reach::Own,
    }
}

/// What the document says of each surface, in the order of the table.
#[cfg(not(target_arch = "wasm32"))]
pub fn chapters() -> Vec<docs::Chapter> {
    vec![
        session::docs::chapter(),
        account::docs::chapter(),
        connections::docs::chapter(),
        tenant::docs::chapter(),
        oauth::docs::chapter(),
        pages::docs::chapter(),
        sso::docs::chapter(),
        console::docs::chapter(),
        system::docs::chapter(),
    ]
}
