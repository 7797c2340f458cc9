//! When a client authenticates, which number it sends, and when it may repeat a request.
//!
//! A daemon counts the sequenced requests of each key and accepts only the exact next number. The
//! state machine of a client makes these promises:
//!
//! - Before the first request, and after any whose fate is unknown, it authenticates.
//! - An answer with status 200 moves the number on by one, from 65535 to 0, whatever the answer
//!   says: the daemon counts before it executes.
//! - After status 412 it authenticates and repeats the request, once; not one whose number the
//!   caller gave.
//! - After anything else the request is not repeated: it may have been executed.
//! - A request that is dropped while in flight counts as one whose fate is unknown.

use crate::uuid::Uuid;

/// What the next sequenced request carries: which run of the daemon is meant, and the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// Names the run of the daemon.
    pub server_uuid: Uuid,
    /// The number the daemon expects next from this key.
    pub number: u16,
}

impl Session {
    fn after_executed(self) -> Self {
        Self {
            number: self.number.wrapping_add(1),
            ..self
        }
    }

    /// Whether `later` is from the same run of the daemon as this one, judged by what a daemon
    /// shows after it refused this one.
    ///
    /// The daemon draws its uuid from a random state that may be the same after a restart, so the
    /// number counts too: others who sign with the key move it on, a restart sets it back to 0.
    fn is_same_run(self, later: Self) -> bool {
        self.server_uuid == later.server_uuid
            && later.number.wrapping_sub(self.number) <= u16::MAX / 2
    }
}

/// The state of one key at one node.
#[derive(Debug, Default)]
pub struct Sequence {
    /// None while a request is in flight or after one whose fate is unknown.
    session: Option<Session>,
}

/// What to do next for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Ask `auth`, then tell [`Exchange::authenticated`].
    Authenticate,
    /// Send the request with this session, then tell [`Exchange::executed`] or
    /// [`Exchange::refused_as_stale`]; for any other outcome, nothing.
    Send(Session),
}

/// One request on its way, with its repetition if there is one.
#[derive(Debug)]
pub struct Exchange<'a> {
    sequence: &'a mut Sequence,
    /// The session that was refused with 412.
    refused: Option<Session>,
    other_run: bool,
}

impl Sequence {
    /// Takes over what an `auth` answered outside of any request.
    pub fn authenticated(&mut self, session: Session) {
        self.session = Some(session);
    }

    /// What the next request will carry, if that is known.
    #[must_use]
    pub fn next(&self) -> Option<Session> {
        self.session
    }

    /// Begins a sequenced request.
    pub fn begin(&mut self) -> Exchange<'_> {
        Exchange {
            sequence: self,
            refused: None,
            other_run: false,
        }
    }
}

impl Exchange<'_> {
    /// What to do now.
    pub fn step(&mut self) -> Step {
        // Taken out until the answer is there, so that a dropped request leaves nothing behind.
        match self.sequence.session.take() {
            Some(session) => Step::Send(session),
            None => Step::Authenticate,
        }
    }

    /// Takes over what `auth` answered.
    pub fn authenticated(&mut self, session: Session) {
        self.other_run = self
            .refused
            .is_some_and(|refused| !refused.is_same_run(session));
        self.sequence.session = Some(session);
    }

    /// Whether the daemon seems to have restarted since it refused this request: a repetition
    /// would meet another run than the caller had in mind.
    #[must_use]
    pub fn meets_other_run(&self) -> bool {
        self.other_run
    }

    /// The request was answered with status 200.
    pub fn executed(self, sent: Session) {
        self.sequence.session = Some(sent.after_executed());
    }

    /// The request was answered with status 412. Returns whether to continue with [`Self::step`];
    /// otherwise the request has failed.
    #[must_use]
    pub fn refused_as_stale(&mut self, sent: Session) -> bool {
        self.refused.replace(sent).is_none()
    }

    /// The caller does not send after all; the session is as good as before.
    pub fn not_sent(self, session: Session) {
        self.sequence.session = Some(session);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UUIDS: [&str; 2] = [
        "24511be6-320d-4ef2-8dff-89916bcb6751",
        "6f1b1a52-9a3e-4f0e-8d5b-2c7a1e4d9b10",
    ];

    fn session(run: usize, number: u16) -> Session {
        Session {
            server_uuid: UUIDS[run].parse().unwrap(),
            number,
        }
    }

    fn at(number: u16) -> Sequence {
        let mut sequence = Sequence::default();
        sequence.authenticated(session(0, number));
        sequence
    }

    #[test]
    fn it_authenticates_before_the_first_request() {
        let mut sequence = Sequence::default();
        let mut exchange = sequence.begin();
        assert_eq!(exchange.step(), Step::Authenticate);
        exchange.authenticated(session(0, 7));
        assert_eq!(exchange.step(), Step::Send(session(0, 7)));
    }

    #[test]
    fn each_executed_request_moves_the_number_on_and_the_last_wraps() {
        let mut sequence = at(65534);
        for number in [65534, 65535, 0, 1] {
            let mut exchange = sequence.begin();
            assert_eq!(exchange.step(), Step::Send(session(0, number)));
            exchange.executed(session(0, number));
        }
    }

    #[test]
    fn a_stale_number_is_repeated_once_after_authenticating() {
        let mut sequence = at(7);
        let mut exchange = sequence.begin();
        assert_eq!(exchange.step(), Step::Send(session(0, 7)));
        assert!(exchange.refused_as_stale(session(0, 7)));
        assert_eq!(exchange.step(), Step::Authenticate);
        exchange.authenticated(session(0, 9));
        assert!(!exchange.meets_other_run());
        assert_eq!(exchange.step(), Step::Send(session(0, 9)));
        assert!(!exchange.refused_as_stale(session(0, 9)));
        assert_eq!(sequence.begin().step(), Step::Authenticate);
    }

    #[test]
    fn a_request_of_unknown_fate_is_followed_by_authenticating() {
        let mut sequence = at(7);
        let mut exchange = sequence.begin();
        assert_eq!(exchange.step(), Step::Send(session(0, 7)));
        assert_eq!(sequence.begin().step(), Step::Authenticate);
    }

    #[test]
    fn a_request_not_sent_uses_no_number() {
        let mut sequence = at(7);
        let mut exchange = sequence.begin();
        assert_eq!(exchange.step(), Step::Send(session(0, 7)));
        exchange.not_sent(session(0, 7));
        assert_eq!(sequence.begin().step(), Step::Send(session(0, 7)));
    }

    #[test]
    fn a_restart_is_told_from_a_second_client_of_the_key() {
        let meets_other_run = |before: Session, after: Session| {
            let mut sequence = Sequence::default();
            sequence.authenticated(before);
            let mut exchange = sequence.begin();
            assert_eq!(exchange.step(), Step::Send(before));
            assert!(exchange.refused_as_stale(before));
            assert_eq!(exchange.step(), Step::Authenticate);
            exchange.authenticated(after);
            exchange.meets_other_run()
        };
        assert!(!meets_other_run(session(0, 7), session(0, 8)));
        assert!(!meets_other_run(session(0, 65535), session(0, 2)));
        assert!(meets_other_run(session(0, 7), session(1, 8)));
        assert!(meets_other_run(session(0, 7), session(0, 0)));
    }

    /// A daemon whose every reaction is played through, to a depth of three requests: whatever
    /// happens, it never counts one request twice, and the client always finds back.
    #[test]
    fn every_course_of_three_requests_executes_each_at_most_once() {
        const REACTIONS: [&str; 4] = ["answer", "answer lost", "request lost", "other client"];
        for course in 0..REACTIONS.len().pow(3) {
            let mut counter = 65534_u16;
            let mut sequence = Sequence::default();
            for request in 0_u32..3 {
                let reaction = REACTIONS[course / REACTIONS.len().pow(request) % REACTIONS.len()];
                if reaction == "other client" {
                    counter = counter.wrapping_add(1);
                }
                let mut executions = 0;
                let mut exchange = sequence.begin();
                loop {
                    let sent = match exchange.step() {
                        Step::Authenticate => {
                            exchange.authenticated(session(0, counter));
                            continue;
                        }
                        Step::Send(sent) => sent,
                    };
                    if reaction == "request lost" {
                        break;
                    }
                    if sent.number != counter {
                        assert!(exchange.refused_as_stale(sent), "course {course}");
                        continue;
                    }
                    counter = counter.wrapping_add(1);
                    executions += 1;
                    if reaction != "answer lost" {
                        exchange.executed(sent);
                    }
                    break;
                }
                let expected = u32::from(reaction != "request lost");
                assert_eq!(executions, expected, "course {course}, request {request}");
            }
        }
    }
}
