//! Where a run is, in a few lines.

use banister_core::source::visible;
use banister_core::view::RunView;

use crate::attach::Board;

/// Steps that run, and are named.
const NAMED: usize = 4;

/// NOW, NEXT, IF IT FAILS and what is touched.
pub(crate) fn status(board: &Board) -> String {
    status_of(&board.view())
}

/// The same of a run that is known without a board.
pub(crate) fn status_of(view: &RunView) -> String {
    let plan = view.plan();
    let state = view.state();
    let mut now: Vec<String> = view.now().map(|row| format!("{} {}", row.what, row.path)).collect();
    let more = now.len().saturating_sub(NAMED);
    now.truncate(NAMED);
    if more > 0 {
        now.push(format!("and {more} more"));
    }
    let asks = state.asks().filter(|ask| ask.unavailable.is_none());
    now.extend(asks.map(|ask| format!("ASK {}", ask.id.path)));
    if let Some((why, since)) = view.lacks() {
        now.insert(0, format!("since {} {why}", since.format("%H:%M:%SZ")));
    }
    if state.is_held() {
        now.insert(0, "HELD, nothing new starts".to_owned());
    }
    if now.is_empty() {
        now.push("nothing".to_owned());
    }
    let next = view.next().map_or_else(
        || "nothing".to_owned(),
        |next| {
            let needs = next.needs.map_or_else(String::new, |needs| format!(", needs {needs}"));
            format!("{}{needs}", next.path)
        },
    );
    let (touched, hosts) = view.touched();
    let pen = view.pen().map_or_else(|| "nobody".to_owned(), ToString::to_string);
    format!(
        "{}: {}\n  NOW          {}\n  NEXT         {}\n  IF IT FAILS  {}\n  touched      {touched} of {hosts} hosts\n  pen          {}",
        visible(&plan.environment),
        visible(&plan.title),
        visible(&now.join("; ")),
        visible(&next),
        visible(view.if_it_fails()),
        visible(&pen),
    )
}
