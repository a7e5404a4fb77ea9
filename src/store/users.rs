//! Users.

use crate::model::profile::UserProfile;
use crate::model::scope::LONGEST_TOGETHER;
use crate::model::state::{Mfa, UserStatus};
use crate::model::time::Time;
use crate::ports::{Arg, Database, Fault, Row, Stmt};
use crate::store::{Columns, administrators, granted, json_text, one, plans, roles, user_words};

/// A user's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Its id.
    pub id: String,
    /// The tenant it belongs to.
    pub tenant_id: String,
    /// Whose e-mail namespace it is in.
    pub(crate) directory: String,
    /// The address as shown.
    pub email: String,
    /// The address as compared.
    pub(crate) email_key: String,
    /// Whether its owner confirmed it.
    pub email_verified: bool,
    /// Display name.
    pub name: Option<String>,
    /// PHC string, or an imported form; `None` if the user has no password.
    pub password_hash: Option<String>,
    /// At most three.
    pub roles: Vec<String>,
    /// Custom scopes that were granted to this user, besides those of the roles.
    pub scopes: Vec<String>,
    /// The plan; the tenant's default when absent.
    pub plan: Option<String>,
    /// Whether the password was set by who had the mailbox and proved nothing else, and no second factor has
    /// confirmed it since.
    pub(crate) password_by_mail: bool,
    /// Which second factor it is to have.
    pub mfa: Mfa,
    /// Whether it may sign in.
    pub status: UserStatus,
    /// Whether the user operates the deployment.
    pub operator: bool,
    /// The tag of the language it is written to in, if it is known.
    pub language: Option<String>,
    /// What clients learn of it beside the name.
    pub(crate) profile: UserProfile,
    /// When it was made.
    pub(crate) created_at: Time,
    /// When what clients learn of it last changed.
    pub(crate) updated_at: Time,
    /// When it last signed in.
    pub(crate) last_login_at: Option<Time>,
}

pub(crate) fn read(row: &Row) -> Result<User, Fault> {
    let row = Columns(row);
    Ok(User {
        id: row.text("id")?,
        tenant_id: row.text("tenant_id")?,
        directory: row.text("directory")?,
        email: row.text("email")?,
        email_key: row.text("email_key")?,
        email_verified: row.flag("email_verified")?,
        name: row.maybe_text("name")?,
        password_hash: row.maybe_text("password_hash")?,
        roles: row.json("roles")?,
        scopes: row.json("scopes")?,
        plan: row.maybe_text("plan")?,
        password_by_mail: row.flag("password_by_mail")?,
        mfa: row.state("mfa")?,
        status: row.state("status")?,
        operator: row.flag("operator")?,
        language: row.maybe_text("language")?,
        profile: row.json("profile")?,
        created_at: row.time("created_at")?,
        updated_at: match row.maybe_time("updated_at")? {
            Some(at) => at,
            None => row.time("created_at")?,
        },
        last_login_at: row.maybe_time("last_login_at")?,
    })
}

/// A user of a directory by address.
pub async fn by_email(db: &dyn Database, directory: &str, email_key: &str) -> Result<Option<User>, Fault> {
    one(db, with_email(directory, email_key)).await?.first().map(read).transpose()
}

/// Asks for a user of a directory by address.
pub(crate) fn with_email(directory: &str, email_key: &str) -> Stmt {
    let sql = "SELECT * FROM users WHERE directory = ?1 AND email_key = ?2";
    Stmt::new(sql, vec![directory.into(), email_key.into()])
}

/// A user of a tenant by id.
pub async fn by_id(db: &dyn Database, tenant_id: &str, id: &str) -> Result<Option<User>, Fault> {
    one(db, with_id(tenant_id, id)).await?.first().map(read).transpose()
}

/// Asks for a user of a tenant by id.
pub(crate) fn with_id(tenant_id: &str, id: &str) -> Stmt {
    Stmt::new("SELECT * FROM users WHERE tenant_id = ?1 AND id = ?2", vec![tenant_id.into(), id.into()])
}

/// Whether the deployment has an operator already.
pub(crate) async fn any_operator(db: &dyn Database) -> Result<bool, Fault> {
    let rows = one(db, Stmt::new("SELECT 1 AS n FROM users WHERE operator = 1 LIMIT 1", vec![])).await?;
    Ok(!rows.is_empty())
}

/// Makes a user; returns its id unless the address is taken, or it is to be the operator and one exists.
pub fn insert(user: &User) -> Stmt {
    insert_where(user, "?9", "")
}

/// The same for a user who registers: of the roles that all get, those that the tenant still has.
pub(crate) fn insert_registered(user: &User) -> Stmt {
    let known = "(SELECT json_group_array(value) FROM json_each(?9)
                  WHERE value IN (SELECT name FROM roles WHERE roles.tenant_id = ?2))";
    insert_where(user, known, "")
}

/// The same if the tenant has the roles and the plan, and the scopes together are not too long.
pub(crate) fn insert_known(user: &User) -> Stmt {
    let fits = granted::fits_new("?2", "?9", "?17", LONGEST_TOGETHER);
    insert_where(user, "?9", &format!("AND {} AND {fits}", is_known("?9", "?10", "?2")))
}

/// Whether a tenant has roles and a plan, all of them SQL expressions.
fn is_known(roles: &str, plan: &str, tenant: &str) -> String {
    format!("{} AND {}", roles::has_all(tenant, roles), plans::is_known(tenant, plan))
}

fn insert_where(user: &User, roles: &str, condition: &str) -> Stmt {
    let sql = format!(
        "INSERT OR IGNORE INTO users (id, tenant_id, directory, email, email_key, email_verified, name, password_hash, roles,
                            plan, mfa, status, operator, created_at, language,
                            proved, words, scopes, profile, updated_at)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, {roles}, ?10, ?11, ?12, ?13, ?14, ?15, ?6, ?16, ?17, ?18, ?14
         WHERE (?13 = 0 OR NOT EXISTS (SELECT 1 FROM users WHERE operator = 1)) {condition}
         RETURNING id"
    );
    Stmt::new(
        sql,
        vec![
            (&user.id).into(),
            (&user.tenant_id).into(),
            (&user.directory).into(),
            (&user.email).into(),
            (&user.email_key).into(),
            user.email_verified.into(),
            user.name.clone().into(),
            user.password_hash.clone().into(),
            json_text(&user.roles).into(),
            user.plan.clone().into(),
            user.mfa.as_str().into(),
            user.status.as_str().into(),
            user.operator.into(),
            user.created_at.0.into(),
            user.language.clone().into(),
            words(user).into(),
            json_text(&user.scopes).into(),
            json_text(&user.profile).into(),
        ],
    )
}

/// Changes what differs between a user as read and as wanted, unless another user has the address or no active
/// administrator would remain; returns the row if done. What does not differ is left as it is by now. Which second
/// factor it is changes only if that is given: users set up theirs meanwhile. With `as_read` nothing changes unless they
/// still have the roles and scopes that were read; what is given must be the tenant's.
pub(crate) fn update(was: &User, user: &User, mfa: Option<Mfa>, as_read: bool, now: Time) -> Stmt {
    let mut args: Vec<Arg> = vec![(&user.tenant_id).into(), (&user.id).into()];
    let mut place = |arg: Arg| {
        args.push(arg);
        format!("?{}", args.len())
    };
    let mut sets: Vec<String> = Vec::new();
    let mut holds: Vec<String> = Vec::new();
    if as_read {
        let (roles, scopes) = (place(json_text(&was.roles).into()), place(json_text(&was.scopes).into()));
        holds.push(format!("users.roles = {roles} AND users.scopes = {scopes}"));
    }
    let (mut status, mut roles, mut verified) =
        ("users.status".to_owned(), "users.roles".to_owned(), "users.email_verified".to_owned());
    let moved = user.email_key != was.email_key;
    if moved || user.email != was.email {
        sets.push(format!("email = {}", place((&user.email).into())));
        sets.push(format!("email_key = {}", place((&user.email_key).into())));
    }
    if moved || user.email_verified != was.email_verified {
        verified = place(user.email_verified.into());
        sets.push(format!("email_verified = {verified}, proved = max(proved, {verified})"));
    }
    if user.name != was.name {
        sets.push(format!("name = {}", place(user.name.clone().into())));
    }
    if user.profile != was.profile {
        sets.push(format!("profile = {}", place(json_text(&user.profile).into())));
    }
    sets.push(format!("updated_at = {}", place(now.0.into())));
    if moved || user.name != was.name {
        let (name, key) = (place(was.name.clone().into()), place((&was.email_key).into()));
        let same = format!("name IS {name} AND email_key = {key}");
        sets.push(format!("words = CASE WHEN {same} THEN {} END", place(words(user).into())));
    }
    if user.roles != was.roles {
        roles = place(json_text(&user.roles).into());
        holds.push(roles::has_all("?1", &roles));
        sets.push(format!("roles = {roles}"));
    }
    let mut scopes = "users.scopes".to_owned();
    if user.scopes != was.scopes {
        scopes = place(json_text(&user.scopes).into());
        sets.push(format!("scopes = {scopes}"));
    }
    if (&user.roles, &user.scopes) != (&was.roles, &was.scopes) {
        holds.push(granted::fits_user(&roles, &scopes, LONGEST_TOGETHER));
    }
    if user.plan != was.plan {
        let plan = place(user.plan.clone().into());
        holds.push(plans::is_known("?1", &plan));
        sets.push(format!("plan = {plan}"));
    }
    if user.status != was.status {
        status = place(user.status.as_str().into());
        sets.push(format!("status = {status}"));
    }
    sets.push(format!("mfa = coalesce({}, mfa)", place(mfa.map(Mfa::as_str).into())));
    let stays = administrators::active("users", &status, &roles, &verified);
    holds.push(format!("({stays} OR {})", administrators::spares()));
    let (sets, holds) = (sets.join(", "), holds.join(" AND "));
    let sql =
        format!("UPDATE OR IGNORE users SET {sets} WHERE tenant_id = ?1 AND id = ?2 AND {holds} RETURNING *");
    Stmt::new(sql, args)
}

/// Removes a user; what belongs to it goes by foreign key.
pub(crate) fn delete(tenant_id: &str, id: &str) -> Stmt {
    let sql = "DELETE FROM users WHERE tenant_id = ?1 AND id = ?2";
    Stmt::new(sql, vec![tenant_id.into(), id.into()])
}

/// Replaces a password's hash; `by_mail` says whether the mailbox is all that its owner proved.
pub(crate) fn set_password(id: &str, hash: &str, by_mail: bool) -> Stmt {
    let sql = "UPDATE users SET password_hash = ?2, password_by_mail = ?3 WHERE id = ?1";
    Stmt::new(sql, vec![id.into(), hash.into(), by_mail.into()])
}

/// The password counts by itself from now on.
pub(crate) fn confirm_password(id: &str) -> Stmt {
    Stmt::new("UPDATE users SET password_by_mail = 0 WHERE id = ?1", vec![id.into()])
}

/// Replaces a password's hash by a fresher one of the same password, if it is still that hash.
pub(crate) fn refresh_password(id: &str, was: &str, hash: &str) -> Stmt {
    let sql = "UPDATE users SET password_hash = ?3 WHERE id = ?1 AND password_hash = ?2";
    Stmt::new(sql, vec![id.into(), was.into(), hash.into()])
}

/// Gives an account whose address is not confirmed yet the password and name of the registration that is.
pub(crate) fn settle_registration(
    id: &str,
    email_key: &str,
    hash: &str,
    name: Option<&str>,
    now: Time,
) -> Stmt {
    let sql = "UPDATE users SET password_hash = ?3, password_by_mail = 0, name = coalesce(?4, name),
                                words = coalesce(?5, words), updated_at = ?6
               WHERE id = ?1 AND email_key = ?2 AND email_verified = 0";
    let words = name.map(|name| user_words::json(email_key, Some(name)));
    Stmt::new(sql, vec![id.into(), email_key.into(), hash.into(), name.into(), words.into(), now.0.into()])
}

/// Gives an account that has no name the one of its invitation.
pub(crate) fn keep_name(id: &str, email_key: &str, name: &str, now: Time) -> Stmt {
    let sql = "UPDATE users SET name = ?3, words = ?4, updated_at = ?5
               WHERE id = ?1 AND email_key = ?2 AND name IS NULL";
    let words = user_words::json(email_key, Some(name));
    Stmt::new(sql, vec![id.into(), email_key.into(), name.into(), words.into(), now.0.into()])
}

/// Marks an address confirmed, if it is still the user's and was not.
pub(crate) fn confirm_email(id: &str, email_key: &str, now: Time) -> Stmt {
    let sql = "UPDATE users SET email_verified = 1, proved = 1, updated_at = ?3
               WHERE id = ?1 AND email_key = ?2 AND email_verified = 0";
    Stmt::new(sql, vec![id.into(), email_key.into(), now.0.into()])
}

/// Notes a login.
pub(crate) fn logged_in(id: &str, now: Time) -> Stmt {
    let sql = "UPDATE users SET last_login_at = ?2, active_month = ?3 WHERE id = ?1";
    Stmt::new(sql, vec![id.into(), now.0.into(), now.month().into()])
}

/// Sets which second factor a user has.
pub(crate) fn set_mfa(id: &str, mfa: Mfa) -> Stmt {
    Stmt::new("UPDATE users SET mfa = ?2 WHERE id = ?1", vec![id.into(), mfa.as_str().into()])
}

/// A statement on rows of a user that ends in its `WHERE`, for when that user still has this password's hash.
pub(crate) fn if_password_is(stmt: Stmt, hash: &str) -> Stmt {
    stmt.and("EXISTS (SELECT 1 FROM users WHERE users.id = user_id AND users.password_hash = ?)", hash)
}

/// Sets a display name.
pub(crate) fn set_name(user: &User, name: Option<&str>, now: Time) -> Stmt {
    let sql = "UPDATE users SET name = ?2, words = CASE WHEN email_key = ?3 THEN ?4 ELSE NULL END, updated_at = ?5 WHERE id = ?1";
    let words = user_words::json(&user.email_key, name);
    let args = vec![(&user.id).into(), name.into(), (&user.email_key).into(), words.into(), now.0.into()];
    Stmt::new(sql, args)
}

fn words(user: &User) -> String {
    user_words::json(&user.email_key, user.name.as_deref())
}

/// Gives a user these roles and lets them in, if they still are as they were read; returns the id if so.
pub(crate) fn promote(was: &User, roles: &[String]) -> Stmt {
    let sql = "UPDATE users SET roles = ?3, status = 'active'
               WHERE tenant_id = ?1 AND id = ?2 AND roles = ?4 AND status = ?5 AND email_key = ?6 AND email_verified = ?7
               RETURNING id";
    let args: Vec<Arg> = vec![
        (&was.tenant_id).into(),
        (&was.id).into(),
        json_text(&roles).into(),
        json_text(&was.roles).into(),
        was.status.as_str().into(),
        (&was.email_key).into(),
        was.email_verified.into(),
    ];
    Stmt::new(sql, args)
}
