//! What a tenant says of a provider that its people connect.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::catalogue::Entry;

/// A provider of a tenant, as it is stored: an entry of the catalogue that the tenant set up, or one of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProviderSpec {
    /// Whether anybody can connect it.
    #[serde(default = "yes")]
    pub(crate) enabled: bool,
    /// Our client id there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) client_id: Option<String>,
    /// What is asked for instead of what the entry says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) scopes: Option<Vec<String>>,
    /// The DNS labels of its templates.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) labels: BTreeMap<String, String>,
    /// The whole description of one that is not of the catalogue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) own: Option<Entry>,
}

fn yes() -> bool {
    true
}
