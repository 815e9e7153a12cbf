//! The list of what can be opened.

use banister_core::run::{ExitCode, Now};
use banister_runtime::state::{RunState, RunSummary};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::drilled::{brief, is_bad, words};
use super::listing::Entry;
use super::paint::{Painted, from_so_that, lines, paragraph};
use super::{Book, Listing};
use crate::awaited::awaited;
use crate::ui::Theme;
use crate::ui::text::{cut, fit, shown, width};

/// Where the cursor is, and what is filtered by.
#[derive(Debug, Clone, Default)]
pub(super) struct Place {
    /// The row under the cursor, among those that are shown.
    pub(super) at: usize,
    pub(super) filter: String,
    pub(super) is_typing: bool,
}

impl Place {
    /// What the filter lets through.
    pub(super) fn shown<'a>(&self, listing: &'a Listing) -> Vec<Entry<'a>> {
        listing.entries().into_iter().filter(|entry| entry.has(&self.filter)).collect()
    }

    pub(super) fn draw(&self, frame: &mut Frame<'_>, area: Rect, listing: &Listing, theme: Theme, now: &Now) {
        let entries = self.shown(listing);
        let (mut all, mut seen, mut heading) = (Vec::<Painted>::new(), 0, "");
        let names = |of: fn(&Entry<'_>) -> Option<usize>| entries.iter().filter_map(of).max().unwrap_or(0);
        let books = names(|entry| match entry {
            Entry::Book(book, _) => Some(width(&book.name)),
            _ => None,
        });
        for (at, entry) in entries.iter().enumerate() {
            if entry.heading() != heading {
                if !all.is_empty() {
                    all.push((String::new(), Style::new()));
                }
                heading = entry.heading();
                all.push((format!(" {heading}"), theme.label()));
            }
            let (mark, style) = if at == self.at { ('>', theme.cursor()) } else { (' ', Style::new()) };
            let style = match entry {
                Entry::Resumable(_) | Entry::Waiting(_) => theme.attention(),
                Entry::Book(book, _) if book.mistakes > 0 || is_bad(book.drilled.as_ref()) => theme.attention(),
                _ => style,
            };
            let room = usize::from(area.width).saturating_sub(4);
            all.push((format!(" {mark} {}", row(entry, room, books.min(32), now)), style));
            if at == self.at {
                seen = all.len() - 1;
            }
        }
        if entries.is_empty() && !self.filter.is_empty() {
            all.push((format!(" nothing has `{}`; esc shows everything", shown(&self.filter)), Style::new()));
        } else if listing.books.is_empty() {
            all.extend(no_books(listing, area.width));
        }
        lines(frame, area, &all, from_so_that(seen, area.height));
    }
}

fn no_books(listing: &Listing, width: u16) -> Vec<Painted> {
    let places: Vec<String> = listing.looked_in.iter().map(|dir| dir.display().to_string()).collect();
    let says = format!(
        "There is no runbook in {}. The shortest useful one has eight lines: see the book's tutorial, or write a file \
         there and check it with `banister check FILE`.",
        places.join(", ")
    );
    let mut all = vec![(String::new(), Style::new())];
    all.extend(paragraph(&says, width, 1, Style::new()));
    all
}

/// One line of it, as wide as its room.
pub(super) fn row(entry: &Entry<'_>, room: usize, books: usize, now: &Now) -> String {
    match entry {
        Entry::Waiting(run) => waiting_row(run, room, now),
        Entry::Resumable(run) | Entry::Live(run) | Entry::Past(run) => run_row(run, room),
        Entry::Book(book, last) => {
            let name = fit(&shown(&book.name), books);
            let right = match last {
                _ if book.mistakes > 0 => format!("! {}, see `banister check`", count(book.mistakes, "mistake")),
                last => book_stands(book, *last, room, now),
            };
            let title = if book.title == book.name { String::new() } else { shown(&book.title) };
            sides(&format!("{name}  {title}"), &right, room)
        }
    }
}

/// The last run and the last drill of a runbook, in as many words as half of the row has room for.
fn book_stands(book: &Book, last: Option<&RunSummary>, room: usize, now: &Now) -> String {
    let drilled = book.drilled.as_ref();
    let day = |run: &RunSummary| run.began.map_or_else(String::new, |at| at.format("%m-%d ").to_string());
    let (run, brief_run) = match last {
        Some(run) => {
            let stands = stands(run);
            (format!("last {} {stands}", began(run, room)), day(run) + &stands)
        }
        None => ("never run here".to_owned(), "never run here".to_owned()),
    };
    let all = [format!("{run}, {}", words(drilled, now.wall)), format!("{brief_run}, {}", brief(drilled, now.wall))];
    all.into_iter().find(|text| width(text) <= room / 2).unwrap_or(run)
}

fn count(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

/// A row with less room has no year in it.
const WIDE: usize = 100;

fn began(run: &RunSummary, room: usize) -> String {
    let how = if room >= WIDE { "%Y-%m-%d %H:%MZ" } else { "%m-%d %H:%MZ" };
    run.began.map_or_else(|| "-".to_owned(), |at| at.format(how).to_string())
}

/// How a run stands, in a word or two.
fn stands(run: &RunSummary) -> String {
    match &run.state {
        RunState::Running(_) if run.waits() => "waits".to_owned(),
        RunState::Running(_) => "running".to_owned(),
        RunState::Interrupted => "interrupted".to_owned(),
        RunState::Drained(exit) => format!("drained ({exit})"),
        RunState::Finished(ExitCode::DONE) => "done".to_owned(),
        RunState::Finished(exit) => format!("ended with {exit}"),
        RunState::NeverStarted => "never started".to_owned(),
        RunState::Unreadable(why) => format!("cannot be read: {}", shown(why)),
    }
}

/// Since when a run waits, and for what: that it waits is said above it. Where there is little room, that counts more
/// than when it began.
fn waiting_row(run: &RunSummary, room: usize, now: &Now) -> String {
    let Some((since, what)) = awaited(run) else { return run_row(run, room) };
    let how = if since.date_naive() == now.wall.date_naive() { "%H:%MZ" } else { "%m-%d %H:%MZ" };
    let right = format!("since {} {what}", since.format(how));
    let began = if room >= WIDE { format!("{}  ", began(run, room)) } else { String::new() };
    let of = |text: &Option<String>| shown(text.as_deref().unwrap_or("-"));
    let id = run.id.as_str().get(..8).unwrap_or_default();
    let left = format!("{id}  {began}{}  {}", of(&run.environment), of(&run.runbook));
    both(&left, &right, room, room * 2 / 3)
}

fn run_row(run: &RunSummary, room: usize) -> String {
    let id = run.id.as_str().get(..8).unwrap_or_default();
    let of = |text: &Option<String>| shown(text.as_deref().unwrap_or("-"));
    let left = format!("{id}  {}  {}  {}", began(run, room), of(&run.environment), of(&run.runbook));
    let is_mute = matches!(run.state, RunState::Running(_)) && run.awaited.is_none();
    let more = if is_mute { ", no answer" } else { "" };
    sides(&left, &format!("{}{more}", stands(run)), room)
}

/// Two texts on one line, the right one at its end; the left one gives way, and where there is no room the right one.
fn sides(left: &str, right: &str, room: usize) -> String {
    both(left, right, room, room / 2)
}

/// The same with the room that the right one has at most.
fn both(left: &str, right: &str, room: usize, most: usize) -> String {
    let right = cut(right, most).into_owned();
    let left_room = room.saturating_sub(width(&right) + 2);
    format!("{}  {right}", fit(left, left_room))
}
