//! Who may be handed what the vault keeps: the person in a session of their own; a key or client of theirs with the scope
//! `vault:read`, or `vault:{provider}` for one provider alone; a key of the tenant's own, or a client by itself, with
//! `vault:{provider}`, where the tenant's setting `vaultDelegation` lets it act for persons. Never a cookie.

use std::rc::Rc;

use crate::cx::Cx;
use crate::domain::refusal::{Error, Refusal, invalid};
use crate::domain::session::principal::{self, Credential, Sent};
use crate::domain::tenants::ResolvedTenant;
use crate::model::reason::Reason;
use crate::model::scope::{Scopes, VAULT_OF, VAULT_READ};

/// Proof that a credential may read in the vault; [`VaultReader::whose`] says of whom.
#[derive(Debug, Clone)]
pub struct VaultReader(Rc<Credential>);

impl std::ops::Deref for VaultReader {
    type Target = Credential;
    fn deref(&self) -> &Credential {
        &self.0
    }
}

/// The reader behind a token or key.
///
/// # Errors
/// As [`principal::credential`]; [`Refusal::ScopeMissing`] for what may read nothing there.
pub(crate) async fn reader(
    cx: &Cx,
    resolved: &ResolvedTenant,
    sent: &Sent<'_>,
) -> Result<VaultReader, Error> {
    let reader = VaultReader(principal::credential(cx, resolved, sent).await?);
    let of_some = || reader.scopes.tokens().iter().any(|scope| scope.starts_with(VAULT_OF));
    if reader.is_persons_own() || of_some() { Ok(reader) } else { Err(lacks(None)) }
}

fn lacks(provider_id: Option<&str>) -> Error {
    let scope = provider_id.map_or(VAULT_READ.to_owned(), |id| format!("{VAULT_OF}{id}"));
    Refusal::ScopeMissing(vec![scope]).into()
}

/// Whether a key's or client's scopes let it read, of one provider or of all.
pub(super) fn may_read(scopes: &Scopes, provider_id: Option<&str>) -> bool {
    scopes.has(VAULT_READ) || may_read_one(scopes, provider_id)
}

fn may_read_one(scopes: &Scopes, provider_id: Option<&str>) -> bool {
    provider_id.is_some_and(|id| scopes.has(&format!("{VAULT_OF}{id}")))
}

impl VaultReader {
    /// Whether it is a session of the person's own.
    fn is_persons_own(&self) -> bool {
        self.user().is_some() && principal::is_own(&self.0)
    }

    /// Whose connections it reads, with one provider or with all: the caller's own, or those of the user whom a service
    /// names.
    ///
    /// # Errors
    /// [`Refusal::ScopeMissing`]; [`Refusal::NotFound`] for another person's; [`Refusal::Invalid`] for a service that names
    /// nobody.
    pub(crate) fn whose(&self, provider_id: Option<&str>, user_id: Option<&str>) -> Result<String, Error> {
        let scopes = &self.scopes;
        if let Some(user) = self.user() {
            if !(self.is_persons_own() || may_read(scopes, provider_id)) {
                return Err(lacks(provider_id));
            }
            let own = user_id.is_none_or(|id| id == user.id);
            return if own { Ok(user.id.clone()) } else { Err(Refusal::NotFound.into()) };
        }
        if !may_read_one(scopes, provider_id) {
            return Err(lacks(provider_id));
        }
        let user_id = user_id.ok_or_else(|| invalid("userId", Reason::Missing))?;
        match self.tenant.settings.vault_delegation {
            true => Ok(user_id.to_owned()),
            false => Err(Refusal::NotFound.into()),
        }
    }
}
