//! D1 as our database: a batch is one round trip and one transaction.

use serde_json::{Value, json};
use wasm_bindgen::JsValue;

use crate::edge::binding::binding;
use crate::edge::glue;
use crate::model::json;
use crate::ports::{Arg, Database, Fault, Later, Rows, Stmt};

/// The `DB` binding.
pub struct D1 {
    env: JsValue,
}

impl D1 {
    /// The database of this environment.
    pub fn new(env: JsValue) -> D1 {
        D1 { env }
    }
}

impl Database for D1 {
    fn run(&self, stmts: Vec<Stmt>) -> Later<'_, Result<Vec<Rows>, Fault>> {
        Box::pin(async move {
            let db = binding(&self.env, "DB")?;
            let statements: Vec<Value> = stmts.into_iter().map(statement).collect();
            let answer = glue::batch(&db, &Value::Array(statements).to_string()).await;
            let answer = answer.map_err(|error| Fault::new("d1", glue::said(&error)))?;
            let text = answer.as_string().ok_or_else(|| Fault::new("d1", "no text"))?;
            let answer = json::parse(text.as_bytes()).map_err(|error| Fault::new("d1", error))?;
            rows(answer).ok_or_else(|| Fault::new("d1", "no rows"))
        })
    }
}

/// A list of rows for each statement.
fn rows(answer: Value) -> Option<Vec<Rows>> {
    let list = |value| if let Value::Array(items) = value { Some(items) } else { None };
    let row = |value| if let Value::Object(members) = value { Some(members) } else { None };
    list(answer)?.into_iter().map(|rows| list(rows)?.into_iter().map(row).collect()).collect()
}

fn statement(stmt: Stmt) -> Value {
    let args = stmt.args.into_iter().map(|arg| match arg {
        Arg::Null => Value::Null,
        Arg::Int(int) => int.into(),
        Arg::Text(text) => text.into(),
    });
    json!([stmt.sql, args.collect::<Vec<Value>>()])
}
