//! Skipped lint checks have a reason beside them.

use serde_yaml_ng::Value;

use crate::template::{Template, workspace_file};

#[test]
fn every_skipped_check_has_a_reason() {
    let config = workspace_file(".checkov.yaml");
    let mut above = "";
    let mut skipped = 0;
    for line in config.lines() {
        if line.trim_start().starts_with("- CKV") {
            assert!(above.trim_start().starts_with("# "), "{line}: why?");
            skipped += 1;
        }
        above = line;
    }
    assert_eq!(skipped, config.matches("CKV").count(), "one on each line");

    let template = Template::read().root;
    let deploy_role =
        serde_yaml_ng::from_str::<Value>(&workspace_file(devstack::DEPLOY_ROLE_TEMPLATE));
    for template in [template, deploy_role.expect("YAML")] {
        for (id, resource) in template["Resources"].as_mapping().expect("resources") {
            let skipped = resource["Metadata"]["checkov"]["skip"].as_sequence();
            for skipped in skipped.into_iter().flatten() {
                assert!(
                    skipped["comment"].as_str().is_some_and(|why| why.len() > 30),
                    "{id:?}: {:?}: why?",
                    skipped["id"]
                );
            }
        }
        assert!(
            template["Metadata"].is_null(),
            "a check that the whole template is excused from goes unnoticed"
        );
    }
}
