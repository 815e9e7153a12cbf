//! A runbook's title, and what it says of failures, before anybody gave it values.

/// The text with the names of its values: `Restart {{ service }}` reads `Restart <service>`. The values are known when the
/// form is filled in; until then nobody wants to read a template.
pub(super) fn unfilled(text: &str) -> String {
    let mut read = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, tail)) = after.split_once("}}") else { break };
        read.push_str(before);
        read.push('<');
        read.push_str(name.trim());
        read.push('>');
        rest = tail;
    }
    read.push_str(rest);
    read
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_names_the_values_it_waits_for() {
        let check = |title: &str, expect: &str| assert_eq!(unfilled(title), expect);
        check("Take the worker away", "Take the worker away");
        check("Restart {{ service }} on {{hosts}}, one by one", "Restart <service> on <hosts>, one by one");
        check("{{ a }}{{ b }}", "<a><b>");
        check("half {{ of it", "half {{ of it");
        check("", "");
    }
}
