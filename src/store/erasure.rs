//! What names a deleted user beyond the rows that go by foreign key.

use crate::ports::Stmt;
use crate::store::users::User;

/// Removes the mail to a user, and requests that wait and speak of them.
pub(crate) fn forget(user: &User) -> [Stmt; 2] {
    [
        Stmt::new(
            "DELETE FROM outbox WHERE (recipient = lower(?1) OR id IN (SELECT id FROM mails WHERE user_id = ?2))",
            vec![(&user.email).into(), (&user.id).into()],
        ),
        Stmt::new(
            "DELETE FROM authorization_requests WHERE tenant_id IN (?1, ?2)
             AND (instr(lower(parameters), ?3) > 0 OR instr(parameters, ?4) > 0)",
            vec![
                (&user.tenant_id).into(),
                (&user.directory).into(),
                (&user.email_key).into(),
                (&user.id).into(),
            ],
        ),
    ]
}

/// Puts a pseudonym in the place of a user's id and address throughout the log, and takes away where they
/// came from.
///
/// The directory is looked through as well: what an unknown caller did is in its tenant's log.
pub(crate) fn pseudonymise(user: &User, pseudonym: &str) -> Stmt {
    Stmt::new(
        "UPDATE audit SET address = CASE WHEN actor = ?3 THEN NULL ELSE address END,
                actor = CASE WHEN actor IN (?3, ?4, ?5) THEN ?6 ELSE actor END,
                subject = CASE WHEN subject IN (?3, ?4, ?5) THEN ?6 ELSE subject END,
                detail = replace(replace(replace(detail, ?3, ?6), ?4, ?6), ?5, ?6)
         WHERE tenant_id IN (?1, ?2)
         AND (actor IN (?3, ?4, ?5) OR subject IN (?3, ?4, ?5)
              OR instr(detail, ?3) > 0 OR instr(detail, ?4) > 0 OR instr(detail, ?5) > 0)",
        vec![
            (&user.tenant_id).into(),
            (&user.directory).into(),
            (&user.id).into(),
            (&user.email).into(),
            (&user.email_key).into(),
            pseudonym.into(),
        ],
    )
}
