//! D1 as our database: a batch is one round trip and one transaction.

use std::rc::Rc;
use std::time::Duration;

use futures_util::future::LocalBoxFuture;
use serde::Deserialize;
use wasm_bindgen::JsValue;
use worker::js_sys::{Array, Date, JSON, Math};
use worker::{D1PreparedStatement, D1Result, Delay, Env, console_warn, serde_wasm_bindgen};

use crate::edge::fault::fault;
use crate::edge::metering::Observed;
use crate::ports::metrics::Metrics;
use crate::ports::{Arg, Database, Fault, Patience, Rows, Stmt};

/// The `DB` binding, for one who waits for it.
pub(crate) struct D1 {
    env: Env,
    patience: Patience,
    /// What a metered request is told of its batches.
    metrics: Option<Rc<Metrics>>,
}

impl D1 {
    pub(crate) fn new(env: Env, metrics: Option<Rc<Metrics>>) -> D1 {
        D1 { env, patience: Patience::default(), metrics }
    }
}

impl Database for D1 {
    fn run_once<'a>(&'a self, stmts: &'a [Stmt]) -> LocalBoxFuture<'a, Result<Vec<Rows>, Fault>> {
        Box::pin(async move {
            let failed = |error| fault("d1", error);
            let mut db = self.env.d1("DB").map_err(failed)?;
            let mut observed = None;
            if let Some(metrics) = &self.metrics {
                let (one, other) = Observed::of(metrics, db);
                (observed, db) = (Some(one), other);
            }
            let bound = |stmt: &Stmt| {
                let args: Vec<JsValue> = stmt.args.iter().map(value).collect();
                db.prepare(&stmt.sql).bind(&args)
            };
            let batch: worker::Result<Vec<D1PreparedStatement>> = stmts.iter().map(bound).collect();
            let results = db.batch(batch.map_err(failed)?).await.map_err(failed)?;
            if let Some(observed) = observed {
                observed.note();
            }
            results.iter().map(rows).collect()
        })
    }

    /// Half of the time and more. Whoever runs this reads in the log what callers do not notice.
    fn pause<'a>(&'a self, milliseconds: u32, after: &'a Fault) -> LocalBoxFuture<'a, ()> {
        console_warn!("{}", after.line([("event", "storage.retried".into()), ("level", "warn".into())]));
        let part = Math::random().midpoint(1.0);
        Box::pin(Delay::from(Duration::from_secs_f64(f64::from(milliseconds) * part / 1_000.0)))
    }

    fn patience(&self) -> &Patience {
        &self.patience
    }

    fn clock(&self) -> i64 {
        Date::now() as i64
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
        return Err(Fault::of_storage("d1", result.error().unwrap_or_default()));
    }
    let found: Vec<Row> = result.results().map_err(|error| fault("d1", error))?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let found: Array = found.into_iter().map(|Row(row)| row).collect();
    let text = JSON::stringify(&found).map_err(|error| fault("d1", error.into()))?;
    serde_json::from_str(&String::from(text)).map_err(|error| Fault::new("d1", error))
}
