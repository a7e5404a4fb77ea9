//! Messages of ours in the query of a redirect, signed where the provider's settings say so.

use crate::cx::Cx;
use crate::domain::keys;
use crate::model::signing_alg::SigningAlg;
use crate::ports::Fault;
use crate::saml::redirect::{self, Algorithm, Kind};

/// The address to send a browser to. Signatures are RSA's, by the platform's own code: few providers take others.
pub(super) async fn address(
    cx: &Cx,
    tenant_id: &str,
    signs: bool,
    endpoint: &str,
    (kind, xml): (Kind, &str),
    relay_state: Option<&str>,
) -> Result<String, Fault> {
    if !signs {
        return Ok(redirect::address(endpoint, &redirect::query(kind, xml, relay_state, None)));
    }
    let query = redirect::query(kind, xml, relay_state, Some(Algorithm::RsaSha256));
    let keys = keys::for_alg(cx, tenant_id, SigningAlg::Rs256).await?;
    let signature = keys.sign_rs256(cx, query.as_bytes()).await?;
    Ok(redirect::address(endpoint, &redirect::with_signature(&query, &signature)))
}
