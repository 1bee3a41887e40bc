//! Who may talk to the console: its own pages on this machine, and no page of another site (CSRF, DNS
//! rebinding).

use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, HeaderName, ORIGIN, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Pages may load their own style sheet, script and icon, listen to their own events and submit
/// their own forms; nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
    form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

static HEADERS: [(HeaderName, HeaderValue); 6] = [
    (CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    // Pages show messages, which contain personal data.
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
];

/// The port at which the console listens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Port(pub(super) u16);

/// Refuses requests that do not come from the console's own pages, and adds the security headers.
///
/// A page of another site could send requests here: by its own name for this address (DNS
/// rebinding), which `Host` gives away, or as a cross-origin request, which `Origin` or
/// `Sec-Fetch-Site` gives away.
pub(super) async fn guard(State(port): State<Port>, request: Request, next: Next) -> Response {
    let refusal = port.refusal(request.method(), request.uri().path(), request.headers());
    let mut response = match refusal {
        Some(why) => (StatusCode::FORBIDDEN, why).into_response(),
        None => next.run(request).await,
    };
    response.headers_mut().extend(HEADERS.iter().cloned());
    response
}

impl Port {
    /// Why a request is refused.
    fn refusal(self, method: &Method, path: &str, headers: &HeaderMap) -> Option<String> {
        let Self(port) = self;
        let own = [format!("localhost:{port}"), format!("127.0.0.1:{port}")];
        let host = only_value(headers, HOST);
        if !own.iter().any(|own| host == Ok(Some(own))) {
            return Some(format!("The console answers to http://localhost:{port} only.\n"));
        }
        let is_own_origin = |origin: &str| own.iter().any(|own| origin == format!("http://{own}"));
        let is_safe = [Method::GET, Method::HEAD].contains(method);
        let is_allowed = match only_value(headers, ORIGIN) {
            Ok(Some(origin)) => is_own_origin(origin),
            Ok(None) => is_safe,
            Err(()) => false,
        };
        // Opening a dead-letter queue receives its messages.
        let may_be_linked = is_safe && !path.starts_with("/dlq/");
        let is_allowed = is_allowed && is_own_fetch(may_be_linked, headers);
        (!is_allowed).then(|| "The console answers to its own pages only.\n".to_owned())
    }
}

/// Whether the browser, if it says so, sent this for one of our pages, for a person who entered the
/// address, or for one who followed a link.
fn is_own_fetch(may_be_linked: bool, headers: &HeaderMap) -> bool {
    let value = |name: &'static str| only_value(headers, HeaderName::from_static(name));
    match value("sec-fetch-site") {
        Ok(None | Some("same-origin" | "none")) => true,
        Ok(Some(_)) => {
            may_be_linked
                && value("sec-fetch-mode") == Ok(Some("navigate"))
                && value("sec-fetch-dest") == Ok(Some("document"))
        }
        Err(()) => false,
    }
}

/// A header's value, an error if there are several or it is not text.
fn only_value(headers: &HeaderMap, name: HeaderName) -> Result<Option<&str>, ()> {
    let mut values = headers.get_all(name).into_iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(drop),
        (Some(_), Some(_)) => Err(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_allowed_at(
        path: &str,
        method: &Method,
        headers: &[(&'static str, &'static str)],
    ) -> bool {
        let mut all = HeaderMap::new();
        for (name, value) in headers {
            all.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        Port(3002).refusal(method, path, &all).is_none()
    }

    fn is_allowed(method: &Method, headers: &[(&'static str, &'static str)]) -> bool {
        is_allowed_at("/", method, headers)
    }

    const HERE: (&str, &str) = ("host", "localhost:3002");
    const OWN: (&str, &str) = ("origin", "http://localhost:3002");

    #[test]
    fn only_the_consoles_own_name_is_answered() {
        assert!(is_allowed(&Method::GET, &[HERE]));
        assert!(is_allowed(&Method::GET, &[("host", "127.0.0.1:3002")]));
        for host in [
            "",
            "localhost",
            "localhost:3000",
            "evil.example:3002",
            "localhost:3002.evil.example",
            "LOCALHOST:3002",
        ] {
            assert!(!is_allowed(&Method::GET, &[("host", host)]), "{host}");
        }
        assert!(!is_allowed(&Method::GET, &[]) && !is_allowed(&Method::GET, &[HERE, HERE]));
    }

    #[test]
    fn only_the_consoles_own_pages_may_change_anything() {
        assert!(is_allowed(&Method::POST, &[HERE, OWN]));
        assert!(!is_allowed(&Method::POST, &[HERE, OWN, OWN]));
        assert!(!is_allowed(&Method::POST, &[HERE]), "no browser sends a form without an origin");
        for origin in
            ["null", "http://evil.example", "http://localhost:3000", "https://localhost:3002"]
        {
            for method in [Method::GET, Method::POST] {
                assert!(!is_allowed(&method, &[HERE, ("origin", origin)]), "{origin}");
            }
        }
    }

    #[test]
    fn other_sites_may_link_here_but_not_fetch() {
        let site = |site| ("sec-fetch-site", site);
        let navigation = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
        assert!(is_allowed(&Method::GET, &[HERE, site("same-origin")]));
        assert!(is_allowed(
            &Method::GET,
            &[HERE, site("cross-site"), navigation[0], navigation[1]]
        ));
        assert!(!is_allowed(
            &Method::GET,
            &[HERE, site("cross-site"), ("sec-fetch-mode", "no-cors")]
        ));
        let frame = [navigation[0], ("sec-fetch-dest", "iframe")];
        assert!(!is_allowed(&Method::GET, &[HERE, site("same-site"), frame[0], frame[1]]));
        let link = [HERE, site("cross-site"), navigation[0], navigation[1]];
        assert!(is_allowed_at("/orders/o", &Method::GET, &link));
        assert!(!is_allowed_at("/dlq/promotion", &Method::GET, &link), "it would hide messages");
        assert!(!is_allowed(&Method::GET, &[HERE, site("same-origin"), site("same-origin")]));
        let post = [HERE, OWN, site("cross-site"), navigation[0], navigation[1]];
        assert!(!is_allowed(&Method::POST, &post));
    }
}
