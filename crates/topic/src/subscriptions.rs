//! The filter policies of the topic's subscriptions.

use std::collections::HashMap;

use aws_client::CallPolicy;
use aws_sdk_sns::Client;
use aws_types::SdkConfig;

use crate::TopicError;
use crate::client::unavailable;

/// The topic's subscriptions, for an operator.
#[derive(Clone, Debug)]
pub struct Subscriptions {
    client: Client,
    arn: String,
}

/// A subscription's filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// The filter policy, JSON. Without one, all messages pass.
    pub policy: Option<String>,
    /// The policy's scope: `MessageAttributes`, also the default, or `MessageBody`.
    pub scope: Option<String>,
}

impl Subscriptions {
    /// Makes a client, without a request.
    #[must_use]
    pub fn of(sdk: &SdkConfig, topic_arn: String) -> Self {
        Self { client: Client::new(&CallPolicy::PATIENT.apply(sdk)), arn: topic_arn }
    }

    /// Returns the filter of the queue with this ARN, or `None` if it is not subscribed.
    pub async fn filter_of(&self, queue_arn: &str) -> Result<Option<Filter>, TopicError> {
        let mut all = self
            .client
            .list_subscriptions_by_topic()
            .topic_arn(&self.arn)
            .into_paginator()
            .items()
            .send();
        while let Some(subscription) = all.next().await {
            let subscription = subscription.map_err(|error| unavailable(&error))?;
            if subscription.endpoint() == Some(queue_arn)
                && let Some(arn) = subscription.subscription_arn
            {
                return self.filter(arn).await.map(Some);
            }
        }
        Ok(None)
    }

    async fn filter(&self, subscription_arn: String) -> Result<Filter, TopicError> {
        let answer = self
            .client
            .get_subscription_attributes()
            .subscription_arn(subscription_arn)
            .send()
            .await;
        let mut attributes: HashMap<_, _> =
            answer.map_err(|error| unavailable(&error))?.attributes.unwrap_or_default();
        // SNS omits attributes that are not set; an empty value means the same.
        let mut attribute = |name: &str| attributes.remove(name).filter(|value| !value.is_empty());
        Ok(Filter { policy: attribute("FilterPolicy"), scope: attribute("FilterPolicyScope") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_mock::MockAws;

    fn list(endpoints: &[&str]) -> (u16, String) {
        let members = endpoints.iter().map(|endpoint| {
            format!(
                "<member><Endpoint>{endpoint}</Endpoint><SubscriptionArn>of {endpoint}</SubscriptionArn></member>"
            )
        });
        let members = members.collect::<Vec<_>>().concat();
        let list = "ListSubscriptionsByTopic";
        (
            200,
            format!(
                "<{list}Response><{list}Result><Subscriptions>{members}</Subscriptions></{list}Result></{list}Response>"
            ),
        )
    }

    fn attributes(attributes: &[(&str, &str)]) -> (u16, String) {
        let entries = attributes
            .iter()
            .map(|(key, value)| format!("<entry><key>{key}</key><value>{value}</value></entry>"));
        let entries = entries.collect::<Vec<_>>().concat();
        let get = "GetSubscriptionAttributes";
        (
            200,
            format!(
                "<{get}Response><{get}Result><Attributes>{entries}</Attributes></{get}Result></{get}Response>"
            ),
        )
    }

    #[tokio::test]
    async fn filter_is_that_of_the_queue() {
        let answers = [
            list(&["other", "mine"]),
            attributes(&[("FilterPolicy", "{}"), ("FilterPolicyScope", "")]),
        ];
        let aws = MockAws::responding(answers);
        let filter = Subscriptions::of(&aws.sdk(), "arn".to_owned()).filter_of("mine").await;
        let expected = Filter { policy: Some("{}".to_owned()), scope: None };
        assert_eq!(filter.unwrap(), Some(expected));
        let [_list, attributes] = aws.requests();
        assert_eq!(attributes.form()["SubscriptionArn"], "of mine");
    }

    #[tokio::test]
    async fn queue_without_a_subscription_has_no_filter() {
        let aws = MockAws::responding([list(&["other"])]);
        let filter = Subscriptions::of(&aws.sdk(), "arn".to_owned()).filter_of("mine").await;
        assert_eq!(filter.unwrap(), None);
    }
}
