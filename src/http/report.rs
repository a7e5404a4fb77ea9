//! What a request waited for, told to those who run the deployment: a line of the log, sampled by `LOG_SAMPLE`, and
//! `Server-Timing` (W3C Server Timing) to an administrator who asks for it.
//!
//! Both are made of counts, names of ours and the tenant's id alone: nothing in them is what a caller sent.

use serde::Serialize;

use crate::cx::Cx;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::ports::metrics::{Counts, Metrics, Place};

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Ending {
    /// With what was wanted.
    Answered,
    /// Refused: the caller's fault.
    Refused,
    /// Something of ours is broken.
    Failed,
    /// With the answer of an origin.
    Forwarded,
    /// The origin could not be reached, or took too long.
    OriginFailed,
    /// With a static file.
    File,
    /// With what the isolate had answered a moment before.
    Remembered,
}

/// The line of the log.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    level: &'static str,
    event: &'static str,
    method: &'static str,
    surface: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    route: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<&'a str>,
    status: u16,
    outcome: Ending,
    waits: u32,
    storage_ms: i64,
    database_calls: u32,
    counter_calls: u32,
    refresher_calls: u32,
    outbound_calls: u32,
    outbound_ms: i64,
    rows_read: u32,
    rows_written: u32,
    hashes: u32,
    signatures: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin_ms: Option<i64>,
    total_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    colo: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<&'a str>,
}

const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

fn line(metrics: &Metrics, counts: Counts, total_ms: i64, request: &Request, ended: (u16, Ending)) -> String {
    let Place { surface, route, tenant_id } = metrics.place();
    let region = metrics.region();
    let line = Line {
        level: "info",
        event: "request",
        method: METHODS.into_iter().find(|method| *method == request.method).unwrap_or("other"),
        surface,
        route: route.as_deref(),
        tenant: tenant_id.as_deref(),
        status: ended.0,
        outcome: ended.1,
        waits: counts.waits,
        storage_ms: counts.storage_ms,
        database_calls: counts.database_calls,
        counter_calls: counts.counter_calls,
        refresher_calls: counts.refresher_calls,
        outbound_calls: counts.outbound_calls,
        outbound_ms: counts.outbound_ms,
        rows_read: counts.rows_read,
        rows_written: counts.rows_written,
        hashes: counts.hashes,
        signatures: counts.signatures,
        origin_ms: metrics.origin_ms(),
        total_ms,
        colo: metrics.colo(),
        region: region.as_deref(),
    };
    // Numbers and texts alone: they always are JSON.
    serde_json::to_string(&line).unwrap_or_default()
}

/// The value of `Server-Timing`.
fn server_timing(metrics: &Metrics) -> String {
    let counts = metrics.counts();
    let several = |count: u32, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let waits = several(counts.waits, "wait");
    let mut value = format!("storage;dur={};desc=\"{waits}\"", counts.storage_ms);
    if counts.outbound_calls > 0 {
        let calls = several(counts.outbound_calls, "call");
        value.push_str(&format!(", outbound;dur={};desc=\"{calls}\"", counts.outbound_ms));
    }
    if let Some(took) = metrics.origin_ms() {
        value.push_str(&format!(", origin;dur={took}"));
    }
    value.push_str(&format!(", total;dur={}", metrics.total_ms()));
    if let Some(colo) = metrics.colo() {
        value.push_str(&format!(", colo;desc=\"{colo}\""));
    }
    if let Some(region) = metrics.region() {
        value.push_str(&format!(", d1;desc=\"{region}\""));
    }
    value
}

/// Tells of a request that is answered now: writes the line, if the log has one of it, and answers `Server-Timing` for a
/// caller who may have it.
///
/// How long something took tells what an isolate remembers, and so who was here before: only an administrator of the tenant
/// may know that, who was authenticated by this request anyway, and whoever has the system secret of a testing deployment.
pub fn report(cx: &Cx, request: &Request, status: u16, ending: Ending) -> Option<String> {
    let metrics = cx.metrics.as_ref()?;
    if metrics.reason.sampled {
        cx.log.line(&line(metrics, metrics.counts(), metrics.total_ms(), request, (status, ending)));
    }
    let may = metrics.is_administrators() || cx.caller.unlimited;
    (metrics.reason.asked && may).then(|| server_timing(metrics))
}

/// The same of an answer of ours, which gets the field. No cache keeps it then.
pub fn answered(cx: &Cx, request: &Request, response: Response, ending: Ending) -> Response {
    match report(cx, request, response.status, ending) {
        Some(timing) => response.kept_by_nobody().with("server-timing", timing),
        None => response,
    }
}

/// The line of an answer that the isolate gives again by itself, and the share of such answers that the log has one of.
pub fn repeated(cx: &Cx, request: &Request, response: &Response) -> Option<(String, f64)> {
    let metrics = cx.metrics.as_ref().filter(|_| cx.config.log_sample > 0.0)?;
    let ended = (response.status, Ending::Remembered);
    let text = line(metrics, Counts::default(), 0, request, ended);
    response.is_public().then_some((text, cx.config.log_sample))
}
