//! Hosted pages.

mod account;
mod account_parts;
mod account_services;
mod change_email;
mod consent;
mod device;
mod errors;
mod fields;
mod forgot;
mod forms;
mod home;
mod leave;
mod login;
mod logout;
mod looking;
mod magic_link;
mod messages;
mod mfa;
mod naming;
mod passkey_attacks;
mod passkeys_of_tenants;
mod register;
mod step_up;
mod unverified;
