//! The objects that renew tokens: one for each connection of the vault.

use futures_util::future::LocalBoxFuture;
use serde::{Deserialize, Serialize};
use worker::{Env, Method, Request, RequestInit};

use crate::edge::fault::unanswered;
use crate::model::json;
use crate::ports::{Fault, Refreshed, Refreshers};

/// The `REFRESHER` binding.
pub(crate) struct DurableRefreshers(pub Env);

/// What an object is asked for.
#[derive(Serialize, Deserialize)]
pub(crate) struct Which {
    pub(crate) tenant_id: String,
    pub(crate) connection_id: String,
}

impl DurableRefreshers {
    /// The status and JSON of what came of it.
    async fn ask(&self, which: &Which) -> worker::Result<(u16, String)> {
        let name = format!("{}:{}", which.tenant_id, which.connection_id);
        let stub = self.0.durable_object("REFRESHER")?.id_from_name(&name)?.get_stub()?;
        let mut init = RequestInit::new();
        init.with_method(Method::Post).with_body(Some(serde_json::to_string(which)?.into()));
        let mut response =
            stub.fetch_with_request(Request::new_with_init("https://refresher/", &init)?).await?;
        Ok((response.status_code(), response.text().await?))
    }
}

impl Refreshers for DurableRefreshers {
    fn refresh(
        &self,
        tenant_id: String,
        connection_id: String,
    ) -> LocalBoxFuture<'_, Result<Refreshed, Fault>> {
        Box::pin(async move {
            let which = Which { tenant_id, connection_id };
            match self.ask(&which).await.map_err(|error| unanswered("refresher", error))? {
                (200, text) => json::read_text(&text).map_err(|wrong| Fault::new("refresher", wrong)),
                (_, text) => Err(Fault::of_storage("refresher", text)),
            }
        })
    }
}
