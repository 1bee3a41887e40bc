//! Nothing but dependencies: the union of what the functions share, with one set of features.
//!
//! `sam build` runs cargo once per function. Were their features to differ, cargo would compile the
//! AWS SDK again for each of them. Every function reaches this crate through `lambda-startup`;
//! `xtask/tests/features.rs` compares what comes out. The linker drops what a function does not
//! call.
