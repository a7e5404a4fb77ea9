//! The platform's errors as faults.

use worker::js_sys;

use crate::ports::Fault;

/// An error of the platform as a fault.
pub(crate) fn fault(place: &str, error: worker::Error) -> Fault {
    match error {
        // Displayed by `worker`, it would be the error's debugging output.
        worker::Error::D1(error) => {
            let error: &js_sys::Error = error.as_ref();
            Fault::new(place, String::from(error.message()))
        }
        error => Fault::new(place, error),
    }
}
