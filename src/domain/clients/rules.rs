//! What may be said about a client: the rules of RFC 7591 §2, OpenID Connect Dynamic Client Registration 1.0
//! §2, RFC 8252 §7 and RFC 9700 §2.1 on its metadata.

use crate::model::web_uri::{is_web_uri, uri};

use crate::crypto::foreign;
use crate::cx::Cx;
use crate::domain::assertion_limits::SCOPES;
use crate::domain::clients::redirect_uris::{self, MOST_URIS};
use crate::domain::refusal::{Error, all_fit, invalid, invalid_uri};
use crate::domain::tenants::Tenant;
use crate::model::client::{
    AUTHORIZATION_CODE, AuthMethod, CLIENT_CREDENTIALS, DEVICE_CODE, Described, GRANTS, Metadata,
    REFRESH_TOKEN, TOKEN_EXCHANGE,
};
use crate::model::name;
use crate::model::role::MOST_ROLES;
use crate::model::scope::{OPENID, is_scope};
use crate::store;

const WEB_URI: &str = "https, or http on a loopback address; no fragment";

/// Checks everything about a client but its roles, and gives its name the form that it is kept in.
///
/// # Errors
/// [`crate::domain::refusal::Refusal::Invalid`] naming the first member that is wrong.
pub fn check(described: &mut Described) -> Result<(), Error> {
    if let Some(name) = &mut described.name {
        *name = name::parse(name, name::LONGEST).map_err(|reason| invalid("client_name", reason))?;
    }
    let metadata = &described.metadata;
    redirects(metadata)?;
    grants(metadata)?;
    authentication(metadata)?;
    let scopes: Vec<&str> = metadata.scope.split(' ').filter(|scope| !scope.is_empty()).collect();
    let together = metadata.scope.len();
    if together > SCOPES {
        return Err(invalid("scope", format!("{together} bytes long, and {SCOPES} is the most")));
    }
    if scopes.len() > 50 || !scopes.iter().all(|scope| OPENID.contains(scope) || is_scope(scope)) {
        let known = "at most 50 of openid, profile, email, roles, groups, offline_access, read, write or resource:action";
        return Err(invalid("scope", known));
    }
    about(metadata)?;
    if let Some(uri) = &metadata.backchannel_logout_uri
        && !is_web_uri(uri)
    {
        return Err(invalid_uri("backchannel_logout_uri", uri, WEB_URI));
    }
    if metadata.default_max_age.is_some_and(|age| age < 0) {
        return Err(invalid("default_max_age", "0 or more seconds"));
    }
    let rule = "absolute URIs without a fragment (RFC 8707)";
    all_fit("resources", &metadata.resources, MOST_URIS, rule, &is_resource)?;
    if metadata.roles.len() > MOST_ROLES {
        return Err(invalid("roles", format!("at most {MOST_ROLES}")));
    }
    Ok(())
}

/// Checks the name of a client that no administrator made.
///
/// # Errors
/// As [`check`].
pub(crate) fn check_unvouched_name(described: &Described) -> Result<(), Error> {
    let name = described.name.as_deref().unwrap_or_default();
    name::check_unvouched(name).map_err(|reason| invalid("client_name", reason))
}

/// Checks that a client's roles are the tenant's.
///
/// # Errors
/// As [`check`].
pub(crate) async fn check_roles(cx: &Cx, tenant: &Tenant, metadata: &Metadata) -> Result<(), Error> {
    let wanted = &metadata.roles;
    if wanted.is_empty() {
        return Ok(());
    }
    let known = store::roles::roles(cx.db.as_ref(), &tenant.id).await?;
    match wanted.iter().find(|role| !known.iter().any(|known| known.name == **role)) {
        Some(unknown) => Err(invalid("roles", format!("{unknown:?} is no role of this tenant"))),
        None => Ok(()),
    }
}

fn redirects(metadata: &Metadata) -> Result<(), Error> {
    let native = match metadata.application_type.as_str() {
        "web" => false,
        "native" => true,
        _ => return Err(invalid("application_type", "web or native")),
    };
    redirect_uris::check("redirect_uris", &metadata.redirect_uris, native)?;
    redirect_uris::check("post_logout_redirect_uris", &metadata.post_logout_redirect_uris, native)?;
    if metadata.grants(AUTHORIZATION_CODE) && metadata.redirect_uris.is_empty() {
        return Err(invalid("redirect_uris", "at least one, for the authorization code grant"));
    }
    Ok(())
}

/// RFC 7591 §2.1: grants and response types go together.
fn grants(metadata: &Metadata) -> Result<(), Error> {
    if metadata.grant_types.is_empty()
        || !metadata.grant_types.iter().all(|grant| GRANTS.contains(&grant.as_str()))
    {
        return Err(invalid("grant_types", format!("one or more of {}", GRANTS.join(", "))));
    }
    if !metadata.response_types.iter().all(|response| response == "code") {
        return Err(invalid("response_types", "code, or none"));
    }
    if metadata.grants(AUTHORIZATION_CODE) == metadata.response_types.is_empty() {
        return Err(invalid("response_types", "code with the authorization_code grant, none without"));
    }
    let begins = metadata.grants(AUTHORIZATION_CODE) || metadata.grants(DEVICE_CODE);
    if metadata.grants(REFRESH_TOKEN) && !begins {
        return Err(invalid("grant_types", "refresh_token goes with authorization_code or device_code"));
    }
    if metadata.is_public() && (metadata.grants(CLIENT_CREDENTIALS) || metadata.grants(TOKEN_EXCHANGE)) {
        let rule = "client_credentials and token-exchange are for clients that authenticate";
        return Err(invalid("grant_types", rule));
    }
    Ok(())
}

pub(crate) fn authentication(metadata: &Metadata) -> Result<(), Error> {
    if metadata.is_public() && metadata.require_pkce == Some(false) {
        return Err(invalid("require_pkce", "true, for a public client"));
    }
    if let Some(uri) = &metadata.jwks_uri {
        // RFC 7591 §2: both MUST NOT be there.
        if metadata.jwks.is_some() {
            return Err(invalid("jwks_uri", "not together with jwks"));
        }
        return if is_web_uri(uri) { Ok(()) } else { Err(invalid_uri("jwks_uri", uri, WEB_URI)) };
    }
    match &metadata.jwks {
        Some(set) => foreign::keys(set).map(drop).map_err(|rule| invalid("jwks", rule)),
        None if metadata.token_endpoint_auth_method == AuthMethod::PrivateKeyJwt => {
            Err(invalid("jwks", "a JWK Set with the client's public keys, or jwks_uri, for private_key_jwt"))
        }
        None => Ok(()),
    }
}

fn about(metadata: &Metadata) -> Result<(), Error> {
    for (field, uri) in metadata.pages() {
        if let Some(uri) = uri
            && !is_web_uri(uri)
        {
            return Err(invalid_uri(field, uri, WEB_URI));
        }
    }
    let contact = |text: &String| name::parse(text, name::LONGEST).is_ok();
    if metadata.contacts.len() > 20 || !metadata.contacts.iter().all(contact) {
        return Err(invalid("contacts", "at most 20 of at most 200 characters"));
    }
    Ok(())
}

/// RFC 8707 §2.
fn is_resource(text: &str) -> bool {
    uri(text).is_some()
}

/// Whether a redirect URI is the registered one: as exact strings (RFC 9700 §2.1), but for the port of a
/// loopback address, which a native application learns only when it listens (RFC 8252 §7.3). Of `localhost` it may
/// differ where none is registered: metadata documents of agents have it so, and nobody listens on port 80 there.
pub fn redirect_uri_matches(registered: &str, sent: &str) -> bool {
    if registered == sent {
        return true;
    }
    if let Some(rest) = registered.strip_prefix("http://localhost") {
        return rest.starts_with('/') && without_port(sent, "localhost") == Some(rest);
    }
    ["127.0.0.1", "[::1]"].into_iter().any(|host| {
        let path = without_port(registered, host);
        path.is_some() && path == without_port(sent, host)
    })
}

/// What follows the port, if there is one, of an `http` URI at a host.
fn without_port<'a>(uri: &'a str, host: &str) -> Option<&'a str> {
    let rest = uri.strip_prefix("http://")?.strip_prefix(host)?;
    let rest = match rest.strip_prefix(':') {
        None => rest,
        Some(rest) => {
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            let (port, rest) = rest.split_at_checked(end)?;
            port.parse::<u16>().ok().filter(|port| *port > 0)?;
            rest
        }
    };
    (rest.is_empty() || rest.starts_with(['/', '?'])).then_some(rest)
}
