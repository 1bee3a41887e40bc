//! The steps, in the order in which they run.

/// What is to be shown, and what that takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) name: &'static str,
    /// What holds if it is seen.
    pub(super) shows: &'static str,
    pub(super) creates: &'static str,
    /// The calls to AWS, beside those that CloudFormation makes.
    pub(super) calls: &'static str,
    /// Steps that must have been seen to hold.
    pub(super) needs: &'static [&'static str],
    pub(super) check: Check,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Check {
    ChangeSet,
    Deploy,
    Pipeline,
    Alarm,
    ClientWait,
    Permissions,
    Queries,
    Parameter,
    Rollback,
    Fifo,
    Delete,
}

const DEPLOY: &str = "deploy";
const DEPLOYED: &[&str] = &[DEPLOY];

/// Deletion is last, and runs whatever happened before.
pub(super) const STEPS: [Step; 11] = [
    Step {
        name: "change set",
        shows: "CloudFormation accepts the template, and its transforms resolve every reference",
        creates: "a change set, and the templates and code in SAM's bucket",
        calls: "sam deploy --no-execute-changeset; cloudformation: ListChangeSets, DescribeChangeSet, \
                GetTemplate, ListStackResources",
        needs: &[],
        check: Check::ChangeSet,
    },
    Step {
        name: DEPLOY,
        shows: "the stack is made",
        creates: "the stack",
        calls: "sam deploy; sam list stack-outputs",
        needs: &[],
        check: Check::Deploy,
    },
    Step {
        name: "end to end",
        shows: "the black-box tests pass that need neither the emulator nor a sandbox",
        creates: "orders, and queues that the tests subscribe and remove",
        calls: "the API; dynamodb: GetItem, PutItem, Query, Scan; sqs: CreateQueue, DeleteQueue, \
                SendMessage, ReceiveMessage, DeleteMessage, Get/SetQueueAttributes; sns: Publish, \
                Subscribe, Unsubscribe, Get/SetSubscriptionAttributes",
        needs: DEPLOYED,
        check: Check::Pipeline,
    },
    Step {
        name: "alarms",
        shows: "an alarm's message reaches a subscriber of the alarm topic",
        creates: "a queue, which it removes",
        calls: "sqs: CreateQueue, SetQueueAttributes, ReceiveMessage, DeleteQueue; sns: Subscribe, \
                Unsubscribe; cloudwatch: SetAlarmState",
        needs: DEPLOYED,
        check: Check::Alarm,
    },
    Step {
        name: "client's wait",
        shows: "a client is answered before its order is published",
        creates: "51 orders",
        calls: "the API; logs: FilterLogEvents on the orders function's log and the access log",
        needs: DEPLOYED,
        check: Check::ClientWait,
    },
    Step {
        name: "permissions",
        shows: "IAM decides every call of docs/reference/security.md as the table says",
        creates: "nothing",
        calls: "iam: SimulatePrincipalPolicy",
        needs: DEPLOYED,
        check: Check::Permissions,
    },
    Step {
        name: "saved queries",
        shows: "each saved query runs without a syntax error",
        creates: "nothing",
        calls: "logs: DescribeQueryDefinitions, StartQuery, GetQueryResults",
        needs: DEPLOYED,
        check: Check::Queries,
    },
    Step {
        name: "parameter change",
        shows: "a change of MemorySize alone gives every function a new version, which `live` names",
        creates: "a version of each function",
        calls: "sam deploy; lambda: GetFunctionConfiguration",
        needs: DEPLOYED,
        check: Check::Parameter,
    },
    Step {
        name: "rollback",
        shows: "CodeDeploy rolls a failing release back, and the same bytes deploy again afterwards",
        creates: "two versions of each function, orders. The tables are protected meanwhile, as in prod",
        calls: "sam deploy, with Environment=prod for gradual shifts; codedeploy: ListDeployments, \
                GetDeployment; lambda: GetAlias",
        needs: DEPLOYED,
        check: Check::Rollback,
    },
    Step {
        name: "FIFO",
        shows: "a stack with Fifo=true handles a customer's orders in order",
        creates: "a second stack, six orders",
        calls: "sam deploy; the API; dynamodb: GetItem",
        needs: DEPLOYED,
        check: Check::Fifo,
    },
    Step {
        name: "delete",
        shows: "nothing with the stacks' names is left",
        creates: "nothing; removes both stacks",
        calls: "cloudformation: CancelUpdateStack; sam delete; dynamodb: UpdateTable, DeleteTable; \
                list calls of every service",
        needs: &[],
        check: Check::Delete,
    },
];

/// What the run costs and takes, by the prices linked from docs/guides/testing.md.
pub(super) const COST: &str = "It takes about an hour and a half, and costs less than a dollar: some thousand \
     orders, two KMS keys, 86 alarms and about 140 metrics, all for an hour or two.";

/// The list of steps for people who decide whether to run them.
pub(super) fn plan(stack: &str, fifo_stack: &str) -> String {
    let mut plan = vec![format!("The stacks {stack} and {fifo_stack}, in these steps:")];
    plan.extend(STEPS.iter().enumerate().map(|(number, step)| {
        let Step { name, shows, creates, calls, .. } = step;
        let number = number + 1;
        format!(
            "{number:2}. {name}\n    shows    {shows}\n    creates  {creates}\n    calls    {calls}"
        )
    }));
    plan.push(format!("{COST}\nSAM's bucket (the stack aws-sam-cli-managed-default) stays.\n"));
    plan.join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn step_needs_only_earlier_steps() {
        for (number, step) in STEPS.iter().enumerate() {
            for need in step.needs {
                let earlier = STEPS[..number].iter().any(|one| one.name == *need);
                assert!(earlier, "{} needs {need}, which does not come before it", step.name);
            }
        }
    }

    #[test]
    fn deletion_is_last_and_needs_nothing() {
        let last = STEPS.last().expect("a step");
        assert_eq!((last.check, last.needs.len()), (Check::Delete, 0));
        assert_eq!(STEPS.iter().filter(|step| step.check == Check::Delete).count(), 1);
    }

    #[test]
    fn plan_names_every_step_the_stacks_and_the_cost() {
        let plan = plan("one", "two");
        for step in STEPS {
            assert!(plan.contains(step.name) && plan.contains(step.calls), "{}", step.name);
        }
        assert!(plan.contains("one and two") && plan.contains(COST));
    }
}
