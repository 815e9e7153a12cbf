//! `as:` that is not possible: every sentence of it.

/// Says in one sentence why an account cannot be had, from what sudo or doas printed.
pub(super) fn refusal(account: &str, printed: &str) -> String {
    let cause = if printed.contains("password is required") || printed.contains("Authentication required") {
        "sudo wants a password for it; allow it with NOPASSWD in sudoers"
    } else if printed.contains("must have a tty") {
        "sudo wants a terminal for it; take `requiretty` from sudoers"
    } else if printed.contains("not allowed") || printed.contains("not in the sudoers") {
        "sudo does not allow it to run `sh`; allow it in sudoers"
    } else if printed.contains("unknown user") {
        "there is no such account"
    } else if printed.contains("neither sudo nor doas") {
        "neither sudo nor doas is installed; install one, or log in as that account"
    } else if printed.contains("Authorization required") || printed.contains("Operation not permitted") {
        "doas does not permit it without a password; permit it with nopass in doas.conf"
    } else {
        return format!("cannot become `{account}`: {}", printed.trim());
    };
    format!("cannot become `{account}`: {cause}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_its_sentence() {
        let printed = [
            "sudo: a password is required",
            "sudo: sorry, you must have a tty to run sudo",
            "Sorry, user ops is not allowed to execute '/bin/sh' as root on web-1.",
            "ops is not in the sudoers file.",
            "sudo: unknown user root2",
            "neither sudo nor doas is there",
            "doas: Authorization required",
            "sudo: unable to open /etc/sudoers: Permission denied",
        ];
        insta::assert_snapshot!(printed.map(|p| refusal("db", p)).join("\n"));
    }
}
