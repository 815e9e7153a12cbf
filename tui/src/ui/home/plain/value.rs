//! One parameter, asked for in plain lines.

use banister_core::plan::Inventory;
use banister_core::runbook::ParamType;
use banister_core::runbook::syntax::ParamDecl;
use banister_core::source::visible;

use super::Person;
use crate::ui::home::field::Field;

/// Candidates that have a number.
const MOST: usize = 30;
/// Where a secret can come from, in the order of the numbers. It is never typed where it can be seen.
const SECRETS: [(&str, &str, &str); 4] = [
    ("", "", "it is asked for when the run starts, and not shown"),
    ("env:", "name of the variable: ", "an environment variable"),
    ("file:", "path of the file: ", "a file"),
    ("cmd:", "command: ", "what a command prints"),
];

/// Asks until there is a value that the compiler takes. `Some(None)`: its default, or a secret that is asked for later;
/// `None`: the terminal is gone.
pub(super) fn ask(person: &mut impl Person, decl: &ParamDecl, inventory: &Inventory) -> Option<Option<String>> {
    let mut field = Field::of(decl.clone());
    let prompt = decl.prompt.as_ref().map_or_else(String::new, |prompt| format!("  {}", visible(&prompt.value)));
    person.show(&format!("\n{}{prompt}\n", visible(field.name())));
    if decl.kind.value == ParamType::Secret {
        return secret(person, field, inventory);
    }
    let default = field.default().map(|default| format!("; empty: {}", visible(&default))).unwrap_or_default();
    person.show(&format!("    {}{default}\n", visible(&field.kind())));
    let candidates = field.candidates(inventory);
    for (n, candidate) in candidates.iter().take(MOST).enumerate() {
        person.show(&format!("  {:>2}  {}\n", n + 1, visible(candidate)));
    }
    if candidates.len() > MOST {
        person.show(&format!("      and {} more, by their names\n", candidates.len() - MOST));
    }
    loop {
        let line = person.value(&format!("{}: ", visible(field.name())))?;
        field.text = meant(&line, &candidates, decl.kind.value == ParamType::Hosts);
        match field.trouble(inventory) {
            None => return Some(field.value().map(str::to_owned)),
            Some(trouble) => said(person, &trouble),
        }
    }
}

fn secret(person: &mut impl Person, mut field: Field, inventory: &Inventory) -> Option<Option<String>> {
    person.show("    secret; where it comes from:\n");
    for (n, (_, _, does)) in SECRETS.iter().enumerate() {
        person.show(&format!("  {:>2}  {does}\n", n + 1));
    }
    loop {
        let line = person.word(&format!("choose 1 to {}: ", SECRETS.len()))?;
        let chosen = line.parse::<usize>().ok().and_then(|n| SECRETS.get(n.checked_sub(1)?));
        match chosen {
            None => {}
            Some(("", ..)) => return Some(None),
            Some((kind, prompt, _)) => {
                field.text = format!("{kind}{}", person.value(prompt)?);
                match field.trouble(inventory) {
                    None => return Some(Some(field.text)),
                    Some(trouble) => said(person, &trouble),
                }
            }
        }
    }
}

fn said(person: &mut impl Person, (message, help): &(String, String)) {
    person.show(&format!("! {}\n", visible(message)));
    if !help.is_empty() {
        person.show(&format!("  {}\n", visible(help)));
    }
}

/// What was typed, with candidates in the place of their numbers. What is a candidate itself is no number.
fn meant(line: &str, candidates: &[String], is_list: bool) -> String {
    let one = |part: &str| {
        let numbered = || candidates.get(part.parse::<usize>().ok()?.checked_sub(1)?).filter(|_| part.len() < 4);
        match candidates.iter().any(|candidate| candidate == part) {
            true => part.to_owned(),
            false => numbered().cloned().unwrap_or_else(|| part.to_owned()),
        }
    };
    if is_list { line.split(',').map(|part| one(part.trim())).collect::<Vec<_>>().join(", ") } else { one(line) }
}

#[cfg(test)]
mod tests {
    use super::meant;

    #[test]
    fn a_number_is_a_candidate_unless_it_is_one_itself() {
        let hosts = ["web-1", "web-2", "7"].map(str::to_owned);
        let check = |line, is_list, expect| assert_eq!(meant(line, &hosts, is_list), expect);
        check("2", false, "web-2");
        check("7", false, "7");
        check("4", false, "4");
        check("0", false, "0");
        check("1,web-2", true, "web-1, web-2");
        check("db-1", false, "db-1");
        check("", false, "");
    }
}
