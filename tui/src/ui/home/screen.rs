//! Home as a program.

use std::path::PathBuf;
use std::sync::mpsc::Sender;

use banister_core::run::Now;
use banister_runtime::state::RunId;
use ratatui::Frame;
use ratatui::style::Style;

use super::action::Action;
use super::confirm::Typed;
use super::form::{Filled, Form};
use super::list::Place;
use super::listing::Entry;
use super::paint::{footer, header, indented, lines, page, paragraph};
use super::palette::{Palette, help};
use super::plan_page::{PlanPage, Read};
use super::resume::Resume;
use super::scroll::Scroll;
use super::{HomeNews, Job, Listing, Trouble};
use crate::ui::{Key, Message, Order, Program, Theme};

/// Seconds between two looks at what there is.
const LOOK_EVERY: u32 = 5;
/// Rows of a page up or down.
const PAGE: usize = 10;

/// What a person chose to do, for whoever showed home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Chosen {
    /// Leave.
    Quit,
    /// Attach to a live run.
    Attach(RunId),
    /// Go on with an interrupted one; `go` was typed.
    Resume(RunId),
    /// Show one that is over.
    Look(RunId),
    /// Run a runbook; `go` was typed at this plan.
    Start {
        /// Its file.
        file: PathBuf,
        /// `-p`.
        params: Vec<(String, String)>,
        /// `--incident`.
        incident: Option<String>,
        /// The hash of the plan that was shown.
        plan: String,
    },
}

enum Page {
    List,
    Help,
    Palette(Palette),
    /// What is wrong, line by line.
    Trouble(Vec<String>, Scroll),
    Form(Box<Form>),
    Plan(Box<PlanPage>),
    Resume(Box<Resume>),
}

/// Everything that is on the screen of home.
pub(crate) struct HomeScreen {
    theme: Theme,
    listing: Option<Listing>,
    place: Place,
    page: Page,
    /// The form below the plan: `esc` leads back to it.
    form: Option<Box<Form>>,
    jobs: Sender<Job>,
    asked: u64,
    since_look: u32,
    /// What is being read for the next page.
    waits_for: Option<String>,
    said: Option<String>,
    /// What it ended with.
    pub(crate) chosen: Option<Chosen>,
}

impl HomeScreen {
    /// Home before anything is known. What is to be done elsewhere goes to `jobs`; `said` is shown at first.
    pub(crate) fn new(theme: Theme, jobs: Sender<Job>, said: Option<String>) -> Self {
        let mut home = Self {
            theme,
            listing: None,
            place: Place::default(),
            page: Page::List,
            form: None,
            jobs,
            asked: 0,
            since_look: 0,
            waits_for: None,
            said,
            chosen: None,
        };
        home.job(Job::List);
        home
    }

    fn job(&mut self, job: Job) {
        if self.jobs.send(job).is_err() {
            self.said = Some("what works for this screen has failed: leave with q, and start it again".to_owned());
        }
    }

    fn leave(&mut self, chosen: Chosen) -> Vec<Order> {
        self.chosen = Some(chosen);
        vec![Order::Leave]
    }

    fn key(&mut self, key: Key) -> Vec<Order> {
        // The terminal's own: they mean the same everywhere.
        match key {
            Key::Ctrl('l') => return vec![Order::Redraw],
            Key::Ctrl('z') => return vec![Order::Suspend],
            _ => {}
        }
        match &mut self.page {
            Page::Trouble(_, scroll) => {
                if !scroll.key(key) {
                    self.page = self.form.take().map_or(Page::List, Page::Form);
                }
            }
            Page::Help => self.page = self.form.take().map_or(Page::List, Page::Form),
            Page::Palette(palette) => {
                if let Some(done) = palette.key(key) {
                    self.page = Page::List;
                    return done.map_or_else(Vec::new, |action| self.act(action));
                }
            }
            Page::Form(form) => match form.key(key) {
                Filled::On => {}
                Filled::Dropped => self.page = Page::List,
                Filled::Done => self.plan(),
            },
            Page::Plan(plan) => match plan.key(key) {
                Read::On | Read::Other(_) => {}
                Read::Back => {
                    self.job(Job::Drop);
                    self.page = self.form.take().map_or(Page::List, Page::Form);
                }
                Read::Start => return self.start(),
            },
            Page::Resume(resume) => match resume.confirm.key(key) {
                Typed::On => {}
                Typed::Dropped => self.page = Page::List,
                Typed::Confirmed => {
                    let run = resume.described.run.clone();
                    return self.leave(Chosen::Resume(run));
                }
            },
            Page::List if self.place.is_typing => self.filter_key(key),
            Page::List => {
                self.said = None;
                return match key {
                    Key::Ctrl('c') => self.act(Action::Quit),
                    _ => Action::of(key).map_or_else(Vec::new, |action| self.act(action)),
                };
            }
        }
        Vec::new()
    }

    fn filter_key(&mut self, key: Key) {
        let place = &mut self.place;
        place.at = 0;
        match key {
            Key::Char(c) if place.filter.len() < 100 => place.filter.push(c),
            Key::Backspace => drop(place.filter.pop()),
            Key::Enter => place.is_typing = false,
            Key::Esc | Key::Ctrl('c') => *place = Place::default(),
            _ => {}
        }
    }

    fn act(&mut self, action: Action) -> Vec<Order> {
        let last = self.listing.as_ref().map_or(0, |listing| self.place.shown(listing).len()).saturating_sub(1);
        let at = &mut self.place.at;
        match action {
            Action::Up => *at = at.saturating_sub(1),
            Action::Down => *at = (*at + 1).min(last),
            Action::PageUp => *at = at.saturating_sub(PAGE),
            Action::PageDown => *at = (*at + PAGE).min(last),
            Action::Top => *at = 0,
            Action::Bottom => *at = last,
            Action::Open => return self.open(),
            Action::Search => self.place.is_typing = true,
            Action::Back => {
                self.place = Place::default();
                self.waits_for = None;
            }
            Action::Help => self.page = Page::Help,
            Action::Palette => self.page = Page::Palette(Palette::default()),
            Action::Refresh => self.job(Job::List),
            Action::Redraw => return vec![Order::Redraw],
            Action::Suspend => return vec![Order::Suspend],
            Action::Quit => return self.leave(Chosen::Quit),
        }
        Vec::new()
    }

    fn open(&mut self) -> Vec<Order> {
        let Some(listing) = &self.listing else { return Vec::new() };
        let job = match self.place.shown(listing).get(self.place.at) {
            None => return Vec::new(),
            Some(Entry::Waiting(run) | Entry::Live(run)) => {
                let run = run.id.clone();
                return self.leave(Chosen::Attach(run));
            }
            Some(Entry::Past(run)) => {
                let run = run.id.clone();
                return self.leave(Chosen::Look(run));
            }
            Some(Entry::Resumable(run)) => Job::Describe(run.id.clone()),
            Some(Entry::Book(book, _)) => Job::Open(book.file.clone()),
        };
        self.waits_for = Some("reading ..".to_owned());
        self.job(job);
        Vec::new()
    }

    /// The form is filled in: what would run is compiled and looked at.
    fn plan(&mut self) {
        let Page::Form(form) = std::mem::replace(&mut self.page, Page::List) else { return };
        let (file, params, name) = (form.opened.file.clone(), form.params(), form.opened.name.clone());
        // Without a field there is nothing to come back to.
        self.form = Some(form).filter(|form| !form.fields.is_empty());
        self.asked += 1;
        self.page = Page::Plan(Box::new(PlanPage::new(self.asked, file.clone(), params.clone(), name)));
        self.job(Job::Plan { asked: self.asked, file, params });
    }

    fn start(&mut self) -> Vec<Order> {
        let Page::Plan(plan) = &self.page else { return Vec::new() };
        let Some(planned) = &plan.planned else { return Vec::new() };
        let (file, params, incident) = (plan.file.clone(), plan.params.clone(), plan.incident.name());
        let plan = planned.hash.clone();
        self.leave(Chosen::Start { file, params, incident, plan })
    }

    fn heard(&mut self, news: HomeNews) {
        match news {
            HomeNews::Listed(listing) => self.listed(*listing),
            // Somebody went back meanwhile.
            HomeNews::Opened(_) | HomeNews::Described(_) if self.waits_for.is_none() => {}
            HomeNews::Opened(Ok(opened)) => {
                self.waits_for = None;
                let form = Form::of(*opened);
                let has_fields = !form.fields.is_empty();
                self.page = Page::Form(Box::new(form));
                if !has_fields {
                    self.plan();
                }
            }
            HomeNews::Described(Ok(described)) => {
                self.waits_for = None;
                self.page = Page::Resume(Box::new(Resume::of(*described)));
            }
            HomeNews::Opened(Err(trouble)) | HomeNews::Described(Err(trouble)) => {
                self.waits_for = None;
                self.page = Page::Trouble(trouble.0, Scroll::default());
            }
            HomeNews::Planned { asked, planned } => match (&mut self.page, planned) {
                (Page::Plan(plan), Ok(planned)) if plan.asked == asked => plan.planned = Some(*planned),
                (Page::Plan(plan), Err(Trouble(lines))) if plan.asked == asked => {
                    self.page = Page::Trouble(lines, Scroll::default());
                }
                _ => {}
            },
            HomeNews::Checked { asked, check } => {
                if let Page::Plan(plan) = &mut self.page
                    && plan.asked == asked
                {
                    plan.checked(check);
                }
            }
            HomeNews::Probed { asked, refused } => {
                if let Page::Plan(plan) = &mut self.page
                    && plan.asked == asked
                {
                    plan.probed(refused);
                }
            }
        }
    }

    /// The cursor stays on what it was on.
    fn listed(&mut self, listing: Listing) {
        let under = |listing: &Listing, place: &Place| place.shown(listing).get(place.at).map(Entry::key);
        let before = self.listing.as_ref().and_then(|old| under(old, &self.place));
        let keys: Vec<String> = self.place.shown(&listing).iter().map(Entry::key).collect();
        let again = before.and_then(|key| keys.iter().position(|its| *its == key));
        self.place.at = again.unwrap_or(self.place.at).min(keys.len().saturating_sub(1));
        self.listing = Some(listing);
    }
}

impl Program<HomeNews> for HomeScreen {
    fn update(&mut self, message: Message<HomeNews>, _now: &Now) -> Vec<Order> {
        match message {
            Message::Key(key) => self.key(key),
            Message::Paste(text) => {
                match &mut self.page {
                    Page::Form(form) => form.paste(&text),
                    Page::Plan(plan) => plan.paste(&text),
                    Page::Resume(resume) => resume.confirm.paste(),
                    _ => {}
                }
                Vec::new()
            }
            Message::Heard(news) => {
                self.heard(news);
                Vec::new()
            }
            Message::Notice(text) => {
                self.said = Some(text);
                Vec::new()
            }
            Message::Tick => {
                self.since_look += 1;
                if self.since_look >= LOOK_EVERY && matches!(self.page, Page::List) {
                    self.since_look = 0;
                    self.job(Job::List);
                }
                Vec::new()
            }
            Message::Resize { .. } | Message::Shelled(_) => Vec::new(),
            Message::Back => vec![Order::Redraw],
            Message::Stop => vec![Order::Suspend],
            Message::Hangup => self.leave(Chosen::Quit),
        }
    }

    fn is_ready(&self) -> bool {
        self.listing.is_some()
    }

    fn draw(&self, frame: &mut Frame<'_>, now: &Now) {
        let [head, body, say, foot] = page(frame);
        let theme = self.theme;
        let mut environment = self.listing.as_ref().map_or("..", |listing| listing.environment.as_str());
        let what = match &self.page {
            Page::Form(form) => format!("{}: {}", form.opened.name, form.opened.title),
            Page::Plan(plan) => {
                let title = plan.planned.as_ref().map_or("", |planned| planned.title.as_str());
                environment = plan.planned.as_ref().map_or(environment, |planned| planned.environment.as_str());
                format!("{}  {title}", plan.name)
            }
            Page::Resume(resume) => {
                environment = &resume.described.environment;
                "resume a run".to_owned()
            }
            _ => "banister".to_owned(),
        };
        header(frame, head, theme, environment, &what);
        let mut said = self.said.clone();
        let hints: &[(&str, &str)] = match &self.page {
            Page::List => {
                match &self.listing {
                    Some(listing) => self.place.draw(frame, body, listing, theme, now),
                    None => lines(frame, body, &[(" looking ..".to_owned(), Style::new())], 0),
                }
                if self.place.is_typing || !self.place.filter.is_empty() {
                    let end = if self.place.is_typing { "_" } else { "" };
                    said = Some(format!("/{}{end}", self.place.filter));
                }
                said = self.waits_for.clone().or(said);
                said = said.or_else(|| self.listing.as_ref().and_then(|listing| listing.notes.first().cloned()));
                &[("enter", "open"), ("/", "filter"), ("?", "help"), (":", "cmd"), ("q", "quit")]
            }
            Page::Help => {
                help(frame, body, theme);
                &[("esc", "back")]
            }
            Page::Palette(palette) => {
                palette.draw(frame, body, theme);
                &[("enter", "do it"), ("up/down", "choose"), ("esc", "back")]
            }
            Page::Trouble(all, scroll) => {
                let all: Vec<_> = all.iter().flat_map(|line| indented(line, body.width, 1, Style::new())).collect();
                scroll.draw(frame, body, &all);
                said = more(scroll);
                &[("j/k", "scroll"), ("esc", "back")]
            }
            Page::Form(form) => {
                form.draw(frame, body, theme);
                said = form.why_not.clone();
                &[("enter", "next"), ("tab", "next"), ("up/down", "choose"), ("ctrl-u", "clear"), ("esc", "back")]
            }
            Page::Plan(plan) => {
                plan.draw(frame, body, theme);
                said = plan.why_not.clone().or_else(|| more(&plan.scroll));
                if let Some(confirm) = &plan.confirm {
                    said = confirm.why_not.clone();
                    let line = confirm.line(&plan.what());
                    frame.render_widget(paragraph_line(&line, foot.width, theme), foot);
                    say_line(frame, say, said.as_deref(), theme);
                    return;
                }
                // The page may be scrolled to where its row is not seen.
                said = if plan.incident.is_typed() { Some(plan.incident.row()) } else { said };
                match plan.incident.is_typed() {
                    true => &[("enter", "keep"), ("esc", "drop")],
                    false => &[("enter", "start it"), ("i", "incident"), ("j/k", "scroll"), ("esc", "back")],
                }
            }
            Page::Resume(resume) => {
                resume.draw(frame, body, theme);
                let line = resume.confirm.line(&resume.what());
                frame.render_widget(paragraph_line(&line, foot.width, theme), foot);
                say_line(frame, say, resume.confirm.why_not.as_deref(), theme);
                return;
            }
        };
        say_line(frame, say, said.as_deref(), theme);
        footer(frame, foot, hints);
    }

    /// Nothing here is counted in seconds.
    fn ticks(&self) -> bool {
        false
    }
}

/// That a page goes on below what is seen of it.
fn more(scroll: &Scroll) -> Option<String> {
    match scroll.below() {
        0 => None,
        1 => Some("1 line more below".to_owned()),
        lines => Some(format!("{lines} lines more below")),
    }
}

fn paragraph_line(text: &str, width: u16, theme: Theme) -> ratatui::text::Line<'static> {
    ratatui::text::Line::styled(crate::ui::text::fit(text, width.into()), theme.label())
}

fn say_line(frame: &mut Frame<'_>, area: ratatui::layout::Rect, said: Option<&str>, theme: Theme) {
    if let Some(said) = said {
        let line = paragraph(said, area.width, 1, theme.attention()).into_iter().next();
        lines(frame, area, &line.into_iter().collect::<Vec<_>>(), 0);
    }
}
