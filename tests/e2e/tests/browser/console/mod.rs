//! The operator's console in a real browser.

mod dead_letters;
mod flow;
mod layout;
mod permissions;
mod safety;
mod stack_restart;

use e2e::{Console, Deployment};

use tokio::sync::Mutex;

use crate::browser::{Browser, Setup, in_browser};

/// One test at a time redrives invoicing's dead letters.
static INVOICING: Mutex<()> = Mutex::const_new(());

/// Runs an operator's actions in a browser, with a console of the stack under test that may change
/// queues.
async fn with_console(
    test: &'static str,
    setup: Setup,
    operator: impl AsyncFnOnce(&Browser, &Console),
) {
    let shop = Deployment::under_test().await;
    // It ends after the browser, which would report a lost connection.
    let console = Console::start(shop.endpoint(), &["--allow-changes"]).await;
    in_browser(test, setup, async |browser| operator(browser, &console).await).await;
}

/// Opens one of the console's pages.
async fn open(browser: &Browser, console: &Console, path: &str) {
    let url = format!("{}{path}", console.url());
    browser.client.goto(&url).await.expect("the console answers");
}

/// Waits until the text of an element, pictures included, contains `part`.
async fn until_shown(browser: &Browser, css: &str, part: &str) -> String {
    let text = format!("return document.querySelector({css:?})?.textContent ?? ''");
    e2e::eventually(&format!("{css} shows {part}"), crate::browser::SOON, async || {
        let text = browser.run(&text).await.as_str().expect("a text").to_owned();
        text.contains(part).then_some(text)
    })
    .await
}
