//! The style sheet, the script and the icon, compiled in. Their address has a fingerprint of their
//! content, so that a browser may keep them for good.

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

/// The path of an asset, for pages.
pub(crate) fn address(name: &str) -> String {
    format!("/assets/{}/{name}", *FINGERPRINT)
}

/// The asset of this name, if there is one.
pub(crate) fn find(name: &str) -> Option<Asset> {
    let (content_type, content) = match name {
        "style.css" => ("text/css; charset=utf-8", STYLE),
        "order.js" => ("text/javascript; charset=utf-8", SCRIPT),
        "icon.svg" => ("image/svg+xml", ICON),
        _ => return None,
    };
    Some(Asset { content_type, content })
}

/// Whether an address has the fingerprint of this version's assets.
pub(crate) fn is_current(fingerprint: &str) -> bool {
    fingerprint == *FINGERPRINT
}
