//! What the UserInfo endpoint tells a client about the user of its token (OpenID Connect Core 1.0 §5.3.2).

use std::rc::Rc;

use serde_json::{Map, Value, json};

use crate::crypto::jws::Validity;
use crate::cx::Cx;
use crate::domain::clients::{self, Client};
use crate::domain::keys;
use crate::domain::oauth::claims::about;
use crate::domain::session::principal::Session;
use crate::oidc::id_token;
use crate::ports::Fault;

/// The claims, as the client registered to get them.
pub(crate) enum UserInfo {
    Plain(Map<String, Value>),
    /// A JWT.
    Signed(String),
}

/// The claims that the scope of a session's token grants, and those that its client asked for singly.
pub(crate) async fn of(cx: &Cx, person: &Session) -> Result<UserInfo, Fault> {
    let client = client(cx, person).await?;
    let mut claims = match &client {
        Some(client) => {
            let is_asked_for = |name: &str| person.userinfo_claims.iter().any(|asked| asked == name);
            about(&person.user, &client.metadata, person.scopes.tokens(), &is_asked_for)
        }
        None => Map::new(),
    };
    claims.insert("sub".into(), json!(person.user.id));
    claims.insert("tenantId".into(), json!(person.tenant.id));
    let signed = client.and_then(|client| Some((client.metadata.signs_userinfo()?, client)));
    let Some((alg, client)) = signed else { return Ok(UserInfo::Plain(claims)) };
    claims.insert("iss".into(), json!(person.tenant.issuer));
    claims.insert("aud".into(), json!(client.client_id()));
    let until = cx.now.plus(person.tenant.settings.access_token_seconds);
    let keys = keys::for_alg(cx, &person.tenant.id, alg).await?;
    let validity = Validity { from: cx.now, until };
    keys.sign_with(cx, alg, id_token::TYP, validity, &claims).await.map(UserInfo::Signed)
}

/// The client that the token was given to, as it is registered now.
async fn client(cx: &Cx, person: &Session) -> Result<Option<Rc<Client>>, Fault> {
    match &person.client_id {
        Some(id) => clients::by_id(cx, &person.tenant, id).await,
        None => Ok(None),
    }
}
