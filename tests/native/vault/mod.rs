//! The connection vault's parts that have no surface of their own.

mod catalogue;
