//! What scripts cost, for those who ask: turns, instructions, time and memory of each script, and its busiest functions.
//!
//! Nothing is measured unless the resource is in the world. Functions are sampled: after every so many instructions, of
//! whatever script, it is noted which function was in the middle of running. So they cost no more to profile than a
//! thousandth of a look at the call stack for each instruction, and the counts are the same on every machine.

use std::collections::BTreeMap;
use std::time::Duration;

use bevy::ecs::resource::Resource;

/// What scripts have cost since the resource was inserted or cleared. The plugin measures as long as it is in the world, and
/// adds to it once a frame.
///
/// # Example
///
/// ```
/// use deimos::ScriptProfile;
/// use deimos::testing::TestApp;
///
/// let mut app = TestApp::new();
/// app.world().init_resource::<ScriptProfile>();
/// app.run("while true do  for i = 1, 1000 do end  wait()  end");
/// app.frames(3);
/// let profile = app.world().resource::<ScriptProfile>();
/// for (script, cost) in profile.scripts() {
///     println!("{script}: {} instructions in {} turns", cost.instructions, cost.turns);
/// }
/// assert_eq!(profile.script("test.lua").map(|cost| cost.turns), Some(3));
/// ```
#[derive(Resource, Clone, Debug, Default, PartialEq)]
pub struct ScriptProfile {
    scripts: BTreeMap<String, ScriptCost>,
}

/// What a script has cost, all behaviours that run it taken together.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ScriptCost {
    /// How often one of its tasks had a turn.
    pub turns: u64,
    /// The instructions that were run.
    pub instructions: u64,
    /// The time they took, with the Rust functions that were called.
    pub time: Duration,
    /// How many bytes more were in use after the turns than before. What of them is garbage by now is not taken off;
    /// [`Scripts::memory_of`](crate::Scripts::memory_of) tells what a behaviour holds.
    pub allocated: u64,
    /// About the instructions that were run in each function, by where it is defined: `scripts/patrol.lua:12`, or
    /// `scripts/patrol.lua` for what is outside all functions. One in a thousand was looked at and counts for all. Rust
    /// functions count for who called them.
    pub functions: BTreeMap<String, u64>,
}

impl ScriptProfile {
    /// The scripts that were run, by name, with their costs.
    pub fn scripts(&self) -> impl Iterator<Item = (&str, &ScriptCost)> {
        self.scripts.iter().map(|(name, cost)| (name.as_str(), cost))
    }

    /// The costs of a script, if it was run.
    pub fn script(&self, name: &str) -> Option<&ScriptCost> {
        self.scripts.get(name)
    }

    /// Forgets what was measured.
    pub fn clear(&mut self) {
        self.scripts.clear();
    }

    /// Adds what a script has cost in a frame.
    pub(super) fn add(&mut self, script: &str, cost: ScriptCost) {
        let sum = self.scripts.entry(script.to_owned()).or_default();
        sum.turns += cost.turns;
        sum.instructions += cost.instructions;
        sum.time += cost.time;
        sum.allocated += cost.allocated;
        for (function, instructions) in cost.functions {
            *sum.functions.entry(function).or_default() += instructions;
        }
    }
}
