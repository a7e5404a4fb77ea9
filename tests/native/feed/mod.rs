//! The change feed: what appends to it, and what isolates do with it.

mod answers;
mod carried;
mod columns;
mod isolates;
mod races;
mod tenants;
