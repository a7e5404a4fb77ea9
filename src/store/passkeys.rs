//! Passkeys, and who they stand for.

use crate::model::time::Time;
use crate::ports::{Arg, Database, Fault, Row, Stmt};
use crate::store::users::{self, User};
use crate::store::{Columns, Listed, Page, json_text, one};

/// A passkey's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Passkey {
    pub(crate) id: String,
    /// The user's tenant.
    pub(crate) tenant_id: String,
    pub(crate) user_id: String,
    /// The credential id, base64url.
    pub(crate) credential_id: String,
    /// The domain that it is scoped to.
    pub(crate) rp_id: String,
    /// A COSE_Key, base64url.
    pub(crate) public_key: String,
    /// The signature counter, 0 if its authenticator has none.
    pub(crate) sign_count: u32,
    /// Whether it may be synced between devices.
    pub(crate) backup_eligible: bool,
    /// Whether it is.
    pub(crate) backed_up: bool,
    /// How browsers reach it.
    pub(crate) transports: Vec<String>,
    /// What its owner calls it.
    pub(crate) name: String,
    /// When it was made.
    pub(crate) created_at: Time,
    /// When it was last used.
    pub(crate) last_used_at: Option<Time>,
}

fn read(row: &Row) -> Result<Passkey, Fault> {
    let row = Columns(row);
    Ok(Passkey {
        id: row.text("id")?,
        tenant_id: row.text("tenant_id")?,
        user_id: row.text("user_id")?,
        credential_id: row.text("credential_id")?,
        rp_id: row.text("rp_id")?,
        public_key: row.text("public_key")?,
        sign_count: u32::try_from(row.int("sign_count")?).unwrap_or(u32::MAX),
        backup_eligible: row.flag("backup_eligible")?,
        backed_up: row.flag("backed_up")?,
        transports: row.json("transports")?,
        name: row.text("name")?,
        created_at: row.time("created_at")?,
        last_used_at: row.maybe_time("last_used_at")?,
    })
}

/// A page of a user's passkeys, by id.
pub(crate) async fn list(db: &dyn Database, user_id: &str, page: &Page) -> Result<Listed<Passkey>, Fault> {
    let sql = "SELECT * FROM passkeys WHERE user_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3";
    let after = page.after.clone().unwrap_or_default();
    let rows = one(db, Stmt::new(sql, vec![user_id.into(), after.into(), (page.limit + 1).into()])).await?;
    let items = rows.iter().map(read).collect::<Result<_, _>>()?;
    Ok(page.cut(items, |passkey: &Passkey| passkey.id.clone()))
}

/// Makes a passkey.
pub(crate) fn insert(passkey: &Passkey) -> Stmt {
    let args: Vec<Arg> = vec![
        (&passkey.id).into(),
        (&passkey.tenant_id).into(),
        (&passkey.user_id).into(),
        (&passkey.credential_id).into(),
        (&passkey.rp_id).into(),
        (&passkey.public_key).into(),
        i64::from(passkey.sign_count).into(),
        passkey.backup_eligible.into(),
        passkey.backed_up.into(),
        json_text(&passkey.transports).into(),
        (&passkey.name).into(),
        passkey.created_at.0.into(),
    ];
    let sql = "INSERT INTO passkeys (id, tenant_id, user_id, credential_id, rp_id, public_key, sign_count,
                                     backup_eligible, backed_up, transports, name, created_at)
               SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12 WHERE TRUE";
    Stmt::new(sql, args)
}

/// Gives one of a user's passkeys another name; returns its id if they have it.
pub(crate) fn rename(user_id: &str, id: &str, name: &str) -> Stmt {
    let sql = "UPDATE passkeys SET name = ?3 WHERE user_id = ?1 AND id = ?2 RETURNING id";
    Stmt::new(sql, vec![user_id.into(), id.into(), name.into()])
}

/// One of a user's passkeys.
pub(crate) async fn by_id(db: &dyn Database, user_id: &str, id: &str) -> Result<Option<Passkey>, Fault> {
    let sql = "SELECT * FROM passkeys WHERE user_id = ?1 AND id = ?2";
    one(db, Stmt::new(sql, vec![user_id.into(), id.into()])).await?.first().map(read).transpose()
}

/// Removes one of a user's passkeys; returns its id if they have it.
pub(crate) fn delete(user_id: &str, id: &str) -> Stmt {
    let sql = "DELETE FROM passkeys WHERE user_id = ?1 AND id = ?2 RETURNING id";
    Stmt::new(sql, vec![user_id.into(), id.into()])
}

/// Removes all passkeys of a user.
pub(crate) fn delete_all(user_id: &str) -> Stmt {
    Stmt::new("DELETE FROM passkeys WHERE user_id = ?1", vec![user_id.into()])
}

/// What a ceremony is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A new passkey.
    Register,
    /// A sign-in with nothing else.
    SignIn,
    SecondFactor,
}

impl Purpose {
    /// As the database names it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Purpose::Register => "register",
            Purpose::SignIn => "sign-in",
            Purpose::SecondFactor => "second-factor",
        }
    }
}

/// A ceremony that is under way, or could be.
#[derive(Debug, Clone)]
pub(crate) struct Ceremony {
    /// The hash of its challenge.
    pub(crate) hash: String,
    /// The tenant that it takes place at.
    pub(crate) tenant_id: String,
    /// Whose passkey it is about, where that is known.
    pub(crate) user_id: Option<String>,
    /// What it is for.
    pub(crate) purpose: Purpose,
    /// What it belongs to: a session, a browser or a waiting sign-in.
    pub(crate) bound_to: Option<String>,
    /// When it expires.
    pub(crate) expires_at: Time,
}

/// Writes the row of a ceremony that is answered, unless it is there.
pub(crate) fn begin(ceremony: &Ceremony, now: Time) -> Stmt {
    Stmt::new(
        "INSERT INTO passkey_challenges (hash, tenant_id, user_id, purpose, bound_to, created_at, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (hash) DO NOTHING",
        vec![
            (&ceremony.hash).into(),
            (&ceremony.tenant_id).into(),
            ceremony.user_id.clone().into(),
            ceremony.purpose.name().into(),
            ceremony.bound_to.clone().into(),
            now.0.into(),
            ceremony.expires_at.0.into(),
        ],
    )
}

/// A ceremony of `?1`, `?2` and `?3` that is not over at `?4`.
const UNDER_WAY: &str =
    "hash = ?1 AND purpose = ?2 AND bound_to IS ?3 AND used_at IS NULL AND expires_at > ?4";

fn under_way(ceremony: &Ceremony, now: Time) -> Vec<Arg> {
    vec![
        (&ceremony.hash).into(),
        ceremony.purpose.name().into(),
        ceremony.bound_to.clone().into(),
        now.0.into(),
    ]
}

/// What an assertion is judged by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PasskeyOfUser {
    /// Whether its ceremony is under way.
    pub(crate) under_way: bool,
    /// The passkey that it names and its user, if they are active.
    pub(crate) passkey: Option<(Passkey, User)>,
}

/// What an assertion is judged by, in one round trip, which begins its ceremony as well.
pub(crate) async fn find(
    db: &dyn Database,
    ceremony: &Ceremony,
    credential_id: &str,
    now: Time,
) -> Result<PasskeyOfUser, Fault> {
    let of_user = "SELECT users.* FROM users JOIN passkeys ON passkeys.user_id = users.id
                   WHERE passkeys.credential_id = ?1 AND users.status = 'active'";
    let stmts = vec![
        begin(ceremony, now),
        Stmt::new(format!("SELECT 1 FROM passkey_challenges WHERE {UNDER_WAY}"), under_way(ceremony, now)),
        Stmt::new("SELECT * FROM passkeys WHERE credential_id = ?1", vec![credential_id.into()]),
        Stmt::new(of_user, vec![credential_id.into()]),
    ];
    let answers = db.run(stmts).await?;
    let [_, ceremonies, passkeys, users] = answers.as_slice() else {
        return Err(Fault::new("store", "a batch of four answered otherwise"));
    };
    let passkey = passkeys.first().map(read).transpose()?;
    let user = users.first().map(users::read).transpose()?;
    Ok(PasskeyOfUser { under_way: !ceremonies.is_empty(), passkey: passkey.zip(user) })
}

/// A passkey that was used rightly, as of when that was checked.
#[derive(Debug, Clone)]
pub struct PasskeyUse {
    /// The passkey's id.
    pub(crate) id: String,
    /// Whose it is.
    pub(crate) user_id: String,
    /// In which ceremony.
    pub(crate) ceremony: Ceremony,
    /// The counter as of now.
    pub(crate) sign_count: u32,
    /// Whether it is synced.
    pub(crate) backed_up: bool,
}

/// Notes a passkey's use and ends its ceremony: each must change something, and of many at once, one does. The first
/// statement does nothing if the ceremony has expired or the counter went up meanwhile.
pub(crate) fn spend(used: &PasskeyUse, now: Time) -> [Stmt; 2] {
    let PasskeyUse { id, ceremony, sign_count, backed_up, .. } = used;
    let mut args = under_way(ceremony, now);
    args.extend([id.into(), i64::from(*sign_count).into(), (*backed_up).into()]);
    let note = format!(
        "UPDATE passkeys SET sign_count = ?6, backed_up = ?7, last_used_at = ?4
         WHERE id = ?5 AND (sign_count < ?6 OR sign_count = 0 AND ?6 = 0)
         AND EXISTS (SELECT 1 FROM passkey_challenges WHERE {UNDER_WAY})"
    );
    let end = format!("UPDATE passkey_challenges SET used_at = ?4 WHERE {UNDER_WAY}");
    [Stmt::new(note, args), Stmt::new(end, under_way(ceremony, now))]
}

/// What must hold for a passkey to be added.
pub(crate) struct Adding<'a> {
    pub(crate) user_id: &'a str,
    /// How many they may have.
    pub(crate) most: i64,
    /// Whether two factors were proved in the session.
    pub(crate) two_factors: bool,
}

/// Ends the ceremony of a registration, which is bound to its session: if the session goes on, the user has
/// room for the passkey and nobody has it yet, and the session proved two factors where the user has any.
pub(crate) fn take(ceremony: &Ceremony, credential_id: &str, adding: &Adding<'_>, now: Time) -> Stmt {
    let mut args = under_way(ceremony, now);
    args.extend([credential_id.into(), adding.user_id.into(), adding.most.into(), adding.two_factors.into()]);
    let sql = format!(
        "UPDATE passkey_challenges SET used_at = ?4 WHERE {UNDER_WAY} AND user_id = ?6
         AND EXISTS (SELECT 1 FROM sessions JOIN users ON users.id = sessions.user_id
                     WHERE sessions.id = ?3 AND sessions.user_id = ?6 AND sessions.ended_at IS NULL
                     AND sessions.expires_at > ?4 AND users.status = 'active')
         AND (SELECT count(*) FROM passkeys WHERE user_id = ?6) < ?7
         AND NOT EXISTS (SELECT 1 FROM passkeys WHERE credential_id = ?5)
         AND (?8 OR NOT EXISTS (SELECT 1 FROM passkeys WHERE user_id = ?6)
                    AND NOT EXISTS (SELECT 1 FROM authenticators WHERE user_id = ?6)
                    AND NOT EXISTS (SELECT 1 FROM users WHERE id = ?6 AND mfa = 'email'))"
    );
    Stmt::new(sql, args)
}
