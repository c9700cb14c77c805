//! The value `quat`: a rotation in space.
//!
//! Angles are in radians. What needs a rotation of length 1 makes one first; a quaternion without length turns nothing.
//! Angles about the axes are Bevy's `EulerRot::XYZ` unless another order is asked for: first about x, then about the
//! y that has turned along, then about that z. In Bevy the front is -z, up is y.

use bevy::math::{EulerRot, Mat3, Quat, Vec3};

use super::args::{self, give, give_float};
use super::datum::{Datum, Kind};
use super::float::{from_vec3, mixed, narrow, normalized, to_vec3};
use super::vector::product_sum;
use super::{Constant, Method, Static};
use crate::api::{Action, Call, Raised, Value};

/// What rotations can do.
pub(super) const METHODS: &[Method] = &[
    ("inverse", |call, this| give(call, from_quat(unit(this).conjugate()))),
    ("conjugate", |call, this| give(call, from_quat(to_quat(this).conjugate()))),
    ("normalize", |call, this| give(call, from_quat(unit(this)))),
    ("is_normalized", |call, this| {
        let is_normalized = (product_sum(this, this) - 1.0).abs() <= 2e-4;
        call.ret1(Value::Boolean(is_normalized))
    }),
    ("length", |call, this| give_float(call, product_sum(this, this).sqrt())),
    ("dot", |call, this| {
        let other = args::like(call, 1, Kind::Quat)?;
        give_float(call, product_sum(this, other))
    }),
    ("rotate", |call, this| {
        let vector = args::like(call, 1, Kind::Vec3)?;
        give(call, rotated(this, vector))
    }),
    ("slerp", |call, this| {
        let other = args::like(call, 1, Kind::Quat)?;
        let factor = args::number(call, 2)?;
        give(call, from_quat(slerp(unit(this), unit(other), factor.into())))
    }),
    ("lerp", |call, this| {
        let other = args::like(call, 1, Kind::Quat)?;
        let factor = args::number(call, 2)?;
        let nearer = if product_sum(this, other) < 0.0 { from_quat(-to_quat(other)) } else { other };
        give(call, from_quat(unit(mixed(this, nearer, factor))))
    }),
    ("angle_between", |call, this| {
        let other = args::like(call, 1, Kind::Quat)?;
        give_float(call, angle_between(unit(this), unit(other)))
    }),
    ("rotate_towards", |call, this| {
        let other = unit(args::like(call, 1, Kind::Quat)?);
        let step = f64::from(args::number(call, 2)?);
        let angle = angle_between(unit(this), other);
        let share = if angle <= step || angle <= 1e-4 { 1.0 } else { (step / angle).max(-1.0) };
        give(call, from_quat(slerp(unit(this), other, share)))
    }),
    ("to_euler", to_euler),
    ("to_axis_angle", |call, this| {
        let (axis, angle) = unit(this).to_axis_angle();
        let axis = from_vec3(axis).wrap(call.ctx);
        call.ret(&[axis, Value::Float(angle.into())])
    }),
    ("forward", |call, this| give(call, rotated(this, from_vec3(Vec3::NEG_Z)))),
    ("back", |call, this| give(call, rotated(this, from_vec3(Vec3::Z)))),
    ("right", |call, this| give(call, rotated(this, from_vec3(Vec3::X)))),
    ("left", |call, this| give(call, rotated(this, from_vec3(Vec3::NEG_X)))),
    ("up", |call, this| give(call, rotated(this, from_vec3(Vec3::Y)))),
    ("down", |call, this| give(call, rotated(this, from_vec3(Vec3::NEG_Y)))),
];

/// The functions of the table `quat`.
pub(super) const STATICS: &[Static] = &[
    ("euler", euler),
    ("axis_angle", |call| {
        let axis = args::like(call, 0, Kind::Vec3)?;
        let angle = args::number(call, 1)?;
        give(call, about(to_vec3(normalized(axis)), angle))
    }),
    ("x", |call| turn(call, Vec3::X)),
    ("y", |call| turn(call, Vec3::Y)),
    ("z", |call| turn(call, Vec3::Z)),
    ("from_rotation_x", |call| turn(call, Vec3::X)),
    ("from_rotation_y", |call| turn(call, Vec3::Y)),
    ("from_rotation_z", |call| turn(call, Vec3::Z)),
    ("look_to", look_to),
    ("between", |call| {
        let from = to_vec3(normalized(args::like(call, 0, Kind::Vec3)?));
        let to = to_vec3(normalized(args::like(call, 1, Kind::Vec3)?));
        // A vector without length has no direction to turn from or to.
        let turn =
            if from == Vec3::ZERO || to == Vec3::ZERO { Quat::IDENTITY } else { Quat::from_rotation_arc(from, to) };
        give(call, from_quat(turn))
    }),
];

/// The constants of the table `quat`.
pub(super) fn constants() -> Vec<Constant> {
    vec![("IDENTITY", from_quat(Quat::IDENTITY))]
}

pub(super) fn to_quat(value: Datum) -> Quat {
    Quat::from_array(value.as_floats())
}

pub(super) fn from_quat(value: Quat) -> Datum {
    Datum::floats(Kind::Quat, value.to_array())
}

/// The rotation with length 1; the one that turns nothing if it has no length.
fn unit(value: Datum) -> Quat {
    let length = product_sum(value, value).sqrt();
    if !(length > 0.0 && length.is_finite()) {
        return Quat::IDENTITY;
    }
    Quat::from_array(value.numbers().map(|part| narrow(part / length)))
}

/// A rotation about an axis of length 1; about none if it has no length.
pub(super) fn about(axis: Vec3, angle: f32) -> Datum {
    if axis == Vec3::ZERO {
        return from_quat(Quat::IDENTITY);
    }
    let (sin, cos) = (f64::from(angle) * 0.5).sin_cos();
    let [x, y, z] = axis.to_array().map(|part| narrow(f64::from(part) * sin));
    Datum::floats(Kind::Quat, [x, y, z, narrow(cos)])
}

/// A vector turned by a rotation.
pub(super) fn rotated(rotation: Datum, vector: Datum) -> Datum {
    from_vec3(to_quat(rotation) * to_vec3(vector))
}

/// One rotation behind the other.
pub(super) fn product(first: Datum, second: Datum) -> Datum {
    from_quat(to_quat(first) * to_quat(second))
}

fn angle_between(from: Quat, to: Quat) -> f64 {
    let dot = f64::from(from.dot(to).abs());
    if dot.is_nan() { 0.0 } else { dot.min(1.0).acos() * 2.0 }
}

/// Along the shorter way, at an even speed.
fn slerp(from: Quat, to: Quat, factor: f64) -> Quat {
    let (from, to) = (from_quat(from), from_quat(to));
    let dot = product_sum(from, to);
    let (dot, side) = if dot < 0.0 { (-dot, -1.0) } else { (dot, 1.0) };
    if dot >= 0.9995 || dot.is_nan() {
        let to = Datum::floats(Kind::Quat, to.as_floats().map(|part| part * narrow(side)));
        return unit(mixed(from, to, narrow(factor)));
    }
    let angle = dot.acos();
    let (before, after) = (((1.0 - factor) * angle).sin(), (factor * angle).sin() * side);
    let (a, b, size) = (from.numbers(), to.numbers(), angle.sin());
    Quat::from_array(std::array::from_fn(|index| narrow((a[index] * before + b[index] * after) / size)))
}

fn turn<'gc>(call: &mut Call<'_, 'gc>, axis: Vec3) -> Result<Action<'gc>, Raised<'gc>> {
    let angle = args::number(call, 0)?;
    give(call, about(axis, angle))
}

/// The orders of turns about the three axes, by which axis comes first, second and third.
const ORDERS: &[(&str, EulerRot, [usize; 3])] = &[
    ("XYZ", EulerRot::XYZ, [0, 1, 2]),
    ("XZY", EulerRot::XZY, [0, 2, 1]),
    ("YXZ", EulerRot::YXZ, [1, 0, 2]),
    ("YZX", EulerRot::YZX, [1, 2, 0]),
    ("ZXY", EulerRot::ZXY, [2, 0, 1]),
    ("ZYX", EulerRot::ZYX, [2, 1, 0]),
];

fn order<'gc>(call: &Call<'_, 'gc>, index: usize) -> Result<(EulerRot, [usize; 3]), Raised<'gc>> {
    let name = match call.arg(index) {
        Value::Nil => "XYZ",
        Value::String(name) => name.to_str().unwrap_or_default(),
        _ => return Err(args::wrong(call, index, "order of the axes, such as \"YXZ\"")),
    };
    match ORDERS.iter().find(|(known, ..)| *known == name) {
        Some((_, order, axes)) => Ok((*order, *axes)),
        None => {
            let names: Vec<&str> = ORDERS.iter().map(|(name, ..)| *name).collect();
            Err(Raised::argument(index, format!("unknown order of the axes; there are {}", names.join(", "))))
        }
    }
}

/// `quat.euler(x, y, z [, order])`: the angles are those about x, y and z whatever the order is.
fn euler<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let angles = [args::number(call, 0)?, args::number(call, 1)?, args::number(call, 2)?];
    let (order, [first, second, third]) = order(call, 3)?;
    give(call, from_quat(Quat::from_euler(order, angles[first], angles[second], angles[third])))
}

/// `q:to_euler([order])`: the angles about x, y and z.
fn to_euler<'gc>(call: &mut Call<'_, 'gc>, this: Datum) -> Result<Action<'gc>, Raised<'gc>> {
    let (order, axes) = order(call, 1)?;
    let (first, second, third) = unit(this).to_euler(order);
    let mut angles = [Value::Nil; 3];
    for (axis, angle) in axes.into_iter().zip([first, second, third]) {
        angles[axis] = Value::Float(angle.into());
    }
    call.ret(&angles)
}

/// `quat.look_to(direction [, up])`: the rotation of what looks in a direction, as Bevy's `Transform::looking_to`.
fn look_to<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let direction = to_vec3(normalized(args::like(call, 0, Kind::Vec3)?));
    let up = match call.arg(1) {
        Value::Nil => Vec3::Y,
        _ => to_vec3(normalized(args::like(call, 1, Kind::Vec3)?)),
    };
    let back = if direction == Vec3::ZERO { Vec3::Z } else { -direction };
    let across = |up: Vec3| to_vec3(normalized(from_vec3(up.cross(back))));
    // Where up lies along the direction, another one has to do.
    let candidates = [across(up), across(Vec3::Y), across(Vec3::Z), across(Vec3::X)];
    let right = candidates.into_iter().find(|right| right.length_squared() > 0.5).unwrap_or(Vec3::X);
    let rotation = Quat::from_mat3(&Mat3::from_cols(right, back.cross(right), back));
    give(call, from_quat(rotation))
}
