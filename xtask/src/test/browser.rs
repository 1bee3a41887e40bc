//! The browser tests, which also take the README's pictures.

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use devstack::{Progress, Tools, WebDriver, root};

use super::stack;

/// The README's and the guides' pictures in docs/reports/pictures, as the tests name them.
const SHOWN: [&str; 4] = [
    "console-desktop-light-flow.png",
    "console-desktop-light-order.png",
    "console-phone-dark-flow.png",
    "phone-light-form.png",
];

/// What the browser tests need.
#[derive(Debug)]
pub(super) struct Browser {
    driver: WebDriver,
    screenshots: PathBuf,
}

impl Browser {
    async fn start() -> Result<Self> {
        let screenshots = root().join("target/screenshots");
        Ok(Self { driver: WebDriver::start(Progress).await?, screenshots })
    }

    /// The environment of the tests.
    pub(super) fn variables(&self) -> [(&'static str, &OsStr); 3] {
        [
            ("E2E_WEBDRIVER", OsStr::new(self.driver.url())),
            ("E2E_AXE", self.driver.axe().as_os_str()),
            ("E2E_SCREENSHOTS", self.screenshots.as_os_str()),
        ]
    }
}

/// Runs the browser tests.
pub(super) async fn test(tools: &Tools) -> Result<()> {
    let browser = Browser::start().await?;
    stack::on_one_stack(tools, "browser", &browser.variables()).await
}

/// `cargo xtask pictures`: runs only the browser tests, and copies the README's pictures.
pub(crate) async fn pictures() -> Result<()> {
    ensure!(
        WebDriver::is_installed().await,
        "no chromedriver on the PATH: apt install chromium chromium-driver"
    );
    let tools = Tools::install(Progress).await?;
    devstack::build(&tools, Progress).await?;
    let browser = Browser::start().await?;
    stack::on_one_stack(&tools, "browser", &browser.variables()).await?;
    for picture in SHOWN {
        let (from, to) =
            (browser.screenshots.join(picture), root().join("docs/reports/pictures").join(picture));
        fs::copy(&from, &to).with_context(|| format!("{} cannot be copied", from.display()))?;
    }
    Ok(())
}
