//! Calls, lists of values, and table constructors: everything that stands in consecutive registers.
//!
//! A call's function and arguments are the highest registers in use; its results replace them. The last
//! expression of a list may be *open* (a call or `...`): it gives as many values as it has, up to the top
//! of the stack. Not knowing the statement it works for, this file leaves assigning to others.

use std::sync::Arc;

use crate::bytecode::{Constant, Count, Op, Reg};
use crate::syntax::ast::{Expr, ExprKind, Field, Name};

use super::CompileError;
use super::function::Generator;
use super::variable::Key;

/// So many list items of a constructor are collected in registers before they are stored.
const ITEMS_MAX: u8 = 50;

/// Whether an expression may give any number of values.
pub(super) fn is_open(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Call { .. } | ExprKind::MethodCall { .. } | ExprKind::Vararg)
}

/// A function and its arguments in registers, ready to be called.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ready {
    pub(super) base: Reg,
    pub(super) args: Count,
}

/// A table constructor at work.
struct Constructor {
    table: Reg,
    /// Items in registers above the table.
    waiting: u8,
    /// Items stored already.
    stored: u32,
    line: u32,
}

impl Generator<'_> {
    /// Evaluates a call's function and arguments, and frees their registers again.
    pub(super) fn ready(&mut self, expr: &Expr) -> Result<Option<Ready>, CompileError> {
        let free = self.f.free();
        let (base, args) = match &expr.kind {
            ExprKind::Call { callee, args } => {
                let base = self.f.reserve(1)?;
                self.value(callee, Some(base))?;
                (base, self.args(args, 0)?)
            }
            ExprKind::MethodCall { object, name, name_line, args } => {
                let object = self.value(object, None)?;
                self.f.set_free(free);
                let base = self.f.reserve(1)?;
                self.method(base, object, *name, *name_line)?;
                (base, self.args(args, 1)?)
            }
            _ => return Ok(None),
        };
        self.f.set_free(free);
        Ok(Some(Ready { base, args }))
    }

    /// Evaluates an open expression to `results` values from the first free register on, which it
    /// returns. The registers are not reserved.
    pub(super) fn open(&mut self, expr: &Expr, results: Count) -> Result<Reg, CompileError> {
        if let Some(Ready { base, args }) = self.ready(expr)? {
            self.f.emit(Op::Call { a: base, args, results }, expr.line);
            return Ok(base);
        }
        self.f.need(1)?;
        let a = Reg(self.f.free());
        if results != Count::exactly(0) {
            self.f.emit(Op::Vararg { a, want: results }, expr.line);
        }
        Ok(a)
    }

    /// Evaluates arguments into the next registers; `given` of them are there already.
    pub(super) fn args(&mut self, args: &[Expr], given: u8) -> Result<Count, CompileError> {
        let free = self.f.free();
        if let Some((last, others)) = args.split_last() {
            for arg in others {
                self.next_value(arg)?;
            }
            if is_open(last) {
                self.open(last, Count::OPEN)?;
                return Ok(Count::OPEN);
            }
            self.next_value(last)?;
        }
        Ok(Count::exactly(self.f.free() - free + given))
    }

    /// Evaluates an expression into the next register.
    pub(super) fn next_value(&mut self, expr: &Expr) -> Result<Reg, CompileError> {
        let reg = self.f.reserve(1)?;
        self.value(expr, Some(reg))
    }

    /// Looks up a method: the function into `base`, which is the highest register in use, and the object
    /// above it.
    pub(super) fn method(&mut self, base: Reg, object: Reg, name: Name, line: u32) -> Result<(), CompileError> {
        let this = self.f.reserve(1)?;
        let constant = Constant::String(Arc::from(Arc::clone(self.names.text(name))));
        if let Some(key) = self.f.constant(&constant) {
            let cache = self.f.cache();
            self.f.emit(Op::Method { a: base, b: object, key, cache }, line);
            return Ok(());
        }
        let key = self.f.reserve(1)?;
        self.f.load(key, &constant, line);
        self.f.emit(Op::Move { a: this, b: object }, line);
        self.f.emit(Op::GetIndex { a: base, b: this, c: key }, line);
        self.f.set_free(key.0);
        Ok(())
    }

    /// Evaluates a list of expressions to exactly `want` values in the next registers, and returns the
    /// first.
    pub(super) fn exprs(&mut self, exprs: &[Expr], want: usize, line: u32) -> Result<Reg, CompileError> {
        let first = Reg(self.f.free());
        let mut done = 0;
        for (index, expr) in exprs.iter().enumerate() {
            if index + 1 == exprs.len() && is_open(expr) {
                let missing = self.small(want.saturating_sub(index))?;
                self.open(expr, Count::exactly(missing))?;
                self.f.reserve(missing)?;
                return Ok(first);
            }
            if index < want {
                self.next_value(expr)?;
                done += 1;
            } else {
                // A value nobody wants is evaluated all the same.
                let free = self.f.free();
                self.value(expr, None)?;
                self.f.set_free(free);
            }
        }
        if want > done {
            let missing = self.small(want - done)?;
            let a = self.f.reserve(missing)?;
            self.f.emit(Op::LoadNil { a, count: missing }, line);
        }
        Ok(first)
    }

    /// A number of registers, if there can be so many.
    fn small(&self, count: usize) -> Result<u8, CompileError> {
        match u8::try_from(count) {
            Ok(count) if count < u8::MAX => Ok(count),
            _ => Err(self.f.too_many_registers()),
        }
    }

    // -- table constructors --------------------------------------------------------------------------

    /// `{ … }`
    pub(super) fn table(&mut self, fields: &[Field], dst: Option<Reg>, line: u32) -> Result<Reg, CompileError> {
        let free = self.f.free();
        let in_place = dst.filter(|dst| fields.is_empty() || self.f.is_top(*dst));
        let table = self.place(in_place)?;
        let pairs = fields.iter().filter(|field| matches!(field, Field::Pair { .. })).count();
        let open = matches!(fields.last(), Some(Field::Item(item)) if is_open(item));
        let items = fields.len() - pairs - usize::from(open);
        self.f.emit(Op::NewTable { a: table, array: room(items), map: room(pairs) }, line);
        let mut constructor = Constructor { table, waiting: 0, stored: 0, line };
        for (index, field) in fields.iter().enumerate() {
            match field {
                Field::Item(item) => self.item(item, index + 1 == fields.len(), &mut constructor)?,
                Field::Pair { key, value } => self.pair(key, value, table)?,
            }
            if constructor.waiting == 0 {
                self.f.checkpoint(line);
            }
        }
        if constructor.waiting > 0 {
            self.store_items(Count::exactly(constructor.waiting), &mut constructor);
        }
        match dst {
            Some(dst) if dst != table => {
                self.f.emit(Op::Move { a: dst, b: table }, line);
                self.f.set_free(free);
                Ok(dst)
            }
            _ => Ok(table),
        }
    }

    fn item(&mut self, item: &Expr, is_last: bool, constructor: &mut Constructor) -> Result<(), CompileError> {
        if is_last && is_open(item) {
            self.open(item, Count::OPEN)?;
            self.store_items(Count::OPEN, constructor);
            return Ok(());
        }
        self.next_value(item)?;
        constructor.waiting += 1;
        if constructor.waiting == ITEMS_MAX {
            self.store_items(Count::exactly(ITEMS_MAX), constructor);
        }
        Ok(())
    }

    fn store_items(&mut self, count: Count, constructor: &mut Constructor) {
        let Constructor { table, waiting, stored, line } = *constructor;
        self.f.emit(Op::SetList { a: table, count, start: stored }, line);
        constructor.stored = stored.saturating_add(u32::from(waiting));
        constructor.waiting = 0;
        self.f.set_free(table.0 + 1);
    }

    fn pair(&mut self, key: &Expr, value: &Expr, a: Reg) -> Result<(), CompileError> {
        let free = self.f.free();
        let key = self.key(key)?;
        let b = self.value(value, None)?;
        let op = match key {
            Key::Field(key) => Op::SetField { a, b, key, cache: self.f.cache() },
            Key::Integer(index) => Op::SetInt { a, index, b },
            Key::Register(key) => Op::SetIndex { a, b: key, c: b },
        };
        self.f.emit(op, value.line);
        self.f.set_free(free);
        Ok(())
    }
}

fn room(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}
