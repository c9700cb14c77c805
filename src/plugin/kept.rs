//! References that an entity, or another reference, keeps for those who ask again.
//!
//! Scripts ask for the same few components and fields in every frame. What was asked for lately is kept where it was asked
//! for, in the user value of the userdata: one reference as it is, several in a list. So `e.Transform.translation.x = v`
//! makes no garbage from the second time on, and what is kept goes with the entity's userdata.

use crate::api::{Context, Table, UserData, Value};

/// References that one userdata keeps.
const KEPT_MAX: i64 = 16;

/// What is kept in `data` and is wanted.
#[inline]
pub(super) fn kept<'gc>(
    ctx: Context<'gc>,
    data: UserData<'gc>,
    is_wanted: impl Fn(UserData<'gc>) -> bool,
) -> Option<UserData<'gc>> {
    match data.user_value() {
        Value::UserData(only) => is_wanted(only).then_some(only),
        Value::Table(list) => {
            for index in 1..=KEPT_MAX {
                let Value::UserData(one) = list.get_integer(ctx, index) else { return None };
                if is_wanted(one) {
                    return Some(one);
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
