//! Names for people: lists of them, and the one that was probably meant.

use crate::api::Context;

/// The names as a list for people, cut where it gets long.
pub(in crate::plugin) fn listed(names: &[&str]) -> String {
    const SHOWN_MAX: usize = 16;
    let mut text = names.iter().take(SHOWN_MAX).copied().collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN_MAX {
        text.push_str(", …");
    }
    if text.is_empty() { "nothing that scripts can see".to_owned() } else { text }
}

/// `; did you mean 'x'?` if one of the names is near to what a script wrote, which pays for the search.
pub(in crate::plugin) fn hint(ctx: Context<'_>, written: &str, names: &[&str]) -> String {
    let (hint, steps) = nearest(written, names);
    ctx.charge(u32::try_from(steps).unwrap_or(u32::MAX));
    hint
}

/// As [`hint`], and what the search is to cost.
pub(in crate::plugin) fn nearest(written: &str, names: &[&str]) -> (String, usize) {
    const WRITTEN_MAX: usize = 64;
    let length = written.chars().count();
    if length > WRITTEN_MAX {
        return (String::new(), 0);
    }
    let far = (length + 1) / 3;
    // To look at the lengths first spares most of the work.
    let near = names.iter().filter(|name| name.chars().count().abs_diff(length) <= far);
    let mut steps = names.len();
    let near = near.inspect(|_| steps += 8 + length * length / 8);
    let nearest = near.map(|name| (distance(written, name), name)).min_by_key(|(distance, _)| *distance);
    let hint = match nearest {
        Some((distance, name)) if distance <= far => format!("; did you mean '{name}'?"),
        _ => String::new(),
    };
    (hint, steps)
}

/// How many letters must be changed, added or removed to get from one word to the other; case counts as nothing.
fn distance(from: &str, to: &str) -> usize {
    const LENGTH_MAX: usize = 64;
    let letters = |word: &str| -> Vec<char> { word.chars().take(LENGTH_MAX).flat_map(char::to_lowercase).collect() };
    let (from, to) = (letters(from), letters(to));
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, a) in from.iter().enumerate() {
        let mut next = vec![line + 1];
        for (b, pair) in to.iter().zip(row.windows(2)) {
            let &[diagonal, above] = pair else { continue };
            let left = next.last().copied().unwrap_or_default();
            next.push((diagonal + usize::from(a != b)).min(above + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}
