//! Authorization requests (RFC 6749 §4.1.1, OpenID Connect Core 1.0 §3.1.2.1), once their client and its
//! redirect URI are known to be right: what is wrong from here on is told to the client.

use serde_json::Value;

use crate::model::client::{AUTHORIZATION_CODE, Metadata};
use crate::model::json;
use crate::model::scope::{GROUPS, ROLES};
use crate::oidc::error::Code;
use crate::oidc::params::Params;
use crate::oidc::pkce::{self, CodeProtection};

/// How an answer reaches the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ResponseMode {
    /// In the redirect URI's query.
    Query,
    /// In a form that the browser posts (OAuth 2.0 Form Post Response Mode).
    FormPost,
}

/// What `prompt` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Prompt {
    /// No page at all.
    None,
    /// Sign in anew.
    Login,
    /// Agree anew.
    Consent,
    /// Choose who to be.
    SelectAccount,
    /// Register (Initiating User Registration via OpenID Connect 1.0).
    Create,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Request {
    /// Scopes asked for that the client may have, in the order they were asked for.
    pub(crate) scopes: Vec<String>,
    /// What comes back in the ID token.
    pub(crate) nonce: Option<String>,
    /// PKCE's challenge.
    pub(crate) code_challenge: Option<String>,
    /// The thumbprint of the key that its tokens are to be bound to (RFC 9449 §10).
    pub(crate) dpop_jkt: Option<String>,
    /// What is to be shown.
    pub(crate) prompts: Vec<Prompt>,
    /// How many seconds ago the user may have signed in.
    pub(crate) max_age: Option<i64>,
    /// Who they are, the client thinks.
    pub(crate) login_hint: Option<String>,
    /// An ID token of who they were.
    pub(crate) id_token_hint: Option<String>,
    /// How well they should have signed in, best first.
    pub(crate) acr_values: Vec<String>,
    /// Languages, best first (BCP 47).
    pub(crate) ui_locales: Vec<String>,
    /// Single claims that are asked for (§5.5).
    pub(crate) claims: Option<Value>,
    /// What else the tokens are for (RFC 8707).
    pub(crate) resources: Vec<String>,
}

/// The claims about a user that clients may learn, each with the scope that it goes with (§5.4).
pub(crate) const CLAIMS: [(&str, &str); 10] = [
    ("name", "profile"),
    ("preferred_username", "profile"),
    ("picture", "profile"),
    ("locale", "profile"),
    ("zoneinfo", "profile"),
    ("updated_at", "profile"),
    ("roles", ROLES),
    ("groups", GROUPS),
    ("email", "email"),
    ("email_verified", "email"),
];

/// Whether a client may ask for that scope.
pub(crate) fn is_registered(client: &Metadata, scope: &str) -> bool {
    client.scope.split_ascii_whitespace().any(|registered| registered == scope)
}

/// Why a request is none.
pub(crate) type Wrong = (Code, &'static str);

/// The response mode: `query` unless it says otherwise.
///
/// # Errors
/// [`Code::InvalidRequest`] for one that does not exist here; the error then goes into the query.
pub(crate) fn response_mode(params: &Params) -> Result<ResponseMode, Wrong> {
    match params.get("response_mode") {
        None | Some("query") => Ok(ResponseMode::Query),
        Some("form_post") => Ok(ResponseMode::FormPost),
        Some(_) => Err((Code::InvalidRequest, "response_mode is query or form_post")),
    }
}

impl Request {
    /// Parses a request of that client.
    ///
    /// # Errors
    /// The code and what is wrong, the gravest first.
    pub(crate) fn parse(
        params: &Params,
        client: &Metadata,
        issuer: &str,
        protection: CodeProtection,
    ) -> Result<Request, Wrong> {
        match params.get("response_type") {
            None => return Err((Code::InvalidRequest, "response_type is missing")),
            Some("code") => {}
            Some(_) => return Err((Code::UnsupportedResponseType, "response_type is code")),
        }
        if !client.grants(AUTHORIZATION_CODE) || !client.response_types.iter().any(|t| t == "code") {
            return Err((Code::UnauthorizedClient, "the client is not registered for authorization codes"));
        }
        for (name, code) in [
            ("request", Code::RequestNotSupported),
            ("request_uri", Code::RequestUriNotSupported),
            ("registration", Code::RegistrationNotSupported),
        ] {
            if params.get(name).is_some() {
                return Err((code, "the parameter is not supported"));
            }
        }
        let prompts = prompts(params.get("prompt"))?;
        let list = |name| -> Vec<String> {
            params.get(name).unwrap_or_default().split_ascii_whitespace().map(str::to_owned).collect()
        };
        let scopes = scopes(params.get("scope"), &client.scope)?;
        // Without `openid` there is no ID token that would repeat it.
        let nonce_is_repeated = params.get("nonce").is_some() && scopes.iter().any(|scope| scope == "openid");
        Ok(Request {
            scopes,
            nonce: params.get("nonce").map(str::to_owned),
            code_challenge: code_challenge(params, protection, nonce_is_repeated)?,
            dpop_jkt: dpop_jkt(params.get("dpop_jkt"))?,
            prompts,
            max_age: max_age(params.get("max_age"))?.or(client.default_max_age),
            login_hint: params.get("login_hint").map(str::to_owned),
            id_token_hint: params.get("id_token_hint").map(str::to_owned),
            acr_values: match list("acr_values") {
                none if none.is_empty() => client.default_acr_values.clone(),
                asked => asked,
            },
            ui_locales: list("ui_locales"),
            claims: claims(params.get("claims"))?,
            resources: resources(params.all("resource"), client, issuer)?,
        })
    }

    /// Whether `prompt` asks for that.
    pub(crate) fn asks(&self, prompt: Prompt) -> bool {
        self.prompts.contains(&prompt)
    }

    /// The scopes that its person agrees to: those asked for, and those of claims that are asked for singly and that
    /// the client may learn (§5.5). The words for both are the same.
    pub(crate) fn scopes_to_agree_to(&self, client: &Metadata) -> Vec<String> {
        let mut all = self.scopes.clone();
        for (name, scope) in CLAIMS {
            let asked = ["id_token", "userinfo"].iter().any(|member| self.claim(member, name).is_some());
            if asked && is_registered(client, scope) && !all.iter().any(|known| known == scope) {
                all.push(scope.to_owned());
            }
        }
        all
    }

    /// One claim's request within `id_token` or `userinfo`.
    pub(crate) fn claim(&self, member: &str, name: &str) -> Option<&Value> {
        self.claims.as_ref()?.get(member)?.get(name)
    }
}

fn prompts(text: Option<&str>) -> Result<Vec<Prompt>, Wrong> {
    let prompt = |word| match word {
        "none" => Ok(Prompt::None),
        "login" => Ok(Prompt::Login),
        "consent" => Ok(Prompt::Consent),
        "select_account" => Ok(Prompt::SelectAccount),
        "create" => Ok(Prompt::Create),
        _ => Err((Code::InvalidRequest, "prompt has a value that does not exist")),
    };
    let all = text.unwrap_or_default().split_ascii_whitespace().map(prompt).collect::<Result<Vec<_>, _>>()?;
    if all.contains(&Prompt::None) && all.len() > 1 {
        return Err((Code::InvalidRequest, "prompt=none stands alone"));
    }
    Ok(all)
}

/// The scopes among those asked for that are the client's; what it may not have is left out, as RFC 6749
/// §3.3 allows, and the token's answer says so. Without any, all that are the client's but offline access.
///
/// # Errors
/// [`Code::InvalidScope`] if none is left.
pub(crate) fn scopes(asked: Option<&str>, registered: &str) -> Result<Vec<String>, Wrong> {
    let registered: Vec<&str> = registered.split_ascii_whitespace().collect();
    let mut granted: Vec<String> = Vec::new();
    let asked = asked.map(|text| text.split_ascii_whitespace().collect::<Vec<_>>());
    for scope in
        asked.unwrap_or_else(|| registered.iter().copied().filter(|s| *s != "offline_access").collect())
    {
        if registered.contains(&scope) && !granted.iter().any(|known| known == scope) {
            granted.push(scope.to_owned());
        }
    }
    if granted.is_empty() {
        Err((Code::InvalidScope, "none of the scopes is the client's"))
    } else {
        Ok(granted)
    }
}

fn code_challenge(
    params: &Params,
    protection: CodeProtection,
    nonce_is_repeated: bool,
) -> Result<Option<String>, Wrong> {
    let method = params.get("code_challenge_method");
    match params.get("code_challenge") {
        None if method.is_some() => Err((Code::InvalidRequest, "code_challenge is missing")),
        None => match protection {
            CodeProtection::Pkce => {
                Err((Code::InvalidRequest, "code_challenge is required (PKCE with S256)"))
            }
            CodeProtection::PkceOrNonce if !nonce_is_repeated => Err((
                Code::InvalidRequest,
                "code_challenge is required (PKCE with S256), or nonce with the scope openid; an administrator may set \
                 require_pkce of the client to false",
            )),
            CodeProtection::PkceOrNonce | CodeProtection::None => Ok(None),
        },
        // RFC 7636 §4.4.1: what is not supported is refused as an invalid request. No method means plain.
        Some(_) if method != Some("S256") => {
            Err((Code::InvalidRequest, "transform algorithm not supported: code_challenge_method is S256"))
        }
        Some(challenge) if pkce::is_challenge(challenge) => Ok(Some(challenge.to_owned())),
        Some(_) => Err((Code::InvalidRequest, "code_challenge is not base64url of a SHA-256")),
    }
}

fn dpop_jkt(text: Option<&str>) -> Result<Option<String>, Wrong> {
    match text {
        // Both are base64url of a SHA-256.
        Some(jkt) if !pkce::is_challenge(jkt) => {
            Err((Code::InvalidRequest, "dpop_jkt is not the thumbprint of a key (RFC 7638)"))
        }
        jkt => Ok(jkt.map(str::to_owned)),
    }
}

fn max_age(text: Option<&str>) -> Result<Option<i64>, Wrong> {
    match text.map(str::parse::<u32>) {
        None => Ok(None),
        Some(Ok(seconds)) => Ok(Some(i64::from(seconds))),
        Some(Err(_)) => Err((Code::InvalidRequest, "max_age is a number of seconds")),
    }
}

fn claims(text: Option<&str>) -> Result<Option<Value>, Wrong> {
    let Some(text) = text else { return Ok(None) };
    match json::parse(text.as_bytes()) {
        Ok(claims) if claims.is_object() => Ok(Some(claims)),
        _ => Err((Code::InvalidRequest, "claims is a JSON object")),
    }
}

/// The resources asked for, each the issuer or one of the client's (RFC 8707 §2).
///
/// # Errors
/// [`Code::InvalidTarget`].
pub(crate) fn resources<'a>(
    asked: impl Iterator<Item = &'a str>,
    client: &Metadata,
    issuer: &str,
) -> Result<Vec<String>, Wrong> {
    let mut found: Vec<String> = Vec::new();
    for resource in asked {
        if resource != issuer && !client.resources.iter().any(|known| known == resource) {
            return Err((Code::InvalidTarget, "the resource is not one that the client's tokens may be for"));
        }
        if !found.iter().any(|known| known == resource) {
            found.push(resource.to_owned());
        }
    }
    Ok(found)
}
