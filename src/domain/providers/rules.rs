//! What an identity provider must be like: each member within its bounds, and none of another kind. All that is wrong is
//! told at once.

use crate::config::Mode;
use crate::cx::Cx;
use crate::domain::outbound;
use crate::domain::outbound::guard::ADMINISTRATORS;
use crate::domain::providers::saml_rules;
use crate::domain::providers::text::is_text;
use crate::domain::refusal::Problems;
use crate::domain::refusal::{Error, invalid};
use crate::model::domain::to_ascii;
use crate::model::identity_provider::{
    Endpoints, Github, Google, Kind, Linking, Microsoft, Oidc, ProviderSpec, Provisioning, RoleMap, TokenAuth,
};
use crate::model::name;
use crate::model::provider_description::ProviderDescription;
use crate::model::public_address::is_public_name;
use crate::model::role::is_name;
use crate::model::web_uri::{LONGEST_URI, is_web_uri, uri};
use crate::ports::Fault;
use crate::ports::http::Reach;

/// Characters of a client id or a secret.
const LONGEST_CREDENTIAL: usize = 2_000;

/// Characters of a claim's name or value.
const LONGEST_CLAIM: usize = 300;

/// Values that a role map has.
const MOST_MAPPED: usize = 200;

/// The members of a kind; all others are of other kinds.
fn members(kind: &str) -> &'static [&'static str] {
    match kind {
        "google" => &["clientId", "clientSecret", "hostedDomain", "endpoints"],
        "microsoft" => &["clientId", "clientSecret", "tenants", "endpoints"],
        "github" => &["clientId", "clientSecret", "endpoints"],
        "oidc" => &["issuer", "clientId", "clientSecret", "scopes", "tokenEndpointAuthMethod"],
        _ => &saml_rules::MEMBERS,
    }
}

/// The provider that a description is of, once nothing is wrong with it. Its roles are looked at by whoever stores it.
///
/// # Errors
/// [`Refusal::Invalid`] with everything that is wrong.
pub(super) async fn check(cx: &Cx, said: ProviderDescription) -> Result<ProviderSpec, Error> {
    let mut wrong = Problems::default();
    let kind = said.kind.clone().unwrap_or_default();
    if !["google", "microsoft", "github", "oidc", "saml"].contains(&kind.as_str()) {
        return Err(invalid("kind", "google, microsoft, github, oidc or saml"));
    }
    for member in said.members_of_kinds() {
        if !members(&kind).contains(&member) {
            wrong.add(member, format!("not of the kind {kind}"));
        }
    }
    let name = check_name(&mut wrong, &kind, said.name.as_deref());
    let linking = match said.linking.as_deref() {
        Some("verified") | None => Linking::Verified,
        Some("never") => Linking::Never,
        Some(_) => {
            wrong.add("linking", "verified or never");
            Linking::Verified
        }
    };
    let provisioning = match said.provisioning.as_deref() {
        Some("users") | None => Provisioning::Users,
        Some("off") => Provisioning::Off,
        Some(_) => {
            wrong.add("provisioning", "users or off");
            Provisioning::Users
        }
    };
    if let Some(map) = &said.role_map {
        check_role_map(&mut wrong, map);
    }
    let (enabled, enforced, role_map) =
        (said.enabled.unwrap_or(true), said.enforced.unwrap_or(false), said.role_map.clone());
    let kind = match kind.as_str() {
        "google" => Kind::Google(google(cx, &mut wrong, said).await?),
        "microsoft" => Kind::Microsoft(microsoft(cx, &mut wrong, said).await?),
        "github" => Kind::Github(github(cx, &mut wrong, said).await?),
        "oidc" => Kind::Oidc(oidc(cx, &mut wrong, said).await?),
        _ => {
            let said = saml_rules::with_metadata(cx, &mut wrong, said).await?;
            Kind::Saml(saml_rules::saml(&mut wrong, said))
        }
    };
    wrong.none()?;
    Ok(ProviderSpec { name, enabled, enforced, linking, provisioning, role_map, kind })
}

/// The name that is said, or that of a service that everybody knows.
fn check_name(wrong: &mut Problems, kind: &str, said: Option<&str>) -> String {
    let known = match kind {
        "google" => Some("Google"),
        "microsoft" => Some("Microsoft"),
        "github" => Some("GitHub"),
        _ => None,
    };
    match name::parse(said.or(known).unwrap_or_default(), name::LONGEST) {
        Ok(name) => name,
        Err(reason) => {
            wrong.add("name", reason);
            String::new()
        }
    }
}

fn check_role_map(wrong: &mut Problems, map: &RoleMap) {
    if !is_text(&map.claim, LONGEST_CLAIM) {
        wrong.add("roleMap", format!("a claim of 1 to {LONGEST_CLAIM} characters"));
    }
    if map.map.is_empty() || map.map.len() > MOST_MAPPED {
        wrong.add("roleMap", format!("1 to {MOST_MAPPED} values, each with its role"));
    }
    if !map.map.keys().all(|value| is_text(value, LONGEST_CLAIM)) {
        wrong.add("roleMap", format!("values of 1 to {LONGEST_CLAIM} characters"));
    }
    if let Some(role) = map.map.values().find(|role| !is_name(role)) {
        wrong.add("roleMap", format!("{role:?} is no role of this tenant"));
    }
}

fn client_id(wrong: &mut Problems, said: &ProviderDescription) -> String {
    let id = wrong.need("clientId", said.client_id.clone());
    if !id.is_empty() && !is_credential(&id) {
        wrong.add("clientId", format!("1 to {LONGEST_CREDENTIAL} printable ASCII characters without spaces"));
    }
    if let Some(Some(secret)) = &said.client_secret
        && !is_credential(secret)
    {
        let rule = format!("1 to {LONGEST_CREDENTIAL} printable ASCII characters without spaces");
        wrong.add("clientSecret", rule);
    }
    id
}

fn is_credential(text: &str) -> bool {
    (1..=LONGEST_CREDENTIAL).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

async fn google(cx: &Cx, wrong: &mut Problems, said: ProviderDescription) -> Result<Google, Fault> {
    let client_id = client_id(wrong, &said);
    let hosted_domain =
        said.hosted_domain.map(|domain| match to_ascii(&domain).filter(|name| is_public_name(name)) {
            Some(domain) => domain,
            None => {
                wrong.add("hostedDomain", "a domain of Google Workspace, as example.com");
                domain
            }
        });
    let endpoints = endpoints(cx, wrong, said.endpoints).await?;
    Ok(Google { client_id, hosted_domain, endpoints })
}

async fn microsoft(cx: &Cx, wrong: &mut Problems, said: ProviderDescription) -> Result<Microsoft, Fault> {
    let client_id = client_id(wrong, &said);
    let mut tenants = said.tenants.unwrap_or_else(|| vec!["common".to_owned()]);
    tenants.iter_mut().for_each(|tenant| tenant.make_ascii_lowercase());
    let audience = |tenant: &String| matches!(tenant.as_str(), "common" | "organizations" | "consumers");
    if tenants.is_empty() || tenants.len() > 100 || !tenants.iter().all(|one| audience(one) || is_guid(one)) {
        wrong.add(
            "tenants",
            "1 to 100 of common, organizations, consumers and ids of tenants, which are GUIDs",
        );
    }
    let endpoints = endpoints(cx, wrong, said.endpoints).await?;
    Ok(Microsoft { client_id, tenants, endpoints })
}

/// Whether it is a GUID as Entra writes it (RFC 9562 §4).
fn is_guid(text: &str) -> bool {
    let lengths = [8, 4, 4, 4, 12];
    let parts: Vec<&str> = text.split('-').collect();
    parts.len() == lengths.len()
        && parts.iter().zip(lengths).all(|(part, length)| {
            part.len() == length && part.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'))
        })
}

async fn github(cx: &Cx, wrong: &mut Problems, said: ProviderDescription) -> Result<Github, Fault> {
    let client_id = client_id(wrong, &said);
    let endpoints = endpoints(cx, wrong, said.endpoints).await?;
    Ok(Github { client_id, endpoints })
}

async fn oidc(cx: &Cx, wrong: &mut Problems, said: ProviderDescription) -> Result<Oidc, Fault> {
    let client_id = client_id(wrong, &said);
    let issuer = wrong.need("issuer", said.issuer);
    // OpenID Connect Discovery 1.0 §3: an issuer has neither query nor fragment.
    let plain = uri(&issuer).is_some_and(|url| url.query().is_none() && url.fragment().is_none());
    let may = plain && outbound::may_be_asked(cx, &issuer, Reach::Administrator).await?;
    if !issuer.is_empty() && !may {
        wrong.add("issuer", format!("an issuer without query and fragment: {ADMINISTRATORS}"));
    }
    let scopes = said.scopes.unwrap_or_else(|| ["openid", "email", "profile"].map(str::to_owned).to_vec());
    // RFC 6749 §3.3.
    let token = |b: u8| b.is_ascii_graphic() && b != b'"' && b != b'\\';
    let fits = |scope: &String| (1..=200).contains(&scope.len()) && scope.bytes().all(token);
    if scopes.len() > 30 || !scopes.iter().all(fits) {
        wrong.add("scopes", "at most 30 scope tokens (RFC 6749 §3.3)");
    }
    let method = said.token_endpoint_auth_method.and_then(|method| match method.as_str() {
        "client_secret_basic" => Some(TokenAuth::ClientSecretBasic),
        "client_secret_post" => Some(TokenAuth::ClientSecretPost),
        "private_key_jwt" => Some(TokenAuth::PrivateKeyJwt),
        "none" => Some(TokenAuth::None),
        _ => {
            wrong.add(
                "tokenEndpointAuthMethod",
                "client_secret_basic, client_secret_post, private_key_jwt or none",
            );
            None
        }
    });
    Ok(Oidc { issuer, client_id, scopes, token_endpoint_auth_method: method })
}

/// The endpoints of a stand-in, where the deployment may have one.
async fn endpoints(
    cx: &Cx,
    wrong: &mut Problems,
    said: Option<Endpoints>,
) -> Result<Option<Endpoints>, Fault> {
    let Some(endpoints) = said else { return Ok(None) };
    if cx.config.mode == Mode::Production {
        wrong.add("endpoints", "only where MODE is local or testing");
        return Ok(None);
    }
    if !is_text(&endpoints.issuer, LONGEST_URI) {
        wrong.add("endpoints", "issuer: what the stand-in says in iss");
    }
    if !is_web_uri(&endpoints.authorization_endpoint) {
        wrong.add("endpoints", "authorizationEndpoint: a URL with https, or http to this machine");
    }
    let asked = [
        ("tokenEndpoint", Some(&endpoints.token_endpoint)),
        ("jwksUri", endpoints.jwks_uri.as_ref()),
        ("userinfoEndpoint", endpoints.userinfo_endpoint.as_ref()),
    ];
    for (name, url) in asked {
        if let Some(url) = url
            && !outbound::may_be_asked(cx, url, Reach::Administrator).await?
        {
            wrong.add("endpoints", format!("{name}: {ADMINISTRATORS}"));
        }
    }
    Ok(Some(endpoints))
}
