//! The HTTP API, and what the stack tells of itself.

use serde_yaml_ng::Value;

use crate::template::{Template, target};

#[test]
fn the_api_has_one_catch_all_route_to_orders() {
    let template = Template::read();
    let routes = template.resources("AWS::ApiGatewayV2::Route");
    assert_eq!(routes.len(), 1);
    assert_eq!(routes["HttpApiRoute"]["RouteKey"], "$default");
    let integration = template.resources("AWS::ApiGatewayV2::Integration")["HttpApiIntegration"];
    assert_eq!(target(&integration["IntegrationUri"]), Some("OrdersFunction.Alias"));
    assert_eq!(integration["PayloadFormatVersion"], "2.0");
}

/// Off unless somebody says whose pages: then for these, and for what the API has.
#[test]
fn pages_of_others_may_call_it_only_where_a_parameter_says_so() {
    let template = Template::read();
    assert_eq!(*template.parameter("CorsAllowedOrigins"), "");
    let cors = &template.resources("AWS::ApiGatewayV2::Api")["HttpApi"]["CorsConfiguration"];
    let Value::Tagged(only_if) = cors else { panic!("CORS is on whatever is said: {cors:?}") };
    assert_eq!((only_if.tag.to_string().as_str(), &only_if.value[0]), ("!If", &Value::from("HasCors")));
    let on = &only_if.value[1];
    let Value::Tagged(origins) = &on["AllowOrigins"] else { panic!("{:?}", on["AllowOrigins"]) };
    assert_eq!((origins.tag.to_string().as_str(), target(&origins.value[1])), ("!Split", Some("CorsAllowedOrigins")));
    assert!(on["AllowCredentials"].is_null(), "nobody is known by a cookie");
    assert_eq!(target(&only_if.value[2]), Some("AWS::NoValue"));
}

#[test]
fn a_flood_is_turned_away_before_it_costs_a_function() {
    let template = Template::read();
    let settings = &template.resources("AWS::ApiGatewayV2::Stage")["HttpApiStage"]["DefaultRouteSettings"];
    for limit in ["ThrottlingRateLimit", "ThrottlingBurstLimit"] {
        assert_eq!(target(&settings[limit]), Some("ApiRequestsPerSecond"), "{limit}");
    }
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
