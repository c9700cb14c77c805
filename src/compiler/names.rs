//! Which of the things in scope a name means.
//!
//! Scopes nest, so the things that have names form a stack, and a name means the one of that name that is nearest to
//! its top. To find it takes the same time however many there are: a source may have hundreds of variables in scope
//! for each of its names.

use crate::syntax::ast::Name;

/// The names of a stack of things.
#[derive(Debug)]
pub(super) struct NameStack {
    /// For each name of the chunk the position of the nearest thing, plus one; 0 where there is none.
    nearest: Vec<u32>,
    /// For each thing its name, and what `nearest` was before.
    things: Vec<(Name, u32)>,
}

impl NameStack {
    /// For a chunk with so many names.
    pub(super) fn new(count: usize) -> NameStack {
        NameStack { nearest: vec![0; count], things: Vec::new() }
    }

    /// Adds a thing on top.
    pub(super) fn push(&mut self, name: Name) {
        let position = super::function::narrow(self.things.len() + 1);
        let Some(nearest) = self.nearest.get_mut(name.index()) else { return };
        self.things.push((name, std::mem::replace(nearest, position)));
    }

    /// Takes away all things from the position `height` on.
    pub(super) fn truncate(&mut self, height: usize) {
        while self.things.len() > height {
            let Some((name, before)) = self.things.pop() else { return };
            if let Some(nearest) = self.nearest.get_mut(name.index()) {
                *nearest = before;
            }
        }
    }

    /// The position of what the name means.
    pub(super) fn find(&self, name: Name) -> Option<usize> {
        (*self.nearest.get(name.index())? as usize).checked_sub(1)
    }

    /// The position of what the name would mean without the thing at `position`.
    pub(super) fn behind(&self, position: usize) -> Option<usize> {
        (self.things.get(position)?.1 as usize).checked_sub(1)
    }
}
