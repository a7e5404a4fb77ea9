//! The tenant API.

mod administrators;
mod api_keys;
mod audit;
mod clients;
mod domain_proofs;
mod domains;
mod identity_providers;
mod invitations;
mod keys;
mod mail_templates;
mod mail_wording;
mod mails;
mod one_tenant;
mod plans;
mod provider_rules;
mod roles;
mod routes;
mod sessions;
mod settings;
mod templates;
mod tenants;
mod usage;
mod user_factors;
mod user_search;
mod users;
