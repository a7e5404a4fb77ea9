//! Claims about a user that a client learns: within its registered scope and what the user agreed to, by scope
//! (OpenID Connect Core 1.0 §5.4) or asked for singly with `claims` (§5.5).

use serde_json::{Map, Value, json};

use crate::model::client::Metadata;
use crate::oidc::request::{CLAIMS, is_registered};
use crate::store::users::User;

/// The claims of these scopes, and those asked for singly, as far as the client is registered for the scope that
/// each goes with. The user was asked for both alike.
pub(crate) fn about(
    user: &User,
    client: &Metadata,
    scopes: &[String],
    asked: Option<&Value>,
) -> Map<String, Value> {
    let wanted = |scope: &str, name: &str| {
        let singly = asked.is_some_and(|asked| asked.get(name).is_some());
        is_registered(client, scope) && (singly || scopes.iter().any(|granted| granted == scope))
    };
    let released = CLAIMS.into_iter().filter(|(name, scope)| wanted(scope, name));
    released.filter_map(|(name, _)| Some((name.to_owned(), value(user, name)?))).collect()
}

fn value(user: &User, name: &str) -> Option<Value> {
    match name {
        "name" => user.name.as_ref().map(|name| json!(name)),
        "roles" => Some(json!(user.roles)),
        "email" => Some(json!(user.email)),
        "email_verified" => Some(json!(user.email_verified)),
        _ => None,
    }
}
