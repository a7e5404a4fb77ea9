//! What an OpenID provider says of itself (OpenID Connect Discovery 1.0 §3, §4).

use serde_json::{Map, Value};

use crate::config::Config;
use crate::crypto::foreign::Alg;
use crate::cx::Cx;
use crate::domain::outbound::{documents, guard};
use crate::domain::upstream::answers::MOST_BYTES;
use crate::domain::upstream::{Endpoints, Error};
use crate::model::json;
use crate::ports::http::Reach;

/// What an OpenID provider says of itself, as far as we use it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// Who it is: the very issuer that was asked for.
    pub issuer: String,
    /// Where it is asked.
    pub endpoints: Endpoints,
    /// What its ID tokens are signed with, of what we take.
    pub algorithms: Vec<Alg>,
    /// Ways to authenticate at its token endpoint; `client_secret_basic` if it says none.
    pub token_auth_methods: Vec<String>,
    /// Whether its authorization responses say `iss` (RFC 9207 §3).
    pub says_iss: bool,
}

/// What is wrong with a member of the metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The member.
    pub member: &'static str,
    /// What is wrong with it.
    pub rule: &'static str,
}

/// Where the metadata of an issuer is (§4): a slash that its path ends with is left out.
pub fn address(issuer: &str) -> String {
    format!("{}/.well-known/openid-configuration", issuer.strip_suffix('/').unwrap_or(issuer))
}

/// The metadata of an issuer, from memory or its server.
///
/// # Errors
/// [`Error::Failed`] with the first of the [`Problem`]s.
pub async fn discover(cx: &Cx, issuer: &str, reach: Reach) -> Result<Metadata, Error> {
    examine(cx, issuer, reach).await?.map_err(|problems| {
        let first =
            problems.first().map(|problem| format!("{} of its metadata {}", problem.member, problem.rule));
        Error::Failed(first.unwrap_or_default())
    })
}

/// The same, with all that is wrong with it.
///
/// # Errors
/// Why there is no metadata.
pub async fn examine(cx: &Cx, issuer: &str, reach: Reach) -> Result<Result<Metadata, Vec<Problem>>, Error> {
    let fetched = documents::fetch(cx, &address(issuer), reach, MOST_BYTES).await?;
    let body = fetched.body?;
    match json::parse(&body) {
        Ok(Value::Object(said)) => Ok(read(&said, issuer, reach, &cx.config)),
        _ => Err(Error::failed("its metadata is no JSON object")),
    }
}

fn read(
    said: &Map<String, Value>,
    issuer: &str,
    reach: Reach,
    config: &Config,
) -> Result<Metadata, Vec<Problem>> {
    let mut problems = Vec::new();
    // §4.3: it MUST be exactly the issuer that was asked.
    if said.get("issuer").and_then(Value::as_str) != Some(issuer) {
        problems.push(Problem { member: "issuer", rule: "is not exactly the issuer that was asked" });
    }
    let mut address = |member: &'static str, is_required: bool| match said.get(member) {
        None | Some(Value::Null) => {
            if is_required {
                problems.push(Problem { member, rule: "is missing" });
            }
            None
        }
        Some(Value::String(url)) if guard::clear(url, reach, config).is_ok() => Some(url.clone()),
        Some(_) => {
            problems.push(Problem { member, rule: "is no address that may be asked" });
            None
        }
    };
    let authorization = address("authorization_endpoint", true).unwrap_or_default();
    let token = address("token_endpoint", true).unwrap_or_default();
    let endpoints = Endpoints {
        authorization,
        token,
        jwks: address("jwks_uri", true),
        userinfo: address("userinfo_endpoint", false),
        revocation: address("revocation_endpoint", false),
        end_session: address("end_session_endpoint", false),
    };
    // A provider that does not list what each has to list is taken to do what all do.
    let list = |member: &str| {
        said.get(member).and_then(Value::as_array).map(|list| list.iter().filter_map(Value::as_str))
    };
    let algorithms: Vec<Alg> = match list("id_token_signing_alg_values_supported") {
        Some(names) => names.filter_map(Alg::named).collect(),
        None => vec![Alg::Rs256],
    };
    if algorithms.is_empty() {
        let rule = "has none of RS256, PS256, ES256 and EdDSA";
        problems.push(Problem { member: "id_token_signing_alg_values_supported", rule });
    }
    if list("response_types_supported").is_some_and(|mut types| !types.any(|one| one == "code")) {
        problems.push(Problem { member: "response_types_supported", rule: "has no code" });
    }
    if list("code_challenge_methods_supported").is_some_and(|mut methods| !methods.any(|one| one == "S256")) {
        problems.push(Problem { member: "code_challenge_methods_supported", rule: "has no S256" });
    }
    let token_auth_methods = match list("token_endpoint_auth_methods_supported") {
        Some(methods) => methods.map(str::to_owned).collect(),
        None => vec!["client_secret_basic".to_owned()],
    };
    let says_iss = said.get("authorization_response_iss_parameter_supported") == Some(&Value::Bool(true));
    match problems.is_empty() {
        true => {
            Ok(Metadata { issuer: issuer.to_owned(), endpoints, algorithms, token_auth_methods, says_iss })
        }
        false => Err(problems),
    }
}
