//! JSON with sorted keys and no blanks, written in one pass: the same value is always the same bytes.
//!
//! The way not taken: a `serde_json::Value`, whose maps sort their keys too. For a plan of ten thousand steps it costs
//! three times what reading and checking the runbook does.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter, Serializer};

/// Writes a value.
///
/// # Errors
/// What the value's own `Serialize` says; a map's key that is no text.
pub(super) fn to_vec(value: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    let mut out = Vec::new();
    let formatter = Sorted { out: &mut out, open: Vec::new(), spare: Vec::new() };
    value.serialize(&mut Serializer::with_formatter(io::sink(), formatter))?;
    Ok(out)
}

/// One entry of an object, as bytes of what is written: from its key's quote to its value's end.
struct Entry {
    start: usize,
    /// Behind the key's second quote.
    key_end: usize,
    end: usize,
}

/// Keeps what is written where it can be put in order again; the serializer's own writer gets nothing.
struct Sorted<'o> {
    out: &'o mut Vec<u8>,
    /// The entries of every object that is not closed, and where it began.
    open: Vec<(usize, Vec<Entry>)>,
    spare: Vec<u8>,
}

impl Sorted<'_> {
    fn last(&mut self) -> io::Result<&mut Entry> {
        let entry = self.open.last_mut().and_then(|(_, entries)| entries.last_mut());
        entry.ok_or_else(|| io::Error::other("a value stands outside its object"))
    }

    /// Puts the entries of an object in the order of their keys, with the commas between them.
    fn sort(&mut self, start: usize, mut entries: Vec<Entry>) {
        let out = &mut *self.out;
        entries.sort_by(|a, b| out[a.start..a.key_end].cmp(&out[b.start..b.key_end]));
        self.spare.clear();
        for entry in &entries {
            if !self.spare.is_empty() {
                self.spare.push(b',');
            }
            self.spare.extend_from_slice(&out[entry.start..entry.end]);
        }
        out.truncate(start);
        out.extend_from_slice(&self.spare);
    }
}

/// Methods that write as the compact formatter does, to our own place.
macro_rules! as_compact {
    ($($name:ident($($value:ident: $kind:ty)?)),* $(,)?) => {$(
        fn $name<W: ?Sized + Write>(&mut self, _: &mut W $(, $value: $kind)?) -> io::Result<()> {
            CompactFormatter.$name(&mut *self.out $(, $value)?)
        }
    )*};
}

impl Formatter for Sorted<'_> {
    as_compact! {
        write_null(), write_bool(value: bool),
        write_i8(value: i8), write_i16(value: i16), write_i32(value: i32), write_i64(value: i64), write_i128(value: i128),
        write_u8(value: u8), write_u16(value: u16), write_u32(value: u32), write_u64(value: u64), write_u128(value: u128),
        write_f32(value: f32), write_f64(value: f64), write_number_str(value: &str),
        begin_string(), end_string(), write_string_fragment(value: &str), write_char_escape(value: CharEscape),
        write_byte_array(value: &[u8]), write_raw_fragment(value: &str),
        begin_array(), end_array(), begin_array_value(first: bool), end_array_value(),
        begin_object_value(),
    }

    fn begin_object<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.out.push(b'{');
        self.open.push((self.out.len(), Vec::new()));
        Ok(())
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, _: &mut W, _: bool) -> io::Result<()> {
        let at = self.out.len();
        if let Some((_, entries)) = self.open.last_mut() {
            entries.push(Entry { start: at, key_end: at, end: at });
        }
        Ok(())
    }

    fn end_object_key<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        // Without the second quote: a name stands before every longer one that begins with it.
        let end = self.out.len() - 1;
        self.last()?.key_end = end;
        Ok(())
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        let end = self.out.len();
        self.last()?.end = end;
        Ok(())
    }

    fn end_object<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        if let Some((start, entries)) = self.open.pop() {
            self.sort(start, entries);
        }
        self.out.push(b'}');
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde::Serialize;

    use super::to_vec;

    /// Every shape that serde has, in fields whose order is not their names'.
    #[derive(Debug, Serialize)]
    struct Shape {
        z: BTreeMap<String, Option<Box<Shape>>>,
        b: Kind,
        list: Vec<Kind>,
        a: (u64, i64, bool, char),
    }

    #[derive(Debug, Clone, Serialize)]
    enum Kind {
        Unit,
        Newtype(String),
        Tuple(u8, ()),
        Struct { y: Option<i32>, x: String },
    }

    fn kind() -> impl Strategy<Value = Kind> {
        prop_oneof![
            Just(Kind::Unit),
            any::<String>().prop_map(Kind::Newtype),
            any::<u8>().prop_map(|n| Kind::Tuple(n, ())),
            (any::<Option<i32>>(), any::<String>()).prop_map(|(y, x)| Kind::Struct { y, x }),
        ]
    }

    fn shape() -> impl Strategy<Value = Shape> {
        let leaf = (kind(), proptest::collection::vec(kind(), 0..3), any::<(u64, i64, bool, char)>())
            .prop_map(|(b, list, a)| Shape { z: BTreeMap::new(), b, list, a });
        leaf.prop_recursive(3, 20, 4, |inner| {
            // Plain names: how two keys with escapes are ordered is nobody's business but that it is always the same.
            let map =
                proptest::collection::btree_map("[a-z_]{0,3}", proptest::option::of(inner.prop_map(Box::new)), 0..4);
            (map, kind()).prop_map(|(z, b)| Shape { z, b, list: Vec::new(), a: (1, -1, true, '"') })
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn it_is_what_a_value_with_sorted_maps_would_write(shape in shape()) {
            let text = String::from_utf8(to_vec(&shape).unwrap()).unwrap();
            prop_assert_eq!(text, serde_json::to_value(&shape).unwrap().to_string());
        }
    }

    #[test]
    fn keys_stand_in_order() {
        let map = BTreeMap::from([("b", 1), ("a", 2), ("ab", 3), ("", 4)]);
        assert_eq!(to_vec(&map).unwrap(), br#"{"":4,"a":2,"ab":3,"b":1}"#);
    }
}
