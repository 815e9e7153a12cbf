//! Every message of the language, in one place: what is wrong, a few words at the underline, and what to do.
//!
//! One entry is one [`Finding`]: name, fields, stable code, severity, message, label, help. Codes are grouped by
//! area (the first two digits), are never used twice and never change their meaning; people search for them.
//! Messages are lower case without a full stop; a help is one sentence (or two) that says how to write it.
//!
//! What this file deliberately does not do: it decides nothing and knows no place. Whoever finds something joins a
//! finding and a [`Span`](super::Span) to a [`Diagnostic`](super::Diagnostic).

use std::fmt;

use super::Severity;

/// Prints `, did you mean X?` where something similar exists, and nothing where not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DidYouMean(pub Option<String>);

impl fmt::Display for DidYouMean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(name) => write!(f, "did you mean `{name}`? "),
            None => Ok(()),
        }
    }
}

/// Prints names as `` `a`, `b` and `c` ``; `nothing` where there are none; of very many the first, then how many more.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Names(pub Vec<String>);

impl Names {
    /// So many are listed to the last: the fields of a step are worth reading to the end.
    const ALL: usize = 28;
    /// So many of more than that: the hosts of an inventory are not.
    const MOST: usize = 12;

    /// Takes anything that can be read as names.
    pub fn of<T: ToString>(names: impl IntoIterator<Item = T>) -> Self {
        Self(names.into_iter().map(|n| n.to_string()).collect())
    }
}

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        if count == 0 {
            return f.write_str("nothing");
        }
        let shown = if count > Self::ALL { Self::MOST } else { count };
        for (i, name) in self.0.iter().take(shown).enumerate() {
            let separator = match i {
                0 => "",
                i if i + 1 == count => " and ",
                _ => ", ",
            };
            write!(f, "{separator}`{name}`")?;
        }
        if count > shown {
            write!(f, " and {} more", count - shown)?;
        }
        Ok(())
    }
}

/// Prints names as `` `a` → `b` → `a` ``: each waits for the next.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Chain(pub Vec<String>);

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// Links shown of a long one: enough of both ends to find the rest.
        const MOST: usize = 12;
        for (i, name) in self.0.iter().enumerate() {
            let arrow = if i == 0 { "" } else { " → " };
            match (self.0.len() > MOST, i) {
                (true, i) if i == MOST / 2 => write!(f, "{arrow}…")?,
                (true, i) if (MOST / 2..self.0.len() - MOST / 2).contains(&i) => {}
                _ => write!(f, "{arrow}`{name}`")?,
            }
        }
        Ok(())
    }
}

/// Names a second place that explains a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Where a name was written first.
    FirstDefined,
    /// One edge of a cycle.
    Needs(String),
    /// An edge that nobody wrote: without `needs:` a step waits for all above it.
    NeedsAllAbove(String),
    /// The approval that names a step.
    ApprovedHere,
    /// The step that an approval names.
    Approved,
    /// The step whose output it is.
    SetHere,
    /// The other of two kinds of one step.
    FirstKind,
    /// The other of two values for one thing.
    AlsoHere,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FirstDefined => f.write_str("first defined here"),
            Self::Needs(step) => write!(f, "this needs `{step}`"),
            Self::NeedsAllAbove(step) => write!(f, "without `needs:` this waits for all above it, so for `{step}`"),
            Self::ApprovedHere => f.write_str("approved here"),
            Self::Approved => f.write_str("this is what it approves"),
            Self::SetHere => f.write_str("set here"),
            Self::FirstKind => f.write_str("the first kind"),
            Self::AlsoHere => f.write_str("also given here"),
        }
    }
}

/// Declares [`Finding`] and its words from one table, so that a code, its message and its help cannot drift apart.
macro_rules! findings {
    ($(
        $(#[$doc:meta])*
        $name:ident $({ $($field:ident: $type:ty),+ $(,)? })?
        = $code:literal $severity:ident: $message:literal, $label:literal, $help:literal;
    )+) => {
        /// Says what is wrong, as data; the words are derived from it.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Finding {
            $(
                $(#[$doc])*
                $name $({ $(
                    #[doc = concat!("The `", stringify!($field), "` of the message.")]
                    $field: $type
                ),+ })?
            ),+
        }

        impl Finding {
            /// Every code with the name of its finding, in the order of this file.
            pub const CODES: &[(&str, &str)] = &[$(($code, stringify!($name))),+];

            /// Its stable code.
            #[must_use]
            pub fn code(&self) -> &'static str {
                match self { $(Self::$name { .. } => $code),+ }
            }

            /// Whether it stops the runbook.
            #[must_use]
            pub fn severity(&self) -> Severity {
                match self { $(Self::$name { .. } => Severity::$severity),+ }
            }

            /// What is wrong, lower case, no full stop.
            #[must_use]
            pub fn message(&self) -> String {
                match self { $(Self::$name $({ $($field),+ })? => { $($(let _ = $field;)+)? format_args!($message).to_string() }),+ }
            }

            /// A few words at the underline; may be empty.
            #[must_use]
            pub fn label(&self) -> String {
                match self { $(Self::$name $({ $($field),+ })? => { $($(let _ = $field;)+)? format_args!($label).to_string() }),+ }
            }

            /// What to do.
            #[must_use]
            pub fn help(&self) -> String {
                match self { $(Self::$name $({ $($field),+ })? => { $($(let _ = $field;)+)? format_args!($help).to_string() }),+ }
            }
        }
    };
}

findings! {
    // ---- B01: the file and its YAML -------------------------------------------------------------------------------

    /// The text is no YAML.
    NotYaml { why: String } = "B0101" Error:
        "this is not valid YAML: {why}", "",
        "look at the indentation, the quotes and the brackets here and on the line above";
    /// A key stands twice in one mapping.
    DuplicateKey { key: String } = "B0102" Error:
        "duplicate key `{key}`", "written a second time",
        "keep one of the two; otherwise one would silently win";
    /// Bytes that are no UTF-8.
    NotUtf8 = "B0103" Error:
        "this file is not UTF-8", "the first byte that is not",
        "save it as UTF-8, for example with `iconv -f LATIN1 -t UTF-8`";
    /// More bytes than a runbook may have.
    FileTooLarge { bytes: usize, limit: usize } = "B0104" Error:
        "this file has {bytes} bytes, the limit is {limit}", "",
        "split it into several runbooks";
    /// Nothing in it.
    EmptyFile = "B0105" Error:
        "this file is empty", "",
        "begin with `runbook: NAME`, `if_it_fails:` and `steps:`";
    /// A control, bidirectional or invisible character.
    HiddenCharacter { what: String, character: String } = "B0106" Error:
        "{what} character {character}", "what people read here is not what would run",
        "take it out; where a command needs it, let the command make it, as `printf` does";
    /// A tab where YAML wants spaces.
    Tab = "B0107" Error:
        "a tab cannot indent YAML", "",
        "indent with spaces";
    /// `---` a second time.
    SecondDocument = "B0108" Error:
        "a second document begins here", "",
        "one file is one runbook: move this into a file of its own";
    /// `&name`.
    Anchor { name: String } = "B0109" Error:
        "anchors are not part of the language", "`&{name}` is an anchor",
        "write the value where it is needed; a value that is needed twice can be a parameter with a `default:`";
    /// `*name`.
    Alias { name: String } = "B0110" Error:
        "aliases are not part of the language", "`*{name}` is an alias",
        "write the value here, or quote it if the asterisk is meant: `\"*{name}\"`";
    /// `<<:`.
    MergeKey = "B0111" Error:
        "merge keys are not part of the language", "",
        "write the fields here: whoever reads one step must see all of it";
    /// `!tag`.
    Tag {  tag: String } = "B0112" Error:
        "tags are not part of the language", "`{tag}` is a tag",
        "leave it out; quote the value if the exclamation mark is meant";
    /// `%YAML`.
    Directive = "B0113" Error:
        "YAML directives are not part of the language", "",
        "leave the line out; a value that begins with `%` must be quoted";
    /// Nested too deeply.
    TooDeep { limit: usize } = "B0114" Error:
        "this nests deeper than {limit} levels", "",
        "a runbook needs about ten: look for brackets that are not closed";
    /// Too many values.
    TooManyValues { limit: usize } = "B0115" Error:
        "this file has more than {limit} values", "",
        "split it into several runbooks";
    /// `run: {{x}}`.
    PlaceholderUnquoted = "B0116" Error:
        "this placeholder must be in quotes", "YAML reads braces as a mapping",
        "write it in quotes: `\"{{{{ name }}}}\"`, or as a block after `|`";
    /// A key that is a list or a mapping.
    KeyIsNoWord = "B0117" Error:
        "a key must be a word", "",
        "write `key: value`";

    /// Anchors, aliases and tags all over.
    TooManyRefusals { limit: usize } = "B0118" Error:
        "more than {limit} anchors, aliases and tags", "nothing is read from here on",
        "none of them is part of the language; write each value where it is needed";

    // ---- B02: fields and their types ------------------------------------------------------------------------------

    /// A field that its mapping does not know.
    UnknownField { field: String, place: String, similar: DidYouMean, known: Names } = "B0201" Error:
        "unknown field `{field}` in {place}", "",
        "{similar}{place} takes {known}";
    /// A field that other tools call so.
    OtherWord { field: String, place: String, right: String, why: String } = "B0202" Error:
        "unknown field `{field}` in {place}", "write `{right}:`",
        "here it is called `{right}:`{why}";
    /// Part of the language's design, but not of this version.
    NotInThisVersion { word: String } = "B0203" Error:
        "`{word}` is not in this version", "",
        "this version knows `run`, `exec`, `probe`, `gate`, `pause`, `approve`, `manual`, `roll`, `wait` and `note`";
    /// A value of another type.
    WrongType { field: String, expected: String, found: String, hint: String } = "B0204" Error:
        "`{field}` must be {expected}, not {found}", "",
        "{hint}";
    /// A field that must be there.
    FieldMissing { field: String, place: String, hint: String } = "B0205" Error:
        "{place} needs `{field}:`", "",
        "{hint}";
    /// A text with nothing in it.
    EmptyText { field: String } = "B0206" Error:
        "`{field}` is empty", "",
        "write it, or leave the field out";
    /// No time span.
    BadDuration { found: String } = "B0207" Error:
        "`{found}` is not a time span", "",
        "write a number with its unit: `500ms`, `30s`, `5m`, `1h 30m`; more than nothing and at most a year";
    /// A number outside its range.
    OutOfRange { field: String, min: i64, max: i64 } = "B0208" Error:
        "`{field}` must be a number from {min} to {max}", "",
        "write a whole number in that range";
    /// A word outside a fixed choice.
    UnknownWord { field: String, found: String, similar: DidYouMean, known: Names } = "B0209" Error:
        "`{field}` cannot be `{found}`", "",
        "{similar}it is one of {known}";
    /// A name that is none.
    BadName { what: String, found: String } = "B0210" Error:
        "`{found}` cannot be the name of {what}", "",
        "a name is a lower-case letter, then lower-case letters, digits or `_`: a hyphen would be a subtraction in a condition";
    /// A step that says nothing to do.
    NoKind { known: Names } = "B0211" Error:
        "this step does not say what it does", "",
        "give it one of {known}";
    /// A step that says two things to do.
    TwoKinds { first: String, second: String } = "B0212" Error:
        "this step is both `{first}` and `{second}`", "the second kind",
        "make two steps of it: one step does one thing";
    /// Neither a number of hosts nor a percentage.
    BadShare { field: String, found: String } = "B0213" Error:
        "`{field}` cannot be {found}", "",
        "write a number of hosts such as `2`, or a part of all of them such as `\"25%\"`";
    /// A name that no environment can hold.
    BadVariable { found: String } = "B0214" Error:
        "`{found}` cannot be the name of an environment variable", "",
        "letters, digits and `_`, not beginning with a digit";
    /// The same thing said inside and outside.
    SaidTwice { field: String, place: String } = "B0215" Error:
        "`{field}` is given both here and inside `{place}:`", "",
        "keep one of the two";
    /// A field that belongs one level deeper.
    BelongsInside { field: String, place: String } = "B0216" Error:
        "`{field}` belongs inside `{place}:`", "",
        "write `{place}: {{ …, {field}: … }}`";
    /// A name of a runbook that cannot be a file's.
    BadRunbookName { found: String } = "B0217" Error:
        "`{found}` cannot be the name of a runbook", "",
        "lower-case letters, digits, `-` and `_`, beginning with a letter, at most 64";
    /// A field that belongs one level higher.
    BelongsBeside { field: String, place: String } = "B0218" Error:
        "`{field}` belongs beside `{place}:`, not inside", "",
        "write it at the level of `{place}:`";
    /// Something else where a mapping must be.
    NotAMapping { place: String, found: String } = "B0219" Error:
        "{place} must be a mapping, not {found}", "",
        "write its fields one a line, `key: value`";

    // ---- B03: names, needs and the graph --------------------------------------------------------------------------

    /// `needs:`, `for:` or `show:` names a step that is not there.
    UnknownStep { step: String, similar: DidYouMean, known: Names } = "B0301" Error:
        "there is no step `{step}` here", "",
        "{similar}the steps of this list are {known}";
    /// One name for two steps.
    DuplicateStep { step: String } = "B0302" Error:
        "two steps are called `{step}`", "the second one",
        "give each step of a runbook a name of its own: outputs and screens refer to it";
    /// Steps that wait for each other.
    Cycle { names: Chain } = "B0303" Error:
        "these steps wait for each other: {names}", "closes the circle",
        "take one of these steps out of another's `needs:`; a step without `needs:` waits for all steps above it";
    /// A step that waits for itself.
    NeedsItself { step: String } = "B0304" Error:
        "step `{step}` waits for itself", "",
        "take it out of its own `needs:`";
    /// More steps than a runbook may have.
    TooManySteps { limit: usize } = "B0305" Error:
        "this runbook has more than {limit} steps", "the first one too many",
        "split it into several runbooks";
    /// A precondition's name twice.
    DuplicatePrecondition { name: String } = "B0306" Error:
        "two preconditions are called `{name}`", "the second one",
        "give each precondition a name of its own";
    /// `needs:` where the order is fixed.
    NeedsInUndo = "B0307" Error:
        "the steps of an `undo` run in the order written", "",
        "leave `needs:` out and write them in the order in which they are to run";

    // ---- B04: hosts and rolls -------------------------------------------------------------------------------------

    /// A host or group that the inventory lacks.
    UnknownHost { name: String, similar: DidYouMean, known: Names } = "B0401" Error:
        "`{name}` is neither a host nor a group of the inventory", "",
        "{similar}the inventory has {known}";
    /// Nowhere to run.
    HostsMissing { step: String } = "B0402" Error:
        "`{step}` has no hosts", "where should it run?",
        "give it `hosts:`, or the runbook for all of its steps; this machine is `hosts: localhost`";
    /// Hosts that are none.
    NoHosts { written: String } = "B0403" Error:
        "`{written}` is empty: there is no host in it", "",
        "no hosts is never taken for done; name at least one";
    /// A parameter that holds no hosts.
    NotHosts { name: String, kind: &'static str } = "B0404" Error:
        "parameter `{name}` is of type `{kind}` and cannot say where a step runs", "",
        "declare it as `{name}: {{ type: hosts }}`";
    /// A placeholder among other text.
    HostsMixed = "B0405" Error:
        "a placeholder in `hosts:` stands alone", "",
        "write `\"{{{{ name }}}}\"` for a parameter of `type: hosts`, or names without braces";
    /// A change on several hosts at once.
    ChangesAtOnce { step: String, hosts: usize } = "B0406" Error:
        "step `{step}` would change {hosts} hosts at once", "",
        "put it into a `roll:` with a gate, or say why not: `all_at_once: \"reason\"`";
    /// A changing roll without a gate.
    GateMissing { step: String, inner: String } = "B0407" Error:
        "roll `{step}` changes hosts and has no gate", "",
        "say what must hold before the next batch: `gate: {{ probe: {{ run: … }} }}` beside `steps:` (step `{inner}` changes something)";
    /// A kind that a roll or an undo cannot hold.
    KindNotHere { kind: String, place: &'static str, allowed: Names } = "B0408" Error:
        "{place} cannot hold a step of kind `{kind}`", "",
        "{place} takes {allowed}";
    /// Hosts inside a roll or an undo.
    HostsInside { field: &'static str, place: &'static str } = "B0409" Error:
        "a step in {place} has no `{field}:` of its own", "",
        "{place} says where; write `{field}:` there";
    /// A budget that stops nothing.
    BudgetTakesAll { budget: u32, hosts: usize } = "B0410" Warning:
        "a budget of {budget} lets all {hosts} hosts fail", "",
        "a budget is how many hosts may be lost before a person is asked";
    /// A gate whose samples take longer than it waits.
    GateCannotHold { samples: u32, every: String, timeout: String } = "B0411" Error:
        "{samples} samples every {every} take longer than the gate's {timeout}", "",
        "give it a longer `timeout:`, or fewer `samples:`";

    // ---- B05: effects and what keeps them safe --------------------------------------------------------------------

    /// A `once` or `destroy` step without `verify:`.
    VerifyMissing { step: String, effect: String } = "B0501" Error:
        "step `{step}` is `{effect}` and has no `verify:`", "",
        "add `verify: {{ run: … }}`, or `verify: person` where only a person can tell; if running it twice does no harm, say `effect: repeatable`";
    /// A `destroy` step without `preview:`.
    PreviewMissing { step: String } = "B0502" Error:
        "step `{step}` destroys something and has no `preview:`", "",
        "add `preview: {{ run: … }}` that lists what it will take; the approval is bound to that list";
    /// A `destroy` step that nobody approves.
    ApprovalMissing { step: String } = "B0503" Error:
        "step `{step}` destroys something and no `approve` step names it", "",
        "add a step above it: `approve: {{ for: [{step}] }}`";
    /// An approval that comes too late.
    ApprovalTooLate { step: String, approval: String } = "B0504" Error:
        "step `{step}` does not wait for `{approval}`, which approves it", "approves it",
        "put the approval above it, or name `{approval}` in the `needs:` of `{step}`";
    /// A destroy step that uses what nobody could see when they approved.
    OutputAfterApproval { step: String, output: String, approval: String } = "B0505" Error:
        "`steps.{step}.{output}` is set only after `{approval}` has approved this", "",
        "let `{approval}` wait for `{step}`: what is approved is what runs";
    /// A change without a time limit.
    TimeoutMissing { step: String } = "B0506" Error:
        "step `{step}` has no `timeout:`", "",
        "give it `timeout:`, or the runbook for all of its steps";
    /// `on_failure: undo` without an undo.
    UndoMissing { step: String } = "B0507" Error:
        "step `{step}` says `on_failure: undo` and has no `undo:`", "",
        "list the steps that compensate it: `undo: [ … ]`";
    /// A manual step without a check.
    ManualUnchecked { step: String } = "B0508" Error:
        "step `{step}` is done by a person and has no `verify:`", "",
        "add `verify: {{ run: … }}` beside `manual:`, or `verify: person` where only a person can tell";
    /// A destroying undo.
    UndoDestroys { step: String } = "B0509" Error:
        "`{step}` cannot be `destroy`: nobody could approve an undo", "",
        "make it a step of its own with a preview and an approval";
    /// More than three asks.
    ManyPrompts { count: usize, most: usize } = "B0510" Warning:
        "this runbook asks a person {count} times on its normal path", "the one that is too many",
        "people stop reading at the fourth (meant here: {most}); ask less, or say `prompts: {{ most: {count}, reason: … }}`";
    /// An account that is not known before the run.
    AccountUnknown { why: &'static str } = "B0511" Error:
        "`as` must name an account before the run begins: {why}", "",
        "write the account's name, or a parameter of `type: text`";
    /// An approval of something that changes nothing.
    NothingToApprove { step: String } = "B0512" Error:
        "step `{step}` changes nothing that could be approved", "",
        "name steps that change something: `run`, `exec`, `manual` or `roll`";
    /// A step that is shown before it has run.
    ShownTooLate { step: String, approval: String } = "B0513" Error:
        "step `{step}` has not run when `{approval}` would show it", "",
        "put `{step}` above the approval, or name it in the approval's `needs:`";

    // ---- B06: templates -------------------------------------------------------------------------------------------

    /// A template names what does not exist.
    UnknownName { name: String, similar: DidYouMean, known: Names } = "B0601" Error:
        "there is no `{name}` here", "",
        "{similar}known here: {known}";

    /// Braces as other tools write them.
    GoTemplate { written: String } = "B0602" Error:
        "`{written}` is not a placeholder of a runbook", "meant for another program?",
        "write `\\{written}` to pass it on as it is";
    /// `{{{x}}}` or `{{& x}}`.
    RawPlaceholder { name: String } = "B0603" Error:
        "there are no unquoted placeholders", "would be filled in without quotes",
        "write `{{{{ {name} }}}}`: in a script it is quoted for the shell, elsewhere it is filled in as it is";
    /// `{{#if}}` and the like.
    TemplateBlock { written: String } = "B0604" Error:
        "there are no blocks in a runbook's texts: `{written}`", "",
        "write `when:` at the step, or let the shell decide with `if`; to pass the braces on, write `\\{{{{`";
    /// `{{> x}}`.
    TemplatePartial { written: String } = "B0605" Error:
        "there are no partials or decorators in a runbook's texts: `{written}`", "",
        "write the text out; to pass the braces on, write `\\{{{{`";
    /// `{{! x}}`.
    TemplateComment = "B0606" Error:
        "there are no template comments", "",
        "write a YAML comment, `# …`, on a line of its own above the field";
    /// `{{f x}}`.
    TemplateHelper { written: String } = "B0607" Error:
        "a placeholder is one name, not `{written}`", "",
        "write `{{{{ name }}}}`, compute the value in `outputs:` of an earlier step; to pass the braces on, write `\\{{{{`";
    /// `{{~ x ~}}`.
    WhitespaceControl { name: String } = "B0608" Error:
        "`~` in a placeholder would eat the blanks around it", "",
        "write `{{{{ {name} }}}}`";
    /// Something between braces that cannot be a name.
    PlaceholderName { written: String } = "B0609" Error:
        "`{written}` is not a name that a placeholder can have", "",
        "write `{{{{ name }}}}`, `{{{{ steps.STEP.OUTPUT }}}}`, `{{{{ host.name }}}}`, `{{{{ host.vars.NAME }}}}` or `{{{{ run.id }}}}`; to pass the braces on, write `\\{{{{`";
    /// `{{ x` without its end.
    PlaceholderNotClosed = "B0610" Error:
        "this placeholder is not closed", "`}}}}` is missing",
        "write `{{{{ name }}}}`; to pass the braces on, write `\\{{{{`";
    /// `steps.x` where there is no `x`.
    UnknownOutputStep { step: String, similar: DidYouMean, known: Names } = "B0611" Error:
        "there is no step `{step}` whose output could be used here", "",
        "{similar}steps with outputs: {known}";
    /// `steps.x.y` where `x` has no `y`.
    UnknownOutput { step: String, output: String, similar: DidYouMean, known: Names } = "B0612" Error:
        "step `{step}` has no output `{output}`", "",
        "{similar}its outputs are {known}; add one with `outputs: {{ {output}: result.stdout }}`";
    /// An output that is set later, or perhaps never.
    OutputNotYet { step: String, output: String } = "B0613" Error:
        "`steps.{step}.{output}` is not set when this is reached", "used before it is set",
        "move this behind step `{step}`, or name `{step}` in its `needs:`";
    /// An output of a step that may be skipped.
    OutputPerhaps { step: String, output: String } = "B0614" Error:
        "`steps.{step}.{output}` may never be set: step `{step}` can be skipped", "",
        "give this step the same `when:`, or ask `has(steps.{step}.{output})` in a condition first";
    /// `host.…` where there is no host.
    HostHere { name: String } = "B0615" Error:
        "`{name}` means nothing here: this runs on no host", "",
        "give the step `hosts:`, or leave it out";
    /// A variable that a host lacks.
    UnknownHostVar { name: String, similar: DidYouMean, known: Names } = "B0616" Error:
        "not every host here has a variable `{name}`", "",
        "{similar}all of them have {known}; add it under `vars:` in the inventory";
    /// `steps.x.by_host[…]` in a text.
    ByHostInText { step: String } = "B0617" Error:
        "`by_host` can be used in conditions only", "",
        "compute it in `outputs:` of another step from `steps.{step}.by_host[\"HOST\"]`, and use that output here";
    /// `result` in a text.
    ResultInText { name: String } = "B0618" Error:
        "`{name}` can be used in the step's own conditions only", "",
        "name it in `outputs:`, for example `outputs: {{ value: {name} }}`, and use `{{{{ steps.STEP.value }}}}` in a later step";
    /// A secret in a text.
    SecretInText { name: String } = "B0619" Error:
        "`{name}` is a secret: it cannot be part of a text", "would be seen by everybody",
        "give it to the step as `env: {{ SECRET: \"{{{{ {name} }}}}\" }}` and write `$SECRET` in the script, or as `stdin: \"{{{{ {name} }}}}\"`";
    /// A list where one word is needed.
    ListInScript { name: String } = "B0620" Error:
        "`{name}` is a list and cannot be one word of a script", "",
        "give the step `hosts: \"{{{{ {name} }}}}\"` if it is a list of hosts, or take a parameter of `type: text`";
    /// An output that has a value for each of several hosts.
    OutputOfSeveral { step: String, output: String } = "B0621" Error:
        "`steps.{step}.{output}` has a value for each host of step `{step}`", "which one?",
        "use it in a `roll:` over the same hosts, where it is the current host's, or in a condition as `steps.{step}.by_host[\"HOST\"].{output}`";

    // ---- B07: scripts ---------------------------------------------------------------------------------------------

    /// A script that no shell could read.
    ScriptDoesNotParse { why: String } = "B0701" Error:
        "this script does not parse: {why}", "",
        "`sh -n` says where the shell itself stops reading";

    /// A script beyond the limit.
    ScriptTooLong { bytes: usize, limit: usize } = "B0702" Error:
        "this script has {bytes} bytes, the limit is {limit}", "",
        "put the script into a file on the host and run that";
    /// A placeholder inside quotes.
    PlaceholderInQuotes { name: String, quotes: &'static str, quote: char } = "B0703" Error:
        "`{name}` stands inside {quotes} quotes, where its own quotes would not protect it", "",
        "end the quotes before it: `{quote}text {quote}{{{{ {name} }}}}{quote} text{quote}`; the placeholder is quoted by itself";
    /// A placeholder in a comment.
    PlaceholderInComment { name: String } = "B0704" Error:
        "`{name}` stands in a comment, which a value with a line break would end", "",
        "take the placeholder out of the comment";
    /// A placeholder in a here-document.
    PlaceholderInHereDocument { name: String } = "B0705" Error:
        "`{name}` stands in a here-document, where nothing would quote it", "",
        "write `value={{{{ {name} }}}}` above it and `$value` in the here-document";
    /// A placeholder in `$(( ))`.
    PlaceholderInArithmetic { name: String } = "B0706" Error:
        "`{name}` stands in an arithmetic expression, which would evaluate it", "",
        "write `value={{{{ {name} }}}}` above it and `value` in the expression, for a parameter of `type: integer`";
    /// A placeholder in backquotes.
    PlaceholderInBackquotes { name: String } = "B0707" Error:
        "`{name}` stands inside backquotes, which read their text twice", "",
        "write `$( … )` in place of the backquotes";
    /// A placeholder in `${ }` or after `$`.
    PlaceholderInExpansion { name: String } = "B0708" Error:
        "`{name}` stands inside a shell expansion", "",
        "write `value={{{{ {name} }}}}` above it and `$value` here; a placeholder takes no `$`";
    /// A placeholder as the command.
    PlaceholderAsCommand { name: String } = "B0709" Error:
        "`{name}` would be the command itself, and a value is never code", "",
        "write the command out, or choose between commands with `case {{{{ {name} }}}} in …`";
    /// A placeholder that is no word for some other reason.
    PlaceholderNotAWord { name: String } = "B0710" Error:
        "`{name}` does not stand where the shell reads a plain word", "",
        "write it as an argument, as part of one, or as the value of an assignment: `value={{{{ {name} }}}}`";
    /// A placeholder that another reader reads again.
    PlaceholderReadAgain { name: String, command: String } = "B0711" Error:
        "`{command}` would read `{name}` again as a program, and quotes protect one level only", "",
        "give it as data: `sh -c 'rm -- \"$1\"' sh {{{{ {name} }}}}`, `awk -v value={{{{ {name} }}}} '…'`, or standard input";
    /// Something that only bash knows.
    NotPosix { written: String, instead: &'static str } = "B0712" Error:
        "`{written}` is bash, and `run:` is POSIX sh", "",
        "write {instead}, or say `shell: bash`";
    /// A script that nests too deeply.
    ScriptTooDeep { limit: usize } = "B0713" Error:
        "this script nests deeper than {limit} brackets, loops and conditions", "",
        "put the script into a file on the host and run that";

    // ---- B08: conditions ------------------------------------------------------------------------------------------

    /// A condition that is no CEL.
    ConditionDoesNotParse { why: String, hint: String } = "B0801" Error:
        "this condition does not parse: {why}", "",
        "{hint}";

    /// A condition beyond the limit.
    ConditionTooLong { length: usize, limit: usize } = "B0802" Error:
        "this condition has {length} characters, the limit is {limit}", "",
        "let the command decide and print one word, or compute parts of it as `outputs:` of earlier steps";
    /// A condition that is neither true nor false.
    ConditionNotBoolean { kind: &'static str } = "B0803" Error:
        "a condition must be true or false, this is {kind}", "",
        "compare it with something, for example `… == 0`";
    /// Two values that can never be equal or ordered.
    CannotCompare { left: &'static str, right: &'static str } = "B0804" Error:
        "{left} cannot be compared with {right}", "",
        "convert one of them: `int(x)`, `double(x)`, `string(x)` or `duration('5m')`";
    /// An operand of a wrong kind.
    WrongOperand { operator: String, needs: &'static str, kind: &'static str } = "B0805" Error:
        "`{operator}` needs {needs}, not {kind}", "",
        "convert it with `int(x)`, `double(x)`, `string(x)` or `duration('5m')`, or compare it first";
    /// Operands that do not fit.
    WrongOperands { operator: String, left: &'static str, right: &'static str } = "B0806" Error:
        "`{operator}` does not work on {left} and {right}", "",
        "convert one of them: `int(x)`, `double(x)`, `string(x)` or `duration('5m')`";
    /// A function that conditions do not have.
    UnknownFunction { name: String, similar: DidYouMean, known: Names } = "B0807" Error:
        "conditions have no function `{name}`", "",
        "{similar}they have {known}; for anything else let the command print the answer";
    /// A function in the wrong form.
    FunctionForm { name: String, before: bool } = "B0808" Error:
        "`{name}` is written the other way round", "",
        "write `x.{name}(…)` where it belongs to a value, and `{name}(x)` where it stands alone";
    /// Too many arguments, or too few.
    ArgumentCount { name: String, given: usize, most: usize } = "B0809" Error:
        "`{name}` does not take {given} arguments", "",
        "give it at most {most}";
    /// A field of something without fields.
    NoFields { field: String, kind: &'static str } = "B0810" Error:
        "{kind} has no field `{field}`", "",
        "leave `.{field}` out";
    /// A name without its end.
    NameUnfinished { name: String, full: &'static str } = "B0811" Error:
        "`{name}` alone is no value", "",
        "write `{full}`";
    /// `result` where no command has ended.
    ResultHere { name: String } = "B0812" Error:
        "`{name}` means nothing here: no command has ended yet", "",
        "`result` is for `until:`, `expect:` and `outputs:` of the step itself; use `steps.STEP.OUTPUT` for an earlier one";
    /// A field that `result` lacks.
    UnknownResult { field: String, similar: DidYouMean } = "B0813" Error:
        "`result` has no `{field}`", "",
        "{similar}it has `status`, `stdout`, `stderr` and `took`";
    /// A secret in a condition.
    SecretInCondition { name: String } = "B0814" Error:
        "`{name}` is a secret: no condition can see it", "",
        "let a command check it, and decide by `result.status`";
    /// A literal that its function cannot read.
    BadLiteral { function: String, literal: String } = "B0815" Error:
        "`{function}` cannot read `{literal}`", "",
        "durations are `90s`, `5m`, `1h30m` (the units are h, m, s, ms); times are `2026-01-31T12:00:00Z`; `matches` takes a regular expression";
    /// An output that is a list or nothing.
    OutputNotText { kind: &'static str } = "B0816" Error:
        "an output is one text, this is {kind}", "",
        "join a list with `.join(',')`, or pick one item with `[0]`";
    /// A part of CEL that conditions do not have.
    NotInConditions { what: &'static str } = "B0817" Error:
        "conditions have no such value: {what}", "",
        "use texts, integers, lists, durations and times";
    /// Loops without a reasonable end.
    LoopTooLarge { loops: usize, steps: usize } = "B0818" Error:
        "these loops could take too long", "",
        "at most {loops} loops may stand inside one another, with {steps} steps in all; let the command count";

    // ---- B09: parameters and secrets ------------------------------------------------------------------------------

    /// A parameter without a value.
    ParamMissing { name: String } = "B0901" Error:
        "parameter `{name}` has no value", "",
        "give it with `-p {name}=VALUE`";

    /// `-p` for a parameter that is not declared.
    ParamUnknown { name: String, similar: DidYouMean, known: Names } = "B0902" Error:
        "this runbook has no parameter `{name}`", "",
        "{similar}its parameters are {known}";
    /// A value of another type.
    ParamValue { name: String, found: String, expected: String } = "B0903" Error:
        "parameter `{name}` cannot be `{found}`", "",
        "give {expected}";
    /// A value with a NUL byte.
    ParamNul { name: String } = "B0904" Error:
        "the value of parameter `{name}` holds a NUL byte", "",
        "no command can be given one: leave it out";
    /// A value beyond the limit.
    ParamTooLong { name: String, bytes: usize, limit: usize } = "B0905" Error:
        "the value of parameter `{name}` has {bytes} bytes, the limit is {limit}", "",
        "put it into a file on the host";
    /// A number out of its range.
    ParamRange { name: String, found: i64, range: String } = "B0906" Error:
        "parameter `{name}` cannot be {found}", "",
        "give a whole number, {range}";
    /// A value outside the choice.
    ParamOneOf { name: String, found: String, similar: DidYouMean, known: Names } = "B0907" Error:
        "parameter `{name}` cannot be `{found}`", "",
        "{similar}it is one of {known}";
    /// A value that the author ruled out.
    ParamMustNotBe { name: String, found: String } = "B0908" Error:
        "parameter `{name}` must not be `{found}`", "",
        "the runbook rules this value out; choose another";
    /// A value that does not match.
    ParamPattern { name: String, found: String, pattern: String } = "B0909" Error:
        "parameter `{name}` cannot be `{found}`", "",
        "the whole value must match `{pattern}`";
    /// A host or group that is not there.
    ParamUnknownHost { name: String, host: String, similar: DidYouMean, known: Names } = "B0910" Error:
        "parameter `{name}`: `{host}` is neither a host nor a group of the inventory", "",
        "{similar}the inventory has {known}";
    /// Several hosts where one is meant.
    ParamOneHost { name: String, count: usize } = "B0911" Error:
        "parameter `{name}` is one host, this names {count}", "",
        "give one host's name";
    /// No hosts.
    ParamNoHosts { name: String } = "B0912" Error:
        "parameter `{name}` names no hosts", "",
        "give names of hosts and groups, comma separated: no hosts is never a success";
    /// A secret's value on the command line.
    SecretLiteral { name: String } = "B0913" Error:
        "the value of the secret `{name}` cannot be given literally", "",
        "say where it is read: `-p {name}=env:NAME`, `file:PATH` or `cmd:COMMAND`, or leave it out to be asked";
    /// A secret's value in the runbook.
    SecretDefault { name: String } = "B0914" Error:
        "the secret `{name}` cannot have a default", "",
        "leave `default:` out; whoever starts the run says where it is read";
    /// A name with another meaning.
    ParamReserved { name: String } = "B0915" Error:
        "`{name}` has a meaning of its own and cannot be a parameter", "",
        "give the parameter another name, for example `the_{name}`";
    /// A constraint of another type.
    ParamConstraint { name: String, field: &'static str, kind: &'static str } = "B0916" Error:
        "`{field}` means nothing for `{name}`, which is of `type: {kind}`", "",
        "leave it out, or change the type";
    /// No regular expression.
    ParamBadPattern { name: String, pattern: String } = "B0917" Error:
        "the pattern of `{name}` is no regular expression: `{pattern}`", "",
        "write for example `[a-z0-9-]+`; it must match the whole value";
    /// A range without numbers.
    ParamMinOverMax { name: String, min: i64, max: i64 } = "B0918" Error:
        "no number is at least {min} and at most {max}, as `{name}` demands", "",
        "exchange `min:` and `max:`";
    /// A default or example that its own declaration refuses.
    ParamOwnValue { name: String, what: &'static str, why: String, hint: String } = "B0919" Error:
        "the {what} of `{name}` is refused by its own declaration: {why}", "",
        "{hint}; or change what the declaration demands";

    // ---- B10: the inventory ---------------------------------------------------------------------------------------

    /// The inventory is no mapping of hosts.
    InventoryShape { why: String } = "B1001" Error:
        "this is not an inventory: {why}", "",
        "write `hosts:` and under it one line a host, `web-1: {{ address: 192.0.2.11 }}`";
    /// An inventory without its environment's word.
    InventoryEnvironment = "B1002" Error:
        "an inventory needs `environment:`", "",
        "write one word for what these hosts are: `environment: prod`; it is the first word on every screen";
    /// A host that cannot be called so.
    BadHostName { why: String } = "B1003" Error:
        "{why}", "",
        "give the host a name without blanks; its address stands in `address:`";
    /// A group with the name of a host.
    GroupIsHost { name: String } = "B1004" Error:
        "`{name}` is both a group and a host", "",
        "give the group another name: `hosts: {name}` could mean either";
    /// An address for this machine.
    LocalhostIsHere { field: String } = "B1005" Error:
        "`localhost` is this machine: `{field}` means nothing for it", "",
        "leave it out, or give the host another name to reach it by ssh";
    /// A variable that no text could name.
    BadVarName { name: String } = "B1006" Error:
        "`{name}` cannot be the name of a variable", "",
        "letters, digits and `_`, not beginning with a digit, so that `host.vars.NAME` can name it";
    /// An address or account that ssh could take for something else.
    BadTarget { why: String } = "B1007" Error:
        "{why}", "",
        "write for example `address: 192.0.2.11` or `user: ops`; anything else about a connection stands in the ssh configuration";
    /// A place for executors that there is not.
    OtherSite { site: String } = "B1008" Error:
        "no executor stands at site `{site}`: this version knows `local` alone", "",
        "leave `site:` out; a host behind others is reached by `ProxyJump` in the ssh configuration";

    // ---- B11: answers files ---------------------------------------------------------------------------------------

    /// The file is no mapping with a list of answers.
    AnswersShape { why: String } = "B1101" Error:
        "this is not an answers file: {why}", "",
        "write `answers:` and under it one line an answer, `- {{ step: approval, answer: approve }}`";
    /// An answer without its step or its word.
    AnswerIncomplete { field: String } = "B1102" Error:
        "an answer needs `{field}`", "",
        "write `- {{ step: STEP, answer: WORD }}`";
    /// `step:` is no path.
    AnswerStep { why: String } = "B1103" Error:
        "{why}", "",
        "write the path as the screen shows it, for example `restart/@web-2/stop`";
    /// `answer:` is no word that can be said.
    AnswerWord { word: String, similar: DidYouMean, known: Names } = "B1104" Error:
        "`{word}` is not a word that can be answered", "",
        "{similar}there are {known}";
    /// A word without its reason or evidence.
    AnswerNeeds { word: String, field: String } = "B1105" Error:
        "`{word}` needs `{field}`", "",
        "add `{field}:` with one sentence; it stands in the record";
    /// A field of an answer that holds something else.
    AnswerValue { field: String, expected: String } = "B1106" Error:
        "`{field}` must be {expected}", "",
        "write it in quotes behind `{field}:`";
    /// `as:` outside drills and rehearsals.
    AnswerNamesSpeaker { name: String } = "B1107" Error:
        "`as: {name}` can be used in drills and rehearsals only", "",
        "leave it out: the answer is that of the person who runs the command";
    /// An answer that no ask took.
    AnswerUnused { step: String, word: String } = "B1108" Warning:
        "no ask took the answer `{word}` for `{step}`", "",
        "look whether the path and the word are those the screen shows";
    /// An answer that the run refused.
    AnswerRejected { step: String, word: String, why: String } = "B1109" Warning:
        "the answer `{word}` for `{step}` was not taken: {why}", "",
        "an answer that does not fit is like none; mend it, or leave it out";
    /// A word that is typed when it is needed.
    AnswerMustBeTyped { word: String } = "B1110" Error:
        "`{word}` cannot be given beforehand", "",
        "whether to go around an approval is decided when it is needed; it is typed then";

    // World files.
    /// The file is no mapping with a name.
    WorldShape { why: String } = "B1201" Error:
        "this is not a world file: {why}", "",
        "write `world: NAME`, and under `steps:` one line a step, `\"restart/@web-2\": {{ status: 1 }}`";
    /// A field of a world that holds something else.
    WorldValue { field: String, expected: String, found: String } = "B1202" Error:
        "`{field}` must be {expected}, this is {found}", "",
        "replies are `{{ status: 0, stdout: \"text\", took: 2s }}`, `{{ unreachable: \"no route\" }}` and `{{ unknown: \"cable out\", truth: done }}`";
    /// A key that is no path.
    WorldStep { why: String } = "B1203" Error:
        "{why}", "",
        "write the path as the screen shows it, for example `restart/@web-2/stop`, or `*` for all the others";
    /// Two fields of which one makes the other say nothing.
    WorldBeside { field: String, beside: String } = "B1204" Error:
        "`{field}` says nothing beside `{beside}`", "",
        "leave out one of the two";
    /// A path for which the plan sends nothing of the kind.
    WorldNotSent { what: String, path: String, similar: DidYouMean, known: Names } = "B1205" Error:
        "the plan sends no {what} for `{path}`", "",
        "{similar}it sends one for {known}";
    /// `attempts` of a gate, or `samples` of something else.
    WorldList { path: String, written: String, right: String } = "B1206" Error:
        "`{path}` has no `{written}`", "",
        "here it is `{right}:`";
    /// A reply that nothing asked for.
    WorldUnused { what: String, path: String } = "B1207" Warning:
        "no {what} was sent for `{path}`", "",
        "the run ended before, or took another way";

    // Drill files.
    /// The file is no mapping with a name.
    DrillShape { why: String } = "B1301" Error:
        "this is not a drill file: {why}", "",
        "write `drill: NAME`, `runbook: FILE`, `hosts: [a, b]` and `checks:`; the book's page on drills has an example";
    /// A field of a drill that holds something else.
    DrillValue { field: String, expected: String, found: String } = "B1302" Error:
        "`{field}` must be {expected}, this is {found}", "",
        "the book's page on drills has every field with an example";
    /// Something that a part of a drill needs.
    DrillIncomplete { place: String, field: String } = "B1303" Error:
        "{place} needs `{field}`", "",
        "add `{field}:`";
    /// A name that nothing has.
    DrillUnknown { what: String, name: String, similar: DidYouMean, known: Names } = "B1304" Error:
        "there is no {what} `{name}`", "",
        "{similar}there are {known}";
    /// A name that something has already.
    DrillTwice { what: String, name: String } = "B1305" Error:
        "there is a {what} `{name}` already", "",
        "give it another name; what is left out or shown is named by it";
    /// A check, act or client that is nothing.
    DrillNoKind { place: String, known: Names } = "B1306" Error:
        "{place} needs one of {known}", "",
        "write what kind it is";
    /// A check, act or client that is two things.
    DrillTwoKinds { place: String, first: String, second: String } = "B1307" Error:
        "{place} cannot be both `{first}` and `{second}`", "",
        "make two of it";
    /// A step that is written as none.
    DrillStep { why: String } = "B1308" Error:
        "{why}", "",
        "write it as the screen shows it, for example `restart/@web-2/stop`";
    /// A fault in which nothing is done.
    DrillFaultless { name: String } = "B1309" Error:
        "nothing goes wrong in `{name}`", "",
        "add `acts:` (what happens, and when) or `params:` (what is given wrongly)";
    /// Acts in an order in which one of them never comes.
    DrillOrder { why: String } = "B1310" Error:
        "this can never happen: {why}", "",
        "acts happen in the order they are written, each after the one above it";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{DidYouMean, Finding, Names};

    #[test]
    fn codes_are_unique_well_formed_and_in_order() {
        let codes: Vec<&str> = Finding::CODES.iter().map(|(code, _)| *code).collect();
        assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len(), "a code is used twice");
        assert!(codes.is_sorted(), "codes ascend: {codes:?}");
        assert!(codes.iter().all(|c| c.len() == 5 && c.starts_with('B') && c[1..].bytes().all(|b| b.is_ascii_digit())));
    }

    #[test]
    fn words_are_filled_in() {
        let finding = Finding::UnknownStep {
            step: "stpo".into(),
            similar: DidYouMean(Some("stop".into())),
            known: Names::of(["start", "stop", "check"]),
        };
        assert_eq!(finding.code(), "B0301");
        assert_eq!(finding.message(), "there is no step `stpo` here");
        assert_eq!(finding.help(), "did you mean `stop`? the steps of this list are `start`, `stop` and `check`");
    }
}
