//! The order within the message groups of a FIFO queue, for messages that this process moves.

use std::collections::{HashMap, HashSet};

/// The groups of which no later message may be moved.
#[derive(Debug, Default)]
pub(super) struct BlockedGroups {
    unsent: HashSet<String>,
    returned: HashSet<String>,
}

impl BlockedGroups {
    /// Blocks all further messages of a group, as one could not be sent.
    pub(super) fn block_unsent(&mut self, group: &str) {
        self.unsent.insert(group.to_owned());
    }

    /// Blocks the messages of a group that are received from here on, as one that was already
    /// redriven was received again: it failed again and returned, or it could not be deleted.
    pub(super) fn block_returned(&mut self, group: &str) {
        self.returned.insert(group.to_owned());
    }

    /// Why a message of this group that was just received must not be moved.
    pub(super) fn reason_on_receive(&self, group: &str) -> Option<&'static str> {
        let is_blocked = self.returned.contains(group);
        is_blocked.then_some("a message before it in its message group is back in this queue")
    }

    /// Why a message of this group must not be sent now. A message that returned does not matter
    /// here: it came behind this one.
    pub(super) fn reason_before_send(&self, group: &str) -> Option<&'static str> {
        let is_blocked = self.unsent.contains(group);
        is_blocked.then_some("a message before it in its message group could not be sent")
    }
}

/// Splits messages into rounds, each with at most one message of a group, so that the messages of a
/// group keep their order. Messages without a group are all in the first round.
pub(super) fn rounds<T>(messages: Vec<T>, group: impl Fn(&T) -> Option<&str>) -> Vec<Vec<T>> {
    let mut rounds: Vec<Vec<T>> = vec![];
    let mut next_rounds: HashMap<String, usize> = HashMap::new();
    for message in messages {
        let mut round = 0;
        if let Some(group) = group(&message) {
            let next_round = next_rounds.entry(group.to_owned()).or_default();
            round = *next_round;
            *next_round += 1;
        }
        if round == rounds.len() {
            rounds.push(vec![]);
        }
        rounds[round].push(message);
    }
    rounds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_has_one_message_of_a_group_in_order() {
        let messages = vec!["a1", "b1", "a2", "-1", "a3", "b2", "-2"];
        let rounds = rounds(messages, |message| message.get(..1).filter(|group| *group != "-"));
        assert_eq!(rounds, [vec!["a1", "b1", "-1", "-2"], vec!["a2", "b2"], vec!["a3"]]);
    }

    #[test]
    fn no_message_makes_no_round() {
        assert!(rounds(Vec::<&str>::new(), |_| None).is_empty());
    }
}
