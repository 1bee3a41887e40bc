//! The HTTP API, and what the stack tells of itself.

use crate::template::{Template, target};

#[test]
fn the_api_has_one_catch_all_route_to_orders() {
    let template = Template::read();
    let routes = template.resources("AWS::ApiGatewayV2::Route");
    assert_eq!(routes.len(), 1);
    assert_eq!(routes["HttpApiRoute"]["RouteKey"], "$default");
    let integration = template.resources("AWS::ApiGatewayV2::Integration")["HttpApiIntegration"];
    assert_eq!(target(&integration["IntegrationUri"]), Some("OrdersFunction"));
    assert_eq!(integration["PayloadFormatVersion"], "2.0");
}

#[test]
fn the_outputs_say_where_everything_is() {
    let template = Template::read();
    let outputs = template.root["Outputs"].as_mapping().expect("outputs");
    for output in [
        "ShopUrl",
        "OrdersTable",
        "IdempotencyKeysTable",
        "ShipmentsTable",
        "CouponsTable",
        "OrdersTopicArn",
        "FulfilmentQueueUrl",
        "FulfilmentDlqUrl",
        "FulfilmentSubscriptionDlqUrl",
        "PromotionQueueUrl",
        "PromotionDlqUrl",
        "PromotionSubscriptionDlqUrl",
        "AlarmTopicArn",
        "DashboardName",
        "DashboardUrl",
    ] {
        assert!(outputs.contains_key(output), "{output}");
    }
}
