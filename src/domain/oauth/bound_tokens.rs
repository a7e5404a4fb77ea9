//! Tokens that are bound to a key (RFC 9449): which key a request to the token endpoint, or a pushed one, proves.

use crate::cx::Cx;
use crate::domain::clients::authentication::note_refusal;
use crate::domain::refusal::{Error, oauth};
use crate::domain::session::proof::{self, SentProof};
use crate::domain::tenants::Tenant;
use crate::oidc::dpop::Wrong;
use crate::oidc::error::Code;
use crate::store::clients::Client;

/// The thumbprint of the key that a token request proves, to which its tokens are bound; none without a proof (§5).
///
/// # Errors
/// `invalid_dpop_proof` for a proof that does not hold, or for none from a client whose tokens are always bound;
/// `use_dpop_nonce`.
pub(crate) async fn proved_key(
    cx: &Cx,
    tenant: &Tenant,
    client: &Client,
    sent: &SentProof<'_>,
) -> Result<Option<String>, Error> {
    if sent.field.is_none() && client.metadata.dpop_bound_access_tokens {
        let text = "a DPoP proof is missing: the client's access tokens are bound to a key";
        return Err(oauth(Code::InvalidDpopProof, text));
    }
    pushed_key(cx, tenant, client, sent).await
}

/// The same for a request that is pushed, which needs no proof (§10.1).
///
/// # Errors
/// As [`proved_key`], for a proof.
pub(crate) async fn pushed_key(
    cx: &Cx,
    tenant: &Tenant,
    client: &Client,
    sent: &SentProof<'_>,
) -> Result<Option<String>, Error> {
    if sent.field.is_none() {
        return Ok(None);
    }
    let reason = match proof::check(cx, tenant, sent, None, None)? {
        Err(Wrong::Nonce) => {
            return Err(oauth(Code::UseDpopNonce, "the DPoP proof needs the nonce of this answer"));
        }
        Err(Wrong::Proof(reason)) => reason,
        Ok(proof) if proof::take(cx, tenant, &proof).await? => return Ok(Some(proof.jkt)),
        Ok(_) => "it was used before",
    };
    note_refusal(cx, tenant, Some(&client.id), &format!("DPoP proof: {reason}")).await?;
    Err(oauth(Code::InvalidDpopProof, format!("the DPoP proof: {reason}")))
}
