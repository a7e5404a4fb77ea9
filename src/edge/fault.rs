//! The platform's errors as faults.

use worker::js_sys;

use crate::ports::Fault;

/// An error of the platform as a fault.
pub(crate) fn fault(place: &str, error: worker::Error) -> Fault {
    Fault::of_storage(place, message(error))
}

/// The same where it stands for an answer of a Durable Object that did not come.
pub(crate) fn unanswered(place: &str, error: worker::Error) -> Fault {
    Fault::unanswered(place, message(error))
}

fn message(error: worker::Error) -> String {
    match error {
        // Displayed by `worker`, it would be the error's debugging output.
        worker::Error::D1(error) => {
            let error: &js_sys::Error = error.as_ref();
            String::from(error.message())
        }
        error => error.to_string(),
    }
}
