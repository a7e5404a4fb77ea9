//! The object that renews the tokens of one connection of the vault: one refresh at a time, whose answer all wait for
//! that ask meanwhile.
//!
//! It is exact because the platform runs one object of that name in one place and one thread. Its input gate does not hold
//! while a request of ours to another server is awaited, so the one that is under way is kept in the object's memory. What
//! lasts is in the database, and is written before anybody is answered; the object stores nothing.

use std::cell::RefCell;
use std::fmt::Display;
use std::rc::Rc;

use futures_util::FutureExt as _;
use futures_util::future::{LocalBoxFuture, Shared};
use worker::wasm_bindgen_futures::spawn_local;
use worker::{DurableObject, Env, Request, Response, Result, State, durable_object};

use crate::domain::vault::refresh;
use crate::edge::context;
use crate::edge::refreshers::Which;
use crate::model::json;
use crate::ports::{Background, Fault, Refreshed};

/// A refresh that several wait for.
type UnderWay = Shared<LocalBoxFuture<'static, std::result::Result<Refreshed, Fault>>>;

/// A Durable Object.
#[durable_object]
pub struct Refresher {
    state: State,
    env: Env,
    under_way: RefCell<Option<UnderWay>>,
}

impl DurableObject for Refresher {
    fn new(state: State, env: Env) -> Refresher {
        Refresher { state, env, under_way: RefCell::default() }
    }

    /// Renews the tokens of the connection that the body names, or waits for who does.
    async fn fetch(&self, mut request: Request) -> Result<Response> {
        let body = request.text().await?;
        let which: Which = json::read_text(&body).map_err(error)?;
        match self.join(which)?.await {
            Ok(refreshed) => Response::from_json(&refreshed),
            Err(fault) => Response::error(fault.0, 500),
        }
    }
}

impl Refresher {
    /// The refresh that is under way, or one that begins now.
    fn join(&self, which: Which) -> Result<UnderWay> {
        let mut slot = self.under_way.borrow_mut();
        if let Some(running) = slot.as_ref().filter(|running| running.peek().is_none()) {
            return Ok(running.clone());
        }
        let cx = context::of_object(&self.env, Rc::new(InObject)).map_err(|what| error(what.sentence()))?;
        let work = async move { refresh::run(&cx, &which.tenant_id, &which.connection_id).await };
        let running = work.boxed_local().shared();
        // It goes on to its end if everybody who waits for it is gone: the provider may have changed the token by then.
        self.state.wait_until(running.clone().map(drop));
        *slot = Some(running.clone());
        Ok(running)
    }
}

/// What an object does after its answer.
struct InObject;

impl Background for InObject {
    fn run(&self, work: LocalBoxFuture<'static, ()>) {
        spawn_local(work);
    }
}

fn error(error: impl Display) -> worker::Error {
    error.to_string().into()
}
