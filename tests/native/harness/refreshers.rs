//! What renews tokens of the vault: in the Worker an object for each connection, here a map of what is under way.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use futures_util::FutureExt as _;
use futures_util::future::{LocalBoxFuture, Shared};
use portcullis::cx::Cx;
use portcullis::domain::vault::refresh;
use portcullis::ports::{Fault, Refreshed, Refreshers};

type Running = Shared<LocalBoxFuture<'static, Result<Refreshed, Fault>>>;
pub(super) type UnderWay = Rc<RefCell<HashMap<String, Running>>>;

/// All who ask at once for a connection wait for the one refresh.
pub(super) struct Together {
    pub(super) cx: Cx,
    pub(super) under_way: UnderWay,
}

impl Refreshers for Together {
    fn refresh(
        &self,
        tenant_id: String,
        connection_id: String,
    ) -> LocalBoxFuture<'_, Result<Refreshed, Fault>> {
        let mut all = self.under_way.borrow_mut();
        let name = format!("{tenant_id}:{connection_id}");
        let known = all.get(&name).filter(|running| running.peek().is_none()).cloned();
        let running = known.unwrap_or_else(|| {
            let cx = self.cx.clone();
            async move { refresh::run(&cx, &tenant_id, &connection_id).await }.boxed_local().shared()
        });
        all.insert(name, running.clone());
        Box::pin(running)
    }
}

/// Who renews does not ask for it.
pub(super) struct Nobody;

impl Refreshers for Nobody {
    fn refresh(&self, _: String, _: String) -> LocalBoxFuture<'_, Result<Refreshed, Fault>> {
        Box::pin(async { Err(Fault::new("refresher", "asked by itself")) })
    }
}
