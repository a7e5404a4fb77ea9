//! D1 as our database: a batch is one round trip and one transaction.

use futures_util::future::LocalBoxFuture;
use serde::Deserialize;
use wasm_bindgen::JsValue;
use worker::js_sys::{Array, JSON};
use worker::{D1PreparedStatement, D1Result, Env, serde_wasm_bindgen};

use crate::edge::fault::fault;
use crate::ports::{Arg, Database, Fault, Rows, Stmt};

/// The `DB` binding.
pub(crate) struct D1(pub Env);

impl Database for D1 {
    fn run(&self, stmts: Vec<Stmt>) -> LocalBoxFuture<'_, Result<Vec<Rows>, Fault>> {
        Box::pin(async move {
            let failed = |error| fault("d1", error);
            let db = self.0.d1("DB").map_err(failed)?;
            let bound = |stmt: &Stmt| {
                let args: Vec<JsValue> = stmt.args.iter().map(value).collect();
                db.prepare(&stmt.sql).bind(&args)
            };
            let batch: worker::Result<Vec<D1PreparedStatement>> = stmts.iter().map(bound).collect();
            let results = db.batch(batch.map_err(failed)?).await.map_err(failed)?;
            results.iter().map(rows).collect()
        })
    }
}

/// Every number crosses as a double.
fn value(arg: &Arg) -> JsValue {
    match arg {
        Arg::Null => JsValue::NULL,
        Arg::Int(int) => JsValue::from_f64(*int as f64),
        Arg::Text(text) => JsValue::from_str(text),
    }
}

/// A row that stays where it is.
#[derive(Deserialize)]
struct Row(#[serde(with = "serde_wasm_bindgen::preserve")] JsValue);

/// The rows of one statement. They cross as one JSON text, not value by value.
fn rows(result: &D1Result) -> Result<Rows, Fault> {
    if !result.success() {
        return Err(Fault::new("d1", result.error().unwrap_or_default()));
    }
    let found: Vec<Row> = result.results().map_err(|error| fault("d1", error))?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let found: Array = found.into_iter().map(|Row(row)| row).collect();
    let text = JSON::stringify(&found).map_err(|error| fault("d1", error.into()))?;
    serde_json::from_str(&String::from(text)).map_err(|error| Fault::new("d1", error))
}
