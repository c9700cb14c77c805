//! Rust values from Lua values and back, one at a time and in lists.
//!
//! [`FromLua`] and [`IntoLua`] convert one value. [`FromArgs`] and [`IntoReturns`] convert lists: arguments of
//! Rust functions, results of Lua functions. Strings and numbers stand in for each other exactly where the
//! manual lets them (§3.4.3), and every refusal says what was expected and what came, in PUC-Rio's words.
//! This file does not know how functions are called.

use std::any::Any;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use crate::vm::{Call, Closure, Context, Event, LuaString, Native, Raised, Table, Thread, UserData, Value};

/// A Rust value that can be made from a Lua value.
///
/// # Example
/// ```
/// use deimos::{Context, FromLua, Lua, Mismatch, Value};
///
/// struct Meters(f64);
///
/// impl<'gc> FromLua<'gc> for Meters {
///     const EXPECTED: &'static str = "length";
///
///     fn from_lua(ctx: Context<'gc>, value: Value<'gc>) -> Result<Self, Mismatch> {
///         f64::from_lua(ctx, value).map(Meters).map_err(|_| Mismatch::new(ctx, Self::EXPECTED, value))
///     }
/// }
///
/// let mut lua = Lua::new();
/// let double = lua.function("double", |length: Meters| 2.0 * length.0);
/// lua.set_global("double", double)?;
/// let doubled: f64 = lua.load("=demo", "return double(1.5)")?.call(&mut lua, ())?;
/// assert_eq!(doubled, 3.0);
/// # Ok::<(), deimos::Error>(())
/// ```
pub trait FromLua<'gc>: Sized {
    /// What a refusal says was expected.
    const EXPECTED: &'static str;

    /// Converts `value`.
    ///
    /// # Errors
    /// If the value is of another type, or has no counterpart of this one.
    fn from_lua(ctx: Context<'gc>, value: Value<'gc>) -> Result<Self, Mismatch>;

    /// As [`FromLua::from_lua`], with what the host passed on to the call at hand: in the plugin that is the `World`. What
    /// stands for something that lies there, such as `self.Transform.translation` for a vector, can be looked up only so;
    /// a type that is made of others hands it on to theirs.
    ///
    /// # Errors
    /// As [`FromLua::from_lua`].
    #[inline]
    fn from_lua_in(ctx: Context<'gc>, _host: &dyn Any, value: Value<'gc>) -> Result<Self, Mismatch> {
        Self::from_lua(ctx, value)
    }

    /// What the value is if it is just that, without conversion. An argument is looked at where it lies: to copy one
    /// that was made an instant ago waits until it has reached the cache (`string.byte` took 1.2 times as long).
    #[doc(hidden)]
    #[inline(always)]
    fn peek(_value: &Value<'gc>) -> Option<Self> {
        None
    }

    /// What a refusal of a list says was expected.
    #[doc(hidden)]
    const EXPECTED_LIST: &'static str = "table";

    /// Converts a list. Only `u8` has a way of its own: a `Vec<u8>` is a string.
    #[doc(hidden)]
    fn list_from_lua(ctx: Context<'gc>, host: &dyn Any, value: Value<'gc>) -> Result<Vec<Self>, Mismatch> {
        list_from_table(ctx, host, value)
    }
}

/// A Rust value that can be made into a Lua value.
pub trait IntoLua<'gc>: Sized {
    /// Converts `self`.
    ///
    /// # Errors
    /// If there is no such Lua value, or not enough memory for it.
    fn into_lua(self, ctx: Context<'gc>) -> Result<Value<'gc>, Raised<'gc>>;

    /// Converts a list. Only `u8` has a way of its own: a `Vec<u8>` is a string.
    #[doc(hidden)]
    fn list_into_lua(list: Vec<Self>, ctx: Context<'gc>) -> Result<Value<'gc>, Raised<'gc>> {
        list_into_table(list, ctx)
    }
}

/// Rust values that can be made from a list of Lua values: arguments, or results.
///
/// Values beyond those asked for are dropped, as Lua functions drop them. `()` accepts any list.
pub trait FromArgs<'gc>: Sized {
    /// Converts the values from `index` on. `host` is what [`FromLua::from_lua_in`] is given.
    ///
    /// # Errors
    /// If one of them is missing or does not convert.
    fn from_args(ctx: Context<'gc>, host: &dyn Any, args: &[Value<'gc>], index: usize) -> Result<Self, BadArgument>;
}

/// Rust values that can be made into a list of Lua values: results, or arguments.
pub trait IntoReturns<'gc>: Sized {
    /// Converts `self`, passing each Lua value to `push`.
    ///
    /// # Errors
    /// If one does not convert, or `self` is an error.
    fn into_returns(self, ctx: Context<'gc>, push: &mut impl FnMut(Value<'gc>)) -> Result<(), Raised<'gc>>;
}

/// Something that can be raised as a Lua error.
pub trait IntoRaised<'gc> {
    /// The error to raise.
    fn into_raised(self) -> Raised<'gc>;
}

/// Why a value did not convert.
pub struct Mismatch(Box<Refusal>);

enum Refusal {
    Expected { expected: Cow<'static, str>, got: Cow<'static, str> },
    Message(Cow<'static, str>),
}

impl Mismatch {
    /// `expected` was expected, but `got` came.
    #[cold]
    pub fn new<'gc>(ctx: Context<'gc>, expected: impl Into<Cow<'static, str>>, got: Value<'gc>) -> Mismatch {
        let got = match ctx.metamethod(got, Event::Name) {
            Value::String(name) => Cow::Owned(name.to_text().into_owned()),
            _ => Cow::Borrowed(got.type_name()),
        };
        Mismatch(Box::new(Refusal::Expected { expected: expected.into(), got }))
    }

    /// A refusal in words of its own.
    #[cold]
    pub fn message(message: impl Into<Cow<'static, str>>) -> Mismatch {
        Mismatch(Box::new(Refusal::Message(message.into())))
    }

    /// The same refusal, of a value that was not there at all.
    #[must_use]
    pub fn of_missing(mut self) -> Mismatch {
        if let Refusal::Expected { got, .. } = &mut *self.0 {
            *got = Cow::Borrowed("no value");
        }
        self
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Refusal::Expected { expected, got } => write!(f, "{expected} expected, got {got}"),
            Refusal::Message(message) => f.write_str(message),
        }
    }
}

impl fmt::Debug for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mismatch({self})")
    }
}

impl std::error::Error for Mismatch {}

/// Which value of a list did not convert, and why.
#[derive(Debug)]
pub struct BadArgument {
    /// The value's place in the list, counted from 0.
    pub index: usize,
    /// Why it did not convert.
    pub mismatch: Mismatch,
}

impl fmt::Display for BadArgument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "bad value #{} ({})", self.index.saturating_add(1), self.mismatch)
    }
}

impl std::error::Error for BadArgument {}

impl From<BadArgument> for Raised<'_> {
    fn from(bad: BadArgument) -> Self {
        Raised::argument(bad.index, bad.mismatch.to_string())
    }
}

// -- arguments of a call ---------------------------------------------------------------------------------

impl<'gc> Call<'_, 'gc> {
    /// The argument at `index`, counted from 0, as a `T`.
    ///
    /// # Errors
    /// If it is missing or does not convert: `bad argument #1 to 'f' (number expected, got no value)`.
    #[inline]
    pub fn check<T: FromLua<'gc>>(&self, index: usize) -> Result<T, Raised<'gc>> {
        match self.peek(index).and_then(T::peek) {
            Some(found) => Ok(found),
            None => self.convert(index),
        }
    }

    #[inline(never)]
    fn convert<T: FromLua<'gc>>(&self, index: usize) -> Result<T, Raised<'gc>> {
        T::from_lua_in(self.ctx, &*self.host, self.arg(index)).map_err(|mismatch| self.complaint(index, mismatch))
    }

    /// The argument at `index` as a `T`, or `default` where it is missing or nil.
    ///
    /// # Errors
    /// If it does not convert.
    #[inline]
    pub fn optional<T: FromLua<'gc>>(&self, index: usize, default: T) -> Result<T, Raised<'gc>> {
        if self.peek(index).is_none_or(Value::is_nil) { Ok(default) } else { self.check(index) }
    }

    /// The argument at `index`, which may be nil but not missing.
    ///
    /// # Errors
    /// If it is missing.
    #[inline]
    pub fn check_any(&self, index: usize) -> Result<Value<'gc>, Raised<'gc>> {
        self.get(index).ok_or_else(|| Raised::argument(index, "value expected"))
    }

    /// The argument at `index`, which must be a table.
    ///
    /// # Errors
    /// If it is something else.
    #[inline]
    pub fn check_table(&self, index: usize) -> Result<Table<'gc>, Raised<'gc>> {
        match self.peek(index) {
            Some(&Value::Table(table)) => Ok(table),
            _ => Err(self.unexpected(index, "table")),
        }
    }

    /// The argument at `index`, which must be a function.
    ///
    /// # Errors
    /// If it is something else.
    #[inline]
    pub fn check_function(&self, index: usize) -> Result<Value<'gc>, Raised<'gc>> {
        match self.arg(index) {
            function @ (Value::Closure(_) | Value::Native(_)) => Ok(function),
            _ => Err(self.unexpected(index, "function")),
        }
    }

    /// The argument at `index`, which must be a userdata that holds a `T`; `expected` is what the type is called.
    ///
    /// # Errors
    /// If it is something else.
    #[inline]
    pub fn check_userdata<T: 'static>(
        &self,
        index: usize,
        expected: &'static str,
    ) -> Result<(UserData<'gc>, &'gc T), Raised<'gc>> {
        match self.arg(index) {
            Value::UserData(userdata) if let Some(value) = userdata.downcast() => Ok((userdata, value)),
            _ => Err(self.unexpected(index, expected)),
        }
    }

    /// The place in `options` of the argument at `index`, or of `default` where it is missing or nil.
    ///
    /// # Errors
    /// If it is something else.
    pub fn check_option(&self, index: usize, default: Option<&str>, options: &[&str]) -> Result<usize, Raised<'gc>> {
        let name = match default {
            Some(name) if self.arg(index).is_nil() => Cow::Borrowed(name),
            _ => self.check::<LuaString<'gc>>(index)?.quoted(),
        };
        let place = options.iter().position(|option| *option == name);
        place.ok_or_else(|| Raised::argument(index, format!("invalid option '{name}'")))
    }

    /// All arguments, converted.
    ///
    /// # Errors
    /// If one is missing or does not convert.
    #[inline]
    pub fn check_all<T: FromArgs<'gc>>(&self) -> Result<T, Raised<'gc>> {
        Ok(T::from_args(self.ctx, &*self.host, self.args(), 0)?)
    }

    /// The complaint that something else was expected as the argument at `index`.
    #[cold]
    pub fn unexpected(&self, index: usize, expected: &'static str) -> Raised<'gc> {
        self.complaint(index, Mismatch::new(self.ctx, expected, self.arg(index)))
    }

    #[cold]
    fn complaint(&self, index: usize, mismatch: Mismatch) -> Raised<'gc> {
        let mismatch = if index < self.len() { mismatch } else { mismatch.of_missing() };
        Raised::argument(index, mismatch.to_string())
    }
}

// -- one value from Lua ----------------------------------------------------------------------------------

macro_rules! from_variant {
    ($($type:ty, $expected:literal, $pattern:pat => $value:expr;)*) => {
        $(
            impl<'gc> FromLua<'gc> for $type {
                const EXPECTED: &'static str = $expected;

                #[inline]
                fn from_lua(ctx: Context<'gc>, value: Value<'gc>) -> Result<Self, Mismatch> {
                    match value {
                        $pattern => Ok($value),
                        other => Err(Mismatch::new(ctx, Self::EXPECTED, other)),
                    }
                }

                #[inline(always)]
                fn peek(value: &Value<'gc>) -> Option<Self> {
                    match *value {
                        $pattern => Some($value),
                        _ => None,
                    }
                }
            }
        )*
    };
}

from_variant! {
    bool, "boolean", Value::Boolean(b) => b;
    Table<'gc>, "table", Value::Table(table) => table;
    Thread<'gc>, "thread", Value::Thread(thread) => thread;
    UserData<'gc>, "userdata", Value::UserData(userdata) => userdata;
}

impl<'gc> FromLua<'gc> for Value<'gc> {
    const EXPECTED: &'static str = "value";

    #[inline]
    fn from_lua(_ctx: Context<'gc>, value: Value<'gc>) -> Result<Self, Mismatch> {
        Ok(value)
    }
}

impl<'gc> FromLua<'gc> for i64 {
    const EXPECTED: &'static str = "number";

    #[inline]
    fn from_lua(ctx: Context<'gc>, value: Value<'gc>) -> Result<Self, Mismatch> {
        match value {
            Value::Integer(integer) => Ok(integer),
            other => integer_from(ctx, other),
        }
    }

    #[inline(always)]
    fn peek(value: &Value<'gc>) -> Option<Self> {
        match value {
            Value::Integer(integer) => Some(*integer),
            _ => None,
        }
    }
}

#[cold]
fn integer_from<'gc>(ctx: Context<'gc>, value: Value<'gc>) -> Result<i64, Mismatch> {
    value.to_integer().ok_or_else(|| match value.to_number() {
        Some(_) => Mismatch::message("number has no integer representation"),
        None => Mismatch::new(ctx, "number", value),
    })
}

macro_rules! integer {
    ($($type:ty $({$($of_list:item)*} {$($into_list:item)*})?),*) => {
        $(
            impl<'gc> FromLua<'gc> for $type {
                const EXPECTED: &'static str = "number";

                #[inline]
                fn from_lua(ctx: Context<'gc>, value: Value<'gc>) -> Result<Self, Mismatch> {
                    let integer = i64::from_lua(ctx, value)?;
                    <$type>::try_from(integer).map_err(|_| out_of_range(integer, stringify!($type)))
                }

                $($($of_list)*)?
            }

            impl<'gc> IntoLua<'gc> for $type {
                fn into_lua(self, _ctx: Context<'gc>) -> Result<Value<'gc>, Raised<'gc>> {
                    i64::try_from(self)
                        .map(Value::Integer)
                        .map_err(|_| Raised::message(format!("{self} does not fit a Lua integer")))
                }

                $($($into_list)*)?
            }
        )*
    };
}

integer!(i8, i16, i32, i128, isize, u16, u32, u64, u128, usize);
integer! {
    u8 {
        const EXPECTED_LIST: &'static str = "string";

        fn list_from_lua(ctx: Context<'gc>, host: &dyn Any, value: Value<'gc>) -> Result<Vec<u8>, Mismatch> {
            if let Value::Table(_) = value {
                return list_from_table(ctx, host, value);
            }
            LuaString::from_lua(ctx, value).map(|string| string.as_bytes().to_vec())
        }
    } {
        fn list_into_lua(list: Vec<u8>, ctx: Context<'gc>) -> Result<Value<'gc>, Raised<'gc>> {
            ctx.ledger().check(list.len())?;
            Ok(Value::String(ctx.string_from(list)))
        }
    }
}

#[cold]
fn out_of_range(integer: i64, name: &str) -> Mismatch {
    Mismatch::message(format!("{integer} is out of range for {name}"))
}

impl<'gc> FromLua<'gc> for f64 {
    const EXPECTED: &'static str = "number";

    #[inline]
    #[expect(clippy::cast_precision_loss, reason = "the manual's conversion (§3.4.3)")]
    fn from_lua(ctx: Context<'gc>, value: Value<'gc>) -> Result<Self, Mismatch> {
        match value {
            Value::Float(x) => Ok(x),
            Value::Integer(integer) => Ok(integer as f64),
            other => other.to_float().ok_or_else(|| Mismatch::new(ctx, Self::EXPECTED, other)),
        }
    }

    #[inline(always)]
    #[expect(clippy::cast_precision_loss, reason = "the manual's conversion (§3.4.3)")]
    fn peek(value: &Value<'gc>) -> Option<Self> {
        match value {
            Value::Float(x) => Some(*x),
            Value::Integer(integer) => Some(*integer as f64),
            _ => None,
        }
    }
}

impl<'gc> FromLua<'gc> for f32 {
    const EXPECTED: &'static str = "number";

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "rounding to the nearest is what an f32 is for")]
    fn from_lua(ctx: Context<'gc>, value: Value<'gc>) -> Result<Self, Mismatch> {
        f64::from_lua(ctx, value).map(|x| x as f32)
    }
}

impl<'gc> FromLua<'gc> for LuaString<'gc> {
    const EXPECTED: &'static str = "string";

    #[inline]
    fn from_lua(ctx: Context<'gc>, value: Value<'gc>) -> Result<Self, Mismatch> {
        match value {
            Value::String(string) => Ok(string),
            Value::Integer(_) | Value::Float(_) => Ok(ctx.plain_string(value)),
            other => Err(Mismatch::new(ctx, Self::EXPECTED, other)),
        }
    }

    #[inline(always)]
    fn peek(value: &Value<'gc>) -> Option<Self> {
        match value {
            Value::String(string) => Some(*string),
            _ => None,
        }
    }
}

impl<'gc> FromLua<'gc> for &'gc str {
    const EXPECTED: &'static str = "string";

    fn from_lua(ctx: Context<'gc>, value: Value<'gc>) -> Result<Self, Mismatch> {
        LuaString::from_lua(ctx, value)?.to_str().ok_or_else(|| Mismatch::message("string is not valid UTF-8"))
    }
}

impl<'gc> FromLua<'gc> for String {
    const EXPECTED: &'static str = "string";

    fn from_lua(ctx: Context<'gc>, value: Value<'gc>) -> Result<Self, Mismatch> {
        <&str>::from_lua(ctx, value).map(str::to_owned)
    }
}

/// Any callable value: a function, or something with a `__call` metamethod.
#[derive(Clone, Copy, Debug)]
pub struct Callable<'gc>(pub Value<'gc>);

impl<'gc> FromLua<'gc> for Callable<'gc> {
    const EXPECTED: &'static str = "function";

    fn from_lua(ctx: Context<'gc>, value: Value<'gc>) -> Result<Self, Mismatch> {
        if value.is_function() || !ctx.metamethod(value, Event::Call).is_nil() {
            return Ok(Callable(value));
        }
        Err(Mismatch::new(ctx, Self::EXPECTED, value))
    }
}

/// `None` is nil.
impl<'gc, T: FromLua<'gc>> FromLua<'gc> for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    #[inline]
    fn from_lua(ctx: Context<'gc>, value: Value<'gc>) -> Result<Self, Mismatch> {
        if value.is_nil() { Ok(None) } else { T::from_lua(ctx, value).map(Some) }
    }

    #[inline]
    fn from_lua_in(ctx: Context<'gc>, host: &dyn Any, value: Value<'gc>) -> Result<Self, Mismatch> {
        if value.is_nil() { Ok(None) } else { T::from_lua_in(ctx, host, value).map(Some) }
    }
}

/// The items of a list. Where `T` is `u8`, the bytes of a string too.
impl<'gc, T: FromLua<'gc>> FromLua<'gc> for Vec<T> {
    const EXPECTED: &'static str = T::EXPECTED_LIST;

    fn from_lua(ctx: Context<'gc>, value: Value<'gc>) -> Result<Self, Mismatch> {
        T::list_from_lua(ctx, &(), value)
    }

    fn from_lua_in(ctx: Context<'gc>, host: &dyn Any, value: Value<'gc>) -> Result<Self, Mismatch> {
        T::list_from_lua(ctx, host, value)
    }
}

fn list_from_table<'gc, T: FromLua<'gc>>(
    ctx: Context<'gc>,
    host: &dyn Any,
    value: Value<'gc>,
) -> Result<Vec<T>, Mismatch> {
    let table = Table::from_lua(ctx, value)?;
    let mut items = Vec::new();
    for key in 1..=table.len() {
        ctx.charge(1);
        let item = T::from_lua_in(ctx, host, table.get_integer(ctx, key));
        items.push(item.map_err(|mismatch| Mismatch::message(format!("{mismatch}, at index {key}")))?);
    }
    Ok(items)
}

/// All pairs of a table, in the order of their keys.
impl<'gc, K: FromLua<'gc> + Ord, V: FromLua<'gc>> FromLua<'gc> for BTreeMap<K, V> {
    const EXPECTED: &'static str = "table";

    fn from_lua(ctx: Context<'gc>, value: Value<'gc>) -> Result<Self, Mismatch> {
        Self::from_lua_in(ctx, &(), value)
    }

    fn from_lua_in(ctx: Context<'gc>, host: &dyn Any, value: Value<'gc>) -> Result<Self, Mismatch> {
        let table = Table::from_lua(ctx, value)?;
        let mut map = BTreeMap::new();
        let mut position = 0;
        while let Some((behind, key, value)) = table.next_from(ctx, position) {
            ctx.charge(1);
            map.insert(K::from_lua_in(ctx, host, key)?, V::from_lua_in(ctx, host, value)?);
            position = behind;
        }
        Ok(map)
    }
}

// -- one value to Lua ------------------------------------------------------------------------------------

macro_rules! into_variant {
    ($($type:ty),* $(,)?) => {
        $(
            impl<'gc> IntoLua<'gc> for $type {
                #[inline]
                fn into_lua(self, _ctx: Context<'gc>) -> Result<Value<'gc>, Raised<'gc>> {
                    Ok(Value::from(self))
                }
            }
        )*
    };
}

into_variant! {
    bool, i64, f64,
    LuaString<'gc>, Table<'gc>, Closure<'gc>, Native<'gc>, UserData<'gc>, Thread<'gc>, Value<'gc>,
}

impl<'gc> IntoLua<'gc> for f32 {
    fn into_lua(self, _ctx: Context<'gc>) -> Result<Value<'gc>, Raised<'gc>> {
        Ok(Value::Float(f64::from(self)))
    }
}

impl<'gc> IntoLua<'gc> for Callable<'gc> {
    fn into_lua(self, _ctx: Context<'gc>) -> Result<Value<'gc>, Raised<'gc>> {
        Ok(self.0)
    }
}

impl<'gc> IntoLua<'gc> for &str {
    fn into_lua(self, ctx: Context<'gc>) -> Result<Value<'gc>, Raised<'gc>> {
        self.as_bytes().into_lua(ctx)
    }
}

impl<'gc> IntoLua<'gc> for &[u8] {
    fn into_lua(self, ctx: Context<'gc>) -> Result<Value<'gc>, Raised<'gc>> {
        ctx.ledger().check(self.len())?;
        Ok(Value::String(ctx.string(self)))
    }
}

impl<'gc> IntoLua<'gc> for String {
    fn into_lua(self, ctx: Context<'gc>) -> Result<Value<'gc>, Raised<'gc>> {
        self.into_bytes().into_lua(ctx)
    }
}

impl<'gc> IntoLua<'gc> for Cow<'_, str> {
    fn into_lua(self, ctx: Context<'gc>) -> Result<Value<'gc>, Raised<'gc>> {
        self.as_ref().into_lua(ctx)
    }
}

/// `None` is nil.
impl<'gc, T: IntoLua<'gc>> IntoLua<'gc> for Option<T> {
    #[inline]
    fn into_lua(self, ctx: Context<'gc>) -> Result<Value<'gc>, Raised<'gc>> {
        self.map_or(Ok(Value::Nil), |value| value.into_lua(ctx))
    }
}

/// A list. Where `T` is `u8`, a string.
impl<'gc, T: IntoLua<'gc>> IntoLua<'gc> for Vec<T> {
    fn into_lua(self, ctx: Context<'gc>) -> Result<Value<'gc>, Raised<'gc>> {
        T::list_into_lua(self, ctx)
    }
}

fn list_into_table<'gc, T: IntoLua<'gc>>(list: Vec<T>, ctx: Context<'gc>) -> Result<Value<'gc>, Raised<'gc>> {
    let table = Table::with_capacity(ctx, list.len(), 0);
    for (key, item) in (1..).zip(list) {
        table.set_integer(ctx, key, item.into_lua(ctx)?)?;
    }
    Ok(Value::Table(table))
}

/// A table with these pairs, in the order of their keys.
impl<'gc, K: IntoLua<'gc>, V: IntoLua<'gc>> IntoLua<'gc> for BTreeMap<K, V> {
    fn into_lua(self, ctx: Context<'gc>) -> Result<Value<'gc>, Raised<'gc>> {
        let table = Table::with_capacity(ctx, 0, self.len());
        for (key, value) in self {
            table.set(ctx, key.into_lua(ctx)?, value.into_lua(ctx)?)?;
        }
        Ok(Value::Table(table))
    }
}

// -- lists -----------------------------------------------------------------------------------------------

/// Any number of values: the rest of the arguments, or a list of results.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variadic<T>(pub Vec<T>);

impl<T> FromIterator<T> for Variadic<T> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Variadic<T> {
        Variadic(values.into_iter().collect())
    }
}

impl<T> IntoIterator for Variadic<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<T> std::ops::Deref for Variadic<T> {
    type Target = Vec<T>;

    fn deref(&self) -> &Vec<T> {
        &self.0
    }
}

impl<'gc, T: FromLua<'gc>> FromArgs<'gc> for Variadic<T> {
    fn from_args(ctx: Context<'gc>, host: &dyn Any, args: &[Value<'gc>], index: usize) -> Result<Self, BadArgument> {
        let items = (index..args.len()).map(|index| T::from_args(ctx, host, args, index));
        items.collect::<Result<Vec<T>, _>>().map(Variadic)
    }
}

impl<'gc, T: IntoLua<'gc>> IntoReturns<'gc> for Variadic<T> {
    fn into_returns(self, ctx: Context<'gc>, push: &mut impl FnMut(Value<'gc>)) -> Result<(), Raised<'gc>> {
        self.into_iter().try_for_each(|value| value.into_returns(ctx, push))
    }
}

impl<'gc, T: FromLua<'gc>> FromArgs<'gc> for T {
    #[inline]
    fn from_args(ctx: Context<'gc>, host: &dyn Any, args: &[Value<'gc>], index: usize) -> Result<Self, BadArgument> {
        let value = args.get(index).copied();
        T::from_lua_in(ctx, host, value.unwrap_or_default()).map_err(|mismatch| {
            let mismatch = if value.is_some() { mismatch } else { mismatch.of_missing() };
            BadArgument { index, mismatch }
        })
    }
}

impl<'gc, T: IntoLua<'gc>> IntoReturns<'gc> for T {
    #[inline]
    fn into_returns(self, ctx: Context<'gc>, push: &mut impl FnMut(Value<'gc>)) -> Result<(), Raised<'gc>> {
        push(self.into_lua(ctx)?);
        Ok(())
    }
}

macro_rules! tuples {
    ($(($($name:ident)*))*) => {$(
        impl<'gc, $($name: FromArgs<'gc>),*> FromArgs<'gc> for ($($name,)*) {
            #[inline]
            #[allow(unused_assignments, unused_mut, unused_variables, reason = "the last place is not used")]
            fn from_args(
                ctx: Context<'gc>,
                host: &dyn Any,
                args: &[Value<'gc>],
                index: usize,
            ) -> Result<Self, BadArgument> {
                let mut place = index;
                Ok(($({
                    let value = $name::from_args(ctx, host, args, place)?;
                    place += 1;
                    value
                },)*))
            }
        }

        impl<'gc, $($name: IntoReturns<'gc>),*> IntoReturns<'gc> for ($($name,)*) {
            #[inline]
            #[allow(non_snake_case, unused_variables, reason = "each value is named as its type")]
            fn into_returns(
                self,
                ctx: Context<'gc>,
                push: &mut impl FnMut(Value<'gc>),
            ) -> Result<(), Raised<'gc>> {
                let ($($name,)*) = self;
                $($name.into_returns(ctx, push)?;)*
                Ok(())
            }
        }
    )*};
}

tuples! { () (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) (A B C D E F G) (A B C D E F G H) }

// -- errors ----------------------------------------------------------------------------------------------

/// `Err` raises the error.
impl<'gc, T: IntoReturns<'gc>, E: IntoRaised<'gc>> IntoReturns<'gc> for Result<T, E> {
    #[inline]
    fn into_returns(self, ctx: Context<'gc>, push: &mut impl FnMut(Value<'gc>)) -> Result<(), Raised<'gc>> {
        match self {
            Ok(values) => values.into_returns(ctx, push),
            Err(error) => Err(error.into_raised()),
        }
    }
}

impl<'gc> IntoRaised<'gc> for Raised<'gc> {
    fn into_raised(self) -> Raised<'gc> {
        self
    }
}

/// Raises the error's message, with the position of the calling Lua function in front.
impl<'gc, E: Into<Box<dyn std::error::Error>>> IntoRaised<'gc> for E {
    fn into_raised(self) -> Raised<'gc> {
        let error: Box<dyn std::error::Error> = self.into();
        Raised::message(error.to_string())
    }
}
