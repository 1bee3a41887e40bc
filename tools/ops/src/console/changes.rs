//! Redrive and purge from the page, with the code of `ops dlq`.

use std::sync::Arc;

use anyhow::{Result, ensure};
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use serde::Deserialize;

use super::server::no_dlq;
use super::state::{Change, Console};
use crate::dlq::{Dlq, RedriveResult, move_messages};
use crate::output::count;

/// What a form submits.
#[derive(Debug, Deserialize)]
pub(super) struct Confirmation {
    #[serde(default)]
    token: String,
    /// The dead-letter queue's name, which the operator types.
    #[serde(default)]
    name: String,
}

/// What can be done with a dead-letter queue.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Action {
    Redrive,
    Purge,
}

/// `POST /dlq/{name}/{action}`: starts the change, and shows the queue's page.
pub(super) async fn change(
    State(console): State<Arc<Console>>,
    Path((name, action)): Path<(String, Action)>,
    Form(confirmation): Form<Confirmation>,
) -> Response {
    let refused = |why: &str| (StatusCode::FORBIDDEN, format!("{why}\n")).into_response();
    if !console.allow_changes {
        return refused(
            "This console is read-only; start it with --allow-changes to change anything.",
        );
    }
    if confirmation.token != console.token {
        return refused("The page is from an earlier console: reload it.");
    }
    if confirmation.name.trim() != name {
        return refused(
            "The name does not match. Nothing is changed; go back and type the queue's name.",
        );
    }
    let Some(dlq) = console.dlq(&name) else { return no_dlq(&console) };
    if !begin(&console, &name) {
        return (StatusCode::CONFLICT, "A change of this queue is still running.\n")
            .into_response();
    }
    let page = format!("/dlq/{name}");
    tokio::spawn(async move {
        let result = run(&console, &dlq, action).await;
        let text = result.unwrap_or_else(|error| format!("It failed: {error:#}"));
        let text = format!("{:.0}: {text}", Timestamp::now());
        console.update(|state| {
            // What was read is not there any more.
            state.messages.remove(&name);
            state.changes.insert(name, Change { text, is_running: false });
        });
    });
    Redirect::to(&page).into_response()
}

/// Records that a change runs, unless one runs already.
fn begin(console: &Console, name: &str) -> bool {
    console.update(|state| {
        if state.changes.get(name).is_some_and(|change| change.is_running) {
            return false;
        }
        let change = Change { text: "Working…".to_owned(), is_running: true };
        state.changes.insert(name.to_owned(), change);
        true
    })
}

async fn run(console: &Console, dlq: &Dlq, action: Action) -> Result<String> {
    // Messages that a page reads are hidden from this.
    let queue = console.queue(&dlq.name);
    let _changing = queue.lock().await;
    let depth = dlq.queue.depth().await?;
    match action {
        Action::Redrive => {
            let rate_limit = console.rate_limit;
            let result = move_messages(dlq, None, depth.visible, rate_limit, &console.interrupt);
            let summary = summary(&result.await?, &dlq.source.name);
            Ok(match depth.in_flight {
                0 => summary,
                hidden => format!("{summary} {hidden} hidden by another reader were not read."),
            })
        }
        Action::Purge => {
            ensure!(!console.interrupt.requested(), "the console is stopping");
            dlq.queue.purge().await?;
            let messages = count(depth.visible + depth.in_flight, "message", "messages");
            Ok(format!("About {messages} deleted."))
        }
    }
}

fn summary(RedriveResult { moved, failures }: &RedriveResult, to: &str) -> String {
    let moved = format!("{} moved to the queue {to}.", count(*moved, "message", "messages"));
    match failures.first() {
        None => moved,
        Some(failure) => {
            format!("{moved} {} failed, the first: {}", failures.len(), failure.problem)
        }
    }
}
