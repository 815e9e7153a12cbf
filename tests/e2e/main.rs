//! The program as people run it: started, killed, resumed, asked, held, filled up.

mod asks;
mod crash;
mod daemon;
mod disk;
mod drill;
mod first;
mod lent;
mod many;
mod modes;
mod orders;
mod pty;
mod random_kills;
mod scenario;
mod screen;
mod secrets;
mod sharing;
mod shell;
mod signals;
mod story;
mod terminal;
