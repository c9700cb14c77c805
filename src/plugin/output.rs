//! Lines that scripts print, on their way to the log.
//!
//! They are kept for the scheduler, which has the world that they go to. What a script can pile up is bounded: each line
//! costs fuel, and of those of one script in a frame only so many are put out, and a count of the others.

use std::collections::BTreeMap;
use std::sync::Arc;

use bevy::ecs::entity::Entity;

use super::error::{LogLevel, ScriptOutput};

/// What a line costs, in instructions: a log that writes it takes some microseconds.
pub(super) const LINE_FUEL: u32 = 200;

/// How many bytes of a line are shown.
pub(super) const LINE_BYTES_MAX: usize = 1 << 16;

/// How many lines of a script are put out in a frame.
const LINES_MAX: u32 = 5000;

/// How many bytes the lines of a script have in a frame.
const BYTES_MAX: usize = 1 << 20;

/// The lines that are still to be put out.
#[derive(Default)]
pub(super) struct Output {
    lines: Vec<ScriptOutput>,
    /// By script, what it has put out in this frame.
    said: BTreeMap<Arc<str>, Said>,
}

struct Said {
    lines: u32,
    bytes: usize,
    left_out: u64,
    /// Whose first line was left out.
    entity: Entity,
}

impl Output {
    /// Keeps a line, or counts it if there are too many.
    pub(super) fn add(&mut self, entity: Entity, script: &Arc<str>, level: LogLevel, text: &[u8]) {
        let said = self.said.entry(Arc::clone(script)).or_insert(Said { lines: 0, bytes: 0, left_out: 0, entity });
        let shown = &text[..shown_bytes(text)];
        if said.lines == LINES_MAX || said.bytes + shown.len() > BYTES_MAX {
            if said.left_out == 0 {
                said.entity = entity;
            }
            said.left_out += 1;
            return;
        }
        said.lines += 1;
        said.bytes += shown.len();
        let mut line = String::from_utf8_lossy(shown).into_owned();
        if shown.len() < text.len() {
            line.push('…');
        }
        self.lines.push(ScriptOutput { entity, script: script.to_string(), level, text: line });
    }

    /// Whether no line is to be put out.
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The lines to put out.
    pub(super) fn take(&mut self) -> Vec<ScriptOutput> {
        std::mem::take(&mut self.lines)
    }

    /// Ends a frame: a line for each script that had too many.
    pub(super) fn end_frame(&mut self) -> Vec<ScriptOutput> {
        let said = std::mem::take(&mut self.said);
        let many = said.into_iter().filter(|(_, said)| said.left_out > 0);
        let line = |(script, said): (Arc<str>, Said)| {
            let lines = if said.left_out == 1 { "line" } else { "lines" };
            let text = format!("… {} more {lines} of this script in this frame", said.left_out);
            ScriptOutput { entity: said.entity, script: script.to_string(), level: LogLevel::Warn, text }
        };
        many.map(line).collect()
    }
}

/// How many bytes of a text are shown: no more than a line has, and no half of a character.
fn shown_bytes(text: &[u8]) -> usize {
    if text.len() <= LINE_BYTES_MAX {
        return text.len();
    }
    let is_start = |at: &usize| text.get(*at).is_none_or(|byte| byte & 0xC0 != 0x80);
    (LINE_BYTES_MAX - 3..=LINE_BYTES_MAX).rev().find(is_start).unwrap_or(LINE_BYTES_MAX)
}
