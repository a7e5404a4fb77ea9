//! What the document says of the session API.

use crate::api::docs::{Chapter, Operation, answer, conflict, limited, op, reauthentication, sso_required};
use crate::api::magic_link;
use crate::api::session::api_keys::{self, ApiKey};
use crate::api::session::change_email::{self, EmailChange};
use crate::api::session::devices::Device;
use crate::api::session::federated::{FederatedSignIn, GoogleCredential, MicrosoftToken};
use crate::api::session::identities::Identity;
use crate::api::session::me::Me;
use crate::api::session::mfa::{self, Reauthenticated, Standing};
use crate::api::session::sessions::OwnSession;
use crate::api::session::shapes::{Challenge, Failure, LoggedOut, Login, Message, Revoked, SignIn, Tokens};
use crate::api::session::{change_password, login, passkeys_docs, refresh};
use crate::api::sso::docs as sso_docs;
use crate::domain::refusal::{Federation, Refusal};

/// Signing in by mail, and changing the address.
fn by_mail() -> Vec<Operation> {
    vec![
        op("POST", "/api/auth/magic-link/request", "Mail a link and a code to sign in with")
            .about("Answers the same whether the address has an account or not. A newer mail invalidates the older one.")
            .json::<magic_link::Wanted>()
            .answers_with(
                200,
                "A mail is on its way, if there is somebody to send it to.",
                answer::<Message>().in_data(),
            )
            .refuses([sso_required(), Refusal::Forbidden, limited()]),
        op("POST", "/api/auth/magic-link/verify", "Sign in by mail")
            .about("With the code and the address that it was mailed to, or with the token of the link.")
            .json::<magic_link::Mailed>()
            .answers_with(200, "Signed in, or a second factor is needed.", answer::<SignIn>().in_data())
            .refuses([sso_required(), Refusal::WrongCode, Refusal::LinkDead, limited()]),
        op("POST", "/api/auth/change-email", "Request a change of address")
            .about("Mails a link to both addresses, or to the new one alone if the current one was never confirmed. The address changes once the links were followed, within a day.")
            .json::<change_email::Body>()
            .answers_with(200, "The mails are on their way.", answer::<Message>().in_data())
            .refuses([sso_required(), Refusal::WrongPassword, Refusal::MfaRequired, reauthentication(), limited()]),
        op("POST", "/api/auth/change-email/confirm", "Confirm a change of address")
            .about("With the token of either link. Once both are confirmed, the address changes and all sessions but the caller's own end.")
            .json::<change_email::Token>()
            .answers_with(200, "Confirmed.", answer::<EmailChange>().in_data())
            .refuses([sso_required(), Refusal::LinkDead, conflict()]),
    ]
}

/// Signing in with what an app got from Google or Microsoft.
fn federated() -> Vec<Operation> {
    vec![
        op("POST", "/api/auth/google", "Sign in with a Google credential")
            .about(
                "For the tenant's `google` provider whose `clientId` the credential is for. Where no tenant is named and \
                 the deployment makes trial tenants, a person whom nobody knows gets one, as its administrator, with \
                 `isNewUser: true`. As a form, Google's redirect mode: `g_csrf_token` is in the form and in the cookie, and \
                 the answer is the session's cookie.",
            )
            .json::<GoogleCredential>()
            .form::<GoogleForm>()
            .answers_with(200, "Signed in, or a second factor is needed.", answer::<FederatedSignIn>().in_data())
            .nothing(303, "To a form: signed in, or to the second factor; goes on.")
            .sets("set-cookie", "the session")
            .sets("location", "where to")
            .refuses(sso_docs::refusals())
            .refuses(for_apps()),
        op("POST", "/api/auth/microsoft", "Sign in with a Microsoft token")
            .about(
                "An access token for the tenant's own API (`aud` is the `clientId` of its `microsoft` provider, or \
                 `api://{clientId}`); one for Microsoft Graph that its application got, which Graph is asked about; or an \
                 ID token. The token of another application signs in nobody. Who has no account: as with Google.",
            )
            .json::<MicrosoftToken>()
            .answers_with(200, "Signed in, or a second factor is needed.", answer::<FederatedSignIn>().in_data())
            .refuses(sso_docs::refusals())
            .refuses(for_apps()),
    ]
}

/// What becomes of people without an account, where the deployment makes trial tenants.
fn for_apps() -> [Refusal; 2] {
    [Federation::JoinRequested, Federation::TrialsClosed].map(Refusal::Federation)
}

/// What Google's page has the browser post.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "read by utoipa alone")]
struct GoogleForm {
    credential: String,
    g_csrf_token: String,
}

/// Where one is signed in.
fn signed_in() -> Vec<Operation> {
    vec![
        op("GET", "/api/auth/sessions", "List the caller's sessions").paged().answers_with(
            200,
            "A page of them.",
            answer::<OwnSession>().listed().in_data(),
        ),
        op("DELETE", "/api/auth/sessions", "End all sessions but the caller's").answers_with(
            200,
            "Ended.",
            answer::<Revoked>().in_data(),
        ),
        op("DELETE", "/api/auth/sessions/{id}", "End a session").answers_with(
            200,
            "Ended.",
            answer::<Revoked>().in_data(),
        ),
        op("GET", "/api/auth/devices", "List the browsers that the caller trusts").answers_with(
            200,
            "All of them.",
            answer::<Device>().listed().in_data(),
        ),
        op("DELETE", "/api/auth/devices/{id}", "Stop trusting a browser").answers_with(
            200,
            "It needs a second factor again.",
            answer::<Revoked>().in_data(),
        ),
    ]
}

pub(crate) fn chapter() -> Chapter {
    let mut operations = vec![
        op("POST", "/api/auth/login", "Sign in with a password")
            .json::<login::Body>()
            .answers_with(200, "Signed in, or a second factor is needed.", answer::<SignIn>().in_data())
            .refuses([sso_required(), Refusal::WrongPassword, Refusal::EmailUnverified, limited()]),
        op("GET", "/api/auth/mfa", "Read the state of the caller's second factor").answers_with(
            200,
            "What is set up, and what is required.",
            answer::<Standing>().in_data(),
        ),
        op("POST", "/api/auth/mfa/verify", "Complete a sign-in with the second factor")
            .about("Also sets up the authenticator app, if the challenge came with one.")
            .json::<mfa::Body>()
            .answers_with(200, "Signed in.", answer::<Login>().in_data())
            .refuses([sso_required(), Refusal::WrongCode, Refusal::WrongPasskey, Refusal::ChallengeOver, limited()])
            .refuses([reauthentication()]),
        op("POST", "/api/auth/mfa/send", "Mail a code for the second factor")
            .json::<mfa::Send>()
            .answers_with(200, "Sent.", answer::<Message>().in_data())
            .refuses([Refusal::ChallengeOver, limited()]),
        op("POST", "/api/auth/mfa/step-up", "Ask the session for its second factor")
            .about("Who has none sets one up, soon after a sign-in. A factor that is proved counts as a sign-in.")
            .maybe_json::<mfa::Confirmed>()
            .answers_with(200, "What `/api/auth/mfa/verify` completes.", answer::<Challenge>().in_data())
            .refuses([reauthentication(), Refusal::WrongPassword, limited()]),
        op("POST", "/api/auth/reauthenticate", "Confirm the password")
            .about(
                "Counts as a sign-in for what asks for one of late: `reauthenticationSeconds` for passwords, second \
                 factors, passkeys and addresses, `apiKeyReauthenticationSeconds` for API keys and what administrators \
                 make that lets somebody in. A login and a step-up do as well, a refresh does not.",
            )
            .json::<mfa::Password>()
            .answers_with(200, "Confirmed.", answer::<Reauthenticated>().in_data())
            .refuses([Refusal::WrongPassword, limited()]),
        op("POST", "/api/auth/refresh", "Renew a token pair")
            .about("A refresh token works once. Using a spent one ends its session.")
            .json::<refresh::Body>()
            .answers_with(200, "A new pair.", answer::<Tokens>().in_data())
            .refuses([Refusal::BadCredential, Refusal::WrongTenant]),
        op("POST", "/api/auth/logout", "End the session").answers_with(
            200,
            "The session has ended.",
            answer::<LoggedOut>().in_data(),
        ),
        op("POST", "/api/auth/change-password", "Change the password")
            .about("Ends the user's other sessions.")
            .json::<change_password::Body>()
            .answers_with(200, "Changed.", answer::<Message>().in_data())
            .refuses([sso_required(), Refusal::WrongPassword, reauthentication(), limited()]),
        op("GET", "/api/auth/identities", "List the caller's identities")
            .about("Who they are at identity providers.")
            .paged()
            .answers_with(200, "A page of them.", answer::<Identity>().listed().in_data()),
        op("DELETE", "/api/auth/identities", "Unlink an identity by its provider")
            .about("And by its subject, where there are several of that provider. 409 for the last way to sign in.")
            .needs_query::<String>("provider", "The provider's id.")
            .query::<String>("subject", "What the provider calls the person.")
            .answers_with(200, "Unlinked; the other sessions that began with it have ended.", answer::<Revoked>().in_data())
            .refuses([Refusal::NotFound, Refusal::MfaRequired, conflict(), reauthentication()]),
        op("DELETE", "/api/auth/identities/{id}", "Unlink an identity")
            .about("By its id, or that of its provider. 409 for the last way to sign in.")
            .answers_with(200, "Unlinked; the other sessions that began with it have ended.", answer::<Revoked>().in_data())
            .refuses([Refusal::MfaRequired, conflict(), reauthentication()]),
        op("GET", "/api/auth/me", "Read who is signed in").answers_with(
            200,
            "The user.",
            answer::<Me>().in_data(),
        ),
        op("GET", "/api/auth/api-keys", "List the caller's API keys").paged().answers_with(
            200,
            "A page of keys, without the keys themselves.",
            answer::<ApiKey>().listed().in_data(),
        ),
        op("POST", "/api/auth/api-keys", "Make an API key")
            .json::<api_keys::Body>()
            .answers_with(201, "The key, shown this once.", answer::<ApiKey>().in_data())
            .refuses([conflict(), reauthentication(), Refusal::WrongPassword, limited()]),
        op("DELETE", "/api/auth/api-keys/{id}", "Revoke an API key").answers_with(
            200,
            "Revoked.",
            answer::<Revoked>().in_data(),
        ),
    ];
    operations.extend(by_mail());
    operations.extend(federated());
    operations.extend(signed_in());
    operations.extend(passkeys_docs::operations());
    Chapter {
        surface: "session",
        about: "The session API: `{success, data}` and `{success, error, code}`.",
        failure: answer::<Failure>(),
        operations,
    }
}
