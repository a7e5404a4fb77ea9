//! Where a browser is sent to sign in or to consent (RFC 6749 §4.1.1, RFC 7636 §4.3, OpenID Connect Core 1.0 §3.1.2.1), and
//! what it comes back with (RFC 6749 §4.1.2, RFC 9207).

use url::Url;

use crate::domain::upstream::{Error, Upstream};
use crate::oidc::pkce;

/// The longest code that is exchanged, in bytes.
const LONGEST_CODE: usize = 4_096;

/// What is asked for. What is `None` or empty is left out.
#[derive(Debug, Clone, Copy, Default)]
pub struct Request<'a> {
    /// Where the browser comes back to.
    pub redirect_uri: &'a str,
    /// Separated by spaces; the server is told them in its own way.
    pub scope: &'a str,
    /// What ties the response to this browser.
    pub state: &'a str,
    /// What ties the ID token to this request.
    pub nonce: Option<&'a str>,
    /// What the code is exchanged with.
    pub verifier: &'a str,
    /// `login`, `consent`, `select_account`, `none`.
    pub prompt: Option<&'a str>,
    /// The address that the person gave.
    pub login_hint: Option<&'a str>,
    /// Google: the Workspace domain whose accounts are offered.
    pub hd: Option<&'a str>,
    /// Microsoft: the domain whose sign-in page is shown.
    pub domain_hint: Option<&'a str>,
    /// How many seconds ago the person may have signed in there.
    pub max_age: Option<i64>,
    /// How well they must have.
    pub acr_values: Option<&'a str>,
    /// Members of this server alone, as `access_type`.
    pub others: &'a [(&'a str, &'a str)],
}

/// The address that a browser is sent to. What the endpoint has in its query stays there (RFC 6749 §3.1), but for what
/// the request says itself: no parameter may come twice.
///
/// # Errors
/// [`Error::Failed`] if the endpoint has no address.
pub fn url(upstream: &Upstream, request: &Request<'_>) -> Result<String, Error> {
    let no_address = || Error::failed("its authorization endpoint has no address");
    let mut url = Url::parse(&upstream.endpoints.authorization).map_err(|_| no_address())?;
    let dialect = &upstream.dialect;
    let challenge = dialect.pkce.is_sent().then(|| pkce::challenge(request.verifier));
    let scopes = dialect.write_scopes(request.scope);
    let max_age = request.max_age.map(|seconds| seconds.to_string());
    let optional = [
        (dialect.scope_parameter.as_str(), Some(scopes.as_str())),
        ("code_challenge", challenge.as_deref()),
        ("code_challenge_method", challenge.as_ref().map(|_| "S256")),
        ("nonce", request.nonce),
        ("prompt", request.prompt),
        ("login_hint", request.login_hint),
        ("hd", request.hd),
        ("domain_hint", request.domain_hint),
        ("max_age", max_age.as_deref()),
        ("acr_values", request.acr_values),
    ];
    let mut said = vec![
        ("response_type", "code"),
        ("client_id", upstream.client_id.as_str()),
        ("redirect_uri", request.redirect_uri),
        ("state", request.state),
    ];
    for (name, value) in optional {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            said.push((name, value));
        }
    }
    for (name, value) in request.others {
        if said.iter().all(|(known, _)| known != name) {
            said.push((name, value));
        }
    }
    let is_said = |name: &str| said.iter().any(|(known, _)| *known == name);
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| !is_said(name))
        .map(|(name, value)| (name.into(), value.into()))
        .collect();
    url.set_fragment(None);
    url.query_pairs_mut().clear().extend_pairs(kept).extend_pairs(said);
    Ok(url.into())
}

/// What a browser came back with, beside `state`, which is its caller's to compare.
#[derive(Clone, Copy, Default)]
pub struct Response<'a> {
    /// The code.
    pub code: Option<&'a str>,
    /// Why there is none.
    pub error: Option<&'a str>,
    /// Who says it.
    pub iss: Option<&'a str>,
}

/// The code of a response that is this server's (RFC 9207 §2.4): whatever it says, it is not believed before that.
///
/// # Errors
/// [`Error::Forged`] if it is another's; [`Error::Declined`] if the server says no.
pub fn read_response<'a>(upstream: &Upstream, response: &Response<'a>) -> Result<&'a str, Error> {
    match response.iss {
        Some(iss) if !upstream.issuer.is_named(iss) => {
            return Err(Error::Forged("the response is of another issuer"));
        }
        None if upstream.says_iss => return Err(Error::Forged("the response does not say its issuer")),
        _ => {}
    }
    match (response.error, response.code) {
        (Some(error), _) => Err(Error::declined(error)),
        (None, Some(code)) if (1..=LONGEST_CODE).contains(&code.len()) => Ok(code),
        (None, _) => Err(Error::Forged("the response has no code")),
    }
}
