//! An error page.

use askama::Template;
use axum::http::header::VARY;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use super::render;
use crate::assets;
use crate::content_negotiation::prefers_html_problem;
use crate::problem::{Kind, Problem};

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    problem: &'a Problem,
    heading: &'a str,
    /// Whether a retry of the same URL may succeed soon.
    passes: bool,
}

impl<'a> ProblemPage<'a> {
    fn of(problem: &'a Problem) -> Self {
        let heading = match problem.status {
            StatusCode::NOT_FOUND if problem.kind == Kind::InvoiceNotFound => "Not written yet",
            StatusCode::NOT_FOUND => "Page not found",
            StatusCode::INTERNAL_SERVER_ERROR => "Something broke",
            StatusCode::SERVICE_UNAVAILABLE => "The shop is out of reach",
            _ => problem.title,
        };
        let passes = matches!(problem.kind, Kind::Unavailable | Kind::InvoiceNotFound);
        Self { problem, heading, passes }
    }
}

/// The problem as a page or as problem details, whichever the client prefers.
pub(crate) fn negotiated_problem(problem: &Problem, headers: &HeaderMap) -> Response {
    let mut response = if prefers_html_problem(headers) {
        problem.complete(render(&ProblemPage::of(problem), problem.status))
    } else {
        problem.clone().into_response()
    };
    response.headers_mut().insert(VARY, HeaderValue::from_static("accept"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::html;

    #[test]
    fn order_not_found_page_renders() {
        let problem = Problem::new(Kind::OrderNotFound, "There is no order at this address.");
        insta::assert_snapshot!(html(&ProblemPage::of(&problem)));
    }

    #[test]
    fn heading_names_the_problem() {
        let heading = |kind| ProblemPage::of(&Problem::new(kind, "")).heading.to_owned();
        assert_eq!(heading(Kind::MethodNotAllowed), "Method Not Allowed");
        assert_eq!(heading(Kind::NotFound), "Page not found");
        assert_eq!(heading(Kind::InvoiceNotFound), "Not written yet");
    }

    #[test]
    fn unavailable_page_offers_a_retry() {
        insta::assert_snapshot!(html(&ProblemPage::of(&Problem::unavailable())));
    }
}
