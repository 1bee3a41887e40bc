//! The log line and the metrics of a request. Outcomes contain nothing that a customer wrote.

use std::time::Duration;

use axum::http::StatusCode;
use domain::OrderId;
use metrique_writer::unit::NegativeScale;
use metrique_writer::{Entry, EntryWriter, Unit};
use telemetry::{ExtraDimension, nonzero_count};

use crate::problem::{Kind, Problem};

/// The route of a request, for logs and metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    Form,
    CreateOrder,
    GetOrder,
    Invoice,
    Asset,
    OpenApi,
    /// No route matched, or the route does not support the method.
    Other,
}

/// The result of a request, and its order if there is one.
#[derive(Clone, Debug)]
pub(crate) struct RequestOutcome {
    kind: OutcomeKind,
    order_id: Option<OrderId>,
    /// Whether the order has a discount.
    with_coupon: bool,
    /// JSON pointers to the fields that were wrong.
    fields: Vec<&'static str>,
}

/// The result of a request for an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OutcomeKind {
    /// Saved, published, and no longer pending.
    Placed,
    /// Saved and published, but still flagged as pending; the relay publishes it again.
    FlagPending,
    /// Saved but not published; the relay publishes it.
    PublishPending,
    /// An earlier request with the same key placed it.
    Replayed,
    Rejected(Reason),
    NotSaved,
    Shown,
    /// The order exists, but its invoice does not yet.
    NotInvoiced,
    NotRead,
}

/// Why an order was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The body is not JSON, or not text.
    NotJson,
    MediaType,
    TooLarge,
    /// The body was parsed, but some of its fields are invalid.
    Invalid,
    /// The coupon cannot be spent; everything else is valid.
    Coupon,
    KeyReused,
}

/// The measurements of one request.
#[derive(Debug)]
pub(crate) struct RequestRecord {
    pub(crate) route: Route,
    pub(crate) status: StatusCode,
    pub(crate) outcome: Option<RequestOutcome>,
    /// The time until the response. `HandlerDuration` also includes the work after it.
    pub(crate) time_to_answer: Duration,
}

const MILLISECONDS: Unit = Unit::Second(NegativeScale::Milli);

pub(crate) const BY_ROUTE: ExtraDimension =
    ExtraDimension { dimension: "route", metric: "TimeToAnswer", unit: MILLISECONDS };
/// On rejections only: a metric document must contain every dimension that it names.
pub(crate) const BY_REASON: ExtraDimension =
    ExtraDimension { dimension: "reason", metric: "OrdersRejected", unit: Unit::Count };

impl RequestOutcome {
    pub(crate) fn of(kind: OutcomeKind, order_id: OrderId) -> Self {
        Self { kind, order_id: Some(order_id), with_coupon: false, fields: vec![] }
    }

    pub(crate) fn rejected(problem: &Problem) -> Self {
        let fields = problem.errors.iter().map(|error| error.pointer).collect();
        Self {
            kind: OutcomeKind::Rejected(Reason::of(problem)),
            order_id: None,
            with_coupon: false,
            fields,
        }
    }

    /// Records whether a coupon is spent on the order.
    pub(crate) fn with_coupon(self, with_coupon: bool) -> Self {
        Self { with_coupon, ..self }
    }

    /// Sets the order's id.
    pub(crate) fn about(self, order_id: OrderId) -> Self {
        Self { order_id: Some(order_id), ..self }
    }

    #[cfg(test)]
    pub(crate) fn kind(&self) -> OutcomeKind {
        self.kind
    }

    /// Replaces the kind.
    pub(crate) fn with_kind(self, kind: OutcomeKind) -> Self {
        Self { kind, ..self }
    }
}

impl RequestRecord {
    /// Writes the request's log line. Failures are also logged where they are handled.
    pub(crate) fn log(&self) {
        let Self { route, status, outcome, time_to_answer: _ } = self;
        let kind = outcome.as_ref().map(|outcome| outcome.kind);
        let order_id =
            outcome.as_ref().and_then(|outcome| outcome.order_id).map(tracing::field::display);
        let fields = outcome
            .as_ref()
            .map(|outcome| outcome.fields.join(" "))
            .filter(|fields| !fields.is_empty());
        tracing::info!(
            route = route.name(),
            status = status.as_u16(),
            order_id,
            outcome = kind.map_or("answered", OutcomeKind::name),
            reason = self.reason().map(Reason::name),
            fields,
            "request"
        );
    }

    /// Returns 1 if the service is at fault or left the order to the relay, else 0.
    pub(crate) fn failures(&self) -> u64 {
        let kind = self.outcome.as_ref().map(|outcome| outcome.kind);
        let left = matches!(kind, Some(OutcomeKind::PublishPending | OutcomeKind::FlagPending));
        (self.status.is_server_error() || left).into()
    }

    pub(crate) fn reason(&self) -> Option<Reason> {
        match self.outcome.as_ref()?.kind {
            OutcomeKind::Rejected(reason) => Some(reason),
            _ => None,
        }
    }
}

impl Entry for RequestRecord {
    fn write<'a>(&'a self, writer: &mut impl EntryWriter<'a>) {
        let kind = self.outcome.as_ref().map(|outcome| outcome.kind);
        let is = |one: OutcomeKind| kind == Some(one);
        let count = |happened: bool| nonzero_count(happened.into());
        writer.value("TimeToAnswer", &self.time_to_answer);
        writer.value("route", self.route.name());
        writer.value("reason", &self.reason().map(Reason::name));
        let accepted = [OutcomeKind::Placed, OutcomeKind::FlagPending, OutcomeKind::PublishPending]
            .into_iter()
            .any(is);
        writer.value("OrdersAccepted", &count(accepted));
        let with_coupon = self.outcome.as_ref().is_some_and(|outcome| outcome.with_coupon);
        writer.value("CouponsSpent", &count(accepted && with_coupon));
        writer.value("OrdersRejected", &count(self.reason().is_some()));
        writer.value("OrdersUnavailable", &count(self.status == StatusCode::SERVICE_UNAVAILABLE));
        writer.value("PublishFailures", &count(is(OutcomeKind::PublishPending)));
        writer.value("PendingFlagsNotCleared", &count(is(OutcomeKind::FlagPending)));
    }
}

impl Route {
    fn name(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::CreateOrder => "create_order",
            Self::GetOrder => "get_order",
            Self::Invoice => "invoice",
            Self::Asset => "asset",
            Self::OpenApi => "openapi",
            Self::Other => "other",
        }
    }
}

impl OutcomeKind {
    fn name(self) -> &'static str {
        match self {
            Self::Placed => "placed",
            Self::FlagPending => "placed_flag_pending",
            Self::PublishPending => "saved_publish_pending",
            Self::Replayed => "replayed",
            Self::Rejected(_) => "rejected",
            Self::NotSaved => "not_saved",
            Self::Shown => "shown",
            Self::NotInvoiced => "not_invoiced",
            Self::NotRead => "not_read",
        }
    }
}

impl Reason {
    fn of(problem: &Problem) -> Self {
        match problem.kind {
            Kind::UnsupportedMediaType => Self::MediaType,
            Kind::BodyTooLarge => Self::TooLarge,
            Kind::MalformedBody => Self::NotJson,
            Kind::IdempotencyKeyReused => Self::KeyReused,
            Kind::InvalidOrder if *problem == Problem::coupon_refused() => Self::Coupon,
            _ => Self::Invalid,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::NotJson => "not_json",
            Self::MediaType => "media_type",
            Self::TooLarge => "too_large",
            Self::Invalid => "invalid",
            Self::Coupon => "coupon",
            Self::KeyReused => "key_reused",
        }
    }
}
