//! Tokens to tree: recursive descent over the grammar of §9.
//!
//! Two limits bound every recursion over the tree, here and later. Nesting counts as in PUC-Rio's parser
//! (`LEVELS_MAX`). Chains such as `a.b.c` or `a + b + c` do not nest in the text, but they do in the tree;
//! they are read in a loop and their depth is limited too (`CHAIN_MAX`). The parser numbers the declarations
//! of locals; it does not know which declaration a name means.

use std::mem;
use std::sync::Arc;

use crate::syntax::SyntaxError;
use crate::syntax::ast::{
    Attrib, Block, Chunk, Expr, ExprKind, Field, Function, Local, Name, Range, Stat, StatKind, UnaryOp,
};
use crate::syntax::lexer::Lexer;
use crate::syntax::token::{Lexeme, Token};

/// The deepest nesting of statements and expressions. PUC-Rio's limit is 200 C levels, of which its stand-alone
/// interpreter has used three when it gets here.
const LEVELS_MAX: u32 = 197;

/// The longest path in the tree through calls, field accesses and operators that stand in chains. Together
/// with `LEVELS_MAX` it keeps every path in the tree below about 4,000 nodes.
const CHAIN_MAX: u32 = 1_000;

/// The most local variables a function may have in scope, the hidden ones of loops among them.
const LOCALS_MAX: u32 = 200;

/// The hidden variables of a numeric loop, and of a generic one.
const LOOP_LOCALS: [u32; 2] = [3, 4];

/// Binds tighter than every binary operator except `^`.
const UNARY_PRIORITY: u8 = 12;

type Result<T> = std::result::Result<T, SyntaxError>;

/// Parses a whole chunk of Lua 5.4.
pub(super) fn parse(source: &[u8]) -> Result<Chunk> {
    let mut lexer = Lexer::new(source);
    let current = lexer.next()?;
    let function = Scope { line: 0, locals: 0, is_vararg: true };
    let last_line = current.line;
    let mut parser = Parser { lexer, current, last_line, ahead: None, levels: 0, chain: 0, local_count: 0, function };
    let body = parser.block()?;
    if parser.current.token != Token::Eof {
        return parser.fail_expected(&Token::Eof);
    }
    let main =
        Function { params: Vec::new(), is_vararg: true, body, line: 0, end_line: 0, after_line: parser.current.line };
    Ok(Chunk { main, local_count: parser.local_count, names: parser.lexer.into_names() })
}

struct Parser<'s> {
    lexer: Lexer<'s>,
    current: Lexeme,
    /// The line of the token before the current one. PUC-Rio's compiler, which makes code while it reads,
    /// gives instructions the line it has read up to, and so do we.
    last_line: u32,
    /// The token after the current one, where it had to be looked at.
    ahead: Option<Lexeme>,
    /// How many statements and expressions are open.
    levels: u32,
    /// The length of the longest chain path in what was parsed since the innermost open expression began.
    chain: u32,
    local_count: u32,
    /// The function being parsed.
    function: Scope,
}

/// What is known of a function while it is parsed.
#[derive(Clone, Copy)]
struct Scope {
    /// The line of `function`; 0 for a chunk.
    line: u32,
    /// How many local variables are in scope.
    locals: u32,
    /// Whether it takes `...`.
    is_vararg: bool,
}

/// Tokens and errors.
impl Parser<'_> {
    fn advance(&mut self) -> Result<()> {
        self.last_line = self.current.line;
        self.current = match self.ahead.take() {
            Some(lexeme) => lexeme,
            None => self.lexer.next()?,
        };
        Ok(())
    }

    fn peek(&mut self) -> Result<&Token> {
        let lexeme = match self.ahead.take() {
            Some(lexeme) => lexeme,
            None => self.lexer.next()?,
        };
        Ok(&self.ahead.insert(lexeme).token)
    }

    /// Passes the current token if it is `token`.
    fn accept(&mut self, token: &Token) -> Result<bool> {
        let is_here = self.current.token == *token;
        if is_here {
            self.advance()?;
        }
        Ok(is_here)
    }

    fn expect(&mut self, token: &Token) -> Result<()> {
        if self.accept(token)? { Ok(()) } else { self.fail_expected(token) }
    }

    /// Expects the token that closes what `open` began on `line`.
    fn expect_close(&mut self, token: &Token, open: &Token, line: u32) -> Result<()> {
        if self.accept(token)? {
            return Ok(());
        }
        if line == self.current.line {
            return self.fail_expected(token);
        }
        self.fail(&format!("{} expected (to close {} at line {line})", token.describe(), open.describe()))
    }

    fn expect_name(&mut self) -> Result<Name> {
        match &self.current.token {
            Token::Name(name) => {
                let name = *name;
                self.advance()?;
                Ok(name)
            }
            _ => self.fail("<name> expected"),
        }
    }

    fn fail<T>(&self, message: &str) -> Result<T> {
        self.fail_bare(format!("{message}{}", self.lexer.near(&self.current)))
    }

    fn fail_expected<T>(&self, token: &Token) -> Result<T> {
        self.fail(&format!("{} expected", token.describe()))
    }

    /// Reports a fault that is not tied to the current token.
    fn fail_bare<T>(&self, message: String) -> Result<T> {
        Err(SyntaxError { line: self.current.line, message })
    }

    fn enter(&mut self) -> Result<()> {
        self.levels += 1;
        if self.levels > LEVELS_MAX { self.fail_bare("C stack overflow".to_owned()) } else { Ok(()) }
    }

    fn leave(&mut self) {
        self.levels -= 1;
    }

    /// Counts one more link on top of everything parsed since the innermost open expression began.
    fn extend_chain(&mut self) -> Result<()> {
        self.chain += 1;
        if self.chain > CHAIN_MAX {
            return self.fail(&format!("expression has too many chained operations (limit is {CHAIN_MAX})"));
        }
        Ok(())
    }

    fn local(&mut self, name: Name, line: u32) -> Result<Local> {
        self.count_locals(1)?;
        let id = self.local_count;
        self.local_count += 1;
        Ok(Local { name, id, attrib: Attrib::Regular, line })
    }

    /// Counts variables that come into scope.
    fn count_locals(&mut self, count: u32) -> Result<()> {
        self.function.locals += count;
        if self.function.locals <= LOCALS_MAX {
            return Ok(());
        }
        let place = match self.function.line {
            0 => "main function".to_owned(),
            line => format!("function at line {line}"),
        };
        self.fail(&format!("too many local variables (limit is {LOCALS_MAX}) in {place}"))
    }

    /// Reads a name and declares it.
    fn local_name(&mut self) -> Result<Local> {
        let line = self.current.line;
        let name = self.expect_name()?;
        self.local(name, line)
    }
}

/// Statements. What nests is split into small functions that hand their result on, because without
/// optimisation each temporary of each match arm takes room on the stack for every level.
impl Parser<'_> {
    fn at_block_end(&self) -> bool {
        matches!(self.current.token, Token::Else | Token::ElseIf | Token::End | Token::Eof | Token::Until)
    }

    fn block(&mut self) -> Result<Block> {
        let locals = self.function.locals;
        let block = self.open_block()?;
        self.function.locals = locals;
        Ok(block)
    }

    /// Parses a block whose variables stay in scope.
    fn open_block(&mut self) -> Result<Block> {
        let line = self.last_line;
        let mut stats = Vec::new();
        while !self.at_block_end() {
            let is_last = self.current.token == Token::Return;
            let line = self.current.line;
            if self.accept(&Token::Semicolon)? {
                continue;
            }
            self.enter()?;
            self.statement(line).map(|kind| stats.push(Stat { line, end_line: self.last_line, kind }))?;
            self.leave();
            if is_last {
                break;
            }
        }
        stats.shrink_to_fit();
        Ok(Block { stats, line, last_line: self.last_line, end_line: self.current.line })
    }

    fn statement(&mut self, line: u32) -> Result<StatKind> {
        match self.current.token {
            Token::If => self.if_stat(line),
            Token::While => self.while_stat(line),
            Token::Do => self.do_stat(line),
            Token::For => self.for_stat(line),
            Token::Repeat => self.repeat_stat(line),
            Token::Function => self.function_stat(line),
            Token::Local => self.local_stat(),
            Token::DoubleColon => self.label_stat(),
            Token::Return => self.return_stat(),
            Token::Break => self.advance().map(|()| StatKind::Break),
            Token::Goto => self.advance().and_then(|()| self.expect_name()).map(StatKind::Goto),
            _ => self.expr_stat(),
        }
    }

    fn while_stat(&mut self, line: u32) -> Result<StatKind> {
        self.advance()?;
        let condition = self.expr()?;
        self.expect(&Token::Do)?;
        let body = Box::new(self.block()?);
        self.expect_close(&Token::End, &Token::While, line)?;
        Ok(StatKind::While { condition, body })
    }

    fn do_stat(&mut self, line: u32) -> Result<StatKind> {
        self.advance()?;
        let body = self.block()?;
        self.expect_close(&Token::End, &Token::Do, line)?;
        Ok(StatKind::Do(body))
    }

    fn repeat_stat(&mut self, line: u32) -> Result<StatKind> {
        self.advance()?;
        let locals = self.function.locals;
        let body = Box::new(self.open_block()?);
        self.expect_close(&Token::Until, &Token::Repeat, line)?;
        let condition = self.expr()?;
        self.function.locals = locals;
        Ok(StatKind::Repeat { body, condition })
    }

    fn label_stat(&mut self) -> Result<StatKind> {
        self.advance()?;
        let name = self.expect_name()?;
        self.expect(&Token::DoubleColon)?;
        Ok(StatKind::Label(name))
    }

    fn if_stat(&mut self, line: u32) -> Result<StatKind> {
        let mut arms = Vec::new();
        while arms.is_empty() || self.current.token == Token::ElseIf {
            self.advance()?;
            let mut condition = self.expr()?;
            self.expect(&Token::Then)?;
            self.read_here(Some(&mut condition));
            arms.push((condition, self.block()?));
        }
        let otherwise = if self.accept(&Token::Else)? { Some(Box::new(self.block()?)) } else { None };
        self.expect_close(&Token::End, &Token::If, line)?;
        arms.shrink_to_fit();
        Ok(StatKind::If { arms, otherwise })
    }

    fn for_stat(&mut self, line: u32) -> Result<StatKind> {
        self.advance()?;
        let locals = self.function.locals;
        let name_line = self.current.line;
        let name = self.expect_name()?;
        let [numeric, generic] = LOOP_LOCALS;
        let stat = match self.current.token {
            Token::Assign => {
                self.count_locals(numeric)?;
                let variable = self.local(name, name_line)?;
                self.numeric_for(variable, line)?
            }
            Token::Comma | Token::In => {
                self.count_locals(generic)?;
                let variable = self.local(name, name_line)?;
                self.generic_for(variable, line)?
            }
            _ => return self.fail("'=' or 'in' expected"),
        };
        self.function.locals = locals;
        Ok(stat)
    }

    fn numeric_for(&mut self, variable: Local, line: u32) -> Result<StatKind> {
        self.advance()?;
        let start = self.expr()?;
        self.expect(&Token::Comma)?;
        let limit = self.expr()?;
        let step = if self.accept(&Token::Comma)? { Some(self.expr()?) } else { None };
        let range = Box::new(Range { start, limit, step });
        let body = self.for_body(line)?;
        Ok(StatKind::NumericFor { variable, range, body })
    }

    fn generic_for(&mut self, variable: Local, line: u32) -> Result<StatKind> {
        let mut variables = vec![variable];
        while self.accept(&Token::Comma)? {
            variables.push(self.local_name()?);
        }
        self.expect(&Token::In)?;
        let values = self.expr_list()?;
        let body = self.for_body(line)?;
        Ok(StatKind::GenericFor { variables, values, body })
    }

    fn for_body(&mut self, line: u32) -> Result<Box<Block>> {
        self.expect(&Token::Do)?;
        let body = Box::new(self.block()?);
        self.expect_close(&Token::End, &Token::For, line)?;
        Ok(body)
    }

    fn function_stat(&mut self, line: u32) -> Result<StatKind> {
        self.advance()?;
        let outer = mem::take(&mut self.chain);
        let name_line = self.current.line;
        let mut target = Expr { line: name_line, kind: ExprKind::Name(self.expect_name()?) };
        while self.current.token == Token::Dot {
            target = self.field(target)?;
        }
        let is_method = self.current.token == Token::Colon;
        if is_method {
            target = self.field(target)?;
        }
        self.chain = self.chain.max(outer);
        let function = Box::new(self.function_body(is_method, line)?);
        Ok(StatKind::Function { target, function })
    }

    fn local_function(&mut self) -> Result<StatKind> {
        let local = self.local_name()?;
        let function = Box::new(self.function_body(false, self.current.line)?);
        Ok(StatKind::LocalFunction { local, function })
    }

    fn local_stat(&mut self) -> Result<StatKind> {
        self.advance()?;
        if self.accept(&Token::Function)? { self.local_function() } else { self.local_variables() }
    }

    fn local_variables(&mut self) -> Result<StatKind> {
        let mut locals: Vec<Local> = Vec::new();
        loop {
            let mut local = self.local_name()?;
            local.attrib = self.attrib()?;
            if local.attrib == Attrib::Close && locals.iter().any(|other| other.attrib == Attrib::Close) {
                return self.fail_bare("multiple to-be-closed variables in local list".to_owned());
            }
            locals.push(local);
            if !self.accept(&Token::Comma)? {
                break;
            }
        }
        let values = if self.accept(&Token::Assign)? { self.expr_list()? } else { Vec::new() };
        Ok(StatKind::Local { locals, values })
    }

    fn attrib(&mut self) -> Result<Attrib> {
        if !self.accept(&Token::Less)? {
            return Ok(Attrib::Regular);
        }
        let name = self.expect_name()?;
        self.expect(&Token::Greater)?;
        match &**self.lexer.text(name) {
            "const" => Ok(Attrib::Const),
            "close" => Ok(Attrib::Close),
            name => self.fail_bare(format!("unknown attribute '{name}'")),
        }
    }

    fn return_stat(&mut self) -> Result<StatKind> {
        self.advance()?;
        let is_empty = self.at_block_end() || self.current.token == Token::Semicolon;
        let values = if is_empty { Vec::new() } else { self.expr_list()? };
        self.accept(&Token::Semicolon)?;
        Ok(StatKind::Return(values))
    }

    /// Parses a call or an assignment.
    fn expr_stat(&mut self) -> Result<StatKind> {
        let (first, can_assign) = self.open_expr()?;
        let is_assigned = matches!(self.current.token, Token::Assign | Token::Comma);
        // Parentheses around a call are kept as a node, so a call here is a bare one.
        let is_call = matches!(first.kind, ExprKind::Call { .. } | ExprKind::MethodCall { .. });
        match (is_assigned, can_assign, is_call) {
            (true, true, _) => self.assignment(first),
            (false, _, true) => Ok(StatKind::Call(first)),
            _ => self.fail("syntax error"),
        }
    }

    fn assignment(&mut self, first: Expr) -> Result<StatKind> {
        let mut targets = vec![first];
        let outer = self.levels;
        while self.accept(&Token::Comma)? {
            let (target, can_assign) = self.open_expr()?;
            if !can_assign {
                return self.fail("syntax error");
            }
            targets.push(target);
            // Each further target is a level in PUC-Rio's parser, up to the end of the statement.
            self.enter()?;
        }
        self.expect(&Token::Assign)?;
        let values = self.expr_list()?;
        self.levels = outer;
        Ok(StatKind::Assign { targets, values })
    }

    /// Parses the expression that begins a statement, and tells whether it can be assigned to.
    fn open_expr(&mut self) -> Result<(Expr, bool)> {
        let outer = mem::take(&mut self.chain);
        let (expr, is_parenthesised) = self.suffixed_expr()?;
        self.chain = self.chain.max(outer);
        let can_assign = !is_parenthesised && matches!(expr.kind, ExprKind::Name(_) | ExprKind::Index { .. });
        Ok((expr, can_assign))
    }
}

/// Expressions.
impl Parser<'_> {
    fn expr_list(&mut self) -> Result<Vec<Expr>> {
        let mut list = vec![self.expr()?];
        while self.accept(&Token::Comma)? {
            self.read_here(list.last_mut());
            list.push(self.expr()?);
        }
        Ok(list)
    }

    /// The last index or field access of an expression is carried out only when what follows has been read, so
    /// errors in it are reported at the line of the token just passed.
    fn read_here(&self, expr: Option<&mut Expr>) {
        if let Some(Expr { line, kind: ExprKind::Index { .. } }) = expr {
            *line = self.last_line;
        }
    }

    fn expr(&mut self) -> Result<Expr> {
        self.operation(0)
    }

    /// Parses operands joined by operators that bind tighter than `limit` (§3.4.8).
    fn operation(&mut self, limit: u8) -> Result<Expr> {
        self.enter()?;
        let outer = mem::take(&mut self.chain);
        let mut left = self.operand()?;
        while let Some((op, left_priority, right_priority)) = self.current.token.binary_op() {
            if left_priority <= limit {
                break;
            }
            let mut line = self.current.line;
            self.advance()?;
            self.read_here(Some(&mut left));
            let right = Box::new(self.operation(right_priority)?);
            self.extend_chain()?;
            if op.is_comparison() {
                line = self.last_line;
            }
            left = Expr { line, kind: ExprKind::Binary { op, left: Box::new(left), right } };
        }
        self.chain = self.chain.max(outer);
        self.leave();
        Ok(left)
    }

    fn operand(&mut self) -> Result<Expr> {
        if let Some(op) = self.current.token.unary_op() {
            return self.unary(op);
        }
        match &self.current.token {
            Token::Name(_) | Token::LeftParen => self.suffixed_expr().map(|(expr, _)| expr),
            Token::LeftBrace => self.table(),
            Token::Function => self.function_expr(),
            _ => self.literal(),
        }
    }

    fn unary(&mut self, op: UnaryOp) -> Result<Expr> {
        let line = self.current.line;
        self.advance()?;
        let operand = Box::new(self.operation(UNARY_PRIORITY)?);
        Ok(Expr { line, kind: ExprKind::Unary { op, operand } })
    }

    fn function_expr(&mut self) -> Result<Expr> {
        let line = self.current.line;
        self.advance()?;
        let function = Box::new(self.function_body(false, self.current.line)?);
        Ok(Expr { line, kind: ExprKind::Function(function) })
    }

    fn literal(&mut self) -> Result<Expr> {
        let line = self.current.line;
        let kind = match &self.current.token {
            Token::Integer(value) => ExprKind::Integer(*value),
            Token::Float(value) => ExprKind::Float(*value),
            Token::String(value) => ExprKind::String(value.clone()),
            Token::Nil => ExprKind::Nil,
            Token::True => ExprKind::True,
            Token::False => ExprKind::False,
            Token::Dots if !self.function.is_vararg => return self.fail("cannot use '...' outside a vararg function"),
            Token::Dots => ExprKind::Vararg,
            _ => return self.fail("unexpected symbol"),
        };
        self.advance()?;
        Ok(Expr { line, kind })
    }

    /// Parses a name or a parenthesised expression; for the latter the flag is set.
    fn primary_expr(&mut self) -> Result<(Expr, bool)> {
        match &self.current.token {
            Token::Name(name) => {
                let expr = Expr { line: self.current.line, kind: ExprKind::Name(*name) };
                self.advance().map(|()| (expr, false))
            }
            Token::LeftParen => self.parenthesised().map(|expr| (expr, true)),
            _ => self.fail("unexpected symbol"),
        }
    }

    /// Parses `(expr)`. Only where it cuts a list of values does it leave a node.
    fn parenthesised(&mut self) -> Result<Expr> {
        let line = self.current.line;
        self.advance()?;
        let mut inner = self.expr()?;
        self.expect_close(&Token::RightParen, &Token::LeftParen, line)?;
        self.read_here(Some(&mut inner));
        if matches!(inner.kind, ExprKind::Call { .. } | ExprKind::MethodCall { .. } | ExprKind::Vararg) {
            return Ok(Expr { line, kind: ExprKind::Paren(Box::new(inner)) });
        }
        Ok(inner)
    }

    /// Parses a primary expression and the fields, indices and calls behind it. The flag says that it is
    /// nothing but a parenthesised expression.
    fn suffixed_expr(&mut self) -> Result<(Expr, bool)> {
        let (mut expr, mut is_parenthesised) = self.primary_expr()?;
        loop {
            expr = match self.current.token {
                Token::Dot => self.field(expr)?,
                Token::LeftBracket => self.index(expr)?,
                Token::Colon => self.method_call(expr)?,
                Token::LeftParen | Token::LeftBrace | Token::String(_) => self.call(expr)?,
                _ => return Ok((expr, is_parenthesised)),
            };
            is_parenthesised = false;
        }
    }

    fn index(&mut self, object: Expr) -> Result<Expr> {
        let key = Box::new(self.bracketed_key()?);
        self.extend_chain()?;
        Ok(Expr { line: self.last_line, kind: ExprKind::Index { object: Box::new(object), key } })
    }

    fn method_call(&mut self, mut object: Expr) -> Result<Expr> {
        self.advance()?;
        let name = self.expect_name()?;
        self.read_here(Some(&mut object));
        let name_line = self.last_line;
        let line = self.current.line;
        let args = self.call_args()?;
        self.extend_chain()?;
        Ok(Expr { line, kind: ExprKind::MethodCall { object: Box::new(object), name, name_line, args } })
    }

    fn call(&mut self, callee: Expr) -> Result<Expr> {
        let line = self.current.line;
        let args = self.call_args()?;
        self.extend_chain()?;
        Ok(Expr { line, kind: ExprKind::Call { callee: Box::new(callee), args } })
    }

    /// Parses `.name`, or `:name` in the name of a function statement.
    fn field(&mut self, object: Expr) -> Result<Expr> {
        self.advance()?;
        let key = Box::new(self.name_key()?);
        self.extend_chain()?;
        Ok(Expr { line: self.last_line, kind: ExprKind::Index { object: Box::new(object), key } })
    }

    /// Reads a name as the string key it stands for.
    fn name_key(&mut self) -> Result<Expr> {
        let line = self.current.line;
        let name = self.expect_name()?;
        Ok(Expr { line, kind: ExprKind::String(Arc::from(Arc::clone(self.lexer.text(name)))) })
    }

    fn bracketed_key(&mut self) -> Result<Expr> {
        self.advance()?;
        let key = self.expr()?;
        self.expect(&Token::RightBracket)?;
        Ok(key)
    }

    fn call_args(&mut self) -> Result<Vec<Expr>> {
        let line = self.current.line;
        match &self.current.token {
            Token::LeftParen => {
                self.advance()?;
                let is_empty = self.current.token == Token::RightParen;
                let mut args = if is_empty { Vec::new() } else { self.expr_list()? };
                self.expect_close(&Token::RightParen, &Token::LeftParen, line)?;
                self.read_here(args.last_mut());
                Ok(args)
            }
            Token::LeftBrace => Ok(vec![self.table()?]),
            Token::String(value) => {
                let kind = ExprKind::String(value.clone());
                self.advance()?;
                Ok(vec![Expr { line, kind }])
            }
            _ => self.fail("function arguments expected"),
        }
    }

    /// Parses a table constructor (§3.4.9).
    fn table(&mut self) -> Result<Expr> {
        let line = self.current.line;
        self.advance()?;
        let mut fields = Vec::new();
        while self.current.token != Token::RightBrace {
            self.table_field().map(|field| fields.push(field))?;
            if !self.accept(&Token::Comma)? && !self.accept(&Token::Semicolon)? {
                break;
            }
            self.read_item_here(&mut fields);
        }
        self.expect_close(&Token::RightBrace, &Token::LeftBrace, line)?;
        self.read_item_here(&mut fields);
        fields.shrink_to_fit();
        Ok(Expr { line, kind: ExprKind::Table(fields) })
    }

    fn read_item_here(&self, fields: &mut [Field]) {
        if let Some(Field::Item(item)) = fields.last_mut() {
            self.read_here(Some(item));
        }
    }

    fn table_field(&mut self) -> Result<Field> {
        let is_named = matches!(self.current.token, Token::Name(_)) && *self.peek()? == Token::Assign;
        if !is_named && self.current.token != Token::LeftBracket {
            return self.expr().map(Field::Item);
        }
        let key = if is_named { self.name_key()? } else { self.bracketed_key()? };
        self.expect(&Token::Assign)?;
        self.expr().map(|value| Field::Pair { key, value })
    }

    /// Parses parameters and body, up to `end`.
    fn function_body(&mut self, is_method: bool, line: u32) -> Result<Function> {
        let outer = mem::replace(&mut self.function, Scope { line, locals: 0, is_vararg: false });
        self.expect(&Token::LeftParen)?;
        let mut params = Vec::new();
        if is_method {
            params.push(self.local(Name::SELF, line)?);
        }
        let mut is_vararg = false;
        let mut has_more = self.current.token != Token::RightParen;
        while has_more {
            match self.current.token {
                Token::Name(_) => params.push(self.local_name()?),
                Token::Dots => {
                    self.advance()?;
                    is_vararg = true;
                }
                _ => return self.fail("<name> or '...' expected"),
            }
            has_more = !is_vararg && self.accept(&Token::Comma)?;
        }
        self.expect(&Token::RightParen)?;
        self.function.is_vararg = is_vararg;
        let body = self.block()?;
        self.function = outer;
        let end_line = self.current.line;
        self.expect_close(&Token::End, &Token::Function, line)?;
        Ok(Function { params, is_vararg, body, line, end_line, after_line: self.current.line })
    }
}
