//! What administrators do: users, API keys, settings, tenants, and the first set-up.

pub mod administrators;
pub mod api_keys;
pub mod erasure;
pub mod invitations;
pub mod operator;
pub mod own_account;
pub mod settings;
pub mod setup;
pub mod users;
