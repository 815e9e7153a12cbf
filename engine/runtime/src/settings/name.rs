//! FILE or NAME on the command line → the runbook's file.

use std::path::{Path, PathBuf};

/// Says where a runbook was looked for in vain.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// It was given as a file.
    #[error("no such file: `{0}`")]
    NoFile(PathBuf),
    /// It was given by name.
    #[error("no runbook `{name}` in {}", list(.looked))]
    NoName {
        /// The name.
        name: String,
        /// Every directory that was looked in.
        looked: Vec<PathBuf>,
    },
}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| format!("`{}`", path.display())).collect::<Vec<_>>().join(", ")
}

/// Finds the file of a runbook.
///
/// What holds a `/` or ends in `.yaml` or `.yml` is a file. Anything else is a name: `NAME.yaml`, then `NAME.yml`, in
/// each of `directories`, then in `./runbooks`; the first that exists. A file that happens to be called like the name
/// and lies in the current directory is not taken: what runs must not depend on where the operator stands.
///
/// # Errors
/// A [`FindError`] that says where it was looked for.
pub fn find_runbook(file_or_name: &str, directories: &[PathBuf]) -> Result<PathBuf, FindError> {
    let is_file = file_or_name.contains('/') || file_or_name.ends_with(".yaml") || file_or_name.ends_with(".yml");
    if is_file {
        let path = PathBuf::from(file_or_name);
        // A pipe or a device is as good as a file: it is read once.
        return if path.exists() && !path.is_dir() { Ok(path) } else { Err(FindError::NoFile(path)) };
    }
    let looked: Vec<PathBuf> = directories.iter().cloned().chain([PathBuf::from("runbooks")]).collect();
    looked
        .iter()
        .flat_map(|dir| ["yaml", "yml"].map(|end| dir.join(format!("{file_or_name}.{end}"))))
        .find(|path: &PathBuf| Path::is_file(path))
        .ok_or(FindError::NoName { name: file_or_name.to_owned(), looked })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_first_directory_that_has_it_wins() {
        let dir = tempfile::tempdir().expect("a directory");
        let (a, b) = (dir.path().join("a"), dir.path().join("b"));
        for (place, name) in [(&a, "other.yaml"), (&b, "restart.yml")] {
            fs::create_dir(place).expect("a directory");
            fs::write(place.join(name), "").expect("a file");
        }
        let directories = [a.clone(), b.clone()];
        assert_eq!(find_runbook("restart", &directories).expect("found"), b.join("restart.yml"));
        fs::write(a.join("restart.yaml"), "").expect("a file");
        assert_eq!(find_runbook("restart", &directories).expect("found"), a.join("restart.yaml"));
    }

    #[test]
    fn a_name_that_is_nowhere_says_where_it_was_looked_for() {
        let error = find_runbook("nosuch", &["/srv/x".into()]).expect_err("not there");
        assert_eq!(error.to_string(), "no runbook `nosuch` in `/srv/x`, `runbooks`");
    }

    #[test]
    fn a_slash_or_an_ending_makes_it_a_file() {
        for file in ["./nosuch", "nosuch.yaml", "nosuch.yml", "/"] {
            assert!(matches!(find_runbook(file, &[]), Err(FindError::NoFile(_))), "{file}");
        }
    }
}
