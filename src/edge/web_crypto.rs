//! RSA by the platform's WebCrypto (`crypto.subtle`).

use futures_util::future::LocalBoxFuture;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{CryptoKey, CryptoKeyPair, SubtleCrypto};
use worker::js_sys::{self, Array, Object, Promise, Reflect, Uint8Array};
use worker::wasm_bindgen_futures::JsFuture;
use worker::web_sys::WorkerGlobalScope;
use zeroize::Zeroizing;

use crate::edge::fault::fault;
use crate::ports::{Fault, Rsa, RsaKey};

const NAME: &str = "RSASSA-PKCS1-v1_5";
/// Bits of the modulus.
const BITS: u32 = 2048;
/// 65537, big-endian.
const EXPONENT: [u8; 3] = [1, 0, 1];

/// RSA keys of 2048 bits.
pub(crate) struct WebCrypto;

impl Rsa for WebCrypto {
    fn generate(&self) -> LocalBoxFuture<'_, Result<RsaKey, Fault>> {
        Box::pin(async { generate().await.map_err(failed) })
    }

    fn sign<'a>(
        &'a self,
        private: &'a [u8],
        message: &'a [u8],
    ) -> LocalBoxFuture<'a, Result<Vec<u8>, Fault>> {
        Box::pin(async move { sign(private, message).await.map_err(failed) })
    }
}

fn failed(error: JsValue) -> Fault {
    fault("webcrypto", error.into())
}

fn subtle() -> Result<SubtleCrypto, JsValue> {
    Ok(js_sys::global().unchecked_into::<WorkerGlobalScope>().crypto()?.subtle())
}

/// The algorithm's parameters with these beside its name.
fn algorithm<const N: usize>(members: [(&str, JsValue); N]) -> Result<Object, JsValue> {
    let object = Object::new();
    for (name, value) in [("name", NAME.into()), ("hash", "SHA-256".into())].into_iter().chain(members) {
        Reflect::set(&object, &name.into(), &value)?;
    }
    Ok(object)
}

async fn ended<T: wasm_bindgen::JsCast>(promise: Promise) -> Result<T, JsValue> {
    Ok(JsFuture::from(promise).await?.unchecked_into())
}

async fn generate() -> Result<RsaKey, JsValue> {
    let exponent = Uint8Array::from(EXPONENT.as_slice());
    let parameters = algorithm([("modulusLength", BITS.into()), ("publicExponent", exponent.into())])?;
    let usages = Array::of2(&"sign".into(), &"verify".into());
    let subtle = subtle()?;
    let pair: CryptoKeyPair = ended(subtle.generate_key_with_object(&parameters, true, &usages)?).await?;
    let private = ended(subtle.export_key("pkcs8", &pair.get_private_key())?).await?;
    let jwk: JsValue = ended(subtle.export_key("jwk", &pair.get_public_key())?).await?;
    let member = |name: &str| {
        Reflect::get(&jwk, &name.into())?.as_string().ok_or_else(|| JsValue::from("a key without numbers"))
    };
    let private = Zeroizing::new(Uint8Array::new(&private).to_vec());
    Ok(RsaKey { private, n: member("n")?, e: member("e")? })
}

async fn sign(private: &[u8], message: &[u8]) -> Result<Vec<u8>, JsValue> {
    let subtle = subtle()?;
    let (private, message) = (Uint8Array::from(private), Uint8Array::from(message));
    let usages = Array::of1(&"sign".into());
    let parameters = algorithm([])?;
    let key = subtle.import_key_with_object("pkcs8", &private, &parameters, false, &usages)?;
    let key: CryptoKey = ended(key).await?;
    let signature: JsValue = ended(subtle.sign_with_str_and_js_u8_array(NAME, &key, &message)?).await?;
    Ok(Uint8Array::new(&signature).to_vec())
}
