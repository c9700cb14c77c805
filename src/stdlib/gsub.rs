//! `string.gsub`.
//!
//! A [`Substitution`] goes from match to match. Text between them is copied only when a replacement comes behind it, so
//! a subject in which nothing changes is returned itself. Whatever is long, the gaps, the captures or the replacement,
//! is copied in turns, and the substitution leaves for each call of a function or metamethod and comes back with its
//! answer.

use std::rc::Rc;

use super::buffer::Buffer;
use super::inquiry::{leave_call, without_position};
use super::matcher::{Found, Search, Span};
use super::pattern::Program;
use super::search::{Gather, Piece, SLICE, Tools, piece, push_pieces, short_piece, with_program};
use crate::api::{Action, Call, Collect, Context, LuaString, Meta, Raised, Sequence, Value};

/// How many bytes are copied in one go.
const CHUNK: usize = 1 << 14;

/// `string.gsub`
pub(super) fn gsub<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    with_program(call, false, begin)
}

fn begin<'gc>(call: &mut Call<'_, 'gc>, tools: Tools<'gc>, program: Rc<Program>) -> Result<Action<'gc>, Raised<'gc>> {
    let subject = call.check::<LuaString<'gc>>(0)?;
    let most = call.optional(3, subject.len() as i64 + 1)?;
    let replacement = match call.arg(2) {
        replacement @ (Value::Table(_) | Value::Closure(_) | Value::Native(_)) => replacement,
        Value::String(_) | Value::Integer(_) | Value::Float(_) => Value::String(call.check(2)?),
        _ => return Err(call.unexpected(2, "string/function/table")),
    };
    let mut substitution = Substitution {
        tools,
        subject,
        replacement,
        search: Search::new(program, tools.matcher(), 0),
        most,
        count: 0,
        whole: Span::default(),
        copied: 0,
        stage: Stage::Search,
        part: None,
        gather: None,
        is_changed: false,
        output: tools.output(),
    };
    match substitution.advance(call)? {
        Step::Done => {
            tools.put_back(substitution.search.matcher);
            tools.put_back_output(substitution.output);
            Ok(Action::Return)
        }
        Step::Call => Ok(Action::CallThen(substitution.boxed(call.ctx))),
        Step::Turn => {
            call.leave(&[]);
            Ok(Action::Start(substitution.boxed(call.ctx)))
        }
    }
}

/// What a substitution does next.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
enum Stage<'gc> {
    /// Look for the next match.
    Search,
    /// Replace the match by the replacement string, of which this byte is next.
    Template(usize),
    /// Ask the table or the function.
    Ask,
    /// Take its answer.
    Answer,
    /// Put a string or a number in the match's place.
    Insert(Value<'gc>),
    /// Copy what is behind the last match.
    Rest,
    /// Return what has come of it.
    End,
}

/// What a substitution wants of its caller.
enum Step {
    /// Nothing: the results are left with the call.
    Done,
    /// The call that is left with the call.
    Call,
    /// Another turn.
    Turn,
}

/// A text that is copied in turns.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
struct Part<'gc> {
    text: LuaString<'gc>,
    #[collect(require_static)]
    span: Span,
}

#[derive(Collect)]
#[collect(no_drop)]
struct Substitution<'gc> {
    tools: Tools<'gc>,
    subject: LuaString<'gc>,
    /// A string, a table or a function.
    replacement: Value<'gc>,
    search: Search,
    /// How many matches may be replaced.
    most: i64,
    count: i64,
    #[collect(require_static)]
    whole: Span,
    /// Up to here the subject is in the output.
    copied: usize,
    stage: Stage<'gc>,
    part: Option<Part<'gc>>,
    gather: Option<Gather<'gc>>,
    is_changed: bool,
    output: Buffer,
}

impl<'gc> Sequence<'gc> for Substitution<'gc> {
    fn name(&self) -> &'static str {
        "string.gsub"
    }

    fn each_value(&self, see: &mut dyn FnMut(Value<'gc>)) {
        see(Value::String(self.subject));
        see(self.replacement);
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        if let Stage::Answer = self.stage {
            self.answer(call.ctx, call.arg(0))?;
        }
        loop {
            match self.advance(call)? {
                Step::Done => {
                    self.tools.put_back_output(std::mem::take(&mut self.output));
                    self.tools.put_back(std::mem::take(&mut self.search.matcher));
                    return Ok(Action::Return);
                }
                Step::Call => return Ok(Action::Call),
                Step::Turn => {}
            }
            if call.is_out_of_fuel() {
                self.search.account(call.ctx);
                call.leave(&[]);
                return Ok(Action::Pause);
            }
        }
    }
}

impl<'gc> Substitution<'gc> {
    fn boxed(mut self, ctx: Context<'gc>) -> Box<Substitution<'gc>> {
        self.search.account(ctx);
        Box::new(self)
    }

    /// Goes on for a slice, or until something has to be called.
    #[inline]
    fn advance(&mut self, call: &mut Call<'_, 'gc>) -> Result<Step, Raised<'gc>> {
        let mut work = SLICE;
        let step = self.run(call, &mut work);
        call.charge(SLICE - work);
        step
    }

    fn run(&mut self, call: &mut Call<'_, 'gc>, work: &mut usize) -> Result<Step, Raised<'gc>> {
        while *work > 0 {
            if let Some(part) = self.part.take() {
                self.put(call.ctx, part.text, part.span, work)?;
                continue;
            }
            match self.stage {
                Stage::Search => {
                    if self.count >= self.most {
                        self.stage = Stage::Rest;
                        continue;
                    }
                    match self.search.next(self.subject.as_bytes(), work)? {
                        Found::NotYet => return Ok(Step::Turn),
                        Found::Nothing => self.stage = Stage::Rest,
                        Found::Match(start, end) => {
                            self.count += 1;
                            self.whole = Span { start, end };
                            self.stage = Stage::Ask;
                            if let Value::String(_) = self.replacement {
                                self.put_gap(call.ctx, work)?;
                                self.stage = Stage::Template(0);
                            }
                        }
                    }
                }
                Stage::Template(at) => self.fill_template(call.ctx, at, work)?,
                Stage::Ask => {
                    if self.ask(call, work)? {
                        return Ok(Step::Call);
                    }
                }
                Stage::Answer => return Ok(Step::Turn),
                Stage::Insert(value) => {
                    self.stage = Stage::Search;
                    match value {
                        Value::String(text) => self.put(call.ctx, text, Span { start: 0, end: text.len() }, work)?,
                        _ => self.output.push_text(call.ctx, value).map(|_| ())?,
                    }
                }
                Stage::Rest => {
                    self.stage = Stage::End;
                    if self.is_changed {
                        let rest = Span { start: self.copied, end: self.subject.len() };
                        self.put(call.ctx, self.subject, rest, work)?;
                    }
                }
                Stage::End => {
                    let text =
                        if self.is_changed { self.output.finish_copy(call.ctx) } else { Value::String(self.subject) };
                    call.leave(&[text, Value::Integer(self.count)]);
                    return Ok(Step::Done);
                }
            }
        }
        Ok(Step::Turn)
    }

    // -- output ------------------------------------------------------------------------------------------

    /// Adds a part of a text to the output: what is too long for now is left for the next turns.
    #[inline]
    fn put(
        &mut self,
        ctx: Context<'gc>,
        text: LuaString<'gc>,
        span: Span,
        work: &mut usize,
    ) -> Result<(), Raised<'gc>> {
        let Span { start, end } = span;
        let now = end.min(start.saturating_add(CHUNK));
        *work = work.saturating_sub(1 + (now - start) / 32);
        self.output.push(ctx, text.as_bytes().get(start..now).unwrap_or_default())?;
        if now < end {
            self.part = Some(Part { text, span: Span { start: now, end } });
        }
        Ok(())
    }

    /// Adds what is between the last replacement and this match, which is going to be replaced.
    #[inline]
    fn put_gap(&mut self, ctx: Context<'gc>, work: &mut usize) -> Result<(), Raised<'gc>> {
        self.is_changed = true;
        let gap = Span { start: self.copied, end: self.whole.start };
        self.copied = self.whole.end;
        self.put(ctx, self.subject, gap, work)
    }

    /// Adds the replacement string from `at` on, up to its next escape.
    #[inline]
    fn fill_template(&mut self, ctx: Context<'gc>, at: usize, work: &mut usize) -> Result<(), Raised<'gc>> {
        let Value::String(template) = self.replacement else { return Ok(()) };
        let rest = template.as_bytes().get(at..).unwrap_or_default();
        let part = rest.get(..CHUNK).unwrap_or(rest);
        let escape = memchr::memchr(b'%', part);
        let plain = part.get(..escape.unwrap_or(part.len())).unwrap_or_default();
        *work = work.saturating_sub(1 + plain.len() / 32);
        self.output.push(ctx, plain)?;
        let mut next = at + plain.len();
        if escape.is_some() {
            next += 2;
        }
        self.stage = if next < template.len() { Stage::Template(next) } else { Stage::Search };
        match escape.map(|escape| rest.get(escape + 1).copied()) {
            None => Ok(()),
            Some(Some(b'%')) => self.output.push(ctx, b"%"),
            Some(Some(b'0')) => self.put(ctx, self.subject, self.whole, work),
            Some(Some(digit @ b'1'..=b'9')) => match piece(&self.search, self.whole, usize::from(digit - b'1'))? {
                Piece::Text(span) => self.put(ctx, self.subject, span, work),
                Piece::Position(at) => self.output.push_text(ctx, Value::Integer(at as i64 + 1)).map(|_| ()),
            },
            Some(_) => Err(Raised::message("invalid use of '%' in replacement string")),
        }
    }

    // -- tables and functions ----------------------------------------------------------------------------

    /// Asks the table or the function what to put in the match's place. Whether that takes the call that is then
    /// left with the call.
    fn ask(&mut self, call: &mut Call<'_, 'gc>, work: &mut usize) -> Result<bool, Raised<'gc>> {
        let mut gathered = None;
        if let Some(gather) = &mut self.gather {
            if !gather.advance(call.ctx, work)? {
                return Ok(false);
            }
            gathered = Some(std::mem::take(&mut gather.values));
            self.gather = None;
        }
        if self.replacement.is_function() {
            if let Some(values) = gathered {
                call.leave(&values);
            } else {
                let count = self.search.program.captures.len().max(1);
                let first = [self.replacement];
                self.gather = push_pieces(call, self.subject, &self.search, self.whole, (&first, count))?;
                if self.gather.is_some() {
                    return Ok(false);
                }
            }
            self.stage = Stage::Answer;
            return Ok(true);
        }
        let key = match gathered.and_then(|values| values.first().copied()) {
            Some(key) => key,
            None => match short_piece(call.ctx, self.subject, &self.search, self.whole)? {
                Ok(key) => key,
                Err(gather) => {
                    self.gather = Some(gather);
                    return Ok(false);
                }
            },
        };
        match call.ctx.index(self.replacement, key) {
            Ok(Meta::Value(value)) => self.answer(call.ctx, value).map(|()| false),
            Ok(Meta::Call { function, args, count }) => {
                self.stage = Stage::Answer;
                leave_call(call, function, args, count);
                Ok(true)
            }
            Err(error) => Err(without_position(call.ctx, error)),
        }
    }

    /// Takes what the table or the function says.
    fn answer(&mut self, ctx: Context<'gc>, answer: Value<'gc>) -> Result<(), Raised<'gc>> {
        self.stage = match answer {
            Value::Nil | Value::Boolean(false) => Stage::Search,
            Value::String(_) | Value::Integer(_) | Value::Float(_) => {
                self.put_gap(ctx, &mut 0)?;
                Stage::Insert(answer)
            }
            _ => {
                let message = format!("invalid replacement value (a {})", answer.type_name());
                return Err(Raised::message(message));
            }
        };
        Ok(())
    }
}
