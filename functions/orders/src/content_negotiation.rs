//! Content negotiation: HTML or JSON, whichever the client prefers.

use std::fmt::Write;
use std::str::FromStr;

use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use headers_accept::Accept;
use mediatype::names::{APPLICATION, HTML, JSON, PROBLEM, Q, TEXT};
use mediatype::{MediaType, MediaTypeList, ReadParams};

const APPLICATION_JSON: MediaType = MediaType::new(APPLICATION, JSON);
const APPLICATION_PROBLEM_JSON: MediaType =
    MediaType::from_parts(APPLICATION, PROBLEM, Some(JSON), &[]);
const TEXT_HTML: MediaType = MediaType::new(TEXT, HTML);

/// Whether the client prefers HTML to JSON. JSON is the default, also for an unreadable `Accept`
/// header.
pub(crate) fn prefers_html(headers: &HeaderMap) -> bool {
    prefers_html_to(&[APPLICATION_JSON, TEXT_HTML], headers)
}

/// Like [`prefers_html`], for an error, whose JSON form is problem details.
pub(crate) fn prefers_html_problem(headers: &HeaderMap) -> bool {
    prefers_html_to(&[APPLICATION_PROBLEM_JSON, APPLICATION_JSON, TEXT_HTML], headers)
}

fn prefers_html_to(available: &[MediaType<'static>], headers: &HeaderMap) -> bool {
    let mut ranges = String::new();
    for value in headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()) {
        push_ranges(&mut ranges, value);
    }
    Accept::from_str(&ranges).is_ok_and(|accept| accept.negotiate(available) == Some(&TEXT_HTML))
}

/// Appends the readable media ranges of one header line, without their parameters, which make no
/// difference here. Unreadable ranges, such as the `*` of old Java clients, are skipped.
fn push_ranges(ranges: &mut String, line: &str) {
    let line = without_empty_parameters(line);
    for range in MediaTypeList::new(&line).filter_map(Result::ok) {
        let essence = range.essence();
        let weight = range.get_param(Q).and_then(|weight| weight.as_str().parse().ok());
        // `headers_accept` reads a weight that it cannot parse, such as `.2`, as 1.
        let weight: f64 = weight.map_or(1.0, |weight: f64| weight.clamp(0.0, 1.0));
        write!(ranges, "{essence};q={weight:.3},")
            .expect("a string takes all that is written to it");
    }
}

/// Removes empty parameters, as in `text/html;;charset=utf-8`, which `mediatype` rejects.
fn without_empty_parameters(line: &str) -> String {
    line.split(';').map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(";")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn browsers_get_pages_and_programs_get_json() {
        for (accept, html) in [
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true),
            ("text/html", true),
            ("text/*", true),
            ("application/json", false),
            ("*/*", false),
            ("application/json, text/html;q=0.9", false),
            ("text/html;q=0.5, application/json;q=0.4", true),
            ("text/html;q=0.4, application/json;q=0.5", false),
            ("text/html;q=0.5, */*;q=0.8", false),
            ("text/html;q=0.5, */*;q=0.1", true),
            ("text/*, application/json", false),
            ("text/html, application/json", true),
            ("text/html;q=0", false),
            ("text/html;q=0, */*", false),
            ("application/json;q=0, text/html", true),
            ("application/json;q=0, */*", true),
            ("application/json;q=0, image/png", false),
            ("TEXT/HTML", true),
            ("application/problem+json", false),
            ("application/*;q=0.9, text/html;q=0.8", false),
            ("text/html;q=2", true),
            ("text/html;q=nonsense", true),
            ("image/png", false),
            ("", false),
            ("nonsense", false),
            ("text/html;charset=utf-8", true),
            ("text/html; level=1; q=0.5, application/json; q=0.4", true),
            ("text/html;q=0.5;x=\"a,b\", application/json;q=0.4", true),
            (",text/html", true),
            (",, text/html ,", true),
            ("text/html;;q=0.9, application/json;q=0.8", true),
            ("*; q=.2, text/html", true),
            ("text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", true),
            ("application/json;q=.5, text/html;q=.9", true),
            ("application/json, text/html;q=.9", false),
            ("text/html;q=0.0001, application/json;q=0.1", false),
            ("*", false),
            (",", false),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT, accept.parse().unwrap())]);
            assert_eq!(prefers_html(&headers), html, "{accept}");
        }
        assert!(!prefers_html(&HeaderMap::new()));
    }

    #[test]
    fn problem_json_counts_in_negotiation() {
        for (accept, html) in [
            ("application/problem+json, text/html;q=0.1", false),
            ("application/problem+json;q=0.1, text/html", true),
            ("application/json, text/html;q=0.9", false),
            ("application/json;q=0.1, application/problem+json;q=0.9, text/html;q=0.5", false),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true),
            ("text/html", true),
            ("*/*", false),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT, accept.parse().unwrap())]);
            assert_eq!(prefers_html_problem(&headers), html, "{accept}");
        }
    }

    #[test]
    fn repeated_accept_headers_are_one_list() {
        let lines =
            ["application/json;q=0.5", "text/html"].map(|line| (ACCEPT, line.parse().unwrap()));
        assert!(prefers_html(&lines.into_iter().collect()));
    }

    proptest! {
        #[test]
        fn invalid_accept_elements_are_ignored(
            accept in "(text/html|application/json|\\*/\\*)(;q=0\\.[1-9])?(, ?(text/html|image/\\*)(;q=0\\.[1-9])?)?",
            noise in "[*a-z;=., ]{0,6}",
        ) {
            let read = |accept: &str| prefers_html(&HeaderMap::from_iter([(ACCEPT, accept.parse().unwrap())]));
            prop_assert_eq!(read(&format!("{noise},{accept}")), read(&accept));
            prop_assert_eq!(read(&format!("{accept},{noise}")), read(&accept));
        }

        #[test]
        fn accept_parser_never_panics(accept in "\\PC*") {
            if let Ok(value) = axum::http::HeaderValue::from_str(&accept) {
                prefers_html(&HeaderMap::from_iter([(ACCEPT, value)]));
            }
        }
    }
}
