//! What a provider must be like that a tenant describes: each member within its bounds, each address one that may be asked,
//! and none of what the catalogue says of its own entries. All that is wrong is told at once.

use serde::de::DeserializeOwned;
use serde_json::json;

use crate::config::Mode;
use crate::cx::Cx;
use crate::domain::outbound;
use crate::domain::outbound::guard::{self, ADMINISTRATORS};
use crate::domain::refusal::Problems;
use crate::domain::refusal::{Error, invalid};
use crate::domain::vault::catalogue::{self, Entry, OAuth};
use crate::model::catalogue::{Account, ApiKey, Checked, Connection, CredentialField, Scopes, is_dns_label};
use crate::model::json;
use crate::model::name;
use crate::model::public_address::{is_public_name, is_this_machine};
use crate::model::vault::ProviderSpec;
use crate::model::vault_provider::VaultProviderDescription;
use crate::model::web_uri::{LONGEST_URI, is_web_uri, uri};
use crate::ports::Fault;
use crate::ports::http::Reach;

/// Characters of a client id or a secret.
pub(super) const LONGEST_CREDENTIAL: usize = 2_000;

/// How many scopes are asked for.
const MOST_SCOPES: usize = 100;

/// Members of an authorization request that we write ourselves.
const OURS: [&str; 10] = [
    "response_type",
    "client_id",
    "redirect_uri",
    "state",
    "code_challenge",
    "code_challenge_method",
    "scope",
    "nonce",
    "request",
    "request_uri",
];

/// Whether it is a text of printable ASCII without spaces, as long as it may be.
pub(super) fn is_plain(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

/// The provider that a description is of, once nothing is wrong with it.
///
/// # Errors
/// [`crate::domain::refusal::Refusal::Invalid`] with everything that is wrong.
pub(super) async fn check(cx: &Cx, id: &str, said: &VaultProviderDescription) -> Result<ProviderSpec, Error> {
    let mut wrong = Problems::default();
    // A stand-in for the service, where developers try.
    let stands_in = cx.config.mode != Mode::Production && !said.members_of_entries().is_empty();
    let (entry, own) = match catalogue::find(id).filter(|_| !stands_in) {
        Some(entry) => {
            for member in said.members_of_entries() {
                wrong.add(member, "is what the catalogue says");
            }
            if said.name.as_ref().is_some_and(|name| *name != entry.name) {
                wrong.add("name", "is what the catalogue says");
            }
            (entry.clone(), None)
        }
        None => {
            let own = describe(cx, &mut wrong, id, said).await?;
            (own.clone(), Some(own))
        }
    };
    let is_oauth = entry.oauth().is_some();
    let type_name = if is_oauth { "oauth" } else { "api_key" };
    if said.connection_type.as_ref().is_some_and(|kind| kind != type_name) {
        wrong.add("connectionType", format!("{type_name}, as it is"));
    }
    if !is_oauth {
        for member in said.members_of_oauth() {
            wrong.add(member, "only of the type oauth");
        }
    }
    let enabled = said.enabled.unwrap_or(true);
    if said.client_id.as_ref().is_some_and(|text| !is_plain(text, LONGEST_CREDENTIAL)) {
        wrong.add("clientId", "1 to 2000 characters of printable ASCII without spaces");
    }
    if is_oauth && said.client_id.is_none() {
        wrong.add("clientId", crate::model::reason::Reason::Missing);
    }
    if said.scopes.as_ref().is_some_and(|scopes| !are_scopes(scopes)) {
        wrong.add("scopes", "at most 100, each of 1 to 300 printable characters");
    }
    let labels = said.labels.clone().unwrap_or_default();
    let named: Vec<&String> = entry.templates.iter().filter(|name| !labels.contains_key(*name)).collect();
    if !named.is_empty() || labels.len() != entry.templates.len() {
        let names = entry.templates.join(", ");
        wrong.add(
            "labels",
            if names.is_empty() { "it has no templates".into() } else { format!("just of: {names}") },
        );
    }
    if !labels.values().all(|label| is_dns_label(label)) {
        wrong.add("labels", "each one DNS label: a-z, 0-9 and -");
    }
    wrong.none()?;
    let (client_id, scopes) = (said.client_id.clone(), said.scopes.clone());
    Ok(ProviderSpec { enabled, client_id, scopes, labels, own })
}

/// Whether these can stand in an authorization request (RFC 6749 §3.3, and what some services make of it).
pub(super) fn are_scopes(scopes: &[String]) -> bool {
    scopes.len() <= MOST_SCOPES && scopes.iter().all(|scope| is_plain(scope, 300))
}

/// A provider that the catalogue does not have.
async fn describe(
    cx: &Cx,
    wrong: &mut Problems,
    id: &str,
    said: &VaultProviderDescription,
) -> Result<Entry, Error> {
    let is_oauth = match said.connection_type.as_deref() {
        Some("oauth") => true,
        Some("api_key") => false,
        _ => return Err(invalid("connectionType", "oauth or api_key")),
    };
    let others = if is_oauth { said.members_of_key_entries() } else { said.members_of_oauth_entries() };
    for member in others {
        wrong.add(member, format!("not of the type {}", if is_oauth { "oauth" } else { "api_key" }));
    }
    let name = name::parse(said.name.as_deref().unwrap_or_default(), name::LONGEST);
    let name = name.unwrap_or_else(|reason| {
        wrong.add("name", reason);
        String::new()
    });
    let word = |text: &String| {
        (1..=40).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let icon = said.icon.clone().unwrap_or_else(|| "app".to_owned());
    if !word(&icon) {
        wrong.add("icon", "the name of an icon: letters, digits and -");
    }
    let categories = said.categories.clone().unwrap_or_default();
    if categories.len() > 10 || !categories.iter().all(word) {
        wrong.add("categories", "at most 10, each of letters, digits and -");
    }
    let api_hosts = said.api_hosts.clone().unwrap_or_default();
    // Where developers try, a server of their own machine stands in.
    let is_near = |host: &String| {
        cx.config.mode == Mode::Local
            && !host.contains(['/', '?', '#', '@'])
            && uri(&format!("http://{host}")).is_some_and(|url| url.port().is_some() && is_this_machine(&url))
    };
    let dns_name = |host: &String| host.strip_prefix("*.").unwrap_or(host).to_owned();
    let is_host = |host: &String| is_public_name(&dns_name(host)) || is_near(host);
    let is_ours = |host: &String| {
        uri(&format!("https://{}", dns_name(host))).is_some_and(|url| guard::is_ours(&url, &cx.config))
    };
    if api_hosts.len() > 20 || !api_hosts.iter().all(is_host) || api_hosts.iter().any(is_ours) {
        wrong.add(
            "apiHosts",
            "at most 20 public DNS names, each as api.example.com or *.example.com, none of ours",
        );
    }
    let connection = match is_oauth {
        true => Connection::OAuth(Box::new(oauth(cx, wrong, said).await?)),
        false => Connection::ApiKey(ApiKey { api_key_header: api_key_header(wrong, said) }),
    };
    Ok(Entry {
        id: id.to_owned(),
        name,
        icon,
        categories,
        connection,
        api_hosts,
        templates: Vec::new(),
        documentation: None,
        checked: Checked::Unconfirmed,
        quirks: Vec::new(),
    })
}

fn api_key_header(wrong: &mut Problems, said: &VaultProviderDescription) -> Option<CredentialField> {
    let name = said.api_key_header.clone()?.to_ascii_lowercase();
    let prefix = said.api_key_prefix.clone().unwrap_or_default();
    let token = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if !(1..=60).contains(&name.len()) || !name.bytes().all(token) || is_framing(&name) {
        wrong.add("apiKeyHeader", "the name of a header field, as x-api-key");
    }
    if prefix.len() > 40 || !prefix.bytes().all(|b| b.is_ascii_graphic() || b == b' ') {
        wrong.add("apiKeyPrefix", "at most 40 printable characters");
    }
    Some(CredentialField { name, prefix })
}

/// Fields that say what a message is, or where it goes.
fn is_framing(name: &str) -> bool {
    ["host", "connection", "content-length", "transfer-encoding", "upgrade", "te", "trailer", "cookie"]
        .contains(&name)
}

/// A word of one of the catalogue's lists.
fn word<T: DeserializeOwned + Default>(
    wrong: &mut Problems,
    field: &'static str,
    said: Option<&String>,
    rule: &'static str,
) -> T {
    let Some(word) = said else { return T::default() };
    json::read(word.as_str().into()).unwrap_or_else(|_| {
        wrong.add(field, rule);
        T::default()
    })
}

async fn oauth(cx: &Cx, wrong: &mut Problems, said: &VaultProviderDescription) -> Result<OAuth, Error> {
    let addresses = [
        ("authorizationUrl", &said.authorization_url, true),
        ("tokenUrl", &said.token_url, true),
        ("refreshUrl", &said.refresh_url, false),
        ("revocationUrl", &said.revocation_url, false),
        ("userinfoUrl", &said.userinfo_url, false),
    ];
    for (field, address, is_required) in addresses {
        match address {
            None if is_required => wrong.add(field, crate::model::reason::Reason::Missing),
            None => {}
            Some(text) if !may_be(cx, text).await? => wrong.add(field, ADMINISTRATORS),
            Some(_) => {}
        }
    }
    let params = said.extra_authorize_params.clone().unwrap_or_default();
    let fits = |(name, value): (&String, &String)| {
        is_plain(name, 60)
            && value.len() <= 300
            && value.bytes().all(|b| b.is_ascii_graphic() || b == b' ')
            && !OURS.contains(&name.as_str())
    };
    if params.len() > 20 || !params.iter().all(fits) {
        wrong.add("extraAuthorizeParams", "at most 20, of printable ASCII, and none that we write ourselves");
    }
    let pointer = said.account_pointer.clone().unwrap_or_else(|| "/email".to_owned());
    if !pointer.starts_with('/') || pointer.len() > 200 {
        wrong.add("accountPointer", "a JSON pointer, as /email");
    }
    if said.issuer.as_ref().is_some_and(|issuer| issuer.len() > LONGEST_URI || !is_web_uri(issuer)) {
        wrong.add("issuer", "a URL");
    }
    if said.access_token_seconds.is_some_and(|seconds| !(1..=400 * 86_400).contains(&seconds)) {
        wrong.add("accessTokenSeconds", "1 second to 400 days");
    }
    let separator = said.scope_separator.clone().unwrap_or_else(|| " ".to_owned());
    if ![" ", ",", ";", "+"].contains(&separator.as_str()) {
        wrong.add("scopeSeparator", "a space, a comma, a semicolon or a plus");
    }
    let rotates = "rotates".to_owned();
    let addresses = json!({
        "authorizationUrl": said.authorization_url.clone().unwrap_or_default(),
        "tokenUrl": said.token_url.clone().unwrap_or_default(),
    });
    // All that is not said is as RFC 6749 says.
    let plain: OAuth = json::read(addresses).map_err(|wrong| Fault::new("vault", wrong))?;
    Ok(OAuth {
        refresh_url: said.refresh_url.clone(),
        revocation_url: said.revocation_url.clone(),
        revocation_style: word(
            wrong,
            "revocationStyle",
            said.revocation_style.as_ref(),
            "rfc7009, bearer_post, bearer_delete or client_delete",
        ),
        issuer: said.issuer.clone(),
        account: Account { url: said.userinfo_url.clone(), pointers: vec![pointer], ..Account::default() },
        scopes: Scopes {
            default: said.scopes.clone().unwrap_or_default(),
            answer_separator: separator.clone(),
            separator,
            ..Scopes::default()
        },
        pkce: word(wrong, "pkce", said.pkce.as_ref(), "required, supported, undocumented or refused"),
        token_auth: word(wrong, "tokenAuth", said.token_auth.as_ref(), "basic, post or none"),
        extra_authorize_params: params,
        access_token_seconds: said.access_token_seconds,
        refresh: word(wrong, "refresh", said.refresh.as_ref().or(Some(&rotates)), "none, kept or rotates"),
        ..plain
    })
}

/// Whether an address may be asked that an administrator says, and is spelled in one way.
async fn may_be(cx: &Cx, text: &str) -> Result<bool, Error> {
    let is_spelled = uri(text).is_some() && !text.contains('#');
    Ok(is_spelled && outbound::may_be_asked(cx, text, Reach::Administrator).await?)
}
