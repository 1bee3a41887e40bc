//! Dependencies only: the union of what the functions share, with one set of features.
//!
//! `sam build` runs cargo once per function. If their features differed, cargo would compile the
//! AWS SDK again for each function. Every function depends on this crate through `lambda-startup`;
//! `xtask/tests/features.rs` checks the resolved features. The linker drops what a function does
//! not call.
