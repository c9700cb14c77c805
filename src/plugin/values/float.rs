//! What vectors of floats can do.
//!
//! Angles are in radians. Where mathematics has no answer, as for the direction of a vector without length, the answer
//! is zero, as with glam's `normalize_or_zero`; a part that is not a number stays one.

use std::f64::consts::PI;

use bevy::math::Vec3;

use super::args::{self, give, give_float};
use super::datum::{Datum, Kind};
use super::vector::{distance, length, parts, product_sum};
use super::{Method, Static, rotation};
use crate::api::{Action, Call, Raised, Value};

/// What all of them can do.
pub(super) const METHODS: &[Method] = &[
    ("normalize", |call, this| give(call, normalized(this))),
    ("is_normalized", |call, this| {
        let is_normalized = (product_sum(this, this) - 1.0).abs() <= 2e-4;
        call.ret1(Value::Boolean(is_normalized))
    }),
    ("lerp", lerp),
    ("midpoint", |call, this| {
        let other = args::like(call, 1, this.kind)?;
        give(call, mixed(this, other, 0.5))
    }),
    ("move_towards", move_towards),
    ("smooth_nudge", smooth_nudge),
    ("clamp_length", clamp_length),
    ("floor", |call, this| each(call, this, f32::floor)),
    ("ceil", |call, this| each(call, this, f32::ceil)),
    ("round", |call, this| each(call, this, f32::round)),
    ("trunc", |call, this| each(call, this, f32::trunc)),
    ("fract", |call, this| each(call, this, |part| part - part.floor())),
    ("snap", snap),
    ("reflect", reflect),
    ("project_onto", |call, this| {
        let onto = args::like(call, 1, this.kind)?;
        give(call, projected(this, onto))
    }),
    ("reject_from", |call, this| {
        let from = args::like(call, 1, this.kind)?;
        let onto = projected(this, from).as_floats();
        give(call, zip(this, |index, part| part - onto[index]))
    }),
    ("angle_to", angle_to),
    ("rotate_towards", rotate_towards),
];

/// What those in the plane can do besides.
pub(super) const VEC2: &[Method] = &[
    ("perp", |call, this| {
        let [x, y, ..] = this.as_floats();
        give(call, Datum::floats(Kind::Vec2, [-y, x, 0.0, 0.0]))
    }),
    ("cross", |call, this| {
        let other = args::like(call, 1, Kind::Vec2)?;
        give_float(call, cross2(this, other))
    }),
    ("to_angle", |call, this| {
        let [x, y, ..] = this.numbers();
        give_float(call, y.atan2(x))
    }),
    ("rotate", |call, this| {
        let angle = args::number(call, 1)?;
        give(call, turned(this, angle.into()))
    }),
];

/// What those in space can do besides.
pub(super) const VEC3: &[Method] = &[
    ("cross", |call, this| {
        let other = args::like(call, 1, Kind::Vec3)?;
        give(call, from_vec3(to_vec3(this).cross(to_vec3(other))))
    }),
    ("rotate", |call, this| {
        let rotation = args::like(call, 1, Kind::Quat)?;
        give(call, rotation::rotated(rotation, this))
    }),
    ("rotate_x", |call, this| rotate_about(call, this, Vec3::X)),
    ("rotate_y", |call, this| rotate_about(call, this, Vec3::Y)),
    ("rotate_z", |call, this| rotate_about(call, this, Vec3::Z)),
    ("rotate_axis", |call, this| {
        let axis = args::like(call, 1, Kind::Vec3)?;
        let angle = args::number(call, 2)?;
        give(call, rotation::rotated(rotation::about(to_vec3(normalized(axis)), angle), this))
    }),
    ("any_orthonormal", |call, this| give(call, any_orthonormal(this))),
];

/// The functions of the table `vec2`.
pub(super) const VEC2_STATICS: &[Static] = &[("from_angle", |call| {
    let (sin, cos) = f64::from(args::number(call, 0)?).sin_cos();
    give(call, Datum::floats(Kind::Vec2, [narrow(cos), narrow(sin), 0.0, 0.0]))
})];

/// The nearest `f32`.
#[expect(clippy::cast_possible_truncation, reason = "a vector has the precision of f32")]
pub(super) fn narrow(value: f64) -> f32 {
    value as f32
}

pub(super) fn to_vec3(value: Datum) -> Vec3 {
    let [x, y, z, _] = value.as_floats();
    Vec3::new(x, y, z)
}

pub(super) fn from_vec3(value: Vec3) -> Datum {
    Datum::floats(Kind::Vec3, [value.x, value.y, value.z, 0.0])
}

/// A vector whose parts are made from the parts of one and their places.
fn zip(this: Datum, make: impl Fn(usize, f32) -> f32) -> Datum {
    let parts = this.as_floats();
    Datum::floats(this.kind, std::array::from_fn(|index| make(index, parts[index])))
}

fn scaled(this: Datum, factor: f64) -> Datum {
    Datum::floats(this.kind, this.numbers().map(|part| narrow(part * factor)))
}

/// The vector of length 1 in this direction, or zero if there is none.
pub(super) fn normalized(this: Datum) -> Datum {
    let length = length(this);
    if length > 0.0 && length.is_finite() {
        return Datum::floats(this.kind, this.numbers().map(|part| narrow(part / length)));
    }
    Datum::floats(this.kind, [0.0; 4])
}

/// As glam's `lerp`.
pub(super) fn mixed(from: Datum, to: Datum, factor: f32) -> Datum {
    let to = to.as_floats();
    zip(from, |index, part| part * (1.0 - factor) + to[index] * factor)
}

fn each<'gc>(call: &mut Call<'_, 'gc>, this: Datum, make: fn(f32) -> f32) -> Result<Action<'gc>, Raised<'gc>> {
    give(call, Datum::floats(this.kind, this.as_floats().map(make)))
}

/// `v:lerp(other, t)`
fn lerp<'gc>(call: &mut Call<'_, 'gc>, this: Datum) -> Result<Action<'gc>, Raised<'gc>> {
    let other = args::like(call, 1, this.kind)?;
    let factor = args::number(call, 2)?;
    give(call, mixed(this, other, factor))
}

/// `v:move_towards(target, distance)`: never past the target.
fn move_towards<'gc>(call: &mut Call<'_, 'gc>, this: Datum) -> Result<Action<'gc>, Raised<'gc>> {
    let target = args::like(call, 1, this.kind)?;
    let step = f64::from(args::number(call, 2)?);
    let distance = distance(this, target);
    if distance <= step || distance <= 1e-8 {
        return give(call, target);
    }
    let goal = target.numbers();
    let (share, parts) = (step / distance, this.numbers());
    give(call, zip(this, |index, _| narrow(parts[index] + (goal[index] - parts[index]) * share)))
}

/// `v:smooth_nudge(target, rate, delta)`: a part of the way that does not depend on how often it is gone, as Bevy's.
fn smooth_nudge<'gc>(call: &mut Call<'_, 'gc>, this: Datum) -> Result<Action<'gc>, Raised<'gc>> {
    let target = args::like(call, 1, this.kind)?;
    let (rate, delta) = (f64::from(args::number(call, 2)?), f64::from(args::number(call, 3)?));
    give(call, mixed(this, target, narrow(1.0 - (-rate * delta).exp())))
}

/// `v:clamp_length(max)` and `v:clamp_length(min, max)`; zero has no direction to get longer in, and stays.
fn clamp_length<'gc>(call: &mut Call<'_, 'gc>, this: Datum) -> Result<Action<'gc>, Raised<'gc>> {
    let first = f64::from(args::number(call, 1)?);
    let (min, max) = match call.arg(2) {
        Value::Nil => (0.0, first),
        _ => (first, f64::from(args::number(call, 2)?)),
    };
    let length = length(this);
    if length > max {
        give(call, scaled(normalized(this), max))
    } else if length < min {
        give(call, scaled(normalized(this), min))
    } else {
        give(call, this)
    }
}

/// `v:snap(step)`: the nearest multiples; where the step is 0, the part stays.
fn snap<'gc>(call: &mut Call<'_, 'gc>, this: Datum) -> Result<Action<'gc>, Raised<'gc>> {
    let steps = args::like_or_number(call, 1, this.kind)?.as_floats();
    let snapped = |part: f32, step: f32| if step == 0.0 { part } else { (part / step).round() * step };
    give(call, zip(this, |index, part| snapped(part, steps[index])))
}

/// `v:reflect(normal)`: thrown back by a wall with this normal, whatever the normal's length is.
fn reflect<'gc>(call: &mut Call<'_, 'gc>, this: Datum) -> Result<Action<'gc>, Raised<'gc>> {
    let normal = args::like(call, 1, this.kind)?;
    let onto = projected(this, normal).as_floats();
    give(call, zip(this, |index, part| part - 2.0 * onto[index]))
}

/// The part of a vector that lies along another; zero if that has no length.
fn projected(this: Datum, onto: Datum) -> Datum {
    let size = product_sum(onto, onto);
    if size > 0.0 && size.is_finite() {
        return scaled(onto, product_sum(this, onto) / size);
    }
    Datum::floats(this.kind, [0.0; 4])
}

fn cross2(a: Datum, b: Datum) -> f64 {
    let ([ax, ay, ..], [bx, by, ..]) = (a.numbers(), b.numbers());
    ax * by - ay * bx
}

/// The angle between two vectors: in the plane from the one to the other, left turns positive; otherwise without sign.
fn angle(from: Datum, to: Datum) -> f64 {
    let dot = product_sum(from, to);
    match from.kind {
        Kind::Vec2 => cross2(from, to).atan2(dot),
        Kind::Vec3 => {
            let ([ax, ay, az, _], [bx, by, bz, _]) = (from.numbers(), to.numbers());
            let cross = [ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx];
            cross.iter().map(|part| part * part).sum::<f64>().sqrt().atan2(dot)
        }
        _ => {
            let cosine = dot / (length(from) * length(to));
            if cosine.is_nan() { 0.0 } else { cosine.clamp(-1.0, 1.0).acos() }
        }
    }
}

fn angle_to<'gc>(call: &mut Call<'_, 'gc>, this: Datum) -> Result<Action<'gc>, Raised<'gc>> {
    let other = args::like(call, 1, this.kind)?;
    give_float(call, angle(this, other))
}

fn turned(this: Datum, angle: f64) -> Datum {
    let ((sin, cos), [x, y, ..]) = (angle.sin_cos(), this.numbers());
    Datum::floats(Kind::Vec2, [narrow(x * cos - y * sin), narrow(x * sin + y * cos), 0.0, 0.0])
}

/// `v:rotate_towards(other, angle)`: in the direction of another vector, never past it; its length stays.
fn rotate_towards<'gc>(call: &mut Call<'_, 'gc>, this: Datum) -> Result<Action<'gc>, Raised<'gc>> {
    let other = args::like(call, 1, this.kind)?;
    let step = f64::from(args::number(call, 2)?);
    let between = angle(this, other);
    // Not `clamp`, which panics where the angle is not a number.
    let step = step.max(between.abs() - PI).min(between.abs());
    let turned = match this.kind {
        Kind::Vec2 => turned(this, step * between.signum()),
        Kind::Vec3 => {
            let cross = from_vec3(to_vec3(this).cross(to_vec3(other)));
            let axis = if length(cross) > 0.0 { normalized(cross) } else { any_orthonormal(this) };
            rotation::rotated(rotation::about(to_vec3(axis), narrow(step)), this)
        }
        _ => return Err(Raised::message("a vec4 has no rotate_towards: it is there for vec2 and vec3")),
    };
    give(call, turned)
}

fn rotate_about<'gc>(call: &mut Call<'_, 'gc>, this: Datum, axis: Vec3) -> Result<Action<'gc>, Raised<'gc>> {
    let angle = args::number(call, 1)?;
    give(call, rotation::rotated(rotation::about(axis, angle), this))
}

/// Some vector of length 1 at a right angle to this one.
fn any_orthonormal(this: Datum) -> Datum {
    let direction = to_vec3(normalized(this));
    // The axis that is farthest from the direction makes the best angle with it.
    let size = direction.abs();
    let axis = if size.x <= size.y && size.x <= size.z {
        Vec3::X
    } else if size.y <= size.z {
        Vec3::Y
    } else {
        Vec3::Z
    };
    let found = normalized(from_vec3(direction.cross(axis)));
    let numbers = found.numbers();
    if parts(&numbers, Kind::Vec3).iter().all(|part| *part == 0.0) { from_vec3(Vec3::X) } else { found }
}
