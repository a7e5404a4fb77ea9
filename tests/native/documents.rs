//! The documents hold together: README is short and leads to all of `docs/`, links lead somewhere, and the tables of
//! settings, routes and variables have what there is.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::harness::World;

/// The most that README takes, in bytes.
const README: usize = 10 * 1024;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

/// Every document, by its path from the root.
fn documents() -> Vec<String> {
    let mut all = Vec::new();
    for folder in ["", "docs/", "docs/sign-in/"] {
        for entry in std::fs::read_dir(root().join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if Path::new(&name).extension().is_some_and(|kind| kind == "md") {
                all.push(format!("{folder}{name}"));
            }
        }
    }
    all.sort();
    all
}

/// A document's text without its blocks of code.
fn prose(text: &str) -> String {
    let blocks = text.split("\n```").enumerate();
    blocks.filter(|(n, _)| n % 2 == 0).map(|(_, part)| part).collect::<Vec<_>>().join("\n")
}

/// Where a document's links lead.
fn links(text: &str) -> Vec<String> {
    let prose = prose(text);
    let ends = prose.match_indices("](").map(|(at, found)| &prose[at + found.len()..]);
    ends.map(|rest| rest.split(')').next().unwrap().to_owned()).collect()
}

/// The anchors of a document's headings, as GitHub makes them.
fn anchors(text: &str) -> Vec<String> {
    let prose = prose(text);
    let headings = prose.lines().filter(|line| line.starts_with('#'));
    let kept = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | ' ');
    let anchor = |line: &str| {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        title.chars().filter(|c| kept(*c)).collect::<String>().replace(' ', "-")
    };
    headings.map(anchor).collect()
}

/// The first two cells of each row of a document's tables, without the quotes of code.
fn rows(text: &str) -> Vec<(String, String)> {
    let cells = |line: &str| {
        let mut cells = line.strip_prefix("| ")?.split(" | ");
        Some((cells.next()?.to_owned(), cells.next()?.to_owned()))
    };
    text.lines().filter_map(cells).collect()
}

#[test]
fn the_readme_is_short() {
    let bytes = read("README.md").len();
    assert!(bytes <= README, "{bytes} bytes");
}

#[test]
fn the_readme_leads_to_every_document() {
    let links = links(&read("README.md"));
    let missing: Vec<String> =
        documents().into_iter().filter(|file| file != "README.md" && !links.contains(file)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_link_leads_to_a_file_and_a_heading_that_exist() {
    let mut wrong = Vec::new();
    for document in documents() {
        let folder = root().join(&document).parent().unwrap().to_owned();
        for link in links(&read(&document)) {
            if ["https://", "http://", "mailto:"].iter().any(|scheme| link.starts_with(scheme)) {
                continue;
            }
            let (file, anchor) = link.split_once('#').map_or((&*link, None), |(file, to)| (file, Some(to)));
            let target = if file.is_empty() { root().join(&document) } else { folder.join(file) };
            let leads = target.exists()
                && anchor.is_none_or(|to| {
                    anchors(&std::fs::read_to_string(&target).unwrap()).iter().any(|anchor| anchor == to)
                });
            if !leads {
                wrong.push(format!("{document}: {link}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn each_setting_stands_in_its_table_with_its_default() {
    let rows = rows(&read("docs/tenants-and-settings.md"));
    let world = World::new();
    let settings = world.get("/tenant/home/v2/Settings").bearer(&world.admin()).send().is(200).json;
    for (name, default) in settings.as_object().unwrap() {
        let default = default.as_str().map_or_else(|| default.to_string(), str::to_owned);
        let row = rows.iter().find(|(first, _)| *first == format!("`{name}`"));
        let shown = row.map(|(_, shown)| shown.split(" (").next().unwrap());
        assert_eq!(shown, Some(format!("`{default}`").as_str()), "{name}");
    }
}

#[test]
fn each_field_of_a_route_stands_in_its_table() {
    let rows = rows(&read("docs/gateway-routes.md"));
    let world = World::new();
    let route = json!({ "name": "app", "path": "/app/", "origin": "https://app.example.com" });
    let made = world.post("/tenant/home/v2/Routes").bearer(&world.admin()).json(route).send().is(201).json;
    let fields: Vec<&String> = made.as_object().unwrap().keys().filter(|name| *name != "id").collect();
    assert!(fields.len() >= 10, "{fields:?}");
    for name in fields {
        assert!(rows.iter().any(|(first, _)| *first == format!("`{name}`")), "{name}");
    }
}

#[test]
fn each_variable_that_is_read_stands_in_its_table() {
    let rows = rows(&read("docs/deploy.md"));
    let source = read("src/config.rs");
    let (source, _) = source.split_once("fn origin(").unwrap();
    let after = |opening: &str| {
        let places = source.match_indices(opening).map(|(at, found)| &source[at + found.len()..]);
        places.map(|rest| rest.split('"').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let names = [after("var(\""), after("need(\"")].concat();
    assert!(names.len() >= 10, "{names:?}");
    for name in names {
        assert!(rows.iter().any(|(first, _)| *first == format!("`{name}`")), "{name}");
    }
}
