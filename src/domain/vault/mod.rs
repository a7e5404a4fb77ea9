//! The connection vault: what people let apps and agents do for them at other services.
//!
//! [`catalogue`] has the services that the product knows.

pub mod catalogue;
