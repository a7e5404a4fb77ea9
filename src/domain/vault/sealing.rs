//! Tokens and keys at rest: AES-256-GCM under a key of the tenant's, bound to tenant, person, provider, connection and
//! column. A value that is copied into another row or column does not open.

use zeroize::Zeroizing;

use crate::crypto::seal;
use crate::crypto::secret::stored;
use crate::cx::Cx;
use crate::ports::Fault;
use crate::store::vault_connections::Connection;

/// What is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Column {
    Key,
}

impl Column {
    fn name(self) -> &'static str {
        match self {
            Column::Key => "key",
        }
    }
}

/// The row that something is sealed for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) tenant_id: &'a str,
    /// See [`binding`].
    pub(crate) binding: &'a str,
    pub(crate) connection_id: &'a str,
}

impl Place<'_> {
    fn row(&self, column: Column) -> String {
        format!("vault_connections/{}/{}/{}", self.binding, self.connection_id, column.name())
    }
}

/// Whose values they are, and of which provider, as a hash: what is owed to a provider after a person was deleted says
/// nothing about them.
pub(crate) fn binding(tenant_id: &str, user_id: &str, provider_id: &str) -> String {
    stored(&format!("{tenant_id}/{user_id}/{provider_id}"))
}

/// The same of a connection.
pub(crate) fn binding_of(connection: &Connection) -> String {
    binding(&connection.tenant_id, &connection.user_id, &connection.provider_id)
}

fn key(cx: &Cx, tenant_id: &str) -> Result<Zeroizing<[u8; 32]>, Fault> {
    seal::derive(&cx.config.seal_key, tenant_id, "vault")
}

/// Seals a token or key.
pub(crate) fn seal(cx: &Cx, place: &Place<'_>, column: Column, plain: &str) -> Result<String, Fault> {
    seal::seal(&*key(cx, place.tenant_id)?, cx.random(), &place.row(column), plain.as_bytes())
}

/// Opens a token or key.
pub(crate) fn open(
    cx: &Cx,
    place: &Place<'_>,
    column: Column,
    sealed: &str,
) -> Result<Zeroizing<String>, Fault> {
    let plain = seal::open(&*key(cx, place.tenant_id)?, &place.row(column), sealed)?;
    let text = std::str::from_utf8(&plain).map_err(|_| Fault::new("vault", "what is sealed is no text"))?;
    Ok(Zeroizing::new(text.to_owned()))
}
