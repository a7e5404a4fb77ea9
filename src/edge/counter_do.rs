//! The counter object: loads its tallies, applies the pure rule, stores them.
//!
//! It is exact because the platform runs one object in one place and one thread, and because nothing is
//! awaited between reading and writing: its SQLite storage is synchronous. The answer leaves only after the
//! write is durable (the platform's output gate).

use std::cell::Cell;
use std::fmt::Display;

use wasm_bindgen::prelude::*;

use crate::domain::counter::{Tallies, apply, over_at};
use crate::edge::{env, glue};
use crate::model::json;
use crate::model::time::Time;
use crate::ports::{Count, Verdict};

/// A Durable Object.
#[wasm_bindgen]
pub struct Counter {
    state: JsValue,
    /// Whether this instance has seen to the table and the alarm.
    ready: Cell<bool>,
}

#[wasm_bindgen]
impl Counter {
    /// An object with its state, which has its storage.
    #[wasm_bindgen(constructor)]
    pub fn new(state: JsValue, _env: JsValue) -> Counter {
        Counter { state, ready: Cell::new(false) }
    }

    /// Applies the steps that are the request's body; the last one's verdict.
    pub async fn fetch(&self, request: JsValue) -> Result<JsValue, JsValue> {
        let body = glue::text(&request).await?.as_string().unwrap_or_default();
        let steps: Vec<Count> = json::read_text(&body).map_err(error)?;
        let mut verdict: Option<Verdict> = None;
        let mut tallies = self.load()?;
        for step in &steps {
            verdict = Some(apply(&mut tallies, step, env::now()));
        }
        self.store(&tallies)?;
        if !self.ready.replace(true) {
            self.wake_when_over(env::now()).await?;
        }
        let verdict = serde_json::to_string(&verdict).map_err(error)?;
        Ok(glue::respond(200, "content-type:application/json", verdict.into(), 0.0))
    }

    /// Forgets everything a day after the last use; until then, looks again.
    pub async fn alarm(&self) -> Result<(), JsValue> {
        let tallies = self.load()?;
        match tallies.values().map(|state| state.last()).max() {
            Some(last) if env::now() < over_at(last) => self.wake_when_over(last).await?,
            _ => glue::forget(&self.state).await?,
        }
        // What is gone must be made again by the next call to this instance.
        self.ready.set(false);
        Ok(())
    }
}

impl Counter {
    fn load(&self) -> Result<Tallies, JsValue> {
        if !self.ready.get() {
            let sql = "CREATE TABLE IF NOT EXISTS kept (id INTEGER PRIMARY KEY, tallies TEXT NOT NULL)";
            glue::exec(&self.state, sql, None)?;
        }
        let kept = glue::exec(&self.state, "SELECT tallies FROM kept WHERE id = 1", None)?;
        Ok(kept.and_then(|text| json::read_text(&text).ok()).unwrap_or_default())
    }

    fn store(&self, tallies: &Tallies) -> Result<(), JsValue> {
        let text = serde_json::to_string(tallies).map_err(error)?;
        let sql = "INSERT INTO kept (id, tallies) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET tallies = excluded.tallies";
        glue::exec(&self.state, sql, Some(&text)).map(drop)
    }

    async fn wake_when_over(&self, from: Time) -> Result<(), JsValue> {
        glue::wake(&self.state, over_at(from).0 as f64).await
    }
}

fn error(error: impl Display) -> JsValue {
    js_sys::Error::new(&error.to_string()).into()
}
