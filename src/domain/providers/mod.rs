//! Identity providers of a tenant: what administrators say of them, and what a sign-in asks of that.
//!
//! [`for_sign_in`] and [`all_enabled`] answer from memory; [`manage`] makes, changes and removes providers by the rules of
//! [`rules`], and seals what [`secrets`] knows; [`domains`] proves whose a mail domain is.

pub(crate) mod domains;
mod in_use;
pub(crate) mod manage;
mod rules;
mod saml_rules;
pub(crate) mod secrets;
mod stale;
mod text;

pub(crate) use self::in_use::{Usable, all_enabled, for_sign_in, opened};
pub(crate) use self::saml_rules::IN_METADATA;
