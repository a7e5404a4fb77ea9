//! GitHub: OAuth without OpenID Connect, so its API says who signed in.

use futures_util::future::join;
use serde_json::{Map, Value};

use crate::cx::Cx;
use crate::domain::federation::assertion::ProviderAssertion;
use crate::domain::federation::kinds::{by_secret, claims, endpoints_of, stand_in};
use crate::domain::upstream::{Audience, Dialect, Endpoints, Error, Issuer, Upstream, userinfo};
use crate::model::identity_provider::Github;
use crate::model::json;
use crate::ports::http::{HttpAnswer, Reach};

/// What is asked for: who the person is, and their addresses.
pub(super) const SCOPE: &str = "read:user user:email";

/// Who identities of GitHub are by.
const IDENTITIES: &str = "https://github.com";

/// Who its authorization server says that it is.
const ISSUER: &str = "https://github.com/login/oauth";

/// GitHub's server and what we are there.
pub(super) fn upstream(cx: &Cx, github: &Github, secret: Option<&str>) -> Upstream {
    let stand_in = stand_in(cx, github.endpoints.as_ref());
    let real = || Endpoints {
        authorization: "https://github.com/login/oauth/authorize".to_owned(),
        token: "https://github.com/login/oauth/access_token".to_owned(),
        userinfo: Some("https://api.github.com/user".to_owned()),
        ..Endpoints::default()
    };
    Upstream {
        issuer: Issuer::exactly(stand_in.map_or(ISSUER, |endpoints| endpoints.issuer.as_str())),
        endpoints: stand_in.map_or_else(real, endpoints_of),
        client_id: github.client_id.clone(),
        authentication: by_secret(secret),
        reach: if stand_in.is_some() { Reach::Administrator } else { Reach::Operator },
        algorithms: Vec::new(),
        audience: Audience::OursAlone,
        says_iss: false,
        dialect: Dialect::default(),
    }
}

/// Who signed in, by an access token that GitHub gave us for a code: the account and its addresses, asked side by side.
///
/// # Errors
/// Why that is not known.
pub(super) async fn read(
    cx: &Cx,
    upstream: &Upstream,
    access_token: &str,
) -> Result<ProviderAssertion, Error> {
    let user = upstream
        .endpoints
        .userinfo
        .as_deref()
        .ok_or_else(|| Error::failed("it has no address of its API"))?;
    let emails = format!("{}/emails", user.trim_end_matches('/'));
    let get = |url| userinfo::get(cx, upstream, url, access_token, "application/vnd.github+json");
    let (user, emails) = join(get(user), get(&emails)).await;
    let user = match body(&user?, "/user")? {
        Some(Value::Object(user)) => user,
        _ => return Err(Error::failed("/user answered no account")),
    };
    let emails = match body(&emails?, "/user/emails")? {
        Some(Value::Array(emails)) => emails,
        // The person did not let us read them.
        None => Vec::new(),
        Some(_) => return Err(Error::failed("/user/emails answered no list")),
    };
    person(user, &emails)
}

/// JSON that the API answered; `None` if we may not have it.
fn body(answer: &HttpAnswer, path: &str) -> Result<Option<Value>, Error> {
    match answer.status {
        200 => {
            json::parse(&answer.body).map(Some).map_err(|_| Error::failed(format!("{path} answered no JSON")))
        }
        403 | 404 => Ok(None),
        status => Err(Error::failed(format!("{path} answered {status}"))),
    }
}

fn person(user: Map<String, Value>, emails: &[Value]) -> Result<ProviderAssertion, Error> {
    // Names can be given away and taken by somebody else; ids are not.
    let id = user.get("id").and_then(Value::as_u64).filter(|id| *id > 0);
    let id = id.ok_or_else(|| Error::failed("/user answered no account"))?;
    let is = |email: &Map<String, Value>, member: &str| email.get(member) == Some(&Value::Bool(true));
    let primary = emails.iter().filter_map(Value::as_object).find(|email| is(email, "primary"));
    let email = primary.and_then(|email| claims::text(email, "email"));
    let verified = email.is_some() && primary.is_some_and(|email| is(email, "verified"));
    Ok(ProviderAssertion {
        issuer: IDENTITIES.to_owned(),
        subject: id.to_string(),
        email,
        email_verified: verified,
        authoritative: verified,
        name: claims::text(&user, "name").or_else(|| claims::text(&user, "login")),
        organisation: None,
        amr: Vec::new(),
        acr: None,
        auth_time: None,
        claims: user,
        session: None,
        session_until: None,
        once: Vec::new(),
    })
}
