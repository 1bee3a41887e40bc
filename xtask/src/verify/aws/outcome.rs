//! How a step ended.

use serde::Deserialize;

/// What was observed in a step, in a sentence.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "outcome", content = "detail", rename_all = "snake_case")]
pub(super) enum Outcome {
    /// It was observed to hold.
    Seen(String),
    /// It was observed not to hold, or the step could not be carried out.
    Failed(String),
    /// It cannot be observed in this place or with these credentials.
    NotPossible(String),
    /// The step was not begun, or was interrupted.
    #[serde(skip)]
    NotRun(String),
}

impl Outcome {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Seen(_) => "seen",
            Self::Failed(_) => "**failed**",
            Self::NotPossible(_) => "not possible here",
            Self::NotRun(_) => "not run",
        }
    }

    pub(super) fn detail(&self) -> &str {
        match self {
            Self::Seen(detail)
            | Self::Failed(detail)
            | Self::NotPossible(detail)
            | Self::NotRun(detail) => detail,
        }
    }

    pub(super) fn is_seen(&self) -> bool {
        matches!(self, Self::Seen(_))
    }

    pub(super) fn is_failure(&self) -> bool {
        matches!(self, Self::Failed(_))
    }
}

/// A step that has ended.
#[derive(Clone, Debug)]
pub(super) struct Finished {
    pub(super) step: &'static str,
    pub(super) outcome: Outcome,
}

/// Why a step that needs these others cannot run, or `None` if all were seen to hold.
pub(super) fn unmet(needs: &[&str], finished: &[Finished]) -> Option<String> {
    needs.iter().find_map(|need| {
        let outcome = finished.iter().find(|one| one.step == *need).map(|one| &one.outcome);
        match outcome {
            Some(outcome) if outcome.is_seen() => None,
            Some(Outcome::Failed(_)) => Some(format!("because `{need}` failed")),
            Some(Outcome::NotPossible(_)) => Some(format!("because `{need}` is not possible here")),
            Some(_) | None => Some(format!("because `{need}` was not run")),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finished(step: &'static str, outcome: Outcome) -> Finished {
        Finished { step, outcome }
    }

    #[test]
    fn step_runs_only_after_all_it_needs_was_seen() {
        let text = String::new;
        let all = [
            finished("change set", Outcome::Seen(text())),
            finished("deploy", Outcome::Failed(text())),
            finished("alarms", Outcome::NotPossible(text())),
            finished("rollback", Outcome::NotRun(text())),
        ];
        assert_eq!(unmet(&[], &all), None);
        assert_eq!(unmet(&["change set"], &all), None);
        let because = |need: &str| unmet(&["change set", need], &all).expect(need);
        assert_eq!(because("deploy"), "because `deploy` failed");
        assert_eq!(because("alarms"), "because `alarms` is not possible here");
        assert_eq!(because("rollback"), "because `rollback` was not run");
        assert_eq!(
            because("a step that never began"),
            "because `a step that never began` was not run"
        );
    }

    #[test]
    fn script_outcome_is_read() {
        let read = |text| serde_json::from_str::<Outcome>(text);
        let seen = read(r#"{"outcome": "seen", "detail": "two"}"#).expect("an outcome");
        assert_eq!(seen, Outcome::Seen("two".to_owned()));
        let impossible =
            read(r#"{"outcome": "not_possible", "detail": "no"}"#).expect("an outcome");
        assert_eq!(impossible, Outcome::NotPossible("no".to_owned()));
        // A script cannot claim what only the order of the steps decides.
        assert!(read(r#"{"outcome": "not_run", "detail": ""}"#).is_err());
        assert!(read(r#"{"outcome": "passed", "detail": ""}"#).is_err());
    }
}
