//! A table → JSON Schema, draft 7: the newest that editors' YAML servers read whole.

use serde_json::{Map, Value as Json, json};

use super::{Shape, Value};

/// What a time span looks like. Which units there are is for the decoder to say.
const DURATION: &str = r"^\s*([0-9]+\s*[a-zA-Zµ]+\s*)+$";

/// The schema of files whose whole text is one mapping.
#[must_use]
pub fn json_schema(title: &str, root: &'static Shape) -> Json {
    let mut writer = Writer { definitions: Map::new() };
    let mut schema = Map::new();
    schema.insert("$schema".to_owned(), json!("http://json-schema.org/draft-07/schema#"));
    schema.insert("title".to_owned(), json!(title));
    schema.extend(writer.mapping(root));
    schema.insert("definitions".to_owned(), Json::Object(writer.definitions));
    Json::Object(schema)
}

struct Writer {
    definitions: Map<String, Json>,
}

impl Writer {
    fn mapping(&mut self, shape: &'static Shape) -> Map<String, Json> {
        let mut properties = Map::new();
        for field in shape.all() {
            let mut value = self.value(&field.value);
            // Beside a `$ref` a description would not be read in draft 7.
            if let Some(reference) = value.remove("$ref") {
                value.insert("allOf".to_owned(), json!([{ "$ref": reference }]));
            }
            value.insert("description".to_owned(), json!(field.doc));
            properties.insert(field.name.to_owned(), Json::Object(value));
        }
        let required: Vec<&str> = shape.all().filter(|field| field.required).map(|field| field.name).collect();
        let mut mapping = object(json!({ "type": "object", "additionalProperties": false }));
        mapping.insert("properties".to_owned(), Json::Object(properties));
        if !required.is_empty() {
            mapping.insert("required".to_owned(), json!(required));
        }
        if !shape.either.is_empty() {
            let each: Vec<Json> = shape.either.iter().map(|name| json!({ "required": [name] })).collect();
            mapping.insert("oneOf".to_owned(), Json::Array(each));
        }
        mapping
    }

    /// A reference to a shape, which is written once.
    fn reference(&mut self, shape: &'static Shape) -> Map<String, Json> {
        if !self.definitions.contains_key(shape.name) {
            // Its place is taken first: a step holds steps.
            self.definitions.insert(shape.name.to_owned(), Json::Null);
            let mapping = self.mapping(shape);
            self.definitions.insert(shape.name.to_owned(), Json::Object(mapping));
        }
        object(json!({ "$ref": format!("#/definitions/{}", shape.name) }))
    }

    fn value(&mut self, value: &'static Value) -> Map<String, Json> {
        object(match *value {
            Value::Text => json!({ "type": "string", "pattern": r"\S" }),
            Value::AnyText => json!({ "type": "string" }),
            Value::Form(pattern) => json!({ "type": "string", "pattern": pattern }),
            Value::Said => json!({ "type": ["string", "number", "boolean"], "pattern": r"\S" }),
            Value::Written => json!({ "type": ["string", "number", "boolean"] }),
            Value::Word(words) => json!({ "enum": words }),
            Value::Duration | Value::Took => json!({ "type": "string", "pattern": DURATION }),
            Value::Integer => json!({ "type": "integer" }),
            Value::Count(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
            Value::Share(least) => {
                let percent = if least == 0 { r"^(100|[1-9]?[0-9])\s*%$" } else { r"^(100|[1-9][0-9]?)\s*%$" };
                json!({ "oneOf": [
                    { "type": "integer", "minimum": least, "maximum": 1_000_000 },
                    { "type": "string", "pattern": percent },
                ] })
            }
            Value::Any => json!({}),
            Value::OrNothing(value) => json!({ "anyOf": [{ "type": "null" }, self.value(value)] }),
            Value::OneOrMore(value) => {
                let one = self.value(value);
                json!({ "anyOf": [one, { "type": "array", "items": one }] })
            }
            Value::AtLeastOne(value) => {
                let one = self.value(value);
                json!({ "anyOf": [one, { "type": "array", "items": one, "minItems": 1 }] })
            }
            Value::List(value) => json!({ "type": "array", "items": self.value(value) }),
            Value::Some(value) => json!({ "type": "array", "items": self.value(value), "minItems": 1 }),
            Value::Argv => json!({
                "type": "array",
                "items": [self.value(&Value::Text)],
                "additionalItems": self.value(&Value::AnyText),
                "minItems": 1,
            }),
            Value::Named(form, value) => json!({
                "type": "object",
                "propertyNames": { "pattern": form },
                "additionalProperties": self.value(value),
            }),
            Value::Shape(shape) => Json::Object(self.reference(shape)),
            Value::OneOf(name, shapes) => {
                if !self.definitions.contains_key(name) {
                    self.definitions.insert(name.to_owned(), Json::Null);
                    let each: Vec<_> = shapes.iter().map(|shape| Json::Object(self.reference(shape))).collect();
                    self.definitions.insert(name.to_owned(), json!({ "oneOf": each }));
                }
                json!({ "$ref": format!("#/definitions/{name}") })
            }
            Value::WordOr(word, shape) => json!({ "anyOf": [{ "const": word }, self.reference(shape)] }),
        })
    }
}

/// The fields of a value that is written down here as a mapping.
fn object(json: Json) -> Map<String, Json> {
    match json {
        Json::Object(fields) => fields,
        _ => Map::new(),
    }
}
