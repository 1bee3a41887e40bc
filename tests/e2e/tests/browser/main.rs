//! The shop in a real browser.

mod accessible;
mod browser;
mod form;
mod looks;
mod names;
mod order;
mod plain;
mod rows;
