//! A deployment's vars, and its restart with others.

use std::collections::HashMap;
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portcullis::config::Config;
use portcullis::domain::sweep;

use crate::harness::{ORIGIN, World};

impl World {
    /// The configuration of a local deployment with other vars.
    pub(super) fn config(vars: &[(&str, &str)]) -> Rc<Config> {
        let seal_key = URL_SAFE_NO_PAD.encode([42; 32]);
        let mut all = HashMap::from([
            ("ORIGIN", ORIGIN),
            ("MODE", "local"),
            ("MAIL_FROM", "Portcullis <no-reply@localhost>"),
            ("SEAL_KEY", seal_key.as_str()),
            ("SETUP_TOKEN", "set-me-up"),
            ("SYSTEM_SECRET", "let-me-pass"),
        ]);
        all.extend(vars.iter().copied());
        let config = Config::parse(|name| all.get(name).map(|value| (*value).to_owned()), |_| true);
        Rc::new(config.unwrap())
    }

    /// The same deployment, its data kept, started again with other vars.
    pub fn restart(&self, vars: &[(&str, &str)]) {
        self.config.replace(World::config(vars));
        // Isolates begin anew.
        self.cache.forget_all();
        self.other.forget_all();
        self.advance(6);
    }

    /// Runs what cron does.
    pub fn cron(&self) {
        pollster::block_on(sweep::run(&self.cx())).unwrap();
    }

    /// Runs what cron does; what it says of the parts that failed.
    pub fn cron_fault(&self) -> Option<String> {
        pollster::block_on(sweep::run(&self.cx())).err().map(|fault| format!("{fault:?}"))
    }
}
