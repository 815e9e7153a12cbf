//! The plan's hash: what an approval is bound to, and what `plan` and `run` must both give.

use sha2::{Digest, Sha256};

use super::{Plan, canonical};

impl Plan {
    /// `sha256:` and 64 hex digits over the plan's canonical JSON.
    ///
    /// It covers every command with its holes, every target with its address and account, and the values of all
    /// parameters, secrets as references. A plan holds no run id, no time, no tool version and no place of a file, so
    /// none of these can be in it.
    #[must_use]
    pub fn hash(&self) -> String {
        format!("sha256:{}", hex(&Sha256::digest(self.canonical_json())))
    }

    /// The one way to write a plan as JSON: keys sorted, no blanks, so that the same plan is always the same bytes.
    #[must_use]
    pub fn canonical_json(&self) -> Vec<u8> {
        // Invariant: every key of a plan is a text, so it can be written as JSON.
        canonical::to_vec(self).expect("a plan can be written as JSON")
    }
}

/// Lower-case hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use crate::plan::testing::{command_of, plan};
    use crate::plan::{CommandKind, Hole, HoleSource, ParamValue, Piece, Plan, Quoting, Template};
    use crate::runbook::{HostAddress, HostName, LoginName, ParamName};

    #[test]
    fn the_canonical_json_has_sorted_keys_and_no_blanks() {
        let plan = plan();
        assert!(plan.hash().starts_with("sha256:"));
        assert_eq!(plan.hash().len(), 71);
        let json = String::from_utf8(plan.canonical_json()).unwrap();
        assert!(json.starts_with(r#"{"environment":"#), "keys are sorted: {json}");
        assert!(!json.contains('\n') && !json.contains(": "), "no blanks: {json}");
    }

    /// Every kind of change that an approval must not survive.
    #[test]
    fn whatever_would_run_otherwise_hashes_otherwise() {
        type Change = fn(&mut Plan);
        let changes: &[(&str, Change)] = &[
            ("a command", |p| command_of(p).kind = CommandKind::Exec { argv: vec![Template::text("true")] }),
            ("an account", |p| command_of(p).account = Some("root".to_owned())),
            ("a directory", |p| command_of(p).cwd = Some(Template::text("/"))),
            ("a hole", |p| {
                let hole = Hole { source: HoleSource::RunId, quoting: Quoting::Plain };
                command_of(p).cwd = Some(Template { pieces: vec![Piece::Hole(hole)] });
            }),
            ("a target", |p| p.steps[0].hosts.clear()),
            ("a name", |p| p.hosts[0].name = HostName::new("other").unwrap()),
            ("an address", |p| p.hosts[0].address = HostAddress::new("other").unwrap()),
            ("a port", |p| p.hosts[0].port = Some(2222)),
            ("a login", |p| p.hosts[0].user = LoginName::new("root").ok()),
            ("a ledger", |p| p.hosts[0].ledger_dir.push('x')),
            ("a variable", |p| p.hosts[0].vars = BTreeMap::from([("a".to_owned(), "b".to_owned())])),
            ("a parameter", |p| {
                p.params.insert(ParamName::new("x").unwrap(), ParamValue::Integer(1));
            }),
            ("the environment", |p| p.environment.push('x')),
            ("an order", |p| p.steps[1].needs.clear()),
            ("a step less", |p| {
                p.steps.pop();
            }),
        ];
        let mut seen = vec![plan().hash()];
        for (what, change) in changes {
            let mut changed = plan();
            change(&mut changed);
            let hash = changed.hash();
            assert!(!seen.contains(&hash), "{what} must change the hash");
            seen.push(hash);
        }
    }

    proptest! {
        #[test]
        fn the_order_of_parameters_is_no_matter(values in proptest::collection::vec(("[a-z]{1,6}", any::<i64>()), 0..6)) {
            let with = |values: &mut dyn Iterator<Item = &(String, i64)>| {
                let mut plan = plan();
                for (name, value) in values {
                    plan.params.entry(ParamName::new(name.as_str()).unwrap()).or_insert(ParamValue::Integer(*value));
                }
                plan.hash()
            };
            let mut once: Vec<(String, i64)> = values;
            once.sort();
            once.dedup_by(|a, b| a.0 == b.0);
            prop_assert_eq!(with(&mut once.iter()), with(&mut once.iter().rev()));
        }

        #[test]
        fn two_values_never_share_a_hash(a in ".{0,12}", b in ".{0,12}") {
            let with = |value: &str| {
                let mut plan = plan();
                plan.params.insert(ParamName::new("x").unwrap(), ParamValue::Text(value.to_owned()));
                plan.hash()
            };
            prop_assert_eq!(a == b, with(&a) == with(&b));
        }
    }
}
