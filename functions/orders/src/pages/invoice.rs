//! An order's invoice, for printing.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use domain::{Amount, Invoice, Order};

use super::render;
use crate::assets;

#[derive(Template)]
#[template(path = "invoice.html")]
struct InvoicePage<'a> {
    order: &'a Order,
    invoice: &'a Invoice,
    total: Amount,
}

impl<'a> InvoicePage<'a> {
    fn of(order: &'a Order, invoice: &'a Invoice) -> Self {
        Self { order, invoice, total: order.total() }
    }
}

pub(crate) fn invoice(order: &Order, invoice: &Invoice) -> Response {
    render(&InvoicePage::of(order, invoice), StatusCode::OK)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::html;
    use domain::{Code, Coupon};

    #[test]
    fn invoice_page_shows_customer_total_and_discount() {
        let mut order = Order {
            id: "6f2c1c9e-8f43-4d0e-9d53-1d1f1f0a7c11".parse().unwrap(),
            customer: "Ada <b>Lovelace".parse().unwrap(),
            amount: "81.50".parse().unwrap(),
            discount: None,
            placed_at: "2026-11-22T10:00:00Z".parse().unwrap(),
        };
        let coupon = Coupon::earned_by(order.id, Code::from_entropy([8; 12]), order.placed_at);
        order.discount = Some(coupon.discount_on(order.amount));
        let invoice = Invoice { order_id: order.id, number: 42.into(), issued_at: order.placed_at };
        insta::assert_snapshot!(html(&InvoicePage::of(&order, &invoice)));
    }
}
