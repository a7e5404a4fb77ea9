//! What the tokens of a grant may be for: what was granted, as far as its client may still have it, or the part
//! of it that a token request asks for (RFC 6749 §6, RFC 8707 §2.2). Nothing here ever widens.

use crate::domain::refusal::{Error, oauth};
use crate::domain::tenants::Tenant;
use crate::oidc::access_token::Audiences;
use crate::oidc::error::Code;
use crate::store::clients::Client;

/// Whom an access token is for (RFC 9068 §3): what was asked for, and us if the client is to ask us who the
/// user is; else us alone.
pub(crate) fn audience(
    tenant: &Tenant,
    client: &Client,
    scopes: &[String],
    resources: &[String],
) -> Audiences {
    let mut all = resources.to_vec();
    // The resources of a client that no administrator made are others' servers behind routes, whose scopes may allow
    // something else here.
    let vouched_for = client.registration_hash.is_none();
    let openid = vouched_for && scopes.iter().any(|scope| scope == "openid");
    if (all.is_empty() || openid) && !all.contains(&tenant.issuer) {
        all.push(tenant.issuer.clone());
    }
    Audiences(all)
}

/// Scopes and resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Held {
    /// What may be done.
    pub(crate) scopes: Vec<String>,
    /// What else than the issuer the tokens are for.
    pub(crate) resources: Vec<String>,
}

/// What a client may still have of a grant, whose resources are as they are stored: an administrator may have taken some
/// of it from its registration.
///
/// # Errors
/// `invalid_scope`, `invalid_target` if nothing is left. No resource at all would mean the issuer, which the
/// grant may not have been for.
pub(crate) fn still_registered(
    tenant: &Tenant,
    client: &Client,
    scopes: Vec<String>,
    resources: Vec<String>,
) -> Result<Held, Error> {
    let metadata = &client.metadata;
    let registered: Vec<&str> = metadata.scope.split_ascii_whitespace().collect();
    let none_were_granted = resources.is_empty();
    let scopes: Vec<String> =
        scopes.into_iter().filter(|scope| registered.contains(&scope.as_str())).collect();
    let resources: Vec<String> = tenant
        .audiences_from_store(resources)
        .into_iter()
        .filter(|resource| *resource == tenant.issuer || metadata.resources.contains(resource))
        .collect();
    if scopes.is_empty() {
        return Err(oauth(Code::InvalidScope, "the client may have nothing of what was granted any more"));
    }
    if resources.is_empty() && !none_were_granted {
        return Err(oauth(
            Code::InvalidTarget,
            "the client's tokens may not be for what was granted any more",
        ));
    }
    Ok(Held { scopes, resources })
}

impl Held {
    /// The part that a request asks for; all of it where it asks for nothing.
    ///
    /// # Errors
    /// `invalid_scope`, `invalid_target` for more than this.
    pub(crate) fn narrow(
        &self,
        tenant: &Tenant,
        client: &Client,
        scope: Option<&str>,
        resources: &[String],
    ) -> Result<Held, Error> {
        let scopes = match scope {
            None => self.scopes.clone(),
            Some(asked) => once_each(asked.split_ascii_whitespace()),
        };
        if scopes.is_empty() || !scopes.iter().all(|one| self.scopes.contains(one)) {
            return Err(oauth(Code::InvalidScope, "the scope exceeds what was granted"));
        }
        // The issuer is among them without being named where `openid` or the lack of resources makes it so.
        let granted = audience(tenant, client, &self.scopes, &self.resources);
        if !resources.iter().all(|one| granted.contain(one)) {
            return Err(oauth(Code::InvalidTarget, "the resource exceeds what was granted"));
        }
        let resources = match resources {
            [] => self.resources.clone(),
            asked => once_each(asked.iter().map(String::as_str)),
        };
        Ok(Held { scopes, resources })
    }
}

fn once_each<'a>(all: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut once: Vec<String> = Vec::new();
    for one in all {
        if !once.iter().any(|known| known == one) {
            once.push(one.to_owned());
        }
    }
    once
}
