//! Making an API key on the account page: it is shown once.

use askama::Template;

use crate::api::pages::form::Fields;
use crate::api::pages::messages::Messages;
use crate::api::pages::place::Place;
use crate::cx::Cx;
use crate::domain::admin::api_keys::{self, NewKey};
use crate::domain::refusal::{Error, invalid};
use crate::domain::session::principal::{KeyMaker, OwnSession};
use crate::http::response::Response;
use crate::store::api_keys::ApiKey;

#[derive(Template)]
#[template(path = "account/key_made.html")]
struct KeyMade<'a> {
    m: &'static Messages,
    place: &'a Place,
    key: &'a ApiKey,
    secret: &'a str,
}

/// Makes the key that the form describes.
pub(super) async fn add(
    cx: &Cx,
    place: &Place,
    session: &OwnSession,
    fields: &Fields,
) -> Result<Response, Error> {
    let more = fields.get("scopes").unwrap_or_default();
    let scopes = fields.all("scope").chain(more.split([' ', ',']));
    let scopes: Vec<String> = scopes.filter(|scope| !scope.is_empty()).map(str::to_owned).collect();
    if scopes.is_empty() {
        return Err(invalid("scopes", "at least one"));
    }
    let expires_at = match fields.get("expires").unwrap_or_default() {
        "" => None,
        days => Some(days.parse::<i64>().ok().filter(|days| (1..=3_650).contains(days))),
    };
    let expires_at = match expires_at {
        Some(None) => return Err(invalid("expiresAt", "is no number of days")),
        Some(Some(days)) => Some(cx.now.plus(days * 86_400).rfc3339()),
        None => None,
    };
    let new =
        NewKey { name: fields.need("name")?, scopes, expires_at: expires_at.as_deref(), password: None };
    let (key, secret) = api_keys::create(cx, &KeyMaker::Person(session.clone()), new).await?;
    let page = KeyMade { m: place.m, place, key: &key, secret: &secret };
    Ok(place.page(200, &page)?)
}
