//! `GET|POST …/oauth2/userinfo` (OpenID Connect Core 1.0 §5.3): who the user of an access token is.

use std::rc::Rc;

use serde_json::{Map, Value, json};

use crate::cx::Cx;
use crate::domain::clients::{self, Client};
use crate::domain::oauth::claims::about;
use crate::domain::refusal::Refusal;
use crate::domain::session::principal::{self, Session};
use crate::http::body;
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::ports::Fault;

/// The token comes in the `Authorization` header, or in a form (RFC 6750 §2.1, §2.2).
pub(super) async fn userinfo(cx: &Cx, call: &Call<'_>) -> Answer {
    let form = match call.bearer() {
        None if call.request.method == "POST" && body::is_form(call) => Some(body::params(call).await?),
        _ => None,
    };
    let sent = form.as_ref().and_then(|params| params.get("access_token"));
    let person = principal::person(cx, &call.resolved, call.bearer().or(sent)).await?;
    if !person.scopes.hold(&["openid".to_owned()]) {
        return Err(Refusal::ScopeMissing(vec!["openid".into()]).into());
    }
    let mut claims = match client(cx, &person).await? {
        Some(client) => about(&person.user, &client.metadata, person.scopes.tokens(), None),
        None => Map::new(),
    };
    claims.insert("sub".into(), json!(person.user.id));
    claims.insert("tenantId".into(), json!(person.tenant.id));
    Ok(Response::json(200, &Value::Object(claims)))
}

/// The client that the token was given to, as it is registered now.
async fn client(cx: &Cx, person: &Session) -> Result<Option<Rc<Client>>, Fault> {
    match &person.client_id {
        Some(id) => clients::by_id(cx, &person.tenant, id).await,
        None => Ok(None),
    }
}
