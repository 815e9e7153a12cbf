//! What there is to open.

use std::path::PathBuf;

use banister_runtime::state::{RunState, RunSummary};

use super::Drilled;

/// Everything that home lists.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Listing {
    /// The inventory's word.
    pub(crate) environment: String,
    /// Runs, as `banister runs` has them.
    pub(crate) runs: Vec<RunSummary>,
    /// Runbooks, by name.
    pub(crate) books: Vec<Book>,
    /// Where runbooks were looked for.
    pub(crate) looked_in: Vec<PathBuf>,
    /// What could not be read.
    pub(crate) notes: Vec<String>,
}

/// A runbook that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Book {
    pub(crate) file: PathBuf,
    pub(crate) name: String,
    pub(crate) title: String,
    /// How many mistakes it has; it cannot be run.
    pub(crate) mistakes: usize,
    /// Its last drill; `None` if none is known of.
    pub(crate) drilled: Option<Drilled>,
}

/// One thing that can be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entry<'a> {
    /// A run that can be resumed.
    Resumable(&'a RunSummary),
    /// A live run that waits for a person.
    Waiting(&'a RunSummary),
    Live(&'a RunSummary),
    Book(&'a Book, Option<&'a RunSummary>),
    Past(&'a RunSummary),
}

impl Listing {
    /// Everything, what needs a person first.
    pub(super) fn entries(&self) -> Vec<Entry<'_>> {
        let rests = |run: &&RunSummary| run.state.is_interrupted() || matches!(run.state, RunState::Drained(_));
        let lives = |run: &&RunSummary| matches!(run.state, RunState::Running(_));
        let runs = || self.runs.iter();
        let is_of = |run: &&RunSummary, book: &Book| run.runbook.as_deref() == Some(book.name.as_str());
        let last = |book: &Book| runs().filter(|run| is_of(run, book)).max_by_key(|run| run.began);
        let mut entries: Vec<Entry<'_>> = runs().filter(rests).map(Entry::Resumable).collect();
        entries.extend(runs().filter(lives).filter(|run| run.waits()).map(Entry::Waiting));
        entries.extend(runs().filter(lives).filter(|run| !run.waits()).map(Entry::Live));
        entries.extend(self.books.iter().map(|book| Entry::Book(book, last(book))));
        entries.extend(runs().filter(|run| !rests(run) && !lives(run)).map(Entry::Past));
        entries
    }
}

impl Entry<'_> {
    /// The heading of its part of the list.
    pub(super) fn heading(&self) -> &'static str {
        match self {
            Self::Resumable(_) => "TO RESUME, enter shows how they stand",
            Self::Waiting(_) => "WAITS FOR A PERSON, enter attaches",
            Self::Live(_) => "LIVE",
            Self::Book(..) => "RUNBOOKS",
            Self::Past(_) => "PAST RUNS",
        }
    }

    /// What names it: the cursor stays on it when the list changes.
    pub(super) fn key(&self) -> String {
        match self {
            Self::Resumable(run) | Self::Waiting(run) | Self::Live(run) | Self::Past(run) => run.id.to_string(),
            Self::Book(book, _) => book.file.display().to_string(),
        }
    }

    /// Whether a filter lets it through.
    pub(super) fn has(&self, words: &str) -> bool {
        let text = match self {
            Self::Resumable(run) | Self::Waiting(run) | Self::Live(run) | Self::Past(run) => {
                let of = |text: &Option<String>| text.clone().unwrap_or_default();
                format!("{} {} {}", run.id, of(&run.runbook), of(&run.environment))
            }
            Self::Book(book, _) => format!("{} {}", book.name, book.title),
        };
        let text = text.to_lowercase();
        words.to_lowercase().split_whitespace().all(|word| text.contains(word))
    }
}
