//! `string.find`, `match` and `gmatch`, and what they share with `gsub`.
//!
//! The functions have a [`Toolbox`] in common, in which the programs of the patterns used lately lie ready, and a
//! matcher for whoever needs one. A search that ends after little work is answered at once; only what takes longer
//! becomes a sequence.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::buffer::Buffer;
use super::gsub::gsub;
use super::inquiry::{Ask, Inquiry, inquire};
use super::matcher::{Found, Matcher, Search, Span};
use super::pattern::{Capture, Compiler, PatternError, Program};
use super::plain::{PlainFound, PlainSearch};
use super::string::start_offset;
use crate::api::{Action, Call, Charge, Collect, Context, LuaString, Native, Raised, Sequence, Table, UserData, Value};

/// How much work is done between two looks at the fuel.
pub(super) const SLICE: usize = 1 << 14;

/// How many programs lie ready.
const PROGRAMS: usize = 64;

/// Longer patterns are compiled anew each time.
const KNOWN_MAX: usize = 100;

/// How many bytes of captures are copied at once.
const DIRECT_MAX: usize = 1 << 16;

/// Programs up to this size are not entered in the ledger.
const UNCHARGED_BYTES: usize = 4096;

/// How many functions [`add_functions`] adds.
pub(super) const FUNCTIONS_COUNT: usize = 4;

/// Adds the functions that work with patterns.
pub(super) fn add_functions<'gc>(ctx: Context<'gc>, table: Table<'gc>) -> Result<(), Raised<'gc>> {
    let tools = [Value::UserData(UserData::new(ctx, Toolbox::default(), None))];
    table.set_field(ctx, "find", Native::with_upvalues(ctx, "string.find", &tools, find))?;
    table.set_field(ctx, "gmatch", Native::with_upvalues(ctx, "string.gmatch", &tools, gmatch))?;
    table.set_field(ctx, "gsub", Native::with_upvalues(ctx, "string.gsub", &tools, gsub))?;
    table.set_field(ctx, "match", Native::with_upvalues(ctx, "string.match", &tools, match_))?;
    Ok(())
}

// -- tools -----------------------------------------------------------------------------------------------

/// What searches need and leave for the next ones.
#[derive(Default)]
struct Toolbox {
    programs: RefCell<Vec<Known>>,
    matcher: Cell<Option<Box<Matcher>>>,
    output: Cell<Buffer>,
}

/// A pattern and its program.
#[derive(Debug, Default)]
struct Known {
    pattern: Box<[u8]>,
    is_literal: bool,
    program: Option<Rc<Program>>,
}

/// The toolbox, as a value.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
pub(super) struct Tools<'gc>(Value<'gc>);

impl<'gc> Tools<'gc> {
    fn toolbox(self) -> Option<&'gc Toolbox> {
        match self.0 {
            Value::UserData(userdata) => userdata.downcast(),
            _ => None,
        }
    }

    /// The program of a pattern, unless it is long.
    #[inline]
    fn program(self, pattern: LuaString<'gc>, is_literal: bool) -> Option<Rc<Program>> {
        let bytes = pattern.as_bytes();
        if bytes.len() > KNOWN_MAX {
            return None;
        }
        let mut programs = self.toolbox()?.programs.borrow_mut();
        if programs.is_empty() {
            programs.resize_with(PROGRAMS, Known::default);
        }
        let known = programs.get_mut(pattern.hash() as usize % PROGRAMS)?;
        if let Some(program) = &known.program
            && *known.pattern == *bytes
            && known.is_literal == is_literal
        {
            return Some(Rc::clone(program));
        }
        let program = Rc::new(Compiler::new(bytes, is_literal).run(bytes, &mut { usize::MAX })?);
        *known = Known { pattern: bytes.into(), is_literal, program: Some(Rc::clone(&program)) };
        Some(program)
    }

    #[inline]
    pub(super) fn matcher(self) -> Box<Matcher> {
        self.toolbox().and_then(|toolbox| toolbox.matcher.take()).unwrap_or_default()
    }

    #[inline]
    pub(super) fn output(self) -> Buffer {
        self.toolbox().map(|toolbox| toolbox.output.take()).unwrap_or_default()
    }

    /// Takes a matcher back for the next search.
    #[inline]
    pub(super) fn put_back(self, matcher: Box<Matcher>) {
        if let Some(toolbox) = self.toolbox() {
            toolbox.matcher.set(Some(matcher));
        }
    }

    /// Takes an empty buffer back for the next substitution.
    #[inline]
    pub(super) fn put_back_output(self, output: Buffer) {
        if let Some(toolbox) = self.toolbox() {
            toolbox.output.set(output);
        }
    }
}

/// What goes on once the pattern, the call's second argument, is compiled.
type Begin = for<'a, 'gc> fn(&mut Call<'a, 'gc>, Tools<'gc>, Rc<Program>) -> Result<Action<'gc>, Raised<'gc>>;

/// Compiles the pattern, then begins.
#[inline]
pub(super) fn with_program<'gc>(
    call: &mut Call<'_, 'gc>,
    is_literal: bool,
    begin: Begin,
) -> Result<Action<'gc>, Raised<'gc>> {
    call.check::<LuaString<'gc>>(0)?;
    let pattern = call.check::<LuaString<'gc>>(1)?;
    let tools = Tools(call.upvalue(0));
    if let Some(program) = tools.program(pattern, is_literal) {
        return begin(call, tools, program);
    }
    let compiler = Compiler::new(pattern.as_bytes(), is_literal);
    let mut compiling = Compiling { compiler, pattern, tools, begin, charge: None, charged: 0 };
    match compiling.run(call)? {
        Some(program) => begin(call, tools, program),
        None => {
            call.leave_args(0);
            Ok(Action::Start(Box::new(compiling)))
        }
    }
}

/// The compilation of a long pattern.
#[derive(Collect)]
#[collect(no_drop)]
struct Compiling<'gc> {
    compiler: Compiler,
    pattern: LuaString<'gc>,
    tools: Tools<'gc>,
    #[collect(require_static)]
    begin: Begin,
    #[collect(require_static)]
    charge: Option<Charge>,
    charged: usize,
}

impl<'gc> Compiling<'gc> {
    fn run(&mut self, call: &mut Call<'_, 'gc>) -> Result<Option<Rc<Program>>, Raised<'gc>> {
        let mut work = SLICE;
        call.ctx.ledger().check(self.compiler.bytes())?;
        let program = self.compiler.run(self.pattern.as_bytes(), &mut work);
        call.charge(SLICE - work);
        let bytes = program.as_ref().map_or(self.compiler.bytes(), Program::bytes);
        if bytes > UNCHARGED_BYTES && bytes > self.charged {
            self.charge.get_or_insert_with(|| Charge::new(call.ctx.ledger(), 0)).add(bytes - self.charged);
            self.charged = bytes;
        }
        Ok(program.map(|mut program| {
            if let Some(charge) = self.charge.take() {
                program.charge_to(charge);
            }
            Rc::new(program)
        }))
    }
}

impl<'gc> Sequence<'gc> for Compiling<'gc> {
    fn name(&self) -> &'static str {
        "string.find"
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        loop {
            if let Some(program) = self.run(call)? {
                return (self.begin)(call, self.tools, program);
            }
            if call.is_out_of_fuel() {
                call.leave_args(0);
                return Ok(Action::Pause);
            }
        }
    }
}

// -- captures --------------------------------------------------------------------------------------------

/// What a capture gives.
#[derive(Clone, Copy, Debug)]
pub(super) enum Piece {
    Position(usize),
    Text(Span),
}

impl Piece {
    fn len(self) -> usize {
        match self {
            Piece::Position(_) => 0,
            Piece::Text(span) => span.end - span.start,
        }
    }

    /// The piece as a value, made at once.
    #[inline]
    fn value<'gc>(self, ctx: Context<'gc>, subject: LuaString<'gc>) -> Value<'gc> {
        match self {
            Piece::Position(at) => Value::Integer(at as i64 + 1),
            Piece::Text(Span { start: 0, end }) if end == subject.len() => Value::String(subject),
            Piece::Text(Span { start, end }) => ctx.text(subject.as_bytes().get(start..end).unwrap_or_default()),
        }
    }
}

/// What the capture of this number, from 0, gives after a match; the whole match stands in for a first capture.
#[inline]
pub(super) fn piece(search: &Search, whole: Span, number: usize) -> Result<Piece, PatternError> {
    let span = search.matcher.captures.get(number).copied().unwrap_or_default();
    match search.program.captures.get(number) {
        Some(Capture::Text) => Ok(Piece::Text(span)),
        Some(Capture::Position) => Ok(Piece::Position(span.start)),
        Some(Capture::Unfinished) => Err(PatternError::UnfinishedCapture),
        None if number == 0 => Ok(Piece::Text(whole)),
        None => Err(PatternError::InvalidIndex(u8::try_from(number + 1).unwrap_or(u8::MAX))),
    }
}

/// Leaves `first` and behind it so many captures with the call, unless they are long; then they are to be gathered.
#[inline]
pub(super) fn push_pieces<'gc>(
    call: &mut Call<'_, 'gc>,
    subject: LuaString<'gc>,
    search: &Search,
    whole: Span,
    (first, count): (&[Value<'gc>], usize),
) -> Result<Option<Gather<'gc>>, Raised<'gc>> {
    let mut total = 0_usize;
    for number in 0..count {
        total = total.saturating_add(piece(search, whole, number)?.len());
    }
    if total > DIRECT_MAX {
        let pieces: Result<Vec<_>, _> = (0..count).map(|number| piece(search, whole, number)).collect();
        return Ok(Some(Gather {
            subject,
            pieces: pieces?,
            next: 0,
            values: first.to_vec(),
            buffer: Buffer::default(),
        }));
    }
    if total > UNCHARGED_BYTES {
        call.charge(total / 64);
        call.ctx.ledger().check(total)?;
    }
    call.leave(first);
    for number in 0..count {
        let value = piece(search, whole, number)?.value(call.ctx, subject);
        call.push(value);
    }
    Ok(None)
}

/// The first capture as a value, unless it is long.
#[inline]
pub(super) fn short_piece<'gc>(
    ctx: Context<'gc>,
    subject: LuaString<'gc>,
    search: &Search,
    whole: Span,
) -> Result<Result<Value<'gc>, Gather<'gc>>, Raised<'gc>> {
    let piece = piece(search, whole, 0)?;
    if piece.len() <= DIRECT_MAX {
        return Ok(Ok(piece.value(ctx, subject)));
    }
    Ok(Err(Gather { subject, pieces: vec![piece], next: 0, values: Vec::new(), buffer: Buffer::default() }))
}

/// Long captures on their way to being strings.
#[derive(Collect)]
#[collect(no_drop)]
pub(super) struct Gather<'gc> {
    subject: LuaString<'gc>,
    #[collect(require_static)]
    pieces: Vec<Piece>,
    next: usize,
    pub(super) values: Vec<Value<'gc>>,
    buffer: Buffer,
}

impl<'gc> Gather<'gc> {
    /// Copies on for about so much work. Whether that was all.
    pub(super) fn advance(&mut self, ctx: Context<'gc>, work: &mut usize) -> Result<bool, Raised<'gc>> {
        while *work > 0 {
            let Some(piece) = self.pieces.get(self.next) else { return Ok(true) };
            let (Piece::Text(Span { start, end }), true) =
                (*piece, piece.len() > DIRECT_MAX && piece.len() < self.subject.len())
            else {
                *work = work.saturating_sub(1 + piece.len() / 32);
                ctx.ledger().check(piece.len())?;
                self.values.push(piece.value(ctx, self.subject));
                self.next += 1;
                continue;
            };
            if self.buffer.len() == 0 {
                self.buffer.reserve(ctx, end - start)?;
            }
            let from = start + self.buffer.len();
            let part = from..end.min(from + DIRECT_MAX);
            *work = work.saturating_sub(1 + part.len() / 32);
            self.buffer.push(ctx, self.subject.as_bytes().get(part).unwrap_or_default())?;
            if self.buffer.len() == end - start {
                self.values.push(self.buffer.finish(ctx));
                self.next += 1;
            }
        }
        Ok(false)
    }
}

// -- find and match --------------------------------------------------------------------------------------

fn find<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    if call.arg(3).is_truthy() {
        return find_plain(call);
    }
    with_program(call, false, |call, tools, program| {
        if program.is_plain {
            return find_plain(call);
        }
        begin(call, tools, program, Kind::Find)
    })
}

fn match_<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    with_program(call, false, |call, tools, program| begin(call, tools, program, Kind::Match))
}

/// What a search is for.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
enum Kind<'gc> {
    Find,
    Match,
    /// The next step of this iteration.
    Iterate(Native<'gc>),
}

#[inline]
fn begin<'gc>(
    call: &mut Call<'_, 'gc>,
    tools: Tools<'gc>,
    program: Rc<Program>,
    kind: Kind<'gc>,
) -> Result<Action<'gc>, Raised<'gc>> {
    let subject = call.check::<LuaString<'gc>>(0)?;
    let start = start_offset(call.optional(2, 1)?, subject.len());
    if start > subject.len() {
        return call.ret1(Value::Nil);
    }
    let search = Search::new(program, tools.matcher(), start);
    search_now(call, Searching { subject, tools, kind, search, gather: None })
}

/// Searches at once for a while, then as a sequence.
#[inline]
fn search_now<'gc>(call: &mut Call<'_, 'gc>, mut searching: Searching<'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    if searching.advance(call)? {
        searching.tools.put_back(searching.search.matcher);
        return Ok(Action::Return);
    }
    searching.search.account(call.ctx);
    inquire(call, searching)
}

/// A search, until its results are left with the call.
#[derive(Collect)]
#[collect(no_drop)]
struct Searching<'gc> {
    subject: LuaString<'gc>,
    tools: Tools<'gc>,
    kind: Kind<'gc>,
    search: Search,
    gather: Option<Gather<'gc>>,
}

impl<'gc> Searching<'gc> {
    /// Goes on for a slice. Whether the results are left with the call.
    #[inline]
    fn advance(&mut self, call: &mut Call<'_, 'gc>) -> Result<bool, Raised<'gc>> {
        let mut work = SLICE;
        if let Some(gather) = &mut self.gather {
            let is_done = gather.advance(call.ctx, &mut work)?;
            call.charge(SLICE - work);
            if is_done {
                call.leave(&gather.values);
            }
            return Ok(is_done);
        }
        let found = self.search.next(self.subject.as_bytes(), &mut work);
        call.charge(SLICE - work);
        let (start, end) = match found? {
            Found::NotYet => return Ok(false),
            Found::Nothing => {
                self.keep_place(call.ctx, self.subject.len() + 1);
                match self.kind {
                    Kind::Iterate(_) => call.leave(&[]),
                    _ => call.leave(&[Value::Nil]),
                }
                return Ok(true);
            }
            Found::Match(start, end) => (start, end),
        };
        self.keep_place(call.ctx, end);
        let captures = self.search.program.captures.len();
        let (positions, count) = match self.kind {
            Kind::Find => ([Value::Integer(start as i64 + 1), Value::Integer(end as i64)], captures),
            _ => ([Value::Nil; 2], captures.max(1)),
        };
        let positions = if let Kind::Find = self.kind { &positions[..] } else { &[] };
        self.gather = push_pieces(call, self.subject, &self.search, Span { start, end }, (positions, count))?;
        Ok(self.gather.is_none())
    }

    /// Notes where an iteration goes on.
    #[inline]
    fn keep_place(&self, ctx: Context<'gc>, last: usize) {
        if let Kind::Iterate(iterator) = self.kind {
            iterator.set_upvalue(ctx, PLACE, Value::Integer(!(last as i64)));
        }
    }
}

impl<'gc> Inquiry<'gc> for Searching<'gc> {
    const NAME: &'static str = "string.find";

    fn next(&mut self, call: &mut Call<'_, 'gc>, _answer: Value<'gc>) -> Result<Ask<'gc>, Raised<'gc>> {
        let is_done = self.advance(call)?;
        self.search.account(call.ctx);
        Ok(if is_done { Ask::Done } else { Ask::Turn })
    }
}

// -- plain find ------------------------------------------------------------------------------------------

fn find_plain<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let subject = call.check::<LuaString<'gc>>(0)?;
    let needle = call.check::<LuaString<'gc>>(1)?;
    let start = start_offset(call.optional(2, 1)?, subject.len());
    if start > subject.len() {
        return call.ret1(Value::Nil);
    }
    let mut plain = Plain { subject, needle, search: PlainSearch::new(start) };
    if plain.advance(call) { Ok(Action::Return) } else { inquire(call, plain) }
}

#[derive(Collect)]
#[collect(no_drop)]
struct Plain<'gc> {
    subject: LuaString<'gc>,
    needle: LuaString<'gc>,
    search: PlainSearch,
}

impl<'gc> Plain<'gc> {
    /// Goes on for a slice. Whether the results are left with the call.
    fn advance(&mut self, call: &mut Call<'_, 'gc>) -> bool {
        let mut work = SLICE;
        let found = self.search.next(self.subject.as_bytes(), self.needle.as_bytes(), &mut work);
        call.charge(SLICE - work);
        match found {
            PlainFound::NotYet => return false,
            PlainFound::Nothing => call.leave(&[Value::Nil]),
            PlainFound::At(at) => {
                let end = at + self.needle.len();
                call.leave(&[Value::Integer(at as i64 + 1), Value::Integer(end as i64)]);
            }
        }
        true
    }
}

impl<'gc> Inquiry<'gc> for Plain<'gc> {
    const NAME: &'static str = "string.find";

    fn next(&mut self, call: &mut Call<'_, 'gc>, _answer: Value<'gc>) -> Result<Ask<'gc>, Raised<'gc>> {
        Ok(if self.advance(call) { Ask::Done } else { Ask::Turn })
    }
}

// -- gmatch ----------------------------------------------------------------------------------------------

/// Where an iterator keeps the pattern's short text, or its program.
const PROGRAM: usize = 2;

/// Where an iterator keeps its place: where the first match may begin, or else the complement of where the last one
/// ended.
const PLACE: usize = 3;

fn gmatch<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    with_program(call, true, begin_iteration)
}

fn begin_iteration<'gc>(
    call: &mut Call<'_, 'gc>,
    tools: Tools<'gc>,
    program: Rc<Program>,
) -> Result<Action<'gc>, Raised<'gc>> {
    let subject = call.check::<LuaString<'gc>>(0)?;
    let pattern = call.check::<LuaString<'gc>>(1)?;
    let start = start_offset(call.optional(2, 1)?, subject.len()).min(subject.len() + 1);
    let pattern = if pattern.len() <= KNOWN_MAX {
        Value::String(pattern)
    } else {
        Value::UserData(UserData::new(call.ctx, program, None))
    };
    let upvalues = [tools.0, Value::String(subject), pattern, Value::Integer(start as i64)];
    call.ret1(Native::with_upvalues(call.ctx, "string.gmatch.next", &upvalues, gmatch_next))
}

fn gmatch_next<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let tools = Tools(call.upvalue(0));
    let program = match call.upvalue(PROGRAM) {
        Value::String(pattern) => tools.program(pattern, true),
        Value::UserData(program) => program.downcast::<Rc<Program>>().cloned(),
        _ => None,
    };
    let (Some(program), Some(iterator), Value::String(subject), Value::Integer(place)) =
        (program, call.callee(), call.upvalue(1), call.upvalue(PLACE))
    else {
        return call.ret0();
    };
    let start = usize::try_from(if place < 0 { !place } else { place }).unwrap_or(usize::MAX);
    let mut search = Search::new(program, tools.matcher(), start);
    search.last = (place < 0).then_some(start);
    search_now(call, Searching { subject, tools, kind: Kind::Iterate(iterator), search, gather: None })
}
