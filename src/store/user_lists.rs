//! Lists of users. Each goes along an index that knows the rows that are wanted, and reads in proportion to its page.

use crate::model::search::{Place, Query};
use crate::ports::{Database, Fault};
use crate::store::users::{User, read};
use crate::store::window::{self, Args, Window};
use crate::store::{Listed, Page, user_words};

/// Whose users are listed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Whose<'a> {
    pub(crate) tenant_id: &'a str,
    /// Whose e-mail namespace they are in.
    pub(crate) directory: &'a str,
    /// The plan of those who have none of their own.
    pub(crate) default_plan: &'a str,
}

/// What a list of users is narrowed to; each `None` narrows nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    /// Beginnings of words of the name and of the address.
    pub(crate) search: Option<Query>,
    /// The exact address.
    pub(crate) email_key: Option<String>,
    /// `active` or `disabled`.
    pub(crate) status: Option<String>,
    /// A role that is held.
    pub(crate) role: Option<String>,
    pub(crate) plan: Option<String>,
}

impl Filter {
    /// What is searched for, if anything is.
    pub(crate) fn words(&self) -> Option<&Query> {
        self.search.as_ref().filter(|query| !query.words.is_empty())
    }
}

/// Conditions on a row of `users`, for what the filter names and the list's index does not know.
fn conditions(filter: &Filter, default_plan: &str, args: &mut Args) -> Vec<String> {
    let mut all = Vec::new();
    if let Some(key) = &filter.email_key {
        all.push(format!("users.email_key = {}", args.place(key)));
    }
    if let Some(status) = &filter.status {
        all.push(format!("users.status = {}", args.place(status)));
    }
    if let Some(role) = &filter.role {
        let role = args.place(role);
        all.push(format!(
            "EXISTS (SELECT 1 FROM user_roles AS held WHERE held.tenant_id = ?1 AND held.role = {role}
                     AND held.user_id = users.id)"
        ));
    }
    if let Some(plan) = &filter.plan {
        let (plan, default) = (args.place(plan), args.place(default_plan));
        all.push(format!("coalesce(users.plan, {default}) = {plan}"));
    }
    all
}

/// A page of a tenant's users, by id.
pub(crate) async fn list(
    db: &dyn Database,
    whose: Whose<'_>,
    filter: &Filter,
    page: &Page,
) -> Result<Listed<User>, Fault> {
    let mut args = Args(vec![whose.tenant_id.into(), page.after.clone().unwrap_or_default().into()]);
    let mut rest = filter.clone();
    // Where the rows are found, what they are ordered by, and the condition; the tenant is `?1`, the cursor `?2`.
    let (from, key, which) = if let Some(email_key) = rest.email_key.take() {
        let (directory, email_key) = (args.place(whose.directory), args.place(email_key));
        let which = format!(
            "users.directory = {directory} AND users.email_key = {email_key} AND users.tenant_id = ?1"
        );
        ("users", "users.id", which)
    } else if let Some(role) = rest.role.take() {
        let which = format!("user_roles.tenant_id = ?1 AND user_roles.role = {}", args.place(role));
        let from = "user_roles CROSS JOIN users ON users.id = user_roles.user_id";
        (from, "user_roles.user_id", which)
    } else if rest.plan.as_ref().is_some_and(|plan| plan != whose.default_plan) {
        let plan = rest.plan.take().unwrap_or_default();
        ("users", "users.id", format!("users.tenant_id = ?1 AND users.plan = {}", args.place(plan)))
    } else if rest.status.as_ref().is_some_and(|status| status != "active") {
        let status = args.place(rest.status.take().unwrap_or_default());
        // As the index has it.
        let which = format!("users.tenant_id = ?1 AND users.status <> 'active' AND users.status = {status}");
        ("users", "users.id", which)
    } else {
        ("users", "users.id", "users.tenant_id = ?1".to_owned())
    };
    let conditions = conditions(&rest, whose.default_plan, &mut args);
    let window = Window {
        rows: format!("SELECT users.* FROM {from} WHERE {which} AND {key} > ?2 ORDER BY {key}"),
        name: "users",
        narrowed: window::all_of(&conditions),
        columns: "*",
        key: "id",
        limit: args.place(page.limit + 1),
        args: args.0,
    };
    window::list(db, window, page, read, |user: &User| user.id.clone()).await
}

/// A page of the users who have all the words: first those whose words are not made yet, in whose address or name the text
/// stands, by id; then the others by the first word that begins as the longest one of the query does, and by id. Each is
/// found once. `after` is where the page before ended; the next one's cursor is a [`Place`].
pub(crate) async fn find(
    db: &dyn Database,
    whose: Whose<'_>,
    filter: &Filter,
    query: &Query,
    limit: i64,
    after: Option<Place>,
) -> Result<Listed<User>, Fault> {
    let more = |args: &mut Args| conditions(filter, whose.default_plan, args);
    let (unmade_after, made_after) = match after {
        None => (Some(String::new()), Place::beginning()),
        Some(Place::Unmade(id)) => (Some(id), Place::beginning()),
        Some(made) => (None, made),
    };
    let mut batch = Vec::new();
    if let Some(id) = &unmade_after {
        let mut args = Args(vec![whose.tenant_id.into(), id.into()]);
        let text = args.place(&query.text);
        let is_in = format!("(instr(email_key, {text}) > 0 OR instr(lower(coalesce(name, '')), {text}) > 0)");
        let conditions = [vec![is_in], more(&mut args)].concat();
        let window = Window {
            rows: "SELECT * FROM users WHERE tenant_id = ?1 AND words IS NULL AND id > ?2 ORDER BY id".into(),
            name: "users",
            narrowed: window::all_of(&conditions),
            columns: "*",
            key: "id",
            limit: args.place(limit + 1),
            args: args.0,
        };
        batch.extend(window.ask());
    }
    batch.extend(user_words::find(whose.tenant_id, query, &made_after, limit, more).ask());
    let answers = db.run(batch).await?;
    let mut answers = answers.iter();
    let page = Page { limit, after: None };
    let mut items: Vec<User> = Vec::new();
    if unmade_after.is_some() {
        let (Some(rows), Some(last)) = (answers.next(), answers.next()) else {
            return Err(Fault::new("store", "too few answers"));
        };
        let found = rows.iter().map(read).collect::<Result<_, _>>()?;
        let Listed { items: unmade, next } = page.cut(found, |user: &User| user.id.clone());
        if let Some(id) = next.or(window::last_id(last)?) {
            return Ok(Listed { items: unmade, next: Some(Place::Unmade(id).cursor()) });
        }
        items = unmade;
    }
    let (Some(rows), Some(last)) = (answers.next(), answers.next()) else {
        return Err(Fault::new("store", "too few answers"));
    };
    let room = usize::try_from(limit).unwrap_or_default().saturating_sub(items.len());
    let mut end = made_after;
    for row in rows.iter().take(room) {
        items.push(read(row)?);
        end = user_words::place(row)?;
    }
    let next = if rows.len() > room { Some(end) } else { user_words::last(last)? };
    Ok(Listed { items, next: next.map(|place| place.cursor()) })
}
