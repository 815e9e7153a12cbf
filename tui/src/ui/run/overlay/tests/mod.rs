//! What people do: which keys lead to which order, and which never do.

mod calling;
mod fingers;
mod pictures;
mod scenes;
mod words;
