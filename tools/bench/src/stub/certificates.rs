//! Certificates for one run: a chain as long as that of an AWS endpoint, and as many roots to parse
//! as a function has on Lambda.

use std::sync::Arc;

use anyhow::Result;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CustomExtension, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::PrivateKeyDer;

/// The server's configuration, and the roots for clients.
#[derive(Debug)]
pub(super) struct Chain {
    /// TLS 1.3 with leaf and intermediate.
    pub(super) server: Arc<ServerConfig>,
    /// Our root among four others, as PEM.
    pub(super) roots: String,
}

/// The DER lengths of the five roots behind AWS's endpoints. The first is that of ours.
const ROOT_LENGTHS: [usize; 5] = [837, 1349, 442, 502, 1011];
/// An OID from the example arc for padding: no client interprets it.
const FILLING: [u64; 7] = [1, 3, 6, 1, 4, 1, 32473];

impl Chain {
    /// Makes a chain for `localhost`, on P-256 keys.
    pub(super) fn make() -> Result<Self> {
        let (root, root_issuer) = root("Root 1", ROOT_LENGTHS[0])?;
        let mut roots = root.pem();
        for (length, number) in ROOT_LENGTHS.into_iter().zip(1..).skip(1) {
            roots.push_str(&self::root(&format!("Root {number}"), length)?.0.pem());
        }

        let intermediate_key = KeyPair::generate()?;
        let params = authority("Intermediate");
        let intermediate = params.signed_by(&intermediate_key, &root_issuer)?;
        let intermediate_issuer = Issuer::new(params, intermediate_key);

        let leaf_key = KeyPair::generate()?;
        let mut params = CertificateParams::new(["localhost".to_owned()])?;
        params.use_authority_key_identifier_extension = true;
        params.key_usages.push(KeyUsagePurpose::DigitalSignature);
        params.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
        let leaf = params.signed_by(&leaf_key, &intermediate_issuer)?;

        let shown = vec![leaf.der().clone(), intermediate.der().clone()];
        let key = PrivateKeyDer::try_from(leaf_key.serialize_der()).map_err(anyhow::Error::msg)?;
        let server = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_no_client_auth()
            .with_single_cert(shown, key)?;
        Ok(Self { server: Arc::new(server), roots })
    }
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

/// A root certificate of about this length.
fn root(name: &str, length: usize) -> Result<(Certificate, Issuer<'static, KeyPair>)> {
    let key = KeyPair::generate()?;
    let mut params = authority(name);
    let bare = params.self_signed(&key)?.der().len();
    let filling = vec![0; length.saturating_sub(bare)];
    params.custom_extensions.push(CustomExtension::from_oid_content(&FILLING, filling));
    Ok((params.self_signed(&key)?, Issuer::new(params, key)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;

    #[test]
    fn stub_roots_match_aws_roots_in_number_and_size() {
        let roots = Chain::make().unwrap().roots;
        let roots = CertificateDer::pem_slice_iter(roots.as_bytes())
            .collect::<Result<Vec<_>, _>>()
            .unwrap();
        assert_eq!(roots.len(), ROOT_LENGTHS.len());
        for (root, length) in roots.iter().zip(ROOT_LENGTHS) {
            assert!(root.len().abs_diff(length) < 50, "{} is not about {length}", root.len());
        }
    }
}
