//! Whether the database is as new as this version: a Worker can be started or deployed before its migrations.

use std::cell::Cell;

use crate::cx::Cx;
use crate::memo::Remembered;
use crate::store::schema;

/// Whether the database is known to have this version's migrations.
#[derive(Default)]
pub(crate) struct Ready(Cell<bool>);

impl Remembered for Ready {}

/// Whether this version's migrations have run. Nobody takes one back, so an isolate asks until they have.
///
/// A database that does not answer is another matter: what needs it says so, and the Worker itself serves.
pub(crate) async fn is_ready(cx: &Cx) -> bool {
    let known = cx.memory.of::<Ready>();
    if known.0.get() {
        return true;
    }
    let db = cx.db.as_ref();
    let found = match schema::are_recorded(db).await {
        // Migrations that were applied by other means are recorded elsewhere.
        Err(fault) if fault.is_of_the_schema() => schema::has_tables(db).await,
        found => found,
    };
    match found {
        Ok(ready) => {
            known.0.set(ready);
            ready
        }
        Err(fault) => !fault.is_of_the_schema(),
    }
}
