//! Counters as Durable Objects: one object per name.

use wasm_bindgen::JsValue;

use crate::edge::binding::binding;
use crate::edge::glue;
use crate::model::json;
use crate::ports::{Count, Counters, Fault, Later, Verdict};

/// The `COUNTER` binding.
pub struct DurableCounters {
    env: JsValue,
}

impl DurableCounters {
    /// The counters of this environment.
    pub fn new(env: JsValue) -> DurableCounters {
        DurableCounters { env }
    }
}

impl Counters for DurableCounters {
    fn count(&self, object: String, steps: Vec<Count>) -> Later<'_, Result<Verdict, Fault>> {
        Box::pin(async move {
            let namespace = binding(&self.env, "COUNTER")?;
            let steps = serde_json::to_string(&steps).map_err(|error| Fault::new("counter", error))?;
            let answer = glue::count(&namespace, &object, &steps).await;
            let answer = answer.map_err(|error| Fault::new("counter", glue::said(&error)))?;
            let text = answer.as_string().ok_or_else(|| Fault::new("counter", "no text"))?;
            json::read_text(&text).map_err(|wrong| Fault::new("counter", wrong))
        })
    }
}
