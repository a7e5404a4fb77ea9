//! JSON in two steps: [`parse`] makes a [`Value`] of text, [`read`] a type of ours of a [`Value`]; [`read_text`]
//! is both. No error quotes what was sent: that may be a secret.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use serde_path_to_error::Segment;

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
    serde_path_to_error::deserialize(value).map_err(|error| Wrong::of(&error))
}

/// Parses JSON and reads a type.
///
/// # Errors
/// As [`parse`], as [`read`].
pub(crate) fn read_text<T: DeserializeOwned>(text: &str) -> Result<T, Wrong> {
    read(parse(text.as_bytes())?)
}

/// What was expected of a value, and where. It never says what was met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    what: String,
    /// From the value that was read, as `user.roles[0]`; empty for that value itself.
    place: String,
}

impl Wrong {
    fn of(error: &serde_path_to_error::Error<serde_json::Error>) -> Wrong {
        let said = error.inner().to_string();
        let unknown = said.starts_with("unknown field ");
        let mut place = String::new();
        let mut segments = error.path().iter().peekable();
        while let Some(segment) = segments.next() {
            match segment {
                Segment::Seq { index } => place.push_str(&format!("[{index}]")),
                // A member that we don't know has the name that it was sent with.
                Segment::Map { .. } if unknown && segments.peek().is_none() => {}
                Segment::Map { key } if place.is_empty() => place.push_str(key),
                Segment::Map { key } => place.push_str(&format!(".{key}")),
                Segment::Enum { .. } | Segment::Unknown => {}
            }
        }
        Wrong { what: expectation(&said), place }
    }

    /// Where, as `user.roles[0]`; empty for the value itself.
    pub(crate) fn place(&self) -> &str {
        &self.place
    }
}

/// What serde expected, in the words of JSON, without what it met.
fn expectation(said: &str) -> String {
    // These name members of our types.
    if said.starts_with("missing field `") || said.starts_with("duplicate field `") {
        return said.to_owned();
    }
    // serde says what it met first. What a type's own code says may quote it anywhere.
    let serdes =
        ["invalid type: ", "invalid value: ", "invalid length ", "unknown variant `", "unknown field `"];
    let told = said.rsplit_once(", expected ").filter(|_| serdes.iter().any(|start| said.starts_with(start)));
    let Some((met, expected)) = told.filter(|(_, expected)| !expected.contains("`, there are no ")) else {
        return "expected another value".to_owned();
    };
    let whole = ["u8", "u16", "u32", "u64", "usize", "i8", "i16", "i32", "i64", "isize"];
    let expected = match expected {
        number if whole.contains(&number) && met.starts_with("invalid type") => "a whole number",
        "f32" | "f64" => "a number",
        "unit" => "null",
        "a sequence" => "a list",
        "a map" => "an object",
        "string or map" | "map with a single key" => "a string, or an object with one member",
        "fewer elements in array" => "a shorter list",
        object if object.starts_with("struct ") => "an object",
        other => other,
    };
    let expected = match (expected.strip_prefix("a tuple of size "), expected.split_once("` or `")) {
        (Some(length), _) => format!("a list of {length}"),
        (None, Some((one, other))) => format!("one of {one}`, `{other}"),
        (None, None) => expected.to_owned(),
    };
    let unknown = if said.starts_with("unknown field") { "unknown field, " } else { "" };
    format!("{unknown}expected {expected}")
}

impl fmt::Display for Wrong {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&self.what)?;
        if self.place.is_empty() { Ok(()) } else { write!(to, " at `{}`", self.place) }
    }
}

impl std::error::Error for Wrong {}

/// Where text is broken, or that a member comes twice: [`parse`] expects nothing else of a value, so none is quoted.
impl From<serde_json::Error> for Wrong {
    fn from(broken: serde_json::Error) -> Wrong {
        Wrong { what: broken.to_string(), place: String::new() }
    }
}

/// Reads a member that is an object if it is there. serde would take a list of its members in their order as well.
///
/// # Errors
/// The deserializer's.
pub fn maybe_object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    Ok(Option::<Object<T>>::deserialize(from)?.map(|Object(read)| read))
}

struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Object<T>, D::Error> {
        from.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Object<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(members)).map(Object)
    }
}

/// The members of an object that has each of them once.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Members(pub(crate) Map<String, Value>);

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
