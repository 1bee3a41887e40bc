//! The trusted root certificates: Amazon's, compiled in. A function connects to nothing else, and
//! reading the system's 140 would cost time at every start (docs/adr/0003).

use std::fs;

use aws_smithy_http_client::tls::{TlsContext, TrustStore};

use crate::environment::log_startup_error;
use crate::{Environment, EnvironmentError};

/// The roots of Amazon Trust Services, which sign the certificates of all AWS endpoints.
const AMAZON: &str = include_str!("../roots/amazon.pem");

/// The variable, standard for AWS tools, that names a PEM file of roots to trust instead. Emulators
/// of AWS need it.
const BUNDLE: &str = "AWS_CA_BUNDLE";

pub(crate) fn context(environment: Environment) -> Result<TlsContext, EnvironmentError> {
    let roots = match environment.optional(BUNDLE) {
        Some(path) => fs::read(path).map_err(|error| {
            log_startup_error(EnvironmentError::Unreadable(BUNDLE, error.kind()))
        })?,
        None => AMAZON.into(),
    };
    let trust = TrustStore::empty().with_pem_certificate(roots);
    Ok(TlsContext::builder()
        .with_trust_store(trust)
        .build()
        .expect("a trust store is all that a context needs"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    use rustls_pki_types::CertificateDer;
    use rustls_pki_types::pem::PemObject;

    /// Whether the root belongs to Amazon. Certificates contain their owner's name in ASCII.
    fn is_amazons(root: &CertificateDer<'_>) -> bool {
        ["Amazon Root CA ", "Starfield Services Root Certificate Authority"]
            .iter()
            .any(|name| root.windows(name.len()).any(|part| part == name.as_bytes()))
    }

    /// A context has no accessors.
    #[test]
    fn system_roots_are_not_trusted() {
        let context = format!("{:?}", context(Environment).unwrap());
        assert!(context.contains("enable_native_roots: false"), "{context}");
    }

    #[test]
    fn embedded_roots_match_mozillas_list_for_amazon() {
        let ours =
            CertificateDer::pem_slice_iter(AMAZON.as_bytes()).map(|root| root.unwrap().to_vec());
        let mozillas =
            webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().filter(|root| is_amazons(root));
        let (ours, mozillas): (BTreeSet<_>, BTreeSet<_>) =
            (ours.collect(), mozillas.map(|root| root.to_vec()).collect());
        assert_eq!(ours, mozillas, "Amazon's roots have changed: see docs/adr/0003");
        assert_eq!(ours.len(), 5);
    }
}
