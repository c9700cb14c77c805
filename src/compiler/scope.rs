//! The resolver: a walk over the whole tree, before any code is made, that finds which local variables
//! are captured by an inner function and which are assigned after their declaration.
//!
//! A variable that is both lives in a cell; every other one is captured by value. That answer must be
//! known at the declaration, long before the capture or the assignment is met, hence the extra walk. It
//! also refuses assignments to constants, which needs the same scopes. It makes no code, and registers
//! and labels are unknown to it.

use crate::syntax::ast::{Attrib, Block, Chunk, Expr, ExprKind, Field, Function, Local, Name, Names, Stat, StatKind};

use super::CompileError;
use super::names::NameStack;

/// What the resolver found out about a chunk's local variables.
#[derive(Debug)]
pub(super) struct Facts {
    variables: Vec<Fact>,
    /// Whether every captured variable is to live in a cell.
    shares_variables: bool,
}

#[derive(Debug, Clone, Copy, Default)]
struct Fact {
    is_captured: bool,
    is_assigned: bool,
    /// Whether it is to be closed: then the register itself holds the value.
    is_closed: bool,
}

impl Facts {
    /// Walks the chunk. The number after the last [`Local::id`] stands for the chunk's own `_ENV`.
    pub(super) fn of(chunk: &Chunk, shares_variables: bool) -> Result<Facts, CompileError> {
        let count = chunk.local_count as usize + 1;
        let mut resolver = Resolver {
            variables: vec![Fact::default(); count],
            scope: Vec::new(),
            visible: NameStack::new(chunk.names.count()),
            depth: 0,
            names: &chunk.names,
        };
        resolver.push(Name::ENV, Visible { id: chunk.local_count, is_constant: false, depth: 0 });
        resolver.body(&chunk.main)?;
        Ok(Facts { variables: resolver.variables, shares_variables })
    }

    /// Whether the variable lives in a cell.
    pub(super) fn is_cell(&self, id: u32) -> bool {
        self.variables
            .get(id as usize)
            .is_some_and(|fact| fact.is_captured && (fact.is_assigned || self.shares_variables && !fact.is_closed))
    }

    /// Whether every captured variable is to live in a cell.
    pub(super) fn shares_variables(&self) -> bool {
        self.shares_variables
    }

    /// Whether the variable is assigned after its declaration.
    pub(super) fn is_assigned(&self, id: u32) -> bool {
        self.variables.get(id as usize).is_some_and(|fact| fact.is_assigned)
    }
}

struct Resolver<'c> {
    variables: Vec<Fact>,
    scope: Vec<Visible>,
    /// The names of those in `scope`.
    visible: NameStack,
    depth: u32,
    names: &'c Names,
}

/// A variable in scope; `depth` counts the functions around its declaration.
struct Visible {
    id: u32,
    is_constant: bool,
    depth: u32,
}

type Done = Result<(), CompileError>;

impl Resolver<'_> {
    fn function(&mut self, function: &Function) -> Done {
        self.depth += 1;
        let height = self.scope.len();
        self.body(function)?;
        self.leave(height);
        self.depth -= 1;
        Ok(())
    }

    fn body(&mut self, function: &Function) -> Done {
        function.params.iter().for_each(|param| self.declare(param));
        self.stats(&function.body)
    }

    fn declare(&mut self, local: &Local) {
        let is_constant = local.attrib != Attrib::Regular;
        if local.attrib == Attrib::Close
            && let Some(fact) = self.variables.get_mut(local.id as usize)
        {
            fact.is_closed = true;
        }
        self.push(local.name, Visible { id: local.id, is_constant, depth: self.depth });
    }

    fn push(&mut self, name: Name, variable: Visible) {
        self.scope.push(variable);
        self.visible.push(name);
    }

    fn leave(&mut self, height: usize) {
        self.scope.truncate(height);
        self.visible.truncate(height);
    }

    fn block(&mut self, block: &Block) -> Done {
        let height = self.scope.len();
        self.stats(block)?;
        self.leave(height);
        Ok(())
    }

    fn loop_body(&mut self, variables: &[Local], block: &Block) -> Done {
        let height = self.scope.len();
        variables.iter().for_each(|variable| self.declare(variable));
        self.stats(block)?;
        self.leave(height);
        Ok(())
    }

    fn stats(&mut self, block: &Block) -> Done {
        block.stats.iter().try_for_each(|stat| self.stat(stat))
    }

    fn stat(&mut self, stat: &Stat) -> Done {
        match &stat.kind {
            StatKind::Local { locals, values } => {
                self.exprs(values)?;
                self.locals(locals)
            }
            StatKind::LocalFunction { local, function } => {
                self.declare(local);
                self.function(function)
            }
            StatKind::Assign { targets, values } => {
                targets.iter().try_for_each(|target| self.target(target, target.line))?;
                self.exprs(values)
            }
            StatKind::Function { target, function } => {
                self.function(function)?;
                self.target(target, function.end_line)
            }
            StatKind::Call(call) => self.expr(call),
            StatKind::Do(body) => self.block(body),
            StatKind::While { condition, body } => {
                self.expr(condition)?;
                self.block(body)
            }
            StatKind::Repeat { body, condition } => {
                let height = self.scope.len();
                self.stats(body)?;
                self.expr(condition)?;
                self.leave(height);
                Ok(())
            }
            StatKind::If { arms, otherwise } => {
                for (condition, body) in arms {
                    self.expr(condition)?;
                    self.block(body)?;
                }
                otherwise.iter().try_for_each(|body| self.block(body))
            }
            StatKind::NumericFor { variable, range, body } => {
                self.expr(&range.start)?;
                self.expr(&range.limit)?;
                range.step.iter().try_for_each(|step| self.expr(step))?;
                self.loop_body(std::slice::from_ref(variable), body)
            }
            StatKind::GenericFor { variables, values, body } => {
                self.exprs(values)?;
                self.loop_body(variables, body)
            }
            StatKind::Return(values) => self.exprs(values),
            StatKind::Break | StatKind::Goto(_) | StatKind::Label(_) => Ok(()),
        }
    }

    fn locals(&mut self, locals: &[Local]) -> Done {
        let mut closes = locals.iter().filter(|local| local.attrib == Attrib::Close);
        if let (Some(_), Some(second)) = (closes.next(), closes.next()) {
            return Err(CompileError::new(second.line, "multiple to-be-closed variables in local list"));
        }
        locals.iter().for_each(|local| self.declare(local));
        Ok(())
    }

    /// A place assigned to; `line` is where a constant is complained about.
    fn target(&mut self, target: &Expr, line: u32) -> Done {
        let ExprKind::Name(name) = &target.kind else { return self.expr(target) };
        match self.visible.find(*name) {
            Some(index) => {
                let Some(variable) = self.scope.get(index) else { return Ok(()) };
                if variable.is_constant {
                    let name = self.names.text(*name);
                    return Err(CompileError::new(line, format!("attempt to assign to const variable '{name}'")));
                }
                let id = variable.id;
                self.mark_use(index);
                if let Some(fact) = self.variables.get_mut(id as usize) {
                    fact.is_assigned = true;
                }
            }
            None => self.use_environment(),
        }
        Ok(())
    }

    fn exprs(&mut self, exprs: &[Expr]) -> Done {
        exprs.iter().try_for_each(|expr| self.expr(expr))
    }

    /// Chains such as `a.b.c` or `a + b + c` are deep on the left, so that side is walked by a loop.
    fn expr(&mut self, mut expr: &Expr) -> Done {
        loop {
            expr = match &expr.kind {
                ExprKind::Name(name) => {
                    self.use_variable(*name);
                    return Ok(());
                }
                ExprKind::Function(function) => return self.function(function),
                ExprKind::Table(fields) => return self.fields(fields),
                ExprKind::Index { object, key } => {
                    self.expr(key)?;
                    object
                }
                ExprKind::Call { callee, args } => {
                    self.exprs(args)?;
                    callee
                }
                ExprKind::MethodCall { object, args, .. } => {
                    self.exprs(args)?;
                    object
                }
                ExprKind::Binary { left, right, .. } => {
                    self.expr(right)?;
                    left
                }
                ExprKind::Unary { operand, .. } => operand,
                ExprKind::Paren(inner) => inner,
                _ => return Ok(()),
            }
        }
    }

    fn fields(&mut self, fields: &[Field]) -> Done {
        for field in fields {
            match field {
                Field::Item(value) => self.expr(value)?,
                Field::Pair { key, value } => {
                    self.expr(key)?;
                    self.expr(value)?;
                }
            }
        }
        Ok(())
    }

    /// A name that is no variable is a field of `_ENV`, which is a variable like any other (§2.2).
    fn use_variable(&mut self, name: Name) {
        match self.visible.find(name) {
            Some(index) => self.mark_use(index),
            None => self.use_environment(),
        }
    }

    fn use_environment(&mut self) {
        if let Some(index) = self.visible.find(Name::ENV) {
            self.mark_use(index);
        }
    }

    fn mark_use(&mut self, index: usize) {
        let Some(variable) = self.scope.get(index) else { return };
        if variable.depth != self.depth
            && let Some(fact) = self.variables.get_mut(variable.id as usize)
        {
            fact.is_captured = true;
        }
    }
}
