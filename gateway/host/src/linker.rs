//! Supplies the contract's interfaces to guests. What is not here does not exist for them.

use std::sync::Arc;

use wasmtime::component::{Linker, LinkerInstance, Resource, ResourceType};
use wasmtime::{Engine, Result, StoreContextMut};

use crate::call::CallState;
use crate::view::EventView;
use crate::wire::WireLevel;

type Store<'a> = StoreContextMut<'a, CallState>;
/// A method's receiver. A call has one event, so the handle itself says nothing more.
type This = Resource<EventView>;

/// Returns a linker with every interface that the host supplies.
pub(crate) fn contract(engine: &Engine) -> Result<Linker<CallState>> {
    let mut linker = Linker::new(engine);
    types(&mut linker.instance("hookgate:plugin/types@0.1.0")?)?;
    config(&mut linker.instance("hookgate:plugin/config@0.1.0")?)?;
    log(&mut linker.instance("hookgate:plugin/log@0.1.0")?)?;
    Ok(linker)
}

fn types(types: &mut LinkerInstance<'_, CallState>) -> Result<()> {
    // Events are lent, never given: no guest can drop one.
    types.resource("event", ResourceType::host::<EventView>(), |_, _| Ok(()))?;
    types.func_wrap("[method]event.id", |store: Store<'_>, (_,): (This,)| {
        Ok((Arc::clone(&store.data().event.event().id),))
    })?;
    types.func_wrap("[method]event.source", |store: Store<'_>, (_,): (This,)| {
        Ok((Arc::clone(&store.data().event.event().source),))
    })?;
    types.func_wrap("[method]event.event-type", |store: Store<'_>, (_,): (This,)| {
        Ok((Arc::clone(&store.data().event.event().event_type),))
    })?;
    types.func_wrap("[method]event.subject", |store: Store<'_>, (_,): (This,)| {
        Ok((store.data().event.event().subject.clone(),))
    })?;
    types.func_wrap("[method]event.order-key", |store: Store<'_>, (_,): (This,)| {
        Ok((store.data().event.event().order_key.clone(),))
    })?;
    types.func_wrap("[method]event.received-at", |store: Store<'_>, (_,): (This,)| {
        Ok((store.data().event.received_at(),))
    })?;
    types.func_wrap("[method]event.header", |store: Store<'_>, (_, name): (This, String)| {
        Ok((store.data().event.event().headers.first_text(&name),))
    })?;
    types.func_wrap("[method]event.headers", |store: Store<'_>, (_,): (This,)| {
        Ok((store.data().event.headers(),))
    })?;
    types.func_wrap("[method]event.body", |store: Store<'_>, (_,): (This,)| {
        Ok((store.data().event.event().body.to_vec(),))
    })?;
    types.func_wrap("[method]event.select", |store: Store<'_>, (_, pointers): (This, Vec<String>)| {
        Ok((store.data().event.select(&pointers),))
    })
}

fn config(config: &mut LinkerInstance<'_, CallState>) -> Result<()> {
    config.func_wrap("get", |store: Store<'_>, (): ()| Ok((Arc::clone(&store.data().config),)))
}

fn log(log: &mut LinkerInstance<'_, CallState>) -> Result<()> {
    log.func_wrap("log", |mut store: Store<'_>, (level, message): (WireLevel, String)| {
        store.data_mut().log.line(level, &message);
        Ok(())
    })
}
