//! The console outlives its stack.

use devstack::{Progress, RunningStack, Tools};
use e2e::{Console, Deployment};

use super::{open, until_shown};
use crate::browser::{DESKTOP, in_browser};

#[tokio::test]
async fn stopped_stack_is_noticed_and_found_again() {
    let tools = Tools::install(Progress).await.expect("the tools can be installed");
    let port = devstack::free_port().expect("a port is free");
    let start = async || {
        let running =
            RunningStack::start_at(&tools, port, devstack::BUILT_TEMPLATE, &[], Progress).await;
        running.expect("the stack starts")
    };
    let stack = start().await;
    let console = Console::start(&stack.emulator.endpoint(), &[]).await;
    in_browser("console-restart", DESKTOP, async |browser| {
        open(browser, &console, "/").await;
        until_shown(browser, "#flow", "DLQ: 0").await;
        drop(stack);
        until_shown(browser, "#notes", "queues: last seen").await;
        let stack = start().await;
        let shop = Deployment::on(&stack).await.expect("the stack has outputs");
        let id = shop.place("Ada Lovelace", "10.00").await.id;
        until_shown(browser, "#orders", &id).await;
        e2e::eventually("the notes are gone", crate::browser::SOON, async || {
            browser.text("#notes").await.is_empty().then_some(())
        })
        .await;
    })
    .await;
}
