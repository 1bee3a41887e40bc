//! Raw, signed HTTP calls to AWS.

use std::env;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, SignableBody, SignableRequest, SigningSettings, sign,
};
use aws_sigv4::sign::v4::SigningParams;
use serde_json::Value;

/// An unsigned call.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    service: &'static str,
    method: &'static str,
    path: String,
    headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

impl Call {
    /// A call to a JSON service. `target` names the operation.
    pub(crate) fn json(service: &'static str, target: &str, body: &Value) -> Self {
        let headers = vec![
            ("content-type", "application/x-amz-json-1.1".to_owned()),
            ("x-amz-target", target.to_owned()),
        ];
        Self { service, method: "POST", path: "/".to_owned(), headers, body: body.to_string() }
    }

    /// A call to a service that takes a form.
    pub(crate) fn form(service: &'static str, fields: &[(&str, &str)]) -> Self {
        let url =
            url::Url::parse_with_params("http://form", fields).expect("fields can be encoded");
        let headers = vec![("content-type", "application/x-www-form-urlencoded".to_owned())];
        let body = url.query().unwrap_or_default().to_owned();
        Self { service, method: "POST", path: "/".to_owned(), headers, body }
    }

    /// A call to a REST service.
    pub(crate) fn rest(
        service: &'static str,
        method: &'static str,
        path: String,
        body: &str,
    ) -> Self {
        Self { service, method, path, headers: vec![], body: body.to_owned() }
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

/// A response of AWS.
#[derive(Clone, Debug)]
pub(crate) struct HttpResponse {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// Error codes of calls that are refused before the service handles them.
const REFUSALS: [&str; 9] = [
    "AccessDenied",
    "AuthorizationError",
    "ExpiredToken",
    "IncompleteSignature",
    "InvalidClientTokenId",
    "InvalidSignature",
    "MissingAuthenticationToken",
    "SignatureDoesNotMatch",
    "UnrecognizedClient",
];

impl HttpResponse {
    /// Whether the service itself responded, even with "not found".
    pub(crate) fn is_answer(&self) -> bool {
        self.status < 500
            && !(self.status >= 400 && REFUSALS.iter().any(|refusal| self.body.contains(refusal)))
    }

    /// Whether policies deny this action to this role.
    pub(crate) fn denies(&self, role: &str, action: &str) -> bool {
        let words =
            [format!(":assumed-role/{role}/"), format!("is not authorized to perform: {action} ")];
        self.status >= 400 && words.iter().all(|words| self.body.contains(words.as_str()))
    }

    /// The text of an XML element.
    pub(crate) fn element(&self, name: &str) -> &str {
        element(&self.body, name).unwrap_or_else(|| panic!("no {name}: {self:?}"))
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// The text of the first XML element with this name.
pub(crate) fn element<'xml>(xml: &'xml str, name: &str) -> Option<&'xml str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once("</").map(|(inside, _)| inside)
}

/// An AWS endpoint.
#[derive(Clone, Debug)]
pub(crate) struct SignedHttp {
    http: reqwest::Client,
    endpoint: String,
    region: String,
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} is set"))
}

impl SignedHttp {
    /// The guarded endpoint, over TLS.
    pub(crate) fn tls() -> Self {
        let endpoint = variable("AWS_ENDPOINT_URL");
        assert!(endpoint.starts_with("https://"), "{endpoint}");
        Self::to(endpoint)
    }

    /// The same endpoint without TLS.
    pub(crate) fn plain() -> Self {
        let endpoint = variable("E2E_PLAIN_ENDPOINT");
        assert!(endpoint.starts_with("http://"), "{endpoint}");
        Self::to(endpoint)
    }

    fn to(endpoint: String) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { http: reqwest::Client::new(), endpoint, region: variable("AWS_REGION") }
    }

    /// The credentials of this process: the account itself.
    pub(crate) fn account() -> Credentials {
        let [id, secret] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].map(variable);
        Credentials::new(id, secret, None, None, "environment")
    }

    /// Makes a call with these credentials.
    pub(crate) async fn call(&self, call: &Call, caller: &Credentials) -> HttpResponse {
        self.send(call, self.signature(call, caller, SystemTime::now())).await
    }

    /// The signature headers of a call at a given time.
    pub(crate) fn signature(
        &self,
        call: &Call,
        caller: &Credentials,
        time: SystemTime,
    ) -> Vec<(String, String)> {
        let mut settings = SigningSettings::default();
        if call.service == "s3" {
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        }
        let identity = caller.clone().into();
        let parameters =
            SigningParams::builder().identity(&identity).region(&self.region).name(call.service);
        let parameters = parameters
            .time(time)
            .settings(settings)
            .build()
            .expect("all parameters are given")
            .into();
        let url = format!("{}{}", self.endpoint, call.path);
        let headers = call.headers.iter().map(|(name, value)| (*name, value.as_str()));
        let request = SignableRequest::new(
            call.method,
            url,
            headers,
            SignableBody::Bytes(call.body.as_bytes()),
        );
        let signed = sign(request.expect("the call can be signed"), &parameters)
            .expect("the call can be signed");
        let (headers, _) = signed.into_parts().0.into_parts();
        headers.iter().map(|header| (header.name().to_owned(), header.value().to_owned())).collect()
    }

    /// Sends a call with these additional headers.
    pub(crate) async fn send(&self, call: &Call, headers: Vec<(String, String)>) -> HttpResponse {
        let method = call.method.parse().expect("a method");
        let mut request = self
            .http
            .request(method, format!("{}{}", self.endpoint, call.path))
            .body(call.body.clone());
        for (name, value) in &call.headers {
            request = request.header(*name, value);
        }
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let answer = request.send().await.unwrap_or_else(|error| panic!("{call:?}: {error:?}"));
        HttpResponse {
            status: answer.status().as_u16(),
            body: answer.text().await.expect("an answer has a body"),
        }
    }
}
