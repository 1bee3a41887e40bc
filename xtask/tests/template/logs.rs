//! The log groups.

use crate::template::{Template, functions, target};

#[test]
fn every_log_group_forgets_and_every_function_has_one() {
    let template = Template::read();
    let groups = template.resources("AWS::Logs::LogGroup");
    for (id, group) in &groups {
        assert_eq!(target(&group["RetentionInDays"]), Some("LogRetentionDays"), "{id}");
    }
    for (id, function) in functions(&template) {
        let group = target(&function["LoggingConfig"]["LogGroup"]).expect("a log group of its own");
        assert!(groups.contains_key(group), "{id}");
    }
}
