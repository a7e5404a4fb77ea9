//! What the document says of the account API.

use crate::api::account::mfa::{
    BackupCodes, Code, Disabled, Enable, Enabling, MfaLogin, Remaining, Send, Sent, Standing, Verified,
    Verify,
};
use crate::api::account::register::Registered;
use crate::api::account::reset_password::WasReset;
use crate::api::account::shapes::{Failure, LoggedOut, Message, SignIn, Tokens};
use crate::api::account::{
    forgot_password, login, logout, refresh, register, reset_password, sso, verify_email,
};
use crate::api::docs::{Chapter, Operation, answer, conflict, limited, op, reauthentication, sso_required};
use crate::domain::refusal::Refusal;

fn second_factors() -> Vec<Operation> {
    let signed_in = [Refusal::NoCredential, Refusal::BadCredential, Refusal::WrongTenant];
    vec![
        op("POST", "/auth/sso/start", "Find where a company's people sign in")
            .about("404 for every address whose domain has no single sign-on, whatever else is known of it. Single sign-on is for enterprise organisations.")
            .json::<sso::Body>()
            .answers::<sso::Start>(200, "Where to send the person's browser."),
        op("GET", "/auth/mfa", "Read the state of the caller's second factor")
            .answers::<Standing>(200, "What is set up, and what is required."),
        op("POST", "/auth/mfa/enable", "Begin to set up a second factor")
            .about("An authenticator app, or codes by mail. A user who has a second factor must prove it first.")
            .maybe_json::<Enable>()
            .answers::<Enabling>(200, "What `/auth/mfa/verify` completes.")
            .refuses([Refusal::MfaRequired, Refusal::WrongPassword, limited()])
            .refuses([reauthentication()]),
        op("POST", "/auth/mfa/verify", "Complete a sign-in, or setting up a second factor")
            .about("With `mfa_token`, completes a sign-in; without it, what the bearer's session began to set up.")
            .json::<Verify>()
            .reads(&["bearer"])
            .answers::<Verified>(200, "Signed in, or set up.")
            .refuses([sso_required(), Refusal::WrongCode, Refusal::ChallengeOver, Refusal::WrongPassword, limited()])
            .refuses([reauthentication()])
            .refuses(signed_in.clone()),
        op("POST", "/auth/mfa/login", "Sign in with password and code in one call")
            .json::<MfaLogin>()
            .answers::<Tokens>(200, "Signed in.")
            .refuses([sso_required(), Refusal::WrongPassword, Refusal::WrongCode, Refusal::EmailUnverified, limited()]),
        op("POST", "/auth/mfa/send", "Mail another code, or ask the session for its second factor")
            .maybe_json::<Send>()
            .reads(&["bearer"])
            .answers::<Sent>(200, "With `mfa_token`, mailed; otherwise what `/auth/mfa/verify` completes.")
            .refuses([Refusal::ChallengeOver, Refusal::Forbidden, limited(), Refusal::WrongPassword])
            .refuses([reauthentication()])
            .refuses(signed_in),
        op("GET", "/auth/mfa/backup-codes", "How many backup codes are left")
            .answers::<Remaining>(200, "How many."),
        op("POST", "/auth/mfa/backup-codes", "Make a fresh set of backup codes")
            .about("The former codes stop working.")
            .json::<Code>()
            .answers::<BackupCodes>(200, "Ten codes, shown this once.")
            .refuses([Refusal::WrongCode, limited()]),
        op("POST", "/auth/mfa/disable", "Remove the second factor")
            .json::<Code>()
            .answers::<Disabled>(200, "Removed.")
            .refuses([Refusal::WrongCode, limited()]),
    ]
}

pub(crate) fn chapter() -> Chapter {
    let mut operations = vec![
        op("POST", "/auth/register", "Register")
            .about("Mails a link to confirm the address, if the tenant asks for that.")
            .json::<register::Body>()
            .answers::<Registered>(
                201,
                "Registered. The answer is the same for an address that has an account.",
            )
            .refuses([sso_required(), Refusal::SignUpClosed, conflict(), limited()]),
        op("GET", "/auth/verify-email", "The page behind a confirmation link")
            .query::<String>("token", "From the link.")
            .page(200, "A page whose button confirms.")
            .refuses([Refusal::LinkDead]),
        op("POST", "/auth/verify-email", "Confirm an address")
            .query::<String>("token", "From the link, if the body has none.")
            .json::<verify_email::Body>()
            .form::<verify_email::Body>()
            .or_in_the_query()
            .answers::<Message>(200, "Confirmed.")
            .page(200, "Confirmed.")
            .refuses([Refusal::LinkDead]),
        op("POST", "/auth/login", "Sign in with a password")
            .json::<login::Body>()
            .answers::<SignIn>(200, "Signed in, or a second factor is needed.")
            .refuses([sso_required(), Refusal::WrongPassword, Refusal::EmailUnverified, limited()]),
        op("POST", "/auth/refresh", "Renew a token pair")
            .about("A refresh token works once. Using a spent one ends its session.")
            .json::<refresh::Body>()
            .answers::<Tokens>(200, "A new pair.")
            .refuses([Refusal::BadCredential, Refusal::WrongTenant]),
        op("POST", "/auth/logout", "End a session")
            .about("That of `refresh_token`, or of the bearer token.")
            .maybe_json::<logout::Body>()
            .reads(&["bearer"])
            .answers::<LoggedOut>(200, "The session has ended.")
            .refuses([Refusal::NoCredential, Refusal::BadCredential, Refusal::WrongTenant]),
        op("POST", "/auth/forgot-password", "Mail a link to reset the password")
            .json::<forgot_password::Body>()
            .answers::<Message>(200, "The same whether the address has an account or not.")
            .refuses([sso_required(), limited()]),
        op("GET", "/auth/reset-password", "The page behind a reset link")
            .query::<String>("token", "From the link.")
            .page(200, "A page that asks for the new password.")
            .refuses([Refusal::LinkDead]),
        op("POST", "/auth/reset-password", "Set a new password")
            .query::<String>("token", "From the link, if the body has none.")
            .json::<reset_password::Body>()
            .form::<reset_password::Body>()
            .alias("password", "new_password")
            .answers::<WasReset>(200, "Changed; all sessions are over.")
            .page(200, "Changed.")
            .refuses([sso_required(), Refusal::LinkDead]),
    ];
    operations.extend(second_factors());
    Chapter {
        surface: "account",
        about: "The account API: flat, snake_case; failures are `{error, message}`.",
        failure: answer::<Failure>(),
        operations,
    }
}
