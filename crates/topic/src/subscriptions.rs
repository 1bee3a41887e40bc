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
