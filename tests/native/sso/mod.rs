//! Signing in with an identity provider, through the front door, with a provider that stands in.

mod attacks;
mod callback;
mod certificate_warnings;
mod linking;
mod logouts;
mod matrix;
mod pages;
mod people;
pub mod provider;
mod refused;
pub mod saml;
mod saml_logout;
mod saml_people;
mod saml_post;
mod sign_out;
