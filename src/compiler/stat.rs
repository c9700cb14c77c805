//! Statements.
//!
//! Between two statements no temporary register is in use, and fuel is checked if much straight code has
//! gone by. Backward jumps are made here and by `goto` only, always as `Loop`, `ForNext`, `ForLoop`
//! or `TForLoop`.
//! A block whose end cannot be reached gets no code for leaving it.

use crate::bytecode::{Count, Label, Op, Reg};
use crate::syntax::ast::{Block, Expr, ExprKind, Local, Range, Stat, StatKind};

use super::CompileError;
use super::call::{Ready, is_open};
use super::function::{Generator, Jumps, UNKNOWN};

/// The registers of a numeric loop before its variable: start, limit, step.
const NUMERIC_STATE: u8 = 3;

/// The registers of a generic loop before its variables: function, state, control, closing value.
const GENERIC_STATE: u8 = 4;

/// Registers that a call of the iterator needs above the loop's own.
const ITERATOR_CALL: u8 = 3;

impl Generator<'_> {
    /// Compiles a block's statements. `ends_scope` says whether the block's locals end with them, which
    /// they do not before the `until` of a loop.
    pub(super) fn stats(&mut self, block: &Block, ends_scope: bool) -> Result<(), CompileError> {
        let mut rest = block.stats.as_slice();
        while let Some((stat, after)) = rest.split_first() {
            if let StatKind::Label(_) = &stat.kind {
                let count = rest.iter().take_while(|stat| matches!(stat.kind, StatKind::Label(_))).count();
                let (labels, after) = rest.split_at(count);
                self.labels(labels, after.is_empty() && ends_scope, after.first().map_or(block.end_line, |s| s.line))?;
                rest = after;
                continue;
            }
            self.f.line = stat.line;
            self.f.checkpoint(stat.line);
            self.stat(stat)?;
            let top = self.f.active_top;
            self.f.set_free(top);
            rest = after;
        }
        Ok(())
    }

    /// Places neighbouring labels, the last first, as PUC-Rio's parser does.
    fn labels(&mut self, labels: &[Stat], is_last: bool, line: u32) -> Result<(), CompileError> {
        for stat in labels.iter().rev() {
            if let StatKind::Label(name) = &stat.kind {
                self.place_label(*name, is_last, stat.line, line)?;
            }
        }
        Ok(())
    }

    fn block(&mut self, block: &Block) -> Result<(), CompileError> {
        self.enter_block(block, false);
        self.stats(block, true)?;
        self.leave_block(block.last_line);
        Ok(())
    }

    fn stat(&mut self, stat: &Stat) -> Result<(), CompileError> {
        let line = stat.line;
        match &stat.kind {
            StatKind::Local { locals, values } => self.local(locals, values, stat.end_line),
            StatKind::LocalFunction { local, function } => self.local_function(local, function),
            StatKind::Assign { targets, values } => self.assign(targets, values, stat.end_line),
            StatKind::Function { target, function } => self.assign_function(target, function, line),
            StatKind::Call(call) => self.open(call, Count::exactly(0)).map(drop),
            StatKind::Do(body) => self.block(body),
            StatKind::While { condition, body } => self.while_loop(condition, body),
            StatKind::Repeat { body, condition } => self.repeat_loop(body, condition),
            StatKind::If { arms, otherwise } => self.branches(arms, otherwise.as_deref()),
            StatKind::NumericFor { variable, range, body } => {
                self.numeric_state(range, line)?;
                self.numeric_loop(variable, body, range.step.is_none(), line)
            }
            StatKind::GenericFor { variables, values, body } => self.generic_loop(variables, values, body, line),
            StatKind::Return(values) => self.return_values(values, line),
            StatKind::Break => self.break_loop(line),
            StatKind::Goto(name) => self.goto_label(*name, line),
            // Placed by the block, which knows what follows.
            StatKind::Label(_) => Ok(()),
        }
    }

    // -- branches ------------------------------------------------------------------------------------

    fn branches(&mut self, arms: &[(Expr, Block)], otherwise: Option<&Block>) -> Result<(), CompileError> {
        let mut exits = Jumps::new();
        let mut exit_debt = 0;
        for (index, (condition, body)) in arms.iter().enumerate() {
            let is_last = index + 1 == arms.len() && otherwise.is_none();
            if self.conditional_exit(condition, body)? {
                continue;
            }
            let mut next = Jumps::new();
            self.jump_when(condition, false, &mut next)?;
            self.f.test_at(body.line);
            self.block(body)?;
            exit_debt = exit_debt.max(self.f.debt());
            if !is_last && !self.f.is_unreachable() {
                exits.push(self.f.emit(Op::Jump { to: UNKNOWN }, body.last_line));
            }
            self.f.set_debt(0);
            self.f.patch_all_here(&next);
        }
        if let Some(body) = otherwise {
            self.block(body)?;
        }
        self.f.patch_all_here(&exits);
        self.f.join_debt(exit_debt);
        Ok(())
    }

    /// `if condition then break end`, or `goto` for `break`, is one conditional jump, where nothing is to be
    /// closed on the way.
    fn conditional_exit(&mut self, condition: &Expr, body: &Block) -> Result<bool, CompileError> {
        let [Stat { line, kind, .. }] = body.stats.as_slice() else { return Ok(false) };
        let mut jumps = Jumps::new();
        match kind {
            StatKind::Break => {
                let (index, first) = self.enclosing_loop(*line)?;
                if self.lowest_closed(first).is_some() {
                    return Ok(false);
                }
                self.jump_when(condition, true, &mut jumps)?;
                self.f.test_at(body.line);
                self.push_breaks(index, &jumps);
            }
            StatKind::Goto(name) => {
                let Some(goal) = self.plain_goal(*name, *line)? else { return Ok(false) };
                self.jump_when(condition, true, &mut jumps)?;
                self.f.test_at(body.line);
                self.push_gotos(&goal, &jumps, *line);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    // -- loops ---------------------------------------------------------------------------------------

    fn while_loop(&mut self, condition: &Expr, body: &Block) -> Result<(), CompileError> {
        let top = self.f.target_here();
        self.enter_loop();
        let mut exits = Jumps::new();
        self.jump_when(condition, false, &mut exits)?;
        self.block(body)?;
        // The way back belongs to the end of the body: a hook sees the condition's line once for each turn.
        self.loop_to(top, body.last_line);
        self.f.patch_all_here(&exits);
        self.leave_block(body.end_line);
        Ok(())
    }

    fn loop_to(&mut self, top: Label, line: u32) {
        if !self.f.is_unreachable() {
            self.f.emit(Op::Loop { to: top }, line);
        }
    }

    fn repeat_loop(&mut self, body: &Block, condition: &Expr) -> Result<(), CompileError> {
        let top = self.f.target_here();
        self.enter_loop();
        self.enter_block(body, false);
        let first = self.actives.len();
        self.stats(body, false)?;
        let line = condition.line;
        self.f.line = line;
        let mut exits = Jumps::new();
        self.jump_when(condition, true, &mut exits)?;
        self.close_from(first, line);
        self.loop_to(top, line);
        self.f.patch_all_here(&exits);
        self.leave_block(line);
        self.leave_block(line);
        Ok(())
    }

    fn numeric_state(&mut self, range: &Range, line: u32) -> Result<(), CompileError> {
        self.next_value(&range.start)?;
        self.next_value(&range.limit)?;
        match &range.step {
            Some(step) => self.next_value(step).map(drop),
            None => {
                let a = self.f.reserve(1)?;
                self.f.emit(Op::LoadInt { a, value: 1 }, line);
                Ok(())
            }
        }
    }

    fn numeric_loop(&mut self, variable: &Local, body: &Block, is_by_one: bool, line: u32) -> Result<(), CompileError> {
        let a = Reg(self.f.free() - NUMERIC_STATE);
        self.enter_loop();
        for reg in a.0..a.0 + NUMERIC_STATE {
            self.activate_hidden(Reg(reg), false);
        }
        let prepare = self.f.emit(Op::ForPrep { a, to: UNKNOWN }, body.line);
        let top = self.f.target_here();
        let reg = self.f.reserve(1)?;
        self.loop_body(std::slice::from_ref(variable), reg, body)?;
        // The variable of an empty body is alive nowhere, so that a pause would clear it.
        let is_empty = self.f.here() == top.0 as usize;
        let is_index =
            is_by_one && !is_empty && !self.facts.is_assigned(variable.id) && !self.facts.is_cell(variable.id);
        let op = if is_index { Op::ForNext { a, to: top } } else { Op::ForLoop { a, to: top } };
        self.f.emit(op, line);
        self.f.patch_here(prepare);
        self.leave_block(body.end_line);
        Ok(())
    }

    fn loop_body(&mut self, variables: &[Local], first: Reg, body: &Block) -> Result<(), CompileError> {
        self.enter_block(body, false);
        let top = self.f.here();
        for (variable, reg) in variables.iter().zip(first.0..) {
            self.activate(variable, Reg(reg));
        }
        let begin = self.f.here();
        self.stats(body, true)?;
        self.leave_block(body.last_line);
        self.f.begin_lines_at(top, begin);
        Ok(())
    }

    fn generic_loop(
        &mut self,
        variables: &[Local],
        values: &[Expr],
        body: &Block,
        line: u32,
    ) -> Result<(), CompileError> {
        let a = self.exprs(values, usize::from(GENERIC_STATE), line)?;
        // The call of the iterator belongs to the line its expression begins on.
        let line = values.first().map_or(line, first_line);
        self.enter_loop();
        for index in 0..GENERIC_STATE {
            self.activate_hidden(Reg(a.0 + index), index + 1 == GENERIC_STATE);
        }
        let count = u8::try_from(variables.len()).unwrap_or(u8::MAX);
        let prepare = self.f.emit(Op::TForPrep { a, to: UNKNOWN }, body.line);
        let top = self.f.target_here();
        self.f.need(count.max(ITERATOR_CALL))?;
        let first = self.f.reserve(count)?;
        self.loop_body(variables, first, body)?;
        self.f.patch_here(prepare);
        let cache = self.f.cache();
        self.f.emit(Op::TForCall { a, count, cache }, line);
        self.f.emit(Op::TForLoop { a, to: top }, line);
        self.leave_block(body.end_line);
        Ok(())
    }

    // -- return --------------------------------------------------------------------------------------

    fn return_values(&mut self, values: &[Expr], line: u32) -> Result<(), CompileError> {
        let is_closing = self.is_closing();
        if let [call] = values
            && !is_closing
            && let Some(Ready { base, args }) = self.ready(call)?
        {
            self.f.emit(Op::TailCall { a: base, args }, call.line);
            return Ok(());
        }
        let (a, count) = match values {
            [value] if !is_open(value) => (self.value(value, None)?, Count::exactly(1)),
            [] => (Reg(0), Count::exactly(0)),
            values => (Reg(self.f.free()), self.args(values, 0)?),
        };
        let op = match count.get() {
            _ if is_closing => Op::ReturnClose { a, count },
            Some(0) => Op::Return0 {},
            Some(1) => Op::Return1 { a },
            _ => Op::Return { a, count },
        };
        self.f.emit(op, line);
        Ok(())
    }
}

/// The line an expression begins on, as near as the tree tells.
fn first_line(expr: &Expr) -> u32 {
    let mut expr = expr;
    loop {
        expr = match &expr.kind {
            ExprKind::Index { object: left, .. }
            | ExprKind::Call { callee: left, .. }
            | ExprKind::MethodCall { object: left, .. }
            | ExprKind::Binary { left, .. } => left,
            _ => return expr.line,
        }
    }
}
