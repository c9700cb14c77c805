//! Data of Lua values: for components that were defined in Lua, and wherever a Rust type has a field of data.
//!
//! A field has the type of its default, and a table may become any other table. What a table says replaces what there is,
//! as everywhere; what it does not say is kept, or comes from the defaults.

use bevy::reflect::enums::VariantInfo;
use bevy::reflect::{PartialReflect, ReflectMut, TypeInfo, Typed as _};

use super::from_lua::{Builder, put};
use super::leaf::{as_text, wants};
use super::names::{hint, listed};
use super::place::Typed;
use super::reference::as_reference;
use super::to_lua::to_lua;
use crate::api::{Table, Value};
use crate::plugin::data::{LuaData, LuaFields};
use crate::plugin::declared::Declaration;
use crate::plugin::entity::as_entity;
use crate::plugin::limit::Limit;

/// The variants of data: their names, and the types of what they hold.
pub(super) fn variants() -> impl Iterator<Item = (&'static str, Typed)> {
    let info = match LuaData::type_info() {
        TypeInfo::Enum(info) => Some(info),
        _ => None,
    };
    info.into_iter().flat_map(|info| info.iter()).filter_map(|variant| match variant {
        VariantInfo::Tuple(tuple) => {
            tuple.field_at(0).map(|field| (variant.name(), (field.type_id(), field.type_info())))
        }
        _ => None,
    })
}

impl<'gc> Builder<'_, 'gc> {
    /// The data of a field that a script declares, or of another one by that name.
    ///
    /// # Errors
    /// If no field can hold the value.
    pub(in crate::plugin) fn named(&mut self, field: &str, value: Value<'gc>) -> Result<LuaData, String> {
        let data = self.at(&format!(".{field}"), |this| this.data(value, 1));
        self.charge();
        data
    }

    /// A value that is data as a whole.
    ///
    /// # Errors
    /// If it holds something else; the message says where.
    pub(in crate::plugin) fn whole_data(&mut self, value: Value<'gc>) -> Result<LuaData, String> {
        let data = self.data(value, 0);
        self.charge();
        data
    }

    /// The fields of a component that was defined in Lua; what is not said comes from `old`, or from the defaults.
    ///
    /// # Errors
    /// If the Lua value does not fit; the message says where and what would.
    pub(in crate::plugin) fn declared(
        &mut self,
        declaration: &Declaration,
        value: Value<'gc>,
        old: Option<&LuaFields>,
    ) -> Result<LuaFields, String> {
        let is_plain = |value: &&LuaData| matches!(value, LuaData::Bool(_) | LuaData::Integer(_) | LuaData::Number(_));
        for value in declaration.fields.values().filter(|value| !is_plain(value)) {
            self.weigh(Some(value), 0)?;
        }
        let mut fields = declaration.fields.clone();
        self.keep(&mut fields, old)?;
        if let Some(reference) = as_reference(value)
            && let Some(other) = &reference.place.component.declared
            && other.name == declaration.name
            && reference.place.is_whole()
        {
            let kept = reference.look(self.world, |there| self.keep(&mut fields, there.try_downcast_ref()));
            // Rust may have written beyond them there.
            for (name, value) in &fields {
                self.at(&format!(".{name}"), |this| this.check_limit(declaration.limits.get(name), value))?;
            }
            return match kept {
                Ok(kept) => kept.map(|()| fields),
                Err(_) => self.fail(format_args!("'{}' is not there any more", reference.text())),
            };
        }
        let Value::Table(table) = value else { return self.fail(wants("a table of its fields", value)) };
        let mut position = 0;
        while let Some((next, key, value)) = table.next_from(self.ctx, position) {
            position = next;
            let name = self.ctx.plain_string(key).to_text().into_owned();
            let field = if matches!(key, Value::String(_)) { fields.get_mut(&name) } else { None };
            let Some(field) = field else {
                let names: Vec<&str> = declaration.fields.keys().map(String::as_str).collect();
                return match names.as_slice() {
                    [] => self.fail(format_args!("it has no field '{name}': it has none at all")),
                    names => self.fail(format_args!(
                        "it has no field '{name}'{}; it has: {}",
                        hint(self.ctx, &name, names),
                        listed(names)
                    )),
                };
            };
            self.at(&format!(".{name}"), |this| {
                this.write_field(field, value)?;
                this.check_limit(declaration.limits.get(&name), field)
            })?;
        }
        self.charge();
        Ok(fields)
    }

    fn check_limit(&self, limit: Option<&Limit>, value: &LuaData) -> Result<(), String> {
        limit.map_or(Ok(()), |limit| limit.check(value)).or_else(|why| self.fail(why))
    }

    /// Takes over the values of fields, as far as they are of the right types.
    fn keep(&self, fields: &mut LuaFields, from: Option<&LuaFields>) -> Result<(), String> {
        for (name, value) in from.into_iter().flatten() {
            if let Some(field) = fields.get_mut(name).filter(|field| field.is_same_type(value)) {
                self.weigh(Some(value), 0)?;
                field.clone_from(value);
            }
        }
        Ok(())
    }

    fn write_field(&mut self, field: &mut LuaData, value: Value<'gc>) -> Result<(), String> {
        if field.is_table() {
            *field = self.table(value, 1)?;
            return Ok(());
        }
        let ReflectMut::Enum(variant) = field.reflect_mut() else { return Ok(()) };
        let Some(inner) = variant.field_at_mut(0) else { return Ok(()) };
        let Some(type_id) = inner.try_as_reflect().map(|inner| inner.as_any().type_id()) else { return Ok(()) };
        let built = self.part((type_id, inner.get_represented_type_info()), value, Some(&*inner), 1)?;
        put(inner, built).or_else(|why| self.fail(why))
    }

    /// Data of a table, and of nothing else.
    pub(super) fn table(&mut self, value: Value<'gc>, depth: u32) -> Result<LuaData, String> {
        let data = self.data(value, depth);
        self.charge();
        let data = data?;
        if data.is_table() { Ok(data) } else { self.fail(wants("a table", value)) }
    }

    /// Data of any kind.
    pub(in crate::plugin) fn data(&mut self, value: Value<'gc>, depth: u32) -> Result<LuaData, String> {
        self.count(depth)?;
        match value {
            Value::Boolean(value) => return Ok(LuaData::Bool(value)),
            Value::Integer(value) => return Ok(LuaData::Integer(value)),
            Value::Float(value) => return Ok(LuaData::Number(value)),
            Value::String(_) => {
                self.count_text(value)?;
                let text = as_text(value, "a string").or_else(|why| self.fail(why))?;
                return Ok(LuaData::Text(text.to_owned()));
            }
            Value::Table(table) => return self.data_of_table(table, depth),
            _ => {}
        }
        if let Some(entity) = as_entity(value) {
            return Ok(LuaData::Entity(entity));
        }
        if let Some(data) = LuaData::of_value(self.ctx, value) {
            return Ok(data);
        }
        if let Some(reference) = as_reference(value) {
            return match reference.look(self.world, |there| to_lua(self.ctx, self.world, there)) {
                Ok(Ok(copy)) => self.data(copy, depth + 1),
                _ => self.fail(format_args!("'{}' cannot be copied, or is not there any more", reference.text())),
            };
        }
        self.fail(wants("a boolean, number, string, entity, vector, colour or table", value))
    }

    fn data_of_table(&mut self, table: Table<'gc>, depth: u32) -> Result<LuaData, String> {
        if table.next_from(self.ctx, 0).is_none() {
            return Ok(LuaData::List(Vec::new()));
        }
        if !table.get_integer(self.ctx, 1).is_nil() {
            let count = i64::try_from(self.check_list(table, None)?).unwrap_or(i64::MAX);
            let items = (1..=count).map(|index| {
                let value = table.get_integer(self.ctx, index);
                self.at(&format!("[{index}]"), |this| this.data(value, depth + 1))
            });
            return items.collect::<Result<_, _>>().map(LuaData::List);
        }
        let mut fields = LuaFields::new();
        let mut position = 0;
        while let Some((next, key, value)) = table.next_from(self.ctx, position) {
            position = next;
            let Value::String(_) = key else {
                let key = self.ctx.plain_string(key).to_text().into_owned();
                return self
                    .fail(format_args!("the keys of its tables are strings, or 1, 2, 3, …, and '{key}' is not"));
            };
            self.count_text(key)?;
            let name = as_text(key, "a string").or_else(|why| self.fail(why))?.to_owned();
            let data = self.at(&format!(".{name}"), |this| this.data(value, depth + 1))?;
            fields.insert(name, data);
        }
        Ok(LuaData::Table(fields))
    }
}
