//! Saves an order, publishes it and clears its pending flag, with the SDK's defaults: its
//! configuration chain, its TLS, a thread for each processor, and connections opened on first use.

use std::env;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_sns::types::MessageAttributeValue;
use lambda_http::{Body, Error, Request, Response, run, service_fn};
use serde_json::{Value, json};
use uuid::Uuid;

struct Shop {
    dynamodb: aws_sdk_dynamodb::Client,
    sns: aws_sdk_sns::Client,
    table: String,
    topic: String,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let config = aws_config::load_from_env().await;
    let shop = Shop {
        dynamodb: aws_sdk_dynamodb::Client::new(&config),
        sns: aws_sdk_sns::Client::new(&config),
        table: env::var("ORDERS_TABLE")?,
        topic: env::var("ORDERS_TOPIC_ARN")?,
    };
    run(service_fn(async |request| place(&shop, request).await)).await
}

async fn place(shop: &Shop, request: Request) -> Result<Response<Body>, Error> {
    let Ok(order) = serde_json::from_slice::<Value>(request.body()) else { return problem(400) };
    let (Some(customer), Some(amount)) = (order["customer"].as_str(), order["amount"].as_str()) else {
        return problem(422);
    };
    if customer.trim().is_empty() || amount.parse::<f64>().is_err() {
        return problem(422);
    }
    let id = Uuid::new_v4();
    // Seconds since 1970: a date library would be one more default to choose.
    let placed_at = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs().to_string();
    let trace = format!("00-{}-{:016x}-01", Uuid::new_v4().simple(), id.as_u64_pair().0);
    save(shop, id, customer, amount, &placed_at, &trace).await?;
    let order = json!({ "id": id.to_string(), "customer": customer, "amount": amount, "placed_at": placed_at });
    publish(shop, &order, amount, &trace).await?;
    clear(shop, id).await?;
    let response = Response::builder().status(201).header("content-type", "application/json");
    Ok(response.header("location", format!("/orders/{id}")).body(order.to_string().into())?)
}

async fn save(shop: &Shop, id: Uuid, customer: &str, amount: &str, at: &str, trace: &str) -> Result<(), Error> {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let put = shop.dynamodb.put_item().table_name(&shop.table).condition_expression("attribute_not_exists(id)");
    let put = put.item("id", text(&id.to_string())).item("customer", text(customer)).item("placed_at", text(at));
    let put = put.item("amount", AttributeValue::N(amount.to_owned())).item("traceparent", text(trace));
    put.item("outbox", AttributeValue::N((id.as_u128() % 16).to_string())).send().await?;
    Ok(())
}

async fn publish(shop: &Shop, order: &Value, amount: &str, trace: &str) -> Result<(), Error> {
    let attribute = |kind: &str, value: &str| {
        MessageAttributeValue::builder().data_type(kind).string_value(value).build()
    };
    let publish = shop.sns.publish().topic_arn(&shop.topic).message(order.to_string());
    let publish = publish.message_attributes("amount", attribute("Number", amount)?);
    let publish = publish.message_attributes("type", attribute("String", "order.placed")?);
    publish.message_attributes("traceparent", attribute("String", trace)?).send().await?;
    Ok(())
}

async fn clear(shop: &Shop, id: Uuid) -> Result<(), Error> {
    let update = shop.dynamodb.update_item().table_name(&shop.table).key("id", AttributeValue::S(id.to_string()));
    update.update_expression("REMOVE outbox").condition_expression("attribute_exists(id)").send().await?;
    Ok(())
}

fn problem(status: u16) -> Result<Response<Body>, Error> {
    Ok(Response::builder().status(status).body(Body::Empty)?)
}
