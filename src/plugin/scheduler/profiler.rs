//! Measuring what scripts cost, as long as somebody wants to know.
//!
//! A turn that is measured is cut into pieces that end where a sample is due. The task does not notice, and takes as many
//! instructions as otherwise.

use std::any::Any;

use bevy::ecs::world::World;
use bevy::platform::time::Instant;

use super::Parts;
use super::turn::Turn;
use crate::api::{Progress, Raised, Thread, Value};
use crate::plugin::profile::{ScriptCost, ScriptProfile};

/// After so many instructions it is noted which function runs.
const SAMPLE: i64 = 1000;

/// What was measured in a frame.
pub(super) struct Profiler {
    /// By the scripts' programs.
    costs: Vec<ScriptCost>,
    /// Instructions until the next sample.
    until_sample: i64,
}

impl Profiler {
    fn cost(&mut self, program: u32) -> Option<&mut ScriptCost> {
        let index = program as usize;
        if index >= self.costs.len() {
            self.costs.resize_with(index + 1, ScriptCost::default);
        }
        self.costs.get_mut(index)
    }

    /// Counts instructions that a task has run, and takes a sample of where it is if one is due.
    fn note(&mut self, program: u32, thread: Thread<'_>, instructions: i64) {
        self.until_sample -= instructions;
        if self.until_sample > 0 {
            return;
        }
        let samples = 1 - self.until_sample / SAMPLE;
        self.until_sample += samples * SAMPLE;
        let Some(function) = thread.innermost_function() else { return };
        let proto = function.proto();
        let name = match proto.line_defined {
            0 => proto.source.to_string(),
            line => format!("{}:{line}", proto.source),
        };
        if let Some(cost) = self.cost(program) {
            *cost.functions.entry(name).or_default() += u64::try_from(samples * SAMPLE).unwrap_or(0);
        }
    }
}

impl<'gc> Turn<'_, 'gc> {
    /// Resumes a task's coroutine, and measures that if somebody wants to know.
    pub(super) fn advance(
        &mut self,
        thread: Thread<'gc>,
        program: u32,
        mut args: &[Value<'gc>],
        fuel: &mut i64,
    ) -> Result<Progress, Raised<'gc>> {
        let host: &mut dyn Any = self.world;
        let Some(profiler) = &mut self.parts.profiler else {
            return self.ctx.resume(thread, args, host, fuel, &mut self.results);
        };
        let (begun, before, grant) = (Instant::now(), self.ctx.ledger().used(), *fuel);
        let outcome = loop {
            let piece = profiler.until_sample.min(*fuel);
            let mut left = piece;
            let outcome = self.ctx.resume(thread, args, host, &mut left, &mut self.results);
            let used = piece - left;
            *fuel -= used;
            profiler.note(program, thread, used);
            let is_cut_here = left <= 0 && matches!(outcome, Ok(Progress::OutOfFuel));
            if !is_cut_here || *fuel <= 0 {
                break outcome;
            }
            args = &[];
        };
        if let Some(cost) = profiler.cost(program) {
            cost.turns += 1;
            cost.instructions += u64::try_from(grant - *fuel).unwrap_or(0).max(1);
            cost.time += begun.elapsed();
            let allocated = self.ctx.ledger().used().saturating_sub(before);
            cost.allocated += u64::try_from(allocated).unwrap_or(u64::MAX);
        }
        outcome
    }
}

impl Parts {
    /// Begins to measure, or ends it, as the world wants it.
    pub(super) fn look_for_profile(&mut self, world: &World) {
        if !world.contains_resource::<ScriptProfile>() {
            self.profiler = None;
        } else if self.profiler.is_none() {
            self.profiler = Some(Box::new(Profiler { costs: Vec::new(), until_sample: SAMPLE }));
        }
    }

    /// Hands over what was measured since the last time.
    pub(super) fn report_profile(&mut self, world: &mut World) {
        let Some(profiler) = &mut self.profiler else { return };
        let Some(mut profile) = world.get_resource_mut::<ScriptProfile>() else { return };
        for (program, cost) in (0..).zip(&mut profiler.costs) {
            let cost = std::mem::take(cost);
            if cost.turns > 0
                && let Some(program) = self.programs.get(program)
            {
                profile.add(&program.name, cost);
            }
        }
    }
}
