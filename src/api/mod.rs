//! Wire: one folder per surface, with its route table, its wording of success and failure, and a file per
//! resource. A surface parses its request, makes one call into the domain and words the answer.

pub mod account;
pub mod connections;
#[cfg(not(target_arch = "wasm32"))]
pub mod docs;
pub mod gateway;
pub mod oauth;
pub mod pages;
pub mod session;
pub mod system;
pub mod tenant;
pub mod wording;

use crate::http::table::Table;
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
        system::surface(),
    ];
    Table::new(surfaces, gateway::wording(), Box::new(|cx, call| Box::pin(gateway::gateway(cx, call))))
}
