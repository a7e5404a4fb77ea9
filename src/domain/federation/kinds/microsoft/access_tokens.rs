//! Microsoft's access tokens as proof of who signed in.
//!
//! One for our own API is verified as any token is. One for Graph cannot be: only Graph knows how. So Graph is asked whose it
//! is, and as it says nothing of the app that the token was given to, that is read from the very token that Graph accepts:
//! a token that another app got from its user must sign in nobody here (token substitution).

use serde_json::{Map, Value};

use crate::crypto::foreign::{Foreign, Signed};
use crate::cx::Cx;
use crate::domain::federation::assertion::ProviderAssertion;
use crate::domain::federation::kinds::microsoft::known;
use crate::domain::federation::kinds::microsoft::person::{
    CONSUMERS, keys, may_sign_in, person, sign_in_name,
};
use crate::domain::federation::kinds::{claims, not_allowed};
use crate::domain::refusal;
use crate::domain::upstream::id_token::{IdToken, check_times};
use crate::domain::upstream::tokens::LONGEST_TOKEN;
use crate::domain::upstream::{Error, Issuer, Upstream, jwks, userinfo};
use crate::model::identity_provider::{IdentityProvider, Microsoft};
use crate::model::json;

/// What access tokens say that they are.
const TYPES: [&str; 3] = ["JWT", "at+jwt", "application/at+jwt"];

/// Microsoft Graph, as `aud` names it.
const GRAPH: [&str; 3] =
    ["00000003-0000-0000-c000-000000000000", "https://graph.microsoft.com", "https://graph.microsoft.com/"];

/// Who makes access tokens of version 1, for each tenant.
const ISSUER_V1: &str = "https://sts.windows.net/{tenantid}/";

fn is_graph(audience: &str) -> bool {
    GRAPH.contains(&audience)
}

/// The client that a token says it is for or was asked for by, to find the provider by. Nothing about it is believed.
pub fn client(token: &str) -> Option<String> {
    let token = Foreign::parse_up_to(token, &TYPES, LONGEST_TOKEN)?;
    let claims: Map<String, Value> = token.claims_unchecked()?;
    let aud = claims::text(&claims, "aud")?;
    match is_graph(&aud) {
        true => claims::text(&claims, "appid").or_else(|| claims::text(&claims, "azp")),
        false => Some(aud.strip_prefix("api://").unwrap_or(&aud).to_owned()),
    }
}

/// Who signed in, by an access token that an app got: one for our own API, or one for Microsoft Graph that it got for us.
///
/// # Errors
/// As [`crate::domain::federation::kinds::redeem`].
pub async fn verify_access_token(
    cx: &Cx,
    provider: &IdentityProvider,
    token: &str,
) -> Result<ProviderAssertion, refusal::Error> {
    let (microsoft, upstream) = known(cx, provider).await?;
    read(cx, microsoft, &upstream, token).await.map_err(|error| error.into_refusal(&provider.spec.name))
}

/// Who signed in, by an access token.
async fn read(
    cx: &Cx,
    microsoft: &Microsoft,
    upstream: &Upstream,
    text: &str,
) -> Result<ProviderAssertion, Error> {
    let none = Error::Forged(
        "the access token is no JWT: Graph's tokens of personal accounts say nothing of their app",
    );
    let token = Foreign::parse_up_to(text, &TYPES, LONGEST_TOKEN).ok_or(none)?;
    let said: Signed<Map<String, Value>> =
        token.read_unchecked().ok_or(Error::Forged("the access token says nothing"))?;
    check_times(cx.now, said.expires_at, said.issued_at, said.not_before)?;
    let claimed = said.claims;
    let aud = claims::text(&claimed, "aud").ok_or(Error::Forged("the access token is for nobody"))?;
    let issuer = issuer_of(&claimed, upstream)?;
    check_is_of_a_person(&claimed)?;
    // What is not to sign in asks nobody. What is said is the same text that is verified below, or that Graph verifies.
    let (tenant, _) = keys(&claimed)?;
    if !may_sign_in(microsoft, &tenant) {
        return Err(not_allowed());
    }
    let ours = upstream.client_id.as_str();
    if aud == ours || aud.strip_prefix("api://") == Some(ours) {
        let signed = jwks::verify(cx, upstream, &token).await?;
        return person(microsoft, identity(issuer, signed.claims));
    }
    if !is_graph(&aud) {
        return Err(Error::Forged("the access token is for another API"));
    }
    check_app(&claimed, ours)?;
    let me = ask_graph(cx, upstream, text).await?;
    let (_, object) = keys(&claimed)?;
    if claims::text(&me, "id").as_deref() != Some(object.as_str()) {
        return Err(Error::Forged("Graph says that the access token is somebody else's"));
    }
    from_graph(microsoft, identity(issuer, claimed), &me)
}

/// The issuer as identities keep it. A token says the version that its issuer makes.
fn issuer_of(claims: &Map<String, Value>, upstream: &Upstream) -> Result<String, Error> {
    let another = Error::Forged("the access token is of another issuer");
    let Issuer::PerTenant(kept) = &upstream.issuer else { return Err(another) };
    let is_v1 = Issuer::PerTenant(ISSUER_V1.to_owned()).of(claims).is_some();
    if !is_v1 && upstream.issuer.of(claims).is_none() {
        return Err(another);
    }
    let version = if is_v1 { "1.0" } else { "2.0" };
    if claims.get("ver").is_some_and(|ver| ver != version) {
        return Err(Error::Forged("the access token is of another version than its issuer's"));
    }
    let (tenant, _) = keys(claims)?;
    Ok(kept.replace("{tenantid}", &tenant))
}

/// Apps get tokens of their own, in which `oid` is the app; and an ID token is no access token.
fn check_is_of_a_person(claims: &Map<String, Value>) -> Result<(), Error> {
    let is_apps = claims.get("idtyp").is_some_and(|kind| kind != "user");
    let has_scope = claims::text(claims, "scp").is_some();
    let is_its_own = claims.contains_key("sub") && claims.get("sub") == claims.get("oid");
    let is_id_token = ["nonce", "at_hash", "c_hash"].iter().any(|member| claims.contains_key(*member));
    match is_apps || !has_scope && (is_its_own || is_id_token) {
        true => Err(Error::Forged("the token is none that a person let an app have")),
        false => Ok(()),
    }
}

/// That the app which a token was given to is ours, by each name that it has for that.
fn check_app(claims: &Map<String, Value>, ours: &str) -> Result<(), Error> {
    let mut named = ["appid", "azp"].into_iter().filter_map(|member| claims.get(member)).peekable();
    let is_ours = named.peek().is_some() && named.all(|app| app.as_str() == Some(ours));
    if is_ours { Ok(()) } else { Err(Error::Forged("the access token was given to another application")) }
}

/// What Graph knows of the person whose token it is. It verifies the token.
async fn ask_graph(cx: &Cx, upstream: &Upstream, token: &str) -> Result<Map<String, Value>, Error> {
    let url =
        upstream.endpoints.userinfo.as_deref().ok_or_else(|| Error::failed("it has no address of Graph"))?;
    let answer = userinfo::get(cx, upstream, url, token, "application/json").await?;
    match answer.status {
        200 => match json::parse(&answer.body) {
            Ok(Value::Object(me)) => Ok(me),
            _ => Err(Error::failed("Graph answered no JSON object")),
        },
        400 | 401 | 403 | 404 => Err(Error::Forged("Graph does not accept the access token")),
        status => Err(Error::failed(format!("Graph answered {status}"))),
    }
}

fn identity(issuer: String, claims: Map<String, Value>) -> IdToken {
    // The subject is the object's id, which the claims have.
    IdToken { issuer, subject: String::new(), auth_time: None, claims }
}

/// The person of a Graph token. An address that the token itself says counts by the token's word; Graph's own is what the
/// tenant's administrators wrote.
fn from_graph(
    microsoft: &Microsoft,
    token: IdToken,
    me: &Map<String, Value>,
) -> Result<ProviderAssertion, Error> {
    let mut assertion = person(microsoft, token)?;
    if !assertion.email_verified || !assertion.claims.contains_key("email") {
        let is_personal = claims::text(&assertion.claims, "tid")
            .is_some_and(|tenant| tenant.eq_ignore_ascii_case(CONSUMERS));
        assertion.email = claims::text(me, "mail").or_else(|| sign_in_name(me)).or(assertion.email);
        assertion.email_verified = is_personal && assertion.email.is_some();
        assertion.authoritative = assertion.email_verified;
    }
    assertion.name = claims::text(me, "displayName").or(assertion.name);
    assertion.session = None;
    Ok(assertion)
}
