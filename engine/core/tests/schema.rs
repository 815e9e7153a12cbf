//! The JSON Schemas and the decoders say the same.
//!
//! `UPDATE_EXPECT=1 cargo test -p banister-core --test schema` writes `book/src/schema/`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use banister_core::plan::{INVENTORY, Inventory};
use banister_core::run::{ANSWERS, Answers, Voices};
use banister_core::runbook::parse_runbook;
use banister_core::runbook::shape::{RUNBOOK, Shape, Value, json_schema};
use banister_core::runbook::tree::parse_tree;
use banister_core::source::{Diagnostic, SourceFile};
use banister_core::world::{WORLD, World};
use serde_json::{Map, Value as Json, json};

/// A kind of file: its name, its table, and what its decoder finds wrong.
type Kind = (&'static str, &'static Shape, fn(&SourceFile) -> Vec<Diagnostic>);

fn kinds() -> [Kind; 4] {
    [
        ("runbook", &RUNBOOK, |source| parse_runbook(source).1),
        ("inventory", &INVENTORY, |source| Inventory::parse(source).1),
        ("answers", &ANSWERS, |source| Answers::parse(source, Voices::Named).1),
        ("world", &WORLD, |source| World::parse(source).1),
    ]
}

#[expect(clippy::disallowed_methods, reason = "a test reads its data; the core itself does not")]
fn read(path: &Path) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

#[expect(clippy::disallowed_methods, reason = "a test may write its own expectations when told to")]
fn write(path: &Path, text: &str) {
    std::fs::write(path, text).expect("the schema can be written");
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn schema(name: &str, shape: &'static Shape) -> (Json, jsonschema::Validator) {
    let schema = json_schema(&format!("Banister: {name}"), shape);
    let validator = jsonschema::validator_for(&schema).expect("it is a schema");
    (schema, validator)
}

#[test]
fn the_committed_schemas_are_those_of_the_tables() {
    let update = std::env::vars().any(|(name, value)| name == "UPDATE_EXPECT" && value == "1");
    for (name, shape, _) in kinds() {
        let (schema, _) = schema(name, shape);
        let text = format!("{}\n", serde_json::to_string_pretty(&schema).expect("JSON"));
        let path = root().join(format!("book/src/schema/{name}.schema.json"));
        if update {
            write(&path, &text);
        }
        assert_eq!(read(&path).as_deref(), Some(text.as_str()), "{} is not current", path.display());
    }
}

/// What a file says under YAML 1.2, as JSON.
fn as_json(source: &SourceFile) -> Option<Json> {
    let (tree, findings) = parse_tree(source);
    let sound = !findings.iter().any(Diagnostic::is_error);
    tree.filter(|_| sound).map(|tree| serde_json::to_value(tree.to_value()).expect("YAML of this kind is JSON"))
}

/// The kind of a file by its first key.
fn kind_of(file: &Json) -> Option<Kind> {
    let keys: BTreeSet<&str> = file.as_object()?.keys().map(String::as_str).collect();
    let name = ["runbook", "world"].into_iter().find(|key| keys.contains(key)).or_else(|| {
        if keys == BTreeSet::from(["answers"]) {
            Some("answers")
        } else {
            (keys == BTreeSet::from(["environment", "hosts"])).then_some("inventory")
        }
    })?;
    kinds().into_iter().find(|(kind, ..)| *kind == name)
}

fn yaml_files(dir: &Path, into: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    for path in entries.map(|entry| entry.expect("an entry can be read").path()) {
        if path.is_dir() {
            yaml_files(&path, into);
        } else if path.extension().is_some_and(|end| end == "yaml" || end == "yml") {
            into.push(path);
        }
    }
}

#[test]
fn every_committed_file_is_valid_where_its_decoder_takes_it() {
    let mut files = Vec::new();
    for dir in ["runbooks", "engine/core/tests", "tests"] {
        yaml_files(&root().join(dir), &mut files);
    }
    let validators: Vec<_> = kinds().map(|(name, shape, _)| (name, schema(name, shape).1)).into_iter().collect();
    let mut seen = [0, 0];
    for path in files {
        let Some(text) = read(&path) else { continue };
        let source = SourceFile::new(path.display().to_string(), text);
        let Some(json) = as_json(&source) else { continue };
        let Some((name, _, decode)) = kind_of(&json) else { continue };
        let (_, validator) = validators.iter().find(|(kind, _)| *kind == name).expect("its schema");
        let taken = !decode(&source).iter().any(Diagnostic::is_error);
        let valid = validator.is_valid(&json);
        if taken {
            let errors: Vec<String> =
                validator.iter_errors(&json).map(|e| format!("{}: {e}", e.instance_path())).collect();
            assert!(valid, "{}: the decoder takes it, the schema does not: {errors:#?}", path.display());
        }
        let class = path.file_name().expect("a name").to_string_lossy().into_owned();
        // Classes of bad runbooks that are about their shape alone.
        if class.starts_with("unknown-field") || class.starts_with("wrong-type") {
            assert!(!valid, "{}: the schema takes it", path.display());
        }
        seen[usize::from(taken)] += 1;
    }
    assert!(seen[0] > 5 && seen[1] > 20, "only {seen:?} files seen: the search is broken");
}

/// What is put into every field.
fn probes() -> Vec<Json> {
    vec![
        json!(null),
        json!(true),
        json!(3),
        json!(0),
        json!(-1),
        json!(256),
        json!(70_000),
        json!(2_000_000),
        json!(2.5),
        json!(""),
        json!(" "),
        json!("text"),
        json!("two words"),
        json!("Upper"),
        json!("-x"),
        json!("/srv"),
        json!("30s"),
        json!("1h 30m"),
        json!("25%"),
        json!("0%"),
        json!("101%"),
        json!("person"),
        json!("ask"),
        json!("stop"),
        json!("undo"),
        json!("kill"),
        json!("once"),
        json!("bash"),
        json!("hosts"),
        json!("starter"),
        json!("local"),
        json!("never"),
        json!([]),
        json!(["text"]),
        json!(["two words"]),
        json!([""]),
        json!([3]),
        json!([null]),
        json!([{}]),
        json!(["text", ""]),
        json!([1, "50%"]),
        json!({}),
        json!({ "a": 1 }),
        json!({ "a": "b" }),
        json!({ "a": "" }),
        json!({ "a": ["b"] }),
        json!({ "a": {} }),
        json!({ "A-B": "x" }),
        json!({ "9": "x" }),
        json!({ "-x": {} }),
        json!({ "run": "x" }),
        json!({ "exec": ["x"] }),
        json!({ "run": "x", "exec": ["x"] }),
        json!([{ "run": "x" }]),
        json!([{ "id": "a", "run": "x" }]),
        json!([{ "id": "a", "run": "x", "exec": ["x"] }]),
    ]
}

/// Fields of which the decoder knows more than a form, so that it may refuse what the schema takes.
const KNOWS_MORE: [(&str, &str); 3] = [
    ("answer", "some words need a reason or evidence"),
    ("step", "a path has a grammar of its own"),
    ("truth", "it stands beside `unknown` alone"),
];

struct Walk {
    kind: Kind,
    validator: jsonschema::Validator,
    seen: BTreeSet<&'static str>,
    compared: usize,
    wrong: Vec<String>,
}

impl Walk {
    fn compare(&mut self, file: &Json, what: &str, knows_more: bool) {
        let source = SourceFile::new("x.yaml", file.to_string());
        let findings = (self.kind.2)(&source);
        let taken = !findings.iter().any(Diagnostic::is_error);
        let valid = self.validator.is_valid(file);
        self.compared += 1;
        if taken != valid && !(knows_more && valid) {
            let said: Vec<&str> = findings.iter().map(|finding| finding.message.as_str()).collect();
            self.wrong.push(format!("{what}: schema {valid}, decoder {taken} {said:?}\n    {file}"));
        }
    }

    /// Every field of a shape with every kind of value; `around` makes a whole file of one such mapping.
    fn shape(&mut self, shape: &'static Shape, around: &dyn Fn(Json) -> Json) {
        if !self.seen.insert(shape.name) {
            return;
        }
        let whole = smallest(shape);
        self.compare(&around(whole.clone().into()), &format!("{} as it is", shape.name), false);
        let mut more = whole.clone();
        more.insert("nosuchfield".to_owned(), json!("x"));
        self.compare(&around(more.into()), &format!("{} with an unknown field", shape.name), false);
        for field in shape.all() {
            let knows_more = KNOWS_MORE.iter().any(|(name, _)| *name == field.name);
            let what = format!("{}.{}", shape.name, field.name);
            let mut without = whole.clone();
            without.remove(field.name);
            self.compare(&around(without.clone().into()), &format!("without {what}"), knows_more);
            // Of fields that exclude each other only this one stays.
            if shape.either.contains(&field.name) {
                shape.either.iter().for_each(|other| drop(without.remove(*other)));
            }
            let with = |value: Json| {
                let mut with = without.clone();
                with.insert(field.name.to_owned(), value);
                around(with.into())
            };
            for probe in probes() {
                self.compare(&with(probe), &what, knows_more);
            }
            self.value(&field.value, &with);
        }
    }

    fn value(&mut self, value: &'static Value, with: &dyn Fn(Json) -> Json) {
        match value {
            Value::Shape(shape) | Value::WordOr(_, shape) => self.shape(shape, with),
            Value::OneOf(_, shapes) => shapes.iter().for_each(|shape| self.shape(shape, with)),
            Value::OrNothing(value) | Value::OneOrMore(value) | Value::AtLeastOne(value) => self.value(value, with),
            Value::List(value) | Value::Some(value) => self.value(value, &|inner| with(json!([inner]))),
            Value::Named(_, value) => {
                for probe in probes() {
                    self.compare(&with(json!({ "a": probe })), "a named value", false);
                }
                self.value(value, &|inner| with(json!({ "a": inner })));
            }
            _ => {}
        }
    }
}

/// A mapping with no more than it needs.
fn smallest(shape: &Shape) -> Map<String, Json> {
    let first = shape.either.first();
    let needed = shape.all().filter(|field| field.required || first == Some(&field.name));
    needed.map(|field| (field.name.to_owned(), example(&field.value))).collect()
}

fn example(value: &Value) -> Json {
    match value {
        Value::Word(words) => json!(words[0]),
        Value::Duration | Value::Took => json!("1s"),
        Value::Integer | Value::Count(..) | Value::Share(_) => json!(1),
        Value::OrNothing(value) | Value::OneOrMore(value) | Value::AtLeastOne(value) => example(value),
        Value::List(value) | Value::Some(value) => json!([example(value)]),
        Value::Argv => json!(["x"]),
        Value::Named(_, value) => json!({ "a": example(value) }),
        Value::Shape(shape) => Json::Object(smallest(shape)),
        Value::OneOf(_, shapes) => Json::Object(smallest(shapes[0])),
        Value::WordOr(word, _) => json!(word),
        _ => json!("a"),
    }
}

#[test]
fn schema_and_decoder_agree_about_every_field_and_every_kind_of_value() {
    for kind in kinds() {
        let (name, shape, _) = kind;
        let (_, validator) = schema(name, shape);
        let mut walk = Walk { kind, validator, seen: BTreeSet::new(), compared: 0, wrong: Vec::new() };
        walk.shape(shape, &|file| file);
        assert!(walk.wrong.is_empty(), "{name}: {} of {}\n{}", walk.wrong.len(), walk.compared, walk.wrong.join("\n"));
        assert!(walk.compared > 100, "{name}: only {} files compared", walk.compared);
    }
}
