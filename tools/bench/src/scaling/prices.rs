//! AWS's prices in us-east-1, in US dollars, without free tiers. Look them up before you rely on
//! them.

/// A price, and AWS's page that states it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Price {
    /// US dollars for so many units.
    pub(crate) dollars: f64,
    pub(crate) units: f64,
    pub(crate) source: &'static str,
}

impl Price {
    /// US dollars for a quantity.
    pub(crate) fn of(&self, quantity: f64) -> f64 {
        quantity * self.dollars / self.units
    }
}

const fn a_million(dollars: f64, source: &'static str) -> Price {
    Price { dollars, units: MILLION, source }
}

const fn each(dollars: f64, source: &'static str) -> Price {
    Price { dollars, units: 1.0, source }
}

const CLOUDWATCH: &str = "https://aws.amazon.com/cloudwatch/pricing/";
const DYNAMODB: &str = "https://aws.amazon.com/dynamodb/pricing/on-demand/";
const KMS: &str = "https://aws.amazon.com/kms/pricing/";
const LAMBDA: &str = "https://aws.amazon.com/lambda/pricing/";

pub(crate) const HTTP_API: Price = a_million(1.0, "https://aws.amazon.com/api-gateway/pricing/");
/// From a region to the internet.
pub(crate) const TRANSFER_KB: Price =
    a_million(0.09, "https://aws.amazon.com/ec2/pricing/on-demand/#Data_Transfer");
pub(crate) const LAMBDA_REQUEST: Price = a_million(0.2, LAMBDA);
/// On arm64.
pub(crate) const LAMBDA_GB_SECOND: Price = a_million(13.3334, LAMBDA);
pub(crate) const WRITE_UNIT: Price = a_million(0.625, DYNAMODB);
pub(crate) const READ_UNIT: Price = a_million(0.125, DYNAMODB);
/// For a message of up to 64 KB. Deliveries to SQS cost nothing more.
pub(crate) const SNS_PUBLISH: Price = a_million(0.5, "https://aws.amazon.com/sns/pricing/");
pub(crate) const SQS_REQUEST: Price = a_million(0.4, "https://aws.amazon.com/sqs/pricing/");
pub(crate) const LOG_KB: Price = a_million(0.5, CLOUDWATCH);
pub(crate) const TRACE: Price = a_million(5.0, "https://aws.amazon.com/xray/pricing/");
pub(crate) const SCHEDULE: Price = a_million(1.0, "https://aws.amazon.com/eventbridge/pricing/");
pub(crate) const KMS_REQUEST: Price = a_million(3.0, KMS);

pub(crate) const KEY_MONTH: Price = each(1.0, KMS);
pub(crate) const ALARM_MONTH: Price = each(0.1, CLOUDWATCH);
pub(crate) const METRIC_MONTH: Price = each(0.3, CLOUDWATCH);
pub(crate) const DASHBOARD_MONTH: Price = each(3.0, CLOUDWATCH);

pub(crate) const MILLION: f64 = 1e6;
