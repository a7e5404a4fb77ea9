//! What administrators do: users, API keys, settings, templates, mails, tenants, and the first set-up.

pub(crate) mod administrators;
pub(crate) mod api_keys;
pub(crate) mod assistance;
pub(crate) mod erasure;
mod factors;
pub(crate) mod invitations;
pub(crate) mod mail_templates;
pub(crate) mod mails;
pub(crate) mod operator;
pub(crate) mod own_account;
pub(crate) mod page_templates;
pub(crate) mod passkeys;
pub(crate) mod settings;
pub(crate) mod setup;
pub(crate) mod users;
