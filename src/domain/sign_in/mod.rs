//! Sign-in: the one walk that every surface and the hosted pages take. Identify, prove a first factor, prove a
//! second one where it is needed, and only then a session.
//!
//! `walk` is the order of the steps; `first_factor`, `challenges` and `second_factor` are what goes from one to the next;
//! `guess` checks what is sent for a second factor.
//! `organisation` refuses what an organisation's provider is enforced instead of.
//! The ways in: `passwords`, `magic_links`, `passkeys`, `register`; what is set up in a session: `enrolment`,
//! `email_change`, `trusted_devices`.

pub(crate) mod app_enrolment;
pub(crate) mod app_secrets;
pub(crate) mod challenges;
pub(crate) mod email_change;
pub(crate) mod enrolment;
pub mod first_factor;
pub(crate) mod form_mark;
pub(crate) mod fresh_sign_in;
pub mod guess;
pub(crate) mod magic_links;
pub(crate) mod one_time;
pub(crate) mod organisation;
pub(crate) mod passkeys;
pub(crate) mod passwords;
pub(crate) mod proof_reset;
pub(crate) mod register;
pub(crate) mod relying_party;
pub(crate) mod second_factor;
pub mod signed_in;
pub(crate) mod step_up;
pub mod trusted_devices;
pub(crate) mod walk;

pub use self::walk::{Attempt, Step, complete, continue_with, with_password};
pub(crate) use self::walk::{require_verified_email, with_password_and_code};
