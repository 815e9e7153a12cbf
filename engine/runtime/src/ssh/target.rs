//! Whom ssh is asked for.

use banister_core::plan::Host;

/// One host in ssh's words. Every part of it was looked at: none can be taken for an option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshTarget {
    name: String,
    address: String,
    port: Option<u16>,
    user: Option<String>,
}

/// A text that ssh must not be given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("its {what} `{text}` cannot be given to ssh: it is {why}")]
pub struct TargetError {
    /// Which text.
    what: &'static str,
    /// The text, escaped.
    text: String,
    /// What is wrong with it.
    why: &'static str,
}

impl SshTarget {
    /// How a host of a plan is reached. Its address is what ssh is called with, so that an alias of the operator's
    /// configuration works as an address, and his `Host` blocks match it.
    ///
    /// # Errors
    /// A [`TargetError`] for a text that could be more to ssh than a name.
    pub fn of(host: &Host) -> Result<Self, TargetError> {
        check("address", &host.address)?;
        if let Some(user) = &host.user {
            check("user", user)?;
        }
        Ok(Self {
            name: host.name.to_string(),
            address: host.address.clone(),
            port: host.port,
            user: host.user.clone(),
        })
    }

    /// Its name in the inventory.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The last arguments of an ssh that is to go there.
    pub fn arguments(&self) -> Vec<String> {
        let mut words = Vec::new();
        if let Some(port) = self.port {
            words.extend(["-p".to_owned(), port.to_string()]);
        }
        if let Some(user) = &self.user {
            words.extend(["-l".to_owned(), user.clone()]);
        }
        words.extend(["--".to_owned(), self.address.clone()]);
        words
    }
}

/// The inventory has looked at them before; a plan is a file, and files can be changed.
fn check(what: &'static str, text: &str) -> Result<(), TargetError> {
    let wrong = |why| Err(TargetError { what, text: text.escape_default().to_string(), why });
    if text.is_empty() {
        wrong("empty")
    } else if text.starts_with('-') {
        wrong("an option")
    } else if !text.bytes().all(|b| b.is_ascii_graphic()) {
        wrong("not all visible ASCII")
    } else if text.bytes().any(|b| b"/'\"`$\\;&|<>(){}*?!#@,".contains(&b)) {
        wrong("more than a name or an address")
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_more_than_a_name_reaches_ssh() {
        for good in ["web-1", "192.0.2.1", "fe80::1%eth0", "web_1.example.org", "ops"] {
            assert_eq!(check("address", good), Ok(()), "{good}");
        }
        let bad = ["", "-oProxyCommand=id", "a b", "a\nb", "ops@web-1", "ssh://web-1", "$(id)", "a,b", "wéb", "a\0"];
        let said = bad.map(|text| check("address", text).expect_err("refused").to_string());
        insta::assert_snapshot!(said.join("\n"), @r"
        its address `` cannot be given to ssh: it is empty
        its address `-oProxyCommand=id` cannot be given to ssh: it is an option
        its address `a b` cannot be given to ssh: it is not all visible ASCII
        its address `a\nb` cannot be given to ssh: it is not all visible ASCII
        its address `ops@web-1` cannot be given to ssh: it is more than a name or an address
        its address `ssh://web-1` cannot be given to ssh: it is more than a name or an address
        its address `$(id)` cannot be given to ssh: it is more than a name or an address
        its address `a,b` cannot be given to ssh: it is more than a name or an address
        its address `w\u{e9}b` cannot be given to ssh: it is not all visible ASCII
        its address `a\u{0}` cannot be given to ssh: it is not all visible ASCII
        ");
    }
}
