//! Listings of small constructs: what code each becomes.
//!
//! A listing is written as one text, instructions apart by `;` and nested functions by `--`. Where the code
//! for a construct is changed on purpose, the listing here changes with it.

use std::sync::Arc;

use super::verify::verify;
use super::{ChunkName, Options, compile};
use crate::bytecode::Proto;

/// The name of the chunks that are compiled in tests.
pub(super) const NAME: ChunkName<'_> = ChunkName { given: "=test", shown: "test" };

/// Compiles and verifies a source that must be right.
pub(super) fn compiled(source: &str) -> Arc<Proto> {
    let proto = match compile(source.as_bytes(), NAME, Options::default()) {
        Ok(proto) => proto,
        Err(error) => panic!("{error} in:\n{source:.500}"),
    };
    if let Err(what) = verify(&proto) {
        panic!("{what:.2000}\nin:\n{source:.500}");
    }
    proto
}

fn listing(proto: &Proto) -> String {
    let code = proto.code.iter().map(|op| squeeze(&op.to_string())).collect::<Vec<_>>().join("; ");
    proto.children.iter().fold(code, |text, child| format!("{text} -- {}", listing(child)))
}

fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn check(source: &str, expected: &str) {
    assert_eq!(listing(&compiled(source)), squeeze(expected), "in: {source}");
}

#[test]
fn locals_are_operands_in_place() {
    check("local a, b = 1, 2; local c = a + b * a", "LoadInt R0 1; LoadInt R1 2; Mul R3 R1 R0; Add R2 R0 R3; Return0");
}

#[test]
fn an_assignment_builds_in_the_variable() {
    check(
        "local a, b = 1, 2; a = a + b; a = -a; a = b",
        "LoadInt R0 1; LoadInt R1 2; Add R0 R0 R1; Unm R0 R0; Move R0 R1; Return0",
    );
}

#[test]
fn constants_fold() {
    check(
        "local a = 2^10 + 3 * 4 // 5 - (7 & 3); local b = -5 .. 1",
        "LoadConst R0 K0; LoadInt R1 -5; LoadInt R2 1; Concat R1 R1 2; Return0",
    );
}

#[test]
fn integers_are_immediate_operands() {
    check(
        "local a = 1; local b = a + 1 - 5; b = 1 - a; b = a * 2.5; b = a + 0x7fffffffffff; b = a & 0.5",
        "LoadInt R0 1; AddI R1 R0 1; SubI R1 R1 5; LoadInt R2 1; Sub R1 R2 R0; MulK R1 R0 K0; AddK R1 R0 K1; \
         LoadConst R2 K2; BAnd R1 R0 R2; Return0",
    );
}

#[test]
fn globals_are_fields_of_env() {
    check(
        "x = y; x.y.z = 1",
        "GetUpField R0 U0 K1 C0; SetUpField U0 R0 K0 C1; GetUpField R0 U0 K0 C2; GetField R0 R0 K1 C3; \
         LoadInt R1 1; SetField R0 R1 K2 C4; Return0",
    );
}

#[test]
fn fields_and_elements() {
    check(
        "local t, k = {}, 1; t.x = t[1]; t[k] = t[k + 1]; t[-1] = t.a.b[2.5]",
        "NewTable R0 0 0; LoadInt R1 1; GetInt R2 R0 1; SetField R0 R2 K0 C0; AddI R2 R1 1; GetIndex R2 R0 \
         R2; SetIndex R0 R1 R2; GetField R2 R0 K1 C1; GetField R2 R2 K2 C2; LoadConst R3 K3; GetIndex R2 R2 \
         R3; SetInt R0 R2 -1; Return0",
    );
}

#[test]
fn and_or_as_values() {
    check(
        "local a, b = 1, 2; local c = a and b or 5; c = a or c; a = a or 1; a = a and a.x",
        "LoadInt R0 1; LoadInt R1 2; JumpIfNot R0 L5; Move R2 R1; JumpIf R2 L6; LoadInt R2 5; Move R3 R0; \
         JumpIf R3 L9; Move R3 R2; Move R2 R3; JumpIf R0 L12; LoadInt R0 1; JumpIfNot R0 L14; GetField R0 R0 \
         K0 C0; Return0",
    );
}

#[test]
fn conditional_values_make_no_boolean() {
    check(
        "local a, b = 1, 2; local c = a < b and b or nil",
        "LoadInt R0 1; LoadInt R1 2; JumpNotLt R0 R1 L5; Move R2 R1; JumpIf R2 L6; LoadNil R2 1; Return0",
    );
}

#[test]
fn comparisons_as_values() {
    check(
        "local a, b = 1, 2; local c = a < b; a = not (a == nil); c = a > b",
        "LoadInt R0 1; LoadInt R1 2; LoadBool R2 true; JumpLt R0 R1 L5; LoadBool R2 false; JumpNotEqK R0 K0 \
         L8; LoadBool R0 false; Jump L9; LoadBool R0 true; LoadBool R2 true; JumpLt R1 R0 L12; LoadBool R2 \
         false; Return0",
    );
}

#[test]
fn not_as_value() {
    check("local a; local b = not a; b = not not a", "LoadNil R0 1; Not R1 R0; Not R2 R0; Not R1 R2; Return0");
}

#[test]
fn conditions_fuse() {
    check(
        "local a, b = 1, 2; if a < 5 and 5 < b or not (a >= b) then f() end",
        "LoadInt R0 1; LoadInt R1 2; JumpNotLtI R0 5 L4; JumpGtI R1 5 L5; JumpLe R1 R0 L7; GetUpField R2 U0 \
         K0 C0; Call R2 0 0; Return0",
    );
}

#[test]
fn if_chain() {
    check(
        "local a = 1; if a == 1 then f() elseif a ~= 'x' then g() else h() end",
        "LoadInt R0 1; JumpNotEqK R0 K0 L5; GetUpField R1 U0 K1 C0; Call R1 0 0; Jump L11; JumpEqK R0 K2 L9; \
         GetUpField R1 U0 K3 C1; Call R1 0 0; Jump L11; GetUpField R1 U0 K4 C2; Call R1 0 0; Return0",
    );
}

#[test]
fn constant_conditions() {
    check(
        "while true do f() end if nil then g() end",
        "GetUpField R0 U0 K0 C0; Call R0 0 0; Loop L0; Jump L6; GetUpField R0 U0 K1 C1; Call R0 0 0; Return0",
    );
}

#[test]
fn while_loop() {
    check(
        "local i = 0; while i < 10 do i = i + 1; if i == 5 then break end end",
        "LoadInt R0 0; JumpNotLtI R0 10 L5; AddI R0 R0 1; JumpEqK R0 K0 L5; Loop L1; Return0",
    );
}

#[test]
fn repeat_sees_body() {
    check("repeat local x = f() until x", "GetUpField R0 U0 K0 C0; Call R0 0 1; JumpIf R0 L4; Loop L0; Return0");
}

#[test]
fn repeat_with_close() {
    check(
        "repeat local x <close> = f() until x",
        "GetUpField R0 U0 K0 C0; Call R0 0 1; ToClose R0; JumpIf R0 L6; Close R0; Loop L0; Close R0; Return0",
    );
}

#[test]
fn numeric_for() {
    check(
        "for i = 1, 10 do f(i) end for i = n, 1, -1 do end",
        "LoadInt R0 1; LoadInt R1 10; LoadInt R2 1; ForPrep R0 L8; GetUpField R4 U0 K0 C0; Move R5 R3; Call \
         R4 1 0; ForNext R0 L4; GetUpField R0 U0 K1 C1; LoadInt R1 1; LoadInt R2 -1; ForPrep R0 L13; ForLoop \
         R0 L12; Return0",
    );
}

#[test]
fn generic_for() {
    check(
        "for k, v in pairs(t) do if k then return v end end",
        "GetUpField R0 U0 K0 C0; GetUpField R1 U0 K1 C1; Call R0 1 4; TForPrep R0 L6; JumpIfNot R4 L6; \
         ReturnClose R5 1; TForCall R0 2 C2; TForLoop R0 L4; Close R3; Return0",
    );
}

#[test]
fn calls() {
    check(
        "f(); local a, b = f(1, g()); a.m(...); return f(a, ...)",
        "GetUpField R0 U0 K0 C0; Call R0 0 0; GetUpField R0 U0 K0 C1; LoadInt R1 1; GetUpField R2 U0 K1 C2; \
         Call R2 0 *; Call R0 * 2; GetField R2 R0 K2 C3; Vararg R3 *; Call R2 * 0; GetUpField R2 U0 K0 C4; \
         Move R3 R0; Vararg R4 *; TailCall R2 *",
    );
}

#[test]
fn method_calls() {
    check(
        "local o; o:m(1); o.p:q():r(...); s = ('x'):rep(3)",
        "LoadNil R0 1; Method R1 R0 K0 C0; LoadInt R3 1; Call R1 2 0; GetField R1 R0 K1 C1; Method R1 R1 K2 \
         C2; Call R1 1 1; Method R1 R1 K3 C3; Vararg R3 *; Call R1 * 0; LoadConst R1 K5; Method R1 R1 K6 C4; \
         LoadInt R3 3; Call R1 2 1; SetUpField U0 R1 K4 C5; Return0",
    );
}

#[test]
fn table_constructors() {
    check(
        "local t = {1, 2, x = 3, [4] = 5, f()}; t = {}; t = {t}",
        "NewTable R0 2 2; LoadInt R1 1; LoadInt R2 2; LoadInt R3 3; SetField R0 R3 K0 C0; LoadInt R3 5; \
         SetInt R0 R3 4; GetUpField R3 U0 K1 C1; Call R3 0 *; SetList R0 * 0; NewTable R0 0 0; NewTable R1 1 \
         0; Move R2 R0; SetList R1 1 0; Move R0 R1; Return0",
    );
}

#[test]
fn returns() {
    check(
        "local a, b; if a then return end if b then return a end if f then return a, b end return ...",
        "LoadNil R0 2; JumpIfNot R0 L3; Return0; JumpIfNot R1 L5; Return1 R0; GetUpField R2 U0 K0 C0; \
         JumpIfNot R2 L10; Move R2 R0; Move R3 R1; Return R2 2; Vararg R2 *; Return R2 *",
    );
}

#[test]
fn multiple_assignment() {
    check(
        "local a, i = {}, 1; i, a[i] = i + 1, 20; a, i = i, a; a.x, a = f()",
        "NewTable R0 0 0; LoadInt R1 1; Move R2 R1; AddI R3 R1 1; SetIndexK R0 R2 K0; Move R1 R3; Move R2 \
         R1; Move R1 R0; Move R0 R2; Move R2 R0; GetUpField R3 U0 K2 C0; Call R3 0 2; Move R0 R4; SetField R2 R3 \
         K1 C1; Return0",
    );
}

#[test]
fn capture_by_value() {
    check(
        "local a = 1; return function() return a end",
        "LoadInt R0 1; Closure R1 F0; Return1 R1 -- GetUp R0 U0; Return1 R0",
    );
}

#[test]
fn capture_in_cell() {
    check(
        "local a = 1; local function f() a = a + 1; return a end; a = 5; return a",
        "LoadInt R0 1; NewCell R0; Closure R1 F0; LoadInt R2 5; SetCell R0 R2; GetCell R2 R0; Return1 R2 -- \
         GetUpCell R0 U0; AddI R0 R0 1; SetUpCell U0 R0; GetUpCell R0 U0; Return1 R0",
    );
}

#[test]
fn parameters_and_loop_variables_in_cells() {
    check(
        "local function f(p) for i = 1, 2 do g(function() i = p; p = 1 end) end end",
        "Closure R0 F0; Return0 -- NewCell R0; LoadInt R1 1; LoadInt R2 2; LoadInt R3 1; ForPrep R1 L10; \
         NewCell R4; GetUpField R5 U0 K0 C0; Closure R6 F0; Call R5 1 0; ForLoop R1 L5; Return0 -- GetUpCell \
         R0 U1; SetUpCell U0 R0; LoadInt R0 1; SetUpCell U1 R0; Return0",
    );
}

#[test]
fn recursion_reads_the_running_closure() {
    check(
        "local function f(n) return f(n - 1) + (function() return f end)() end",
        "Closure R0 F0; Return0 -- LoadRunning R1; SubI R2 R0 1; Call R1 1 1; Closure R2 F0; Call R2 0 1; Add \
         R1 R1 R2; Return1 R1 -- GetUp R0 U0; Return1 R0",
    );
}

#[test]
fn assigned_local_function() {
    check(
        "local function f() return f end f = nil",
        "LoadNil R0 1; NewCell R0; Closure R1 F0; SetCell R0 R1; LoadNil R1 1; SetCell R0 R1; Return0 -- \
         GetUpCell R0 U0; Return1 R0",
    );
}

#[test]
fn upvalue_fields() {
    check(
        "local m = {}; function m.f() return m.g(m) end",
        "NewTable R0 0 0; Closure R1 F0; SetField R0 R1 K0 C0; Return0 -- GetUpField R0 U0 K0 C0; GetUp R1 \
         U0; TailCall R0 1",
    );
}

#[test]
fn close_on_all_ways_out() {
    check(
        "do local a <close> = f() while x do local b <close> = g() if y then break end if z then return f(b) \
         end end end",
        "GetUpField R0 U0 K0 C0; Call R0 0 1; ToClose R0; GetUpField R1 U0 K1 C1; JumpIfNot R1 L20; \
         GetUpField R1 U0 K2 C2; Call R1 0 1; ToClose R1; GetUpField R2 U0 K3 C3; JumpIfNot R2 L12; Close R1; \
         Jump L20; GetUpField R2 U0 K4 C4; JumpIfNot R2 L18; GetUpField R2 U0 K0 C5; Move R3 R1; Call R2 1 *; \
         ReturnClose R2 *; Close R1; Loop L3; Close R0; Return0",
    );
}

#[test]
fn goto_and_continue() {
    check(
        "for i = 1, 3 do if i == 2 then goto continue end f(i) ::continue:: end ::top:: if x then goto top \
         end",
        "LoadInt R0 1; LoadInt R1 3; LoadInt R2 1; ForPrep R0 L9; JumpEqK R3 K0 L8; GetUpField R4 U0 K1 C0; \
         Move R5 R3; Call R4 1 0; ForNext R0 L4; GetUpField R0 U0 K2 C1; JumpIfNot R0 L12; Loop L9; Return0",
    );
}

#[test]
fn goto_closes() {
    check(
        "do local a; ::again:: local b <close> = f() if b then goto again end goto out end ::out::",
        "LoadNil R0 1; GetUpField R1 U0 K0 C0; Call R1 0 1; ToClose R1; JumpIfNot R1 L7; Close R1; Loop L1; \
         Close R1; Jump L9; Return0",
    );
}

#[test]
fn compile_time_constants() {
    check(
        "local K <const> = 5; local s <const> = 'x'; local f <const> = function() return K + 1, s end; return \
         t[K], K == 3",
        "Closure R0 F0; GetUpField R1 U0 K0 C0; GetInt R1 R1 5; LoadInt R3 5; LoadInt R4 3; LoadBool R2 true; \
         JumpEq R3 R4 L8; LoadBool R2 false; Return R1 2 -- LoadInt R0 6; LoadConst R1 K0; Return R0 2",
    );
}

#[test]
fn concat_is_flat() {
    check(
        "local a = 1; local b = a .. 'x' .. a .. f(); a = a .. b",
        "LoadInt R0 1; Move R1 R0; LoadConst R2 K0; Move R3 R0; GetUpField R4 U0 K1 C0; Call R4 0 1; Concat \
         R1 R1 4; Move R2 R0; Move R3 R1; Concat R0 R2 2; Return0",
    );
}

#[test]
fn env_as_a_variable() {
    check(
        "local function f(_ENV) return x end; do local _ENV = {}; y = 1 end",
        "Closure R0 F0; NewTable R1 0 0; LoadInt R2 1; SetField R1 R2 K0 C0; Return0 -- GetField R1 R0 K0 C0; \
         Return1 R1",
    );
}

#[test]
fn env_assigned() {
    check(
        "_ENV = {}; function f() return x end",
        "GetUp R0 U0; NewCell R0; NewTable R1 0 0; SetCell R0 R1; GetCell R1 R0; Closure R2 F0; SetField R1 \
         R2 K0 C0; Return0 -- GetUpCell R1 U0; GetField R0 R1 K0 C0; Return1 R0",
    );
}

#[test]
fn varargs() {
    check(
        "local a, b = ...; local t = {...}; f((...))",
        "Vararg R0 2; NewTable R2 0 0; Vararg R3 *; SetList R2 * 0; GetUpField R3 U0 K0 C0; Vararg R4 1; Call \
         R3 1 0; Return0",
    );
}

#[test]
fn comparison_chain() {
    check(
        "local a = 1; local b = a < 2 == true",
        "LoadInt R0 1; LoadBool R1 true; JumpLtI R0 2 L4; LoadBool R1 false; JumpEqK R1 K0 L7; LoadBool R1 \
         false; Jump L8; LoadBool R1 true; Return0",
    );
}
