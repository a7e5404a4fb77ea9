//! What is told when storage cannot be asked: 503 in the surface's own shape, and never that something is wrong with what was
//! sent.

mod counters;
mod endpoints;
mod lost_answers;
mod retries;
