//! The inventory of a lab, as the engine reads it.

use std::net::Ipv4Addr;

/// One entry a host, user root, group `lab`. `ops` is not in it: nothing is to be done to it.
pub(crate) fn inventory<'a>(hosts: impl Iterator<Item = (&'a str, Ipv4Addr)>) -> String {
    let entry = |(name, address)| format!("  {name}: {{ address: {address}, user: root, groups: [lab] }}\n");
    ["environment: lab\nhosts:\n".to_owned()].into_iter().chain(hosts.map(entry)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_entry_a_host() {
        let hosts = [("web-1", Ipv4Addr::new(192, 0, 2, 11)), ("db-1", Ipv4Addr::new(192, 0, 2, 12))];
        let expect = "environment: lab\nhosts:\n  web-1: { address: 192.0.2.11, user: root, groups: [lab] }\n  \
                      db-1: { address: 192.0.2.12, user: root, groups: [lab] }\n";
        assert_eq!(inventory(hosts.into_iter()), expect);
    }
}
