//! Supplies the contract's interfaces to guests. What is not here does not exist for them.

use std::sync::Arc;

use wasmtime::component::{Linker, LinkerInstance, Resource, ResourceType, WasmList};
use wasmtime::{Engine, Result, StoreContextMut};

use crate::call::CallState;
use crate::view::{EventView, RequestView, fields};
use crate::wire::{WireAlgorithm, WireLevel};

type Store<'a> = StoreContextMut<'a, CallState>;
/// A method's receiver. A call has one event or one request, so the handle itself says nothing more.
type This = Resource<EventView>;
type ThisRequest = Resource<RequestView>;

/// Returns a linker with every interface that the host supplies.
pub(crate) fn contract(engine: &Engine) -> Result<Linker<CallState>> {
    let mut linker = Linker::new(engine);
    let types = &mut linker.instance("hookgate:plugin/types@0.1.0")?;
    event(types)?;
    request(types)?;
    config(&mut linker.instance("hookgate:plugin/config@0.1.0")?)?;
    log(&mut linker.instance("hookgate:plugin/log@0.1.0")?)?;
    clock(&mut linker.instance("hookgate:plugin/clock@0.1.0")?)?;
    mac(&mut linker.instance("hookgate:plugin/mac@0.1.0")?)?;
    secret(&mut linker.instance("hookgate:plugin/secret@0.1.0")?)?;
    Ok(linker)
}

fn event(types: &mut LinkerInstance<'_, CallState>) -> Result<()> {
    // Events are lent, never given: no guest can drop one.
    types.resource("event", ResourceType::host::<EventView>(), |_, _| Ok(()))?;
    types.func_wrap("[method]event.id", |store: Store<'_>, (_,): (This,)| {
        Ok((Arc::clone(&store.data().event()?.event().id),))
    })?;
    types.func_wrap("[method]event.source", |store: Store<'_>, (_,): (This,)| {
        Ok((Arc::clone(&store.data().event()?.event().source),))
    })?;
    types.func_wrap("[method]event.event-type", |store: Store<'_>, (_,): (This,)| {
        Ok((Arc::clone(&store.data().event()?.event().event_type),))
    })?;
    types.func_wrap("[method]event.subject", |store: Store<'_>, (_,): (This,)| {
        Ok((store.data().event()?.event().subject.clone(),))
    })?;
    types.func_wrap("[method]event.order-key", |store: Store<'_>, (_,): (This,)| {
        Ok((store.data().event()?.event().order_key.clone(),))
    })?;
    types.func_wrap("[method]event.received-at", |store: Store<'_>, (_,): (This,)| {
        Ok((store.data().event()?.received_at(),))
    })?;
    types.func_wrap("[method]event.header", |store: Store<'_>, (_, name): (This, String)| {
        Ok((store.data().event()?.event().headers.first_text(&name),))
    })?;
    types.func_wrap("[method]event.headers", |store: Store<'_>, (_,): (This,)| {
        Ok((fields(&store.data().event()?.event().headers),))
    })?;
    types.func_wrap("[method]event.body", |store: Store<'_>, (_,): (This,)| {
        Ok((store.data().event()?.event().body.to_vec(),))
    })?;
    types.func_wrap("[method]event.select", |store: Store<'_>, (_, pointers): (This, Vec<String>)| {
        let state = store.data();
        Ok((state.event()?.select(&pointers, state.limiter.bytes_max())?,))
    })
}

fn request(types: &mut LinkerInstance<'_, CallState>) -> Result<()> {
    types.resource("request", ResourceType::host::<RequestView>(), |_, _| Ok(()))?;
    types.func_wrap("[method]request.method", |store: Store<'_>, (_,): (ThisRequest,)| {
        Ok((Arc::clone(&store.data().request()?.request().method),))
    })?;
    types.func_wrap("[method]request.path", |store: Store<'_>, (_,): (ThisRequest,)| {
        Ok((Arc::clone(&store.data().request()?.request().path),))
    })?;
    types.func_wrap("[method]request.query", |store: Store<'_>, (_,): (ThisRequest,)| {
        Ok((Arc::clone(&store.data().request()?.request().query),))
    })?;
    types.func_wrap("[method]request.header", |store: Store<'_>, (_, name): (ThisRequest, String)| {
        Ok((store.data().request()?.request().headers.first_text(&name),))
    })?;
    types.func_wrap("[method]request.headers", |store: Store<'_>, (_,): (ThisRequest,)| {
        Ok((fields(&store.data().request()?.request().headers),))
    })?;
    types.func_wrap("[method]request.body", |store: Store<'_>, (_,): (ThisRequest,)| {
        Ok((store.data().request()?.request().body.to_vec(),))
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

fn clock(clock: &mut LinkerInstance<'_, CallState>) -> Result<()> {
    clock.func_wrap("now", |store: Store<'_>, (): ()| {
        // A time before 1970 counts as 1970.
        Ok((u64::try_from(store.data().now.0).unwrap_or(0),))
    })
}

/// The guest's bytes are hashed where they lie: a body of any size costs no copy.
fn mac(mac: &mut LinkerInstance<'_, CallState>) -> Result<()> {
    type Sign = (String, WireAlgorithm, WasmList<u8>);
    type Verify = (String, WireAlgorithm, WasmList<u8>, WasmList<u8>);
    mac.func_wrap("sign", |mut store: Store<'_>, (key, algorithm, data): Sign| {
        store.data_mut().hash(data.len(), 1)?;
        let data = data.as_le_slice(&store);
        let tag = store.data().grants.sign(&key, algorithm.into(), data);
        Ok((tag.map_err(|error| error.to_string()),))
    })?;
    mac.func_wrap("verify", |mut store: Store<'_>, (key, algorithm, data, tag): Verify| {
        let secrets = store.data().grants.mac_secrets(&key);
        store.data_mut().hash(data.len(), secrets)?;
        let (data, tag) = (data.as_le_slice(&store), tag.as_le_slice(&store));
        let fits = store.data().grants.verify(&key, algorithm.into(), data, tag);
        Ok((fits.map_err(|error| error.to_string()),))
    })
}

fn secret(secret: &mut LinkerInstance<'_, CallState>) -> Result<()> {
    secret.func_wrap("get", |store: Store<'_>, (name,): (String,)| {
        let Some(value) = store.data().grants.secret.get(&name) else {
            let help = format!("the operator grants it by grant = {{ secret = [\"{name}\"] }}");
            return Ok((Err(format!("no secret \"{name}\" is granted to this plugin; {help}")),));
        };
        let text = std::str::from_utf8(value.expose()).map(str::to_owned);
        Ok((text.map_err(|_| format!("the secret \"{name}\" is not text")),))
    })
}
