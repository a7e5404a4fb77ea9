//! Counters as Durable Objects: one object per name.

use futures_util::future::LocalBoxFuture;
use worker::{Env, Method, Request, RequestInit};

use crate::edge::fault::fault;
use crate::model::json;
use crate::ports::{Count, Counters, Fault, Verdict};

/// The `COUNTER` binding.
pub(crate) struct DurableCounters(pub Env);

impl DurableCounters {
    /// Sends the steps to an object; JSON of its verdict.
    async fn ask(&self, object: &str, steps: &[Count]) -> worker::Result<String> {
        let stub = self.0.durable_object("COUNTER")?.id_from_name(object)?.get_stub()?;
        let mut init = RequestInit::new();
        init.with_method(Method::Post).with_body(Some(serde_json::to_string(steps)?.into()));
        let mut response =
            stub.fetch_with_request(Request::new_with_init("https://counter/", &init)?).await?;
        let text = response.text().await?;
        if response.status_code() == 200 { Ok(text) } else { Err(text.into()) }
    }
}

impl Counters for DurableCounters {
    fn count(&self, object: String, steps: Vec<Count>) -> LocalBoxFuture<'_, Result<Verdict, Fault>> {
        Box::pin(async move {
            let text = self.ask(&object, &steps).await.map_err(|error| fault("counter", error))?;
            json::read_text(&text).map_err(|wrong| Fault::new("counter", wrong))
        })
    }
}
