//! `plan.json`: the plan beside the journal, which the run uses from its first record to its last.

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::hash::hex;
use super::{Action, HostIndex, Plan, Step};

/// Says why bytes are no plan that this binary can run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanFileError {
    /// A shape of another version.
    #[error("the plan has format {found}, this banister reads format {known}: use the version that made the run")]
    Format {
        /// The number in the file.
        found: u32,
        /// The number known here.
        known: u32,
    },
    /// Rules of another version.
    #[error(
        "the plan was made for semantics {found}, this banister runs semantics {known}: use the version that made the run"
    )]
    Semantics {
        /// The number in the file.
        found: u32,
        /// The number known here.
        known: u32,
    },
    /// No plan at all.
    #[error("this is not a plan: {why}")]
    Shape {
        /// In the decoder's words.
        why: String,
    },
}

#[derive(Deserialize)]
struct Header {
    format: u32,
    semantics: u32,
}

impl Plan {
    /// The bytes of `plan.json`: the canonical JSON and a line feed.
    #[must_use]
    pub fn to_file(&self) -> Vec<u8> {
        let mut bytes = self.canonical_json();
        bytes.push(b'\n');
        bytes
    }

    /// Reads the bytes of `plan.json`.
    ///
    /// # Errors
    /// A [`PlanFileError`]. The numbers are looked at first: a plan of another version is named as such, not as broken.
    pub fn from_file(bytes: &[u8]) -> Result<Self, PlanFileError> {
        let shape = |error: serde_json::Error| PlanFileError::Shape { why: error.to_string() };
        let header: Header = serde_json::from_slice(bytes).map_err(shape)?;
        if header.format != Self::FORMAT {
            return Err(PlanFileError::Format { found: header.format, known: Self::FORMAT });
        }
        if header.semantics != Self::SEMANTICS {
            return Err(PlanFileError::Semantics { found: header.semantics, known: Self::SEMANTICS });
        }
        let plan: Self = serde_json::from_slice(bytes).map_err(shape)?;
        match plan.dangling() {
            None => Ok(plan),
            Some(why) => Err(PlanFileError::Shape { why }),
        }
    }

    /// The digest of the bytes of `plan.json`, lower-case hex: what the first record holds.
    #[must_use]
    pub fn file_digest(bytes: &[u8]) -> String {
        hex(&Sha256::digest(bytes))
    }

    /// The first position in the plan that leads nowhere. The core looks positions up without asking again.
    fn dangling(&self) -> Option<String> {
        let host = |step: &str, hosts: &[HostIndex]| {
            let wrong = hosts.iter().find(|index| index.0 as usize >= self.hosts.len())?;
            Some(format!("{step} names host {} of {}", wrong.0, self.hosts.len()))
        };
        let steps = |list: &[Step]| list.iter().find_map(|step| self.dangling_step(step, list.len()));
        self.preconditions.iter().find_map(|p| host(p.id.as_str(), &p.hosts)).or_else(|| steps(&self.steps))
    }

    fn dangling_step(&self, step: &Step, siblings: usize) -> Option<String> {
        let id = step.id.as_str();
        let hosts = |hosts: &[HostIndex]| {
            let wrong = hosts.iter().find(|index| index.0 as usize >= self.hosts.len())?;
            Some(format!("{id} names host {} of {}", wrong.0, self.hosts.len()))
        };
        let own = hosts(&step.hosts).or_else(|| {
            let wrong = step.needs.iter().find(|index| index.0 as usize >= siblings)?;
            Some(format!("{id} needs step {} of {siblings}", wrong.0))
        });
        own.or_else(|| match &step.action {
            Action::Roll(roll) => roll
                .batches
                .iter()
                .find_map(|batch| hosts(batch))
                .or_else(|| roll.gate.as_ref().and_then(|gate| hosts(gate.hosts.as_deref().unwrap_or_default())))
                .or_else(|| roll.steps.iter().find_map(|inner| self.dangling_step(inner, roll.steps.len()))),
            Action::Gate(gate) => hosts(gate.hosts.as_deref().unwrap_or_default()),
            Action::Command(command) => {
                command.undo.iter().find_map(|undo| self.dangling_step(undo, command.undo.len()))
            }
            Action::Approve(approve) => {
                let wrong = approve.allows.iter().chain(&approve.show).find(|i| i.0 as usize >= self.steps.len())?;
                Some(format!("{id} names step {} of {}", wrong.0, self.steps.len()))
            }
            Action::Pause { .. } | Action::Manual(_) | Action::Wait { .. } | Action::Note { .. } => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::StepIndex;
    use crate::plan::testing::plan;

    #[test]
    fn a_plan_comes_back_as_it_was_written() {
        let plan = plan();
        let bytes = plan.to_file();
        let read = Plan::from_file(&bytes).unwrap();
        assert_eq!(read, plan);
        assert_eq!(read.hash(), plan.hash());
        assert_eq!(read.to_file(), bytes, "the same plan is the same bytes");
        assert_eq!(format!("sha256:{}", Plan::file_digest(&bytes[..bytes.len() - 1])), plan.hash());
    }

    #[test]
    fn another_version_is_named() {
        let with = |field: &str| {
            let mut value = serde_json::to_value(plan()).unwrap();
            value[field] = 99.into();
            // What else a later version writes is none of our business.
            value["something"] = "new".into();
            Plan::from_file(value.to_string().as_bytes()).unwrap_err().to_string()
        };
        assert_eq!(
            with("format"),
            "the plan has format 99, this banister reads format 1: use the version that made the run"
        );
        assert!(with("semantics").starts_with("the plan was made for semantics 99, this banister runs semantics 1"));
    }

    #[test]
    fn a_broken_plan_is_refused() {
        let check = |change: fn(&mut Plan), expect: &str| {
            let mut broken = plan();
            change(&mut broken);
            let error = Plan::from_file(&broken.to_file()).unwrap_err().to_string();
            assert!(error.contains(expect), "{error}");
        };
        check(|p| p.hosts.clear(), "names host 0 of 0");
        check(|p| p.steps[1].needs = vec![StepIndex(99)], "needs step 99 of");
        assert!(Plan::from_file(b"{}").unwrap_err().to_string().starts_with("this is not a plan: missing field"));
        assert!(Plan::from_file(b"").is_err());
        let bytes = plan().to_file();
        for cut in (0..bytes.len() - 1).step_by(31) {
            assert!(Plan::from_file(&bytes[..cut]).is_err(), "cut at {cut}");
        }
    }
}
