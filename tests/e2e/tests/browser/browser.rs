//! A browser: headless Chromium, driven by chromedriver, that can reach only this machine.

use std::fs;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::PathBuf;
use std::time::Duration;

use e2e::{Deployment, eventually};
use fantoccini::actions::{InputSource, MOUSE_BUTTON_LEFT, MouseActions, PointerAction};
use fantoccini::elements::Element;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use futures::FutureExt;
use hyper_util::client::legacy::connect::HttpConnector;
use nix::unistd::geteuid;
use reqwest::Method;
use serde_json::{Value, json};
use url::{ParseError, Url};

/// The device and settings of a customer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setup {
    pub(crate) device: Device,
    pub(crate) scheme: Scheme,
    pub(crate) scripts: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Device {
    Phone,
    Desktop,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Scheme {
    Light,
    Dark,
}

/// The most common configuration.
pub(crate) const PHONE: Setup =
    Setup { device: Device::Phone, scheme: Scheme::Light, scripts: true };
pub(crate) const DESKTOP: Setup = Setup { device: Device::Desktop, ..PHONE };
pub(crate) const WITHOUT_SCRIPTS: Setup = Setup { scripts: false, ..DESKTOP };

/// A browser session with the shop.
pub(crate) struct Browser {
    pub(crate) client: Client,
    pub(crate) shop: Deployment,
    pub(crate) setup: Setup,
    test: &'static str,
}

/// The time limit for the slowest event that a page waits for.
pub(crate) const SOON: Duration = Duration::from_secs(60);
const POLL_INTERVAL: Duration = Duration::from_millis(50);
const BETWEEN_CLICKS: Duration = Duration::from_millis(100);

/// Runs a customer's actions in a browser. A message in the browser's log fails the test; the last
/// page is kept.
pub(crate) async fn in_browser(
    test: &'static str,
    setup: Setup,
    customer: impl AsyncFnOnce(&Browser),
) {
    let browser = Browser::start(test, setup).await;
    let outcome = AssertUnwindSafe(async {
        customer(&browser).await;
        browser.assert_accessible().await;
    });
    let outcome = outcome.catch_unwind().await;
    browser.keep(if outcome.is_ok() { "last" } else { "failed" }).await;
    let _ = browser.client.close().await;
    if let Err(panic) = outcome {
        resume_unwind(panic);
    }
}

impl Browser {
    async fn start(test: &'static str, setup: Setup) -> Self {
        let shop = Deployment::under_test().await;
        let driver =
            std::env::var("E2E_WEBDRIVER").expect("E2E_WEBDRIVER is the address of a chromedriver");
        let mut arguments = vec![
            "--headless=new",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--no-first-run",
            // Only the shop resolves: a page that requests another host gets an error, which the
            // log reports.
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE *.amazonaws.com",
        ];
        if geteuid().is_root() {
            arguments.push("--no-sandbox");
        }
        let scripts = if setup.scripts { 1 } else { 2 };
        let options = json!({
            "args": arguments,
            "prefs": { "profile.managed_default_content_settings.javascript": scripts },
        });
        let capabilities =
            json!({ "goog:chromeOptions": options, "goog:loggingPrefs": { "browser": "ALL" } })
                .as_object()
                .cloned();
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let client = builder.capabilities(capabilities.expect("an object")).connect(&driver).await;
        let client = client.expect("chromedriver starts Chromium");
        let browser = Self { client, shop, setup, test };
        browser.apply(setup).await;
        browser
    }

    /// Switches to another device or scheme.
    pub(crate) async fn apply(&self, setup: Setup) {
        let scheme = match setup.scheme {
            Scheme::Light => "light",
            Scheme::Dark => "dark",
        };
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": features })).await;
        self.resize(setup.device.height()).await;
    }

    async fn resize(&self, height: u64) {
        let (width, mobile) =
            (self.setup.device.width(), matches!(self.setup.device, Device::Phone));
        let metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// Opens a path of the shop.
    pub(crate) async fn open(&self, path: &str) {
        let url = format!("{}{path}", self.shop.output("ShopUrl"));
        self.client.goto(&url).await.expect("the shop answers");
    }

    /// The path of the current page.
    pub(crate) async fn path(&self) -> String {
        self.client.current_url().await.expect("a page is shown").path().to_owned()
    }

    /// Waits for an element.
    pub(crate) async fn until(&self, css: &str) -> Element {
        let wait = self.client.wait().at_most(SOON).every(POLL_INTERVAL);
        let found = wait.for_element(Locator::Css(css)).await;
        found.unwrap_or_else(|error| panic!("waited {SOON:?} in vain for {css}: {error}"))
    }

    /// Finds an element, which must exist.
    pub(crate) async fn find(&self, css: &str) -> Element {
        let found = self.client.find(Locator::Css(css)).await;
        found.unwrap_or_else(|error| panic!("{css} is not on the page: {error}"))
    }

    /// The text of an element.
    pub(crate) async fn text(&self, css: &str) -> String {
        self.find(css).await.text().await.expect("an element has a text")
    }

    /// The value of a field.
    pub(crate) async fn value(&self, name: &str) -> String {
        let field = self.field(name).await;
        field.prop("value").await.expect("the field is there").expect("a field has a value")
    }

    pub(crate) async fn field(&self, name: &str) -> Element {
        self.find(&format!("[name={name}]")).await
    }

    /// Replaces the value of a field by typing.
    pub(crate) async fn fill(&self, name: &str, text: &str) {
        let field = self.field(name).await;
        field.clear().await.expect("the field can be emptied");
        field.send_keys(text).await.expect("the field takes text");
    }

    /// Fills in the order form and submits it.
    pub(crate) async fn order(&self, customer: &str, amount: &str) {
        self.fill("customer", customer).await;
        self.fill("amount", amount).await;
        self.click("button").await;
    }

    /// Places an order, and returns the path of its page, which is then open.
    pub(crate) async fn place(&self, customer: &str, amount: &str) -> String {
        self.order(customer, amount).await;
        self.until("#status").await;
        self.path().await
    }

    pub(crate) async fn click(&self, css: &str) {
        // A live update may replace the element once it is found.
        eventually(&format!("{css} can be clicked"), SOON, async || {
            let element = self.client.find(Locator::Css(css)).await.ok()?;
            element.click().await.ok()
        })
        .await;
    }

    /// Clicks twice at human speed. Without a pause, the browser would mostly cancel the first
    /// request before sending it, and a single order would prove nothing.
    pub(crate) async fn double_click(&self, css: &str) {
        let button = self.find(css).await;
        let click = [
            PointerAction::Down { button: MOUSE_BUTTON_LEFT },
            PointerAction::Up { button: MOUSE_BUTTON_LEFT },
            PointerAction::Pause { duration: BETWEEN_CLICKS },
        ];
        let to = PointerAction::MoveToElement { element: button, duration: None, x: 0.0, y: 0.0 };
        let mouse = MouseActions::new("mouse".to_owned()).then(to);
        let mouse = [click.clone(), click].into_iter().flatten().fold(mouse, MouseActions::then);
        self.client.perform_actions(mouse).await.expect("a mouse can click");
    }

    /// Waits until an element's text contains `part`, and returns the whole text.
    pub(crate) async fn until_text(&self, css: &str, part: &str) -> String {
        eventually(part, SOON, async || {
            let element = self.client.find(Locator::Css(css)).await.ok()?;
            element.text().await.ok().filter(|text| text.contains(part))
        })
        .await
    }

    /// Runs a script in each page before its own scripts.
    pub(crate) async fn before_each_page(&self, script: &str) {
        self.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": script })).await;
    }

    /// Runs a function body in the page.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.client
            .execute(script, vec![])
            .await
            .unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// Asserts that nothing is wider than the screen.
    pub(crate) async fn fits(&self) {
        let overhang =
            self.run("return document.documentElement.scrollWidth - window.innerWidth").await;
        assert!(
            overhang.as_i64().is_some_and(|overhang| overhang <= 0),
            "{} is {overhang} too wide",
            self.path().await
        );
    }

    /// Saves a screenshot of the whole page.
    pub(crate) async fn keep(&self, name: &str) {
        let height = self
            .run("return document.documentElement.scrollHeight")
            .await
            .as_u64()
            .expect("a height");
        self.resize(height.max(self.setup.device.height())).await;
        let picture = self.client.screenshot().await.expect("a picture can be taken");
        self.resize(self.setup.device.height()).await;
        let folder = PathBuf::from(
            std::env::var("E2E_SCREENSHOTS").expect("E2E_SCREENSHOTS names a folder"),
        );
        fs::create_dir_all(&folder).expect("the folder can be made");
        fs::write(folder.join(format!("{}-{name}.png", self.test)), picture)
            .expect("the picture can be kept");
    }

    /// Asserts that the browser logged no error, warning or CSP violation, except for the statuses
    /// of the shop's responses.
    pub(crate) async fn assert_accessible(&self) {
        let log = self.issue("se/log", json!({ "type": "browser" })).await;
        let statuses = ["4", "502", "503", "504"]
            .map(|status| format!("the server responded with a status of {status}"));
        let of_a_status = |text: &str| statuses.iter().any(|status| text.contains(status));
        let problems = log
            .as_array()
            .expect("a list of entries")
            .iter()
            .filter_map(|entry| entry["message"].as_str());
        let problems: Vec<_> = problems.filter(|text| !of_a_status(text)).collect();
        assert!(problems.is_empty(), "{problems:#?}");
    }

    async fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.issue("goog/cdp/execute", json!({ "cmd": command, "params": parameters })).await
    }

    async fn issue(&self, path: &'static str, body: Value) -> Value {
        let answer = self.client.issue_cmd(Extension { path, body }).await;
        answer.unwrap_or_else(|error| panic!("{path}: {error}"))
    }
}

impl Device {
    fn width(self) -> u64 {
        match self {
            Self::Phone => 390,
            Self::Desktop => 1024,
        }
    }

    fn height(self) -> u64 {
        match self {
            Self::Phone => 844,
            Self::Desktop => 768,
        }
    }
}

/// A command specific to chromedriver.
#[derive(Debug)]
struct Extension {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Extension {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}
