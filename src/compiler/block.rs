//! Blocks: which locals are active, what must be closed on the way out, and where labels are.
//!
//! A block's labels are collected when it is entered, so that a `goto` knows at once which block it
//! leaves for, and can close what it leaves behind before it jumps. Jumps to labels further down wait in
//! the label until it is placed. This file knows scopes and jumps; it makes no code for expressions.

use std::sync::Arc;

use crate::bytecode::{Constant, Label, LocalName, Op, Reg};
use crate::syntax::ast::{Block, Local, Name, StatKind};

use super::CompileError;
use super::function::{Generator, Jumps, UNKNOWN, narrow};

/// A local variable in scope.
#[derive(Debug)]
pub(super) struct Active {
    pub(super) name: Name,
    /// How many functions there are around its declaration.
    pub(super) depth: usize,
    /// Its number among the chunk's declarations; the compiler's own variables have none.
    pub(super) id: Option<u32>,
    pub(super) home: Home,
    /// Whether its value is closed when it goes out of scope.
    pub(super) is_closed: bool,
    /// Its entry in the function's list of names.
    entry: Option<usize>,
}

impl Active {
    /// The environment of a chunk, which is declared outside of it.
    pub(super) fn environment() -> Active {
        let home = Home::Register(Reg(0));
        Active { name: Name::ENV, depth: 0, id: None, home, is_closed: false, entry: None }
    }
}

/// Where a local variable lives.
#[derive(Debug, Clone)]
pub(super) enum Home {
    /// In a register.
    Register(Reg),
    /// In a cell that the register holds.
    Cell(Reg),
    /// In the code: a compile-time constant.
    Constant(Constant),
}

/// A block being compiled.
#[derive(Debug)]
pub(super) struct BlockScope {
    first_active: usize,
    is_loop: bool,
    breaks: Jumps,
    first_label: usize,
}

/// A label of a block, before and after its place is known.
#[derive(Debug)]
pub(super) struct LabelState {
    /// The block's position among those of the function.
    block: usize,
    line: u32,
    placed: Option<Placed>,
    pending: Vec<PendingGoto>,
}

#[derive(Debug, Clone, Copy)]
struct Placed {
    position: Label,
    actives: usize,
}

/// The label a `goto` goes to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Goal {
    label: usize,
    placed: Option<Placed>,
    /// The variables of the label's block that are active at the `goto`.
    actives: usize,
}

#[derive(Debug)]
struct PendingGoto {
    jump: usize,
    line: u32,
    /// The variables of the label's block that were active at the `goto`.
    actives: usize,
}

impl Generator<'_> {
    /// Opens a block. Labels are those among the block's own statements.
    pub(super) fn enter_block(&mut self, block: &Block, is_loop: bool) {
        let first = self.labels.len();
        self.push_block(is_loop);
        for stat in &block.stats {
            // One that is there twice is complained about when it is placed.
            if let StatKind::Label(name) = stat.kind
                && self.label_names.find(name).is_none_or(|known| known < first)
            {
                let block = self.f.blocks.len() - 1;
                self.labels.push(LabelState { block, line: stat.line, placed: None, pending: Vec::new() });
                self.label_names.push(name);
            }
        }
    }

    /// Opens the block of a loop's hidden variables; `break` leaves to its end.
    pub(super) fn enter_loop(&mut self) {
        self.push_block(true);
    }

    fn push_block(&mut self, is_loop: bool) {
        let (first_active, first_label) = (self.actives.len(), self.labels.len());
        self.f.blocks.push(BlockScope { first_active, is_loop, breaks: Vec::new(), first_label });
    }

    /// Closes a block: `break`s of a loop land here, then values to be closed are closed.
    pub(super) fn leave_block(&mut self, line: u32) {
        let Some(block) = self.f.blocks.pop() else { return };
        self.labels.truncate(block.first_label);
        self.label_names.truncate(block.first_label);
        if !block.breaks.is_empty() {
            self.f.patch_all_here(&block.breaks);
        }
        if !self.f.is_unreachable() {
            self.close_from(block.first_active, line);
        }
        self.deactivate(block.first_active);
    }

    /// Emits a `Close` if a value to be closed is among the variables from `first` on.
    pub(super) fn close_from(&mut self, first: usize, line: u32) {
        if let Some(a) = self.lowest_closed(first) {
            self.f.emit(Op::Close { a }, line);
        }
    }

    /// Whether a value to be closed is in scope anywhere in the function.
    pub(super) fn is_closing(&self) -> bool {
        self.lowest_closed(self.f.first_active).is_some()
    }

    /// The lowest register to be closed among the variables from `first` on.
    pub(super) fn lowest_closed(&self, first: usize) -> Option<Reg> {
        let closed = self.actives.get(first..)?.iter().find(|active| active.is_closed)?;
        match closed.home {
            Home::Register(reg) | Home::Cell(reg) => Some(reg),
            Home::Constant(_) => None,
        }
    }

    // -- locals --------------------------------------------------------------------------------------

    /// Brings a declared variable into scope; its register holds its first value.
    pub(super) fn activate(&mut self, local: &Local, reg: Reg) {
        self.f.line = local.line;
        self.activate_named(local.name, local.id, reg, local.line);
    }

    /// The same for a variable by name and number.
    pub(super) fn activate_named(&mut self, name: Name, id: u32, reg: Reg, line: u32) {
        let is_cell = self.facts.is_cell(id);
        if is_cell {
            self.f.emit(Op::NewCell { a: reg }, line);
        }
        let home = if is_cell { Home::Cell(reg) } else { Home::Register(reg) };
        self.push_active(name, Some(id), home);
    }

    /// Brings a variable of the compiler's own into scope.
    pub(super) fn activate_hidden(&mut self, reg: Reg, is_closed: bool) {
        self.push_active(Name::FOR_STATE, None, Home::Register(reg));
        if is_closed {
            self.mark_closed();
        }
    }

    /// Brings a compile-time constant into scope.
    pub(super) fn activate_constant(&mut self, local: &Local, constant: Constant) {
        self.push_active(local.name, Some(local.id), Home::Constant(constant));
    }

    /// The newest variable is to be closed.
    pub(super) fn mark_closed(&mut self) {
        if let Some(active) = self.actives.last_mut() {
            active.is_closed = true;
        }
    }

    fn push_active(&mut self, name: Name, id: Option<u32>, home: Home) {
        let entry = match home {
            Home::Register(reg) | Home::Cell(reg) => {
                self.f.active_top = reg.0.saturating_add(1);
                let start = narrow(self.f.here());
                let name = Arc::clone(self.names.text(name));
                self.f.locals.push(LocalName { name, reg, start, end: start });
                Some(self.f.locals.len() - 1)
            }
            Home::Constant(_) => None,
        };
        self.actives.push(Active { name, depth: self.depth(), id, home, is_closed: false, entry });
        self.visible.push(name);
    }

    /// The newest variable's name counts from the next instruction on.
    pub(super) fn start_name_here(&mut self) {
        let start = narrow(self.f.here());
        let entry = self.actives.last().and_then(|active| active.entry);
        if let Some(local) = entry.and_then(|entry| self.f.locals.get_mut(entry)) {
            local.start = start;
        }
    }

    /// The entries of the active variables in the list of names.
    pub(super) fn active_entries(&self) -> Vec<usize> {
        self.actives.iter().skip(self.f.first_active).filter_map(|active| active.entry).collect()
    }

    /// Lets names count up to here.
    pub(super) fn end_names_here(&mut self, entries: &[usize]) {
        let end = narrow(self.f.here());
        for entry in entries {
            if let Some(local) = self.f.locals.get_mut(*entry) {
                local.end = end;
            }
        }
    }

    /// Takes the variables from `first` on out of scope.
    pub(super) fn deactivate(&mut self, first: usize) {
        let end = narrow(self.f.here());
        self.visible.truncate(first);
        while self.actives.len() > first {
            let Some(active) = self.actives.pop() else { break };
            if let Some(local) = active.entry.and_then(|entry| self.f.locals.get_mut(entry)) {
                local.end = end;
                self.f.active_top = local.reg.0;
            }
        }
        let top = self.f.active_top;
        self.f.set_free(top);
    }

    // -- jumps ---------------------------------------------------------------------------------------

    /// Compiles a `break`.
    pub(super) fn break_loop(&mut self, line: u32) -> Result<(), CompileError> {
        let (index, first) = self.enclosing_loop(line)?;
        self.close_from(first, line);
        let jump = self.f.emit(Op::Jump { to: UNKNOWN }, line);
        self.push_breaks(index, &[jump]);
        Ok(())
    }

    /// The loop that a `break` here leaves, and the first variable that goes out of scope by it, not
    /// counting the loop's hidden ones, which are closed where the `break` lands.
    pub(super) fn enclosing_loop(&self, line: u32) -> Result<(usize, usize), CompileError> {
        let index = self.f.blocks.iter().rposition(|block| block.is_loop);
        let Some(index) = index else {
            return Err(CompileError::new(self.f.after_line, format!("break outside loop at line {line}")));
        };
        Ok((index, self.actives_inside(index)))
    }

    /// Adds jumps to those that leave the loop.
    pub(super) fn push_breaks(&mut self, index: usize, jumps: &[usize]) {
        if let Some(block) = self.f.blocks.get_mut(index) {
            block.breaks.extend_from_slice(jumps);
        }
    }

    /// The number of active variables that belong to block `index` or one around it.
    fn actives_inside(&self, index: usize) -> usize {
        self.f.blocks.get(index + 1).map_or(self.actives.len(), |inner| inner.first_active)
    }

    /// Compiles a `goto`.
    pub(super) fn goto_label(&mut self, name: Name, line: u32) -> Result<(), CompileError> {
        let goal = self.find_label(name, line)?;
        if let Some(placed) = goal.placed {
            self.close_from(placed.actives, line);
            self.f.emit(Op::Loop { to: placed.position }, line);
            return Ok(());
        }
        self.close_from(goal.actives, line);
        let jump = self.f.emit(Op::Jump { to: UNKNOWN }, line);
        self.push_gotos(&goal, &[jump], line);
        Ok(())
    }

    /// Where a `goto` goes, if a jump alone can do it: forwards, with nothing to be closed.
    pub(super) fn plain_goal(&self, name: Name, line: u32) -> Result<Option<Goal>, CompileError> {
        let goal = self.find_label(name, line)?;
        let is_plain = goal.placed.is_none() && self.lowest_closed(goal.actives).is_none();
        Ok(is_plain.then_some(goal))
    }

    /// Lets jumps wait for a label.
    pub(super) fn push_gotos(&mut self, goal: &Goal, jumps: &[usize], line: u32) {
        let actives = goal.actives;
        if let Some(label) = self.labels.get_mut(goal.label) {
            label.pending.extend(jumps.iter().map(|jump| PendingGoto { jump: *jump, line, actives }));
        }
    }

    fn find_label(&self, name: Name, line: u32) -> Result<Goal, CompileError> {
        let label = self.label_names.find(name).filter(|label| *label >= self.f.first_label);
        match label.and_then(|label| Some((label, self.labels.get(label)?))) {
            Some((label, state)) => Ok(Goal { label, placed: state.placed, actives: self.actives_inside(state.block) }),
            None => {
                let message = format!("no visible label '{}' for <goto> at line {line}", self.names.text(name));
                Err(CompileError::new(self.f.after_line, message))
            }
        }
    }

    /// The label of this name that is placed and visible, of which there is one at most.
    fn placed_label(&self, name: Name) -> Option<&LabelState> {
        let mut label = self.label_names.find(name);
        while let Some(index) = label.filter(|index| *index >= self.f.first_label) {
            let state = self.labels.get(index)?;
            if state.placed.is_some() {
                return Some(state);
            }
            label = self.label_names.behind(index);
        }
        None
    }

    /// Places the label of the innermost block. A label with nothing after it counts as outside the
    /// block's locals (§3.5). Errors are reported at the line of what follows, `after`.
    pub(super) fn place_label(&mut self, name: Name, is_last: bool, line: u32, after: u32) -> Result<(), CompileError> {
        if let Some(first) = self.placed_label(name) {
            let text = format!("label '{}' already defined on line {}", self.names.text(name), first.line);
            return Err(CompileError::new(after, text));
        }
        let position = self.f.target_here();
        let Some(block) = self.f.blocks.last() else { return Ok(()) };
        let actives = if is_last { block.first_active } else { self.actives.len() };
        let label = self.label_names.find(name).filter(|label| *label >= block.first_label);
        let Some(state) = label.and_then(|label| self.labels.get_mut(label)) else { return Ok(()) };
        state.line = line;
        state.placed = Some(Placed { position, actives });
        let pending = std::mem::take(&mut state.pending);
        for goto in pending {
            if let Some(local) = self.actives.get(goto.actives).filter(|_| goto.actives < actives) {
                let (name, local) = (self.names.text(name), self.names.text(local.name));
                let text = format!("<goto {name}> at line {} jumps into the scope of local '{local}'", goto.line);
                return Err(CompileError::new(after, text));
            }
            self.f.patch_here(goto.jump);
        }
        Ok(())
    }
}
