//! Filling the holes of a [`Template`].
//!
//! It does not look anything up by itself (that is [`Bindings`]), and a value is never read as a template again:
//! whatever a host printed stays data.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use super::{HoleSource, Piece, Quoting, Template};

/// Knows the values that fill holes. [`super::Scope`] is one.
pub trait Bindings {
    /// The value of a source, or `None` where it has none.
    fn value(&self, source: &HoleSource) -> Option<Cow<'_, str>>;
}

impl Bindings for BTreeMap<HoleSource, String> {
    fn value(&self, source: &HoleSource) -> Option<Cow<'_, str>> {
        self.get(source).map(|text| Cow::Borrowed(text.as_str()))
    }
}

/// Says why a text could not be completed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HoleError {
    /// Nothing fills it.
    #[error("`{name}` has no value: the step that sets it did not run here, or the host does not have it")]
    Missing {
        /// The hole, as a person wrote it.
        name: String,
    },
    /// Neither an argument nor a variable of the environment can hold a NUL.
    #[error("the value of `{name}` holds a NUL byte, which no command can be given")]
    Nul {
        /// The hole, as a person wrote it.
        name: String,
    },
    /// A secret never becomes part of a text.
    #[error("`{name}` is a secret and cannot become part of a text: give it as `stdin:` or in `env:`")]
    Secret {
        /// The parameter.
        name: String,
    },
}

impl fmt::Display for HoleSource {
    /// Prints what stands between the braces, `steps.build.version`: the hole's name in the journal and on screens.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RunId => f.write_str("run.id"),
            Self::HostName => f.write_str("host.name"),
            Self::HostVar(name) => write!(f, "host.vars.{name}"),
            Self::Output { step, output } => write!(f, "steps.{step}.{output}"),
            Self::Param(name) | Self::Secret(name) => write!(f, "{name}"),
        }
    }
}

impl Template {
    /// Fills every hole and gives the whole text.
    ///
    /// # Errors
    /// The first hole that cannot be filled.
    pub fn render(&self, bindings: &dyn Bindings) -> Result<String, HoleError> {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(known) => text.push_str(known),
                Piece::Hole(hole) => text.push_str(&quote(&fill(&hole.source, bindings)?, hole.quoting)),
            }
        }
        Ok(text)
    }

    /// Adds what fills the holes to `values`, unquoted, by the hole's name: what the intent's record keeps.
    ///
    /// # Errors
    /// As [`Template::render`].
    pub fn collect_values(
        &self,
        bindings: &dyn Bindings,
        values: &mut BTreeMap<String, String>,
    ) -> Result<(), HoleError> {
        for hole in self.holes() {
            values.insert(hole.source.to_string(), fill(&hole.source, bindings)?.into_owned());
        }
        Ok(())
    }
}

fn fill<'a>(source: &HoleSource, bindings: &'a dyn Bindings) -> Result<Cow<'a, str>, HoleError> {
    let name = || source.to_string();
    if matches!(source, HoleSource::Secret(_)) {
        return Err(HoleError::Secret { name: name() });
    }
    let value = bindings.value(source).ok_or_else(|| HoleError::Missing { name: name() })?;
    if value.contains('\0') {
        return Err(HoleError::Nul { name: name() });
    }
    Ok(value)
}

/// Writes a value without NUL the way a hole asks for.
pub(crate) fn quote(value: &str, quoting: Quoting) -> Cow<'_, str> {
    match quoting {
        Quoting::Plain => Cow::Borrowed(value),
        // Invariant: `try_quote` refuses NUL and nothing else, and every caller has refused it before.
        Quoting::Shell => shlex::try_quote(value).expect("a value without NUL can be quoted"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Hole;
    use crate::runbook::{OutputName, ParamName, StepId};

    fn version() -> HoleSource {
        HoleSource::Output { step: StepId::new("build").unwrap(), output: OutputName::new("version").unwrap() }
    }

    fn template(quoting: Quoting) -> Template {
        Template {
            pieces: vec![
                Piece::Text("echo ".to_owned()),
                Piece::Hole(Hole { source: version(), quoting }),
                Piece::Text("/x".to_owned()),
            ],
        }
    }

    #[test]
    fn a_value_is_written_as_its_hole_asks() {
        let check = |value: &str, shell: &str, plain: &str| {
            let bindings = BTreeMap::from([(version(), value.to_owned())]);
            assert_eq!(template(Quoting::Shell).render(&bindings).unwrap(), shell, "{value:?}");
            assert_eq!(template(Quoting::Plain).render(&bindings).unwrap(), plain, "{value:?}");
        };
        check("1.2", "echo 1.2/x", "echo 1.2/x");
        check("", "echo ''/x", "echo /x");
        check("a b; rm -rf /", "echo 'a b; rm -rf /'/x", "echo a b; rm -rf //x");
        check("it's", "echo \"it's\"/x", "echo it's/x");
        check("{{run.id}}", "echo '{{run.id}}'/x", "echo {{run.id}}/x");
    }

    #[test]
    fn what_cannot_be_filled_is_named() {
        let check = |template: &Template, bindings: &dyn Bindings, expect: HoleError| {
            assert_eq!(template.render(bindings), Err(expect.clone()));
            assert_eq!(template.collect_values(bindings, &mut BTreeMap::new()), Err(expect));
        };
        let name = || "steps.build.version".to_owned();
        let one = template(Quoting::Shell);
        check(&one, &BTreeMap::new(), HoleError::Missing { name: name() });
        check(&one, &BTreeMap::from([(version(), "a\0b".to_owned())]), HoleError::Nul { name: name() });
        let source = HoleSource::Secret(ParamName::new("token").unwrap());
        let secret = Template { pieces: vec![Piece::Hole(Hole { source: source.clone(), quoting: Quoting::Plain })] };
        let bound = BTreeMap::from([(source, "hunter22".to_owned())]);
        check(&secret, &bound, HoleError::Secret { name: "token".to_owned() });
    }

    #[test]
    fn the_journal_gets_values_before_quoting() {
        let mut values = BTreeMap::new();
        let bindings = BTreeMap::from([(version(), "a b".to_owned())]);
        template(Quoting::Shell).collect_values(&bindings, &mut values).unwrap();
        assert_eq!(values, BTreeMap::from([("steps.build.version".to_owned(), "a b".to_owned())]));
    }
}
