//! The words that users are found by. Triggers keep the table from `users.words`.

use serde_json::{Value, json};

use crate::model::search::{self, Query};
use crate::ports::{Arg, Database, Fault, Stmt};
use crate::store::{Columns, json_text, one};

/// Users whose words are made in one statement.
pub(crate) const PIECE: i64 = 200;

/// The words of an address and a name, for the column.
pub(crate) fn json(email_key: &str, name: Option<&str>) -> String {
    json_text(&search::words(email_key, name))
}

/// A query for the ids of the users of tenant `?1` who have all the words, whose arguments follow those that are
/// there; and of those whose words are not made yet, in whose address or name the text stands.
pub(crate) fn find(query: &Query, args: &mut Vec<Arg>) -> String {
    let mut next = |arg: Arg| {
        args.push(arg);
        args.len()
    };
    let mut begins = |word: &String| {
        // The last of all characters: no word that begins so comes after it.
        let (from, to) = (next(word.into()), next(format!("{word}\u{10ffff}").into()));
        format!("SELECT user_id FROM user_words WHERE tenant_id = ?1 AND word >= ?{from} AND word < ?{to}")
    };
    let all: Vec<String> = query.words.iter().map(&mut begins).collect();
    let text = next((&query.text).into());
    format!(
        "{} UNION SELECT id FROM users WHERE tenant_id = ?1 AND words IS NULL
         AND (instr(email_key, ?{text}) > 0 OR instr(lower(coalesce(name, '')), ?{text}) > 0)",
        all.join(" INTERSECT ")
    )
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
