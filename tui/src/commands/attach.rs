//! `banister attach`: looks at a run that goes on, and speaks to it.

use banister_core::run::ExitCode;

use crate::ask::Tty;
use crate::attach::{How, Role, Shown, attach as attach_to};
use crate::cli::AttachArgs;
use crate::failure::Failure;
use crate::select;
use crate::ui::chosen;

pub(super) fn attach(args: &AttachArgs) -> Result<ExitCode, Failure> {
    let run = select::run(&args.run, &args.state)?;
    let how = How {
        role: Role::Visitor,
        watch: args.watch,
        output: args.output,
        tty: Tty::open(),
        shown: Shown::FromNow,
        is_drill: false,
        screen: chosen(&args.ui, args.output)?,
    };
    attach_to(&run, how)
}
