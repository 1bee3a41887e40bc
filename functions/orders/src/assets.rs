//! The style sheet, the script and the icon, compiled in. Their URLs contain a fingerprint of their
//! content, so browsers may cache them forever.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("../assets/style.css");
const SCRIPT: &str = include_str!("../assets/order.js");
const ICON: &str = include_str!("../assets/icon.svg");

static FINGERPRINT: LazyLock<String> = LazyLock::new(|| {
    let digest =
        Sha256::new().chain_update(STYLE).chain_update(SCRIPT).chain_update(ICON).finalize();
    hex::encode(&digest[..8])
});

/// An asset's content and its media type.
#[derive(Clone, Copy)]
pub(crate) struct Asset {
    pub(crate) content_type: &'static str,
    pub(crate) content: &'static str,
}

/// Returns the path of an asset, for links in pages.
pub(crate) fn address(name: &str) -> String {
    format!("/assets/{}/{name}", *FINGERPRINT)
}

/// Returns the asset with this name, or `None`.
pub(crate) fn find(name: &str) -> Option<Asset> {
    let (content_type, content) = match name {
        "style.css" => ("text/css; charset=utf-8", STYLE),
        "order.js" => ("text/javascript; charset=utf-8", SCRIPT),
        "icon.svg" => ("image/svg+xml", ICON),
        _ => return None,
    };
    Some(Asset { content_type, content })
}

/// Whether `fingerprint` is that of this version's assets.
pub(crate) fn is_current(fingerprint: &str) -> bool {
    fingerprint == *FINGERPRINT
}
