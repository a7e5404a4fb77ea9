//! The metadata of an identity provider (saml-metadata §2.3, §2.4.3). It is believed because of where an
//! administrator got it; its own signature, if it has one, is not looked at.

pub use crate::model::identity_provider::Binding;
use crate::saml::certificate::Certificate;
use crate::saml::names::{DSIG, METADATA, POST, REDIRECT, SAMLP};
use crate::saml::xml::{self, Node};

/// How many certificates are read.
const MOST_CERTIFICATES: usize = 10;

/// Where a provider takes messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// By which binding they come.
    pub binding: Binding,
    /// Its URL.
    pub location: String,
    /// The URL that answers go to, if that is another one: `ResponseLocation` (saml-metadata §2.2.2).
    pub response_location: Option<String>,
}

/// What the metadata of a provider says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// Its entity id.
    pub entity_id: String,
    /// Where it takes requests to sign in; redirect first.
    pub sign_in: Vec<Endpoint>,
    /// Where it takes logout messages; redirect first.
    pub logout: Vec<Endpoint>,
    /// Certificates that it signs with, in base64 of their DER, those that we can verify with.
    pub certificates: Vec<String>,
    /// Whether it wants requests to be signed.
    pub wants_signed_requests: bool,
    /// What it can call subjects.
    pub name_id_formats: Vec<String>,
}

/// Reads a document with exactly one identity provider in it.
///
/// # Errors
/// What is wrong with it, in a few words.
pub fn read(text: &str) -> Result<Description, &'static str> {
    let text = xml::with_plain_line_ends(text);
    let document = xml::parse(&text).map_err(|rule| rule.text())?;
    let root = Node::root(&document).map_err(|rule| rule.text())?;
    let entities = [root].into_iter().chain(root.descendants());
    let mut found = entities.filter(|one| one.is(METADATA, "EntityDescriptor")).flat_map(|entity| {
        let roles = entity.children().filter(|child| child.is(METADATA, "IDPSSODescriptor"));
        roles.filter(speaks_saml2).map(move |role| (entity, role))
    });
    let (entity, role) = match (found.next(), found.next()) {
        (Some(one), None) => one,
        (None, _) => {
            return Err("the metadata of an identity provider: there is no IDPSSODescriptor for SAML 2.0");
        }
        _ => return Err("the metadata of one identity provider: there are several"),
    };
    let entity_id = entity.attribute("entityID").filter(|id| !id.is_empty() && id.len() <= 1_024);
    let entity_id = entity_id.ok_or("metadata with an entityID of at most 1,024 characters")?.to_owned();
    let sign_in = endpoints(role, "SingleSignOnService");
    if sign_in.is_empty() {
        return Err("a SingleSignOnService with the redirect or POST binding");
    }
    let certificates = certificates(role)?;
    let formats = role.children().filter(|child| child.is(METADATA, "NameIDFormat"));
    Ok(Description {
        entity_id,
        sign_in,
        logout: endpoints(role, "SingleLogoutService"),
        certificates,
        wants_signed_requests: matches!(role.attribute("WantAuthnRequestsSigned"), Some("true" | "1")),
        name_id_formats: formats.filter_map(|one| Some(one.text().ok()?.trim().to_owned())).collect(),
    })
}

fn speaks_saml2(role: &Node<'_>) -> bool {
    let protocols = role.attribute("protocolSupportEnumeration").unwrap_or_default();
    protocols.split_ascii_whitespace().any(|protocol| protocol == SAMLP)
}

fn endpoints(role: Node<'_>, name: &str) -> Vec<Endpoint> {
    let of = |binding: Binding, uri: &'static str| {
        let services = role.children().filter(|child| child.is(METADATA, name));
        let mut fitting = services.filter(|service| service.attribute("Binding") == Some(uri));
        fitting.find_map(|service| {
            let location = service.attribute("Location")?.to_owned();
            let response_location = service.attribute("ResponseLocation").map(str::to_owned);
            Some(Endpoint { binding, location, response_location })
        })
    };
    [of(Binding::Redirect, REDIRECT), of(Binding::Post, POST)].into_iter().flatten().collect()
}

/// Those for signatures, or for everything; one that is for encryption alone is not.
fn certificates(role: Node<'_>) -> Result<Vec<String>, &'static str> {
    let keys = role.children().filter(|child| child.is(METADATA, "KeyDescriptor"));
    let signing = keys.filter(|key| key.attribute("use").is_none_or(|usage| usage == "signing"));
    let texts = signing.flat_map(|key| key.descendants().filter(|one| one.is(DSIG, "X509Certificate")));
    let (mut good, mut wrong) = (Vec::new(), "a signing certificate");
    for text in texts.filter_map(|one| one.text().ok()).take(MOST_CERTIFICATES) {
        match Certificate::parse(&text) {
            Ok(certificate) if !good.contains(&certificate.base64) => good.push(certificate.base64),
            Ok(_) => {}
            Err(why) => wrong = why,
        }
    }
    match good.is_empty() {
        true => Err(wrong),
        false => Ok(good),
    }
}
