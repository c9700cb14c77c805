//! Queries: `world:query("A", "B", {without = "C"})`.
//!
//! What a query looks for is resolved once and kept by the names it was asked with, so that asking again each frame
//! costs a look. A loop goes over the entities that matched when it began, in the order of their numbers; each row
//! looks again, because the loop may despawn and change what it likes.
//!
//! The entities of a loop are kept with their userdata, which keep the references to their components, for the next
//! loops of the query: while the same entities match, a row makes nothing anew. What no loop has used for a while is
//! dropped ([`Queries::forget_unused`]).

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use bevy::ecs::archetype::ArchetypeId;
use bevy::ecs::change_detection::Tick;
use bevy::ecs::entity::{Entity, EntityHashMap};
use bevy::ecs::query::{QueryBuilder, QueryState};
use bevy::ecs::world::{FilteredEntityRef, World};
use bevy::platform::collections::HashMap;

use super::class::Class;
use super::entity::{as_entity, component, component_of, entity_data, world_of};
use super::environment::Shared;
use super::reflect::{Kind, Place, Reference, listed, read};
use crate::api::{
    Action, Call, Charge, Collect, Context, LuaString, Native, Raised, Sequence, Table, TableError, UserData, Value,
};

/// What queries there are, by what they were asked with.
#[derive(Default)]
pub(super) struct Queries {
    known: RefCell<HashMap<Box<[u8]>, Rc<Query>>>,
    /// Where the entities that match are gathered.
    gathered: RefCell<Vec<Entity>>,
}

/// How many there may be. Each costs Bevy something for every new combination of components.
const QUERIES_MAX: usize = 4096;

impl Queries {
    /// Keeps a query for the next who asks with the same words.
    fn add<'gc>(&self, signature: Vec<u8>, query: &Rc<Query>) -> Result<(), Raised<'gc>> {
        let mut known = self.known.borrow_mut();
        if known.len() >= QUERIES_MAX {
            return Err(Raised::message(format!(
                "scripts use {QUERIES_MAX} different queries already: use the same names for the same query"
            )));
        }
        known.insert(signature.into(), Rc::clone(query));
        Ok(())
    }
}

/// A query as it is kept.
struct Query {
    /// Where the userdata of its rows lie among those of all queries.
    number: i64,
    state: RefCell<QueryState<FilteredEntityRef<'static, 'static>>>,
    /// What a row shows.
    terms: Vec<Term>,
    changed: Vec<Rc<Place>>,
    added: Vec<Rc<Place>>,
    /// When each behaviour asked last what has changed.
    asked: RefCell<EntityHashMap<Tick>>,
    /// The entities whose userdata are kept.
    kept: RefCell<Option<Rc<Rows>>>,
    /// Whether a loop has gone over them since it was last looked whether they are used.
    is_used: Cell<bool>,
    /// Which entities were last seen to have what a row shows: those of an archetype have the same components for good.
    seen_on: Cell<Option<ArchetypeId>>,
}

/// The entities that a loop goes over.
struct Rows {
    entities: Box<[Entity]>,
    /// What they take of the scripts' memory.
    _charge: Charge,
}

/// A component that a row shows.
struct Term {
    place: Rc<Place>,
    is_optional: bool,
}

/// A query in a script's hands. The user value is the list of its rows' userdata, if they are kept: of each row the
/// entity and, unless the rows are sorted, what it shows of the components, as far as a loop has come there.
struct Run {
    query: Rc<Query>,
    rows: RefCell<Option<Rc<Rows>>>,
    next: Cell<usize>,
    /// Whether the rows stay as they are when a loop begins.
    is_sorted: Cell<bool>,
}

/// The most rows whose userdata are kept for a query.
const KEPT_MAX: usize = 1 << 14;

/// Where, in the metatable of queries, the userdata of their entities are: a list for each query, by its number.
const LISTS: i64 = 1;

/// Adds `query` to the methods of the world, and what queries can do.
pub(super) fn install<'gc>(ctx: Context<'gc>, world: Table<'gc>, shared: &Rc<Shared>) -> Result<(), TableError> {
    let metatable = Class::Query.install(ctx)?;
    metatable.set_integer(ctx, LISTS, Value::Table(Table::new(ctx)))?;
    let methods = Table::new(ctx);
    let to = Rc::clone(shared);
    metatable.set_field(ctx, "__call", Value::Native(Native::new(ctx, "query", move |call| step(call, &to))))?;
    let to = Rc::clone(shared);
    let count = Native::new(ctx, "count", move |call| {
        let (_, run) = this(call, "count")?;
        gather(call, &run.query, &to)?;
        let count = to.queries.gathered.borrow().len();
        call.ret1(Value::Integer(i64::try_from(count).unwrap_or(i64::MAX)))
    });
    methods.set_field(ctx, "count", Value::Native(count))?;
    let to = Rc::clone(shared);
    let first = Native::new(ctx, "first", move |call| {
        let (_, run) = this(call, "first")?;
        let (rows, list) = find(call, &run.query, &to)?;
        match rows.entities.first() {
            Some(&entity) => row(call, &run.query, entity, Listed::new(list, 0, run.query.width())),
            None => call.ret1(Value::Nil),
        }
    });
    methods.set_field(ctx, "first", Value::Native(first))?;
    let to = Rc::clone(shared);
    let single = Native::new(ctx, "single", move |call| {
        let (_, run) = this(call, "single")?;
        let (rows, list) = find(call, &run.query, &to)?;
        match &*rows.entities {
            [entity] => row(call, &run.query, *entity, Listed::new(list, 0, run.query.width())),
            [] => Err(Raised::message(format!("no entity has {}", run.query.described()))),
            many => {
                let (count, what) = (many.len(), run.query.described());
                Err(Raised::message(format!("{count} entities have {what}, where there should be one")))
            }
        }
    });
    methods.set_field(ctx, "single", Value::Native(single))?;
    let to = Rc::clone(shared);
    let sorted = Native::new(ctx, "sorted", move |call| sorted(call, &to));
    methods.set_field(ctx, "sorted", Value::Native(sorted))?;
    methods.freeze();
    metatable.set_field(ctx, "__index", Value::Table(methods))?;
    metatable.freeze();

    let to = Rc::clone(shared);
    world.set_field(ctx, "query", Value::Native(Native::new(ctx, "query", move |call| query(call, &to))))
}

/// `world:query(name, …, [filter])`
fn query<'gc>(call: &mut Call<'_, 'gc>, shared: &Rc<Shared>) -> Result<Action<'gc>, Raised<'gc>> {
    let mut signature = Vec::new();
    for index in 1..call.len() {
        match call.arg(index) {
            Value::String(name) => sign(&mut signature, b'\n', name)?,
            Value::Table(filter) if index + 1 == call.len() => sign_filter(call.ctx, filter, &mut signature)?,
            other => {
                let got = other.type_name();
                return Err(Raised::argument(index, format!("name of a component expected, got {got}")));
            }
        }
    }
    call.charge(signature.len() / 64);
    let known = shared.queries.known.borrow().get(signature.as_slice()).cloned();
    let query = match known {
        Some(query) => query,
        None => {
            let query = Rc::new(build(call, shared)?);
            shared.queries.add(signature, &query)?;
            query
        }
    };
    let run = Run { query, rows: RefCell::default(), next: Cell::new(0), is_sorted: Cell::new(false) };
    let run = Class::Query.wrap(call.ctx, run);
    call.ret1(Value::UserData(run))
}

const FILTERS: [&str; 5] = ["with", "without", "changed", "added", "optional"];

/// How many bytes the names of all components that a query asks for may have.
const SIGNATURE_MAX: usize = 1 << 14;

/// Adds a name to a query's signature.
fn sign<'gc>(signature: &mut Vec<u8>, mark: u8, name: LuaString<'gc>) -> Result<(), Raised<'gc>> {
    if signature.len() + name.len() >= SIGNATURE_MAX {
        let remedy = "ask for fewer components, or by their short names";
        return Err(Raised::message(format!("the names in a query have at most {SIGNATURE_MAX} bytes: {remedy}")));
    }
    signature.push(mark);
    signature.extend_from_slice(name.as_bytes());
    Ok(())
}

/// Adds to a query's signature what its filter says.
fn sign_filter<'gc>(ctx: Context<'gc>, filter: Table<'gc>, signature: &mut Vec<u8>) -> Result<(), Raised<'gc>> {
    for (index, name) in (0..).zip(FILTERS) {
        let value = filter.get(ctx, ctx.text(name));
        if value.is_nil() {
            continue;
        }
        signature.push(index);
        for name in names(ctx, value) {
            match name {
                Value::String(name) => sign(signature, b'\t', name)?,
                _ => signature.push(b'\t'),
            }
        }
    }
    Ok(())
}

/// A name, or the names in a list.
fn names<'gc>(ctx: Context<'gc>, value: Value<'gc>) -> Vec<Value<'gc>> {
    const NAMES_MAX: i64 = 64;
    match value {
        Value::Table(list) => (1..=list.len().min(NAMES_MAX)).map(|index| list.get_integer(ctx, index)).collect(),
        single => vec![single],
    }
}

fn build<'gc>(call: &mut Call<'_, 'gc>, shared: &Rc<Shared>) -> Result<Query, Raised<'gc>> {
    let mut terms = Vec::new();
    let mut filters: [Vec<Rc<Place>>; 5] = Default::default();
    for index in 1..call.len() {
        match call.arg(index) {
            Value::String(name) => {
                let place = component(call, shared, name.as_bytes())?;
                terms.push(Term { place, is_optional: false });
            }
            Value::Table(filter) => read_filter(call, shared, filter, &mut filters)?,
            _ => {}
        }
    }
    let [with, without, changed, added, optional] = filters;
    let world = world_of(call)?;
    let mut builder = QueryBuilder::<FilteredEntityRef<'static, 'static>>::new(world);
    for term in &terms {
        builder.ref_id(term.place.component.id);
    }
    for place in &with {
        builder.with_id(place.component.id);
    }
    for place in &without {
        builder.without_id(place.component.id);
    }
    for place in changed.iter().chain(&added) {
        builder.ref_id(place.component.id);
    }
    let state = RefCell::new(builder.build());
    terms.extend(optional.into_iter().map(|place| Term { place, is_optional: true }));
    let number = i64::try_from(shared.queries.known.borrow().len()).unwrap_or(i64::MAX).saturating_add(1);
    Ok(Query {
        number,
        state,
        terms,
        changed,
        added,
        asked: RefCell::default(),
        kept: RefCell::default(),
        is_used: Cell::new(false),
        seen_on: Cell::new(None),
    })
}

fn read_filter<'gc>(
    call: &mut Call<'_, 'gc>,
    shared: &Rc<Shared>,
    filter: Table<'gc>,
    filters: &mut [Vec<Rc<Place>>; 5],
) -> Result<(), Raised<'gc>> {
    let mut position = 0;
    while let Some((next, key, value)) = filter.next_from(call.ctx, position) {
        position = next;
        let place = match key {
            Value::String(key) => FILTERS.iter().position(|name| name.as_bytes() == key.as_bytes()),
            _ => None,
        };
        let Some(places) = place.and_then(|place| filters.get_mut(place)) else {
            let key = call.ctx.plain_string(key).to_text().into_owned();
            return Err(Raised::message(format!("unknown filter '{key}' of a query; there are: {}", listed(&FILTERS))));
        };
        for name in names(call.ctx, value) {
            let Value::String(name) = name else {
                let got = name.type_name();
                return Err(Raised::message(format!("a filter names components or lists their names, got a {got}")));
            };
            places.push(component(call, shared, name.as_bytes())?);
        }
    }
    Ok(())
}

impl Query {
    /// How many values are kept of a row.
    fn width(&self) -> usize {
        1 + self.terms.len()
    }

    fn described(&self) -> String {
        let names: Vec<&str> =
            self.terms.iter().filter(|term| !term.is_optional).map(|term| &*term.place.component.name).collect();
        if names.is_empty() { "what the query asks for".to_owned() } else { names.join(" and ") }
    }

    /// Gathers the entities that match now, in the order of their numbers: Bevy's own depends on what else there is in
    /// the world. How much work that was.
    fn gather(&self, world: &mut World, asker: Entity, into: &mut Vec<Entity>) -> usize {
        into.clear();
        let looked_at = self.gather_unordered(world, asker, into);
        // Mostly runs that are in order already.
        into.sort_by_key(|entity| entity.index());
        looked_at + into.len() / 8 + 1
    }

    /// How much work it was to look for those who are not in it.
    fn gather_unordered(&self, world: &mut World, asker: Entity, into: &mut Vec<Entity>) -> usize {
        let mut state = self.state.borrow_mut();
        if !self.asks_for_news() {
            into.extend(state.iter(world).map(|entity| entity.id()));
            return 0;
        }
        let this = world.change_tick();
        let mut asked = self.asked.borrow_mut();
        // Those who are no more are forgotten before there is room for others.
        if asked.len() == asked.capacity() {
            asked.retain(|asker, _| world.get_entity(*asker).is_ok());
        }
        let last = asked.insert(asker, this);
        drop(asked);
        // What changes from now on is newer.
        world.increment_change_tick();
        let last = last.unwrap_or_else(|| Tick::new(this.get().wrapping_sub(Tick::MAX.get())));
        let is_new = |entity: &FilteredEntityRef<'_, '_>, place: &Place, is_added: bool| {
            entity
                .get_change_ticks_by_id(place.component.id)
                .is_some_and(|ticks| if is_added { ticks.is_added(last, this) } else { ticks.is_changed(last, this) })
        };
        let mut looked_at = 0;
        let news = state
            .iter(world)
            .inspect(|_| looked_at += 1)
            .filter(|entity| self.changed.iter().all(|place| is_new(entity, place, false)))
            .filter(|entity| self.added.iter().all(|place| is_new(entity, place, true)));
        into.extend(news.map(|entity| entity.id()));
        looked_at / 2
    }

    /// Whether the rows depend on what has changed.
    fn asks_for_news(&self) -> bool {
        !self.changed.is_empty() || !self.added.is_empty()
    }

    /// Whether an entity still has what a row shows.
    #[inline]
    fn matches(&self, world: &World, entity: Entity) -> bool {
        let Ok(entity) = world.get_entity(entity) else { return false };
        let archetype = Some(entity.location().archetype_id);
        if archetype == self.seen_on.get() {
            return true;
        }
        let is_there = self.terms.iter().all(|term| term.is_optional || term.place.component.is_on(entity));
        if is_there {
            self.seen_on.set(archetype);
        }
        is_there
    }
}

/// Gathers the entities that match now.
fn gather<'gc>(call: &mut Call<'_, 'gc>, query: &Query, shared: &Shared) -> Result<(), Raised<'gc>> {
    let asker = shared.entity.get();
    let mut gathered = shared.queries.gathered.borrow_mut();
    let work = query.gather(world_of(call)?, asker, &mut gathered);
    call.charge(work);
    call.ctx.ledger().check(gathered.len() * size_of::<Entity>())?;
    Ok(())
}

/// The entities that match now, and the list of their userdata, if they are kept.
fn find<'gc>(
    call: &mut Call<'_, 'gc>,
    query: &Query,
    shared: &Shared,
) -> Result<(Rc<Rows>, Option<Table<'gc>>), Raised<'gc>> {
    gather(call, query, shared)?;
    let ctx = call.ctx;
    let gathered = shared.queries.gathered.borrow();
    let old = query.kept.borrow().clone();
    let old_list = lists(ctx).map(|lists| lists.get_integer(ctx, query.number));
    if let (Some(rows), Some(Value::Table(list))) = (&old, old_list)
        && *rows.entities == **gathered
    {
        query.is_used.set(true);
        return Ok((Rc::clone(rows), Some(list)));
    }
    let rows = Rc::new(Rows {
        entities: gathered.as_slice().into(),
        _charge: Charge::new(ctx.ledger(), gathered.len() * size_of::<Entity>()),
    });
    // What has changed is others each time.
    let (Some(lists), false) = (lists(ctx), query.asks_for_news() || gathered.len() > KEPT_MAX) else {
        return Ok((rows, None));
    };
    call.charge(gathered.len() * query.width() / 2);
    let old = match (&old, old_list) {
        (Some(rows), Some(Value::Table(list))) => Some((&*rows.entities, list)),
        _ => None,
    };
    let list = list_of(ctx, &gathered, query.width(), old.map(|(entities, list)| (entities, list, query.width())))?;
    lists.set_integer(ctx, query.number, Value::Table(list))?;
    *query.kept.borrow_mut() = Some(Rc::clone(&rows));
    query.is_used.set(true);
    Ok((rows, Some(list)))
}

/// The userdata of all queries' entities, as far as they are kept.
fn lists(ctx: Context<'_>) -> Option<Table<'_>> {
    match Class::Query.metatable(ctx)?.get_integer(ctx, LISTS) {
        Value::Table(lists) => Some(lists),
        _ => None,
    }
}

/// A list of rows' userdata, so many values for each; those that an old list has are taken from there, as far as its
/// rows go. Both are in the order of the entities' numbers.
fn list_of<'gc>(
    ctx: Context<'gc>,
    entities: &[Entity],
    width: usize,
    old: Option<(&[Entity], Table<'gc>, usize)>,
) -> Result<Table<'gc>, TableError> {
    let list = Table::with_capacity(ctx, entities.len() * width, 0);
    let mut known = old.into_iter().flat_map(|(entities, list, width)| {
        (0..).zip(entities).filter_map(move |(row, &entity)| Some((entity, Listed::new(Some(list), row, width)?)))
    });
    let mut next = known.next();
    let mut place = 1;
    for &entity in entities {
        while next.as_ref().is_some_and(|(known, _)| known.index() < entity.index()) {
            next = known.next();
        }
        let old = next.as_ref().filter(|(known, _)| *known == entity).map(|(_, listed)| listed);
        let data = old.and_then(|listed| listed.get(ctx, 0)).unwrap_or_else(|| entity_data(ctx, entity));
        list.set_integer(ctx, place, Value::UserData(data))?;
        for (column, place) in (1..width).zip(place + 1..) {
            let shown = old.and_then(|listed| listed.get(ctx, column));
            list.set_integer(ctx, place, shown.map_or(Value::Boolean(false), Value::UserData))?;
        }
        place += i64::try_from(width).unwrap_or(1);
    }
    Ok(list)
}

/// A row in a list of rows.
#[derive(Clone, Copy)]
struct Listed<'gc> {
    list: Table<'gc>,
    /// The place of the entity.
    first: i64,
    width: usize,
}

impl<'gc> Listed<'gc> {
    /// The row, counted from 0, in a list with so many values for each.
    #[inline]
    fn new(list: Option<Table<'gc>>, row: usize, width: usize) -> Option<Listed<'gc>> {
        Some(Listed { list: list?, first: i64::try_from(row.checked_mul(width)?).ok()? + 1, width })
    }

    /// The entity's userdata, in column 0, or what the row shows in another one, if it is known.
    #[inline]
    fn get(&self, ctx: Context<'gc>, column: usize) -> Option<UserData<'gc>> {
        if column >= self.width {
            return None;
        }
        match self.list.get_integer(ctx, self.first + i64::try_from(column).ok()?) {
            Value::UserData(data) => Some(data),
            _ => None,
        }
    }

    /// Makes known what the row shows in a column.
    fn set(&self, ctx: Context<'gc>, column: usize, shown: UserData<'gc>) {
        if column < self.width
            && let Ok(column) = i64::try_from(column)
        {
            // There is such a place, so that this takes no memory.
            let _ = self.list.set_integer(ctx, self.first + column, Value::UserData(shown));
        }
    }
}

impl Queries {
    /// Drops the userdata of entities that no loop has gone over since the last call.
    pub(super) fn forget_unused(&self, ctx: Context<'_>) {
        self.gathered.take();
        let Some(lists) = lists(ctx) else { return };
        for query in self.known.borrow().values().filter(|query| !query.is_used.replace(false)) {
            if query.kept.take().is_some() {
                // There is such a field, so that this takes no memory.
                let _ = lists.set_integer(ctx, query.number, Value::Nil);
            }
        }
    }
}

fn this<'gc>(call: &Call<'_, 'gc>, method: &str) -> Result<(UserData<'gc>, &'gc Run), Raised<'gc>> {
    match call.arg(0) {
        Value::UserData(data) => data.downcast::<Run>().map(|run| (data, run)),
        _ => None,
    }
    .ok_or_else(|| {
        let got = call.arg(0).type_name();
        Raised::argument(0, format!("query expected, got {got}; call it as query:{method}(…)"))
    })
}

/// The next row of a loop; the first, where it has no row yet.
fn step<'gc>(call: &mut Call<'_, 'gc>, shared: &Rc<Shared>) -> Result<Action<'gc>, Raised<'gc>> {
    let (data, run) = this(call, "query")?;
    if call.arg(2).is_nil() {
        if !run.is_sorted.get() {
            let (rows, list) = find(call, &run.query, shared)?;
            data.set_user_value(call.ctx, list.map_or(Value::Nil, Value::Table));
            *run.rows.borrow_mut() = Some(rows);
        }
        run.next.set(0);
    }
    loop {
        let next = run.next.get();
        let Some(entity) = run.rows.borrow().as_ref().and_then(|rows| rows.entities.get(next).copied()) else {
            return call.ret1(Value::Nil);
        };
        run.next.set(next + 1);
        if run.query.matches(world_of(call)?, entity) {
            let list = match data.user_value() {
                Value::Table(list) => Some(list),
                _ => None,
            };
            let width = if run.is_sorted.get() { 1 } else { run.query.width() };
            return row(call, &run.query, entity, Listed::new(list, next, width));
        }
        call.charge(1);
    }
}

/// Returns an entity and its components; their userdata may be there already.
fn row<'gc>(
    call: &mut Call<'_, 'gc>,
    query: &Query,
    entity: Entity,
    listed: Option<Listed<'gc>>,
) -> Result<Action<'gc>, Raised<'gc>> {
    let ctx = call.ctx;
    let data = listed.and_then(|listed| listed.get(ctx, 0)).unwrap_or_else(|| entity_data(ctx, entity));
    call.leave(&[]);
    call.push(Value::UserData(data));
    for (column, term) in (1..).zip(&query.terms) {
        let is_there = !term.is_optional || {
            let world = world_of(call)?;
            world.get_entity(entity).is_ok_and(|entity| term.place.component.is_on(entity))
        };
        if !is_there {
            call.push(Value::Nil);
        } else if let Some(shown) = listed.and_then(|listed| listed.get(ctx, column)) {
            call.push(Value::UserData(shown));
        } else if let Kind::Enum(_) = term.place.kind {
            let value = read(call, Reference::new(entity, Rc::clone(&term.place)))?;
            call.push(value);
        } else {
            let shown = component_of(ctx, data, entity, &term.place);
            if let Some(listed) = listed {
                listed.set(ctx, column, shown);
            }
            call.push(Value::UserData(shown));
        }
    }
    Ok(Action::Return)
}

/// `query:sorted(f)`: the same query, with its rows in an order; `f(a, b)` says whether the entity `a` is before `b`.
fn sorted<'gc>(call: &mut Call<'_, 'gc>, shared: &Rc<Shared>) -> Result<Action<'gc>, Raised<'gc>> {
    let (query, run) = this(call, "sorted")?;
    let order = call.arg(1);
    if !matches!(order, Value::Closure(_) | Value::Native(_)) {
        return Err(Raised::argument(1, format!("function expected, got {}", order.type_name())));
    }
    let ctx = call.ctx;
    // A list of its own, to be put in order.
    let (rows, known) = find(call, &run.query, shared)?;
    let list = list_of(ctx, &rows.entities, 1, known.map(|known| (&*rows.entities, known, run.query.width())))?;
    let sort = match ctx.globals().get(ctx, ctx.text("table")) {
        Value::Table(library) => library.get(ctx, ctx.text("sort")),
        _ => Value::Nil,
    };
    call.leave(&[sort, Value::Table(list), order]);
    Ok(Action::CallThen(Box::new(Sorting { query, list })))
}

#[derive(Collect)]
#[collect(no_drop)]
struct Sorting<'gc> {
    query: UserData<'gc>,
    list: Table<'gc>,
}

impl<'gc> Sequence<'gc> for Sorting<'gc> {
    fn name(&self) -> &'static str {
        "sorted"
    }

    fn each_value(&self, see: &mut dyn FnMut(Value<'gc>)) {
        see(Value::UserData(self.query));
        see(Value::Table(self.list));
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        let Some(run) = self.query.downcast::<Run>() else { return call.ret0() };
        let values = (1..=self.list.len()).map(|index| self.list.get_integer(call.ctx, index));
        let entities: Box<[Entity]> = values.filter_map(as_entity).collect();
        let charge = Charge::new(call.ctx.ledger(), entities.len() * size_of::<Entity>());
        *run.rows.borrow_mut() = Some(Rc::new(Rows { entities, _charge: charge }));
        self.query.set_user_value(call.ctx, Value::Table(self.list));
        run.is_sorted.set(true);
        call.ret1(Value::UserData(self.query))
    }
}
