//! Real and malicious names.

use crate::browser::{PHONE, in_browser};

/// How far a name overflows its line.
const BEYOND_THE_EDGE: &str =
    "const right = (css) => document.querySelector(css).getBoundingClientRect().right;
    return right('h1 bdi') - right('h1');";

#[tokio::test]
async fn unusual_names_do_not_break_the_page() {
    in_browser("names", PHONE, async |browser| {
        for (what, name) in [
            ("right-to-left", "فاطمة الفهرية".to_owned()),
            ("overriding", "Ada \u{202e}ecalevoL\u{2066} \u{202b}".to_owned()),
            ("replaced", "Ad\u{fffd} L\u{fffd}velace".to_owned()),
            ("invisible", "\u{200b}\u{2060}\u{feff}".to_owned()),
            ("towering", format!("A{}", "\u{30d}\u{30e}\u{31a}".repeat(33))),
            ("long", "W".repeat(100)),
            ("emoji", "👩🏽‍🚀".repeat(25)),
            ("html", "</h1><script>alert(1)</script><style>*{display:none}</style>".to_owned()),
        ] {
            let placed = browser.shop.place(&name, "10.00").await;
            browser.open(&format!("/orders/{}", placed.id)).await;
            assert_eq!(
                browser.run("return document.querySelector('h1 bdi').textContent").await,
                name,
                "{what}"
            );
            browser.fits().await;
            let hidden = browser.run(BEYOND_THE_EDGE).await;
            assert!(
                hidden.as_f64().is_some_and(|hidden| hidden < 1.0),
                "{what}: {hidden} px are beyond the edge"
            );
            // Tall characters are clipped instead of covering other lines.
            assert_eq!(
                browser.run("return getComputedStyle(document.querySelector('h1')).overflow").await,
                "clip"
            );
            assert!(browser.text("#status").await.starts_with("Your order is"), "{what}");
            browser.keep(what).await;
        }
    })
    .await;
}
