//! The syntax tree: what the parser makes and the compiler reads.
//!
//! The tree keeps the source's shape. Names are not resolved yet, but every declaration of a local
//! variable carries a number of its own ([`Local::id`]), so that the compiler can keep facts about it in
//! a plain vector. Parentheses are kept where they mean something ([`ExprKind::Paren`] cuts a list of
//! values to one).

use std::sync::Arc;

/// Strings up to this length are the same if their bytes are. Of longer ones the lexer keeps each once, so that nobody has
/// to look at all of their bytes again, however often a source uses them.
pub const COMPARED_MAX: usize = 64;

/// An identifier, by its number among those of its chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Name(u32);

impl Name {
    /// `_ENV`
    pub const ENV: Name = Name(0);
    /// `self`
    pub const SELF: Name = Name(1);
    /// `(for state)`, which no source can say: the compiler's own variables of loops.
    pub const FOR_STATE: Name = Name(2);

    /// Its number.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The texts of a chunk's names. Lua's names are ASCII.
#[derive(Debug, Clone, PartialEq)]
pub struct Names(Vec<Arc<str>>);

impl Default for Names {
    /// Those that have constants of [`Name`].
    fn default() -> Names {
        Names(["_ENV", "self", "(for state)"].map(Arc::from).into())
    }
}

impl Names {
    /// Adds a name that is not there yet.
    pub fn add(&mut self, text: Arc<str>) -> Name {
        self.0.push(text);
        Name(u32::try_from(self.0.len() - 1).unwrap_or(u32::MAX))
    }

    /// The text of one of these names.
    pub fn text(&self, name: Name) -> &Arc<str> {
        &self.0[name.index()]
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

/// A block: statements in their own scope.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Block {
    /// The statements, `return` last if there is one.
    pub stats: Vec<Stat>,
    /// The line of the token before the block.
    pub line: u32,
    /// The line of the block's last token.
    pub last_line: u32,
    /// The line of the token that ended the block.
    pub end_line: u32,
}

/// A statement and its lines.
#[derive(Debug, Clone, PartialEq)]
pub struct Stat {
    /// The line of the statement's first token.
    pub line: u32,
    /// The line of the statement's last token.
    pub end_line: u32,
    /// What it is.
    pub kind: StatKind,
}

/// The statements of Lua (§3.3 of the manual).
#[derive(Debug, Clone, PartialEq)]
pub enum StatKind {
    /// `local a <const>, b = values`
    Local { locals: Vec<Local>, values: Vec<Expr> },
    /// `local function name body`
    LocalFunction { local: Local, function: Box<Function> },
    /// `targets = values`; a target is a [`ExprKind::Name`] or an [`ExprKind::Index`]
    Assign { targets: Vec<Expr>, values: Vec<Expr> },
    /// `function a.b:c body`: an assignment whose target's method gets the parameter `self`
    Function { target: Expr, function: Box<Function> },
    /// A call as a statement.
    Call(Expr),
    /// `do body end`
    Do(Block),
    /// `while condition do body end`
    While { condition: Expr, body: Box<Block> },
    /// `repeat body until condition`; the condition sees the body's locals
    Repeat { body: Box<Block>, condition: Expr },
    /// `if … then … elseif … else … end`
    If { arms: Vec<(Expr, Block)>, otherwise: Option<Box<Block>> },
    /// `for variable = start, limit, step do body end`
    NumericFor { variable: Local, range: Box<Range>, body: Box<Block> },
    /// `for variables in values do body end`
    GenericFor { variables: Vec<Local>, values: Vec<Expr>, body: Box<Block> },
    /// `return values`
    Return(Vec<Expr>),
    /// `break`
    Break,
    /// `goto name`
    Goto(Name),
    /// `::name::`
    Label(Name),
}

/// What the variable of a numeric loop runs through.
#[derive(Debug, Clone, PartialEq)]
pub struct Range {
    /// The first value.
    pub start: Expr,
    /// The value behind which the loop ends.
    pub limit: Expr,
    /// The difference between two values; 1 if there is none.
    pub step: Option<Expr>,
}

/// A declaration of a local variable.
#[derive(Debug, Clone, PartialEq)]
pub struct Local {
    /// The name.
    pub name: Name,
    /// The declaration's number, unique in its chunk, counted from 0 without gaps.
    pub id: u32,
    /// The attribute in angle brackets.
    pub attrib: Attrib,
    /// The line of the name.
    pub line: u32,
}

/// The attribute of a local variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Attrib {
    /// None.
    #[default]
    Regular,
    /// `<const>`
    Const,
    /// `<close>`
    Close,
}

/// A function body, or a whole chunk.
#[derive(Debug, Clone, PartialEq)]
pub struct Function {
    /// The parameters; a method's first is `self`.
    pub params: Vec<Local>,
    /// Whether it ends its parameters with `...`.
    pub is_vararg: bool,
    /// The body.
    pub body: Block,
    /// The line of `function`; 0 for a chunk.
    pub line: u32,
    /// The line of the closing `end`; 0 for a chunk.
    pub end_line: u32,
    /// The line of the token behind the function; for a chunk, where its text ends.
    pub after_line: u32,
}

/// A whole chunk.
#[derive(Debug, Clone, PartialEq)]
pub struct Chunk {
    /// The chunk as a vararg function.
    pub main: Function,
    /// The number of local declarations: every [`Local::id`] is below it.
    pub local_count: u32,
    /// What the names are called.
    pub names: Names,
}

/// An expression and the line an error in it is reported at.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// The line: of the operator for operations, but of the last token for comparisons; of the opening
    /// parenthesis for calls; of the last token read when it is carried out for an index; else of the first
    /// token.
    pub line: u32,
    /// What it is.
    pub kind: ExprKind,
}

/// The expressions of Lua (§3.4).
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// `nil`
    Nil,
    /// `true`
    True,
    /// `false`
    False,
    /// An integer numeral.
    Integer(i64),
    /// A float numeral.
    Float(f64),
    /// A string literal, escapes resolved. Equal ones that are longer than [`COMPARED_MAX`] are one allocation.
    String(Arc<[u8]>),
    /// `...`
    Vararg,
    /// `function body`
    Function(Box<Function>),
    /// A variable.
    Name(Name),
    /// `object[key]`; `object.name` has a string key
    Index { object: Box<Expr>, key: Box<Expr> },
    /// `callee(args)`
    Call { callee: Box<Expr>, args: Vec<Expr> },
    /// `object:name(args)`
    MethodCall { object: Box<Expr>, name: Name, name_line: u32, args: Vec<Expr> },
    /// `left op right`
    Binary { op: BinaryOp, left: Box<Expr>, right: Box<Expr> },
    /// `op operand`
    Unary { op: UnaryOp, operand: Box<Expr> },
    /// `{ … }`
    Table(Vec<Field>),
    /// `(expr)`
    Paren(Box<Expr>),
}

/// A field of a table constructor.
#[derive(Debug, Clone, PartialEq)]
pub enum Field {
    /// `value`
    Item(Expr),
    /// `[key] = value` or `name = value`
    Pair { key: Expr, value: Expr },
}

/// The binary operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    IDiv,
    Mod,
    Pow,
    Concat,
    BAnd,
    BOr,
    BXor,
    Shl,
    Shr,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    And,
    Or,
}

/// The unary operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnaryOp {
    Neg,
    Not,
    Len,
    BNot,
}

impl BinaryOp {
    /// Whether it compares.
    pub const fn is_comparison(self) -> bool {
        matches!(self, BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge)
    }
}
