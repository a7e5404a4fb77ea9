//! Guards: the handler's type says who may call it. A handler that takes a [`Session`] cannot run without
//! one, because only the domain can make it.

use std::rc::Rc;

use crate::cx::Cx;
use crate::domain::client_auth::{self, Presented};
use crate::domain::clients::Client;
use crate::domain::principal::{self, Admin, Operator, Session};
use crate::domain::refusal::Error;
use crate::http::body;
use crate::http::request::{Call, Request};
use crate::http::response::Response;
use crate::oidc::params::Params;
use crate::ports::Later;

/// What a handler answers.
pub type Answer = Result<Response, Error>;

/// A handler that needs nothing but the request.
pub type Bare = Box<dyn for<'a> Fn(&'a Cx, &'a Request) -> Later<'a, Answer>>;

/// A handler that runs for a tenant.
pub type Guarded = Box<dyn for<'a> Fn(&'a Cx, &'a Call<'a>) -> Later<'a, Answer>>;

/// A handler with its guard before it.
pub enum Run {
    /// Needs nothing but the request: it answers even when the database does not.
    Bare(Bare),
    /// Runs for a tenant.
    Call(Guarded),
    /// A static file of the same path, which the platform serves.
    Asset,
}

/// Who may call, for documents and tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// Anyone.
    Open,
    /// One who is signed in.
    Session,
    /// An administrator of the tenant.
    Admin,
    /// The deployment's operator.
    Operator,
    /// An OAuth client, which proves who it is if it is a confidential one.
    Client,
}

/// Static files for anyone.
pub fn asset() -> (Guard, Run) {
    (Guard::Open, Run::Asset)
}

/// A handler for anyone that belongs to no tenant.
pub fn bare<F>(run: F) -> (Guard, Run)
where
    F: AsyncFn(&Cx, &Request) -> Answer + Copy + 'static,
{
    (Guard::Open, Run::Bare(Box::new(move |cx, request| Box::pin(async move { run(cx, request).await }))))
}

/// A handler for anyone.
pub fn open<F>(run: F) -> (Guard, Run)
where
    F: AsyncFn(&Cx, &Call<'_>) -> Answer + Copy + 'static,
{
    (Guard::Open, Run::Call(Box::new(move |cx, call| Box::pin(async move { run(cx, call).await }))))
}

/// A handler for one who is signed in with a bearer token.
pub fn session<F>(run: F) -> (Guard, Run)
where
    F: AsyncFn(&Cx, &Call<'_>, Session) -> Answer + Copy + 'static,
{
    let run = Run::Call(Box::new(move |cx, call| {
        Box::pin(async move {
            let session = principal::session(cx, &call.chosen, &call.sent()).await?;
            run(cx, call, session).await
        })
    }));
    (Guard::Session, run)
}

/// A handler for an administrator of the tenant, by bearer token or API key.
pub fn admin<F>(run: F) -> (Guard, Run)
where
    F: AsyncFn(&Cx, &Call<'_>, Admin) -> Answer + Copy + 'static,
{
    let run = Run::Call(Box::new(move |cx, call| {
        Box::pin(async move {
            let admin = principal::admin(cx, &call.chosen, &call.sent()).await?;
            run(cx, call, admin).await
        })
    }));
    (Guard::Admin, run)
}

/// A handler for the deployment's operator.
pub fn operator<F>(run: F) -> (Guard, Run)
where
    F: AsyncFn(&Cx, &Call<'_>, Operator) -> Answer + Copy + 'static,
{
    let run = Run::Call(Box::new(move |cx, call| {
        Box::pin(async move {
            let operator = principal::operator(cx, &call.chosen, &call.sent()).await?;
            run(cx, call, operator).await
        })
    }));
    (Guard::Operator, run)
}

/// A handler for an OAuth client; it gets the form that the client sent as well, which can be read once.
pub fn client<F>(run: F) -> (Guard, Run)
where
    F: AsyncFn(&Cx, &Call<'_>, Rc<Client>, Params) -> Answer + Copy + 'static,
{
    let run = Run::Call(Box::new(move |cx, call| {
        Box::pin(async move {
            let params = body::params(call).await?;
            let presented = Presented {
                authorization: call.request.headers.get("authorization"),
                client_id: params.get("client_id"),
                client_secret: params.get("client_secret"),
                client_assertion_type: params.get("client_assertion_type"),
                client_assertion: params.get("client_assertion"),
            };
            let client = client_auth::authenticate(cx, &call.chosen.tenant, &presented).await?;
            run(cx, call, client, params).await
        })
    }));
    (Guard::Client, run)
}
