//! The layout rules, held over the source tree.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What each part of the tree may import of ours, itself apart. The order is a request's way: imports point down.
const LAYERS: [(&str, &[&str]); 12] = [
    (
        "edge",
        &[
            "api", "http", "domain", "cx", "memo", "config", "ports", "oidc", "saml", "crypto", "store",
            "model",
        ],
    ),
    ("api", &["http", "domain", "cx", "config", "ports", "oidc", "store", "model"]),
    ("http", &["domain", "cx", "ports", "oidc", "model"]),
    ("domain", &["cx", "memo", "config", "ports", "oidc", "saml", "crypto", "store", "model"]),
    ("cx", &["memo", "config", "ports", "crypto", "model"]),
    ("memo", &["config", "model"]),
    ("config", &["ports"]),
    ("ports", &[]),
    ("oidc", &["crypto", "model"]),
    ("saml", &["crypto", "model"]),
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

/// What each room of the domain may import of the domain, itself and what every room may apart: the files of [`BELOW`].
const ROOMS: [(&str, &[&str]); 17] = [
    (
        "admin",
        &[
            "clients",
            "gateway",
            "mailing",
            "people",
            "session",
            "sign_in",
            "templates",
            "tenants",
            "throttle",
            "vault",
        ],
    ),
    ("saml", &["federation", "mailing", "outbound", "providers", "session", "tenants", "throttle"]),
    (
        "federation",
        &[
            "clients",
            "mailing",
            "outbound",
            "people",
            "providers",
            "session",
            "sign_in",
            "tenants",
            "throttle",
            "upstream",
        ],
    ),
    ("providers", &["outbound", "session", "tenants", "throttle", "upstream"]),
    ("vault", &["mailing", "outbound", "people", "session", "tenants", "throttle", "upstream"]),
    ("upstream", &["outbound", "tenants", "throttle"]),
    ("oauth", &["clients", "session", "tenants", "throttle"]),
    ("sign_in", &["mailing", "people", "session", "tenants", "throttle"]),
    ("clients", &["gateway", "outbound", "session", "tenants", "throttle"]),
    ("gateway", &["outbound", "session", "tenants", "throttle", "vault"]),
    ("session", &["tenants", "throttle"]),
    ("outbound", &["tenants", "throttle"]),
    ("people", &["tenants"]),
    ("mailing", &["templates", "tenants", "throttle"]),
    ("templates", &["tenants"]),
    ("tenants", &["throttle"]),
    ("throttle", &[]),
];

/// Files of the domain that stand below its rooms, with the rooms that they may import.
const BELOW: [(&str, &[&str]); 15] = [
    ("assertion_limits", &["tenants"]),
    ("audit", &[]),
    ("backchannel", &["outbound", "tenants"]),
    ("change", &["mailing"]),
    ("counter", &[]),
    ("delivery", &[]),
    ("feed", &[]),
    ("kept_keys", &[]),
    ("key_rotation", &["tenants"]),
    ("keys", &["tenants"]),
    ("public_uris", &["outbound"]),
    ("readiness", &[]),
    ("refusal", &[]),
    ("reseal", &["mailing", "providers", "saml", "sign_in", "tenants", "vault"]),
    ("sweep", &["clients", "federation", "mailing", "saml", "vault"]),
];

#[test]
fn rooms_of_the_domain_import_only_those_below_them() {
    let mut wrong = Vec::new();
    for (file, imports) in file_imports() {
        let Some(own) = room(&file) else { continue };
        let allowed = ROOMS.iter().chain(&BELOW).find(|(name, _)| *name == own);
        let Some((_, allowed)) = allowed else {
            wrong.push(format!("{file} is in no room"));
            continue;
        };
        for import in imports {
            let Some(other) = room(&import) else { continue };
            let is_below = BELOW.iter().any(|(name, _)| *name == other);
            if other != own && !is_below && !allowed.contains(&other) {
                wrong.push(format!("{file} imports {import}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The room of the domain that a file is in.
fn room(file: &str) -> Option<&str> {
    let own = file.strip_prefix("domain/")?.split('/').next()?.trim_end_matches(".rs");
    (own != "mod").then_some(own)
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let graph: BTreeMap<String, Vec<String>> = file_imports().into_iter().collect();
    let mut circles = Vec::new();
    for start in graph.keys() {
        let (mut seen, mut open) = (Vec::new(), vec![start]);
        while let Some(file) = open.pop() {
            for next in graph.get(file).into_iter().flatten() {
                if next == start {
                    circles.push(format!("{start} … {file}"));
                } else if !seen.contains(&next) {
                    seen.push(next);
                    open.push(next);
                }
            }
        }
    }
    assert!(circles.is_empty(), "{circles:#?}");
}

/// Each file of the source tree with the files that it imports of ours.
fn file_imports() -> Vec<(String, Vec<String>)> {
    let all = files("src");
    let exists = |path: &str| all.iter().any(|(file, _)| file == path);
    // The file that the longest part of a path is: `domain::keys::of` is in `domain/keys.rs`.
    let file_of = |path: &str| {
        let parts: Vec<&str> = path.split("::").collect();
        (1..=parts.len()).rev().find_map(|length| {
            let stem = parts.get(..length)?.join("/");
            [format!("{stem}.rs"), format!("{stem}/mod.rs")].into_iter().find(|file| exists(file))
        })
    };
    let imports = |(file, text): &(String, String)| {
        let paths = paths(text);
        let mut found: Vec<String> = paths.iter().filter_map(|path| file_of(path)).collect();
        found.retain(|import| import != file);
        found.sort();
        found.dedup();
        (file.clone(), found)
    };
    all.iter().filter(|(file, _)| file != "lib.rs").map(imports).collect()
}

/// The paths behind each `crate::` of a file, with those in braces written out.
fn paths(text: &str) -> Vec<String> {
    let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    let mut all = Vec::new();
    for (at, word) in code.match_indices("crate::") {
        let rest = code.get(at + word.len()..).unwrap_or_default();
        let path: String =
            rest.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | ':')).collect();
        let behind = rest.get(path.len()..).unwrap_or_default();
        match behind.strip_prefix('{') {
            Some(list) => {
                let list = list.split('}').next().unwrap_or_default();
                let names = list.split(',').map(|one| one.split_whitespace().next().unwrap_or_default());
                // `self` stands for the path itself.
                all.extend(names.map(|name| format!("{path}{name}").trim_end_matches("::self").to_owned()));
            }
            None => all.push(path),
        }
    }
    all
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

/// What was decided on may be asked, and nothing else: requests to other servers go through one function.
#[test]
fn requests_to_other_servers_go_through_the_guard_alone() {
    let mut wrong = Vec::new();
    for (file, text) in files("src") {
        let may = file.starts_with("domain/outbound/") || file == "edge/mail.rs";
        let asks = ["http.send(", "worker::Fetch::", "post_form(&self"];
        if !may && file != "edge/fetch.rs" && asks.iter().any(|ask| text.contains(ask)) {
            wrong.push(file);
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}
