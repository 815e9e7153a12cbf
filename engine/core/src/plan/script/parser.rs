//! The one module that knows the shell parser, so that it can be replaced.

use brush_parser::ast::Program;
use brush_parser::word::WordPieceWithSource;
use brush_parser::{ParseError, Parser, ParserOptions, TokenizerError};

use crate::plan::Shell;

/// Stack for a script of the greatest size with the deepest nesting.
const STACK: usize = 64 << 20;

/// Why a script could not be read, and where.
pub(super) struct Unreadable {
    pub(super) why: String,
    /// Byte of the marked text; `None`: its end.
    pub(super) at: Option<usize>,
}

/// Reads scripts for one shell.
pub(super) struct Reader {
    options: ParserOptions,
}

impl Reader {
    pub(super) fn new(shell: Shell) -> Self {
        let posix = shell == Shell::Sh;
        // Ways of writing patterns that no `sh` has; in bash they are off unless a script turns them on.
        let options = ParserOptions {
            sh_mode: posix,
            posix_mode: posix,
            enable_extended_globbing: false,
            ..ParserOptions::default()
        };
        Self { options }
    }

    pub(super) fn program(&self, text: &str) -> Result<Program, Unreadable> {
        Parser::new(text.as_bytes(), &self.options).parse_program().map_err(|error| explain(&error, text))
    }

    pub(super) fn word(&self, text: &str) -> Result<Vec<WordPieceWithSource>, Unreadable> {
        brush_parser::word::parse(text, &self.options).map_err(|_| Unreadable {
            why: format!("`{}` is not a word the shell could expand", shorten(text)),
            at: None,
        })
    }
}

/// Runs a reader on a stack that is always big enough.
pub(super) fn with_stack<T>(text: &str, read: impl FnOnce() -> T) -> T {
    // Nesting needs brackets or keywords; a short script cannot nest deeper than its stack allows.
    let need = (256 << 10) + 24 * 1024 * text.len().min(2_000);
    stacker::maybe_grow(need.min(STACK / 2), STACK, read)
}

fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

fn byte(text: &str, index: usize) -> usize {
    text.char_indices().nth(index).map_or(text.len(), |(at, _)| at)
}

fn explain(error: &ParseError, text: &str) -> Unreadable {
    match error {
        ParseError::ParsingNear(position) => {
            let at = byte(text, position.index);
            let word = text[at..].split(|c: char| c.is_whitespace()).next().unwrap_or_default();
            let why = if word.is_empty() {
                "the line ends where the shell needs more".to_owned()
            } else {
                format!("the shell does not expect `{}` here", shorten(word))
            };
            Unreadable { why, at: Some(at) }
        }
        ParseError::ParsingAtEndOfInput => Unreadable {
            why: "an `if`, a loop, a `case`, a bracket or a list is not closed, or is closed twice".to_owned(),
            at: None,
        },
        ParseError::Tokenizing { inner, position } => {
            let (why, at) = match inner {
                TokenizerError::UnterminatedSingleQuote(at) => ("a single quote is not closed".to_owned(), Some(at)),
                TokenizerError::UnterminatedDoubleQuote(at) => ("a double quote is not closed".to_owned(), Some(at)),
                TokenizerError::UnterminatedAnsiCQuote(at) => ("a `$'` is not closed".to_owned(), Some(at)),
                TokenizerError::UnterminatedBackquote(at) => ("a backquote is not closed".to_owned(), Some(at)),
                TokenizerError::UnterminatedCommandSubstitution => ("a `$(` is not closed".to_owned(), None),
                TokenizerError::UnterminatedHereDocuments(..) | TokenizerError::MissingHereTag(_) => {
                    ("a here-document is not closed".to_owned(), None)
                }
                TokenizerError::UnterminatedEscapeSequence => ("it ends with a backslash".to_owned(), None),
                TokenizerError::UnterminatedVariable | TokenizerError::UnterminatedExpansion => {
                    ("a `$(`, `${` or `$((` is not closed".to_owned(), None)
                }
                other => (other.to_string(), position.as_ref()),
            };
            Unreadable { why, at: at.map(|at| byte(text, at.index)) }
        }
    }
}
