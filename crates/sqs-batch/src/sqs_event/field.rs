//! Fields of which only a part is kept, or only one JSON type is right.

use std::fmt::{self, Formatter};
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// A struct from a JSON object. Serde would read it from an array as well.
#[derive(Debug)]
pub(super) struct Object<T>(pub(super) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        struct Fields<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
            type Value = T;

            fn expecting(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(fields))
            }
        }

        value.deserialize_map(Fields(PhantomData)).map(Self)
    }
}

/// Whether the queue with this ARN is a FIFO queue. Only the name of a FIFO queue ends in `.fifo`
/// ([AWS on FIFO queues]).
///
/// [AWS on FIFO queues]: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct IsFifo(pub(super) bool);

impl<'de> Deserialize<'de> for IsFifo {
    #[expect(clippy::case_sensitive_file_extension_comparisons, reason = "it is the end of a name")]
    fn deserialize<D: Deserializer<'de>>(arn: D) -> Result<Self, D::Error> {
        arn.deserialize_str(Text(|arn| Self(arn.ends_with(".fifo"))))
    }
}

/// A count in a string; `None` if the string is another one, or the number is too large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ReceiveCount(pub(super) Option<u32>);

impl<'de> Deserialize<'de> for ReceiveCount {
    fn deserialize<D: Deserializer<'de>>(count: D) -> Result<Self, D::Error> {
        count.deserialize_str(Text(|count| Self(count.parse().ok())))
    }
}

/// Makes a value from a string without a copy of the string.
struct Text<T>(fn(&str) -> T);

impl<T> Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        Ok((self.0)(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_says_which_type_is_expected() {
        let object = serde_json::from_str::<Object<()>>("[]").unwrap_err().to_string();
        assert!(object.contains("expected an object"), "{object}");
        let text = serde_json::from_str::<IsFifo>("5").unwrap_err().to_string();
        assert!(text.contains("expected a string"), "{text}");
    }
}
