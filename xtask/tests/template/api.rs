//! The HTTP API.

use serde_yaml_ng::Value;

use crate::template::{Template, choice, each, target};

#[test]
fn api_has_one_catch_all_route_to_orders() {
    let template = Template::read();
    let routes = template.resources("AWS::ApiGatewayV2::Route");
    assert_eq!(routes.len(), 2, "and one for preflights, where there are tokens");
    assert_eq!(routes["HttpApiRoute"]["RouteKey"], "$default");
    let integration = template.resources("AWS::ApiGatewayV2::Integration")["HttpApiIntegration"];
    assert_eq!(integration["PayloadFormatVersion"], "2.0");
}

/// CORS is off by default, and otherwise on for the parameter's origins.
#[test]
fn cors_is_enabled_only_by_parameter() {
    let template = Template::read();
    assert_eq!(*template.parameter("CorsAllowedOrigins"), "");
    let cors = &template.resources("AWS::ApiGatewayV2::Api")["HttpApi"]["CorsConfiguration"];
    let Value::Tagged(only_if) = cors else { panic!("CORS is on whatever is said: {cors:?}") };
    assert_eq!(
        (only_if.tag.to_string().as_str(), &only_if.value[0]),
        ("!If", &Value::from("HasCors"))
    );
    let on = &only_if.value[1];
    let Value::Tagged(origins) = &on["AllowOrigins"] else { panic!("{:?}", on["AllowOrigins"]) };
    assert_eq!(
        (origins.tag.to_string().as_str(), target(&origins.value[1])),
        ("!Split", Some("CorsAllowedOrigins"))
    );
    assert!(on["AllowCredentials"].is_null(), "nobody is known by a cookie");
    assert_eq!(target(&only_if.value[2]), Some("AWS::NoValue"));
}

/// The authoriser and the function's JWT variable depend on the same condition.
#[test]
fn jwt_is_required_when_an_issuer_is_set() {
    let template = Template::read();
    let nothing = |value: &Value| target(value) == Some("AWS::NoValue");

    let route = template.resources("AWS::ApiGatewayV2::Route")["HttpApiRoute"];
    let kind = choice(&route["AuthorizationType"]);
    assert_eq!(kind, Some(("HasTokens", &"JWT".into(), &"NONE".into())));
    let Some(("HasTokens", authoriser, without)) = choice(&route["AuthorizerId"]) else {
        panic!("{route:?}")
    };
    assert!(target(authoriser) == Some("HttpApiAuthorizer") && nothing(without));

    // API Gateway applies $default's authoriser to a preflight as well, unless OPTIONS has a route
    // of its own.
    let preflight = template.resources("AWS::ApiGatewayV2::Route")["HttpApiPreflightRoute"];
    assert_eq!(
        (&preflight["RouteKey"], &preflight["AuthorizationType"]),
        (&"OPTIONS /{proxy+}".into(), &"NONE".into())
    );
    for id in ["HttpApiAuthorizer", "HttpApiPreflightRoute", "HttpApiPreflightPermission"] {
        assert_eq!(template.root["Resources"][id]["Condition"], "HasTokens", "{id}");
    }
    let authoriser = template.resources("AWS::ApiGatewayV2::Authorizer")["HttpApiAuthorizer"];
    assert_eq!(
        (&authoriser["AuthorizerType"], target(&authoriser["ApiId"])),
        (&"JWT".into(), Some("HttpApi"))
    );
    assert_eq!(authoriser["IdentitySource"][0], "$request.header.Authorization");
    let tokens = &authoriser["JwtConfiguration"];
    assert_eq!(target(&tokens["Issuer"]), Some("JwtIssuer"));
    let Value::Tagged(audience) = &tokens["Audience"] else {
        panic!("one, whatever is said: {tokens:?}")
    };
    assert_eq!(
        (audience.tag.to_string().as_str(), target(&audience.value[1])),
        ("!Split", Some("JwtAudience"))
    );

    let variables = &template.resources("AWS::Serverless::Function")["OrdersFunction"]["Environment"]
        ["Variables"];
    assert_eq!(target(&variables["JWT_ENABLED"]), Some("JwtIssuer"));
}

#[test]
fn custom_domain_requires_a_certificate() {
    let template = Template::read();
    let resources = &template.root["Resources"];
    for id in ["HttpApiDomain", "HttpApiDomainMapping"] {
        assert_eq!(resources[id]["Condition"], "HasDomain", "{id}");
    }
    let domain = template.resources("AWS::ApiGatewayV2::DomainName")["HttpApiDomain"];
    assert_eq!(target(&domain["DomainName"]), Some("DomainName"));
    let [configuration] = each(&domain["DomainNameConfigurations"])[..] else {
        panic!("one configuration")
    };
    assert_eq!(target(&configuration["CertificateArn"]), Some("CertificateArn"));
    assert_eq!(configuration["SecurityPolicy"], "TLS_1_2");
    let mapping = template.resources("AWS::ApiGatewayV2::ApiMapping")["HttpApiDomainMapping"];
    let mapped = ["ApiId", "Stage", "DomainName"].map(|of| target(&mapping[of]));
    assert_eq!(mapped, [Some("HttpApi"), Some("HttpApiStage"), Some("HttpApiDomain")]);
    let output = &template.root["Outputs"]["DomainTarget"];
    assert_eq!(
        (&output["Condition"], target(&output["Value"])),
        (&"HasDomain".into(), Some("HttpApiDomain"))
    );
}

#[test]
fn api_throttles_at_the_request_limit() {
    let template = Template::read();
    let settings =
        &template.resources("AWS::ApiGatewayV2::Stage")["HttpApiStage"]["DefaultRouteSettings"];
    for limit in ["ThrottlingRateLimit", "ThrottlingBurstLimit"] {
        assert_eq!(target(&settings[limit]), Some("ApiRequestsPerSecond"), "{limit}");
    }
}
