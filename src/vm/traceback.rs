//! Tracebacks, and the names under which the libraries know functions.
//!
//! The text is PUC-Rio's, level by level. A function that can be reached from what is loaded is shown under the
//! name it has there; the search for such names is bounded, so that a traceback costs little in a program with
//! many globals.

use std::fmt::Write;

use super::context::Context;
use super::describe::Name;
use super::function::Closure;
use super::levels::{Level, Levels};
use super::table::Table;
use super::value::Value;

/// How many levels a long traceback shows at its beginning.
const FIRST_SHOWN: usize = 10;

/// How many levels a long traceback shows at its end.
const LAST_SHOWN: usize = 11;

/// At most so many fields are looked at in the search for functions' names.
const SEARCHED_MAX: usize = 2048;

impl<'gc> Levels<'_, 'gc> {
    /// The call stack as text, from level `first` on.
    pub(super) fn traceback(self, ctx: Context<'gc>, first: usize) -> String {
        let count = self.iter().count().saturating_sub(first);
        let is_short = count <= FIRST_SHOWN + LAST_SHOWN + 1;
        let shown = |at: usize| is_short || at < FIRST_SHOWN || at + LAST_SHOWN >= count;
        let levels: Vec<(usize, Level)> = self.iter().skip(first).enumerate().filter(|(at, _)| shown(*at)).collect();
        let functions: Vec<Value<'gc>> = levels.iter().map(|(_, level)| self.function(*level)).collect();
        let names = known_names(ctx, &functions);
        let mut text = String::from("stack traceback:");
        let mut next = 0;
        for ((at, level), name) in levels.into_iter().zip(names) {
            if at > next {
                // PUC-Rio counts one level less than it leaves out.
                let _ = write!(text, "\n\t...\t(skipping {} levels)", at - next - 1);
            }
            next = at + 1;
            text.push_str("\n\t");
            self.write_level(&mut text, level, name);
        }
        text
    }

    fn write_level(&self, text: &mut String, level: Level, known: Option<String>) {
        let proto = self.lua_frame(level).and_then(|frame| frame.closure).map(Closure::proto);
        let _ = match (proto, self.line(level)) {
            (Some(proto), Some(line)) if line > 0 => write!(text, "{}:{line}: in ", proto.source),
            (Some(proto), _) => write!(text, "{}: in ", proto.source),
            (None, _) => write!(text, "[C]: in "),
        };
        let _ = match (known, self.name(level), proto) {
            (Some(name), ..) => write!(text, "function '{name}'"),
            (None, Some(Name { kind, name }), _) => write!(text, "{kind} '{name}'"),
            (None, None, Some(proto)) if proto.line_defined == 0 => write!(text, "main chunk"),
            (None, None, Some(proto)) => write!(text, "function <{}:{}>", proto.source, proto.line_defined),
            (None, None, None) => write!(text, "?"),
        };
        if self.is_tail_called(level) {
            text.push_str("\n\t(...tail calls...)");
        }
    }
}

/// The names of functions as fields of what is loaded: `print`, `string.rep`. One walk finds them all.
fn known_names<'gc>(ctx: Context<'gc>, functions: &[Value<'gc>]) -> Vec<Option<String>> {
    let mut search = Search { functions, names: vec![None; functions.len()], left: SEARCHED_MAX };
    search.loaded(ctx);
    search.names
}

struct Search<'a, 'gc> {
    functions: &'a [Value<'gc>],
    names: Vec<Option<String>>,
    left: usize,
}

impl<'gc> Search<'_, 'gc> {
    /// Looks into what is loaded: the modules that the registry knows, or else the globals and their tables.
    fn loaded(&mut self, ctx: Context<'gc>) {
        let globals = ctx.globals();
        self.fields(ctx, globals, "");
        let modules = match ctx.registry().get(ctx, ctx.text("_LOADED")) {
            Value::Table(modules) => modules,
            _ => globals,
        };
        let mut position = 0;
        while let (Some((next, key, value)), true) = (modules.next_from(ctx, position), self.left > 0) {
            position = next;
            self.left -= 1;
            if let (Value::String(name), Value::Table(module)) = (key, value)
                && !module.same(globals)
            {
                self.fields(ctx, module, &format!("{}.", name.to_text()));
            }
        }
    }

    fn fields(&mut self, ctx: Context<'gc>, table: Table<'gc>, prefix: &str) {
        let mut position = 0;
        while let (Some((next, key, value)), true) = (table.next_from(ctx, position), self.left > 0) {
            position = next;
            self.left -= 1;
            let Value::String(key) = key else { continue };
            if !value.is_function() {
                continue;
            }
            for (function, name) in self.functions.iter().zip(&mut self.names) {
                if name.is_none() && function.raw_equals(value) {
                    *name = Some(format!("{prefix}{}", key.to_text()));
                }
            }
        }
    }
}
