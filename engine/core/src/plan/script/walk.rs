//! The second reader: a walk over the shell parser's tree, which finds where each marker stands and what is run.

use brush_parser::SourceSpan;
use brush_parser::ast::{
    AndOr, Assignment, AssignmentValue, Command, CommandPrefixOrSuffixItem as Item, CompoundCommand, CompoundList,
    CompoundListItem, IoFileRedirectTarget, IoRedirect, Pipeline, Program, RedirectList, SeparatorOperator,
    SimpleCommand, SourceLocation, SubshellCommand, Word,
};
use brush_parser::word::{Parameter, ParameterExpr, WordPiece, WordPieceWithSource};

use super::again::{self, Argument};
use super::marked::Marked;
use super::parser::{Reader, Unreadable};
use super::place::Place;
use crate::plan::Shell;
use crate::source::Finding;

/// What the walk found.
pub(super) struct Walk<'m> {
    marked: &'m Marked,
    reader: &'m Reader,
    shell: Shell,
    /// Where each marker stands; a marker nobody met is lost.
    pub(super) places: Vec<Place>,
    met: Vec<bool>,
    /// Markers that a command would read as program text, with the command.
    pub(super) read_again: Vec<(usize, String)>,
    /// Findings about the script itself, with their byte in the marked text where it is known.
    pub(super) findings: Vec<(Option<usize>, Finding)>,
    /// How deep in substitutions: positions inside one are relative to it.
    depth: usize,
}

impl<'m> Walk<'m> {
    pub(super) fn new(marked: &'m Marked, reader: &'m Reader, shell: Shell) -> Self {
        Self {
            marked,
            reader,
            shell,
            places: vec![Place::Lost; marked.markers.len()],
            met: vec![false; marked.markers.len()],
            read_again: Vec::new(),
            findings: Vec::new(),
            depth: 0,
        }
    }

    pub(super) fn program(&mut self, program: &Program) {
        program.complete_commands.iter().for_each(|list| self.list(list));
    }

    fn note(&mut self, text: &str, place: Place) {
        for marker in self.marked.find(text) {
            if let (Some(known), Some(met)) = (self.places.get_mut(marker), self.met.get_mut(marker)) {
                // Met twice: two readings of one placeholder, neither of which may be trusted.
                *known = if *met { Place::Lost } else { place };
                *met = true;
            }
        }
    }

    fn not_posix(&mut self, written: &str, instead: &'static str, at: Option<&SourceSpan>) {
        if self.shell == Shell::Sh {
            let at = at.filter(|_| self.depth == 0).map(|span| span.start.index);
            let at = at.and_then(|index| self.marked.text.char_indices().nth(index)).map(|(byte, _)| byte);
            self.findings.push((at, Finding::NotPosix { written: written.to_owned(), instead }));
        }
    }

    fn unreadable(&mut self, error: Unreadable) {
        let at = error.at.filter(|_| self.depth == 0);
        self.findings.push((at, Finding::ScriptDoesNotParse { why: error.why }));
    }

    fn list(&mut self, list: &CompoundList) {
        for (index, CompoundListItem(and_or, separator)) in list.0.iter().enumerate() {
            self.pipeline(&and_or.first);
            for next in &and_or.additional {
                match next {
                    AndOr::And(pipeline) | AndOr::Or(pipeline) => self.pipeline(pipeline),
                }
            }
            // `cmd &> file` is `cmd &` and an empty command that empties the file.
            if matches!(separator, SeparatorOperator::Async)
                && let Some(CompoundListItem(next, _)) = list.0.get(index + 1)
                && let Some(Command::Simple(simple)) = next.first.seq.first()
                && simple.word_or_name.is_none()
                && simple.prefix.as_ref().is_some_and(|p| matches!(p.0.first(), Some(Item::IoRedirect(_))))
            {
                self.not_posix("&>", "`> FILE 2>&1`", None);
            }
        }
    }

    fn pipeline(&mut self, pipeline: &Pipeline) {
        if pipeline.timed.is_some() && self.shell == Shell::Sh {
            self.not_posix("time", "`command time`", None);
        }
        let mut fed: Vec<usize> = Vec::new();
        for command in &pipeline.seq {
            let before = self.met.clone();
            if let Command::Simple(simple) = command
                && !fed.is_empty()
                && let Some(shell) = again::reads_standard_input(&self.arguments(simple))
            {
                self.read_again.extend(fed.drain(..).map(|marker| (marker, format!("… | {shell}"))));
            }
            self.command(command);
            fed.extend(
                self.met.iter().zip(before).enumerate().filter(|(_, (now, then))| **now && !then).map(|(i, _)| i),
            );
        }
    }

    fn command(&mut self, command: &Command) {
        match command {
            Command::Simple(simple) => self.simple(simple),
            Command::Compound(compound, redirects) => {
                self.compound(compound);
                self.redirects(redirects.as_ref());
            }
            Command::Function(function) => {
                self.note(&function.fname.value, Place::Name);
                if self.depth == 0
                    && let Some(at) = &function.fname.loc
                    && let Some((byte, _)) = self.marked.text.char_indices().nth(at.start.index)
                    && self.marked.text[..byte].trim_end().ends_with("function")
                {
                    self.not_posix("function", "`NAME() { …; }`", Some(at));
                }
                self.compound(&function.body.0);
                self.redirects(function.body.1.as_ref());
            }
            Command::ExtendedTest(test, redirects) => {
                self.not_posix("[[", "`[ … ]` or `case`", test.location().as_ref());
                // Which of its words are patterns or expressions is bash's business: none may hold a value.
                self.note(&format!("{test}"), Place::Arithmetic);
                self.redirects(redirects.as_ref());
            }
        }
    }

    fn redirects(&mut self, redirects: Option<&RedirectList>) {
        redirects.iter().flat_map(|list| &list.0).for_each(|redirect| self.redirect(redirect));
    }

    fn redirect(&mut self, redirect: &IoRedirect) {
        match redirect {
            IoRedirect::File(_, _, target) => match target {
                IoFileRedirectTarget::Filename(word) | IoFileRedirectTarget::Duplicate(word) => {
                    self.word(word, Place::Word);
                }
                IoFileRedirectTarget::Fd(_) => {}
                IoFileRedirectTarget::ProcessSubstitution(_, subshell) => self.process_substitution(subshell),
            },
            IoRedirect::HereDocument(_, document) => {
                self.note(&document.here_end.value, Place::HereDelimiter);
                self.note(&document.doc.value, Place::HereDocument);
            }
            IoRedirect::HereString(_, word) => {
                self.not_posix("<<<", "`printf '%s\\n' … |`", word.loc.as_ref());
                self.word(word, Place::Word);
            }
            IoRedirect::OutputAndError(word, _) => {
                self.not_posix("&>", "`> FILE 2>&1`", word.loc.as_ref());
                self.word(word, Place::Word);
            }
        }
    }

    fn process_substitution(&mut self, subshell: &SubshellCommand) {
        self.not_posix("<( )", "a pipe or a temporary file", Some(&subshell.loc));
        self.list(&subshell.list);
    }

    fn compound(&mut self, compound: &CompoundCommand) {
        match compound {
            CompoundCommand::Arithmetic(arithmetic) => {
                self.not_posix("(( ))", "`[ … ]` or `: $(( … ))`", Some(&arithmetic.loc));
                self.note(&arithmetic.expr.value, Place::Arithmetic);
            }
            CompoundCommand::ArithmeticForClause(clause) => {
                self.not_posix("for (( ))", "`while [ … ]`", Some(&clause.loc));
                for part in [&clause.initializer, &clause.condition, &clause.updater].into_iter().flatten() {
                    self.note(&part.value, Place::Arithmetic);
                }
                self.list(&clause.body.list);
            }
            CompoundCommand::BraceGroup(group) => self.list(&group.list),
            CompoundCommand::Subshell(subshell) => {
                if let [CompoundListItem(only, _)] = subshell.list.0.as_slice()
                    && let [Command::Compound(CompoundCommand::Subshell(inner), _)] = only.first.seq.as_slice()
                    && inner.loc.start.index == subshell.loc.start.index + 1
                {
                    self.not_posix("(( ))", "`[ … ]` or `: $(( … ))`", Some(&subshell.loc));
                }
                self.list(&subshell.list);
            }
            CompoundCommand::ForClause(clause) => {
                self.note(&clause.variable_name, Place::Name);
                clause.values.iter().flatten().for_each(|word| self.word(word, Place::Word));
                self.list(&clause.body.list);
            }
            CompoundCommand::CaseClause(case) => {
                self.word(&case.value, Place::Word);
                for item in &case.cases {
                    item.patterns.iter().for_each(|pattern| self.word(pattern, Place::Word));
                    item.cmd.iter().for_each(|list| self.list(list));
                }
            }
            CompoundCommand::IfClause(clause) => {
                self.list(&clause.condition);
                self.list(&clause.then);
                for other in clause.elses.iter().flatten() {
                    other.condition.iter().for_each(|list| self.list(list));
                    self.list(&other.body);
                }
            }
            CompoundCommand::WhileClause(clause) | CompoundCommand::UntilClause(clause) => {
                self.list(&clause.0);
                self.list(&clause.1.list);
            }
            CompoundCommand::Coprocess(coprocess) => {
                self.not_posix("coproc", "a pipe or `&`", Some(&coprocess.loc));
                coprocess.name.iter().for_each(|name| self.note(&name.value, Place::Name));
                self.command(&coprocess.body);
            }
        }
    }

    fn simple(&mut self, simple: &SimpleCommand) {
        simple.prefix.iter().flat_map(|prefix| &prefix.0).for_each(|item| self.item(item));
        if let Some(name) = &simple.word_or_name {
            self.word(name, Place::CommandName);
            match name.value.as_str() {
                "[[" => self.not_posix("[[", "`[ … ]` or `case`", name.loc.as_ref()),
                "function" => self.not_posix("function", "`NAME() { …; }`", name.loc.as_ref()),
                "source" => self.not_posix("source", "`. FILE`", name.loc.as_ref()),
                "declare" | "typeset" => self.not_posix(&name.value, "a plain assignment", name.loc.as_ref()),
                "select" | "shopt" | "mapfile" | "readarray" | "pushd" | "popd" | "let" => {
                    self.not_posix(&name.value, "what POSIX has for it", name.loc.as_ref());
                }
                _ => {}
            }
        }
        simple.suffix.iter().flat_map(|suffix| &suffix.0).for_each(|item| self.item(item));
        if self.marked.markers.is_empty() {
            return;
        }
        let arguments = self.arguments(simple);
        if arguments.iter().any(|argument| !argument.markers.is_empty()) {
            for reading in again::read_again(&arguments) {
                match reading {
                    again::Reading::Program { marker, command } => self.read_again.push((marker, command)),
                    again::Reading::Command { marker } => {
                        if let Some(place) = self.places.get_mut(marker) {
                            *place = Place::CommandName;
                        }
                    }
                }
            }
        }
    }

    fn arguments(&self, simple: &SimpleCommand) -> Vec<Argument> {
        let suffix = simple.suffix.iter().flat_map(|suffix| &suffix.0).filter_map(|item| match item {
            Item::Word(word) | Item::AssignmentWord(_, word) => Some(word),
            Item::IoRedirect(_) | Item::ProcessSubstitution(..) => None,
        });
        simple.word_or_name.iter().chain(suffix).map(|word| Argument::new(&word.value, self.marked)).collect()
    }

    fn item(&mut self, item: &Item) {
        match item {
            Item::IoRedirect(redirect) => self.redirect(redirect),
            Item::Word(word) => self.word(word, Place::Word),
            Item::AssignmentWord(assignment, word) => self.assignment(assignment, word),
            Item::ProcessSubstitution(_, subshell) => self.process_substitution(subshell),
        }
    }

    fn assignment(&mut self, assignment: &Assignment, word: &Word) {
        if matches!(assignment.value, AssignmentValue::Array(_)) || assignment.append {
            let (written, instead) = match assignment.value {
                AssignmentValue::Array(_) => ("an array", "`set -- …` and `\"$@\"`"),
                AssignmentValue::Scalar(_) => ("+=", "`x=$x…`"),
            };
            self.not_posix(written, instead, Some(&assignment.loc));
        }
        match word.value.split_once('=') {
            Some((name, value)) => {
                self.note(name, Place::Name);
                self.text(value, Place::Word);
            }
            None => self.word(word, Place::Word),
        }
    }

    fn word(&mut self, word: &Word, place: Place) {
        self.text(&word.value, place);
    }

    fn text(&mut self, text: &str, place: Place) {
        if !text.contains(['$', '`']) {
            // Without an expansion there is nothing to find but markers; without those, nothing at all.
            if !self.marked.has(text) {
                return;
            }
        }
        match self.reader.word(text) {
            Ok(pieces) => self.pieces(&pieces, place),
            Err(error) => self.unreadable(error),
        }
    }

    fn pieces(&mut self, pieces: &[WordPieceWithSource], place: Place) {
        let mut dollar = false;
        for piece in pieces {
            match &piece.piece {
                WordPiece::Text(text) => {
                    // In `sh` the parser leaves an expansion that it does not know as text, in pieces.
                    if text.contains("${") || dollar && text.starts_with('{') {
                        self.not_posix("this `${…}`", "`sed`, `cut` or `case`", None);
                    }
                    dollar = text.ends_with('$');
                    self.note(text, place);
                }
                WordPiece::EscapeSequence(text) => {
                    let place = if place == Place::DoubleQuotes { place } else { Place::AfterBackslash };
                    self.note(text, place);
                }
                WordPiece::SingleQuotedText(text) => self.note(text, Place::SingleQuotes),
                WordPiece::AnsiCQuotedText(text) => {
                    self.not_posix("$'…'", "`$(printf '…')`", None);
                    self.note(text, Place::SingleQuotes);
                }
                WordPiece::DoubleQuotedSequence(inner) => self.pieces(inner, Place::DoubleQuotes),
                WordPiece::GettextDoubleQuotedSequence(inner) => {
                    self.not_posix("$\"…\"", "`\"…\"`", None);
                    self.pieces(inner, Place::DoubleQuotes);
                }
                WordPiece::CommandSubstitution(script) => self.substitution(script),
                WordPiece::BackquotedCommandSubstitution(script) => self.note(script, Place::Backquotes),
                WordPiece::ArithmeticExpression(expression) => self.note(&expression.value, Place::Arithmetic),
                WordPiece::ParameterExpansion(expansion) => self.expansion(expansion),
                WordPiece::TildeExpansion(tilde) => {
                    if !self.marked.markers.is_empty() {
                        self.note(&format!("{tilde:?}"), Place::Tilde);
                    }
                }
            }
        }
    }

    fn substitution(&mut self, script: &str) {
        self.depth += 1;
        match self.reader.program(script) {
            Ok(program) => self.program(&program),
            Err(error) => self.unreadable(error),
        }
        self.depth -= 1;
    }

    fn expansion(&mut self, expansion: &ParameterExpr) {
        let (posix, parameter, indirect) = match expansion {
            ParameterExpr::Parameter { parameter, indirect }
            | ParameterExpr::UseDefaultValues { parameter, indirect, .. }
            | ParameterExpr::AssignDefaultValues { parameter, indirect, .. }
            | ParameterExpr::IndicateErrorIfNullOrUnset { parameter, indirect, .. }
            | ParameterExpr::UseAlternativeValue { parameter, indirect, .. }
            | ParameterExpr::ParameterLength { parameter, indirect }
            | ParameterExpr::RemoveSmallestSuffixPattern { parameter, indirect, .. }
            | ParameterExpr::RemoveLargestSuffixPattern { parameter, indirect, .. }
            | ParameterExpr::RemoveSmallestPrefixPattern { parameter, indirect, .. }
            | ParameterExpr::RemoveLargestPrefixPattern { parameter, indirect, .. } => {
                (true, Some(parameter), *indirect)
            }
            _ => (false, None, false),
        };
        let array = matches!(parameter, Some(Parameter::NamedWithIndex { .. } | Parameter::NamedWithAllIndices { .. }));
        if !posix || indirect || array {
            self.not_posix("this `${…}`", "`sed`, `cut` or `case`", None);
        }
        // Its printed form holds every text it is made of, also of the kinds that this walk does not name.
        if !self.marked.markers.is_empty() {
            self.note(&format!("{expansion:?}"), Place::Expansion);
        }
    }
}
