//! The environment: vars, secrets and bindings, made into a [`Cx`].

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::JsValue;
use wasm_bindgen_futures::future_to_promise;

use crate::config::{Config, Unconfigured};
use crate::cx::{Caller, Cx};
use crate::edge::binding::binding;
use crate::edge::counters::DurableCounters;
use crate::edge::d1::D1;
use crate::edge::fetch::Fetch;
use crate::edge::glue;
use crate::edge::mail::Transport;
use crate::http::request::Request;
use crate::memo::Memory;
use crate::model::time::Time;
use crate::ports::{Background, Fault, Later, Log, Rng};

thread_local! {
    static ISOLATE: RefCell<Option<(Rc<Config>, Rc<Memory>)>> = const { RefCell::new(None) };
}

/// The configuration and memory of this isolate.
fn isolate(env: &JsValue) -> Result<(Rc<Config>, Rc<Memory>), Unconfigured> {
    ISOLATE.with_borrow_mut(|slot| {
        if let Some(known) = slot {
            return Ok(known.clone());
        }
        let var = |name: &str| binding(env, name).ok().and_then(|value| value.as_string());
        let config = Config::parse(var, |name| binding(env, name).is_ok())?;
        let made = (Rc::new(config), Rc::new(Memory::default()));
        *slot = Some(made.clone());
        Ok(made)
    })
}

/// The context of one request.
pub fn cx(env: &JsValue, ctx: &JsValue, request: &Request) -> Result<Cx, Unconfigured> {
    let mut cx = system(env, ctx)?;
    cx.caller = Rc::new(Caller::of(&cx.config, &request.headers, &request.query));
    Ok(cx)
}

/// The platform's time.
pub fn now() -> Time {
    Time(js_sys::Date::now() as i64)
}

/// The context of work that nobody asked for.
pub fn system(env: &JsValue, ctx: &JsValue) -> Result<Cx, Unconfigured> {
    let (config, cache) = isolate(env)?;
    let now = now();
    let db = Rc::new(D1::new(env.clone()));
    Ok(Cx {
        db: db.clone(),
        counters: Rc::new(DurableCounters::new(env.clone())),
        mailer: Rc::new(Transport::new(env.clone(), config.clone(), db, now)),
        http: Rc::new(Fetch),
        background: Rc::new(WaitUntil(ctx.clone())),
        rng: Rc::new(PlatformRng),
        log: Rc::new(Console),
        memory: cache,
        config,
        caller: Rc::new(Caller::default()),
        now,
    })
}

/// `crypto.getRandomValues`, by way of getrandom.
pub struct PlatformRng;

impl Rng for PlatformRng {
    fn fill(&self, bytes: &mut [u8]) {
        if getrandom::fill(bytes).is_err() {
            // Going on without randomness would be worse than ending this request.
            wasm_bindgen::throw_str("the platform's generator is broken");
        }
    }
}

/// `ctx.waitUntil`.
struct WaitUntil(JsValue);

impl Background for WaitUntil {
    fn run(&self, work: Later<'static, ()>) {
        let promise = future_to_promise(async move {
            work.await;
            Ok(JsValue::UNDEFINED)
        });
        glue::wait_until(&self.0, &promise);
    }
}

/// The platform's log.
struct Console;

impl Log for Console {
    fn line(&self, line: &str) {
        log(line);
    }
}

/// Writes a fault to the platform's log that no surface has logged.
pub fn log_fault(fault: &Fault) {
    log(&serde_json::json!({ "level": "error", "fault": fault.0 }).to_string());
}

/// Writes one line to the platform's log.
pub fn log(line: &str) {
    web_sys::console::log_1(&JsValue::from_str(line));
}
