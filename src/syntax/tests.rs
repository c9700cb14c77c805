//! The parser's tests: trees, lines, faults and limits.
//!
//! Trees are compared in prefix notation, so that precedence shows as nesting. Messages are compared whole; the
//! limits are those at which PUC-Rio's parser gives up.

use super::ast::{Attrib, Expr, ExprKind, Field, Names, Stat, StatKind};
use super::parser::parse;

fn stats(source: &str) -> Vec<Stat> {
    parse(source.as_bytes()).unwrap().main.body.stats
}

/// The tree of an expression in prefix notation.
fn show(expr: &Expr, names: &Names) -> String {
    let show = |expr: &Expr| show(expr, names);
    let list = |items: &[Expr]| items.iter().map(show).collect::<Vec<_>>().join(" ");
    match &expr.kind {
        ExprKind::Integer(value) => value.to_string(),
        ExprKind::String(value) => format!("'{}'", String::from_utf8_lossy(value)),
        ExprKind::Name(name) => names.text(*name).to_string(),
        ExprKind::Vararg => "...".to_owned(),
        ExprKind::Index { object, key } => format!("(index {} {})", show(object), show(key)),
        ExprKind::Call { callee, args } => format!("(call {} [{}])", show(callee), list(args)),
        ExprKind::MethodCall { object, name, args, .. } => {
            format!("(method {} {} [{}])", show(object), names.text(*name), list(args))
        }
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
        let chunk = parse(format!("return {source}").as_bytes()).unwrap();
        let stats = chunk.main.body.stats;
        let [Stat { kind: StatKind::Return(values), .. }] = stats.as_slice() else { panic!("{stats:?}") };
        assert_eq!(values.iter().map(|value| show(value, &chunk.names)).collect::<Vec<_>>(), [tree], "{source}");
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
    let (stats, names) = (chunk.main.body.stats, chunk.names);
    let StatKind::Local { locals, .. } = &stats[0].kind else { panic!() };
    let attribs: Vec<Attrib> = locals.iter().map(|local| local.attrib).collect();
    assert_eq!(attribs, [Attrib::Const, Attrib::Close, Attrib::Regular]);
    assert!(locals.iter().map(|local| local.id).eq(0..3));
    let StatKind::Function { target, function } = &stats[1].kind else { panic!() };
    assert_eq!(show(target, &names), "(index (index a 'b') 'c')");
    assert!(function.is_vararg);
    assert_eq!(
        function.params.iter().map(|p| (&**names.text(p.name), p.id)).collect::<Vec<_>>(),
        [("self", 3), ("x", 4)]
    );
    assert!(
        matches!(&stats[2].kind, StatKind::NumericFor { range, body, .. } if range.step.is_none() && body.stats.is_empty())
    );
    assert!(matches!(&stats[3].kind, StatKind::GenericFor { variables, .. } if variables.len() == 2));
    assert!(matches!(&stats[4].kind, StatKind::LocalFunction { local, .. } if &**names.text(local.name) == "f"));
    assert!(matches!(&stats[5].kind, StatKind::Repeat { body, .. } if body.stats.len() == 1));
    assert!(matches!(&stats[6].kind, StatKind::Label(name) if &**names.text(*name) == "l"));
    assert!(matches!(&stats[7].kind, StatKind::Goto(name) if &**names.text(*name) == "l"));
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
    for (open, limit, fault) in [
        ("do ", 198, "C stack overflow"),
        ("while x do ", 197, "C stack overflow"),
        ("if x then ", 197, "C stack overflow"),
        ("for i = a, b do ", 51, "too many local variables (limit is 200) in main function near '='"),
    ] {
        let source = |count: usize| open.repeat(count) + &"end ".repeat(count);
        assert!(parse(source(limit - 1).as_bytes()).is_ok(), "{open}");
        assert_eq!(parse(source(limit).as_bytes()).unwrap_err().message, fault, "{open}");
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
