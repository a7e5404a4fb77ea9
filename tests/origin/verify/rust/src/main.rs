//! Verifies a forwarded assertion: Rust with jsonwebtoken (`cargo run`).
//! Reads JWKS_URL, ISSUER, AUDIENCE and TOKEN; prints the caller's id, or fails.

use std::env::var;
use std::error::Error;

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;

#[derive(Deserialize)]
struct Claims {
    sub: String,
}

fn verify(token: &str, issuer: &str, audience: &str, keys: &JwkSet) -> Result<Claims, Box<dyn Error>> {
    let header = decode_header(token)?;
    if header.typ.as_deref() != Some("gw+jwt") {
        return Err("not a forwarded assertion".into());
    }
    let key = keys.find(header.kid.as_deref().unwrap_or_default()).ok_or("unknown key")?;
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation.set_issuer(&[issuer]);
    validation.set_audience(&[audience]);
    validation.validate_nbf = true;
    validation.leeway = 5;
    Ok(decode::<Claims>(token, &DecodingKey::from_jwk(key)?, &validation)?.claims)
}

fn main() -> Result<(), Box<dyn Error>> {
    // A server keeps the keys for the answer's max-age, and fetches them again when an assertion names a key
    // that it does not know.
    let keys: JwkSet = ureq::get(var("JWKS_URL")?).call()?.body_mut().read_json()?;
    println!("{}", verify(&var("TOKEN")?, &var("ISSUER")?, &var("AUDIENCE")?, &keys)?.sub);
    Ok(())
}
