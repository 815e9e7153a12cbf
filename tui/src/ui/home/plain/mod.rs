//! Home in plain lines: the same worker, the same choices, by numbers.
//!
//! ```text
//!   list ─▶ a number ─┬─ a run ─────▶ Chosen::{Attach, Look};  Described ─ `go` ─▶ Chosen::Resume
//!                     └─ a runbook ─▶ values (value.rs) ─▶ checks, plan ─ `go` ─▶ Chosen::Start
//! ```
//!
//! What it deliberately does not do: repaint. What is listed is as it was when it was listed; Enter lists it anew.

mod person;
mod value;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use banister_core::run::Now;
use banister_core::source::visible;
use banister_runtime::state::RunId;

pub(crate) use self::person::Person;
use super::drilled::line;
use super::list::row;
use super::listing::Entry;
use super::{Chosen, HomeNews, Job, Listing, Opened, Planned, Trouble};
use crate::ask::GO;
use crate::checks::{Check, conclusion};
use crate::ui::text::width;
use crate::ui::{Mailbox, Message};

/// Past runs that are listed; a part of a name finds the others.
const PAST: usize = 10;
/// Cells of a number and what is around it.
const NUMBER: usize = 6;
/// Lines that are shown at once of what is to be read before it starts.
const PAGE: usize = 100;

/// Home for who reads lines.
pub(crate) struct PlainHome<'a, P> {
    person: &'a mut P,
    jobs: Sender<Job>,
    news: &'a Mailbox<HomeNews>,
    asked: u64,
}

/// Back to the list.
struct Back;

impl<'a, P: Person> PlainHome<'a, P> {
    /// Home before anything is known.
    pub(crate) fn new(person: &'a mut P, jobs: Sender<Job>, news: &'a Mailbox<HomeNews>) -> Self {
        Self { person, jobs, news, asked: 0 }
    }

    /// Asks until something is chosen.
    pub(crate) fn choose(&mut self, now: &Now) -> Chosen {
        let mut filter = String::new();
        loop {
            let listed = self.hear(Job::List, |news| match news {
                HomeNews::Listed(listing) => Some(*listing),
                _ => None,
            });
            let Some(listing) = listed else { return Chosen::Quit };
            let all: Vec<Entry<'_>> = listing.entries().into_iter().filter(|entry| entry.has(&filter)).collect();
            let is_past = |entry: &Entry<'_>| matches!(entry, Entry::Past(_));
            let past = all.iter().filter(|entry| is_past(entry)).count();
            let left_out = if filter.is_empty() { past.saturating_sub(PAST) } else { 0 };
            let shown = &all[..all.len() - left_out];
            let room = self.person.width().saturating_sub(NUMBER);
            self.person.show(&list(&listing, shown, left_out, &filter, room, now));
            let Some(line) = self.person.word(&format!("choose 0 to {}: ", shown.len())) else { return Chosen::Quit };
            match line.parse::<usize>() {
                Ok(0) => return Chosen::Quit,
                Ok(n) if n <= shown.len() => {
                    if let Some(Ok(chosen)) = shown.get(n - 1).map(|entry| self.open(entry)) {
                        return chosen;
                    }
                }
                Ok(n) => self.person.show(&format!("there is no {n}\n")),
                Err(_) if line == "q" => return Chosen::Quit,
                Err(_) => filter = line,
            }
        }
    }

    /// Has something done, and waits for what it comes to. `None` if nobody works any more.
    fn hear<T>(&mut self, job: Job, mut take: impl FnMut(HomeNews) -> Option<T>) -> Option<T> {
        self.jobs.send(job).ok()?;
        loop {
            if let Some(Message::Heard(news)) = self.news.next(Instant::now() + Duration::from_secs(1))
                && let Some(taken) = take(news)
            {
                return Some(taken);
            }
        }
    }

    fn open(&mut self, entry: &Entry<'_>) -> Result<Chosen, Back> {
        match entry {
            Entry::Waiting(run) | Entry::Live(run) => Ok(Chosen::Attach(run.id.clone())),
            Entry::Past(run) => Ok(Chosen::Look(run.id.clone())),
            Entry::Resumable(run) => self.resume(&run.id),
            Entry::Book(book, _) => self.book(book.file.clone()),
        }
    }

    fn resume(&mut self, run: &RunId) -> Result<Chosen, Back> {
        let described = self.hear(Job::Describe(run.clone()), |news| match news {
            HomeNews::Described(described) => Some(described),
            _ => None,
        });
        let described = self.or_say(described)?;
        let mut text = format!("\n{}: {}\nrun {run}\n", visible(&described.environment), visible(&described.title));
        described.lines.iter().for_each(|line| text.push_str(&format!("  {}\n", visible(line))));
        text.push_str(
            "Resuming asks the hosts first what became of what ran; nothing runs twice without being asked for.\n",
        );
        self.person.show(&text);
        let short = run.as_str().get(..8).unwrap_or_default();
        self.confirms(&format!("resume {short}"))?;
        Ok(Chosen::Resume(run.clone()))
    }

    fn book(&mut self, file: PathBuf) -> Result<Chosen, Back> {
        let opened = self.hear(Job::Open(file), |news| match news {
            HomeNews::Opened(opened) => Some(opened),
            _ => None,
        });
        let opened = self.or_say(opened)?;
        self.person.show(&format!(
            "\n{}: {}\n  IF IT FAILS  {}\n",
            visible(&opened.name),
            visible(&opened.title),
            visible(&opened.if_it_fails)
        ));
        let mut params = Vec::new();
        for decl in &opened.params {
            let value = value::ask(self.person, decl, &opened.inventory).ok_or(Back)?;
            params.extend(value.map(|value| (decl.name.value.as_str().to_owned(), value)));
        }
        self.plan(&opened, params)
    }

    /// Shows the plan and what is seen of hosts and preconditions, and asks whether it is to start.
    fn plan(&mut self, opened: &Opened, params: Vec<(String, String)>) -> Result<Chosen, Back> {
        self.asked += 1;
        let number = self.asked;
        let job = Job::Plan { asked: number, file: opened.file.clone(), params: params.clone() };
        let planned = self.hear(job, |news| match news {
            HomeNews::Planned { asked, planned } if asked == number => Some(planned),
            _ => None,
        });
        let planned = self.or_say(planned)?;
        let read = self.read(&planned);
        let refused = read.and_then(|()| self.checks(number));
        if refused.is_err() {
            // Nobody waits for what is looked at any more.
            let _ = self.jobs.send(Job::Drop);
        }
        let refused = refused?;
        let mut incident: Option<String> = None;
        loop {
            let named = incident.as_deref().unwrap_or("none");
            let start = refused.clone().unwrap_or_else(|| "run it; `go` confirms it".to_owned());
            self.person.show(&format!(
                "\n  1  start     {start}\n  2  incident  the incident that it belongs to ({})\n  3  back      start nothing\n",
                visible(named)
            ));
            match self.person.word("choose 1 to 3: ").ok_or(Back)?.as_str() {
                "1" | "start" if refused.is_none() => {
                    let hosts =
                        if planned.hosts == 1 { "1 host".to_owned() } else { format!("{} hosts", planned.hosts) };
                    if self.confirms(&format!("start {} on {hosts}", visible(&opened.name))).is_ok() {
                        let (file, plan) = (opened.file.clone(), planned.hash.clone());
                        return Ok(Chosen::Start { file, params, incident, plan });
                    }
                }
                "2" | "incident" => {
                    let name = self.person.value("incident (empty: none): ").ok_or(Back)?;
                    incident = Some(name).filter(|name| !name.is_empty());
                }
                "3" | "back" => return Err(Back),
                "" => {}
                other => self.person.show(&format!("`{}` is none of them\n", visible(other))),
            }
        }
    }

    /// The plan, a piece at a time where it is long: what is started was seen to its end.
    fn read(&mut self, planned: &Planned) -> Result<(), Back> {
        let mut lines = vec![String::new()];
        lines.extend(planned.warnings.iter().cloned());
        lines.push(format!("DRILLED  {}", line(planned.drilled.as_ref())));
        lines.push(format!("PLAN  {}", planned.hash));
        lines.extend(planned.lines.iter().map(|line| format!("  {line}")));
        for (n, page) in lines.chunks(PAGE).enumerate() {
            if n > 0 {
                let prompt = format!("({} of {} lines; enter goes on, `back` stops) ", n * PAGE, lines.len());
                if self.person.word(&prompt).ok_or(Back)? == "back" {
                    return Err(Back);
                }
            }
            let page: String = page.iter().map(|line| format!("{}\n", visible(line))).collect();
            self.person.show(&page);
        }
        Ok(())
    }

    /// What is seen of hosts and preconditions, as it is seen; why it cannot be started, if it cannot.
    fn checks(&mut self, number: u64) -> Result<Option<String>, Back> {
        self.person.show("\nPRECONDITIONS, as `plan --probe` sees them\n");
        loop {
            let Some(Message::Heard(news)) = self.news.next(Instant::now() + Duration::from_secs(1)) else { continue };
            match news {
                HomeNews::Checked { asked, check: Check { text, .. } } if asked == number => {
                    self.person.show(&format!("  {}\n", visible(&text)));
                }
                HomeNews::Probed { asked, refused: Ok(refused) } if asked == number => {
                    self.person.show(&format!("  {}\n", conclusion(refused)));
                    return Ok(
                        refused.map(|exit| format!("not possible: it would end with {exit}, {}", exit.meaning()))
                    );
                }
                HomeNews::Probed { asked, refused: Err(Trouble(why)) } if asked == number => {
                    why.iter().for_each(|why| self.person.show(&format!("  not looked at: {}\n", visible(why))));
                    self.person.show("  the run itself looks before it starts anything\n");
                    return Ok(None);
                }
                _ => {}
            }
        }
    }

    fn or_say<T>(&mut self, found: Option<Result<T, Trouble>>) -> Result<T, Back> {
        match found.ok_or(Back)? {
            Ok(found) => Ok(found),
            Err(Trouble(why)) => {
                self.person.show("\n");
                why.iter().for_each(|line| self.person.show(&format!("{}\n", visible(line))));
                Err(Back)
            }
        }
    }

    fn confirms(&mut self, what: &str) -> Result<(), Back> {
        if self.person.word(&format!("type `{GO}` to {what}: ")).ok_or(Back)? == GO {
            return Ok(());
        }
        self.person.show("that is not it, nothing was done\n");
        Err(Back)
    }
}

/// What there is, numbered.
fn list(listing: &Listing, entries: &[Entry<'_>], left_out: usize, filter: &str, room: usize, now: &Now) -> String {
    let books = entries.iter().filter_map(|entry| match entry {
        Entry::Book(book, _) => Some(width(&book.name)),
        _ => None,
    });
    let books = books.max().unwrap_or(0).min(32);
    let mut text = format!("\nhome, {}\n", visible(&listing.environment));
    listing.notes.iter().for_each(|note| text.push_str(&format!("note: {}\n", visible(note))));
    let mut heading = "";
    for (n, entry) in entries.iter().enumerate() {
        // What Enter does on the screen is no news to who types numbers.
        let (here, _) = entry.heading().split_once(',').unwrap_or((entry.heading(), ""));
        if here != heading {
            heading = here;
            text.push_str(&format!("{here}\n"));
        }
        text.push_str(format!("  {:>2}  {}", n + 1, row(entry, room, books, now)).trim_end());
        text.push('\n');
    }
    if left_out > 0 {
        text.push_str(&format!("      and {left_out} past runs more\n"));
    }
    if listing.books.is_empty() {
        let places: Vec<String> = listing.looked_in.iter().map(|dir| dir.display().to_string()).collect();
        text.push_str(&format!("there is no runbook in {}\n", visible(&places.join(", "))));
    }
    match filter {
        "" => text.push_str("   0  leave\n(a part of a name shows only what has it; enter looks again)\n"),
        filter => {
            text.push_str(&format!("   0  leave\n(only what has `{}`; enter shows everything)\n", visible(filter)))
        }
    }
    text
}
