//! What no source may hold.

use crate::tree::{self, crate_sources};

/// Lines of one file, its tests left out.
const LONGEST: usize = 600;

/// Files that may be longer, and why.
const LONGER: [(&str, &str); 1] =
    [("engine/core/src/source/wording.rs", "one table of all messages, so that they keep one voice")];

fn is_word_at(line: &str, at: usize, word: &str) -> bool {
    let alike = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    !alike(line[..at].chars().next_back()) && !alike(line[at + word.len()..].chars().next())
}

fn holds(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| !word.ends_with(char::is_alphanumeric) || is_word_at(line, at, word))
}

#[test]
fn nothing_is_left_for_later_and_no_lint_is_silenced() {
    // Put together here, so that this file does not hold them.
    let words: Vec<String> = [
        ("to", "do!"),
        ("TO", "DO"),
        ("db", "g!"),
        ("FIX", "ME"),
        ("XX", "X"),
        ("#[igno", "re"),
        ("#[allo", "w("),
        ("#![allo", "w("),
        ("unimple", "mented!"),
    ]
    .into_iter()
    .map(|(a, b)| format!("{a}{b}"))
    .collect();
    let mut wrong = Vec::new();
    for file in tree::files(".", &[".rs", ".sh", ".py", ".yaml", ".toml", ".md", "/run"]) {
        for (at, line) in file.text.lines().enumerate() {
            wrong.extend(words.iter().filter(|w| holds(line, w)).map(|w| format!("{}:{}: {w}", file.path, at + 1)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_file_is_long() {
    for file in crate_sources().iter().filter(|file| !LONGER.iter().any(|(path, _)| *path == file.path)) {
        let lines = file.lines_without_tests().count();
        assert!(lines <= LONGEST, "{} has {lines} lines without its tests, more than {LONGEST}: split it", file.path);
    }
}

#[test]
fn the_core_touches_nothing() {
    let words = [
        "std::fs",
        "std::process",
        "std::net",
        "std::env",
        "std::thread",
        "std::io::std",
        "std::os",
        "Instant::now",
        "SystemTime",
        "Utc::now",
        "Local::now",
        "HashMap",
        "HashSet",
        "RandomState",
        "tokio",
        "println!",
        "print!",
    ];
    let core: Vec<_> = crate_sources().into_iter().filter(|file| file.path.starts_with("engine/core/src")).collect();
    assert!(core.len() > 20, "only {} sources found", core.len());
    for file in core {
        for (at, line) in file.lines_without_tests().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            for word in words {
                assert!(!line.contains(word), "{}:{at}: the core touches {word}", file.path);
            }
        }
    }
}

#[test]
fn what_can_panic_says_why_it_cannot() {
    let mut wrong = Vec::new();
    for file in crate_sources() {
        let lines: Vec<_> = file.lines_without_tests().collect();
        for (i, (at, line)) in lines.iter().enumerate() {
            let panics = [".unwrap()", ".expect(\"", "unreachable!(", "panic!("].iter().any(|word| line.contains(word));
            // In the comment or doc example of something that tests and examples may do.
            if !panics || line.trim_start().starts_with("//") {
                continue;
            }
            let said = lines[i.saturating_sub(8)..=i].iter().any(|(_, line)| line.contains("Invariant:"));
            if !said {
                wrong.push(format!("{}:{at}: {}", file.path, line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "no `// Invariant:` comment above\n{}", wrong.join("\n"));
}

#[test]
fn the_search_finds_words_and_not_their_neighbours() {
    assert!(holds("a XY b", "XY"));
    assert!(!holds("mktemp aXYX", "XY"));
    assert!(!holds("XYXY", "XY"));
    assert!(holds("x xy!(1)", "xy!"));
}
