//! Tokens for a code (RFC 6749 §4.1.3) or a refresh token (RFC 6749 §6).

use std::fmt;

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::cx::Cx;
use crate::domain::outbound::send;
use crate::domain::upstream::answers::{name_at, object, refusal, text};
use crate::domain::upstream::client_authentication::post;
use crate::domain::upstream::{Dialect, Error, Upstream};
use crate::model::json;
use crate::ports::http::HttpAnswer;

/// The most bytes of one token.
pub(crate) const LONGEST_TOKEN: usize = 32 * 1024;

/// What a code is exchanged with.
#[derive(Clone, Copy)]
pub struct Code<'a> {
    /// The code.
    pub code: &'a str,
    /// Where it was sent.
    pub redirect_uri: &'a str,
    /// The verifier of the challenge that the request had (RFC 7636 §4.5).
    pub verifier: &'a str,
}

/// What a token endpoint answered (RFC 6749 §5.1).
#[derive(Clone, PartialEq, Eq)]
pub struct Tokens {
    /// For the server's APIs.
    pub access_token: Zeroizing<String>,
    /// Seconds that it is good for, if they are told.
    pub expires_in: Option<i64>,
    /// A new refresh token; the old one stays in use where there is none.
    pub refresh_token: Option<Zeroizing<String>>,
    /// What it is good for, if that is not what was asked for; spaces separate.
    pub scope: Option<String>,
    /// Who signed in (OpenID Connect Core 1.0 §3.1.3.3).
    pub id_token: Option<Zeroizing<String>>,
    /// The name of the account, where the answer has it.
    pub account: Option<String>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_struct("Tokens")
            .field("expires_in", &self.expires_in)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

/// The tokens for a code; where the server gives long-lived ones for those, these.
///
/// # Errors
/// [`Error::Declined`] if the server refuses the code or us.
pub async fn exchange(cx: &Cx, upstream: &Upstream, code: Code<'_>) -> Result<Tokens, Error> {
    let mut members =
        vec![("grant_type", "authorization_code"), ("code", code.code), ("redirect_uri", code.redirect_uri)];
    if upstream.dialect.pkce.is_sent() {
        members.push(("code_verifier", code.verifier));
    }
    let at = upstream.dialect.tokens_at.as_deref();
    let tokens = ask(cx, upstream, &upstream.endpoints.token, &members, at).await?;
    let Some(grant) = &upstream.dialect.long_lived_grant else { return Ok(tokens) };
    let members =
        [("grant_type", grant.grant_type.as_str()), (grant.parameter.as_str(), tokens.access_token.as_str())];
    let lasting = ask(cx, upstream, &upstream.endpoints.token, &members, None).await?;
    Ok(Tokens {
        scope: lasting.scope.or(tokens.scope),
        account: lasting.account.or(tokens.account),
        id_token: lasting.id_token.or(tokens.id_token),
        ..lasting
    })
}

/// New tokens for a refresh token, with the same scope.
///
/// # Errors
/// [`Error::Declined`] if the server refuses it or us: with `invalid_grant` it is over.
pub async fn refresh(cx: &Cx, upstream: &Upstream, refresh_token: &str) -> Result<Tokens, Error> {
    let endpoint = upstream.dialect.refresh_endpoint.as_ref().unwrap_or(&upstream.endpoints.token);
    let members = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
    ask(cx, upstream, endpoint, &members, None).await
}

const ENDPOINT: &str = "the token endpoint";

async fn ask(
    cx: &Cx,
    upstream: &Upstream,
    endpoint: &str,
    members: &[(&str, &str)],
    tokens_at: Option<&str>,
) -> Result<Tokens, Error> {
    let mut members = members.to_vec();
    members.extend(upstream.dialect.token_params.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let request = post(cx, upstream, endpoint, &members).await?;
    let answer = send(cx, request, upstream.reach).await?;
    match refusal(&answer, ENDPOINT) {
        Some(refused) if says_over(&upstream.dialect, &answer, &refused) => {
            Err(Error::declined("invalid_grant"))
        }
        Some(refused) => Err(refused),
        None => read(&upstream.dialect, object(&answer, ENDPOINT)?, tokens_at),
    }
}

/// Whether a refusal says in the server's own words what `invalid_grant` says (RFC 6749 §5.2).
fn says_over(dialect: &Dialect, answer: &HttpAnswer, refused: &Error) -> bool {
    let is_over = |code: &str| dialect.errors.over.iter().any(|known| known == code);
    match (refused, &dialect.errors.at) {
        (_, Some(pointer)) if matches!(answer.status, 400 | 401 | 403) => {
            let said = json::parse(&answer.body).unwrap_or_default();
            said.pointer(pointer).and_then(Value::as_str).is_some_and(is_over)
        }
        (Error::Declined(code), None) => is_over(code),
        _ => false,
    }
}

fn read(dialect: &Dialect, whole: Map<String, Value>, tokens_at: Option<&str>) -> Result<Tokens, Error> {
    let failed = |what: &str| Error::failed(format!("{ENDPOINT} answered {what}"));
    let whole = Value::Object(whole);
    let said = whole.pointer(tokens_at.unwrap_or_default()).and_then(Value::as_object);
    let said = said.ok_or_else(|| failed("no tokens in the place where they are to be"))?;
    // RFC 6749 §7.1: a token of a type that we don't understand is not used.
    let is = |kind: &str, known: &str| kind.eq_ignore_ascii_case(known);
    let is_bearer = |kind: &Value| {
        kind.as_str()
            .is_some_and(|kind| is(kind, "bearer") || dialect.token_types.iter().any(|known| is(kind, known)))
    };
    if said.get("token_type").is_some_and(|kind| !is_bearer(kind)) {
        return Err(failed("tokens of another type than bearer"));
    }
    let access_token =
        token(said, "access_token").ok_or_else(|| failed("no access_token that can be sent"))?;
    let of_member = |name: &str| match said.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(_) => {
            token(said, name).map(Some).ok_or_else(|| failed(&format!("no {name} where there is to be one")))
        }
    };
    Ok(Tokens {
        access_token,
        expires_in: said.get("expires_in").and_then(seconds),
        refresh_token: of_member("refresh_token")?,
        scope: scopes(dialect, said),
        id_token: of_member("id_token")?,
        account: dialect.account.in_tokens.as_deref().and_then(|pointer| name_at(&whole, pointer)),
    })
}

/// The scopes of an answer: a text, or the list that some servers have.
fn scopes(dialect: &Dialect, said: &Map<String, Value>) -> Option<String> {
    const MOST: usize = 4_096;
    let scopes = match said.get("scope")? {
        Value::Array(list) => list.iter().map(Value::as_str).collect::<Option<Vec<_>>>()?.join(" "),
        _ => dialect.read_scopes(&text(said, "scope", MOST)?),
    };
    let fits = !scopes.is_empty() && scopes.len() <= MOST && !scopes.chars().any(char::is_control);
    fits.then_some(scopes)
}

/// A token, which can stand in a header field.
fn token(said: &Map<String, Value>, name: &str) -> Option<Zeroizing<String>> {
    let token = said.get(name)?.as_str()?;
    let fits = (1..=LONGEST_TOKEN).contains(&token.len()) && token.bytes().all(|b| b.is_ascii_graphic());
    fits.then(|| Zeroizing::new(token.to_owned()))
}

/// Seconds as a number, or as the text that some servers and every form have. 0 says that there is no end (Mailchimp): a
/// token that is over already is no answer.
fn seconds(value: &Value) -> Option<i64> {
    let seconds = value.as_i64().or_else(|| value.as_str()?.parse().ok())?;
    (seconds > 0).then_some(seconds)
}
