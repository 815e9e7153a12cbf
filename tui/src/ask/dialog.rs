//! Puts questions to the operator, one at a time, and brings the answers back.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::Duration;

use banister_core::run::{Actor, AskId, RunningAtAbort};
use banister_core::source::visible;
use banister_runtime::control::{ControlError, Verb};

use super::phrase::{GO, phrase_of_run};
use super::question::{MORE, Question};
use super::shell::Shell;
use super::shows::shows;
use super::tty::{Tty, Typed};
use crate::attach::{Board, Door, Wire};

const LOOK_EVERY: Duration = Duration::from_millis(10);
/// Lines that are shown at once of what must be read.
const PAGE: usize = 100;

/// What the dialog is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum News {
    /// Other asks are open, or somebody else drives.
    Changed,
    /// The operator interrupted: nothing new starts until he says how to go on.
    Interrupted,
    /// There is nothing more to ask.
    Over,
}

/// Everything the operator can be asked with.
pub(crate) struct Dialog {
    pub(super) tty: Tty,
    news: Receiver<News>,
    pub(super) board: Arc<Board>,
    pub(super) wire: Arc<Wire>,
    pub(super) door: Door,
    pub(super) shell: Shell,
    /// What is being asked.
    asking: Option<AskId>,
    /// Open asks that are not put again: answered, or not this person's to answer.
    aside: Vec<AskId>,
    /// Who drove when they were put aside.
    pen: Option<Actor>,
    /// What was shown last of what an ask is about, and to its end.
    read: Option<(AskId, String)>,
    /// What the next line is about: an ask, and the word that was chosen. Others may have been opened since.
    about: Option<String>,
    /// A text is being written that has nothing to do with what is asked.
    writing: bool,
    interrupted: bool,
    over: bool,
}

/// Why a question was left.
pub(super) enum Left {
    /// Other news came first; the question is put again if it is still open.
    News,
    /// The terminal is gone.
    Gone,
}

impl Dialog {
    pub(crate) fn new(tty: Tty, news: Receiver<News>, board: Arc<Board>, wire: Arc<Wire>, door: Door) -> Self {
        let shell = Shell::new(&board.run, &board.plan);
        Self {
            tty,
            news,
            board,
            wire,
            door,
            shell,
            asking: None,
            aside: Vec::new(),
            pen: None,
            read: None,
            about: None,
            writing: false,
            interrupted: false,
            over: false,
        }
    }

    /// Asks until it is told that it is over or the terminal is gone.
    pub(crate) fn run(mut self) {
        while !self.over {
            self.look();
            self.catch_up();
            let left = if self.interrupted {
                self.interruption()
            } else if let Some(question) = self.question() {
                self.ask(&question)
            } else {
                self.idle()
            };
            self.asking = None;
            if let Err(Left::Gone) = left {
                return;
            }
        }
    }

    /// Takes what came.
    fn look(&mut self) {
        loop {
            match self.news.try_recv() {
                Ok(News::Changed) => {}
                Ok(News::Interrupted) => self.interrupted = true,
                Ok(News::Over) | Err(TryRecvError::Disconnected) => return self.over = true,
                Err(TryRecvError::Empty) => break,
            }
        }
        let view = self.board.view();
        self.aside.retain(|ask| view.state().ask(ask).is_some());
        let pen = view.pen().cloned();
        if pen != self.pen {
            // Who has the pen now can say what he could not before.
            self.aside.clear();
            self.pen = pen;
        }
    }

    /// What happened while there was no connection comes first: a question or a line is about how the run stands now.
    fn catch_up(&mut self) {
        while !self.over && !self.interrupted && !self.board.is_caught_up() {
            std::thread::sleep(LOOK_EVERY);
            self.look();
        }
    }

    /// What is to be asked next.
    fn question(&self) -> Option<Question> {
        if self.board.watch || !self.board.is_caught_up() { None } else { Question::first(&self.board, &self.aside) }
    }

    pub(super) fn put_aside(&mut self, ask: &AskId) {
        self.aside.push(ask.clone());
    }

    /// What was put aside is asked again.
    pub(super) fn take_up(&mut self) {
        self.aside.clear();
    }

    /// Whether what is on the screen is answered otherwise, or something comes before it.
    fn is_overtaken(&self, was_interrupted: bool) -> bool {
        if self.over || self.interrupted != was_interrupted {
            return true;
        }
        match &self.asking {
            _ if self.writing => false,
            Some(ask) => self.board.view().state().ask(ask).is_none(),
            None => !self.interrupted && self.question().is_some(),
        }
    }

    /// Nothing is asked: an empty line shows where the run is, any other opens the menu.
    fn idle(&mut self) -> Result<(), Left> {
        let line = self.typed(None)?;
        self.catch_up();
        match line {
            line if line.is_empty() => {
                let status = super::status(&self.board);
                self.tty.show(&format!("{status}\n(any other line opens the menu)\n"));
                Ok(())
            }
            _ => self.menu(),
        }
    }

    /// One typed line, unless other news comes first.
    pub(super) fn line(&mut self, prompt: &str) -> Result<String, Left> {
        match &self.about {
            Some(about) => self.typed(Some(&format!("{about}: {prompt}"))),
            None => self.typed(Some(prompt)),
        }
    }

    /// Says at every prompt what it is about; `None` where that is the run.
    pub(super) fn is_about(&mut self, what: Option<String>) {
        self.about = what;
    }

    fn typed(&mut self, prompt: Option<&str>) -> Result<String, Left> {
        let was_interrupted = self.interrupted;
        loop {
            // The terminal is taken out for the while, since what stops it looks at everything else.
            let mut tty = self.tty.another().map_err(|_| Left::Gone)?;
            let mut stop = || {
                self.look();
                self.is_overtaken(was_interrupted)
            };
            let typed = match prompt {
                Some(prompt) => tty.ask(prompt, &mut stop),
                None => tty.idle(&mut stop),
            };
            match typed {
                Typed::Line(line) => return Ok(line),
                Typed::Refused(why) => tty.show(&format!("({why})\n")),
                Typed::Interrupted => {
                    if prompt.is_some() {
                        tty.show("\n");
                    }
                    return Err(Left::News);
                }
                Typed::Gone => return Err(Left::Gone),
            }
        }
    }

    /// One of several words, by number or in full.
    pub(super) fn choose(&mut self, words: &[&str]) -> Result<usize, Left> {
        loop {
            if let Some(chosen) = self.chosen(words, false)? {
                return Ok(chosen);
            }
        }
    }

    /// The same; `None` for everything else that can be done.
    pub(super) fn choose_or_more(&mut self, words: &[&str]) -> Result<Option<usize>, Left> {
        self.chosen(words, true)
    }

    fn chosen(&mut self, words: &[&str], has_more: bool) -> Result<Option<usize>, Left> {
        loop {
            let line = self.line(&format!("choose 1 to {}: ", words.len()))?;
            let by_number = line.parse::<usize>().ok().filter(|n| (1..=words.len()).contains(n)).map(|n| n - 1);
            match by_number.or_else(|| words.iter().position(|word| *word == line)) {
                Some(chosen) => return Ok(Some(chosen)),
                None if has_more && (line == "0" || line == MORE) => return Ok(None),
                None if line.is_empty() => {
                    let status = super::status(&self.board);
                    self.tty.show(&format!("{status}\n"));
                }
                None => self.tty.show(&format!("`{}` is none of them\n", visible(&line))),
            }
        }
    }

    /// A line that says something.
    pub(super) fn text(&mut self, prompt: &str) -> Result<String, Left> {
        loop {
            let line = self.line(prompt)?;
            if !line.is_empty() {
                return Ok(line);
            }
        }
    }

    /// The same for what is not an answer: a question that comes or goes meanwhile waits until it is written.
    pub(super) fn written(&mut self, prompt: &str) -> Result<String, Left> {
        self.writing = true;
        let text = self.text(prompt);
        self.writing = false;
        text
    }

    fn ask(&mut self, question: &Question) -> Result<(), Left> {
        self.tty.show(&question.asked());
        if !question.is_for_you() {
            self.put_aside(&question.ask.id);
            return Ok(());
        }
        self.asking = Some(question.ask.id.clone());
        // Once; whoever wants to see it again says so.
        if self.read.as_ref().is_none_or(|(ask, _)| *ask != question.ask.id) {
            self.read(question)?;
        }
        self.tty.show(&question.choices());
        self.is_about(Some(question.ask.id.path.to_string()));
        let answered = self.answer(question);
        self.is_about(None);
        answered
    }

    /// Whether what an ask is about was shown to its end, and is the same now.
    pub(super) fn has_read(&self, question: &Question) -> bool {
        let id = &question.ask.id;
        self.read.as_ref().is_some_and(|(ask, text)| ask == id && *text == shows(&self.board, id))
    }

    /// Shows what an ask is about, a piece at a time where it is long; whether to its end.
    pub(super) fn read(&mut self, question: &Question) -> Result<bool, Left> {
        let text = shows(&self.board, &question.ask.id);
        let lines: Vec<&str> = text.lines().collect();
        for (n, page) in lines.chunks(PAGE).enumerate() {
            if n > 0 {
                let prompt = format!("({} of {} lines; enter goes on, `back` stops) ", n * PAGE, lines.len());
                if self.line(&prompt)? == "back" {
                    self.tty.show("not all of it was shown; `0`, then `look` shows it again\n");
                    return Ok(false);
                }
            }
            self.tty.show(&format!("{}\n", page.join("\n")));
        }
        self.read = Some((question.ask.id.clone(), text));
        Ok(true)
    }

    /// The first interrupt: nothing new starts until the operator says how to go on.
    fn interruption(&mut self) -> Result<(), Left> {
        let detach = if self.board.foreground {
            "this program ends, running commands go on; `banister resume` finds them"
        } else {
            "this program ends, the run stays held; `banister attach` comes back to it"
        };
        self.tty.show(&format!(
            "\nINTERRUPTED: nothing new starts, what runs goes on\n  \
             1  continue  the run goes on\n  \
             2  detach    {detach}\n  \
             3  abort     the run ends\n",
        ));
        match self.choose(&["continue", "detach", "abort"])? {
            0 if self.confirms(GO, "continue the run")? => {
                self.act(Verb::Continue {});
            }
            1 => self.door.leave(),
            2 if self.abort()? => {}
            // It is held, and asked again.
            _ => return Ok(()),
        }
        self.interrupted = false;
        self.door.answered();
        Ok(())
    }

    /// Whether a phrase is typed as it stands.
    pub(super) fn confirms(&mut self, phrase: &str, what: &str) -> Result<bool, Left> {
        let is_it = self.text(&format!("type `{}` to {what}: ", visible(phrase)))? == phrase;
        if !is_it {
            self.tty.show("that is not it, nothing was done\n");
        }
        Ok(is_it)
    }

    /// Ends the run, once the beginning of its id was typed, after asking what becomes of what runs. False: it goes on.
    pub(super) fn abort(&mut self) -> Result<bool, Left> {
        let id = self.board.run.id().as_str().to_owned();
        if !self.confirms(&phrase_of_run(&id), &format!("end run {id}"))? {
            return Ok(false);
        }
        self.tty.show(
            "what runs:\n  1  wait   it may finish\n  2  kill   it is stopped\n  \
             3  leave  it runs on, its outcome stays unknown\n",
        );
        let running = match self.choose(&["wait", "kill", "leave"])? {
            0 => RunningAtAbort::Wait,
            1 => RunningAtAbort::Kill,
            _ => RunningAtAbort::Leave,
        };
        self.act(Verb::Abort { running });
        Ok(true)
    }

    /// Does one thing, and says why if it is not done.
    pub(super) fn act(&mut self, verb: Verb) -> bool {
        match self.wire.act(verb) {
            Ok(_) => true,
            Err(ControlError::Rejected { why, .. }) => {
                self.tty.show(&format!("not taken: {}\n", visible(&why)));
                false
            }
            Err(error) => {
                // An engine that is gone is dealt with elsewhere; here is nothing more to ask until it is back.
                self.tty.show(&format!("not taken: {error}\n"));
                false
            }
        }
    }
}
