//! Identities: who a user is at a provider.

use crate::model::time::Time;
use crate::ports::{Arg, Database, Fault, Row, Stmt};
use crate::store::logout_deliveries::owe;
use crate::store::users::{self, User};
use crate::store::{Columns, Listed, Page, one};

/// What a provider calls a person, which is unique in the provider of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IdentityKey {
    /// The tenant that has the provider.
    pub(crate) tenant_id: String,
    pub(crate) provider_id: String,
    pub(crate) issuer: String,
    pub(crate) subject: String,
}

/// Who is known of a person who comes from a provider.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Known {
    /// The identity's row, and whose it is.
    pub(crate) by_identity: Option<(String, User)>,
    /// The user of the directory who has the address.
    pub(crate) by_email: Option<User>,
}

/// Who has an identity, and who has an address of a directory, in one round trip.
pub(crate) async fn find(
    db: &dyn Database,
    key: &IdentityKey,
    directory: &str,
    email_key: Option<&str>,
) -> Result<Known, Fault> {
    let by_identity =
        "SELECT users.*, identities.id AS identity_id FROM identities JOIN users ON users.id = user_id
                       WHERE identities.tenant_id = ?1 AND provider_id = ?2 AND issuer = ?3 AND subject = ?4";
    let args = [&key.tenant_id, &key.provider_id, &key.issuer, &key.subject].map(Into::into).to_vec();
    let by_email = "SELECT * FROM users WHERE directory = ?1 AND email_key = ?2";
    let by_email = Stmt::new(by_email, vec![directory.into(), email_key.into()]);
    let answers = db.run(vec![Stmt::new(by_identity, args), by_email]).await?;
    let [by_identity, by_email] = answers.as_slice() else {
        return Err(Fault::new("store", "a batch of two answered otherwise"));
    };
    let with_id = |row| Ok::<_, Fault>((Columns(row).text("identity_id")?, users::read(row)?));
    Ok(Known {
        by_identity: by_identity.first().map(with_id).transpose()?,
        by_email: by_email.first().map(users::read).transpose()?,
    })
}

/// Finds the row's id of an identity that is linked to a user.
pub(crate) fn linked(key: &IdentityKey, user_id: &str) -> Stmt {
    let sql = "SELECT id FROM identities
               WHERE tenant_id = ?1 AND provider_id = ?2 AND issuer = ?3 AND subject = ?4 AND user_id = ?5";
    let IdentityKey { tenant_id, provider_id, issuer, subject } = key;
    let args = [tenant_id.as_str(), provider_id, issuer, subject, user_id];
    Stmt::new(sql, args.map(Arg::from).into())
}

/// Links an identity to an active user; returns its row's id unless it is another user's.
pub(crate) fn link(id: &str, key: &IdentityKey, user_id: &str, email: Option<&str>, now: Time) -> Stmt {
    let sql =
        "INSERT INTO identities (id, tenant_id, provider_id, issuer, subject, user_id, email, linked_at)
               SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8
               WHERE EXISTS (SELECT 1 FROM users WHERE id = ?6 AND status = 'active')
               AND EXISTS (SELECT 1 FROM identity_providers WHERE tenant_id = ?2 AND id = ?3)
               ON CONFLICT (tenant_id, provider_id, issuer, subject)
               DO UPDATE SET email = excluded.email WHERE user_id = excluded.user_id
               RETURNING id";
    let args = vec![
        id.into(),
        (&key.tenant_id).into(),
        (&key.provider_id).into(),
        (&key.issuer).into(),
        (&key.subject).into(),
        user_id.into(),
        email.into(),
        now.0.into(),
    ];
    Stmt::new(sql, args)
}

/// Notes that an identity was used, if it still is that user's, with the address that the provider names now.
pub(crate) fn note_use(id: &str, user_id: &str, email: Option<&str>, now: Time) -> Stmt {
    let sql =
        "UPDATE identities SET last_used_at = ?3, email = coalesce(?4, email) WHERE id = ?1 AND user_id = ?2";
    Stmt::new(sql, vec![id.into(), user_id.into(), now.0.into(), email.into()])
}

/// The kind of the provider with which a session began.
pub(crate) async fn kind_of_session(db: &dyn Database, session_id: &str) -> Result<Option<String>, Fault> {
    let sql = "SELECT json_extract(spec, '$.kind') AS kind FROM sessions
               JOIN identities ON identities.id = sessions.identity_id
               JOIN identity_providers ON identity_providers.tenant_id = identities.tenant_id
                                       AND identity_providers.id = identities.provider_id
               WHERE sessions.id = ?1";
    let rows = one(db, Stmt::new(sql, vec![session_id.into()])).await?;
    Ok(rows.first().map(|row| Columns(row).maybe_text("kind")).transpose()?.flatten())
}

/// An identity, as its owner and administrators see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LinkedIdentity {
    pub(crate) id: String,
    pub(crate) provider_id: String,
    /// What people are shown of the provider.
    pub(crate) provider_name: String,
    pub(crate) issuer: String,
    pub(crate) subject: String,
    /// The address that the provider named last.
    pub(crate) email: Option<String>,
    pub(crate) linked_at: Time,
    pub(crate) last_used_at: Option<Time>,
}

fn read_linked(row: &Row) -> Result<LinkedIdentity, Fault> {
    let row = Columns(row);
    Ok(LinkedIdentity {
        id: row.text("id")?,
        provider_id: row.text("provider_id")?,
        provider_name: row.text("provider_name")?,
        issuer: row.text("issuer")?,
        subject: row.text("subject")?,
        email: row.maybe_text("email")?,
        linked_at: row.time("linked_at")?,
        last_used_at: row.maybe_time("last_used_at")?,
    })
}

/// A page of a user's identities, by id.
pub(crate) async fn list(
    db: &dyn Database,
    tenant_id: &str,
    user_id: &str,
    page: &Page,
) -> Result<Listed<LinkedIdentity>, Fault> {
    let sql = "SELECT identities.*, json_extract(provider.spec, '$.name') AS provider_name FROM identities
               JOIN identity_providers AS provider
               ON provider.tenant_id = identities.tenant_id AND provider.id = identities.provider_id
               WHERE identities.user_id = ?2 AND identities.tenant_id = ?1 AND identities.id > ?3
               ORDER BY identities.id LIMIT ?4";
    let after = page.after.clone().unwrap_or_default();
    let args = vec![tenant_id.into(), user_id.into(), after.into(), (page.limit + 1).into()];
    let items = one(db, Stmt::new(sql, args)).await?.iter().map(read_linked).collect::<Result<_, _>>()?;
    Ok(page.cut(items, |identity: &LinkedIdentity| identity.id.clone()))
}

/// By what a user may sign in besides an identity, if they have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ways<'a> {
    pub(crate) password: bool,
    pub(crate) passkeys: bool,
    /// A link to the mailbox.
    pub(crate) mail: bool,
    /// The provider that is left alone, if one is enforced.
    pub(crate) only_provider: Option<&'a str>,
    /// Whether an organisation's own provider can be used.
    pub(crate) enterprise: bool,
}

/// Changes nothing of a user's identity, and so says whether it is there to be unlinked: with `ways`, if another way to sign
/// in is left. Returns its id if so.
pub(crate) fn release(user_id: &str, id: &str, ways: Option<&Ways<'_>>) -> Stmt {
    let sql = "UPDATE identities SET email = email WHERE user_id = ?1 AND id = ?2";
    let Some(ways) = ways else {
        return Stmt::new(format!("{sql} RETURNING id"), vec![user_id.into(), id.into()]);
    };
    let sql = format!(
        "{sql} AND (?3 OR (?4 AND EXISTS (SELECT 1 FROM users WHERE users.id = ?1 AND password_hash IS NOT NULL))
          OR (?5 AND EXISTS (SELECT 1 FROM passkeys WHERE passkeys.user_id = ?1))
          OR EXISTS (SELECT 1 FROM identities AS other JOIN identity_providers AS provider
                     ON provider.tenant_id = other.tenant_id AND provider.id = other.provider_id
                     WHERE other.user_id = ?1 AND other.id <> ?2 AND coalesce(json_extract(provider.spec, '$.enabled'), 1)
                     AND (?6 IS NULL OR provider.id = ?6)
                     AND (?7 OR json_extract(provider.spec, '$.kind') NOT IN ('oidc', 'saml')))) RETURNING id"
    );
    let args = vec![
        user_id.into(),
        id.into(),
        ways.mail.into(),
        ways.password.into(),
        ways.passkeys.into(),
        ways.only_provider.into(),
        ways.enterprise.into(),
    ];
    Stmt::new(sql, args)
}

/// Ends the sessions of a user that began with an identity but for one, and what was granted in them: first what their
/// clients are owed, then the end.
pub(crate) fn end_sessions(user_id: &str, id: &str, keep: Option<&str>, now: Time) -> [Stmt; 2] {
    let which = "sessions.user_id = ?2 AND sessions.id <> coalesce(?4, '')
                 AND coalesce(sessions.parent_id, '-') <> coalesce(?4, '')
                 AND (sessions.identity_id = ?3 OR sessions.parent_id IN (
                   SELECT began.id FROM sessions AS began WHERE began.identity_id = ?3))";
    let end = format!("UPDATE sessions SET ended_at = ?1 WHERE sessions.ended_at IS NULL AND {which}");
    let args = || -> Vec<Arg> { vec![user_id.into(), id.into(), keep.into()] };
    let mut all: Vec<Arg> = vec![now.0.into()];
    all.extend(args());
    [owe(which, now, args()), Stmt::new(end, all)]
}

/// Unlinks an identity of a user.
pub(crate) fn delete(user_id: &str, id: &str) -> Stmt {
    let sql = "DELETE FROM identities WHERE user_id = ?1 AND id = ?2";
    Stmt::new(sql, vec![user_id.into(), id.into()])
}
