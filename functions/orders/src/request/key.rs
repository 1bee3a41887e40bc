//! The idempotency key: a header, or the form's hidden field.

use axum::http::{HeaderMap, HeaderName};
use domain::IdempotencyKey;
use sfv::{BareItem, Item, Parser};
use uuid::{Uuid, Version};

use crate::problem::{Kind, Problem};

pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Returns the key in the headers, if there is one. Two header lines are an error, also when a
/// gateway joined them with a comma.
pub(crate) fn of_header(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, Problem> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).into_iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = std::str::from_utf8(value.as_bytes()).map_err(|_| bad_key())?;
    if values.next().is_some() || text.contains(',') {
        return Err(bad_key());
    }
    if text.starts_with('"') { parse_structured(text) } else { parse(text) }.map(Some)
}

/// Parses a structured field string, as the IETF draft defines it: `"K"` is the key `K`
/// (<https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/>). Parameters are
/// ignored.
fn parse_structured(text: &str) -> Result<IdempotencyKey, Problem> {
    match Parser::new(text).parse::<Item>() {
        Ok(Item { bare_item: BareItem::String(key), .. }) => parse(key.as_str()),
        _ => Err(bad_key()),
    }
}

/// Returns the key in the form, or `None` for an empty or missing field.
pub(super) fn of_field(value: &str) -> Result<Option<IdempotencyKey>, Problem> {
    if value.is_empty() { Ok(None) } else { parse(value).map(Some) }
}

/// Whether a key is random, like the form's keys: then only the client that received it can know
/// it. Programs choose their own keys, and others may guess `cart-42`.
pub(crate) fn is_random(key: &IdempotencyKey) -> bool {
    key.as_str().parse::<Uuid>().is_ok_and(|key| key.get_version() == Some(Version::Random))
}

fn parse(text: &str) -> Result<IdempotencyKey, Problem> {
    text.parse().map_err(|_| bad_key())
}

/// Also used for a request with two keys, because it is unclear which one is meant.
pub(super) fn bad_key() -> Problem {
    let detail = "A request has one idempotency key, of 1 to 255 characters, none of them a control character or a comma.";
    Problem::new(Kind::InvalidIdempotencyKey, detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::StatusCode;

    fn of(value: &[u8]) -> Result<Option<IdempotencyKey>, Problem> {
        of_header(&HeaderMap::from_iter([(IDEMPOTENCY_KEY, value.try_into().unwrap())]))
    }

    #[test]
    fn key_header_is_valid_or_400() {
        assert_eq!(of_header(&HeaderMap::new()), Ok(None));
        assert_eq!(of("clé 1".as_bytes()).unwrap().unwrap().as_str(), "clé 1");
        let long = "x".repeat(256);
        for bad in [b"".as_slice(), b"\xff", b"a\tb", long.as_bytes()] {
            assert_eq!(of(bad).unwrap_err().status, StatusCode::BAD_REQUEST);
        }
    }

    #[test]
    fn multiple_header_keys_are_400() {
        let lines = |lines: [&str; 2]| {
            of_header(
                &lines.map(|line| (IDEMPOTENCY_KEY, line.parse().unwrap())).into_iter().collect(),
            )
        };
        for keys in [["a", "a"], ["a", "b"], ["a", ""]] {
            assert_eq!(lines(keys).unwrap_err().status, StatusCode::BAD_REQUEST, "{keys:?}");
        }
        for joined in [
            "a,a",
            "a, b",
            "a,",
            ",a",
            ",",
            r#""a","a""#,
            r#""a", "b""#,
            r#""a,b""#,
            r#""a";v="b","c""#,
            r#""a";v="b,c""#,
        ] {
            assert_eq!(
                of(joined.as_bytes()).unwrap_err().status,
                StatusCode::BAD_REQUEST,
                "{joined}"
            );
        }
    }

    #[test]
    fn quoted_key_is_unquoted() {
        for (quoted, key) in [
            (r#""cart-42""#, "cart-42"),
            (r#""a b""#, "a b"),
            (r#""say \"hi\" \\o/""#, r#"say "hi" \o/"#),
            (r#""cart-42"; v=1"#, "cart-42"),
        ] {
            assert_eq!(of(quoted.as_bytes()), Ok(Some(key.parse().unwrap())), "{quoted}");
        }
        assert_eq!(
            of(br#"a"b"#).unwrap().unwrap().as_str(),
            r#"a"b"#,
            "quotes mean something at the start only"
        );
        let long = format!("\"{}\"", "x".repeat(256));
        for bad in ["\"", "\"\"", "\"a", "\"a\"b", r#""a\n""#, "\"é\"", &long] {
            assert_eq!(of(bad.as_bytes()).unwrap_err().status, StatusCode::BAD_REQUEST, "{bad}");
        }
    }

    #[test]
    fn guessable_key_is_not_random() {
        let is_random = |key: &str| is_random(&key.parse().unwrap());
        assert!(is_random(&Uuid::new_v4().to_string()));
        for guessed in
            ["1", "cart-42", &Uuid::nil().to_string(), "6ba7b810-9dad-11d1-80b4-00c04fd430c8"]
        {
            assert!(!is_random(guessed), "{guessed}");
        }
    }

    #[test]
    fn empty_field_is_no_key() {
        assert_eq!(of_field(""), Ok(None));
        assert!(of_field(&"x".repeat(256)).is_err());
    }
}
