//! The OpenAPI document: complete, and the one that is served.

use std::collections::HashSet;
use std::path::PathBuf;

use portcullis::api::docs;
use serde_json::Value;

use crate::harness::World;

fn document() -> Value {
    let world = World::new();
    docs::document(&world.cx(), &world.table)
}

#[test]
fn every_row_of_the_table_is_documented_and_nothing_else() {
    let differences = docs::differences(&World::new().table);
    assert!(differences.is_empty(), "{differences:#?}");
}

/// `PORTCULLIS_WRITE=1 cargo test openapi` writes the file anew.
#[test]
fn the_served_document_is_current() {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("static/docs/openapi.json");
    let text = format!("{:#}\n", document());
    if std::env::var_os("PORTCULLIS_WRITE").is_some() {
        std::fs::write(&file, &text).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(kept == text, "static/docs/openapi.json is stale: run npm run openapi");
}

#[test]
fn every_operation_has_an_id_of_its_own_a_success_and_words() {
    let document = document();
    let mut ids = HashSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let what = format!("{method} {path}");
            assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "{what}");
            assert!(!operation["summary"].as_str().unwrap().is_empty(), "{what}");
            let responses = operation["responses"].as_object().unwrap();
            assert!(responses.keys().any(|status| status.as_str() < "400"), "{what}");
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn check(whole: &Value, part: &Value) {
        match part {
            Value::Object(members) => {
                if let Some(to) = members.get("$ref").and_then(Value::as_str) {
                    assert!(whole.pointer(to.trim_start_matches('#')).is_some(), "{to}");
                }
                members.values().for_each(|member| check(whole, member));
            }
            Value::Array(items) => items.iter().for_each(|item| check(whole, item)),
            _ => {}
        }
    }
    let document = document();
    check(&document, &document);
}
