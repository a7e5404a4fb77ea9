//! Tokens and keys at rest: AES-256-GCM under a key of the tenant's, bound to tenant, person, provider, connection and
//! column. A value that is copied into another row or column does not open.

use zeroize::Zeroizing;

use crate::crypto::secret::stored;
use crate::cx::Cx;
use crate::ports::Fault;
use crate::store::vault_connections::Connection;

/// What is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Column {
    Access,
    Refresh,
    Key,
}

impl Column {
    fn name(self) -> &'static str {
        match self {
            Column::Access => "access",
            Column::Refresh => "refresh",
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

/// The purpose that their keys are derived for.
pub(crate) const SEALED_AS: &str = "vault";

/// What a column of a row is bound to, by the row's own columns.
pub(crate) fn row(binding: &str, connection_id: &str, column: Column) -> String {
    Place { tenant_id: "", binding, connection_id }.row(column)
}

/// Seals a token or key.
pub(crate) fn seal(cx: &Cx, place: &Place<'_>, column: Column, plain: &str) -> Result<String, Fault> {
    cx.sealer(place.tenant_id, SEALED_AS)?.seal(cx.random(), &place.row(column), plain.as_bytes())
}

/// Opens a token or key.
pub(crate) fn open(
    cx: &Cx,
    place: &Place<'_>,
    column: Column,
    sealed: &str,
) -> Result<Zeroizing<String>, Fault> {
    cx.sealer(place.tenant_id, SEALED_AS)?.open_text(&place.row(column), sealed)
}
