//! What the document says of OAuth and OpenID Connect.

mod shapes;

use crate::api::docs::{
    Chapter, Operation, answer, conflict, lean_answer, like, limited, op, token_refusals,
};
use crate::api::oauth::Failure;
use crate::api::oauth::device_authorization::DeviceCode;
use crate::api::oauth::par::Pushed;
use crate::api::oauth::register::Registered;
use crate::api::oauth::token::Issued;
use crate::api::tenant::docs::ClientSaid;
use crate::domain::keys::Jwks;
use crate::domain::refusal::Refusal;
use crate::oidc::discovery::metadata;
use crate::oidc::error::Code;
use crate::oidc::introspection::Introspection;

use self::shapes::{Bearer, Device, Grant, Logout, Request, Token, UserInfo};

pub(crate) fn chapter() -> Chapter {
    let operations = [discovery(), authorize(), logout(), tokens(), registration(), userinfo()]
        .into_iter()
        .flatten()
        .collect();
    Chapter {
        surface: "oauth",
        about: "OAuth 2 and OpenID Connect; failures are RFC 6749's `{error, error_description}`. At the root, \
                the tenant is that of the host, else home.",
        failure: answer::<Failure>(),
        operations,
    }
}

fn discovery() -> Vec<Operation> {
    vec![
        op("GET", "/tenant/{tenant}/.well-known/jwks.json", "Read the public keys")
            .also("/.well-known/jwks.json")
            .about("RFC 7517 §5. Current, next and retiring.")
            .answers::<Jwks>(200, "The keys.")
            .sets("etag", "for `If-None-Match`")
            .nothing(304, "Not modified."),
        op("GET", "/tenant/{tenant}/.well-known/openid-configuration", "Read the tenant's metadata")
            .also("/tenant/{tenant}/.well-known/oauth-authorization-server")
            .also("/.well-known/openid-configuration")
            .also("/.well-known/oauth-authorization-server")
            .also("/.well-known/openid-configuration/tenant/{tenant}")
            .also("/.well-known/oauth-authorization-server/tenant/{tenant}")
            .about("OpenID Connect Discovery 1.0 §3, RFC 8414 §2. 404 at every address that is not of the tenant's issuer.")
            .answers_with(
                200,
                "The tenant's metadata.",
                like(&metadata("", true, true, true), &metadata("", false, false, true)),
            ),
    ]
}

fn authorize() -> Vec<Operation> {
    let ask = |method| {
        op(method, "/tenant/{tenant}/oauth2/authorize", "Ask for authorization")
            .also("/oauth2/authorize")
            .about("RFC 6749 §3.1, for a browser. Faults of the client go back to it as `error`.")
            .reads(&["session"])
            .page(200, "A form that submits itself to the client: `response_mode=form_post`.")
            .nothing(303, "To a page of ours, or back to the client.")
            .sets("location", "where to")
            .fails([Code::InvalidRequest, Code::InvalidRequestUri])
    };
    vec![ask("GET").query_of::<Request>(), ask("POST").form::<Request>()]
}

fn logout() -> Vec<Operation> {
    let ask = |method| {
        op(method, "/tenant/{tenant}/oauth2/logout", "Sign a user out")
            .also("/oauth2/logout")
            .about("OpenID Connect RP-Initiated Logout 1.0, for a browser.")
            .reads(&["session"])
            .page(200, "Asks the user, or says that it is done.")
            .nothing(303, "Back to the client.")
            .sets("location", "where to")
            .fails([Code::InvalidRequest])
    };
    vec![ask("GET").query_of::<Logout>(), ask("POST").form::<Logout>()]
}

fn tokens() -> Vec<Operation> {
    vec![
        op("POST", "/tenant/{tenant}/oauth2/token", "Get tokens")
            .also("/oauth2/token")
            .about("RFC 6749 §3.2, RFC 9449 §5. Those of the tenant's grant types that the client is registered for. Token exchange (RFC 8693) with `audience=connection:{provider}`, or `connection:{provider}:{label}`, answers the access token of a service that the person connected.")
            .form::<Grant>()
            .for_client()
            .answers::<Issued>(200, "The tokens.")
            .sets("dpop-nonce", "the nonce of the next proof, where the tenant asks for one (RFC 9449 §8)")
            .fails([
                Code::InvalidDpopProof,
                Code::UseDpopNonce,
                Code::InvalidGrant,
                Code::UnauthorizedClient,
                Code::UnsupportedGrantType,
                Code::InvalidScope,
                Code::InvalidTarget,
                Code::AccessDenied,
                Code::AuthorizationPending,
                Code::SlowDown,
                Code::ExpiredToken,
            ])
            .refuses([Refusal::ProviderUnavailable { seconds: 1 }]),
        op("POST", "/tenant/{tenant}/oauth2/par", "Push an authorization request")
            .also("/oauth2/par")
            .about("RFC 9126.")
            .form::<Request>()
            .for_client()
            .answers::<Pushed>(201, "Its `request_uri`, for one use.")
            .fails([
                Code::InvalidDpopProof,
                Code::UseDpopNonce,
                Code::InvalidScope,
                Code::InvalidTarget,
                Code::UnauthorizedClient,
                Code::UnsupportedResponseType,
                Code::RequestNotSupported,
                Code::RequestUriNotSupported,
                Code::RegistrationNotSupported,
            ]),
        op("POST", "/tenant/{tenant}/oauth2/device_authorization", "Begin to connect a device")
            .also("/oauth2/device_authorization")
            .about("RFC 8628 §3.1.")
            .form::<Device>()
            .for_client()
            .answers::<DeviceCode>(200, "The codes, and where the user enters theirs.")
            .fails([Code::UnauthorizedClient, Code::InvalidScope, Code::InvalidTarget]),
        op("POST", "/tenant/{tenant}/oauth2/introspect", "Ask whether a token is active")
            .also("/oauth2/introspect")
            .about("RFC 7662, for confidential clients.")
            .form::<Token>()
            .for_client()
            .answers::<Introspection>(
                200,
                "The claims of an active token; of any other only that it is not active.",
            ),
        op("POST", "/tenant/{tenant}/oauth2/revoke", "Revoke a token")
            .also("/oauth2/revoke")
            .about("RFC 7009.")
            .form::<Token>()
            .for_client()
            .nothing(200, "Revoked, or never this client's.")
            .fails([Code::UnsupportedTokenType]),
    ]
}

fn registration() -> Vec<Operation> {
    let client = lean_answer::<Registered>;
    let wrong = [Code::InvalidRedirectUri, Code::InvalidClientMetadata];
    let manage = |method, summary| {
        op(method, "/tenant/{tenant}/oauth2/register/{id}", summary)
            .also("/oauth2/register/{id}")
            .about("RFC 7592 §2, with the `registration_access_token`.")
            .reads(&["bearer"])
            .refuses([Refusal::NoCredential, Refusal::BadCredential])
    };
    vec![
        op("POST", "/tenant/{tenant}/oauth2/register", "Register a client")
            .also("/oauth2/register")
            .about("RFC 7591 §3, as the tenant's `clientRegistration` allows.")
            .reads(&["bearer", "apiKey"])
            .json::<ClientSaid>()
            .null_is_absent()
            .answers_with(201, "The client, with what it needs to manage itself.", client())
            .refuses(token_refusals())
            .refuses([limited()])
            .refuses([Refusal::ScopeMissing(vec!["clients:register".into()])])
            .refuses([Refusal::ReauthenticationRequired { seconds: 86_400 }])
            .fails(wrong)
            .fails([Code::AccessDenied]),
        manage("GET", "Read the client").answers_with(200, "The client.", client()),
        manage("PUT", "Replace the client")
            .json::<ClientSaid>()
            .null_is_absent()
            .answers_with(200, "The client, as it is now.", client())
            .refuses([conflict()])
            .fails(wrong),
        manage("DELETE", "Delete the client").nothing(204, "Deleted."),
    ]
}

fn userinfo() -> Vec<Operation> {
    let ask = |method| {
        op(method, "/tenant/{tenant}/oauth2/userinfo", "Read the user of an access token")
            .also("/oauth2/userinfo")
            .about("OpenID Connect Core §5.3.")
            .reads(&["bearer"])
            .answers::<UserInfo>(
                200,
                "The claims that the scope grants; signed with the client's `userinfo_signed_response_alg`.",
            )
            .text(200, "The same, signed.", "application/jwt")
            .refuses(token_refusals())
            .refuses([Refusal::Forbidden, Refusal::ScopeMissing(vec!["openid".into()])])
    };
    vec![ask("GET"), ask("POST").form::<Bearer>().or_in_the_query()]
}
