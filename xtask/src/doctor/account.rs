//! Where AWS's tools would find an account. Nothing is asked of AWS, and nothing secret is
//! repeated.

use std::path::PathBuf;
use std::{env, fs};

/// Where credentials are; whether they are good is not tried.
pub(super) fn credentials() -> Option<String> {
    credentials_by(|name| env::var(name).ok(), |path| fs::read_to_string(path).ok())
}

/// The region, and where it is set.
pub(super) fn region() -> Option<String> {
    region_by(|name| env::var(name).ok(), |path| fs::read_to_string(path).ok())
}

fn credentials_by(
    variable: impl Fn(&str) -> Option<String>,
    read: impl Fn(PathBuf) -> Option<String>,
) -> Option<String> {
    let set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    if set("AWS_ACCESS_KEY_ID") && set("AWS_SECRET_ACCESS_KEY") {
        return Some("in the environment".to_owned());
    }
    if set("AWS_WEB_IDENTITY_TOKEN_FILE") && set("AWS_ROLE_ARN") {
        return Some("a role, by AWS_WEB_IDENTITY_TOKEN_FILE".to_owned());
    }
    if set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") || set("AWS_CONTAINER_CREDENTIALS_FULL_URI") {
        return Some("those of this container".to_owned());
    }
    let ways = [
        "aws_access_key_id",
        "sso_session",
        "sso_start_url",
        "role_arn",
        "credential_process",
        "login_session",
    ];
    let file = ["credentials", "config"].into_iter().find(|name| {
        let text = file(name, &variable).and_then(&read).unwrap_or_default();
        text.lines().any(|line| ways.iter().any(|way| line.trim_start().starts_with(way)))
    })?;
    Some(format!("in AWS's {file} file"))
}

fn region_by(
    variable: impl Fn(&str) -> Option<String>,
    read: impl Fn(PathBuf) -> Option<String>,
) -> Option<String> {
    // The SAM CLI does not look at AWS_REGION.
    if let Some(region) = variable("AWS_DEFAULT_REGION").filter(|region| !region.is_empty()) {
        return Some(format!("{region}, by AWS_DEFAULT_REGION"));
    }
    let text = read(file("config", &variable)?)?;
    let region = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("region")?.trim().strip_prefix('='))?;
    Some(format!("{}, in AWS's config file", region.trim()))
}

/// `credentials` or `config`, as AWS's tools find it.
fn file(name: &str, variable: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let elsewhere =
        if name == "config" { "AWS_CONFIG_FILE" } else { "AWS_SHARED_CREDENTIALS_FILE" };
    let elsewhere = variable(elsewhere).map(PathBuf::from);
    elsewhere.or_else(|| Some(PathBuf::from(variable("HOME")?).join(".aws").join(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: &str =
        "[default]\naws_access_key_id = AKIASECRET\naws_secret_access_key = secret\n";
    const SSO: &str = "[profile team]\nsso_session = team\nregion = eu-central-1\n";

    fn found(
        variables: &[(&str, &str)],
        files: &[(&str, &str)],
    ) -> (Option<String>, Option<String>) {
        let pick = |among: &[(&str, &str)], name: &str| {
            among.iter().find(|(there, _)| *there == name).map(|(_, value)| (*value).to_owned())
        };
        let variable = |name: &str| pick(variables, name);
        let read = |path: PathBuf| pick(files, &path.display().to_string());
        (credentials_by(variable, read), region_by(variable, read))
    }

    #[test]
    fn no_credentials_are_found_when_unconfigured() {
        assert_eq!(found(&[("HOME", "/home/ada")], &[]), (None, None));
        assert_eq!(
            found(&[("AWS_ACCESS_KEY_ID", ""), ("AWS_DEFAULT_REGION", "")], &[]),
            (None, None)
        );
        assert_eq!(
            found(&[("AWS_ACCESS_KEY_ID", "AKIA")], &[]).0,
            None,
            "a key without its secret"
        );
        assert_eq!(
            found(
                &[("HOME", "/home/ada")],
                &[("/home/ada/.aws/config", "[default]\noutput = json\n")]
            )
            .0,
            None
        );
    }

    #[test]
    fn credentials_come_from_environment_or_files() {
        let keys = [
            ("AWS_ACCESS_KEY_ID", "AKIA"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_DEFAULT_REGION", "eu-west-1"),
        ];
        let (credentials, region) = found(&keys, &[]);
        assert_eq!(credentials.as_deref(), Some("in the environment"));
        assert_eq!(region.as_deref(), Some("eu-west-1, by AWS_DEFAULT_REGION"));
        let (credentials, region) =
            found(&[("HOME", "/home/ada")], &[("/home/ada/.aws/config", SSO)]);
        assert_eq!(credentials.as_deref(), Some("in AWS's config file"));
        assert_eq!(region.as_deref(), Some("eu-central-1, in AWS's config file"));
        let elsewhere = [("HOME", "/home/ada"), ("AWS_SHARED_CREDENTIALS_FILE", "/etc/keys")];
        assert_eq!(
            found(&elsewhere, &[("/etc/keys", KEYS)]).0.as_deref(),
            Some("in AWS's credentials file")
        );
    }
}
