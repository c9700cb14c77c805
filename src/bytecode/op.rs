//! The instruction set, written once: everything that must know the instructions is expanded from the
//! table below, so no two lists can drift apart.
//!
//! A row is a doc line in Lua notation, a name, a class and typed operands. `R[x]` is a register of the
//! running frame, `K[x]` a constant of the running function, `U[x]` one of its upvalues, `T` the number
//! of values up to the top of the stack that an instruction with an open count left behind.
//!
//! An instruction is eight bytes: a tag and at most seven bytes of operands. That is wide enough for a
//! fused compare-and-jump and for a field access with its inline cache, and narrow enough to be copied
//! in one load. Jumps name absolute positions.

use std::fmt;

/// A register of the running frame, `R0` to `R255`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reg(pub u8);

/// A constant of the running function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Const(pub u16);

/// A constant that may lie beyond the reach of [`Const`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WideConst(pub u32);

/// An upvalue of the running closure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Up(pub u8);

/// A function nested in the running one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Child(pub u32);

/// The absolute position a jump goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Label(pub u32);

/// A slot of the function's inline caches; each caching instruction has its own.
///
/// [`Cache::NONE`] is the slot all instructions share once a function has used up the numbers; the machine
/// treats it like any other slot, a wrong guess only costs the full lookup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cache(pub u16);

impl Cache {
    /// The shared last slot.
    pub const NONE: Cache = Cache(u16::MAX);
}

/// How many values an instruction takes or wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Count(u8);

impl Count {
    /// "As many as there are": takes values up to the top, or leaves all results and sets the top.
    pub const OPEN: Count = Count(0);

    /// Exactly `n` values. `n` must be below 255.
    pub const fn exactly(n: u8) -> Count {
        Count(n + 1)
    }

    /// The count as a byte, for those who pack it.
    #[inline(always)]
    pub const fn raw(self) -> u8 {
        self.0
    }

    /// The count that [`Count::raw`] gave this byte for.
    #[inline(always)]
    pub const fn from_raw(raw: u8) -> Count {
        Count(raw)
    }

    /// The exact number, or `None` for [`Count::OPEN`].
    #[inline(always)]
    pub const fn get(self) -> Option<usize> {
        if self.0 == 0 { None } else { Some(self.0 as usize - 1) }
    }
}

macro_rules! display_with_letter {
    ($($type:ident $letter:literal),* $(,)?) => {
        $(impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($letter, "{}"), self.0)
            }
        })*
    };
}

display_with_letter! { Reg "R", Const "K", WideConst "K", Up "U", Child "F", Label "L", Cache "C" }

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.get() {
            Some(n) => write!(f, "{n}"),
            None => f.write_str("*"),
        }
    }
}

/// What an instruction does to its frame, for those who read code without running it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Sets `R[a]` and nothing else, then goes on.
    Sets,
    /// Sets `R[a]` and registers above it, then goes on.
    SetsFrom,
    /// Sets no register, then goes on.
    Acts,
    /// Goes on or jumps to its label; sets no register.
    Jumps,
    /// Goes on or jumps to its label; sets registers from `R[a]`.
    Loops,
    /// Leaves the frame for good.
    Leaves,
}

macro_rules! instructions {
    ($( $(#[doc = $doc:literal])+ $class:ident $name:ident { $($field:ident: $type:ty),* } )*) => {
        /// One instruction.
        #[derive(Clone, Copy, Debug, PartialEq)]
        #[repr(u8)]
        pub enum Op {
            $( $(#[doc = $doc])+ #[allow(missing_docs, reason = "the row's notation names every operand")]
               $name { $($field: $type),* }, )*
        }

        impl Op {
            /// The instruction's name.
            pub const fn name(self) -> &'static str {
                match self { $( Op::$name { .. } => stringify!($name), )* }
            }

            /// The instruction's class.
            pub const fn class(self) -> Class {
                match self { $( Op::$name { .. } => Class::$class, )* }
            }

            /// Where the instruction may jump to.
            pub fn label(self) -> Option<Label> {
                match self {
                    $( Op::$name { $($field),* } => None$(.or($field.operand_label()))*, )*
                }
            }

            /// The first register among the operands: the one that instructions of class [`Class::Sets`] and
            /// [`Class::SetsFrom`] set.
            pub fn first_reg(self) -> Option<Reg> {
                match self {
                    $( Op::$name { $($field),* } => None$(.or($field.operand_reg()))*, )*
                }
            }

            /// Points the instruction's jump at `to`; nothing happens to one that cannot jump.
            pub fn set_label(&mut self, to: Label) {
                match self {
                    $( Op::$name { $($field),* } => { $($field.set_operand_label(to);)* } )*
                }
                let _ = to;
            }
        }

        impl fmt::Display for Op {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:<12}", self.name())?;
                match *self {
                    $( Op::$name { $($field),* } => { $( write!(f, " {}", $field)?; )* } )*
                }
                Ok(())
            }
        }
    };
}

/// Tells labels and registers among an instruction's operands from the rest.
trait Operand: Sized {
    fn operand_label(&self) -> Option<Label> {
        None
    }
    fn set_operand_label(&mut self, _to: Label) {}
    fn operand_reg(&self) -> Option<Reg> {
        None
    }
}

impl Operand for Reg {
    fn operand_reg(&self) -> Option<Reg> {
        Some(*self)
    }
}

impl Operand for Label {
    fn operand_label(&self) -> Option<Label> {
        Some(*self)
    }
    fn set_operand_label(&mut self, to: Label) {
        *self = to;
    }
}

macro_rules! other_operands {
    ($($type:ty),*) => { $( impl Operand for $type {} )* };
}

other_operands!(Const, WideConst, Up, Child, Cache, Count, bool, u8, u16, u32, i16, i32);

instructions! {
    // -- loads ---------------------------------------------------------------------------------------
    /// R[a] := R[b]
    Sets Move { a: Reg, b: Reg }
    /// R[a], …, R[a+count-1] := nil
    SetsFrom LoadNil { a: Reg, count: u8 }
    /// R[a] := value
    Sets LoadBool { a: Reg, value: bool }
    /// R[a] := value, an integer
    Sets LoadInt { a: Reg, value: i32 }
    /// R[a] := K[k]
    Sets LoadConst { a: Reg, k: WideConst }
    /// R[a] := the running closure
    Sets LoadRunning { a: Reg }
    /// R[a] := closure(F[child]), its captures taken as the child's upvalue descriptions say
    Sets Closure { a: Reg, child: Child }
    /// R[a], … := the extra arguments; an open count takes all and sets the top
    SetsFrom Vararg { a: Reg, want: Count }

    // -- captured variables (vm/function.rs explains cells) ------------------------------------------
    /// R[a] := U[up], a variable captured by value
    Sets GetUp { a: Reg, up: Up }
    /// R[a] := cell(U[up]).value
    Sets GetUpCell { a: Reg, up: Up }
    /// cell(U[up]).value := R[b]
    Acts SetUpCell { up: Up, b: Reg }
    /// R[a] := a fresh cell that holds R[a]
    Sets NewCell { a: Reg }
    /// R[a] := cell(R[b]).value
    Sets GetCell { a: Reg, b: Reg }
    /// cell(R[a]).value := R[b]
    Acts SetCell { a: Reg, b: Reg }

    // -- tables --------------------------------------------------------------------------------------
    /// R[a] := {} with room for `array` list items and `map` other fields
    Sets NewTable { a: Reg, array: u16, map: u16 }
    /// R[a][start+i] := R[a+i] for 1 <= i <= count (open: up to the top)
    Acts SetList { a: Reg, count: Count, start: u32 }
    /// R[a] := R[b][K[key]], the key a string
    Sets GetField { a: Reg, b: Reg, key: Const, cache: Cache }
    /// R[a][K[key]] := R[b], the key a string
    Acts SetField { a: Reg, b: Reg, key: Const, cache: Cache }
    /// R[a] := U[up][K[key]], the key a string; U[up] is captured by value, mostly `_ENV`
    Sets GetUpField { a: Reg, up: Up, key: Const, cache: Cache }
    /// U[up][K[key]] := R[b], the key a string; U[up] is captured by value, mostly `_ENV`
    Acts SetUpField { up: Up, b: Reg, key: Const, cache: Cache }
    /// R[a] := R[b][R[c]]
    Sets GetIndex { a: Reg, b: Reg, c: Reg }
    /// R[a][R[b]] := R[c]
    Acts SetIndex { a: Reg, b: Reg, c: Reg }
    /// R[a][R[b]] := K[k], which is not nil
    Acts SetIndexK { a: Reg, b: Reg, k: Const }
    /// R[a] := R[b][index], an integer key
    Sets GetInt { a: Reg, b: Reg, index: i32 }
    /// R[a][index] := R[b], an integer key
    Acts SetInt { a: Reg, b: Reg, index: i32 }
    /// R[a+1] := R[b]; R[a] := R[b][K[key]], the key a string
    SetsFrom Method { a: Reg, b: Reg, key: Const, cache: Cache }

    // -- arithmetic ----------------------------------------------------------------------------------
    /// R[a] := R[b] + R[c]
    Sets Add { a: Reg, b: Reg, c: Reg }
    /// R[a] := R[b] - R[c]
    Sets Sub { a: Reg, b: Reg, c: Reg }
    /// R[a] := R[b] * R[c]
    Sets Mul { a: Reg, b: Reg, c: Reg }
    /// R[a] := R[b] / R[c]
    Sets Div { a: Reg, b: Reg, c: Reg }
    /// R[a] := R[b] // R[c]
    Sets IDiv { a: Reg, b: Reg, c: Reg }
    /// R[a] := R[b] % R[c]
    Sets Mod { a: Reg, b: Reg, c: Reg }
    /// R[a] := R[b] ^ R[c]
    Sets Pow { a: Reg, b: Reg, c: Reg }
    /// R[a] := R[b] & R[c]
    Sets BAnd { a: Reg, b: Reg, c: Reg }
    /// R[a] := R[b] | R[c]
    Sets BOr { a: Reg, b: Reg, c: Reg }
    /// R[a] := R[b] ~ R[c]
    Sets BXor { a: Reg, b: Reg, c: Reg }
    /// R[a] := R[b] << R[c]
    Sets Shl { a: Reg, b: Reg, c: Reg }
    /// R[a] := R[b] >> R[c]
    Sets Shr { a: Reg, b: Reg, c: Reg }
    /// R[a] := R[b] + K[k], a number
    Sets AddK { a: Reg, b: Reg, k: Const }
    /// R[a] := R[b] - K[k], a number
    Sets SubK { a: Reg, b: Reg, k: Const }
    /// R[a] := R[b] * K[k], a number
    Sets MulK { a: Reg, b: Reg, k: Const }
    /// R[a] := R[b] / K[k], a number
    Sets DivK { a: Reg, b: Reg, k: Const }
    /// R[a] := R[b] // K[k], a number
    Sets IDivK { a: Reg, b: Reg, k: Const }
    /// R[a] := R[b] % K[k], a number
    Sets ModK { a: Reg, b: Reg, k: Const }
    /// R[a] := R[b] ^ K[k], a number
    Sets PowK { a: Reg, b: Reg, k: Const }
    /// R[a] := R[b] & K[k], an integer
    Sets BAndK { a: Reg, b: Reg, k: Const }
    /// R[a] := R[b] | K[k], an integer
    Sets BOrK { a: Reg, b: Reg, k: Const }
    /// R[a] := R[b] ~ K[k], an integer
    Sets BXorK { a: Reg, b: Reg, k: Const }
    /// R[a] := R[b] << K[k], an integer
    Sets ShlK { a: Reg, b: Reg, k: Const }
    /// R[a] := R[b] >> K[k], an integer
    Sets ShrK { a: Reg, b: Reg, k: Const }
    /// R[a] := R[b] + value, an integer
    Sets AddI { a: Reg, b: Reg, value: i32 }
    /// R[a] := R[b] - value, an integer
    Sets SubI { a: Reg, b: Reg, value: i32 }
    /// R[a] := -R[b]
    Sets Unm { a: Reg, b: Reg }
    /// R[a] := not R[b]
    Sets Not { a: Reg, b: Reg }
    /// R[a] := #R[b]
    Sets Len { a: Reg, b: Reg }
    /// R[a] := ~R[b]
    Sets BNot { a: Reg, b: Reg }
    /// R[a] := R[b] .. … .. R[b+count-1]; may destroy the operands
    Sets Concat { a: Reg, b: Reg, count: u8 }

    // -- jumps: always forwards, but for Loop, ForNext, ForLoop and TForLoop --------------------------
    /// pc := to
    Jumps Jump { to: Label }
    /// pc := to, backwards; charges fuel for the body it closes
    Jumps Loop { to: Label }
    /// if R[a] then pc := to
    Jumps JumpIf { a: Reg, to: Label }
    /// if not R[a] then pc := to
    Jumps JumpIfNot { a: Reg, to: Label }
    /// if R[a] == R[b] then pc := to
    Jumps JumpEq { a: Reg, b: Reg, to: Label }
    /// if not (R[a] == R[b]) then pc := to
    Jumps JumpNotEq { a: Reg, b: Reg, to: Label }
    /// if R[a] == K[k] then pc := to; K[k] is nil, a boolean, a number or a string
    Jumps JumpEqK { a: Reg, k: Const, to: Label }
    /// if not (R[a] == K[k]) then pc := to
    Jumps JumpNotEqK { a: Reg, k: Const, to: Label }
    /// if R[a] < R[b] then pc := to
    Jumps JumpLt { a: Reg, b: Reg, to: Label }
    /// if not (R[a] < R[b]) then pc := to
    Jumps JumpNotLt { a: Reg, b: Reg, to: Label }
    /// if R[a] <= R[b] then pc := to
    Jumps JumpLe { a: Reg, b: Reg, to: Label }
    /// if not (R[a] <= R[b]) then pc := to
    Jumps JumpNotLe { a: Reg, b: Reg, to: Label }
    /// if R[a] < value then pc := to
    Jumps JumpLtI { a: Reg, value: i16, to: Label }
    /// if not (R[a] < value) then pc := to
    Jumps JumpNotLtI { a: Reg, value: i16, to: Label }
    /// if R[a] <= value then pc := to
    Jumps JumpLeI { a: Reg, value: i16, to: Label }
    /// if not (R[a] <= value) then pc := to
    Jumps JumpNotLeI { a: Reg, value: i16, to: Label }
    /// if R[a] > value then pc := to (that is, value < R[a])
    Jumps JumpGtI { a: Reg, value: i16, to: Label }
    /// if not (R[a] > value) then pc := to
    Jumps JumpNotGtI { a: Reg, value: i16, to: Label }
    /// if R[a] >= value then pc := to (that is, value <= R[a])
    Jumps JumpGeI { a: Reg, value: i16, to: Label }
    /// if not (R[a] >= value) then pc := to
    Jumps JumpNotGeI { a: Reg, value: i16, to: Label }

    // -- loops ---------------------------------------------------------------------------------------
    /// prepare R[a] (start), R[a+1] (limit), R[a+2] (step); R[a+3] := start; if the loop does not run, pc := to
    Loops ForPrep { a: Reg, to: Label }
    /// if R[a+3], the loop's variable and its index, is not the last: R[a+3] += 1 and pc := to, backwards; charges fuel.
    /// For a loop without a step, with a body, whose variable is neither assigned nor in a cell
    Loops ForNext { a: Reg, to: Label }
    /// step R[a], the index; if the loop goes on, R[a+3] := index and pc := to, backwards; charges fuel
    Loops ForLoop { a: Reg, to: Label }
    /// make R[a+3] to be closed if it is not nil; pc := to, the loop's `TForCall`
    Jumps TForPrep { a: Reg, to: Label }
    /// R[a+4], …, R[a+3+count] := R[a](R[a+1], R[a+2]); a `TForLoop` with the same `a` follows
    SetsFrom TForCall { a: Reg, count: u8, cache: Cache }
    /// if R[a+4] ~= nil then R[a+2] := R[a+4] and pc := to, backwards; charges fuel
    Loops TForLoop { a: Reg, to: Label }

    // -- calls ---------------------------------------------------------------------------------------
    /// R[a], …, R[a+results-1] := R[a](R[a+1], …, R[a+args]); an open result count sets the top
    SetsFrom Call { a: Reg, args: Count, results: Count }
    /// return R[a](R[a+1], …, R[a+args]), in the place of the running frame
    Leaves TailCall { a: Reg, args: Count }
    /// return
    Leaves Return0 { }
    /// return R[a]
    Leaves Return1 { a: Reg }
    /// return R[a], …, R[a+count-1]
    Leaves Return { a: Reg, count: Count }
    /// close what is to be closed in this frame, then return R[a], …, R[a+count-1]
    Leaves ReturnClose { a: Reg, count: Count }
    /// make R[a] to be closed
    Acts ToClose { a: Reg }
    /// close what is to be closed in R[a] and above, last first
    Acts Close { a: Reg }
    /// charge `cost` fuel; stands in long straight code, so that this can be paused too
    Acts Checkpoint { cost: u32 }
}
