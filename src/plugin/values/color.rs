//! The value `color`: a colour of any of Bevy's spaces, which scripts mostly see as sRGB.
//!
//! A colour keeps the space that it was made in, so that what is read from a component is written back unchanged; its
//! parts `r`, `g`, `b` and `a` are those of sRGB in any case. Nothing is clamped: lights are brighter than 1.

use bevy::color::{Alpha, Color, Hue, Luminance, Mix, Saturation};
use bevy::color::{Hsla, Hsva, Hwba, Laba, Lcha, LinearRgba, Oklaba, Oklcha, Srgba, Xyza};

use super::super::reflect::hint;
use super::args::{self, give};
use super::datum::{Datum, Kind};
use super::palette;
use super::{Constant, Method, Static};
use crate::api::{Action, Call, Context, Raised, Value};

macro_rules! spaces {
    ($($number:literal $space:ident [$($part:ident),*])*) => {
        /// A colour of Bevy as a value.
        pub(super) fn to_datum(color: Color) -> Datum {
            match color {
                $(Color::$space(color) => Datum::color($number, [$(color.$part),*]),)*
            }
        }

        /// The colour of Bevy that a value is.
        pub(super) fn from_datum(datum: Datum) -> Color {
            let [first, second, third, alpha] = datum.as_floats();
            match datum.space {
                $($number => Color::$space($space::new(first, second, third, alpha)),)*
                _ => Color::Srgba(Srgba::new(first, second, third, alpha)),
            }
        }

        /// A colour as the name of its space and its parts there.
        pub(in crate::plugin) fn color_parts(color: Color) -> (&'static str, [f32; 4]) {
            match color {
                $(Color::$space(color) => (stringify!($space), [$(color.$part),*]),)*
            }
        }

        /// The colour of what [`color_parts`] gave.
        pub(in crate::plugin) fn color_of_parts(space: &str, parts: [f32; 4]) -> Option<Color> {
            let [first, second, third, alpha] = parts;
            match space {
                $(stringify!($space) => Some(Color::$space($space::new(first, second, third, alpha))),)*
                _ => None,
            }
        }
    };
}

spaces! {
    0 Srgba [red, green, blue, alpha]
    1 LinearRgba [red, green, blue, alpha]
    2 Hsla [hue, saturation, lightness, alpha]
    3 Hsva [hue, saturation, value, alpha]
    4 Hwba [hue, whiteness, blackness, alpha]
    5 Laba [lightness, a, b, alpha]
    6 Lcha [lightness, chroma, hue, alpha]
    7 Oklaba [lightness, a, b, alpha]
    8 Oklcha [lightness, chroma, hue, alpha]
    9 Xyza [x, y, z, alpha]
}

/// The constants besides the named colours.
pub(super) fn constants() -> Vec<Constant> {
    let named = palette::NAMED.iter().map(|(name, color)| (*name, to_datum(*color)));
    let none = [("NONE", palette::TRANSPARENT), ("TRANSPARENT", palette::TRANSPARENT)];
    named.chain(none.map(|(name, color)| (name, to_datum(color)))).collect()
}

/// The functions of the table `color`.
pub(super) const STATICS: &[Static] = &[
    ("rgb", |call| make(call, 0)),
    ("linear", |call| make(call, 1)),
    ("hsl", |call| make(call, 2)),
    ("hsv", |call| make(call, 3)),
    ("hwb", |call| make(call, 4)),
    ("lab", |call| make(call, 5)),
    ("lch", |call| make(call, 6)),
    ("oklab", |call| make(call, 7)),
    ("oklch", |call| make(call, 8)),
    ("xyz", |call| make(call, 9)),
    ("hex", hex),
];

/// What colours can do.
pub(super) const METHODS: &[Method] = &[
    ("mix", mix),
    ("lerp", mix),
    ("lighten", |call, this| adjust(call, this, |color, amount| color.lighter(amount))),
    ("darken", |call, this| adjust(call, this, |color, amount| color.darker(amount))),
    ("alpha", |call, this| call.ret1(Value::Float(from_datum(this).alpha().into()))),
    ("with_alpha", |call, this| adjust(call, this, |color, alpha| color.with_alpha(alpha))),
    ("luminance", |call, this| call.ret1(Value::Float(from_datum(this).luminance().into()))),
    ("with_luminance", |call, this| adjust(call, this, |color, amount| color.with_luminance(amount))),
    ("hue", |call, this| call.ret1(Value::Float(from_datum(this).hue().into()))),
    ("with_hue", |call, this| adjust(call, this, |color, hue| color.with_hue(hue))),
    ("rotate_hue", |call, this| adjust(call, this, |color, degrees| color.rotate_hue(degrees))),
    ("saturation", |call, this| call.ret1(Value::Float(from_datum(this).saturation().into()))),
    ("with_saturation", |call, this| adjust(call, this, |color, amount| color.with_saturation(amount))),
    ("to_hex", |call, this| {
        let text = call.ctx.text(from_datum(this).to_srgba().to_hex());
        call.ret1(text)
    }),
    ("to_rgb", |call, this| parts_in(call, Srgba::from(from_datum(this)).into())),
    ("to_linear", |call, this| parts_in(call, LinearRgba::from(from_datum(this)).into())),
    ("to_hsl", |call, this| parts_in(call, Hsla::from(from_datum(this)).into())),
    ("to_hsv", |call, this| parts_in(call, Hsva::from(from_datum(this)).into())),
    ("to_oklch", |call, this| parts_in(call, Oklcha::from(from_datum(this)).into())),
];

/// The same colour in the space whose parts scripts see.
pub(super) fn in_srgb(datum: Datum) -> Datum {
    if datum.kind != Kind::Color || datum.space == 0 {
        return datum;
    }
    to_datum(Color::Srgba(from_datum(datum).to_srgba()))
}

/// The same colour with another alpha, in its own space.
pub(super) fn with_alpha(datum: Datum, alpha: f32) -> Datum {
    let [first, second, third, _] = datum.as_floats();
    Datum::color(datum.space, [first, second, third, alpha])
}

/// The colour that a text means: `"#ff8800"` or `"red"`.
pub(super) fn named(ctx: Context<'_>, text: &str) -> Result<Datum, String> {
    if let Some(digits) = text.strip_prefix('#') {
        return from_hex(digits, text);
    }
    if let Some(color) = palette::find(text) {
        return Ok(to_datum(color));
    }
    let names: Vec<&str> = palette::NAMED.iter().map(|(name, _)| *name).collect();
    let shown: String = text.chars().take(40).collect();
    match hint(ctx, &shown, &names) {
        hint if hint.is_empty() => {
            Err(format!("'{shown}' is no colour: write \"#rrggbb\" or a name of CSS, such as \"red\""))
        }
        hint => Err(format!("'{shown}' is no colour{hint}")),
    }
}

fn from_hex(digits: &str, text: &str) -> Result<Datum, String> {
    if digits.bytes().all(|digit| digit.is_ascii_hexdigit())
        && let Ok(color) = Srgba::hex(digits)
    {
        return Ok(to_datum(Color::Srgba(color)));
    }
    let shown: String = text.chars().take(40).collect();
    Err(format!("'{shown}' is no colour: write 3, 4, 6 or 8 hexadecimal digits, as in \"#ff8800\""))
}

/// `color.hsl(h, s, l [, a])` and its kin.
fn make<'gc>(call: &mut Call<'_, 'gc>, space: u8) -> Result<Action<'gc>, Raised<'gc>> {
    let mut parts = [0.0; 4];
    for (index, part) in parts.iter_mut().enumerate().take(3) {
        *part = args::number(call, index)?;
    }
    parts[3] = args::number_or(call, 3, 1.0)?;
    give(call, Datum::color(space, parts))
}

/// `color.hex("#ff8800")`, where the `#` may be left out.
fn hex<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let Value::String(text) = call.arg(0) else { return Err(args::wrong(call, 0, "string such as \"#ff8800\"")) };
    let text = text.to_text();
    let digits = text.strip_prefix('#').unwrap_or(&text);
    let color = from_hex(digits, &text).map_err(|why| Raised::argument(0, why))?;
    give(call, color)
}

/// `c:mix(other, t)`: in the space of `c`.
fn mix<'gc>(call: &mut Call<'_, 'gc>, this: Datum) -> Result<Action<'gc>, Raised<'gc>> {
    let other = from_datum(args::like(call, 1, Kind::Color)?);
    let factor = args::number(call, 2)?;
    give(call, to_datum(from_datum(this).mix(&other, factor)))
}

fn adjust<'gc>(
    call: &mut Call<'_, 'gc>,
    this: Datum,
    change: fn(Color, f32) -> Color,
) -> Result<Action<'gc>, Raised<'gc>> {
    let amount = args::number(call, 1)?;
    give(call, to_datum(change(from_datum(this), amount)))
}

fn parts_in<'gc>(call: &mut Call<'_, 'gc>, color: Color) -> Result<Action<'gc>, Raised<'gc>> {
    let [first, second, third, alpha] = to_datum(color).numbers().map(Value::Float);
    call.ret(&[first, second, third, alpha])
}
