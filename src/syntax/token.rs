//! Tokens: one table of keywords and symbols, one of operators.
//!
//! The table gives each fixed token its name in Rust and its spelling in Lua; the enum, the spelling used
//! in error texts and the keyword look-up all grow from it. Tokens with a value carry it resolved: escapes
//! are decoded and numerals converted. This file does not know how tokens are found in a text.

use std::sync::Arc;

use crate::syntax::ast::{BinaryOp, Name, UnaryOp};

macro_rules! tokens {
    (keywords { $($keyword:ident = $word:literal,)* } symbols { $($symbol:ident = $sign:literal,)* }) => {
        /// A token.
        #[derive(Debug, Clone, PartialEq)]
        pub(super) enum Token {
            $($keyword,)*
            $($symbol,)*
            /// A byte that begins no token.
            Byte(u8),
            /// An integer numeral.
            Integer(i64),
            /// A float numeral.
            Float(f64),
            /// An identifier.
            Name(Name),
            /// A string literal, escapes resolved.
            String(Arc<[u8]>),
            /// The end of the text.
            Eof,
        }

        impl Token {
            /// The keyword spelled `word`.
            pub(super) fn keyword(word: &[u8]) -> Option<Token> {
                // The shortest keyword has two letters, the longest eight, all are lower case.
                if !(2..=8).contains(&word.len()) {
                    return None;
                }
                $(if word == $word.as_bytes() {
                    return Some(Token::$keyword);
                })*
                None
            }

            /// The token as error texts show it. Names, strings and numerals are shown as a class here; the
            /// parser shows their text when it has it.
            pub(super) fn describe(&self) -> String {
                match self {
                    $(Token::$keyword => concat!("'", $word, "'").to_owned(),)*
                    $(Token::$symbol => concat!("'", $sign, "'").to_owned(),)*
                    Token::Byte(byte @ 0x20..=0x7e) => format!("'{}'", char::from(*byte)),
                    Token::Byte(byte) => format!("'<\\{byte}>'"),
                    Token::Integer(_) => "<integer>".to_owned(),
                    Token::Float(_) => "<number>".to_owned(),
                    Token::Name(_) => "<name>".to_owned(),
                    Token::String(_) => "<string>".to_owned(),
                    Token::Eof => "<eof>".to_owned(),
                }
            }
        }
    };
}

tokens! {
    keywords {
        And = "and",
        Break = "break",
        Do = "do",
        Else = "else",
        ElseIf = "elseif",
        End = "end",
        False = "false",
        For = "for",
        Function = "function",
        Goto = "goto",
        If = "if",
        In = "in",
        Local = "local",
        Nil = "nil",
        Not = "not",
        Or = "or",
        Repeat = "repeat",
        Return = "return",
        Then = "then",
        True = "true",
        Until = "until",
        While = "while",
    }
    symbols {
        Plus = "+",
        Minus = "-",
        Star = "*",
        Slash = "/",
        DoubleSlash = "//",
        Percent = "%",
        Caret = "^",
        Hash = "#",
        Ampersand = "&",
        Tilde = "~",
        Pipe = "|",
        ShiftLeft = "<<",
        ShiftRight = ">>",
        Equal = "==",
        NotEqual = "~=",
        LessEqual = "<=",
        GreaterEqual = ">=",
        Less = "<",
        Greater = ">",
        Assign = "=",
        LeftParen = "(",
        RightParen = ")",
        LeftBrace = "{",
        RightBrace = "}",
        LeftBracket = "[",
        RightBracket = "]",
        DoubleColon = "::",
        Semicolon = ";",
        Colon = ":",
        Comma = ",",
        Dot = ".",
        Concat = "..",
        Dots = "...",
    }
}

impl Token {
    /// The unary operator this token is in front of an operand.
    pub(super) fn unary_op(&self) -> Option<UnaryOp> {
        match self {
            Token::Not => Some(UnaryOp::Not),
            Token::Minus => Some(UnaryOp::Neg),
            Token::Tilde => Some(UnaryOp::BNot),
            Token::Hash => Some(UnaryOp::Len),
            _ => None,
        }
    }

    /// The binary operator this token is behind an operand, with its left and right priority. An operator
    /// whose right priority is the lower one associates to the right (§3.4.8).
    pub(super) fn binary_op(&self) -> Option<(BinaryOp, u8, u8)> {
        Some(match self {
            Token::Or => (BinaryOp::Or, 1, 1),
            Token::And => (BinaryOp::And, 2, 2),
            Token::Equal => (BinaryOp::Eq, 3, 3),
            Token::NotEqual => (BinaryOp::Ne, 3, 3),
            Token::Less => (BinaryOp::Lt, 3, 3),
            Token::LessEqual => (BinaryOp::Le, 3, 3),
            Token::Greater => (BinaryOp::Gt, 3, 3),
            Token::GreaterEqual => (BinaryOp::Ge, 3, 3),
            Token::Pipe => (BinaryOp::BOr, 4, 4),
            Token::Tilde => (BinaryOp::BXor, 5, 5),
            Token::Ampersand => (BinaryOp::BAnd, 6, 6),
            Token::ShiftLeft => (BinaryOp::Shl, 7, 7),
            Token::ShiftRight => (BinaryOp::Shr, 7, 7),
            Token::Concat => (BinaryOp::Concat, 9, 8),
            Token::Plus => (BinaryOp::Add, 10, 10),
            Token::Minus => (BinaryOp::Sub, 10, 10),
            Token::Star => (BinaryOp::Mul, 11, 11),
            Token::Slash => (BinaryOp::Div, 11, 11),
            Token::DoubleSlash => (BinaryOp::IDiv, 11, 11),
            Token::Percent => (BinaryOp::Mod, 11, 11),
            Token::Caret => (BinaryOp::Pow, 14, 13),
            _ => return None,
        })
    }
}

/// A token with its place in the text.
#[derive(Debug, Clone)]
pub(super) struct Lexeme {
    /// What it is.
    pub(super) token: Token,
    /// The line its last byte is on; only long strings and escaped line breaks make it differ from the
    /// first byte's.
    pub(super) line: u32,
    /// The offset of its first byte.
    pub(super) start: usize,
    /// The offset after its last byte.
    pub(super) end: usize,
}
