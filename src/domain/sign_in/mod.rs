//! Sign-in: the one walk that every surface and the hosted pages take. Identify, prove a first factor, prove a
//! second one where it is needed, and only then a session.
//!
//! `walk` is the order of the steps; `first_factor`, `challenges` and `second_factor` are what goes from one to the next.
//! The ways in: `passwords`, `magic_links`, `passkeys`, `register`; what is set up in a session: `enrolment`,
//! `email_change`, `trusted_devices`.

pub(crate) mod app_enrolment;
pub(crate) mod app_secrets;
pub mod challenges;
pub mod email_change;
pub mod enrolment;
pub mod first_factor;
pub mod form_mark;
pub mod fresh_sign_in;
pub mod magic_links;
pub(crate) mod one_time;
pub mod passkeys;
pub mod passwords;
pub(crate) mod proof_reset;
pub mod register;
pub mod relying_party;
pub mod second_factor;
pub mod signed_in;
pub mod step_up;
pub mod trusted_devices;
pub(crate) mod walk;

pub use self::walk::{
    Attempt, Step, complete, continue_with, require_verified_email, with_password, with_password_and_code,
};
