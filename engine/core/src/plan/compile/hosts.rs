//! Where steps run: names and groups of the inventory, parameters, batches.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::table::{At, HostFacts};
use crate::plan::{Host, HostIndex, Inventory, ParamValue, parse_only_param};
use crate::runbook::syntax::{Hosts, Share};
use crate::runbook::tree::Text;
use crate::runbook::{HostName, ParamName};
use crate::source::{Diagnostic, Finding, Names, SourceFile, Span, did_you_mean};

/// Positions in the inventory, in the order in which steps take them.
pub(super) type HostSet = Rc<[u32]>;

/// Looks hosts up by name and group.
pub(super) struct Directory<'a> {
    inventory: &'a Inventory,
    names: BTreeMap<&'a str, u32>,
    groups: BTreeMap<&'a str, Vec<u32>>,
}

impl<'a> Directory<'a> {
    pub(super) fn of(inventory: &'a Inventory) -> Self {
        let mut names = BTreeMap::new();
        let mut groups: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
        for (host, index) in inventory.hosts().iter().zip(0..) {
            names.insert(host.name.as_str(), index);
            for group in &host.groups {
                groups.entry(group.as_str()).or_default().push(index);
            }
        }
        Self { inventory, names, groups }
    }

    pub(super) fn host(&self, index: u32) -> Option<&'a Host> {
        self.inventory.hosts().get(index as usize)
    }

    /// The hosts of one name, a host's or a group's.
    fn find(&self, name: &str) -> Option<&[u32]> {
        match self.names.get_key_value(name) {
            Some((_, index)) => Some(std::slice::from_ref(index)),
            None => self.groups.get(name).map(Vec::as_slice),
        }
    }

    fn unknown(&self, name: &str) -> Finding {
        let known = || self.names.keys().chain(self.groups.keys()).copied();
        Finding::UnknownHost { name: name.to_owned(), similar: did_you_mean(name, known()), known: Names::of(known()) }
    }
}

/// Turns `hosts:` into sets.
pub(super) struct Resolver<'a> {
    pub(super) source: &'a SourceFile,
    /// `None` while a runbook is checked without an inventory.
    pub(super) directory: Option<&'a Directory<'a>>,
    pub(super) values: Option<&'a BTreeMap<ParamName, ParamValue>>,
    /// Types of the parameters by name.
    pub(super) types: BTreeMap<&'a str, crate::runbook::ParamType>,
}

impl Resolver<'_> {
    /// The hosts of one `hosts:`; `None` where they are not known or something was said about them.
    pub(super) fn resolve(&self, hosts: &Hosts, findings: &mut Vec<Diagnostic>) -> Option<HostSet> {
        let before = findings.len();
        let mut found: Vec<u32> = Vec::new();
        let mut seen = BTreeSet::new();
        let mut add = |index: u32| {
            if seen.insert(index) {
                found.push(index);
            }
        };
        let mut known = self.directory.is_some() && !hosts.names.is_empty();
        for text in &hosts.names {
            if text.value.contains("{{") {
                match self.param(text, findings) {
                    Some(indexes) => indexes.into_iter().for_each(&mut add),
                    None => known = false,
                }
                continue;
            }
            for (name, span) in self.parts(text) {
                let Some(directory) = self.directory else { continue };
                match directory.find(name) {
                    Some(indexes) => indexes.iter().copied().for_each(&mut add),
                    None => findings.push(Diagnostic::new(directory.unknown(name), span)),
                }
            }
        }
        if findings.len() > before || !known {
            return None;
        }
        if found.is_empty() {
            let written = hosts.names.iter().map(|text| text.value.as_str()).collect::<Vec<_>>().join(", ");
            findings.push(Diagnostic::new(Finding::NoHosts { written }, hosts.span));
            return None;
        }
        Some(found.into())
    }

    /// The names between commas, each with its place.
    fn parts<'t>(&self, text: &'t Text) -> Vec<(&'t str, Span)> {
        let mut at = 0;
        let mut parts = Vec::new();
        for part in text.value.split(',') {
            let name = part.trim();
            let start = at + (part.len() - part.trim_start().len());
            parts.push((name, text.locate(self.source, start..start + name.len())));
            at += part.len() + 1;
        }
        parts
    }

    /// The hosts a parameter holds.
    fn param(&self, text: &Text, findings: &mut Vec<Diagnostic>) -> Option<Vec<u32>> {
        use crate::runbook::ParamType;
        let Some(name) = parse_only_param(text.value.trim()) else {
            findings.push(Diagnostic::new(Finding::HostsMixed, text.span));
            return None;
        };
        match self.types.get(name.as_str()) {
            Some(ParamType::Host | ParamType::Hosts) => {}
            Some(other) => {
                let finding = Finding::NotHosts { name: name.to_string(), kind: other.word() };
                findings.push(Diagnostic::new(finding, text.span));
                return None;
            }
            None => {
                let similar = did_you_mean(name.as_str(), self.types.keys().copied());
                let finding =
                    Finding::UnknownName { name: name.to_string(), similar, known: Names::of(self.types.keys()) };
                findings.push(Diagnostic::new(finding, text.span));
                return None;
            }
        }
        let directory = self.directory?;
        let find = |host: &HostName| directory.find(host.as_str()).unwrap_or_default().to_vec();
        match self.values?.get(&name)? {
            ParamValue::Host(host) => Some(find(host)),
            ParamValue::Hosts(hosts) => Some(hosts.iter().flat_map(find).collect()),
            _ => None,
        }
    }
}

/// Where everything of a runbook runs, `None` where that is not known.
#[derive(Default)]
pub(super) struct Placements {
    /// Of each step; of a gate the hosts it asks.
    pub(super) steps: Vec<Option<HostSet>>,
    /// Of the gates of rolls that say it themselves.
    pub(super) gates: BTreeMap<usize, HostSet>,
    /// Of each precondition.
    pub(super) preconditions: Vec<Option<HostSet>>,
}

impl Placements {
    /// The hosts of a place.
    pub(super) fn at(&self, at: At) -> Option<&HostSet> {
        match at {
            At::Start => None,
            At::Top(top) | At::Inner { roll: top, .. } => self.steps.get(top)?.as_ref(),
            At::RollGate(roll) => self.gates.get(&roll).or_else(|| self.steps.get(roll)?.as_ref()),
        }
    }

    /// Every host that is touched, in the inventory's order.
    pub(super) fn touched(&self) -> BTreeSet<u32> {
        let sets = self.steps.iter().chain(&self.preconditions).flatten().chain(self.gates.values());
        sets.flat_map(|set| set.iter().copied()).collect()
    }
}

/// What is known of the hosts of places.
pub(super) struct Facts<'a> {
    pub(super) directory: &'a Directory<'a>,
    pub(super) placements: &'a Placements,
}

impl HostFacts for Facts<'_> {
    fn count(&self, at: At) -> Option<usize> {
        self.placements.at(at).map(|set| set.len())
    }

    fn covers(&self, step: At, place: At) -> bool {
        match (self.placements.at(step), self.placements.at(place)) {
            (Some(step), Some(place)) => {
                Rc::ptr_eq(step, place) || {
                    let step: BTreeSet<u32> = step.iter().copied().collect();
                    place.iter().all(|index| step.contains(index))
                }
            }
            _ => true,
        }
    }

    fn all_have(&self, at: At, var: &str) -> bool {
        let Some(set) = self.placements.at(at) else { return true };
        set.iter().all(|index| self.directory.host(*index).is_none_or(|host| host.vars.contains_key(var)))
    }

    fn vars(&self, at: At) -> Vec<String> {
        let mut hosts = self.placements.at(at).into_iter().flat_map(|set| set.iter());
        let vars = |index: &u32| self.directory.host(*index).map(|h| h.vars.keys().cloned().collect::<BTreeSet<_>>());
        let Some(mut common) = hosts.next().and_then(vars) else { return Vec::new() };
        for index in hosts {
            let other = vars(index).unwrap_or_default();
            common.retain(|var| other.contains(var));
        }
        common.into_iter().collect()
    }
}

/// Cuts hosts into batches: percentages of the total rounded up, the last entry repeats, one host at a time without
/// any, and a batch larger than what is left takes what is left.
pub(super) fn batches(hosts: &[HostIndex], sizes: &[Share]) -> Vec<Vec<HostIndex>> {
    let mut batches = Vec::new();
    let mut rest = hosts;
    let mut sizes = sizes.iter();
    let mut size = Share::Hosts(1);
    while !rest.is_empty() {
        size = sizes.next().copied().unwrap_or(size);
        let (batch, more) = rest.split_at(size.of(hosts.len()).clamp(1, rest.len()));
        batches.push(batch.to_vec());
        rest = more;
    }
    batches
}

/// How many hosts a budget lets fail. A percentage is rounded down: where the author left it open, fewer may fail.
pub(super) fn budget(share: Option<Share>, total: usize) -> u32 {
    let hosts = match share {
        None => 0,
        Some(Share::Hosts(hosts)) => hosts as usize,
        Some(Share::Percent(percent)) => total * percent as usize / 100,
    };
    u32::try_from(hosts).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::{HostIndex, Share, batches, budget};

    #[test]
    fn batches_follow_the_rules() {
        use Share::{Hosts as H, Percent as P};
        let cases: [(u32, &[Share], &[usize]); 9] = [
            (3, &[], &[1, 1, 1]),
            (10, &[H(1), H(5), P(25)], &[1, 5, 3, 1]),
            (7, &[H(2)], &[2, 2, 2, 1]),
            (3, &[H(10)], &[3]),
            (5, &[P(50)], &[3, 2]),
            (5, &[P(100)], &[5]),
            (2, &[P(1)], &[1, 1]),
            (4, &[H(1), H(1), H(1), H(1), H(1)], &[1, 1, 1, 1]),
            (0, &[H(1)], &[]),
        ];
        for (total, sizes, expect) in cases {
            let hosts: Vec<HostIndex> = (0..total).map(HostIndex).collect();
            let cut = batches(&hosts, sizes);
            assert_eq!(cut.iter().map(Vec::len).collect::<Vec<_>>(), expect, "{total} {sizes:?}");
            assert_eq!(cut.concat(), hosts, "nobody is lost and the order stays");
        }
    }

    #[test]
    fn budgets_round_down() {
        assert_eq!(budget(None, 9), 0);
        assert_eq!(budget(Some(Share::Hosts(2)), 9), 2);
        assert_eq!(budget(Some(Share::Percent(25)), 9), 2);
        assert_eq!(budget(Some(Share::Percent(10)), 9), 0);
    }
}
