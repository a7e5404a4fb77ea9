//! Rows written, as D1 bills them (`meta.rows_written`): one for each row that is inserted, changed or deleted, also by
//! triggers and foreign keys, and one for each entry of an index that an insert or update writes, changed or not. Entries
//! that go are not billed, and a table WITHOUT ROWID is its own primary key's index.
//!
//! SQLite does not count them, so all rows are compared before and after each statement, and the statement's bytecode says
//! which indexes it writes. With `BILLED_DUMP` the tests write each statement there with what it is billed for; compared
//! with workerd's D1, all statements of `rows_written` were the same.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use portcullis::ports::{Arg, Rows, Stmt};
use rusqlite::types::Value as Cell_;
use rusqlite::{Connection, params_from_iter};
use serde_json::Value;

use crate::harness::World;

/// Rows of a table by their key, each with its columns.
type Snapshot = BTreeMap<String, BTreeMap<String, Vec<Value>>>;

struct Index {
    table: String,
    root: i64,
    columns: Vec<String>,
    /// The condition of one that has only some rows.
    partial: Option<String>,
    /// Whether it is what a table WITHOUT ROWID consists of.
    is_table: bool,
}

fn query(connection: &Connection, sql: &str) -> Vec<Vec<Value>> {
    let mut prepared = connection.prepare_cached(sql).unwrap();
    let width = prepared.column_count();
    let value = |row: &rusqlite::Row<'_>, at: usize| match row.get_ref(at).unwrap() {
        rusqlite::types::ValueRef::Null => Value::Null,
        rusqlite::types::ValueRef::Integer(int) => int.into(),
        rusqlite::types::ValueRef::Real(real) => real.into(),
        rusqlite::types::ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned().into(),
        rusqlite::types::ValueRef::Blob(bytes) => format!("{bytes:?}").into(),
    };
    let mut rows = prepared.query([]).unwrap();
    let mut all = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        all.push((0..width).map(|at| value(row, at)).collect());
    }
    all
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Each table with what its rows are told apart by.
fn tables(connection: &Connection) -> Vec<(String, String)> {
    let sql = "SELECT name, sql LIKE '%WITHOUT ROWID%' FROM sqlite_master
               WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name";
    let key = |name: &str, without: bool| match without {
        false => "rowid".to_owned(),
        true => {
            let keys = query(
                connection,
                &format!("SELECT name FROM pragma_table_info('{name}') WHERE pk > 0 ORDER BY pk"),
            );
            let keys: Vec<String> = keys.iter().map(|row| format!("quote({})", text(&row[0]))).collect();
            keys.join(" || ',' || ")
        }
    };
    let rows = query(connection, sql);
    rows.iter().map(|row| (text(&row[0]), key(&text(&row[0]), row[1] == 1))).collect()
}

fn indexes(connection: &Connection) -> Vec<Index> {
    let sql = "SELECT i.name, t.name, m.rootpage, m.sql, i.origin = 'pk' AND t.sql LIKE '%WITHOUT ROWID%'
               FROM sqlite_master t JOIN pragma_index_list(t.name) i LEFT JOIN sqlite_master m ON m.name = i.name
               WHERE t.type = 'table'";
    let index = |row: &Vec<Value>| {
        let name = text(&row[0]);
        let columns = query(connection, &format!("SELECT name FROM pragma_index_info('{name}')"));
        let partial = text(&row[3]).split_once(" WHERE ").map(|(_, condition)| condition.to_owned());
        Index {
            table: text(&row[1]),
            root: row[2].as_i64().unwrap_or_default(),
            columns: columns.iter().map(|column| text(&column[0])).collect(),
            partial,
            is_table: row[4] == 1,
        }
    };
    query(connection, sql).iter().map(index).collect()
}

thread_local! {
    /// A database of the same schema that is asked for bytecode: what is explained resets `changes()`, too.
    static TWIN: Connection = migrated();
}

/// The indexes whose entries a statement writes, by root page.
fn written_indexes(stmt: &Stmt) -> BTreeSet<i64> {
    TWIN.with(|twin| explain(twin, stmt))
}

fn explain(connection: &Connection, stmt: &Stmt) -> BTreeSet<i64> {
    let mut prepared = connection.prepare(&format!("EXPLAIN {}", stmt.sql)).unwrap();
    let mut rows = prepared.query(params_from_iter(args(stmt))).unwrap();
    let (mut open, mut written) = (BTreeMap::new(), BTreeSet::new());
    while let Some(row) = rows.next().unwrap() {
        let at: i64 = row.get(0).unwrap();
        let opcode: String = row.get(1).unwrap();
        let (p1, p2): (i64, i64) = (row.get(2).unwrap(), row.get(3).unwrap());
        if at == 0 {
            // A program of a trigger or a foreign key begins, whose cursors are its own.
            open.clear();
        }
        match opcode.as_str() {
            "OpenWrite" => drop(open.insert(p1, p2)),
            "IdxInsert" => written.extend(open.get(&p1)),
            _ => {}
        }
    }
    written
}

fn snapshot(connection: &Connection) -> Snapshot {
    let rows = |(name, key): (String, String)| {
        let all = query(connection, &format!("SELECT {key}, * FROM \"{name}\""));
        let all = all.into_iter().map(|row| (row[0].to_string(), row[1..].to_vec())).collect();
        (name, all)
    };
    tables(connection).into_iter().map(rows).collect()
}

/// Runs a statement; its rows, and what it is billed for.
pub(super) fn billed(
    connection: &Connection,
    stmt: &Stmt,
    run: impl FnOnce() -> rusqlite::Result<Rows>,
) -> rusqlite::Result<(Rows, u64)> {
    let head = stmt.sql.trim_start();
    if head.starts_with("SELECT") {
        return Ok((run()?, 0));
    }
    let is_insert = head.starts_with("INSERT");
    let written = written_indexes(stmt);
    let keys: BTreeMap<String, String> = tables(connection).into_iter().collect();
    let all = indexes(connection);
    let (before, changes) = (snapshot(connection), connection.total_changes());
    let rows = run()?;
    let after = snapshot(connection);
    let mut unseen = connection.total_changes() - changes;
    let mut billed = 0;
    let holds = |index: &Index, key: &str| match &index.partial {
        None => true,
        Some(condition) => {
            let (table, of_key) = (&index.table, &keys[&index.table]);
            let literal =
                if of_key == "rowid" { key.to_owned() } else { format!("'{}'", key.replace('\'', "''")) };
            let literal = literal.replace('"', "");
            let sql = format!("SELECT 1 FROM \"{table}\" WHERE {of_key} = {literal} AND ({condition})");
            !query(connection, &sql).is_empty()
        }
    };
    for (table, now) in &after {
        let was = &before[table];
        let names = query(connection, &format!("SELECT name FROM pragma_table_info('{table}')"));
        let names: Vec<String> = names.iter().map(|name| text(&name[0])).collect();
        let own = |index: &&Index| index.table == *table && !index.is_table;
        for (key, row) in now {
            let old = was.get(key);
            if old == Some(row) {
                continue;
            }
            unseen = unseen.saturating_sub(1);
            let differs = |index: &Index| {
                let value = |row: &Vec<Value>, name: &String| {
                    names.iter().position(|known| known == name).map(|at| row[at].clone())
                };
                old.is_none_or(|old| index.columns.iter().any(|name| value(old, name) != value(row, name)))
            };
            let entries = all.iter().filter(own).filter(|index| holds(index, key));
            let entries =
                entries.filter(|index| differs(index) || (!is_insert && written.contains(&index.root)));
            billed += 1 + entries.count() as u64;
        }
        let gone = was.keys().filter(|key| !now.contains_key(*key)).count() as u64;
        unseen = unseen.saturating_sub(gone);
        billed += gone;
    }
    let again: Vec<&Index> = all
        .iter()
        .filter(|index| written.contains(&index.root) && index.partial.is_none())
        .filter(|index| !index.is_table && !is_insert)
        .collect();
    // Rows that were written as they were; or those that a trigger deleted and made again, each of which was two changes.
    let of_a_trigger = again.iter().any(|index| !head.starts_with(&format!("UPDATE {} ", index.table)));
    let entries = again.len() as u64;
    let more = if of_a_trigger { unseen / 2 * (2 + entries) + unseen % 2 } else { unseen * (1 + entries) };
    Ok((rows, billed + more))
}

impl World {
    /// The rows that D1 bills for what is done, what comes after an answer too.
    pub fn billed(&self, work: impl FnOnce()) -> u64 {
        self.db.billed.set(Some(0));
        work();
        self.db.billed.take().unwrap_or_default()
    }
}

/// The image of a database with every migration applied: what each test's begins as.
static MIGRATED: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut connection = Connection::open_in_memory().unwrap();
    connection.execute_batch("PRAGMA foreign_keys = ON").unwrap();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/store/migrations");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files {
        connection.execute_batch(&std::fs::read_to_string(file).unwrap()).unwrap();
    }
    connection.serialize("main").unwrap().to_vec()
});

/// A database with every migration applied.
pub(super) fn migrated() -> Connection {
    let mut connection = Connection::open_in_memory().unwrap();
    connection.deserialize_read_exact("main", MIGRATED.as_slice(), MIGRATED.len(), false).unwrap();
    connection.execute_batch("PRAGMA foreign_keys = ON").unwrap();
    connection
}

/// A statement's arguments.
pub(super) fn args(stmt: &Stmt) -> impl Iterator<Item = Cell_> + '_ {
    stmt.args.iter().map(|arg| match arg {
        Arg::Null => Cell_::Null,
        Arg::Int(int) => Cell_::Integer(*int),
        Arg::Text(text) => Cell_::Text(text.clone()),
    })
}

/// With `BILLED_DUMP`, writes each statement there with what it is billed for, to be compared with D1's own count.
pub(super) fn dump(stmt: &Stmt, billed: Option<u64>) {
    use std::io::Write as _;
    let Ok(path) = std::env::var("BILLED_DUMP") else { return };
    let arg = |arg: &Arg| match arg {
        Arg::Null => Value::Null,
        Arg::Int(int) => (*int).into(),
        Arg::Text(text) => text.clone().into(),
    };
    let args: Vec<Value> = stmt.args.iter().map(arg).collect();
    let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path).unwrap();
    writeln!(file, "{}", serde_json::json!({ "sql": stmt.sql, "args": args, "billed": billed })).unwrap();
}
