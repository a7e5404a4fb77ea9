//! What is broken, and whether it passes by itself.

use serde_json::Value;

/// Something of ours or the platform's is broken. Logged with the request's id, never shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault(pub(crate) String, pub(super) Option<Outage>);

/// Storage cannot be asked just now. That passes by itself, and is told so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outage {
    /// It was not reached: nothing was done.
    NotReached,
    /// The connection was lost, or storage began anew: what was asked has been done or not.
    AnswerLost,
    /// It has too much to do, or gave up what took too much: asked again at once, it would have more.
    Overloaded,
}

/// What D1 and Durable Objects say when they cannot be asked, by part of the message, and what that means
/// (<https://developers.cloudflare.com/d1/observability/debug-d1/#error-list>, and Durable Objects' troubleshooting). The
/// first that fits counts.
const SAID: &[(&str, Outage)] = &[
    ("due to transient issue on remote node", Outage::NotReached),
    ("Internal error while starting up", Outage::NotReached),
    ("Network connection lost", Outage::AnswerLost),
    ("reset because its code was updated", Outage::AnswerLost),
    ("storage caused object to be reset", Outage::AnswerLost),
    ("because client disconnected", Outage::AnswerLost),
    ("Replica disconnected from primary", Outage::AnswerLost),
    ("internal error; reference = ", Outage::AnswerLost),
    ("is overloaded", Outage::Overloaded),
    ("exceeded timeout which caused object to be reset", Outage::Overloaded),
    ("exceeded its memory limit and was reset", Outage::Overloaded),
    ("exceeded its CPU time limit and was reset", Outage::Overloaded),
];

impl Fault {
    /// A fault with the place it was met and what was met there.
    pub fn new(place: &str, what: impl std::fmt::Display) -> Fault {
        Fault(format!("{place}: {what}"), None)
    }

    /// A fault that says just that.
    pub(crate) fn saying(what: String) -> Fault {
        Fault(what, None)
    }

    /// What storage said instead of an answer.
    pub fn of_storage(place: &str, said: impl std::fmt::Display) -> Fault {
        let said = said.to_string();
        let outage = SAID.iter().find(|(part, _)| said.contains(part)).map(|(_, outage)| *outage);
        Fault(format!("{place}: {said}"), outage)
    }

    /// The same where there is no answer, whatever is said of it.
    pub fn unanswered(place: &str, said: impl std::fmt::Display) -> Fault {
        let Fault(said, outage) = Fault::of_storage(place, said);
        Fault(said, outage.or(Some(Outage::AnswerLost)))
    }

    /// The same fault, told by another place in its own words.
    pub(super) fn met_at(self, place: &str, what: String) -> Fault {
        Fault(format!("{place}: {what}"), self.1)
    }

    /// Whether, and in which way, storage cannot be asked just now.
    pub fn outage(&self) -> Option<Outage> {
        self.1
    }

    /// The line that the log has of it: JSON with `level`, `fault` and these members.
    pub(crate) fn line<const N: usize>(&self, members: [(&str, Value); N]) -> String {
        let mut line: serde_json::Map<String, Value> =
            members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        line.insert("fault".into(), self.0.as_str().into());
        line.entry("level").or_insert_with(|| "error".into());
        Value::Object(line).to_string()
    }

    /// Whether the database lacks a table or column, in SQLite's words: its migrations have not run yet.
    pub(crate) fn is_of_the_schema(&self) -> bool {
        ["no such table: ", "no such column: ", "has no column named "]
            .iter()
            .any(|said| self.0.contains(said))
    }
}
