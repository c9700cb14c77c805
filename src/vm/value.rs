//! Lua values.
//!
//! A value is sixteen bytes and `Copy`: a tag of eight bytes and a payload of eight. The wide tag is
//! deliberate: with a narrow one the optimiser splits a value into one byte and fifteen and stores them
//! unaligned, and the next load then waits for the store (record fields ran 2.2 times slower).
//!
//! So there is no room in it for a vector of three `f32`, which a tag of four bytes would make. That was tried: steering
//! 1000 points took a sixteenth of the time of vectors that are tables with metamethods, as long as the same with plain
//! numbers; but every other program paid for the narrower tag (2026-11-22: 24 programs 1.03 -> 1.08 of PUC-Rio's time,
//! matmul 0.88 -> 1.14, nbody 0.97 -> 1.16, `oop_methods` 1.27 -> 1.44).
//!
//! Raw equality and type names live here; everything that may call a metamethod lives in `meta`.

use gc_arena::{Collect, Gc, Lock};

use super::function::{Closure, Native};
use super::string::LuaString;
use super::table::Table;
use super::thread::Thread;
use super::userdata::UserData;

/// A Lua value.
#[derive(Clone, Copy, Collect, Default)]
#[collect(no_drop)]
#[repr(u64)]
pub enum Value<'gc> {
    /// `nil`
    #[default]
    Nil,
    /// `false` or `true`
    Boolean(bool),
    /// A number of subtype integer.
    Integer(i64),
    /// A number of subtype float.
    Float(f64),
    /// A string.
    String(LuaString<'gc>),
    /// A table.
    Table(Table<'gc>),
    /// A Lua function.
    Closure(Closure<'gc>),
    /// A function written in Rust.
    Native(Native<'gc>),
    /// A Rust value.
    UserData(UserData<'gc>),
    /// A coroutine.
    Thread(Thread<'gc>),
    /// A captured variable's cell. The compiler keeps these in registers and upvalues of its own; no
    /// script and no native function ever sees one.
    #[doc(hidden)]
    Cell(CellRef<'gc>),
}

/// The cell of a variable that is captured and assigned.
pub type CellRef<'gc> = Gc<'gc, Lock<Value<'gc>>>;

/// The types of Lua values, as `type` names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// `nil`
    Nil,
    /// `boolean`
    Boolean,
    /// `number`
    Number,
    /// `string`
    String,
    /// `table`
    Table,
    /// `function`
    Function,
    /// `userdata`
    UserData,
    /// `thread`
    Thread,
}

impl Type {
    /// The number of types.
    pub const COUNT: usize = 8;

    /// The name that `type` returns.
    pub const fn name(self) -> &'static str {
        match self {
            Type::Nil => "nil",
            Type::Boolean => "boolean",
            Type::Number => "number",
            Type::String => "string",
            Type::Table => "table",
            Type::Function => "function",
            Type::UserData => "userdata",
            Type::Thread => "thread",
        }
    }
}

impl<'gc> Value<'gc> {
    /// The value's type.
    pub const fn kind(self) -> Type {
        match self {
            Value::Nil | Value::Cell(_) => Type::Nil,
            Value::Boolean(_) => Type::Boolean,
            Value::Integer(_) | Value::Float(_) => Type::Number,
            Value::String(_) => Type::String,
            Value::Table(_) => Type::Table,
            Value::Closure(_) | Value::Native(_) => Type::Function,
            Value::UserData(_) => Type::UserData,
            Value::Thread(_) => Type::Thread,
        }
    }

    /// The name of the value's type, as `type` returns it.
    pub const fn type_name(self) -> &'static str {
        self.kind().name()
    }

    /// Whether the value is `nil`.
    #[inline(always)]
    pub const fn is_nil(&self) -> bool {
        matches!(self, Value::Nil)
    }

    /// Whether a condition takes the value for false: `nil` and `false` are, all else is not.
    #[inline(always)]
    pub const fn is_falsy(&self) -> bool {
        matches!(self, Value::Nil | Value::Boolean(false))
    }

    /// Whether a condition takes the value for true.
    #[inline(always)]
    pub const fn is_truthy(&self) -> bool {
        !self.is_falsy()
    }

    /// Whether the value is a function.
    pub const fn is_function(self) -> bool {
        matches!(self, Value::Closure(_) | Value::Native(_))
    }

    /// Primitive equality, `rawequal`: no metamethods, numbers by their mathematical value.
    #[inline]
    pub fn raw_equals(self, other: Value<'gc>) -> bool {
        match (self, other) {
            (Value::Nil, Value::Nil) => true,
            (Value::Boolean(a), Value::Boolean(b)) => a == b,
            (Value::Integer(a), Value::Integer(b)) => a == b,
            (Value::Float(a), Value::Float(b)) => a == b,
            (Value::Integer(a), Value::Float(b)) | (Value::Float(b), Value::Integer(a)) => integer_equals_float(a, b),
            (Value::String(a), Value::String(b)) => a.equals(b),
            (Value::Table(a), Value::Table(b)) => a.same(b),
            (Value::Closure(a), Value::Closure(b)) => a.same(b),
            (Value::Native(a), Value::Native(b)) => a.same(b),
            (Value::UserData(a), Value::UserData(b)) => a.same(b),
            (Value::Thread(a), Value::Thread(b)) => a.same(b),
            _ => false,
        }
    }

    /// Hands a copy on to where it is stored.
    ///
    /// A value that was made an instant ago still sits in the store buffer as two eight-byte stores; a sixteen-byte
    /// load over them waits until they, and every store before them, have reached the cache. So numbers and booleans
    /// are built anew from their parts. The compiler itself, before LLVM, takes a variant that is built from its own
    /// parts for a copy of the whole and makes it one again; the rotations by nothing, which it does not see through
    /// and LLVM does, keep it from that (2026-11-22: sieve 1.74 -> 1.45, fannkuch 1.10 -> 1.01 of PUC-Rio's time).
    #[inline(always)]
    pub(super) fn hand_to<R>(&self, store: impl FnOnce(Value<'gc>) -> R) -> R {
        match self {
            Value::Integer(i) => store(Value::Integer(i.rotate_left(0))),
            Value::Float(x) => store(Value::Float(f64::from_bits(x.to_bits().rotate_left(0)))),
            Value::Boolean(b) => store(Value::Boolean(u8::from(*b).rotate_left(0) != 0)),
            other => store(*other),
        }
    }
}

/// Whether an integer and a float are the same number.
#[expect(clippy::cast_precision_loss, reason = "checked to be exact by the way back")]
fn integer_equals_float(a: i64, b: f64) -> bool {
    a as f64 == b && crate::syntax::number::float_to_integer(b) == Some(a)
}

/// The value as `print` shows it where no metamethod is asked; objects show their type only.
impl std::fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Value::Nil => f.write_str("nil"),
            Value::Boolean(b) => write!(f, "{b}"),
            Value::Integer(i) => write!(f, "{i}"),
            Value::Float(x) => write!(f, "{x:?}"),
            Value::String(s) => write!(f, "\"{}\"", s.as_bytes().escape_ascii()),
            Value::Cell(_) => f.write_str("cell"),
            object => f.write_str(object.type_name()),
        }
    }
}

macro_rules! value_from {
    ($($source:ty => |$from:ident| $value:expr),* $(,)?) => {
        $(
            impl<'gc> From<$source> for Value<'gc> {
                #[inline(always)]
                fn from($from: $source) -> Value<'gc> {
                    $value
                }
            }
        )*
    };
}

value_from! {
    bool => |b| Value::Boolean(b),
    i64 => |i| Value::Integer(i),
    i32 => |i| Value::Integer(i64::from(i)),
    u32 => |i| Value::Integer(i64::from(i)),
    f64 => |x| Value::Float(x),
    LuaString<'gc> => |string| Value::String(string),
    Table<'gc> => |table| Value::Table(table),
    Closure<'gc> => |function| Value::Closure(function),
    Native<'gc> => |function| Value::Native(function),
    UserData<'gc> => |userdata| Value::UserData(userdata),
    Thread<'gc> => |thread| Value::Thread(thread),
}

impl<'gc, T: Into<Value<'gc>>> From<Option<T>> for Value<'gc> {
    #[inline]
    fn from(option: Option<T>) -> Value<'gc> {
        option.map_or(Value::Nil, Into::into)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn value_is_two_words() {
        assert_eq!(size_of::<super::Value<'_>>(), 16);
    }
}
