//! Scans of whole tables.

use anyhow::Result;
use store::{Next, Scanned, StoreError};

/// Reads all pages of a scan, and passes on each row.
pub(crate) async fn each_row<T>(
    page: impl AsyncFn(Option<Next>) -> Result<Scanned<T>, StoreError>,
    mut row: impl FnMut(T) -> Result<()>,
) -> Result<()> {
    let mut from = None;
    loop {
        let Scanned { rows, next } = page(from).await?;
        rows.into_iter().try_for_each(&mut row)?;
        if next.is_none() {
            return Ok(());
        }
        from = next;
    }
}
