//! Account numbers → people.
//!
//! Who somebody is comes from the kernel alone. The account's name and groups are looked up for that number; a number
//! without a name is a person all the same.

use banister_core::run::Actor;

use crate::accounts::lookup;

/// The person who runs this process.
#[must_use]
pub fn operator() -> Actor {
    // The real account: a set-uid wrapper changes what may be done, not who does it.
    person(rustix::process::getuid().as_raw())
}

/// The person with an account number, by this machine's account database.
#[must_use]
pub fn person(uid: u32) -> Actor {
    let account = lookup("passwd", uid);
    let field = |n: usize| account.as_deref().and_then(|line| line.split(':').nth(n));
    let name = field(0).map_or_else(|| format!("uid-{uid}"), str::to_owned);
    let primary: Option<u32> = field(3).and_then(|gid| gid.parse().ok());
    let mut groups: Vec<String> = std::fs::read_to_string("/etc/group")
        .unwrap_or_default()
        .lines()
        .filter_map(|line| {
            let mut fields = line.split(':');
            let (group, gid, members) = (fields.next()?, fields.nth(1)?, fields.next()?);
            let is_in = gid.parse().ok() == primary || members.split(',').any(|member| member == name);
            is_in.then(|| group.to_owned())
        })
        .collect();
    groups.sort();
    Actor::Person { name, uid: Some(uid), groups }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_has_a_name_and_a_group_and_a_stranger_has_a_number() {
        let Actor::Person { name, uid, groups } = person(0) else { panic!("root is a person") };
        assert_eq!((name.as_str(), uid), ("root", Some(0)));
        assert!(groups.contains(&"root".to_owned()), "{groups:?}");
        let stranger =
            Actor::Person { name: "uid-3999999999".to_owned(), uid: Some(3_999_999_999), groups: Vec::new() };
        assert_eq!(person(3_999_999_999), stranger);
    }
}
