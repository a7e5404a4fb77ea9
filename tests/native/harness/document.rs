//! The OpenAPI document beside the code: each answer that a test gets must be one that it describes.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema::Validator;
use portcullis::http::request::Request;
use portcullis::http::response::Response;
use portcullis::http::table::{Match, Route, Table};
use serde_json::{Value, json};

/// The file that is served. A test of its own says that it is what the code makes; to read it takes a tenth of the
/// time that making it anew takes.
pub const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/static/docs/openapi.json");

static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_slice(&fs::read(FILE).unwrap()).unwrap());
static VALIDATORS: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);

/// Fails unless the document has that answer to that request.
#[track_caller]
pub fn holds(table: &Table, request: &Request, body: &[u8], response: &Response) {
    let Match::Route { route, .. } = table.find(&request.method, &request.path) else { return };
    let (path, method) = (route.path.replace("{*", "{"), route.method.to_ascii_lowercase());
    // A row that is missing fails the test of the table.
    let operation = &DOCUMENT["paths"][&path][&method];
    if operation.is_object() {
        let what = format!("{} {} {}", route.method, route.path, response.status);
        answered(operation, &what, response);
        if response.status < 300 {
            read(operation, route, body);
        }
    }
}

fn answered(operation: &Value, what: &str, response: &Response) {
    let said = &operation["responses"][response.status.to_string()];
    assert!(said.is_object(), "{what} is not in the document: {}", response.body);
    let said = match said["$ref"].as_str() {
        Some(to) => DOCUMENT.pointer(to.trim_start_matches('#')).unwrap(),
        None => said,
    };
    if response.body.is_empty() {
        return;
    }
    let media = response.header("content-type").unwrap_or_default().split(';').next().unwrap_or_default();
    let content = &said["content"][media];
    assert!(content.is_object(), "{what} {media} is not in the document: {}", response.body);
    if !media.ends_with("json") {
        return;
    }
    let answer: Value = serde_json::from_str(&response.body).unwrap();
    must_be_valid(&content["schema"], what, &answer, true);
    // A refusal's code is one that the document gives an example of.
    let Some(examples) = content["examples"].as_object() else { return };
    for member in ["code", "error", "status"] {
        let mut said = examples.values().map(|example| example["value"].get(member));
        let sentences = member == "error" && answer.get("success").is_some();
        if said.clone().any(|one| one.is_some()) && !sentences {
            assert!(
                said.any(|one| one == answer.get(member)),
                "{what}: no example has {member} {}",
                answer[member]
            );
        }
    }
}

/// What was accepted is what the document says is read.
fn read(operation: &Value, route: &Route, body: &[u8]) {
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    if let (true, Ok(body)) = (schema.is_object(), serde_json::from_slice(body)) {
        must_be_valid(schema, &format!("body of {} {}", route.method, route.path), &body, false);
    }
}

fn must_be_valid(schema: &Value, what: &str, value: &Value, closed: bool) {
    let make = || {
        let mut schemas = BTreeMap::new();
        reach(schema, &mut schemas);
        let mut whole = json!({ "components": { "schemas": schemas }, "allOf": [schema] });
        if closed {
            close(&mut whole);
        }
        Arc::new(jsonschema::options().should_validate_formats(true).build(&whole).unwrap())
    };
    let validator = VALIDATORS.lock().unwrap().entry(what.to_owned()).or_insert_with(make).clone();
    let wrong: Vec<String> =
        validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(wrong.is_empty(), "{what} is not as in the document: {wrong:#?} in {value}");
}

/// Collects the document's schemas that a schema refers to, and those that they refer to.
fn reach<'d>(schema: &'d Value, found: &mut BTreeMap<&'d str, &'d Value>) {
    match schema {
        Value::Object(members) => {
            let to = members.get("$ref").and_then(Value::as_str);
            if let Some(name) = to.and_then(|to| to.strip_prefix("#/components/schemas/"))
                && !found.contains_key(name)
            {
                let schema = &DOCUMENT["components"]["schemas"][name];
                found.insert(name, schema);
                reach(schema, found);
            }
            members.values().for_each(|member| reach(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| reach(item, found)),
        _ => {}
    }
}

/// Lets objects have no members that the document does not name.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if members.contains_key("properties") && members.get("type").is_some_and(|kind| kind == "object")
            {
                members.entry("additionalProperties").or_insert(false.into());
            }
            members.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}
