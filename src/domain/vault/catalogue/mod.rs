//! The services that the product knows: facts, from `providers.json`. `providers.schema.json` says what each member means,
//! and `tests/native/vault/catalogue.rs` plays each of them.

use std::sync::LazyLock;

use zeroize::Zeroizing;

use crate::domain::upstream::{Audience, Authentication, Dialect, Endpoints, Issuer, Upstream};
use crate::model::catalogue::TokenAuth;
use crate::model::json;
use crate::ports::http::Reach;

pub use crate::model::catalogue::{Entry, OAuth};

static ENTRIES: LazyLock<Vec<Entry>> =
    LazyLock::new(|| json::read_text(include_str!("providers.json")).unwrap_or_default());

/// Each of them, in the order of their names.
pub fn all() -> &'static [Entry] {
    &ENTRIES
}

/// The one of that id.
pub fn find(id: &str) -> Option<&'static Entry> {
    all().iter().find(|entry| entry.id == id)
}

/// A provider as the client of its OAuth sees it. `reach` is [`Reach::Operator`] for the catalogue's addresses, and
/// [`Reach::Administrator`] for what an administrator said, labels of templates included.
pub fn upstream(
    oauth: &OAuth,
    client_id: String,
    secret: Option<Zeroizing<String>>,
    reach: Reach,
) -> Upstream {
    let authentication = match (oauth.token_auth, secret) {
        (TokenAuth::None, _) | (_, None) => Authentication::None,
        (TokenAuth::Basic, Some(secret)) => Authentication::SecretBasic(secret),
        (TokenAuth::Post, Some(secret)) => Authentication::SecretPost(secret),
    };
    Upstream {
        issuer: oauth.issuer.as_ref().map_or(Issuer::Unknown, Issuer::exactly),
        endpoints: Endpoints {
            authorization: oauth.authorization_url.clone(),
            token: oauth.token_url.clone(),
            jwks: None,
            userinfo: None,
            revocation: oauth.revocation_url.clone(),
            end_session: None,
        },
        client_id,
        authentication,
        reach,
        algorithms: Vec::new(),
        audience: Audience::OursByAzp,
        says_iss: false,
        dialect: Dialect::of(oauth),
    }
}
