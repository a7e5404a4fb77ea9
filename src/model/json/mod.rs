//! JSON in two steps: [`parse`] makes a [`Value`] of text, [`read`] a type of ours of a [`Value`]; [`read_text`]
//! is both.
//!
//! serde's derive makes code for each pair of a type and what it is read from. There is one [`Reader`] here, so
//! that the module has that code once a type.

mod reader;
mod wrong;

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

pub use reader::Reader;
pub use wrong::Wrong;

/// Parses JSON (RFC 8259). An object has each member once, so that nobody reads it in another way than we do;
/// nothing is nested deeper than 127.
///
/// # Errors
/// Where it is broken; [`serde_json::Error::is_data`] for a member that comes twice.
pub fn parse(text: &[u8]) -> Result<Value, serde_json::Error> {
    serde_json::from_slice::<Strict>(text).map(|read| read.0)
}

/// Reads a type.
///
/// # Errors
/// Where it has another shape, and what was expected there.
pub fn read<T: DeserializeOwned>(value: Value) -> Result<T, Wrong> {
    T::deserialize(Reader(value))
}

/// Parses JSON and reads a type.
///
/// # Errors
/// As [`parse`], as [`read`].
pub fn read_text<T: DeserializeOwned>(text: &str) -> Result<T, Wrong> {
    read(parse(text.as_bytes())?)
}

/// The members of an object that has each of them once.
#[derive(Debug, Clone, PartialEq)]
pub struct Members(pub Map<String, Value>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Members, D::Error> {
        match from.deserialize_map(StrictVisitor)? {
            Value::Object(members) => Ok(Members(members)),
            _ => Err(D::Error::custom("expected an object")),
        }
    }
}

/// A value whose objects have each member once.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Strict, D::Error> {
        from.deserialize_any(StrictVisitor).map(Strict)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, is: bool) -> Result<Value, E> {
        Ok(Value::Bool(is))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Number::from_f64(number).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Strict(item)) = from.next_element()? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(name) = from.next_key::<String>()? {
            let Strict(value) = from.next_value()?;
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a member comes twice"));
            }
        }
        Ok(Value::Object(members))
    }
}
