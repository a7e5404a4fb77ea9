//! What is signed, hashed and sealed, against known answers.

mod foreign;
mod imports;
mod password;
mod providers;
mod seal;
mod totp;
mod webauthn;
mod webauthn_vectors;
