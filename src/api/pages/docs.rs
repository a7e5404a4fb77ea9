//! What the document says of the hosted pages.

#![expect(dead_code, reason = "shapes of forms, read by utoipa alone")]

use utoipa::ToSchema;

use crate::api::docs::{Chapter, Operation, conflict, limited, op, sso_required};
use crate::api::pages::account::export::Export;
use crate::api::tenant;
use crate::domain::refusal::Refusal;
use crate::oidc::error::Code;

#[derive(ToSchema)]
struct SignIn {
    email: Option<String>,
    password: Option<String>,
    /// Instead of both: a passkey's answer, as the JSON text of its `toJSON()`.
    credential: Option<String>,
    /// A path of this origin to go to after that.
    return_to: Option<String>,
    /// The client's authorization request that is waiting.
    request: Option<String>,
}

/// One proof of a second factor.
#[derive(ToSchema)]
struct SecondFactor {
    /// The challenge of the page that was filled in.
    challenge: String,
    /// From the app or the mail, or a backup code.
    code: Option<String>,
    /// Instead, for a user who came by a mailed link.
    password: Option<String>,
    /// Instead: a passkey's answer, as JSON text.
    credential: Option<String>,
    /// Instead, to mail a code, the first or another one.
    send: Option<String>,
    /// Not empty to trust this browser.
    trust: Option<String>,
    /// The method that the page showed.
    #[schema(rename = "use")]
    way: Option<String>,
    return_to: Option<String>,
    request: Option<String>,
}

/// An address to mail to; or an address with the mailed code; or a link's token.
#[derive(ToSchema)]
struct MagicLink {
    email: Option<String>,
    code: Option<String>,
    token: Option<String>,
    return_to: Option<String>,
    request: Option<String>,
}

#[derive(ToSchema)]
struct ChangeEmail {
    /// The token of either link.
    token: String,
}

#[derive(ToSchema)]
struct Register {
    email: String,
    password: Option<String>,
    name: Option<String>,
    /// Not empty, instead of a password, to mail the link again to a user who registered.
    resend: Option<String>,
    return_to: Option<String>,
    request: Option<String>,
}

#[derive(ToSchema)]
struct Forgot {
    email: String,
    /// Not empty to be shown the page, with that address filled in.
    ask: Option<String>,
    return_to: Option<String>,
    request: Option<String>,
}

/// The code that a device shows.
#[derive(ToSchema)]
struct Device {
    user_code: String,
    /// `allow` or `deny`; without one, the page asks.
    decision: Option<String>,
}

#[derive(ToSchema)]
struct Decision {
    /// `allow` or `deny`.
    decision: String,
    request: String,
}

#[derive(ToSchema)]
struct Account {
    /// The part of the page; each has its own fields.
    section: String,
    name: Option<String>,
    email: Option<String>,
    current: Option<String>,
    password: Option<String>,
    /// Of a new passkey.
    credential: Option<String>,
    /// Of the second factor.
    code: Option<String>,
    session: Option<String>,
    client: Option<String>,
    /// A scope of an API key; repeated for each.
    scope: Option<String>,
    /// More of them, space-separated.
    scopes: Option<String>,
    /// Days until an API key expires; empty for never.
    expires: Option<String>,
    /// Of a trusted browser, a passkey or an API key.
    id: Option<String>,
}

#[derive(ToSchema)]
struct Nothing {}

pub(crate) fn chapter() -> Chapter {
    let operations = vec![
        page("/tenant/{tenant}/login", "The sign-in page")
            .query::<String>("over", "Not empty after a second factor that took too long.")
            .query::<String>("confirm", "Not empty for one who is signed in, to confirm that it is them.")
            .query::<String>("state", "From an OpenID provider that somebody was signed out of, at a client's request.")
            .nothing(303, "With the `state` of this browser: on to the client.")
            .sets("location", "where to"),
        form("/tenant/{tenant}/login", "Sign a browser in")
            .form::<SignIn>()
            .sets("set-cookie", "the session")
            .refuses([sso_required(), Refusal::WrongPassword, Refusal::WrongPasskey, Refusal::EmailUnverified]),
        page("/tenant/{tenant}/magic-link", "The page behind a link to sign in with")
            .query::<String>("token", "The mailed link's.")
            .nothing(303, "Without a token, to the sign-in page.")
            .sets("location", "where to"),
        form("/tenant/{tenant}/magic-link", "Mail a link and a code, or sign in by either")
            .form::<MagicLink>()
            .page(200, "Mailed; asks for the code.")
            .sets("set-cookie", "the session")
            .refuses([sso_required(), Refusal::WrongCode, Refusal::EmailUnverified]),
        page("/tenant/{tenant}/change-email", "The page behind a link that confirms another address")
            .query::<String>("token", "The mailed link's."),
        form("/tenant/{tenant}/change-email", "Confirm a change of address")
            .form::<ChangeEmail>()
            .page(200, "The address is changed, or waits for the other mailbox.")
            .refuses([sso_required(), conflict()]),
        page("/tenant/{tenant}/mfa", "The page for a second factor")
            .about(
                "For the sign-in that the cookie `__Host-portcullis-challenge` represents, else for the session. \
                 Looking at it mails nothing and stores nothing: a code is mailed for the form with `send`.",
            )
            .query::<String>("use", "The way to give it: totp, email, backup, passkey or password.")
            .query::<String>("sent", "Not empty after a code was mailed.")
            .nothing(303, "To sign in first, or on.")
            .sets("location", "where to")
            .refuses([Refusal::Forbidden]),
        form("/tenant/{tenant}/mfa", "Give a second factor")
            .form::<SecondFactor>()
            .page(200, "Set up: shows the backup codes, once.")
            .sets("set-cookie", "the session")
            .refuses([sso_required(), Refusal::WrongCode, Refusal::WrongPassword, Refusal::WrongPasskey]),
        page("/tenant/{tenant}/register", "The registration page").refuses([Refusal::SignUpClosed]),
        form("/tenant/{tenant}/register", "Register in a browser")
            .form::<Register>()
            .sets("set-cookie", "the session, or the address for the page that names it")
            .page(200, "The link is mailed again.")
            .refuses([sso_required(), Refusal::SignUpClosed, conflict()]),
        page("/tenant/{tenant}/forgot", "The page for a forgotten password"),
        form("/tenant/{tenant}/forgot", "Mail a link to reset the password")
            .form::<Forgot>()
            .sets("set-cookie", "the address for the page that names it")
            .page(200, "The page, with the address that was typed on another page.")
            .refuses([sso_required()]),
        page("/tenant/{tenant}/device", "The page to connect a device")
            .about("RFC 8628 §3.3.")
            .query::<String>("user_code", "The code, filled in.")
            .nothing(303, "To sign in first.")
            .sets("location", "the sign-in page"),
        form("/tenant/{tenant}/device", "Allow or deny a device")
            .form::<Device>()
            .page(200, "What the device asks for, or how it went.")
            .refuses([Refusal::Malformed("This code is unknown, used or expired".into())]),
        page("/tenant/{tenant}/consent", "The consent page")
            .nothing(303, "To the sign-in page."),
        form("/tenant/{tenant}/consent", "Allow or deny a client")
            .form::<Decision>()
            .page(200, "Leads on to the client by itself: by a link, or with `response_mode=form_post` by a form.")
            .fails([Code::InvalidRequest, Code::InvalidRequestUri]),
        page("/tenant/{tenant}/account", "The user's own account page")
            .query::<String>("done", "The section that was just changed.")
            .query::<String>("passkey", "Not empty to add a passkey.")
            .query::<String>("all", "Which list is shown whole: sessions, trusted, passkeys, identities, apps or keys.")
            .nothing(303, "To sign in, or to the second factor.")
            .sets("location", "where to")
            .refuses([Refusal::Forbidden, conflict()]),
        form("/tenant/{tenant}/account", "Change the account")
            .form::<Account>()
            .page(200, "Fresh backup codes or an API key, once; or the account is deleted.")
            .sets("set-cookie", "what is being set up")
            .refuses([sso_required(), Refusal::WrongPassword, Refusal::WrongCode, conflict()]),
        op("GET", "/tenant/{tenant}/account/export", "What the account holds, as a file")
            .reads(&["session"])
            .answers::<Export>(200, "The file; secrets are no part of it.")
            .sets("content-disposition", "that it is to be kept")
            .nothing(303, "To sign in, again if that was more than `reauthenticationSeconds` ago.")
            .sets("location", "where to"),
        op("GET", "/.well-known/change-password", "Where password managers find the page to change a password")
            .nothing(303, "To the account page.")
            .sets("location", "where to"),
        page("/tenant/{tenant}/continue", "Continue to where the user was going")
            .about("A browser that signed in on a tenant's own page is sent here, and this page leads on by itself: redirects that follow a form are held to the `form-action` of the form's page."),
        page("/tenant/{tenant}/logout", "The sign-out page"),
        form("/tenant/{tenant}/logout", "Sign a browser out")
            .form::<Nothing>()
            .or_in_the_query()
            .page(200, "Signed out.")
            .sets("set-cookie", "takes the session away"),
    ];
    Chapter {
        surface: "pages",
        about: "Hosted pages: HTML that needs no JavaScript. Programs get failures as RFC 9457's problems.",
        failure: tenant::docs::failure(),
        operations,
    }
}

/// A page that people see.
fn page(path: &'static str, summary: &'static str) -> Operation {
    op("GET", path, summary)
        .reads(&["session"])
        .query::<String>("return_to", "A path of this origin to go to at the end.")
        .query::<String>("request", "The client's authorization request that is waiting.")
        .query::<String>("ui_locales", "Languages to speak, as `de en`.")
        .page(200, "The page.")
        .refuses([Refusal::LinkDead])
}

/// What its form does.
fn form(path: &'static str, summary: &'static str) -> Operation {
    op("POST", path, summary)
        .reads(&["session"])
        .about("Refused from other sites. After an error the page is shown again, with the reason.")
        .nothing(303, "Done; goes on.")
        .sets("location", "where to")
        .refuses([Refusal::Forbidden, Refusal::LinkDead, limited()])
}
