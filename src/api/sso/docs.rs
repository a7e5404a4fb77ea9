//! What the document says of signing in with a provider.

#![expect(dead_code, reason = "shapes of forms, read by utoipa alone")]

use utoipa::ToSchema;

use crate::api::docs::{Chapter, Operation, limited, op};
use crate::api::tenant;
use crate::domain::refusal::{Federation, Refusal};

/// Nothing of a signed-in user; else a local factor.
#[derive(ToSchema)]
struct LinkForm {
    /// Of the account that has the identity's address.
    password: Option<String>,
}

/// The answer to a sign-in.
#[derive(ToSchema)]
struct AcsForm {
    /// A `Response`, in base64.
    #[schema(rename = "SAMLResponse")]
    saml_response: String,
    /// As it was sent there.
    #[schema(rename = "RelayState")]
    relay_state: Option<String>,
}

/// A logout message: one of the two.
#[derive(ToSchema)]
struct SloForm {
    /// A `LogoutRequest`, in base64.
    #[schema(rename = "SAMLRequest")]
    saml_request: Option<String>,
    /// A `LogoutResponse`, in base64.
    #[schema(rename = "SAMLResponse")]
    saml_response: Option<String>,
    /// Sent back with the answer.
    #[schema(rename = "RelayState")]
    relay_state: Option<String>,
}

fn upgrade() -> Refusal {
    Refusal::PlanTooLow { current: "free".into(), required: "enterprise".into() }
}

/// What a provider does wrong or late.
fn of_provider() -> [Refusal; 2] {
    let provider = || "Acme".to_owned();
    [
        Refusal::Federation(Federation::Failed {
            provider: provider(),
            why: "the ID token has expired".into(),
        }),
        Refusal::Federation(Federation::Late { provider: provider() }),
    ]
}

/// What a sign-in that comes back is refused for.
pub(in crate::api) fn refusals() -> Vec<Refusal> {
    let declined = Federation::Declined { provider: "Acme".into(), error: "access_denied".into() };
    let forged = Federation::Forged("The sign-in was not begun in this browser, or too long ago");
    let mut all: Vec<Refusal> = [
        declined,
        forged,
        Federation::LinkRequired,
        Federation::SsoRequired { start: "/tenant/acme/sso/okta".into() },
        Federation::NoAddress,
        Federation::NoAccount,
        Federation::NotAllowed,
        Federation::NotConfigured,
    ]
    .map(Refusal::Federation)
    .into();
    all.extend(of_provider());
    all.extend([Refusal::MfaRequired, upgrade(), limited()]);
    all
}

fn back(operation: Operation) -> Operation {
    operation
        .nothing(303, "Signed in, or to the second factor; goes on.")
        .sets("set-cookie", "the session")
        .sets("location", "where to")
        .refuses(refusals())
}

pub(crate) fn chapter() -> Chapter {
    let operations = vec![
        op("GET", "/tenant/{tenant}/sso/{id}", "Sign in with an identity provider")
            .about("What comes after goes sealed in a cookie of this browser for ten minutes; nothing is stored.")
            .query::<String>("return_to", "Where to go at the end: a path or address of this origin, or a redirect URI that an administrator registered for a client.")
            .query::<String>("request", "The client's authorization request that is waiting.")
            .query::<String>("ui_locales", "Languages to speak, as `de en`.")
            .query::<String>("login_hint", "Who the person is, as far as that is known.")
            .query::<String>("anew", "Not empty to have the person sign in anew there.")
            .nothing(302, "To the provider.")
            .page(200, "To a SAML provider that takes forms (`ssoBinding`): the page sends itself.")
            .sets("set-cookie", "the sign-in")
            .sets("location", "the provider")
            .refuses(of_provider())
            .refuses([Refusal::Malformed("return_to leads elsewhere".into()), Refusal::LinkDead, upgrade()]),
        back(
            op("GET", "/tenant/{tenant}/sso/{id}/callback", "Where the provider sends browsers back to")
                .about("The redirect URI to register at the provider.")
                .query::<String>("code", "The provider's code.")
                .query::<String>("state", "As it was sent there.")
                .query::<String>("iss", "The provider's issuer (RFC 9207).")
                .query::<String>("error", "Why it declines."),
        ),
        op("GET", "/tenant/{tenant}/sso/{id}/onward", "Continue to a client's redirect URI")
            .about("After a sign-in with a provider that took a second factor.")
            .needs_query::<String>("to", "A redirect URI of a client that an administrator registered.")
            .nothing(303, "There.")
            .sets("location", "where to"),
        op("GET", "/tenant/{tenant}/sso/{id}/metadata", "Metadata of this service for a SAML 2.0 provider")
            .about("Its address is our entity id there. With `signRequests` it has the certificate of the RSA key that signs, and that of the next one while there is one.")
            .text(200, "An EntityDescriptor.", "application/samlmetadata+xml")
            .refuses([upgrade()]),
        op("GET", "/tenant/{tenant}/sso/{id}/certificate", "The certificate that a SAML 2.0 provider verifies our requests with")
            .about("For providers that take a certificate instead of metadata. Of the next key, while there is one.")
            .text(200, "The certificate in PEM.", "application/pem-certificate-chain")
            .sets("content-disposition", "a name for the file")
            .refuses([upgrade()]),
        back(
            op("POST", "/tenant/{tenant}/sso/{id}/acs", "Where a SAML 2.0 provider's pages post an answer to")
                .about("The assertion consumer service. The cookie of the sign-in that it answers comes with it, or the provider may begin sign-ins itself (`idpInitiated`).")
                .form::<AcsForm>(),
        ),
        op("GET", "/tenant/{tenant}/sso/{id}/slo", "Where a SAML 2.0 provider redirects logout messages to")
            .about("Signed in the query. What it asks to end has ended when it is answered.")
            .query::<String>("SAMLRequest", "A request, compressed.")
            .query::<String>("SAMLResponse", "A response, compressed.")
            .query::<String>("RelayState", "Sent back with the answer.")
            .query::<String>("SigAlg", "How it is signed.")
            .query::<String>("Signature", "The signature.")
            .page(200, "Signed out; or, to a provider that takes forms, a page that sends the answer itself.")
            .nothing(303, "Back to the provider with the answer, or to the client that asked for the sign-out.")
            .sets("location", "where to")
            .refuses(refusals()),
        op("POST", "/tenant/{tenant}/sso/{id}/slo", "Where a SAML 2.0 provider's pages post logout messages to")
            .about("Signed as XML.")
            .form::<SloForm>()
            .page(200, "Signed out; or, to a provider that takes forms, a page that sends the answer itself.")
            .nothing(303, "Back to the provider with the answer, or to the client that asked for the sign-out.")
            .sets("location", "where to")
            .refuses(refusals()),
        op("GET", "/tenant/{tenant}/sso/{id}/sign-out", "Sign out at the provider, after a program ended the session")
            .about("The `logoutUrl` of a logout's answer leads here, once and for ten minutes. From the provider the browser comes back to a page of ours.")
            .needs_query::<String>("ticket", "From the logout's answer.")
            .nothing(303, "To the provider.")
            .sets("location", "the provider")
            .page(200, "To a SAML provider that takes forms: the page sends itself. Or signed out, where the provider has no such place.")
            .refuses(refusals()),
        op("GET", "/tenant/{tenant}/sso/{id}/link", "The page that links an identity to the account of its address")
            .reads(&["session"])
            .page(200, "Asks for a local factor, or for a yes of who has proved one.")
            .refuses(refusals()),
        back(
            op("POST", "/tenant/{tenant}/sso/{id}/link", "Link an identity to the account of its address")
                .about("Refused from other sites. After an error the page is shown again, with the reason.")
                .reads(&["session"])
                .form::<LinkForm>()
                .or_in_the_query()
                .refuses([Refusal::WrongPassword, Refusal::Forbidden, Refusal::EmailUnverified]),
        ),
    ];
    Chapter {
        surface: "sso",
        about: "Signing in with an identity provider: Google, Microsoft, GitHub, or an organisation's own. What is refused is a page.",
        failure: tenant::docs::failure(),
        operations,
    }
}
