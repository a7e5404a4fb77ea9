//! What scopes let a client do, in words.

use crate::api::pages::messages::{Messages, fill};

/// A line for each scope, OpenID's first; and before the last of them one for each server that is called.
pub(super) fn in_words<S: AsRef<str>>(m: &Messages, scopes: &[S], resources: &[String]) -> Vec<String> {
    let mut lines: Vec<(usize, String)> = scopes.iter().map(|scope| line(m, scope.as_ref())).collect();
    lines.extend(resources.iter().map(|resource| (7, fill(m.scope_resource, "resource", resource))));
    lines.sort_by_key(|(rank, _)| *rank);
    lines.into_iter().map(|(_, line)| line).collect()
}

fn line(m: &Messages, scope: &str) -> (usize, String) {
    let (rank, text) = match scope {
        "openid" => (0, m.scope_openid),
        "profile" => (1, m.scope_profile),
        "email" => (2, m.scope_email),
        "roles" => (3, m.scope_roles),
        "groups" => (4, m.scope_groups),
        "read" => (5, m.scope_read),
        "write" => (6, m.scope_write),
        "webhooks:manage" => (7, m.scope_webhooks),
        "vault:read" => (7, m.scope_vault),
        "offline_access" => (9, m.scope_offline_access),
        other => return (8, fill(m.scope_other, "scope", other)),
    };
    (rank, text.to_owned())
}
