//! The counter object: loads its tallies, applies the pure rule, stores them.
//!
//! It is exact because the platform runs one object in one place and one thread, and because nothing is
//! awaited between reading and writing: its SQLite storage is synchronous. The answer leaves only after the
//! write is durable (the platform's output gate).

use std::cell::Cell;
use std::fmt::Display;

use worker::js_sys::Date;
use worker::{
    DurableObject, Env, Request, Response, Result, ScheduledTime, SqlStorageValue, State, durable_object,
};

use crate::domain::counter::{Tallies, apply, over_at};
use crate::edge::context;
use crate::edge::counters::{self, IN_TURN};
use crate::model::json;
use crate::model::time::Time;
use crate::ports::{Count, CounterCall, Verdict};

/// A Durable Object.
#[durable_object(alarm)]
pub struct Counter {
    state: State,
    env: Env,
    /// Whether this instance has seen to the table and the alarm.
    ready: Cell<bool>,
}

impl DurableObject for Counter {
    fn new(state: State, env: Env) -> Counter {
        Counter { state, env, ready: Cell::new(false) }
    }

    /// Applies the steps that are the request's body; the last one's verdict. With others to be done in turn, it asks the
    /// next object once it admitted: the verdicts of all that were asked.
    async fn fetch(&self, mut request: Request) -> Result<Response> {
        let body = request.text().await?;
        let steps: Vec<Count> = json::read_text(&body).map_err(error)?;
        let mut verdict: Option<Verdict> = None;
        let mut tallies = self.load()?;
        for step in &steps {
            verdict = Some(apply(&mut tallies, step, context::now()));
        }
        self.store(&tallies)?;
        if !self.ready.replace(true) {
            self.wake_when_over(context::now()).await?;
        }
        let Some(then) = request.headers().get(IN_TURN)? else { return Response::from_json(&verdict) };
        let mut verdicts: Vec<Verdict> = verdict.into_iter().collect();
        if verdict.is_some_and(|verdict| verdict.admitted) {
            let then: Vec<CounterCall> = json::read_text(&then).map_err(error)?;
            let rest = counters::ask(&self.env.durable_object("COUNTER")?, &then, None).await;
            verdicts.extend(rest.map_err(|fault| worker::Error::from(fault.0))?);
        }
        Response::from_json(&verdicts)
    }

    /// Forgets everything a day after the last use; until then, looks again.
    async fn alarm(&self) -> Result<Response> {
        let tallies = self.load()?;
        match tallies.values().map(|state| state.last()).max() {
            Some(last) if context::now() < over_at(last) => self.wake_when_over(last).await?,
            _ => self.state.storage().delete_all().await?,
        }
        // What is gone must be made again by the next call to this instance.
        self.ready.set(false);
        Response::empty()
    }
}

impl Counter {
    fn load(&self) -> Result<Tallies> {
        let sql = self.state.storage().sql();
        if !self.ready.get() {
            sql.exec(
                "CREATE TABLE IF NOT EXISTS kept (id INTEGER PRIMARY KEY, tallies TEXT NOT NULL)",
                None,
            )?;
        }
        let kept = sql.exec("SELECT tallies FROM kept WHERE id = 1", None)?.raw().next().transpose()?;
        Ok(match kept.as_deref() {
            Some([SqlStorageValue::String(text)]) => json::read_text(text).unwrap_or_default(),
            _ => Tallies::default(),
        })
    }

    fn store(&self, tallies: &Tallies) -> Result<()> {
        let text = serde_json::to_string(tallies)?;
        let sql = "INSERT INTO kept (id, tallies) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET tallies = excluded.tallies";
        self.state.storage().sql().exec(sql, vec![text.into()]).map(drop)
    }

    async fn wake_when_over(&self, from: Time) -> Result<()> {
        let at = Date::new(&(over_at(from).0 as f64).into());
        self.state.storage().set_alarm(ScheduledTime::new(at)).await
    }
}

fn error(error: impl Display) -> worker::Error {
    error.to_string().into()
}
