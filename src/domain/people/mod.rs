//! People: found, and made; what an administrator does to them is in `admin::users`.

mod administrators;
mod person;
pub(crate) mod usage;

pub(crate) use self::administrators::is_active_administrator;
pub use self::person::new_user;
pub(crate) use self::person::{address, by_email, by_email_with_factors, display_name, find, may_sign_in};
