//! The environment's vars, secrets and bindings, made into a [`Cx`].

use std::cell::RefCell;
use std::rc::Rc;

use futures_util::future::LocalBoxFuture;
use worker::{Context, Env, ScheduleContext, console_log, js_sys, web_sys};

use crate::config::{Config, Unconfigured};
use crate::cx::{self, Caller, Cx};
use crate::edge::counters::DurableCounters;
use crate::edge::d1::D1;
use crate::edge::fetch::Fetch;
use crate::edge::mail::Transport;
use crate::edge::metering;
use crate::edge::refreshers::DurableRefreshers;
use crate::edge::web_crypto::WebCrypto;
use crate::http::request::Request;
use crate::memo::Memory;
use crate::model::time::Time;
use crate::ports::metrics::Metrics;
use crate::ports::{Background, Log, Rng};

thread_local! {
    static ISOLATE: RefCell<Option<(Rc<Config>, Rc<Memory>)>> = const { RefCell::new(None) };
}

/// The configuration and memory of this isolate.
fn isolate(env: &Env) -> Result<(Rc<Config>, Rc<Memory>), Unconfigured> {
    ISOLATE.with_borrow_mut(|slot| {
        if let Some(known) = slot {
            return Ok(known.clone());
        }
        let var = |name: &str| env.var(name).ok().map(|text| text.to_string());
        let config = Config::parse(var, |name| is_bound(env, name))?;
        let made = (Rc::new(config), Rc::new(Memory::default()));
        *slot = Some(made.clone());
        Ok(made)
    })
}

/// Whether the environment has a member of that name, of whatever kind.
fn is_bound(env: &Env, name: &str) -> bool {
    js_sys::Reflect::get(env, &name.into()).is_ok_and(|found| !found.is_undefined())
}

/// The context of one request.
pub(crate) fn of_request(
    env: &Env,
    ctx: Context,
    raw: &web_sys::Request,
    request: &Request,
) -> Result<Cx, Unconfigured> {
    let (config, _) = isolate(env)?;
    let clock = Box::new(|| now().0);
    let metrics = cx::metering::begin(&config, &request.headers, &PlatformRng, clock, || metering::colo(raw));
    let wanted = metrics.clone().filter(|metrics| metrics.is_wanted());
    let mut cx = build(env, Rc::new(ctx), Some(Clone::clone(raw)), wanted)?;
    if let Some(metrics) = metrics {
        cx = cx.metered(metrics);
    }
    cx.caller = Rc::new(Caller::of(&cx.config, &request.headers, &request.query));
    Ok(cx)
}

/// Context for cron: no caller, no limits.
pub(crate) fn of_cron(env: &Env, ctx: ScheduleContext) -> Result<Cx, Unconfigured> {
    build(env, Rc::new(ctx), None, None)
}

/// Context for what a Durable Object does: the callers that wait for it are not its own.
pub(crate) fn of_object(env: &Env, background: Rc<dyn Background>) -> Result<Cx, Unconfigured> {
    build(env, background, None, None)
}

fn build(
    env: &Env,
    background: Rc<dyn Background>,
    raw: Option<web_sys::Request>,
    metrics: Option<Rc<Metrics>>,
) -> Result<Cx, Unconfigured> {
    let (config, memory) = isolate(env)?;
    let now = now();
    let db = Rc::new(D1::new(env.clone(), metrics));
    let http = Fetch { config: config.clone() };
    Ok(Cx {
        db: db.clone(),
        counters: Rc::new(DurableCounters::new(env.clone(), raw)),
        refreshers: Rc::new(DurableRefreshers(env.clone())),
        mailer: Rc::new(Transport { env: env.clone(), config: config.clone(), db, http: http.clone(), now }),
        http: Rc::new(http),
        rsa: Rc::new(WebCrypto),
        background,
        rng: Rc::new(PlatformRng),
        log: Rc::new(Console),
        memory,
        config,
        caller: Rc::new(Caller::default()),
        metrics: None,
        now,
    })
}

/// The platform's time.
pub(crate) fn now() -> Time {
    Time(js_sys::Date::now() as i64)
}

/// `crypto.getRandomValues`, by way of getrandom.
struct PlatformRng;

impl Rng for PlatformRng {
    fn fill(&self, bytes: &mut [u8]) {
        if getrandom::fill(bytes).is_err() {
            // Going on without randomness would be worse than ending this request.
            wasm_bindgen::throw_str("the platform's generator is broken");
        }
    }
}

impl Background for Context {
    fn run(&self, work: LocalBoxFuture<'static, ()>) {
        self.wait_until(work);
    }
}

impl Background for ScheduleContext {
    fn run(&self, work: LocalBoxFuture<'static, ()>) {
        self.wait_until(work);
    }
}

/// The platform's log.
struct Console;

impl Log for Console {
    fn line(&self, line: &str) {
        console_log!("{line}");
    }
}
