//! Whose trial a tenant is, and when it was used last.

use crate::model::json;
use crate::model::time::Time;
use crate::ports::{Fault, Row};
use crate::store::Columns;

/// Whose trial tenant it is, by what a provider says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Holder {
    pub(crate) issuer: String,
    /// The organisation, or the person.
    pub(crate) holder: String,
}

/// A tenant that is a trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trial {
    pub(crate) of: Holder,
    /// When somebody signed in to it last, or was there.
    pub(crate) used_at: Time,
}

/// The SQL of a JSON object: the trial that the row of `tenants` at hand is, while it is one.
pub(super) const OF_TENANT: &str =
    "(SELECT json_object('issuer', trials.issuer, 'holder', trials.holder, 'usedAt', trials.used_at) FROM trials
      WHERE trials.tenant_id = tenants.id AND trials.converted_at IS NULL)";

/// Reads the column `trial`, which is [`OF_TENANT`].
pub(super) fn read(row: &Row) -> Result<Option<Trial>, Fault> {
    let Some(text) = Columns(row).maybe_text("trial")? else { return Ok(None) };
    let said: Row = json::read_text(&text).map_err(|error| Fault::new("trials", error))?;
    let said = Columns(&said);
    let of = Holder { issuer: said.text("issuer")?, holder: said.text("holder")? };
    Ok(Some(Trial { of, used_at: said.time("usedAt")? }))
}
