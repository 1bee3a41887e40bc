//! The optional parameters: every two of them together, as far as the emulator goes, and those that
//! are refused alone.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use devstack::{BUILT_TEMPLATE, Emulator, Invocations, Progress, Tools, deploy_with};

/// Each optional feature with a value that is not the default.
const FEATURES: [&[&str]; 9] = [
    &["AlarmEmail=nobody@example.com"],
    &["CaBundle=/etc/pki/tls/certs/ca-bundle.crt"],
    &["CorsAllowedOrigins=https://shop.example"],
    &[
        "DomainName=shop.example",
        "CertificateArn=arn:aws:acm:us-east-1:000000000000:certificate/shop",
    ],
    &["Fifo=true"],
    &["JwtIssuer=https://issuer.example", "JwtAudience=shop"],
    &["KmsKeyArn=arn:aws:kms:us-east-1:000000000000:key/orders"],
    &["PermissionsBoundaryArn=arn:aws:iam::000000000000:policy/deploy/boundary"],
    &["TraceTopic=true"],
];

/// Parameters that are refused without another one, and what the refusal names.
const REFUSED: [(&str, &str); 5] = [
    ("CertificateArn=arn:aws:acm:us-east-1:000000000000:certificate/shop", "DomainName"),
    ("DomainName=shop.example", "CertificateArn"),
    ("JwtIssuer=https://issuer.example", "JwtAudience"),
    ("JwtAudience=shop", "JwtIssuer"),
    ("Fifo=maybe", "Fifo"),
];

const DEPLOYMENTS: usize = 6;

/// The features of each deployment. Of every two features some deployment has both, some has
/// neither, and some has one without the other.
///
/// Each feature is in the first deployment and in two others, no two features in the same two
/// (Kleitman and Spencer 1973). Six deployments are enough for ten features.
fn deployments() -> [Vec<usize>; DEPLOYMENTS] {
    let others = (1..DEPLOYMENTS).flat_map(|first| (1..first).map(move |second| [first, second]));
    let mut deployments: [Vec<usize>; DEPLOYMENTS] = Default::default();
    for (feature, others) in (0..FEATURES.len()).zip(others) {
        for deployment in [0].into_iter().chain(others) {
            deployments[deployment].push(feature);
        }
    }
    deployments
}

pub(super) async fn test(tools: &Tools) -> Result<()> {
    let emulator = start(tools).await?;
    for (parameter, named) in REFUSED {
        let refused = deploy_with(tools, &emulator, BUILT_TEMPLATE, &[parameter], Progress).await;
        let Err(error) = refused else { anyhow::bail!("{parameter} alone was deployed") };
        let error = format!("{error:#}");
        ensure!(error.contains(named), "{parameter}: {error}");
    }
    for features in deployments() {
        let parameters: Vec<_> = features.iter().flat_map(|feature| FEATURES[*feature]).collect();
        let parameters: Vec<_> = parameters.into_iter().copied().collect();
        eprintln!("── {}", parameters.join(" "));
        // An emulator of its own: Fifo must not change in a stack.
        let emulator = start(tools).await?;
        let stack = deploy_with(tools, &emulator, BUILT_TEMPLATE, &parameters, Progress).await?;
        let outputs: BTreeSet<_> = stack.outputs.all().map(|(name, _)| name).collect();
        let has_domain = parameters.iter().any(|parameter| parameter.starts_with("DomainName"));
        ensure!(outputs.contains("DomainTargetZoneId") == has_domain, "{outputs:?}");
        let is_fifo = stack.outputs.get("OrdersTopicArn")?.ends_with("-orders.fifo");
        ensure!(is_fifo == parameters.contains(&"Fifo=true"), "the kind of topic");
    }
    Ok(())
}

async fn start(tools: &Tools) -> Result<Emulator> {
    let port = devstack::free_port()?;
    Emulator::start(tools, port, Invocations::Deployed, Progress).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_two_features_meet_in_all_four_ways() {
        let deployments = deployments();
        for one in 0..FEATURES.len() {
            for other in 0..one {
                let ways = deployments
                    .iter()
                    .map(|features| (features.contains(&one), features.contains(&other)));
                assert_eq!(ways.collect::<BTreeSet<_>>().len(), 4, "{one} and {other}");
            }
        }
    }
}
