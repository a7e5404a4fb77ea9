//! Schemas of types, by utoipa.

use serde_json::{Map, Value, json};
use utoipa::ToSchema;

const REF: &str = "#/components/schemas/";

/// A schema, and those that it names.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    /// The schema.
    pub(crate) schema: Value,
    /// What it refers to, by name.
    pub(crate) parts: Map<String, Value>,
}

fn parts<T: ToSchema>() -> Map<String, Value> {
    let mut all = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut all);
    all.into_iter().map(|(name, schema)| (name, serde_json::to_value(schema).unwrap_or_default())).collect()
}

/// The schema of a type that requests are read into, written out.
pub(crate) fn request<T: ToSchema>() -> Value {
    let parts = parts::<T>();
    let mut schema = parts.get(T::name().as_ref()).cloned().unwrap_or_default();
    write_out(&mut schema, &parts);
    flatten(&mut schema, &parts);
    schema
}

/// A type's members and what is said of them, for a query that has them.
pub(crate) fn members<T: ToSchema>() -> Vec<(String, String)> {
    let schema = request::<T>();
    let properties = schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    let said = |one: &Value| one.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
    properties.iter().map(|(name, one)| (name.clone(), said(one))).collect()
}

/// The schema of a type in an answer. What may be null is always there; what may be absent is never null.
pub(crate) fn answer<T: ToSchema>() -> Named {
    let mut all = parts::<T>();
    let known = all.clone();
    for schema in all.values_mut() {
        flatten(schema, &known);
        let always = |property: &Value| is_nullable(property);
        require(schema, always);
    }
    named::<T>(all)
}

/// As [`answer`], of a type whose members are all always there, as one that is also read from requests.
pub(crate) fn whole_answer<T: ToSchema>() -> Named {
    let mut all = parts::<T>();
    let known = all.clone();
    for schema in all.values_mut() {
        flatten(schema, &known);
        require(schema, |_| true);
    }
    named::<T>(all)
}

/// As [`answer`], of a type whose members are left out where they would be null.
pub(crate) fn lean_answer<T: ToSchema>() -> Named {
    let mut all = parts::<T>();
    let known = all.clone();
    for schema in all.values_mut() {
        flatten(schema, &known);
        require(schema, |property| !is_nullable(property) && is_typed(property));
    }
    named::<T>(all)
}

fn named<T: ToSchema>(mut all: Map<String, Value>) -> Named {
    let schema = json!({ "$ref": format!("{REF}{}", T::name()) });
    let mut used = Vec::new();
    names_in(&schema, &all, &mut used);
    all.retain(|name, _| used.contains(name));
    Named { schema, parts: all }
}

fn names_in(schema: &Value, all: &Map<String, Value>, found: &mut Vec<String>) {
    match schema {
        Value::Object(members) => {
            if let Some(name) = referred(members)
                && !found.contains(&name)
                && let Some(part) = all.get(&name)
            {
                found.push(name);
                names_in(part, all, found);
            }
            members.values().for_each(|member| names_in(member, all, found));
        }
        Value::Array(items) => items.iter().for_each(|item| names_in(item, all, found)),
        _ => {}
    }
}

/// The schema of values like these: their members' types; `always` has those that are always there.
pub(crate) fn like(all: &Value, always: &Value) -> Named {
    let schema = |value: &Value| match value {
        Value::Array(_) => json!({ "type": "array", "items": { "type": "string" } }),
        Value::Bool(_) => json!({ "type": "boolean" }),
        _ => json!({ "type": "string" }),
    };
    let members = |value: &Value| value.as_object().cloned().unwrap_or_default();
    let properties: Map<String, Value> =
        members(all).iter().map(|(name, value)| (name.clone(), schema(value))).collect();
    let required: Vec<String> = members(always).into_iter().map(|(name, _)| name).collect();
    let schema = json!({ "type": "object", "properties": properties, "required": required });
    Named { schema, parts: Map::new() }
}

impl Named {
    /// In `{success, data}`.
    pub(crate) fn in_data(mut self) -> Named {
        self.schema = json!({
            "type": "object", "required": ["success", "data"],
            "properties": { "success": { "type": "boolean", "const": true }, "data": self.schema },
        });
        self
    }

    /// A page of a list: `{items, nextCursor}`.
    pub(crate) fn listed(mut self) -> Named {
        let next =
            json!({ "type": ["string", "null"], "description": "For `cursor`; null on the last page." });
        self.schema = json!({
            "type": "object", "required": ["items", "nextCursor"],
            "properties": { "items": { "type": "array", "items": self.schema }, "nextCursor": next },
        });
        self
    }

    /// With the surface's name before each of its own, so that two surfaces may each have a `User`.
    pub(crate) fn of_surface(mut self, surface: &str) -> Named {
        prefix(&mut self.schema, surface);
        self.parts = self
            .parts
            .into_iter()
            .map(|(name, mut part)| {
                prefix(&mut part, surface);
                (format!("{surface}.{name}"), part)
            })
            .collect();
        self
    }
}

fn prefix(value: &mut Value, surface: &str) {
    match value {
        Value::Object(members) => {
            if let Some(name) = referred(members) {
                members.insert("$ref".into(), format!("{REF}{surface}.{name}").into());
            }
            members.values_mut().for_each(|member| prefix(member, surface));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| prefix(item, surface)),
        _ => {}
    }
}

fn referred(members: &Map<String, Value>) -> Option<String> {
    members.get("$ref")?.as_str()?.strip_prefix(REF).map(str::to_owned)
}

/// Puts what is referred to in the reference's place.
fn write_out(value: &mut Value, parts: &Map<String, Value>) {
    match value {
        Value::Object(members) => {
            if let Some(part) = referred(members).and_then(|name| parts.get(&name)) {
                members.remove("$ref");
                if let Value::Object(part) = part.clone() {
                    for (name, member) in part {
                        members.entry(name).or_insert(member);
                    }
                }
            }
            members.values_mut().for_each(|member| write_out(member, parts));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| write_out(item, parts)),
        _ => {}
    }
}

/// Makes one object of a flattened member and what stands beside it.
fn flatten(schema: &mut Value, parts: &Map<String, Value>) {
    let Some(Value::Array(all)) = schema.as_object_mut().and_then(|members| members.remove("allOf")) else {
        return;
    };
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for mut one in all {
        let name = one.as_object().and_then(referred);
        if let Some(part) = name.and_then(|name| parts.get(&name)) {
            one = part.clone();
            flatten(&mut one, parts);
        }
        if let Some(Value::Object(more)) = one.get_mut("properties").map(Value::take) {
            properties.extend(more);
        }
        if let Some(Value::Array(more)) = one.get_mut("required").map(Value::take) {
            required.extend(more);
        }
    }
    if let Some(members) = schema.as_object_mut() {
        members.insert("type".into(), "object".into());
        members.insert("properties".into(), properties.into());
        members.insert("required".into(), required.into());
    }
}

fn require(schema: &mut Value, always: impl Fn(&Value) -> bool) {
    let Some(members) = schema.as_object_mut() else { return };
    let Some(Value::Object(properties)) = members.get("properties") else { return };
    let stated = members.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let required: Vec<Value> = properties
        .iter()
        .filter(|(name, property)| always(property) || stated.iter().any(|one| one == name.as_str()))
        .map(|(name, _)| name.clone().into())
        .collect();
    // Whether more members may come is for later versions to say.
    members.remove("additionalProperties");
    members.insert("required".into(), required.into());
}

fn is_typed(property: &Value) -> bool {
    ["type", "$ref", "allOf", "oneOf"].iter().any(|key| property.get(key).is_some())
}

fn is_nullable(property: &Value) -> bool {
    let null = |one: &Value| one == "null" || one.get("type").is_some_and(|kind| kind == "null");
    ["type", "oneOf", "anyOf"]
        .iter()
        .filter_map(|key| property.get(key).and_then(Value::as_array))
        .any(|kinds| kinds.iter().any(null))
}

/// A schema of plain text, as pages are.
pub(super) fn text() -> Value {
    serde_json::json!({ "type": "string" })
}
