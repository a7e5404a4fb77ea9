//! The name of the account that tokens are for, as a person knows it: an address or a user name. It is shown, and decides
//! nothing.

use crate::cx::Cx;
use crate::domain::outbound::send;
use crate::domain::upstream::answers::{MOST_BYTES, name_at, refusal};
use crate::domain::upstream::tokens::Tokens;
use crate::domain::upstream::{Error, Upstream};
use crate::model::json;
use crate::ports::http::{HttpRequest, Method};

const ENDPOINT: &str = "the account's endpoint";

/// The account's name: what the token endpoint said, or else what the API says. `None` if the server tells none.
///
/// # Errors
/// Why the API did not answer.
pub async fn name(cx: &Cx, upstream: &Upstream, tokens: &Tokens) -> Result<Option<String>, Error> {
    let account = &upstream.dialect.account;
    if tokens.account.is_some() {
        return Ok(tokens.account.clone());
    }
    let Some(url) = account.url.as_deref() else { return Ok(None) };
    let mut request = HttpRequest::get(url, "application/json", MOST_BYTES);
    let credential = format!("{}{}", upstream.dialect.token_prefix, tokens.access_token.as_str());
    request.headers.extend([("authorization", credential), ("user-agent", super::USER_AGENT.to_owned())]);
    if let Some(body) = &account.body {
        request.method = Method::Post;
        request.body.clone_from(body);
        if !body.is_empty() {
            request.headers.push(("content-type", "application/json".to_owned()));
        }
    }
    let answer = send(cx, request, upstream.reach).await?;
    if let Some(refused) = refusal(&answer, ENDPOINT) {
        return Err(refused);
    }
    let said =
        json::parse(&answer.body).map_err(|_| Error::failed(format!("{ENDPOINT} answered no JSON")))?;
    let name = account.pointers.iter().find_map(|pointer| name_at(&said, pointer));
    // It is kept and shown in clear: a server that repeats what it was sent names nobody.
    let repeats = |name: &str| {
        let refresh_token = tokens.refresh_token.as_ref().map(|token| token.as_str());
        [Some(tokens.access_token.as_str()), refresh_token]
            .into_iter()
            .flatten()
            .any(|token| name.contains(token))
    };
    Ok(name.filter(|name| !repeats(name)))
}
