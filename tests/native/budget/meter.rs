//! How often one request waits for storage.

use std::cell::RefCell;

use crate::harness::Ask;

/// An endpoint, and how it is asked.
pub struct Row {
    /// Method and path as in the route table.
    pub request: &'static str,
    /// What else there is to say of this request.
    pub what: &'static str,
    /// What stands before the path of an endpoint that is there for a tenant's path and for the root.
    pub base: &'static str,
    pub run: fn(&Meter),
}

/// A row of an endpoint that is asked in one way.
pub const fn row(request: &'static str, run: fn(&Meter)) -> Row {
    Row { request, what: "", base: "", run }
}

/// A row of one of several ways.
pub const fn way(request: &'static str, what: &'static str, run: fn(&Meter)) -> Row {
    Row { request, what, base: "", run }
}

/// Counts the waits of one request.
pub struct Meter {
    cold: bool,
    pub base: &'static str,
    /// What is done with the request instead of counting.
    probe: Option<Probe>,
    /// The status and the waits of what was asked.
    seen: RefCell<Option<(u16, usize, bool)>>,
}

/// Gets the request, and what says whether a status is the one that it should be answered with.
pub type Probe = Box<dyn Fn(Ask<'_>, &dyn Fn(u16) -> bool)>;

impl Meter {
    pub fn new(cold: bool, base: &'static str) -> Meter {
        Meter { cold, base, probe: None, seen: RefCell::default() }
    }

    /// One that has each request of a cold isolate looked at otherwise.
    pub fn probing(base: &'static str, probe: Probe) -> Meter {
        Meter { probe: Some(probe), ..Meter::new(true, base) }
    }

    /// Asks what can be asked again: warm is the second time.
    pub fn again(&self, ask: Ask<'_>) {
        if !self.cold {
            ask.clone().status();
        }
        self.measure(ask, |status| status < 400);
    }

    /// Asks what can be asked once: warm is an isolate that has answered something else to the caller.
    pub fn once(&self, ask: Ask<'_>) {
        self.warm_up(&ask);
        self.measure(ask, |status| status < 400);
    }

    /// The same of what is refused.
    pub fn refused(&self, ask: Ask<'_>, wanted: u16) {
        self.warm_up(&ask);
        self.measure(ask, |status| status == wanted);
    }

    fn warm_up(&self, ask: &Ask<'_>) {
        if !self.cold {
            for path in ["/.well-known/jwks.json", "/api/auth/me", "/tenant/home/login"] {
                ask.beside(path).status();
            }
        }
    }

    fn measure(&self, ask: Ask<'_>, is_wanted: impl Fn(u16) -> bool) {
        let ask = if self.cold {
            // The tenant's keys are made once.
            ask.beside("/.well-known/jwks.json").status();
            ask.fresh()
        } else {
            ask
        };
        if let Some(probe) = &self.probe {
            return probe(ask, &is_wanted);
        }
        let (status, waits) = ask.waited();
        self.seen.replace(Some((status, waits, is_wanted(status))));
    }

    pub fn waits(&self) -> usize {
        self.seen.borrow().map_or(0, |(_, waits, _)| waits)
    }

    /// What is wrong with the request, if it was not answered as it should be.
    pub fn problem(&self) -> Option<String> {
        match *self.seen.borrow() {
            Some((_, _, true)) => None,
            Some((status, _, false)) => Some(format!("was answered {status}")),
            None => Some("was not asked".into()),
        }
    }
}
