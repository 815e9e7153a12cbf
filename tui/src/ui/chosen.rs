//! Full screen or plain lines: one place decides.

use super::{Theme, can_draw};
use crate::cli::{RunOutput, Ui, UiArgs};
use crate::exit_code;
use crate::failure::Failure;

/// The look of the full screen, if there is to be one.
///
/// # Errors
/// A full screen was asked for where there is none.
pub(crate) fn chosen(args: &UiArgs, output: RunOutput) -> Result<Option<Theme>, Failure> {
    let accessible = std::env::var_os("ACCESSIBLE").is_some_and(|value| !value.is_empty() && value != "0");
    let is_plain = args.plain || args.ui == Ui::Plain || output != RunOutput::Plain;
    let draws = match args.ui {
        _ if is_plain => false,
        Ui::Auto | Ui::Plain => !accessible && can_draw(),
        Ui::Tui if can_draw() => true,
        Ui::Tui => {
            let message = "there is no terminal here that can show a full screen";
            return Err(Failure::new(exit_code::USAGE, message).hint("leave `--ui tui` out, or set TERM"));
        }
    };
    Ok(draws.then(|| Theme::of_terminal(args.theme)))
}
