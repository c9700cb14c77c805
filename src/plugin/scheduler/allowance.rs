//! What scripts may take of a frame, and how far they have.
//!
//! The fixed steps of a frame come before its own turns, any number of them, and share one allowance with these: of the
//! budget and of the time limit. The steps together may take half of it, and what they leave is the frame's; so a game
//! that has to catch up pays no more than in any other frame, and neither can starve the other. Slices are counted by the
//! frame too. A frame lasts until its own turns are over; whoever comes next begins another.

use std::time::Duration;

use crate::plugin::settings::DeimosSettings;

/// What is left of a frame for those who are to have their turns now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Left {
    pub(super) instructions: u64,
    /// `None` without a limit.
    pub(super) time: Option<Duration>,
}

/// The allowance of a frame.
#[derive(Debug, Default)]
pub(super) struct Allowance {
    /// The number of the frame; its fixed steps have the same one.
    number: u32,
    has_begun: bool,
    instructions: u64,
    time: Option<Duration>,
    /// What the fixed steps have taken.
    stepped: u64,
    stepped_for: Duration,
}

impl Allowance {
    /// Begins a frame, unless it has begun already. Whether it does.
    pub(super) fn begin(&mut self, settings: &DeimosSettings) -> bool {
        if self.has_begun {
            return false;
        }
        let limit = Duration::from_micros(settings.frame_time_limit.into());
        *self = Allowance {
            number: self.number.wrapping_add(1),
            has_begun: true,
            instructions: settings.frame_budget,
            time: (!limit.is_zero()).then_some(limit),
            stepped: 0,
            stepped_for: Duration::ZERO,
        };
        true
    }

    /// Ends the frame.
    pub(super) fn end(&mut self) {
        self.has_begun = false;
    }

    /// The number of the frame, by which slices are counted.
    pub(super) fn number(&self) -> u32 {
        self.number
    }

    /// What is left for a fixed step; `None` if nothing is.
    pub(super) fn for_step(&self) -> Option<Left> {
        let (instructions, time) = self.share();
        let instructions = instructions.checked_sub(self.stepped).filter(|left| *left > 0)?;
        let time = match time {
            None => None,
            Some(time) => Some(time.checked_sub(self.stepped_for).filter(|left| !left.is_zero())?),
        };
        Some(Left { instructions, time })
    }

    /// What is left for the frame's own turns.
    pub(super) fn for_frame(&self) -> Left {
        let (instructions, time) = self.share();
        Left {
            instructions: self.instructions - self.stepped.min(instructions),
            time: self.time.zip(time).map(|(whole, share)| whole - self.stepped_for.min(share)),
        }
    }

    /// Notes what a fixed step has taken.
    pub(super) fn note_step(&mut self, instructions: u64, time: Duration) {
        self.stepped = self.stepped.saturating_add(instructions);
        self.stepped_for = self.stepped_for.saturating_add(time);
    }

    /// What the fixed steps may take together.
    fn share(&self) -> (u64, Option<Duration>) {
        (self.instructions / 2, self.time.map(|time| time / 2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixed_steps_share_half_and_leave_the_other_even_if_they_take_too_much() {
        let settings = DeimosSettings { frame_budget: 1000, frame_time_limit: 100, ..DeimosSettings::default() };
        let mut allowance = Allowance::default();
        assert!(allowance.begin(&settings) && !allowance.begin(&settings));
        let micros = Duration::from_micros;
        allowance.note_step(300, micros(10));
        let left = allowance.for_step().unwrap();
        assert_eq!((left.instructions, left.time), (200, Some(micros(40))));
        let left = allowance.for_frame();
        assert_eq!((left.instructions, left.time), (700, Some(micros(90))));
        allowance.note_step(1_000_000, micros(10));
        assert!(allowance.for_step().is_none());
        let left = allowance.for_frame();
        assert_eq!((left.instructions, left.time), (500, Some(micros(80))));
        allowance.end();
        assert!(allowance.begin(&settings));
        allowance.note_step(0, micros(50));
        assert!(allowance.for_step().is_none());
        assert_eq!(allowance.for_frame().time, Some(micros(50)));
    }
}
