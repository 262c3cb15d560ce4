//! What the desk is asked, and what of it a newer question has overtaken.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use crate::work::port::Command;

/// Commands as they come, and those that came while something else was done.
pub(super) struct Inbox<'a> {
    commands: &'a Receiver<Command>,
    waiting: Vec<Command>,
}

impl<'a> Inbox<'a> {
    pub(super) fn new(commands: &'a Receiver<Command>) -> Self {
        Self { commands, waiting: Vec::new() }
    }

    /// Whatever is asked for by then, without what was overtaken; none once nobody can ask any more.
    pub(super) fn wait(&mut self, rest: Duration) -> Option<Vec<Command>> {
        if self.waiting.is_empty() {
            match self.commands.recv_timeout(rest) {
                Ok(command) => self.waiting.push(command),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
        self.waiting.extend(self.commands.try_iter());
        Some(newest(std::mem::take(&mut self.waiting)))
    }

    /// Whether something was asked meanwhile; it is kept for the next look.
    pub(super) fn has_more(&mut self) -> bool {
        self.waiting.extend(self.commands.try_iter());
        !self.waiting.is_empty()
    }
}

/// The commands without the questions that a newer one of the same kind has overtaken: nobody waits for their answers.
fn newest(commands: Vec<Command>) -> Vec<Command> {
    let overtaken = |at: usize, command: &Command| {
        commands.get(at + 1..).unwrap_or_default().iter().any(|later| overtakes(later, command))
    };
    let kept: Vec<bool> = commands.iter().enumerate().map(|(at, command)| !overtaken(at, command)).collect();
    commands.into_iter().zip(kept).filter(|(_, kept)| *kept).map(|(command, _)| command).collect()
}

/// Whether an answer to the later question is all anybody still waits for.
fn overtakes(later: &Command, earlier: &Command) -> bool {
    match (later, earlier) {
        (Command::CheckRule { .. }, Command::CheckRule { .. } | Command::ExplainPerson { .. })
        | (Command::Complete { .. }, Command::Complete { .. })
        | (Command::ExplainPerson { .. }, Command::ExplainPerson { .. })
        | (Command::CheckDesign { .. }, Command::CheckDesign { .. })
        | (Command::Calculate { .. }, Command::Calculate { .. })
        | (Command::LoadHistory(_), Command::LoadHistory(_))
        | (Command::LoadPeople { .. }, Command::LoadPeople { .. })
        | (Command::OpenPerson(_), Command::OpenPerson(_)) => true,
        (Command::LoadOffers(later), Command::LoadOffers(earlier)) => later == earlier,
        (Command::Show(later), Command::Show(earlier)) => later == earlier,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ProfileId;
    use crate::rule::rows::About;
    use crate::work::port::Like;

    fn check(ticket: u64) -> Command {
        Command::CheckRule { name: None, text: String::new(), ticket }
    }

    fn complete(ticket: u64) -> Command {
        Command::Complete { name: None, text: String::new(), cursor: 0, ticket }
    }

    fn explain(id: i64) -> Command {
        Command::ExplainPerson { name: None, text: String::new(), id: ProfileId(id) }
    }

    #[test]
    fn a_question_that_was_overtaken_is_not_answered() {
        let waiting = vec![check(1), Command::Pause, complete(1), check(2), Command::Resume, complete(2)];
        assert_eq!(newest(waiting), [Command::Pause, check(2), Command::Resume, complete(2)]);
        assert_eq!(newest(vec![Command::Quit]), [Command::Quit]);
    }

    #[test]
    fn a_design_and_a_rule_are_asked_about_each_for_itself() {
        let design = |ticket| Command::CheckDesign { text: String::new(), ticket };
        assert_eq!(newest(vec![check(1), design(1), design(2), check(2)]), [design(2), check(2)]);
    }

    #[test]
    fn what_is_explained_of_an_older_text_is_not_wanted_any_more() {
        assert_eq!(newest(vec![explain(1), check(2)]), [check(2)]);
        assert_eq!(newest(vec![check(2), explain(1), explain(3)]), [check(2), explain(3)]);
    }

    #[test]
    fn different_offers_are_all_wanted_and_the_same_once() {
        let (country, city) = (About::Trait("country".to_owned()), About::Trait("city".to_owned()));
        let offers = |about: &About| Command::LoadOffers(Some(about.clone()));
        let waiting = vec![
            Command::LoadOffers(None),
            offers(&country),
            offers(&city),
            Command::LoadOffers(None),
            offers(&city),
        ];
        assert_eq!(newest(waiting), [offers(&country), Command::LoadOffers(None), offers(&city)]);
    }

    #[test]
    fn whatever_is_kept_or_changed_is_done_every_time() {
        let save = |text: &str| Command::SaveSegment {
            name: "a".to_owned(),
            text: text.to_owned(),
            like: Like::Nothing,
        };
        let waiting = vec![save("1"), save("2"), Command::Faster, Command::Faster];
        assert_eq!(newest(waiting.clone()), waiting);
    }

    #[test]
    fn nobody_who_can_ask_is_the_end() {
        let (sender, receiver) = std::sync::mpsc::channel();
        let mut inbox = Inbox::new(&receiver);
        assert!(!inbox.has_more());
        sender.send(check(1)).unwrap();
        assert!(inbox.has_more());
        sender.send(check(2)).unwrap();
        drop(sender);
        assert_eq!(inbox.wait(Duration::ZERO), Some(vec![check(2)]));
        assert_eq!(inbox.wait(Duration::ZERO), None);
    }
}
