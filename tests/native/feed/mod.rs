//! The change feed: what appends to it, what isolates do with it, and how often they wait.

mod answers;
mod budget;
mod carried;
mod columns;
mod isolates;
mod races;
mod tenants;
