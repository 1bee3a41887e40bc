//! HTML or JSON: what the client would rather have.

use std::str::FromStr;

use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use headers_accept::Accept;
use mediatype::MediaType;
use mediatype::names::{APPLICATION, HTML, JSON, TEXT};

const APPLICATION_JSON: MediaType = MediaType::new(APPLICATION, JSON);
const TEXT_HTML: MediaType = MediaType::new(TEXT, HTML);

/// Whether the client asks for a page. A client that does not say, or says something unreadable, gets JSON.
pub(crate) fn wants_html(headers: &HeaderMap) -> bool {
    let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok());
    let accept = accept.and_then(|accept| Accept::from_str(accept).ok());
    accept.is_some_and(|accept| accept.negotiate(&[APPLICATION_JSON, TEXT_HTML]) == Some(&TEXT_HTML))
}

#[cfg(test)]
mod tests {
    use super::*;

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
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT, accept.parse().unwrap())]);
            assert_eq!(wants_html(&headers), html, "{accept}");
        }
        assert!(!wants_html(&HeaderMap::new()));
    }
}
