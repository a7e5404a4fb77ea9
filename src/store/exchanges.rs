//! Rows that are exchanged for a grant, a code's or a device's, and when the database may do that without being asked about
//! them first.

use crate::model::time::Time;
use crate::ports::{Arg, Stmt};
use crate::store::refresh_tokens::is_sufficient;
use crate::store::roles::GRANTED;
use crate::store::sessions::STANDS;
use crate::store::{UNDONE, json_text, undo_unless};

/// A table of such rows, and where what is lent stands in them, as SQL.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source {
    pub(super) table: &'static str,
    /// The scopes, a JSON list.
    pub(super) scopes: &'static str,
    /// What else the tokens are for, a JSON list.
    pub(super) resources: &'static str,
    /// Names of claims that were asked for singly of UserInfo, as the keys of `json_each`.
    pub(super) claims: &'static str,
}

pub(crate) const CODES: Source = Source {
    table: "authorization_codes",
    scopes: "json_extract(authorization_codes.terms, '$.scopes')",
    resources: "json_extract(authorization_codes.terms, '$.resources')",
    claims: "json_each(authorization_codes.terms, '$.claims.userinfo')",
};

pub(crate) const DEVICES: Source = Source {
    table: "device_codes",
    scopes: "('[\"' || replace(device_codes.scope, ' ', '\",\"') || '\"]')",
    resources: "coalesce(device_codes.resources, '[]')",
    claims: "json_each('{}')",
};

/// What lets a row be exchanged at once. Each holds only where the domain would say so, too; where one does not, the domain
/// decides.
pub(crate) struct Conditions {
    /// Whether every user needs a second factor.
    pub(crate) needs_two: bool,
    /// What in a session's `amr` makes it enough of itself.
    pub(crate) enough: &'static [&'static str],
    /// The scopes and resources that the client may have, as they are stored.
    pub(crate) scopes: Vec<String>,
    pub(crate) resources: Vec<String>,
    /// The scopes that everybody may lend.
    pub(crate) lendable: Vec<String>,
    /// The resources that the first token is to be for, as they are stored; none for all.
    pub(crate) asked_resources: Vec<String>,
}

/// The statement that takes a row, for when all of these hold as well: the session that it was given in and its user stand
/// and are sufficient, the client may have all of it, and the user may lend all of it.
pub(super) fn take_if(mut take: Stmt, source: &Source, conditions: &Conditions, now: Time) -> Stmt {
    let mut place = |arg: Arg| {
        take.args.push(arg);
        format!("?{}", take.args.len())
    };
    let now = place(now.0.into());
    let sufficient =
        is_sufficient(&place(conditions.needs_two.into()), &place(json_text(&conditions.enough).into()));
    let [registered, resources, lendable, asked] =
        [&conditions.scopes, &conditions.resources, &conditions.lendable, &conditions.asked_resources]
            .map(|all| place(json_text(all).into()));
    let Source { table, scopes, resources: lent, .. } = source;
    let stands = STANDS.replace("?2", &now);
    take.and_also(&format!(
        "EXISTS (
           SELECT 1 FROM sessions JOIN users ON users.id = sessions.user_id
           WHERE sessions.id = {table}.session_id AND {stands} AND {sufficient}
           AND NOT EXISTS (
             SELECT 1 FROM json_each({scopes}) WHERE value NOT IN (SELECT value FROM json_each({lendable}))
             AND value NOT IN (SELECT value FROM json_each({GRANTED}))))
         AND EXISTS (SELECT 1 FROM json_each({scopes}))
         AND NOT EXISTS (
           SELECT 1 FROM json_each({scopes}) WHERE value NOT IN (SELECT value FROM json_each({registered})))
         AND NOT EXISTS (SELECT 1 FROM json_each({lent}) WHERE value NOT IN (SELECT value FROM json_each({resources})))
         AND NOT EXISTS (SELECT 1 FROM json_each({asked}) WHERE value NOT IN (SELECT value FROM json_each({lent})))"
    ))
}

/// What undoes the whole batch if the row was taken and what follows was not. `taken` finds the row if it was, and changes
/// nothing; a batch that took nothing is left to answer what it read.
pub(super) fn undo_if_halfway(taken: &Stmt) -> Stmt {
    undo_unless(&format!("changes() > 0 OR NOT EXISTS ({})", taken.sql), UNDONE, taken.args.clone())
}
