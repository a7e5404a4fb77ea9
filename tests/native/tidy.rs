//! The layout rules, held over the source tree.

use std::path::{Path, PathBuf};

/// What each part of the tree may import of ours, itself apart. The order is a request's way: imports point down.
const LAYERS: [(&str, &[&str]); 11] = [
    ("edge", &["api", "http", "domain", "cx", "memo", "config", "ports", "oidc", "crypto", "store", "model"]),
    ("api", &["http", "domain", "cx", "config", "ports", "oidc", "store", "model"]),
    ("http", &["domain", "cx", "ports", "oidc", "model"]),
    ("domain", &["cx", "memo", "config", "ports", "oidc", "crypto", "store", "model"]),
    ("cx", &["memo", "config", "ports", "crypto", "model"]),
    ("memo", &["config", "model"]),
    ("config", &["ports"]),
    ("ports", &[]),
    ("oidc", &["crypto", "model"]),
    ("crypto", &["ports", "model"]),
    ("store", &["ports", "model"]),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below a folder of the project, with its path from there and its text.
fn files(folder: &str) -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true if path.file_name().is_some_and(|name| name == "target") => {}
                true => walk(&path, found),
                false if path.extension().is_some_and(|kind| kind == "rs") => found.push(path),
                false => {}
            }
        }
    }
    let base = root().join(folder);
    let mut found = Vec::new();
    walk(&base, &mut found);
    assert!(!found.is_empty(), "{folder}");
    let shown = |path: &Path| path.strip_prefix(&base).unwrap().to_str().unwrap().to_owned();
    found.iter().map(|path| (shown(path), std::fs::read_to_string(path).unwrap())).collect()
}

/// The part of the tree that a file belongs to.
fn layer(file: &str) -> &str {
    file.split('/').next().unwrap_or(file).trim_end_matches(".rs")
}

/// What a file names of ours: the word after each `crate::`, or after each brace of `crate::{a, b}`.
fn imports(text: &str) -> Vec<String> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let code: Vec<&str> = code.collect();
    let code = code.join("\n");
    let mut found = Vec::new();
    for (_, rest) in code.match_indices("crate::").map(|(at, word)| code.split_at(at + word.len())) {
        let list = match rest.strip_prefix('{') {
            Some(list) => list.split('}').next().unwrap_or_default().split(',').collect(),
            None => vec![rest],
        };
        for one in list {
            let name =
                one.trim().split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default();
            found.push(name.to_owned());
        }
    }
    found
}

#[test]
fn imports_point_down() {
    let mut wrong = Vec::new();
    for (file, text) in files("src") {
        let own = layer(&file);
        let allowed =
            LAYERS.iter().find(|(name, _)| *name == own).map(|(_, allowed)| *allowed).unwrap_or_default();
        for import in imports(&text) {
            if own != "lib" && import != own && !allowed.contains(&import.as_str()) {
                wrong.push(format!("src/{file} names crate::{import}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_part_of_the_tree_has_its_rule() {
    for (file, _) in files("src") {
        let own = layer(&file);
        let known = own == "lib" || own == "model" || LAYERS.iter().any(|(name, _)| *name == own);
        assert!(known, "src/{file}");
    }
}

#[test]
fn every_file_begins_with_what_it_is_about() {
    for folder in ["src", "tests/native"] {
        for (file, text) in files(folder) {
            let first = text.lines().next().unwrap_or_default();
            assert!(first.starts_with("//! ") && first.len() > 8, "{folder}/{file}: {first}");
        }
    }
}

#[test]
fn no_file_is_longer_than_400_lines() {
    for folder in ["src", "tests"] {
        for (file, text) in files(folder) {
            let lines = text.lines().count();
            assert!(lines <= 400, "{folder}/{file}: {lines}");
        }
    }
}

#[test]
fn sql_stands_in_the_store_alone() {
    let sql = ["SELECT ", "INSERT INTO ", "INSERT OR ", "UPDATE ", "DELETE FROM ", "CREATE TABLE "];
    for (file, text) in files("src") {
        // The counter object keeps its tallies in a storage of its own.
        if layer(&file) == "store" || file == "edge/counter_do.rs" {
            continue;
        }
        let found =
            sql.iter().find(|word| text.contains(&format!("\"{word}")) || text.contains(&format!(" {word}")));
        assert_eq!(found, None, "src/{file}");
    }
}

#[test]
fn the_platform_is_named_at_the_edge_alone() {
    let platform = ["worker::", "wasm_bindgen", "js_sys", "web_sys", "getrandom"];
    for (file, text) in files("src").iter().filter(|(file, _)| layer(file) != "edge") {
        assert_eq!(platform.iter().find(|name| text.contains(**name)), None, "src/{file}");
    }
}

#[test]
fn nothing_is_left_to_do_and_no_lint_is_switched_off() {
    let words =
        [["TO", "DO"], ["FIX", "ME"], ["XX", "X:"], ["#[al", "low"], ["#![al", "low"], ["#[ig", "nore"]];
    for folder in ["src", "tests"] {
        for (file, text) in files(folder) {
            let found = words.iter().map(|halves| halves.concat()).find(|word| text.contains(word.as_str()));
            assert_eq!(found, None, "{folder}/{file}");
        }
    }
}

#[test]
fn the_ambient_clock_and_generator_are_not_used() {
    let ambient =
        ["SystemTime::now", "Instant::now", "OffsetDateTime::now", "Utc::now", "thread_rng", "OsRng"];
    for (file, text) in files("src").iter().filter(|(file, _)| layer(file) != "edge") {
        assert_eq!(ambient.iter().find(|name| text.contains(**name)), None, "src/{file}");
    }
}

#[test]
fn the_model_imports_nothing_of_ours_and_knows_no_database() {
    for (file, text) in files("src/model") {
        assert!(imports(&text).iter().all(|import| import == "model"), "src/model/{file}");
    }
}
