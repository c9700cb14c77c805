//! A string in the making.
//!
//! Its bytes are checked against the memory limit before they are added, and once they are many they are
//! entered in the ledger, so that a script cannot hoard memory in half-made strings of paused coroutines.

use std::io::Write;

use crate::api::{Call, Charge, Collect, Context, Fault, LuaString, Raised, STRING_MAX, Value, number};

/// Up to this many bytes are not entered in the ledger.
const UNCHARGED_BYTES: usize = 4096;

/// The most bytes of a long text that are added at once.
const PART_MAX: usize = 1 << 16;

/// Bytes that will be a string.
#[derive(Collect, Default)]
#[collect(require_static)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
    charge: Option<Charge>,
    charged: usize,
}

impl Buffer {
    /// The bytes so far.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Makes room for `more` bytes.
    #[inline]
    pub(super) fn reserve<'gc>(&mut self, ctx: Context<'gc>, more: usize) -> Result<(), Raised<'gc>> {
        let wanted = self.bytes.len().saturating_add(more);
        if wanted <= self.bytes.capacity() {
            return Ok(());
        }
        if wanted >= STRING_MAX {
            return Err(Raised::message("resulting string too large"));
        }
        let room = wanted.max(2 * self.bytes.capacity()).max(64);
        ctx.ledger().check(room)?;
        self.bytes.try_reserve_exact(room - self.bytes.len()).map_err(|_| Raised::fault(Fault::OutOfMemory))?;
        if room > UNCHARGED_BYTES {
            self.charge.get_or_insert_with(|| Charge::new(ctx.ledger(), 0)).add(room - self.charged);
            self.charged = room;
        }
        Ok(())
    }

    /// Adds bytes.
    pub(super) fn push<'gc>(&mut self, ctx: Context<'gc>, bytes: &[u8]) -> Result<(), Raised<'gc>> {
        self.reserve(ctx, bytes.len())?;
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    /// Adds a string. A short one is copied with what lies behind it, because a copy of so many bytes that are known
    /// beforehand is no call (`table.concat` took 1.3 times as long).
    #[inline]
    pub(super) fn push_string<'gc>(&mut self, ctx: Context<'gc>, string: LuaString<'gc>) -> Result<(), Raised<'gc>> {
        let Some((len, bytes)) = string.padded() else { return self.push(ctx, string.as_bytes()) };
        let end = self.bytes.len() + len;
        if end.saturating_add(bytes.len()) > self.bytes.capacity() {
            self.reserve(ctx, bytes.len())?;
        }
        self.bytes.extend_from_slice(bytes);
        self.bytes.truncate(end);
        Ok(())
    }

    /// Adds some of a text, from the offset `at` on, and charges for it. From where it goes on, if that is not all.
    pub(super) fn push_part<'gc>(
        &mut self,
        call: &mut Call<'_, 'gc>,
        text: LuaString<'gc>,
        at: usize,
    ) -> Result<Option<usize>, Raised<'gc>> {
        let rest = text.as_bytes().get(at..).unwrap_or_default();
        let part = rest.get(..PART_MAX).unwrap_or(rest);
        call.charge(part.len() / 32);
        if at == 0 {
            self.reserve(call.ctx, rest.len())?;
        }
        self.push(call.ctx, part)?;
        Ok((part.len() < rest.len()).then_some(at + part.len()))
    }

    /// Adds one byte `count` times.
    pub(super) fn fill<'gc>(&mut self, ctx: Context<'gc>, byte: u8, count: usize) -> Result<(), Raised<'gc>> {
        self.reserve(ctx, count)?;
        self.bytes.resize(self.bytes.len() + count, byte);
        Ok(())
    }

    /// Adds a string, or a number as `tostring` shows it. Whether the value is one.
    pub(super) fn push_text<'gc>(&mut self, ctx: Context<'gc>, value: Value<'gc>) -> Result<bool, Raised<'gc>> {
        match value {
            Value::String(string) => self.push_string(ctx, string)?,
            Value::Integer(integer) => {
                self.reserve(ctx, 20)?;
                // Writing to a vector cannot fail.
                let _ = write!(self.bytes, "{integer}");
            }
            Value::Float(float) => self.push(ctx, number::write_float(float).as_bytes())?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Adds bytes given one by one.
    pub(super) fn extend<'gc>(
        &mut self,
        ctx: Context<'gc>,
        bytes: impl ExactSizeIterator<Item = u8>,
    ) -> Result<(), Raised<'gc>> {
        self.reserve(ctx, bytes.len())?;
        self.bytes.extend(bytes);
        Ok(())
    }

    /// Adds a copy of `count` of its own bytes from `start` on.
    pub(super) fn repeat<'gc>(&mut self, ctx: Context<'gc>, start: usize, count: usize) -> Result<(), Raised<'gc>> {
        self.reserve(ctx, count)?;
        let end = self.bytes.len().min(start.saturating_add(count));
        if start < end {
            self.bytes.extend_from_within(start..end);
        }
        Ok(())
    }

    /// The bytes, as they are.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The finished string, copied where that leaves room for the next one to be made here.
    pub(super) fn finish_copy<'gc>(&mut self, ctx: Context<'gc>) -> Value<'gc> {
        if self.bytes.capacity() > UNCHARGED_BYTES {
            return self.finish(ctx);
        }
        let text = ctx.text(&self.bytes);
        self.bytes.clear();
        text
    }

    /// The finished string.
    pub(super) fn finish<'gc>(&mut self, ctx: Context<'gc>) -> Value<'gc> {
        let bytes = std::mem::take(&mut self.bytes);
        self.charge = None;
        self.charged = 0;
        Value::String(ctx.string_from(bytes))
    }
}
