//! What loading keeps, repeats and finds out.

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use hookgate_core::plugin::Refused;
use hookgate_host::{Host, HostSettings};
use hookgate_ports::Guests;
use prometheus_client::registry::Registry;

use crate::guest::{guest, host, load, load_summary, refusal, serves};

fn cached(dir: &Path) -> Host {
    let settings = HostSettings { cache_dir: Some(dir.to_owned()), threads: NonZeroUsize::MIN };
    Host::new(settings, &mut Registry::default()).expect("a host")
}

fn folder(name: &str) -> PathBuf {
    let dir = std::env::temp_dir().join(format!("hookgate-host-{name}-{}", std::process::id()));
    if dir.exists() {
        fs::remove_dir_all(&dir).expect("an old folder goes");
    }
    dir
}

/// Names and times of the files in a folder.
fn files(dir: &Path) -> Vec<(String, std::time::SystemTime)> {
    let entries = fs::read_dir(dir).expect("a folder").map(|entry| entry.expect("an entry"));
    let mut files: Vec<_> = entries
        .map(|entry| {
            let written = entry.metadata().and_then(|meta| meta.modified()).expect("a time");
            (entry.file_name().to_string_lossy().into_owned(), written)
        })
        .collect();
    files.sort();
    files
}

#[tokio::test]
async fn the_next_host_finds_the_machine_code_and_a_damaged_one_is_made_anew() {
    let dir = folder("next");
    serves(&cached(&dir)).await;
    let first = files(&dir);

    serves(&cached(&dir)).await;
    let second = files(&dir);
    let code = dir.join(&first.iter().find(|(name, _)| name.ends_with(".cwasm")).expect("machine code").0);
    fs::write(&code, "damaged").expect("written");
    serves(&cached(&dir)).await;

    assert_eq!(first.len(), 2);
    assert_eq!(first, second);
    assert!(fs::metadata(&code).expect("the file").len() > 1000);
    fs::remove_dir_all(&dir).expect("the folder goes");
}

#[tokio::test]
async fn loading_what_is_loaded_says_the_same_again() {
    let host = host();
    let component = Bytes::from(guest("(unreachable)"));

    let loads = [(); 4].map(|()| host.load(component.clone()));
    let mut seen = Vec::new();
    for load in loads {
        seen.push(load.await.expect("it loads"));
    }

    assert!(seen.iter().all(|facts| *facts == seen[0]));
    assert!(host.is_loaded(&seen[0].digest));
}

#[tokio::test]
async fn a_component_whose_memory_grows_is_found_out() {
    let host = host();
    let grows = load(&host, &guest("(drop (memory.grow (i32.const 1))) (unreachable)")).await.digest;
    let preset = load_summary(&host).await;

    assert_eq!(host.grows_memory(&grows), Some(true));
    assert_eq!(host.grows_memory(&preset), Some(false));
}

#[tokio::test]
async fn a_component_that_its_own_fixture_crashes_is_refused() {
    let host = host();
    let mut component = guest("(unreachable)");
    let (name, fixtures) = (b"hookgate:fixtures", b"{\"push\":{\"ref\":\"main\"}}");
    let size = |bytes: usize| u8::try_from(bytes).expect("short");
    component.extend([0, size(1 + name.len() + fixtures.len()), size(name.len())]);
    component.extend(name);
    component.extend(fixtures);

    let refused = refusal(&host, &component).await;

    assert_eq!(
        refused,
        Refused::Unusable(
            "its own fixture push crashes it: trap: wasm trap: wasm `unreachable` instruction executed"
                .to_owned()
        )
    );
}
