//! The words that users are found by. Triggers keep the table from `users.words`.

use serde_json::{Value, json};

use crate::model::search::{self, Place, Query};
use crate::ports::{Database, Fault, Row, Stmt};
use crate::store::window::{self, Args, Window};
use crate::store::{Columns, json_text, one};

/// Users whose words are made in one statement.
pub(crate) const PIECE: i64 = 200;

/// The words of an address and a name, for the column.
pub(crate) fn json(email_key: &str, name: Option<&str>) -> String {
    json_text(&search::words(email_key, name))
}

/// The last of all characters: no word that begins so comes after it.
const LAST: char = '\u{10ffff}';

/// The question for the users of a tenant who have all the words, from a place on. They are found by the longest word, in the
/// order of their words that begin so and of their ids, each by the first of these. `more` has conditions on the row of `users`.
pub(super) fn find(
    tenant_id: &str,
    query: &Query,
    after: &Place,
    limit: i64,
    more: impl Fn(&mut Args) -> Vec<String>,
) -> Window<'static> {
    let (longest, others) = query.longest_first();
    let (word, id) = after.parts();
    let mut args = Args(vec![tenant_id.into()]);
    let to = |word: &str| format!("{word}{LAST}");
    let (begins, end) = (args.place(longest), args.place(to(longest)));
    // A page goes on within the rows of a word, of which there may be many.
    let from = match word < longest {
        true => format!("word >= {begins}"),
        false => format!("(word, user_id) > ({}, {})", args.place(word), args.place(id)),
    };
    let mut conditions = vec![format!(
        "NOT EXISTS (SELECT 1 FROM user_words AS before WHERE before.user_id = found.found_id
                     AND before.tenant_id = ?1 AND before.word >= {begins} AND before.word < found.found_word)"
    )];
    for other in others {
        let (from, to) = (args.place(other), args.place(to(other)));
        conditions.push(format!(
            "EXISTS (SELECT 1 FROM user_words AS other WHERE other.user_id = found.found_id
                     AND other.tenant_id = ?1 AND other.word >= {from} AND other.word < {to})"
        ));
    }
    conditions.extend(more(&mut args));
    Window {
        rows: format!(
            "SELECT word AS found_word, user_id AS found_id FROM user_words
             WHERE tenant_id = ?1 AND {from} AND word < {end} ORDER BY word, user_id"
        ),
        name: "found",
        narrowed: format!("CROSS JOIN users ON users.id = found.found_id {}", window::all_of(&conditions)),
        columns: "users.*, found.found_word, found.found_id",
        key: "found_word, found_id",
        limit: args.place(limit + 1),
        args: args.0,
    }
}

/// Where a row that was found stands, or the last one that was looked at.
pub(super) fn place(row: &Row) -> Result<Place, Fault> {
    let row = Columns(row);
    Ok(Place::Made { word: row.text("found_word")?, id: row.text("found_id")? })
}

/// Where the window ended, if it did.
pub(super) fn last(rows: &[Row]) -> Result<Option<Place>, Fault> {
    rows.first().map(place).transpose()
}

/// Makes the words of some users who have none yet; `false` once there are no such users.
pub(crate) async fn make_piece(db: &dyn Database) -> Result<bool, Fault> {
    let sql = "SELECT id, email_key, name FROM users WHERE words IS NULL LIMIT ?1";
    let rows = one(db, Stmt::new(sql, vec![PIECE.into()])).await?;
    let mut made = Vec::new();
    for row in &rows {
        let row = Columns(row);
        let (id, email_key, name) = (row.text("id")?, row.text("email_key")?, row.maybe_text("name")?);
        let words = json(&email_key, name.as_deref());
        made.push(json!({ "id": id, "email_key": email_key, "name": name, "words": words }));
    }
    if made.is_empty() {
        return Ok(false);
    }
    // Whose name or address changed meanwhile has to wait.
    let sql = "UPDATE users SET words = made.words
               FROM (SELECT json_extract(value, '$.id') AS id, json_extract(value, '$.email_key') AS email_key,
                            json_extract(value, '$.name') AS name, json_extract(value, '$.words') AS words
                     FROM json_each(?1)) AS made
               WHERE users.id = made.id AND users.email_key = made.email_key AND users.name IS made.name
               AND users.words IS NULL";
    db.run(vec![Stmt::new(sql, vec![Value::Array(made).to_string().into()])]).await?;
    Ok(true)
}
