//! References that an entity, or another reference, keeps for those who ask again.
//!
//! Scripts ask for the same few components and fields in every frame. What was asked for lately is kept where it was asked
//! for, in the user value of the userdata: one reference as it is, several in a list. So `e.Transform.translation.x = v`
//! makes no garbage from the second time on, and what is kept goes with the entity's userdata.

use crate::api::{Context, Table, UserData, Value};

/// References that one userdata keeps.
const KEPT_MAX: i64 = 16;

/// What is kept in `data` and is wanted, with what the wish has found in it.
#[inline]
pub(super) fn kept<'gc, R>(
    ctx: Context<'gc>,
    data: UserData<'gc>,
    wanted: impl Fn(UserData<'gc>) -> Option<R>,
) -> Option<(UserData<'gc>, R)> {
    match data.user_value() {
        Value::UserData(only) => wanted(only).map(|found| (only, found)),
        Value::Table(list) => {
            for index in 1..=KEPT_MAX {
                let Value::UserData(one) = list.get_integer(ctx, index) else { return None };
                if let Some(found) = wanted(one) {
                    return Some((one, found));
                }
            }
            None
        }
        _ => None,
    }
}

/// Keeps a reference in `data`.
pub(super) fn keep<'gc>(ctx: Context<'gc>, data: UserData<'gc>, reference: UserData<'gc>) {
    let reference = Value::UserData(reference);
    match data.user_value() {
        Value::Nil => data.set_user_value(ctx, reference),
        Value::Table(list) if list.len() < KEPT_MAX => {
            // Where there is no memory for it, it is not kept.
            let _ = list.set_integer(ctx, list.len() + 1, reference);
        }
        // Who asks for that many asks for others the next time: it begins anew.
        Value::Table(_) => data.set_user_value(ctx, reference),
        first => {
            let list = Table::new(ctx);
            if list.set_integer(ctx, 1, first).is_ok() && list.set_integer(ctx, 2, reference).is_ok() {
                data.set_user_value(ctx, Value::Table(list));
            }
        }
    }
}
