//! What is signed, hashed and sealed, against known answers.

mod imports;
mod password;
mod seal;
