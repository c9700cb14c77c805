//! Tokens to tree: recursive descent over the grammar of §9.
//!
//! Two limits bound every recursion over the tree, here and later. Nesting counts as in PUC-Rio's parser
//! (`LEVELS_MAX`). Chains such as `a.b.c` or `a + b + c` do not nest in the text, but they do in the tree;
//! they are read in a loop and their depth is limited too (`CHAIN_MAX`). The parser numbers the declarations
//! of locals; it does not know which declaration a name means.

use std::mem;
use std::sync::Arc;

use crate::syntax::SyntaxError;
use crate::syntax::ast::{Attrib, Block, Chunk, Expr, ExprKind, Field, Function, Local, Name, Stat, StatKind, UnaryOp};
use crate::syntax::lexer::Lexer;
use crate::syntax::token::{Lexeme, Token};

/// The deepest nesting of statements and expressions. PUC-Rio's limit is 200 C levels, of which its stand-alone
/// interpreter has used three when it gets here.
const LEVELS_MAX: u32 = 197;

/// The longest path in the tree through calls, field accesses and operators that stand in chains. Together
/// with `LEVELS_MAX` it keeps every path in the tree below about 4,000 nodes.
const CHAIN_MAX: u32 = 1_000;

/// Binds tighter than every binary operator except `^`.
const UNARY_PRIORITY: u8 = 12;

type Result<T> = std::result::Result<T, SyntaxError>;

/// Parses a whole chunk of Lua 5.4.
pub(super) fn parse(source: &[u8]) -> Result<Chunk> {
    let mut lexer = Lexer::new(source);
    let current = lexer.next()?;
    let mut parser = Parser { lexer, current, ahead: None, levels: 0, chain: 0, local_count: 0, is_vararg: true };
    let body = parser.block()?;
    if parser.current.token != Token::Eof {
        return parser.fail_expected(&Token::Eof);
    }
    let main = Function { params: Vec::new(), is_vararg: true, body, line: 0, end_line: 0 };
    Ok(Chunk { main, local_count: parser.local_count })
}

struct Parser<'s> {
    lexer: Lexer<'s>,
    current: Lexeme,
    /// The token after the current one, where it had to be looked at.
    ahead: Option<Lexeme>,
    /// How many statements and expressions are open.
    levels: u32,
    /// The length of the longest chain path in what was parsed since the innermost open expression began.
    chain: u32,
    local_count: u32,
    /// Whether the function being parsed takes `...`.
    is_vararg: bool,
}

/// Tokens and errors.
impl Parser<'_> {
    fn advance(&mut self) -> Result<()> {
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
                let name = name.clone();
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

    fn local(&mut self, name: Name, line: u32) -> Local {
        let id = self.local_count;
        self.local_count += 1;
        Local { name, id, attrib: Attrib::Regular, line }
    }

    /// Reads a name and declares it.
    fn local_name(&mut self) -> Result<Local> {
        let line = self.current.line;
        let name = self.expect_name()?;
        Ok(self.local(name, line))
    }
}

/// Statements. What nests is split into small functions that hand their result on, because without
/// optimisation each temporary of each match arm takes room on the stack for every level.
impl Parser<'_> {
    fn at_block_end(&self) -> bool {
        matches!(self.current.token, Token::Else | Token::ElseIf | Token::End | Token::Eof | Token::Until)
    }

    fn block(&mut self) -> Result<Block> {
        let mut stats = Vec::new();
        while !self.at_block_end() {
            let is_last = self.current.token == Token::Return;
            let line = self.current.line;
            if self.accept(&Token::Semicolon)? {
                continue;
            }
            self.enter()?;
            self.statement(line).map(|kind| stats.push(Stat { line, kind }))?;
            self.leave();
            if is_last {
                break;
            }
        }
        Ok(Block { stats, end_line: self.current.line })
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
        let body = self.block()?;
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
        let body = self.block()?;
        self.expect_close(&Token::Until, &Token::Repeat, line)?;
        let condition = self.expr()?;
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
            let condition = self.expr()?;
            self.expect(&Token::Then)?;
            arms.push((condition, self.block()?));
        }
        let otherwise = if self.accept(&Token::Else)? { Some(self.block()?) } else { None };
        self.expect_close(&Token::End, &Token::If, line)?;
        Ok(StatKind::If { arms, otherwise })
    }

    fn for_stat(&mut self, line: u32) -> Result<StatKind> {
        self.advance()?;
        let variable = self.local_name()?;
        match self.current.token {
            Token::Assign => self.numeric_for(variable, line),
            Token::Comma | Token::In => self.generic_for(variable, line),
            _ => self.fail("'=' or 'in' expected"),
        }
    }

    fn numeric_for(&mut self, variable: Local, line: u32) -> Result<StatKind> {
        self.advance()?;
        let start = self.expr()?;
        self.expect(&Token::Comma)?;
        let limit = self.expr()?;
        let step = if self.accept(&Token::Comma)? { Some(self.expr()?) } else { None };
        let body = self.for_body(line)?;
        Ok(StatKind::NumericFor { variable, start, limit, step, body })
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

    fn for_body(&mut self, line: u32) -> Result<Block> {
        self.expect(&Token::Do)?;
        let body = self.block()?;
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
        match &*name {
            "const" => Ok(Attrib::Const),
            "close" => Ok(Attrib::Close),
            _ => self.fail_bare(format!("unknown attribute '{name}'")),
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
            list.push(self.expr()?);
        }
        Ok(list)
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
            let line = self.current.line;
            self.advance()?;
            let right = Box::new(self.operation(right_priority)?);
            self.extend_chain()?;
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
            Token::Dots if !self.is_vararg => return self.fail("cannot use '...' outside a vararg function"),
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
                let expr = Expr { line: self.current.line, kind: ExprKind::Name(name.clone()) };
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
        let inner = self.expr()?;
        self.expect_close(&Token::RightParen, &Token::LeftParen, line)?;
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
        Ok(Expr { line: object.line, kind: ExprKind::Index { object: Box::new(object), key } })
    }

    fn method_call(&mut self, object: Expr) -> Result<Expr> {
        self.advance()?;
        let name = self.expect_name()?;
        let line = self.current.line;
        let args = self.call_args()?;
        self.extend_chain()?;
        Ok(Expr { line, kind: ExprKind::MethodCall { object: Box::new(object), name, args } })
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
        let line = object.line;
        let key = Box::new(self.name_key()?);
        self.extend_chain()?;
        Ok(Expr { line, kind: ExprKind::Index { object: Box::new(object), key } })
    }

    /// Reads a name as the string key it stands for.
    fn name_key(&mut self) -> Result<Expr> {
        let line = self.current.line;
        let name = self.expect_name()?;
        Ok(Expr { line, kind: ExprKind::String(Arc::from(name)) })
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
                let args = if is_empty { Vec::new() } else { self.expr_list()? };
                self.expect_close(&Token::RightParen, &Token::LeftParen, line)?;
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
        }
        self.expect_close(&Token::RightBrace, &Token::LeftBrace, line)?;
        Ok(Expr { line, kind: ExprKind::Table(fields) })
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
        self.expect(&Token::LeftParen)?;
        let mut params = Vec::new();
        if is_method {
            let name = self.lexer.intern("self");
            params.push(self.local(name, line));
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
        let outer = mem::replace(&mut self.is_vararg, is_vararg);
        let body = self.block()?;
        self.is_vararg = outer;
        let end_line = self.current.line;
        self.expect_close(&Token::End, &Token::Function, line)?;
        Ok(Function { params, is_vararg, body, line, end_line })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stats(source: &str) -> Vec<Stat> {
        parse(source.as_bytes()).unwrap().main.body.stats
    }

    /// The tree of an expression in prefix notation.
    fn show(expr: &Expr) -> String {
        let list = |items: &[Expr]| items.iter().map(show).collect::<Vec<_>>().join(" ");
        match &expr.kind {
            ExprKind::Integer(value) => value.to_string(),
            ExprKind::String(value) => format!("'{}'", String::from_utf8_lossy(value)),
            ExprKind::Name(name) => name.to_string(),
            ExprKind::Vararg => "...".to_owned(),
            ExprKind::Index { object, key } => format!("(index {} {})", show(object), show(key)),
            ExprKind::Call { callee, args } => format!("(call {} [{}])", show(callee), list(args)),
            ExprKind::MethodCall { object, name, args } => format!("(method {} {name} [{}])", show(object), list(args)),
            ExprKind::Binary { op, left, right } => format!("({op:?} {} {})", show(left), show(right)),
            ExprKind::Unary { op, operand } => format!("({op:?} {})", show(operand)),
            ExprKind::Paren(inner) => format!("(paren {})", show(inner)),
            ExprKind::Table(fields) => {
                let fields = fields.iter().map(|field| match field {
                    Field::Item(value) => show(value),
                    Field::Pair { key, value } => format!("{}={}", show(key), show(value)),
                });
                format!("{{{}}}", fields.collect::<Vec<_>>().join(" "))
            }
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn builds_expressions() {
        for (source, tree) in [
            ("1 + 2 * 3 - 4", "(Sub (Add 1 (Mul 2 3)) 4)"),
            ("a .. b .. c", "(Concat a (Concat b c))"),
            ("2 ^ 3 ^ -4", "(Pow 2 (Pow 3 (Neg 4)))"),
            ("-x ^ 2", "(Neg (Pow x 2))"),
            ("not a == b", "(Eq (Not a) b)"),
            ("a or b and c < d", "(Or a (And b (Lt c d)))"),
            ("a | b ~ c & d << 1 .. e", "(BOr a (BXor b (BAnd c (Shl d (Concat 1 e)))))"),
            ("#a // ~b % - -1", "(Mod (IDiv (Len a) (BNot b)) (Neg (Neg 1)))"),
            ("(a + b) * c", "(Mul (Add a b) c)"),
            ("((f()))", "(paren (call f []))"),
            ("(...)", "(paren ...)"),
            ("(a).b", "(index a 'b')"),
            ("a.b[c]:d 'x'.e", "(index (method (index (index a 'b') c) d ['x']) 'e')"),
            ("f{1, x = 2; [3] = 4, g(),}", "(call f [{1 'x'=2 3=4 (call g [])}])"),
            ("f()()(1, 2)", "(call (call (call f []) []) [1 2])"),
        ] {
            let stats = stats(&format!("return {source}"));
            let [Stat { kind: StatKind::Return(values), .. }] = stats.as_slice() else { panic!("{stats:?}") };
            assert_eq!(values.iter().map(show).collect::<Vec<_>>(), [tree], "{source}");
        }
    }

    #[test]
    fn builds_statements() {
        let chunk = parse(
            b"local a <const>, b <close>, c = 1\nfunction a.b:c(x, ...) local y end\n\
              for i = 1, 2 do ; end for k, v in p do break end\nlocal function f(z) end\n\
              repeat local q until q ::l:: goto l a, b[1] = 1, 2; f() return a;",
        )
        .unwrap();
        assert_eq!(chunk.local_count, 12);
        assert!(chunk.main.is_vararg);
        let stats = chunk.main.body.stats;
        let StatKind::Local { locals, .. } = &stats[0].kind else { panic!() };
        let attribs: Vec<Attrib> = locals.iter().map(|local| local.attrib).collect();
        assert_eq!(attribs, [Attrib::Const, Attrib::Close, Attrib::Regular]);
        assert!(locals.iter().map(|local| local.id).eq(0..3));
        let StatKind::Function { target, function } = &stats[1].kind else { panic!() };
        assert_eq!(show(target), "(index (index a 'b') 'c')");
        assert!(function.is_vararg);
        assert_eq!(function.params.iter().map(|p| (&*p.name, p.id)).collect::<Vec<_>>(), [("self", 3), ("x", 4)]);
        assert!(matches!(&stats[2].kind, StatKind::NumericFor { step: None, body, .. } if body.stats.is_empty()));
        assert!(matches!(&stats[3].kind, StatKind::GenericFor { variables, .. } if variables.len() == 2));
        assert!(matches!(&stats[4].kind, StatKind::LocalFunction { local, .. } if &*local.name == "f"));
        assert!(matches!(&stats[5].kind, StatKind::Repeat { body, .. } if body.stats.len() == 1));
        assert!(matches!(&stats[6].kind, StatKind::Label(name) if &**name == "l"));
        assert!(matches!(&stats[7].kind, StatKind::Goto(name) if &**name == "l"));
        assert!(matches!(&stats[8].kind, StatKind::Assign { targets, values } if targets.len() == values.len()));
    }

    #[test]
    fn keeps_lines() {
        let stats = stats("\nlocal x = a\n+\nb\nf\n.g\n(\n1)\nlocal function h()\n\nend");
        let lines: Vec<u32> = stats.iter().map(|stat| stat.line).collect();
        assert_eq!(lines, [2, 5, 9]);
        let StatKind::Local { values, .. } = &stats[0].kind else { panic!() };
        assert_eq!(values[0].line, 3);
        let StatKind::Call(call) = &stats[1].kind else { panic!() };
        assert_eq!(call.line, 7);
        let StatKind::LocalFunction { function, .. } = &stats[2].kind else { panic!() };
        assert_eq!((function.line, function.end_line, function.body.end_line), (9, 11, 11));
    }

    #[test]
    fn reports_faults() {
        for (source, line, message) in [
            ("x = ", 1, "unexpected symbol near <eof>"),
            ("\u{1}", 1, r"unexpected symbol near '<\1>'"),
            ("x = é", 1, r"unexpected symbol near '<\195>'"),
            ("x = 1 'd\\65\\0x'", 1, "unexpected symbol near ''dA'"),
            ("x = 1 [==[\na\r\nb]==]", 3, "unexpected symbol near '[==[a\nb]==]'"),
            ("x", 1, "syntax error near <eof>"),
            ("f() = 1", 1, "syntax error near '='"),
            ("(a) = 1", 1, "syntax error near '='"),
            ("(f())", 1, "syntax error near <eof>"),
            ("a, b", 1, "'=' expected near <eof>"),
            ("a.b:c = 1", 1, "function arguments expected near '='"),
            ("if x\nthen\n", 3, "'end' expected (to close 'if' at line 1) near <eof>"),
            ("repeat\nend", 2, "'until' expected (to close 'repeat' at line 1) near 'end'"),
            ("f{1\n,2", 2, "'}' expected (to close '{' at line 1) near <eof>"),
            ("for a b", 1, "'=' or 'in' expected near 'b'"),
            ("function f(a,) end", 1, "<name> or '...' expected near ')'"),
            ("function f() return ... end", 1, "cannot use '...' outside a vararg function near '...'"),
            ("local x <foo> = 1", 1, "unknown attribute 'foo'"),
            ("local a <close>, b <close> = 1", 1, "multiple to-be-closed variables in local list"),
            ("return 1 2", 1, "<eof> expected near '2'"),
        ] {
            let error = parse(source.as_bytes()).unwrap_err();
            assert_eq!((error.line, error.message.as_str()), (line, message), "{source}");
        }
    }

    #[test]
    fn limits_nesting() {
        // Each form with the count at which PUC-Rio's parser gives up.
        for (open, middle, close, limit) in [
            ("(", "1", ")", 196),
            ("{", "", "}", 197),
            ("- ", "1", "", 196),
            ("1 .. ", "1", "", 196),
            ("f(", "1", ")", 196),
            ("function() return ", "1", " end", 98),
        ] {
            let source = |count: usize| format!("x = {}{middle}{}", open.repeat(count), close.repeat(count));
            assert!(parse(source(limit - 1).as_bytes()).is_ok(), "{open}");
            for count in [limit, 100_000] {
                assert_eq!(parse(source(count).as_bytes()).unwrap_err().message, "C stack overflow", "{open}");
            }
        }
        for (open, limit) in [("do ", 198), ("while x do ", 197), ("if x then ", 197), ("for i = a, b do ", 197)] {
            let source = |count: usize| open.repeat(count) + &"end ".repeat(count);
            assert!(parse(source(limit - 1).as_bytes()).is_ok(), "{open}");
            assert_eq!(parse(source(limit).as_bytes()).unwrap_err().message, "C stack overflow", "{open}");
        }
    }

    #[test]
    fn limits_chains() {
        for (start, link, end) in [
            ("x = a", ".b", ""),
            ("x = a", "()", ""),
            ("a", ":b()", ""),
            ("x = 1", " + 1", ""),
            ("function a", ".b", "() end"),
        ] {
            let source = |count: usize| start.to_owned() + &link.repeat(count) + end;
            assert!(parse(source(1_000).as_bytes()).is_ok());
            let error = parse(source(1_000_000).as_bytes()).unwrap_err();
            assert!(error.message.starts_with("expression has too many chained operations"), "{error}");
        }
        // Chains inside chains add up, beside each other they do not.
        let chain = format!("a{}", ".b".repeat(600));
        assert!(parse(format!("x = f({chain}, {chain}, {chain})").as_bytes()).is_ok());
        assert!(parse(format!("x = f({chain}){}", ".c".repeat(600)).as_bytes()).is_err());
        assert!(parse(format!("x = f(function() {chain}() end){}", ".c".repeat(600)).as_bytes()).is_err());
        // What is not a chain is not limited.
        assert!(parse(format!("if x then {} end", "elseif y then ".repeat(10_000)).as_bytes()).is_ok());
        assert!(parse("::a:: ;".repeat(10_000).as_bytes()).is_ok());
    }
}
