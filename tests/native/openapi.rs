//! The OpenAPI document: complete, and the one that is served.

use portcullis::api;
use std::collections::HashSet;

use portcullis::api::docs;
use portcullis::http::request::Request;
use portcullis::http::response::Response;
use portcullis::model::headers::Headers;
use serde_json::{Value, json};

use crate::harness::{World, document};

fn made() -> Value {
    let world = World::new();
    docs::document(&world.cx(), &api::chapters(), &world.table)
}

/// With every member in its alphabetical place, whatever keeps the order of objects in the tests' dependencies.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.into_iter().map(|(name, one)| (name, sorted(one))).collect();
            members.sort_by(|(a, _), (b, _)| a.cmp(b));
            members.into_iter().collect()
        }
        Value::Array(items) => items.into_iter().map(sorted).collect(),
        other => other,
    }
}

#[test]
fn every_row_of_the_table_is_documented_and_nothing_else() {
    let differences = docs::differences(&api::chapters(), &World::new().table);
    assert!(differences.is_empty(), "{differences:#?}");
}

/// `npm run openapi` writes the file anew.
#[test]
fn the_served_document_is_current() {
    let text = format!("{:#}\n", sorted(made()));
    if std::env::var_os("PORTCULLIS_WRITE").is_some() {
        std::fs::write(document::FILE, &text).unwrap();
    }
    let kept = std::fs::read_to_string(document::FILE).unwrap_or_default();
    assert!(kept == text, "static/docs/openapi.json is stale: run npm run openapi");
}

#[test]
fn every_operation_has_an_id_of_its_own_a_success_and_words() {
    let document = made();
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
    let document = made();
    check(&document, &document);
}

#[test]
fn every_schema_is_one() {
    for (name, schema) in made()["components"]["schemas"].as_object().unwrap() {
        assert!(jsonschema::meta::validate(schema).is_ok(), "{name}");
    }
}

#[test]
#[should_panic(expected = "GET /healthz 418 is not in the document")]
fn an_answer_that_is_not_documented_fails_its_test() {
    answered_by_health(418, json!({ "status": "ok" }));
}

#[test]
#[should_panic(expected = "GET /healthz 200 is not as in the document")]
fn a_member_that_is_not_documented_fails_its_test() {
    answered_by_health(200, json!({ "status": "ok", "secret": 1 }));
}

fn answered_by_health(status: u16, body: Value) {
    let world = World::new();
    let request = Request {
        method: "GET".into(),
        host: "auth.example.com".into(),
        path: "/healthz".into(),
        query: String::new(),
        headers: Headers::new(Vec::new()),
        body: Box::new(Vec::new()),
    };
    document::holds(&world.table, &request, b"", &Response::json(status, &body));
}
