//! Whether a request is metered, and the context in which it is.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;

use crate::config::Config;
use crate::crypto::work;
use crate::cx::Cx;
use crate::model::headers::Headers;
use crate::ports::Rng;
use crate::ports::metrics::{Clock, Metered, Metrics, Place, Reason};

/// Meters a request whose caller asks for `Server-Timing`, with `X-Server-Timing: 1`, and all while the log has lines of
/// some of them; whether of this one is decided here.
pub fn begin(
    config: &Config,
    headers: &Headers,
    rng: &dyn Rng,
    clock: Clock,
    colo: impl FnOnce() -> Option<String>,
) -> Option<Rc<Metrics>> {
    let asked = headers.get("x-server-timing") == Some("1");
    let reason = Reason { asked, sampled: is_sampled(config.log_sample, rng) };
    let is_metered = asked || config.log_sample > 0.0;
    is_metered.then(|| Rc::new(Metrics::begin(reason, clock, colo().as_deref())))
}

/// Whether this is one of the share, which is from 0 to 1.
fn is_sampled(share: f64, rng: &dyn Rng) -> bool {
    if share <= 0.0 || share >= 1.0 {
        return share >= 1.0;
    }
    let mut drawn = [0; 4];
    rng.fill(&mut drawn);
    f64::from(u32::from_le_bytes(drawn)) < share * f64::from(u32::MAX)
}

impl Cx {
    /// The same context, whose calls these count.
    pub fn metered(self, metrics: Rc<Metrics>) -> Cx {
        if !metrics.is_wanted() {
            return Cx { metrics: Some(metrics), ..self };
        }
        Cx {
            db: Metered::new(&self.db, &metrics),
            counters: Metered::new(&self.counters, &metrics),
            refreshers: Metered::new(&self.refreshers, &metrics),
            http: Metered::new(&self.http, &metrics),
            background: Metered::new(&self.background, &metrics),
            metrics: Some(metrics),
            ..self
        }
    }

    /// Runs a request's work and counts what it computes. An isolate computes one thing at a time, between two waits.
    pub(crate) async fn counting<T>(&self, work: impl Future<Output = T>) -> T {
        let Some(metrics) = self.metrics.as_ref().filter(|metrics| metrics.is_wanted()) else {
            return work.await;
        };
        let mut work = pin!(work);
        poll_fn(|context| {
            let before = work::done();
            let polled = work.as_mut().poll(context);
            let after = work::done();
            metrics.note_work(
                after.hashes.wrapping_sub(before.hashes),
                after.signatures.wrapping_sub(before.signatures),
            );
            polled
        })
        .await
    }

    /// Notes what the request is, where it is metered.
    pub(crate) fn note_place(&self, note: impl FnOnce(&mut Place)) {
        if let Some(metrics) = &self.metrics {
            metrics.note_place(note);
        }
    }
}
