//! serde's side of [`read`](super::read).

use std::vec;

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Value, map};

use super::Wrong;

/// A value to be read from. Objects are read by their members' names only, lists never as objects.
pub struct Reader(pub Value);

/// A whole number.
enum Whole {
    Positive(u64),
    Negative(i64),
}

impl Reader {
    // What does not depend on the type that is read is apart, so that the module has it once.

    fn members(self) -> Result<Members, Wrong> {
        match self.0 {
            Value::Object(members) => Ok(Members::new(members)),
            _ => Err(Wrong::expected("an object")),
        }
    }

    fn items(self) -> Result<Items, Wrong> {
        match self.0 {
            Value::Array(items) => Ok(Items::new(items)),
            _ => Err(Wrong::expected("a list")),
        }
    }

    fn text(self) -> Result<String, Wrong> {
        match self.0 {
            Value::String(text) => Ok(text),
            _ => Err(Wrong::expected("a string")),
        }
    }

    fn truth(self) -> Result<bool, Wrong> {
        match self.0 {
            Value::Bool(is) => Ok(is),
            _ => Err(Wrong::expected("a boolean")),
        }
    }

    fn whole(self) -> Result<Whole, Wrong> {
        let positive = self.0.as_u64().map(Whole::Positive);
        let whole = positive.or_else(|| self.0.as_i64().map(Whole::Negative));
        whole.ok_or_else(|| Wrong::expected("a whole number"))
    }

    fn variant(self, names: &[&str]) -> Result<Variant, Wrong> {
        let (name, content) = match self.0 {
            Value::String(name) => (Some(name), None),
            Value::Object(members) if members.len() == 1 => {
                members.into_iter().next().map_or((None, None), |(name, content)| (Some(name), Some(content)))
            }
            _ => (None, None),
        };
        Ok(Variant { name: name.ok_or_else(|| Wrong::expected_one_of(names))?, content })
    }
}

macro_rules! whole_numbers {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
            match self.whole()? {
                Whole::Positive(number) => visitor.visit_u64(number),
                Whole::Negative(number) => visitor.visit_i64(number),
            }
        })*
    };
}

impl<'de> Deserializer<'de> for Reader {
    type Error = Wrong;

    whole_numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
    }

    forward_to_deserialize_any! { f32 char bytes byte_buf unit_struct }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(is) => visitor.visit_bool(is),
            Value::Number(ref number) if number.is_f64() => self.deserialize_f64(visitor),
            Value::Number(_) => self.deserialize_i64(visitor),
            Value::String(text) => visitor.visit_string(text),
            Value::Array(items) => visitor.visit_seq(Items::new(items)),
            Value::Object(members) => visitor.visit_map(Members::new(members)),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_bool(self.truth()?)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_f64(self.0.as_f64().ok_or_else(|| Wrong::expected("a number"))?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.deserialize_string(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_string(self.text()?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        if self.0.is_null() { visitor.visit_unit() } else { Err(Wrong::expected("null")) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_seq(self.items()?)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_seq(self.items()?.exactly(len)?)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        self.deserialize_tuple(len, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_map(self.members()?)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_map(self.members()?)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_enum(self.variant(names)?)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.deserialize_string(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_unit()
    }
}

/// The members of an object, one after the other.
struct Members {
    left: map::IntoIter,
    /// The one that is being read.
    name: String,
    value: Value,
}

impl Members {
    fn new(members: Map<String, Value>) -> Members {
        Members { left: members.into_iter(), name: String::new(), value: Value::Null }
    }

    fn next(&mut self) -> Option<StrDeserializer<'_, Wrong>> {
        (self.name, self.value) = self.left.next()?;
        Some(self.name.as_str().into_deserializer())
    }
}

impl<'de> MapAccess<'de> for Members {
    type Error = Wrong;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Wrong> {
        self.next().map(|name| seed.deserialize(name)).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Wrong> {
        seed.deserialize(Reader(self.value.take())).map_err(|wrong| wrong.in_member(&self.name))
    }
}

/// The items of a list, one after the other.
struct Items {
    left: vec::IntoIter<Value>,
    /// How many were read.
    read: usize,
}

impl Items {
    fn new(items: Vec<Value>) -> Items {
        Items { left: items.into_iter(), read: 0 }
    }

    fn exactly(self, len: usize) -> Result<Items, Wrong> {
        if self.left.len() == len { Ok(self) } else { Err(Wrong::expected(&format!("a list of {len}"))) }
    }

    fn next(&mut self) -> Option<Reader> {
        self.read = self.read.saturating_add(1);
        self.left.next().map(Reader)
    }
}

impl<'de> SeqAccess<'de> for Items {
    type Error = Wrong;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Wrong> {
        let read = self.next().map(|item| seed.deserialize(item)).transpose();
        read.map_err(|wrong| wrong.in_item(self.read.saturating_sub(1)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left.len())
    }
}

/// A variant by its name alone, or as the one member of an object.
struct Variant {
    name: String,
    content: Option<Value>,
}

impl<'de> EnumAccess<'de> for Variant {
    type Error = Wrong;
    type Variant = Content;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Content), Wrong> {
        let variant = seed.deserialize(IntoDeserializer::<Wrong>::into_deserializer(self.name.as_str()))?;
        Ok((variant, Content(self.content)))
    }
}

/// What comes with a variant.
struct Content(Option<Value>);

impl Content {
    fn need(self) -> Result<Reader, Wrong> {
        self.0.map(Reader).ok_or_else(|| Wrong::expected("an object"))
    }

    fn none(self) -> Result<(), Wrong> {
        if self.0.is_none_or(|value| value.is_null()) { Ok(()) } else { Err(Wrong::expected("a string")) }
    }
}

impl<'de> VariantAccess<'de> for Content {
    type Error = Wrong;

    fn unit_variant(self) -> Result<(), Wrong> {
        self.none()
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Wrong> {
        seed.deserialize(self.need()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Wrong> {
        self.need()?.deserialize_tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_map(self.need()?.members()?)
    }
}
