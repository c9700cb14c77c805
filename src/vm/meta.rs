//! Metamethods: finding them, and the operations that may end in a call of one.
//!
//! Nothing here calls anything. An operation either has its answer or says which function to call with what
//! ([`Meta`]); the machine, or a sequence, makes the call, and its first result is the answer.

use super::context::Context;
use super::error::{Operand, Raised};
use super::long::{self, Relation};
use super::table::{Table, TableError};
use super::value::{Type, Value};

/// How many `__index` or `__newindex` hops there may be.
const CHAIN_MAX: u32 = 2000;

/// Hops of a chain that cost no fuel of their own.
const FREE_HOPS: u32 = 8;

macro_rules! events {
    ($($event:ident $name:literal),* $(,)?) => {
        /// The metamethods and other fields of metatables that have a meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Event {
            $( #[doc = concat!("`", $name, "`")] $event, )*
        }

        /// The events' names, in the order of [`Event`].
        pub const EVENTS: &[&str] = &[$($name),*];
    };
}

events! {
    Index "__index", NewIndex "__newindex", Call "__call",
    Add "__add", Sub "__sub", Mul "__mul", Div "__div", IDiv "__idiv", Mod "__mod", Pow "__pow",
    BAnd "__band", BOr "__bor", BXor "__bxor", Shl "__shl", Shr "__shr", Unm "__unm", BNot "__bnot",
    Concat "__concat", Len "__len", Eq "__eq", Lt "__lt", Le "__le",
    Gc "__gc", Mode "__mode", Close "__close", Name "__name", ToString "__tostring", Pairs "__pairs",
    Metatable "__metatable",
}

/// The outcome of an operation that may involve a metamethod.
#[derive(Clone, Copy, Debug)]
pub enum Meta<'gc> {
    /// The answer.
    Value(Value<'gc>),
    /// The answer is the first result of this call.
    Call {
        /// What to call.
        function: Value<'gc>,
        /// The arguments and, behind `count` of them, nils.
        args: [Value<'gc>; 3],
        /// The number of arguments.
        count: usize,
    },
}

impl<'gc> Meta<'gc> {
    pub(super) const fn call2(function: Value<'gc>, a: Value<'gc>, b: Value<'gc>) -> Meta<'gc> {
        Meta::Call { function, args: [a, b, Value::Nil], count: 2 }
    }
}

impl<'gc> Context<'gc> {
    /// The metatable of a value.
    #[inline]
    pub fn metatable(self, value: Value<'gc>) -> Option<Table<'gc>> {
        match value {
            Value::Table(table) => table.metatable(),
            Value::UserData(userdata) => userdata.metatable(),
            other => self.type_metatable(other.kind()),
        }
    }

    /// The value's metamethod for an event, or nil.
    #[inline]
    pub fn metamethod(self, value: Value<'gc>, event: Event) -> Value<'gc> {
        match self.metatable(value) {
            None => Value::Nil,
            Some(metatable) => self.event_of(metatable, event),
        }
    }

    /// The field of a metatable that stands for an event, or nil.
    #[inline]
    pub(super) fn event_of(self, metatable: Table<'gc>, event: Event) -> Value<'gc> {
        if metatable.is_known_absent(event as u32) {
            return Value::Nil;
        }
        let Some(name) = self.state().events.get(event as usize) else { return Value::Nil };
        let value = metatable.get_string(self, *name);
        if value.is_nil() {
            metatable.remember_absent(event as u32);
        }
        value
    }

    /// `object[key]`.
    ///
    /// # Errors
    /// If the object, or one in its `__index` chain, cannot be indexed; if the chain is too long.
    pub fn index(self, object: Value<'gc>, key: Value<'gc>) -> Result<Meta<'gc>, Raised<'gc>> {
        let mut object = object;
        for hop in 0..CHAIN_MAX {
            let handler = if let Value::Table(table) = object {
                let value = table.get(self, key);
                if !value.is_nil() {
                    return Ok(Meta::Value(value));
                }
                match table.metatable().map(|metatable| self.event_of(metatable, Event::Index)) {
                    None | Some(Value::Nil) => return Ok(Meta::Value(Value::Nil)),
                    Some(handler) => handler,
                }
            } else {
                match self.metamethod(object, Event::Index) {
                    Value::Nil => return Err(self.index_error(object, hop)),
                    handler => handler,
                }
            };
            if handler.is_function() {
                return Ok(Meta::call2(handler, object, key));
            }
            object = handler;
            if hop > FREE_HOPS {
                self.charge(1);
            }
            self.charge_key(key);
        }
        Err(Raised::message("'__index' chain too long; possible loop"))
    }

    /// `object[key] = value`. A value as answer means that it is done.
    ///
    /// # Errors
    /// As [`Context::index`], and if the table does not take the key.
    pub fn set_index(self, object: Value<'gc>, key: Value<'gc>, value: Value<'gc>) -> Result<Meta<'gc>, Raised<'gc>> {
        let mut object = object;
        for hop in 0..CHAIN_MAX {
            let handler = if let Value::Table(table) = object {
                let handler = match table.metatable() {
                    None => Value::Nil,
                    Some(metatable) => self.event_of(metatable, Event::NewIndex),
                };
                if handler.is_nil() || !table.get(self, key).is_nil() {
                    table.set(self, key, value).map_err(|error| self.table_error(error, key))?;
                    return Ok(Meta::Value(Value::Nil));
                }
                handler
            } else {
                match self.metamethod(object, Event::NewIndex) {
                    Value::Nil => return Err(self.index_error(object, hop)),
                    handler => handler,
                }
            };
            if handler.is_function() {
                return Ok(Meta::Call { function: handler, args: [object, key, value], count: 3 });
            }
            object = handler;
            if hop > FREE_HOPS {
                self.charge(1);
            }
            self.charge_key(key);
        }
        Err(Raised::message("'__newindex' chain too long; possible loop"))
    }

    #[cold]
    fn index_error(self, object: Value<'gc>, hop: u32) -> Raised<'gc> {
        let message = format!("attempt to index a {} value", self.type_name(object));
        if hop > 0 {
            return Raised::message(message);
        }
        Raised::operand(message, Operand::Indexed)
    }

    #[cold]
    pub(super) fn table_error(self, error: TableError, key: Value<'gc>) -> Raised<'gc> {
        match (error, key) {
            (TableError::Frozen, Value::String(name)) => {
                Raised::message(format!("attempt to modify a read-only table (field '{}')", name.quoted()))
            }
            _ => error.into(),
        }
    }

    /// `a == b`; the answer counts as a condition.
    pub fn equals(self, a: Value<'gc>, b: Value<'gc>) -> Meta<'gc> {
        if let (Value::String(a), Value::String(b)) = (a, b) {
            if a.len() == b.len() && long::is_long_work(a, b) {
                return long::in_turns(self, Relation::Equal, a, b);
            }
            self.charge_comparison(a, b);
        }
        let both = matches!((a, b), (Value::Table(_), Value::Table(_)) | (Value::UserData(_), Value::UserData(_)));
        let is_same = a.raw_equals(b);
        if is_same || !both {
            return Meta::Value(Value::Boolean(is_same));
        }
        match self.either(a, b, Event::Eq) {
            Value::Nil => Meta::Value(Value::Boolean(false)),
            handler => Meta::call2(handler, a, b),
        }
    }

    /// `#value`.
    ///
    /// # Errors
    /// If the value has no length.
    pub fn length(self, value: Value<'gc>) -> Result<Meta<'gc>, Raised<'gc>> {
        if let Value::String(string) = value {
            return Ok(Meta::Value(Value::Integer(string.len() as i64)));
        }
        let handler = self.metamethod(value, Event::Len);
        match (handler, value) {
            (Value::Nil, Value::Table(table)) => Ok(Meta::Value(Value::Integer(table.len()))),
            (Value::Nil, _) => {
                let message = format!("attempt to get length of a {} value", self.type_name(value));
                Err(Raised::operand(message, Operand::First))
            }
            (handler, _) => Ok(Meta::call2(handler, value, value)),
        }
    }

    /// The first operand's metamethod, or else the second's.
    pub(super) fn either(self, a: Value<'gc>, b: Value<'gc>, event: Event) -> Value<'gc> {
        match self.metamethod(a, event) {
            Value::Nil => self.metamethod(b, event),
            handler => handler,
        }
    }

    /// The type's name as messages show it: `__name` from the metatable, if that is a string.
    pub fn type_name(self, value: Value<'gc>) -> String {
        if matches!(value.kind(), Type::Table | Type::UserData)
            && let Value::String(name) = self.metamethod(value, Event::Name)
        {
            return name.quoted().into_owned();
        }
        value.type_name().to_owned()
    }

    /// The value as `tostring` gives it; a metamethod's answer has to be a string.
    pub fn to_string(self, value: Value<'gc>) -> Meta<'gc> {
        match self.metamethod(value, Event::ToString) {
            Value::Nil => Meta::Value(Value::String(self.plain_string(value))),
            handler => Meta::Call { function: handler, args: [value, Value::Nil, Value::Nil], count: 1 },
        }
    }
}
