//! The shop and the console in a real browser.

mod accessible;
mod browser;
mod console;
mod fixtures;
mod form;
mod layout_and_a11y;
mod names;
mod no_script;
mod order;
