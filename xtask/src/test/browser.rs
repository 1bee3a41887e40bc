//! A slow lane of `cargo xtask test --all`: the pages in a real browser; and the README's pictures, which it takes.

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use devstack::{Progress, Tools, WebDriver, root};

use super::stack::{self, Suite};
use crate::missing::skip;

const MISSING: &str = "the pages are tested in Chromium, and there is no chromedriver on the PATH; \
    on Debian and Ubuntu: apt install chromium chromium-driver";

/// The pictures that the README shows, as the tests name them.
const SHOWN: [&str; 4] =
    ["desktop-light-fulfilled.png", "phone-light-form.png", "phone-dark-fulfilled.png", "desktop-dark-refused.png"];

/// What the browser's tests stand on.
#[derive(Debug)]
pub(super) struct Browser {
    driver: WebDriver,
    screenshots: PathBuf,
}

impl Browser {
    /// None, and it is said, on a machine that has no browser, unless it must have one.
    pub(super) async fn if_there_is_one() -> Result<Option<Self>> {
        if WebDriver::is_installed().await {
            return Self::start().await.map(Some);
        }
        skip(MISSING)?;
        Ok(None)
    }

    async fn start() -> Result<Self> {
        let screenshots = root().join("target/screenshots");
        Ok(Self { driver: WebDriver::start(Progress).await?, screenshots })
    }

    /// What the tests are told.
    pub(super) fn variables(&self) -> [(&'static str, &OsStr); 3] {
        [
            ("E2E_WEBDRIVER", OsStr::new(self.driver.url())),
            ("E2E_AXE", self.driver.axe().as_os_str()),
            ("E2E_SCREENSHOTS", self.screenshots.as_os_str()),
        ]
    }
}

/// `cargo xtask pictures`: the browser's tests alone, and the README's pictures as they took them.
pub(crate) async fn pictures() -> Result<()> {
    ensure!(WebDriver::is_installed().await, MISSING);
    let tools = Tools::install(Progress).await?;
    devstack::build(&tools, Progress).await?;
    let browser = Browser::start().await?;
    stack::end_to_end(&tools, &[Suite::Browser], &browser.variables()).await?;
    for picture in SHOWN {
        let (from, to) = (browser.screenshots.join(picture), root().join("docs/reports/pictures").join(picture));
        fs::copy(&from, &to).with_context(|| format!("{} cannot be copied", from.display()))?;
    }
    Ok(())
}
