//! Guards: the handler's type says who may call it. A handler that takes a [`Session`] cannot run without
//! one, because only the domain can make it.

use std::rc::Rc;

use futures_util::future::LocalBoxFuture;

use crate::cx::Cx;
use crate::domain::clients::Client;
use crate::domain::clients::authentication::{self, PresentedClient};
use crate::domain::refusal::Error;
use crate::domain::session::principal::{
    self, Admin, CredentialAdmin, KeyMaker, Operator, OwnSession, Session,
};
use crate::domain::throttle::lookups;
use crate::domain::vault::reader::{self, VaultReader};
use crate::http::body;
use crate::http::request::{Call, Request};
use crate::http::response::Response;
use crate::oidc::params::Params;

/// What a handler answers.
pub(crate) type Answer = Result<Response, Error>;

/// A handler that needs nothing but the request.
pub(crate) type Bare = Box<dyn for<'a> Fn(&'a Cx, &'a Request) -> LocalBoxFuture<'a, Answer>>;

/// A handler that runs for a tenant and takes what its guard makes.
pub(crate) type Handler<T> = Box<dyn for<'a> Fn(&'a Cx, &'a Call<'a>, T) -> LocalBoxFuture<'a, Answer>>;

/// A handler with its guard before it.
pub enum Run {
    /// Needs nothing but the request: it answers even when the database does not.
    Bare(Bare),
    /// Runs for a tenant.
    Call(Guarded),
    /// A static file of the same path, which the platform serves.
    Asset,
}

/// A handler that runs for a tenant, by its guard.
pub enum Guarded {
    /// For anyone.
    Open(Handler<()>),
    /// For a signed-in user with a bearer token.
    Session(Handler<Session>),
    /// For a person in a session of their own, by bearer token: not for clients, nor for who acts for somebody.
    OwnSession(Handler<OwnSession>),
    /// For a user who may make an API key for the session's user.
    KeyMaker(Handler<KeyMaker>),
    /// For who may read in the vault, by bearer token or API key.
    VaultReader(Handler<VaultReader>),
    /// For an administrator of the tenant, by bearer token or API key.
    Admin(Handler<Admin>),
    /// The same, with nothing that was lent to a client.
    CredentialAdmin(Handler<CredentialAdmin>),
    /// For the deployment's operator.
    Operator(Handler<Operator>),
    /// For an OAuth client; it gets the form that the client sent as well, which can be read once.
    Client(Handler<(Rc<Client>, Params)>),
}

impl Guarded {
    /// Whether callers need not be signed in: anyone may ask, and any client that says it is one.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self, Guarded::Open(_) | Guarded::Client(_))
    }

    /// Answers the call if the guard lets it through.
    ///
    /// # Errors
    /// The guard's, else the handler's.
    pub(crate) async fn answer(&self, cx: &Cx, call: &Call<'_>) -> Answer {
        let chosen = &call.resolved;
        match self {
            Guarded::Open(run) => run(cx, call, ()).await,
            Guarded::Session(run) => run(cx, call, principal::session(cx, chosen, &call.sent()).await?).await,
            Guarded::OwnSession(run) => {
                run(cx, call, principal::own_session(cx, chosen, &call.sent()).await?).await
            }
            Guarded::KeyMaker(run) => {
                run(cx, call, principal::key_maker(cx, chosen, &call.sent()).await?).await
            }
            Guarded::VaultReader(run) => run(cx, call, reader::reader(cx, chosen, &call.sent()).await?).await,
            Guarded::CredentialAdmin(run) => {
                run(cx, call, principal::credential_admin(cx, chosen, &call.sent()).await?).await
            }
            Guarded::Admin(run) => run(cx, call, principal::admin(cx, chosen, &call.sent()).await?).await,
            Guarded::Operator(run) => {
                run(cx, call, principal::operator(cx, chosen, &call.sent()).await?).await
            }
            Guarded::Client(run) => run(cx, call, authenticate_client(cx, call).await?).await,
        }
    }
}

/// The client that calls, and its form.
async fn authenticate_client(cx: &Cx, call: &Call<'_>) -> Result<(Rc<Client>, Params), Error> {
    let params = body::params(call).await?;
    let presented = PresentedClient {
        authorization: call.request.headers.get("authorization"),
        client_id: params.get("client_id"),
        client_secret: params.get("client_secret"),
        client_assertion_type: params.get("client_assertion_type"),
        client_assertion: params.get("client_assertion"),
    };
    let client = authentication::authenticate(cx, &call.resolved.tenant, &presented).await?;
    if !client.metadata.is_public() {
        lookups::exempt(cx);
    }
    Ok((client, params))
}

/// Who may call, for documents and tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// Anyone.
    Open,
    /// A signed-in user.
    Session,
    /// A person in a session of their own.
    OwnSession,
    /// A user who may make an API key for the session's user.
    KeyMaker,
    /// Who may read in the vault.
    VaultReader,
    /// An administrator of the tenant.
    Admin,
    /// An administrator of the tenant, with nothing that was lent to a client.
    CredentialAdmin,
    /// The deployment's operator.
    Operator,
    /// An OAuth client, which proves who it is if it is a confidential one.
    Client,
}

impl Run {
    /// Who may call.
    pub fn guard(&self) -> Guard {
        match self {
            Run::Bare(_) | Run::Asset | Run::Call(Guarded::Open(_)) => Guard::Open,
            Run::Call(Guarded::Session(_)) => Guard::Session,
            Run::Call(Guarded::OwnSession(_)) => Guard::OwnSession,
            Run::Call(Guarded::KeyMaker(_)) => Guard::KeyMaker,
            Run::Call(Guarded::VaultReader(_)) => Guard::VaultReader,
            Run::Call(Guarded::Admin(_)) => Guard::Admin,
            Run::Call(Guarded::CredentialAdmin(_)) => Guard::CredentialAdmin,
            Run::Call(Guarded::Operator(_)) => Guard::Operator,
            Run::Call(Guarded::Client(_)) => Guard::Client,
        }
    }
}

/// A handler for anyone that belongs to no tenant.
pub(crate) fn bare<F>(run: F) -> Run
where
    F: AsyncFn(&Cx, &Request) -> Answer + Copy + 'static,
{
    Run::Bare(Box::new(move |cx, request| Box::pin(async move { run(cx, request).await })))
}

/// A handler for [`Guarded::Open`].
pub(crate) fn open<F>(run: F) -> Run
where
    F: AsyncFn(&Cx, &Call<'_>) -> Answer + Copy + 'static,
{
    Run::Call(Guarded::Open(Box::new(move |cx, call, ()| Box::pin(async move { run(cx, call).await }))))
}

/// A handler for [`Guarded::Session`].
pub(crate) fn session<F>(run: F) -> Run
where
    F: AsyncFn(&Cx, &Call<'_>, Session) -> Answer + Copy + 'static,
{
    Run::Call(Guarded::Session(Box::new(move |cx, call, session| {
        Box::pin(async move { run(cx, call, session).await })
    })))
}

/// A handler for [`Guarded::Admin`].
pub(crate) fn admin<F>(run: F) -> Run
where
    F: AsyncFn(&Cx, &Call<'_>, Admin) -> Answer + Copy + 'static,
{
    Run::Call(Guarded::Admin(Box::new(move |cx, call, admin| {
        Box::pin(async move { run(cx, call, admin).await })
    })))
}

/// A handler for [`Guarded::OwnSession`].
pub(crate) fn own_session<F>(run: F) -> Run
where
    F: AsyncFn(&Cx, &Call<'_>, OwnSession) -> Answer + Copy + 'static,
{
    Run::Call(Guarded::OwnSession(Box::new(move |cx, call, session| {
        Box::pin(async move { run(cx, call, session).await })
    })))
}

/// A handler for [`Guarded::KeyMaker`].
pub(crate) fn key_maker<F>(run: F) -> Run
where
    F: AsyncFn(&Cx, &Call<'_>, KeyMaker) -> Answer + Copy + 'static,
{
    Run::Call(Guarded::KeyMaker(Box::new(move |cx, call, maker| {
        Box::pin(async move { run(cx, call, maker).await })
    })))
}

/// A handler for [`Guarded::VaultReader`].
pub(crate) fn vault_reader<F>(run: F) -> Run
where
    F: AsyncFn(&Cx, &Call<'_>, VaultReader) -> Answer + Copy + 'static,
{
    Run::Call(Guarded::VaultReader(Box::new(move |cx, call, reader| {
        Box::pin(async move { run(cx, call, reader).await })
    })))
}

/// A handler for [`Guarded::CredentialAdmin`].
pub(crate) fn credential_admin<F>(run: F) -> Run
where
    F: AsyncFn(&Cx, &Call<'_>, CredentialAdmin) -> Answer + Copy + 'static,
{
    Run::Call(Guarded::CredentialAdmin(Box::new(move |cx, call, admin| {
        Box::pin(async move { run(cx, call, admin).await })
    })))
}

/// A handler for [`Guarded::Operator`].
pub(crate) fn operator<F>(run: F) -> Run
where
    F: AsyncFn(&Cx, &Call<'_>, Operator) -> Answer + Copy + 'static,
{
    Run::Call(Guarded::Operator(Box::new(move |cx, call, operator| {
        Box::pin(async move { run(cx, call, operator).await })
    })))
}

/// A handler for [`Guarded::Client`].
pub(crate) fn client<F>(run: F) -> Run
where
    F: AsyncFn(&Cx, &Call<'_>, Rc<Client>, Params) -> Answer + Copy + 'static,
{
    Run::Call(Guarded::Client(Box::new(move |cx, call, (client, params)| {
        Box::pin(async move { run(cx, call, client, params).await })
    })))
}
