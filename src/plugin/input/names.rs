//! The names of keys, buttons and axes, and what they stand for.

use bevy::platform::collections::HashMap;
use bevy::reflect::enums::{DynamicEnum, DynamicVariant, VariantInfo};
use bevy::reflect::{FromReflect, TypeInfo, Typed};

use crate::api::{Call, Context, Raised, Value};
use crate::plugin::reflect::hint;

/// Names, each of which stands for something.
pub(super) struct Names<T> {
    /// What they are names of.
    of: &'static str,
    /// What there is, for who wrote something that is near to nothing.
    examples: &'static str,
    /// The names in their order.
    known: Vec<&'static str>,
    by_name: HashMap<&'static [u8], T>,
}

impl<T: Copy> Names<T> {
    /// A list of names.
    pub(super) fn new(
        of: &'static str,
        examples: &'static str,
        named: impl Iterator<Item = (&'static str, T)> + Clone,
    ) -> Names<T> {
        let known = named.clone().map(|(name, _)| name).collect();
        Names { of, examples, known, by_name: named.map(|(name, meant)| (name.as_bytes(), meant)).collect() }
    }

    /// What the argument at `index` stands for.
    pub(super) fn argument<'gc>(&self, call: &Call<'_, 'gc>, index: usize) -> Result<T, Raised<'gc>> {
        let Value::String(name) = call.arg(index) else {
            let got = match call.get(index) {
                None => "no value".to_owned(),
                Some(value) => call.ctx.type_name(value),
            };
            return Err(Raised::argument(index, format!("name of a {} expected, got {got}", self.of)));
        };
        self.by_name.get(name.as_bytes()).copied().ok_or_else(|| {
            let written: String = name.to_text().chars().take(40).collect();
            Raised::argument(index, format!("there is no {} '{written}'{}", self.of, self.nearest(call.ctx, &written)))
        })
    }

    /// What may have been meant.
    #[cold]
    fn nearest(&self, ctx: Context<'_>, written: &str) -> String {
        const SHOWN_MAX: usize = 6;
        let parts = self.known.iter().filter(|name| has_word(name, written)).take(SHOWN_MAX).copied();
        let parts: Vec<&str> = parts.collect();
        if !parts.is_empty() {
            return format!("; did you mean {}?", parts.join(" or "));
        }
        match hint(ctx, written, &self.known) {
            none if none.is_empty() => format!("; {}", self.examples),
            hint => hint,
        }
    }
}

/// Whether a name begins or ends with a word, as `ArrowLeft` does with `left`.
fn has_word(name: &str, word: &str) -> bool {
    let places = [word.len(), name.len().saturating_sub(word.len())];
    places.into_iter().filter_map(|at| name.split_at_checked(at)).any(|(before, after)| {
        let is_between_words = before.ends_with(|c: char| c.is_ascii_lowercase())
            && after.starts_with(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit());
        is_between_words && (before.eq_ignore_ascii_case(word) || after.eq_ignore_ascii_case(word))
    })
}

/// The variants of an enum that have no fields, in their order, by their names.
pub(super) fn variants<T: Typed + FromReflect>() -> Vec<(&'static str, T)> {
    let TypeInfo::Enum(info) = T::type_info() else { return Vec::new() };
    let named = info.iter().filter_map(|variant| {
        let VariantInfo::Unit(unit) = variant else { return None };
        let variant = DynamicEnum::new(unit.name(), DynamicVariant::Unit);
        Some((unit.name(), T::from_reflect(&variant)?))
    });
    named.collect()
}
