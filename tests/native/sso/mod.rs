//! Signing in with an identity provider, through the front door, with a provider that stands in.

mod attacks;
mod callback;
mod linking;
mod people;
mod provider;
