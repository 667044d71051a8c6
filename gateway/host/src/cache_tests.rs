//! The cache of machine code: what is trusted, and what is thrown away.

use super::*;

/// A component without anything in it.
const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let dir = std::env::temp_dir().join(format!("hookgate-cache-{name}-{}", std::process::id()));
        if dir.exists() {
            fs::remove_dir_all(&dir).expect("an old folder goes");
        }
        Folder(dir)
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).expect("a folder");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).expect("the folder goes");
    }
}

fn engine(canonical: bool) -> Engine {
    let mut config = wasmtime::Config::new();
    config.cranelift_nan_canonicalization(canonical);
    Engine::new(&config).expect("an engine")
}

/// Keeps an empty component and returns its file.
fn keep(cache: &Cache, engine: &Engine) -> PathBuf {
    let code = engine.precompile_component(EMPTY).expect("it compiles");
    cache.keep(engine, &Digest::of(EMPTY), &code).expect("it is kept");
    cache.file(engine, &Digest::of(EMPTY))
}

#[test]
fn what_was_kept_is_found_by_the_next_process() {
    let folder = Folder::new("found");
    let engine = engine(true);
    keep(&Cache::open(&folder.0).expect("a cache"), &engine);

    let next = Cache::open(&folder.0).expect("a cache");

    assert!(next.find(&engine, &Digest::of(EMPTY)).is_some());
    assert!(next.find(&engine, &Digest::of(b"another")).is_none());
    assert_eq!(folder.names().len(), 2);
    assert_eq!(fs::metadata(&folder.0).expect("a folder").mode() & 0o777, PRIVATE);
}

#[test]
fn what_is_not_whole_is_a_miss() {
    let folder = Folder::new("damaged");
    let engine = engine(true);
    let cache = Cache::open(&folder.0).expect("a cache");
    let file = keep(&cache, &engine);
    let code = fs::read(&file).expect("the file");
    let find = || cache.find(&engine, &Digest::of(EMPTY)).is_some();

    let mut turned = code.clone();
    *turned.last_mut().expect("not empty") ^= 1;
    for damaged in [&code[..code.len() / 2], &[], &turned, b"not machine code at all"] {
        fs::write(&file, damaged).expect("written");
        assert!(!find());
    }
    fs::write(&file, &code).expect("written");
    assert!(find());
    fs::write(sum_file(&file), "").expect("written");
    assert!(!find());
    fs::remove_file(sum_file(&file)).expect("removed");
    assert!(!find());
}

#[test]
fn machine_code_of_other_settings_is_not_found_under_these() {
    let folder = Folder::new("settings");
    let ticking = {
        let mut config = wasmtime::Config::new();
        config.epoch_interruption(true);
        Engine::new(&config).expect("an engine")
    };
    let cache = Cache::open(&folder.0).expect("a cache");

    keep(&cache, &engine(true));

    assert!(cache.find(&ticking, &Digest::of(EMPTY)).is_none());
}

#[test]
fn a_folder_that_others_may_enter_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new("open");
    Cache::open(&folder.0).expect("a cache");

    for mode in [0o755, 0o710, 0o701, 0o770] {
        fs::set_permissions(&folder.0, fs::Permissions::from_mode(mode)).expect("set");
        let refused = Cache::open(&folder.0).expect_err("others may enter");

        let text = refused.to_string();
        assert!(matches!(refused, HostError::CacheNotPrivate { .. }), "{text}");
        assert!(text.contains(&format!("mode {mode:o}")) && text.contains("chmod 700"), "{text}");
    }
}

#[test]
fn sweeping_leaves_what_is_used_and_what_is_not_ours() {
    let folder = Folder::new("sweep");
    let engine = engine(true);
    let cache = Cache::open(&folder.0).expect("a cache");
    let file = keep(&cache, &engine);
    for name in ["0123-oldsettings.cwasm", "0123-oldsettings.sha256", "half.tmp", "README"] {
        fs::write(folder.0.join(name), "x").expect("written");
    }

    cache.sweep([&engine, &engine]).expect("swept");

    let name = |file: &Path| file.file_name().expect("a name").to_string_lossy().into_owned();
    let mut expected = vec!["README".to_owned(), name(&file), name(&sum_file(&file))];
    expected.sort();
    assert_eq!(folder.names(), expected);
}
