//! What the document says of passkeys.

use crate::api::docs::{Operation, answer, conflict, limited, op, reauthentication, sso_required};
use crate::api::session::mfa;
use crate::api::session::passkeys::{self, Origins, Passkey, Removed};
use crate::api::session::shapes::SignIn;
use crate::api::webauthn::{CreationOptions, RequestOptions};
use crate::domain::refusal::Refusal;

pub(super) fn operations() -> Vec<Operation> {
    vec![
        op("GET", "/api/auth/passkeys", "List the caller's passkeys").paged().answers_with(
            200,
            "A page of passkeys.",
            answer::<Passkey>().listed().in_data(),
        ),
        op("POST", "/api/auth/passkeys/options", "Begin to add a passkey")
            .about(
                "Options for `navigator.credentials.create()`; usable once, for five minutes, in this session. \
                 A user who has a second factor or a passkey must have proved it in the session.",
            )
            .maybe_json::<mfa::Confirmed>()
            .answers_with(200, "Creation options.", answer::<CreationOptions>().in_data())
            .refuses([Refusal::MfaRequired, conflict(), reauthentication(), Refusal::WrongPassword])
            .refuses([limited()]),
        op("POST", "/api/auth/passkeys", "Add a passkey")
            .json::<passkeys::New>()
            .answers_with(201, "Added.", answer::<Passkey>().in_data())
            .refuses([Refusal::MfaRequired, conflict(), reauthentication(), Refusal::WrongPassword])
            .refuses([limited()]),
        op("PATCH", "/api/auth/passkeys/{id}", "Rename a passkey")
            .json::<passkeys::Name>()
            .answers_with(200, "As it is now.", answer::<Passkey>().in_data()),
        op("DELETE", "/api/auth/passkeys/{id}", "Remove a passkey")
            .about("Soon after a sign-in, or after `/api/auth/reauthenticate`. 409 where it is the last way in of the administrators of an enforced mail domain.")
            .answers_with(200, "Removed.", answer::<Removed>().in_data())
            .refuses([Refusal::MfaRequired, conflict(), reauthentication()]),
        op("POST", "/api/auth/passkeys/login/options", "Begin to sign in with a passkey")
            .about(
                "Options for `navigator.credentials.get()`; usable once, for five minutes. With the challenge of \
                 a sign-in, for `/api/auth/mfa/verify`.",
            )
            .maybe_json::<passkeys::Second>()
            .answers_with(200, "Request options.", answer::<RequestOptions>().in_data())
            .refuses([Refusal::Forbidden, Refusal::ChallengeOver, limited()]),
        op("POST", "/api/auth/passkeys/login", "Sign in with a passkey")
            .json::<passkeys::Body>()
            .answers_with(200, "Signed in.", answer::<SignIn>().in_data())
            .refuses([sso_required(),
                Refusal::WrongPasskey,
                Refusal::ChallengeOver,
                Refusal::EmailUnverified,
                limited(),
            ]),
        op("GET", "/.well-known/webauthn", "List the origins that may use the host's passkeys")
            .about("Related origin requests of Web Authentication Level 3.")
            .answers::<Origins>(200, "The origins.")
            .refuses([Refusal::NotFound]),
    ]
}
