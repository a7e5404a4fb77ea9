//! What cron does when there is much of it.

mod due;
mod removal;

use crate::harness::World;

/// Runs cron once; how many round trips to the database it took, and how many requests to others.
fn run(world: &World) -> (usize, usize) {
    let (trips, sent) = (world.db.trips.get(), world.post.mails.borrow().len());
    let asked = world.web.forms.borrow().len() + world.web.asked.borrow().len();
    world.cron();
    let others = world.web.forms.borrow().len() + world.web.asked.borrow().len() - asked;
    (world.db.trips.get() - trips, others + world.post.mails.borrow().len() - sent)
}

/// SQL for the numbers from 1.
fn numbers(most: usize) -> String {
    format!("WITH RECURSIVE seq (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM seq WHERE n < {most})")
}
