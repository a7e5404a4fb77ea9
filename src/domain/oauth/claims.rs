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
    is_asked_for: &dyn Fn(&str) -> bool,
) -> Map<String, Value> {
    let wanted = |scope: &str, name: &str| {
        is_registered(client, scope) && (is_asked_for(name) || scopes.iter().any(|granted| granted == scope))
    };
    let tells_address = wanted("email", "email");
    let released = CLAIMS.into_iter().filter(|(name, scope)| wanted(scope, name));
    released.filter_map(|(name, _)| Some((name.to_owned(), value(user, name, tells_address)?))).collect()
}

/// What is known of a claim; `tells_address`, if the client learns the e-mail address as well.
fn value(user: &User, name: &str, tells_address: bool) -> Option<Value> {
    let profile = &user.profile;
    match name {
        "name" => user.name.as_ref().map(|name| json!(name)),
        "preferred_username" => username(user, tells_address).map(|name| json!(name)),
        "picture" => profile.picture.as_ref().map(|picture| json!(picture)),
        "locale" => profile.locale.as_ref().or(user.language.as_ref()).map(|locale| json!(locale)),
        "zoneinfo" => profile.zoneinfo.as_ref().map(|zone| json!(zone)),
        "updated_at" => Some(json!(user.updated_at.unix())),
        "groups" => Some(json!(user.roles)),
        "roles" => Some(json!(user.roles)),
        "email" => Some(json!(user.email)),
        "email_verified" => Some(json!(user.email_verified)),
        _ => None,
    }
}

/// `preferred_username`: what an administrator says, else the address that the user has confirmed, for a client that learns
/// that anyway. Never the display name: users choose that themselves, and applications take this for an account's name.
fn username(user: &User, tells_address: bool) -> Option<&String> {
    let address = (tells_address && user.email_verified).then_some(&user.email);
    user.profile.preferred_username.as_ref().or(address)
}
