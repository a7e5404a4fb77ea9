//! JSON as it is parsed and as types are read from it.

use std::collections::BTreeMap;

use portcullis::domain::tenants::Settings;
use portcullis::model::client::Metadata;
use portcullis::model::json::{maybe_object, parse, read};
use portcullis::model::route::RouteSpec;
use portcullis::oidc::access_token::Audiences;
use portcullis::ports::{Act, Count, Rule, Tally, Verdict};
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Something of each kind that a type of ours may have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Thing {
    text: String,
    maybe: Option<String>,
    #[serde(default)]
    absent: Option<String>,
    yes: bool,
    small: u8,
    signed: i64,
    broken: f64,
    list: Vec<Part>,
    #[serde(default, deserialize_with = "maybe_object")]
    part: Option<Part>,
    pair: (u8, String),
    kind: Kind,
    any: Value,
    map: BTreeMap<String, Part>,
    unit: (),
    named: Named,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    #[serde(alias = "number")]
    n: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Plain,
    New(u8),
    Pair(u8, u8),
    Full { n: u32 },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Named(String);

fn thing() -> Value {
    json!({
        "text": "t", "maybe": null, "yes": true, "small": 255, "signed": -1, "broken": 1.5,
        "list": [{ "n": 1 }, { "n": 2 }], "part": { "n": 4 }, "pair": [1, "a"], "kind": "plain", "any": { "a": [null, 1, 1.5, "b"] },
        "map": { "a": { "n": 3 } }, "unit": null, "named": "x", "unknown": [{}],
    })
}

/// What is wrong with a thing that has this member.
fn wrong(member: &str, value: Value) -> String {
    let mut all = thing();
    all[member] = value;
    read::<Thing>(all).unwrap_err().to_string()
}

#[test]
fn each_kind_of_type_is_read() {
    let read_here = read::<Thing>(thing()).unwrap();
    assert_eq!(read_here, serde_json::from_value(thing()).unwrap());
    assert_eq!(read_here.any, thing()["any"]);
    for kind in
        [json!("plain"), json!({ "new": 1 }), json!({ "pair": [1, 2] }), json!({ "full": { "n": 1 } })]
    {
        assert_eq!(read::<Kind>(kind.clone()).unwrap(), serde_json::from_value(kind).unwrap());
    }
}

#[test]
fn it_is_said_what_was_expected_and_where() {
    for (member, value, said) in [
        ("text", json!(1), "expected a string at `text`"),
        ("maybe", json!([]), "expected a string at `maybe`"),
        ("yes", json!("yes"), "expected a boolean at `yes`"),
        ("small", json!(256), "expected u8 at `small`"),
        ("small", json!(-1), "expected u8 at `small`"),
        ("small", json!(1.5), "expected a whole number at `small`"),
        ("signed", json!(u64::MAX), "expected i64 at `signed`"),
        ("broken", json!("1"), "expected a number at `broken`"),
        ("list", json!({ "n": 1 }), "expected a list at `list`"),
        ("list", json!([{ "n": 1 }, 2]), "expected an object at `list[1]`"),
        ("part", json!([2]), "expected an object at `part`"),
        ("part", json!({ "n": "4" }), "expected a whole number at `part.n`"),
        ("list", json!([{ "n": 1 }, { "n": "2" }]), "expected a whole number at `list[1].n`"),
        ("list", json!([{}]), "missing field `n` at `list[0]`"),
        ("list", json!([{ "n": 1, "number": 1 }]), "duplicate field `n` at `list[0]`"),
        ("list", json!([{ "n": 1, "m": 1 }]), "unknown field, expected one of `n`, `number` at `list[0]`"),
        ("pair", json!([1]), "expected a list of 2 at `pair`"),
        ("pair", json!([1, "a", 2]), "expected a shorter list at `pair`"),
        ("kind", json!("other"), "expected one of `plain`, `new`, `pair`, `full` at `kind`"),
        ("kind", json!({}), "expected a string, or an object with one member at `kind`"),
        ("kind", json!({ "plain": 1 }), "expected null at `kind`"),
        ("kind", json!("full"), "expected an object at `kind`"),
        ("map", json!({ "b": { "n": null } }), "expected a whole number at `map.b.n`"),
        ("unit", json!(0), "expected null at `unit`"),
        ("named", json!(0), "expected a string at `named`"),
    ] {
        assert_eq!(wrong(member, value.clone()), said, "{member}: {value}");
    }
    assert_eq!(read::<Thing>(json!([])).unwrap_err().to_string(), "expected an object");
    assert_eq!(read::<Part>(json!("a")).unwrap_err().to_string(), "expected an object");
}

#[test]
fn what_was_met_is_never_said() {
    let secret = json!("hunter2");
    let every =
        [secret.clone(), json!([secret]), json!({ "hunter2": "hunter2" }), json!(4_711), json!(47.11)];
    for member in thing().as_object().unwrap().keys() {
        for value in &every {
            let mut all = thing();
            all[member] = value.clone();
            if let Err(wrong) = read::<Thing>(all) {
                let said = format!("{wrong} {wrong:?}");
                assert!(!said.contains("4711") && !said.contains("47.11"), "{said}");
                // Members of a map that we know by no name are the exception: we keep no secret in one's name.
                assert!(!said.contains("hunter2") || member == "map", "{said}");
            }
        }
    }
}

#[test]
fn a_member_that_comes_twice_is_refused_at_any_depth() {
    for text in [
        r#"{"a":1,"a":1}"#,
        r#"{"a":1,"b":{"c":[{"d":1,"e":2,"d":1}]}}"#,
        r#"[{"a":1,"\u0061":2}]"#,
        r#"{"":1,"":1}"#,
    ] {
        assert!(parse(text.as_bytes()).unwrap_err().is_data(), "{text}");
    }
    assert!(parse(br#"{"a":{"a":1},"A":{"a":1}}"#).is_ok());
}

#[test]
fn only_json_is_parsed_and_not_too_deep() {
    for text in
        ["", " ", "{", "{} {}", "{'a':1}", "{\"a\":1,}", "nul", "1e999", "\"\\ud800\"", "\u{feff}{}", "01"]
    {
        assert!(parse(text.as_bytes()).is_err(), "{text}");
    }
    assert!(parse(b"\"\xff\"").is_err());
    let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    assert!(parse(nested(127).as_bytes()).is_ok());
    assert!(parse(nested(128).as_bytes()).unwrap_err().is_syntax());
    assert!(parse(nested(100_000).as_bytes()).is_err());
}

#[test]
fn an_audience_is_one_or_several() {
    assert_eq!(read::<Audiences>(json!("a")).unwrap().0, ["a"]);
    assert_eq!(read::<Audiences>(json!(["a", "b"])).unwrap().0, ["a", "b"]);
    for bad in [json!(null), json!(1), json!({}), json!([1]), json!([["a"]])] {
        assert!(read::<Audiences>(bad).is_err());
    }
}

fn same<T: DeserializeOwned + PartialEq + std::fmt::Debug>(value: &Value) {
    let theirs = serde_json::from_value::<T>(value.clone());
    let ours = read::<T>(value.clone());
    match (ours, theirs) {
        (Ok(ours), Ok(theirs)) => assert_eq!(ours, theirs, "{value}"),
        // serde_json reads a list as an object's members in their order, and a number of a type's members.
        (Err(_), Ok(_)) => assert!(has_list(value), "{value}"),
        (Ok(_), Err(error)) => panic!("{value}: {error}"),
        (Err(_), Err(_)) => {}
    }
}

fn has_list(value: &Value) -> bool {
    value.is_array() || value.as_object().is_some_and(|members| members.values().any(has_list))
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (0..300_u32).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{0,3}", inner, 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn names_of(value: &Value) -> Vec<String> {
    value.as_object().unwrap().keys().cloned().collect()
}

proptest! {
    #[test]
    fn what_is_parsed_is_what_serde_json_parses(value in any_json()) {
        let text = value.to_string();
        prop_assert_eq!(parse(text.as_bytes()).unwrap(), serde_json::from_str::<Value>(&text).unwrap());
    }

    #[test]
    fn anything_is_parsed_or_refused(text in any::<Vec<u8>>()) {
        let theirs = serde_json::from_slice::<Value>(&text);
        match parse(&text) {
            Ok(ours) => prop_assert_eq!(ours, theirs.unwrap()),
            Err(error) => prop_assert!(theirs.is_err() || error.is_data()),
        }
    }

    #[test]
    fn types_of_ours_are_read_as_serde_json_reads_them(
        at in any::<prop::sample::Index>(), other in any_json(), drop in any::<bool>(), count in any::<u32>(),
    ) {
        let settings = serde_json::to_value(Settings::default()).unwrap();
        let metadata = serde_json::to_value(Metadata::default()).unwrap();
        let route = json!({ "name": "a", "path": "/", "origin": "https://a.example", "limit": {
            "requests": count, "windowSeconds": 1, "key": "user" } });
        let spec: RouteSpec = read(json!({ "name": "a", "path": "/", "origin": "https://a.example" })).unwrap();
        let spec = serde_json::to_value(spec).unwrap();
        let rule = Rule::Backoff { free: count, seconds: 1, max: 2 };
        let step = Count { act: Act::Give, tallies: vec![Tally { name: "a".into(), rule }] };
        let step = serde_json::to_value(step).unwrap();
        let verdict = Verdict { admitted: true, first_refusal: false, limit: count, remaining: 2, reset: 3 };
        let verdict = serde_json::to_value(verdict).unwrap();
        for whole in [settings, metadata, route, spec, step, verdict, thing()] {
            let mut changed = whole.clone();
            let names = names_of(&whole);
            let name = &names[at.index(names.len())];
            if drop {
                changed.as_object_mut().unwrap().remove(name);
            } else {
                changed[name] = other.clone();
            }
            for value in [&whole, &changed, &other] {
                same::<Settings>(value);
                same::<Metadata>(value);
                same::<RouteSpec>(value);
                same::<Count>(value);
                same::<Verdict>(value);
                same::<Thing>(value);
                same::<Kind>(value);
            }
        }
    }
}
