//! Deployments: all callers use the alias, and the alias rolls back when the new version fails.

use crate::template::{Template, choice, functions, target, workspace_file};

/// How traffic shifts in `prod`. The relay runs once a minute, so a tenth of ten invocations may be
/// none.
fn in_prod(function: &str) -> &str {
    if function == "OutboxRelayFunction" {
        "Linear10PercentEvery1Minute"
    } else {
        "Canary10Percent10Minutes"
    }
}

#[test]
fn every_function_has_an_alias_and_shifts_gradually_in_prod() {
    let template = Template::read();
    let globals = &template.root["Globals"]["Function"];
    assert_eq!(globals["AutoPublishAlias"], "live");
    // Lambda publishes the same code and settings only once, also after a rollback.
    let release = &globals["Environment"]["Variables"]["RELEASE"];
    assert_eq!(target(release), Some("Release"));
    assert_eq!(target(&globals["DeploymentPreference"]["Role"]), Some("DeployRole"));
    for (id, function) in functions(&template) {
        assert_eq!(function["AutoPublishAliasAllProperties"], true, "{id}");
        let own = &function["DeploymentPreference"];
        let kind = if own["Type"].is_null() {
            &globals["DeploymentPreference"]["Type"]
        } else {
            &own["Type"]
        };
        assert_eq!(
            choice(kind),
            Some(("IsProd", &in_prod(id).into(), &"AllAtOnce".into())),
            "{id}"
        );
        assert!(own["Enabled"].is_null() && own["Role"].is_null(), "{id}");
    }
}

#[test]
fn guide_documents_traffic_shifting_and_rollback() {
    let guide = workspace_file("docs/guides/deploying.md");
    for said in [
        "Canary10Percent10Minutes",
        "Linear10PercentEvery1Minute",
        "aws lambda update-alias",
        "Expand and contract",
    ] {
        assert!(guide.contains(said), "{said}");
    }
}
