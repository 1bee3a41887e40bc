//! The console's HTTP server.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use futures::stream::{self, Stream};
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::time::timeout;

use super::messages::{self, ShownBody};
use super::security::{Port, guard};
use super::state::Console;
use super::{assets, changes, pages};

type Shared = State<Arc<Console>>;

/// Whether the script asks for a page's events instead of the page.
#[derive(Debug, Deserialize)]
struct Live {
    events: Option<String>,
}

/// An open page renews its request for readings at least this often.
const RENEWAL: Duration = Duration::from_secs(5);

/// Serves until it is dropped.
pub(super) async fn serve(listener: TcpListener, port: u16, console: Arc<Console>) -> Result<()> {
    let routes = Router::new()
        .route("/", get(overview))
        .route("/orders/{id}", get(order))
        .route("/dlq/{name}", get(dlq))
        .route("/dlq/{name}/{action}", post(changes::change))
        .route("/assets/{name}", get(assets::get_asset))
        .with_state(console)
        .layer(from_fn_with_state(Port(port), guard));
    Ok(axum::serve(listener, routes).await?)
}

async fn overview(State(console): Shared, Query(live): Query<Live>) -> Response {
    respond(console, &live, pages::overview).await
}

async fn order(
    State(console): Shared,
    Path(id): Path<String>,
    Query(live): Query<Live>,
) -> Response {
    respond(console, &live, move |console| pages::order(console, &id)).await
}

async fn dlq(
    State(console): Shared,
    Path(name): Path<String>,
    Query(live): Query<Live>,
    Query(shown): Query<ShownBody>,
) -> Response {
    console.refresh().await;
    let Some(dlq) = console.dlq(&name) else { return no_dlq(&console) };
    if live.events.is_none() {
        messages::read(Arc::clone(&console), dlq.clone(), shown.clone()).await;
    }
    respond(console, &live, move |console| pages::dlq(console, &dlq, &shown)).await
}

/// The response if the dead-letter queue is not there, or nothing is known of the stack.
pub(super) fn no_dlq(console: &Console) -> Response {
    let (status, text) = if console.state().topology.is_some() {
        (StatusCode::NOT_FOUND, "There is no such dead-letter queue.\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "The stack is not seen yet. Reload the page.\n")
    };
    (status, text).into_response()
}

/// Responds with a page, or with its events.
async fn respond(
    console: Arc<Console>,
    live: &Live,
    page: impl Fn(&Console) -> String + Clone + Send + 'static,
) -> Response {
    if live.events.is_some() {
        return Sse::new(events(console, page)).keep_alive(KeepAlive::default()).into_response();
    }
    console.refresh().await;
    Html(page(&console)).into_response()
}

/// Sends the page as a server-sent event (SSE) whenever it has changed.
fn events(
    console: Arc<Console>,
    page: impl Fn(&Console) -> String + Clone + Send + 'static,
) -> impl Stream<Item = Result<Event, Infallible>> {
    let mut readings = console.readings();
    readings.mark_changed();
    stream::unfold((readings, String::new()), move |(mut readings, last)| {
        let (console, page) = (Arc::clone(&console), page.clone());
        async move {
            loop {
                console.want();
                // Without a new reading, the page may have to say so.
                let _ = timeout(RENEWAL, readings.changed()).await;
                let html = page(&console);
                if html != last {
                    // A carriage return would end a line of the event.
                    let event = Event::default().data(html.replace('\r', "&#13;"));
                    return Some((Ok(event), (readings, html)));
                }
            }
        }
    })
}
