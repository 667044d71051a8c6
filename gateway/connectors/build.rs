//! Builds the plugins that ship inside the binary, and writes the list of them.
//!
//! They are compiled in a target folder of their own: a nested cargo on the outer one would wait for
//! it for ever. When nothing changed, cargo does not run this at all.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

#[path = "src/component/mod.rs"]
#[allow(dead_code, unreachable_pub, unused_imports)]
mod component;

use component::{Lock, Options, Talk};

/// The folders of `plugins/` that ship inside the binary.
const EMBEDDED: [&str; 2] = ["pr-summary", "slack"];

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new("../..").canonicalize()?;
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR for a build script")?);
    let options = Options {
        target_dir: Some(out.join("plugins")),
        source_root: Some(root.clone()),
        lock: Lock::Keep,
        talk: Talk::Kept,
    };
    watch(&["build.rs".into(), "src/component".into()]);
    watch(&["Cargo.toml", "src", "wit"].map(|part| root.join("plugin-sdk").join(part)));

    let mut list =
        String::from("/// The plugins that ship inside the binary.\npub static EMBEDDED: &[Embedded] = &[\n");
    for folder in EMBEDDED {
        let dir = root.join("plugins").join(folder);
        watch(&["Cargo.toml", "Cargo.lock", "plugin.toml", "src", "fixtures"].map(|part| dir.join(part)));
        let built = component::build(&dir, &options)?;
        let file = out.join(format!("{folder}.wasm"));
        fs::write(&file, &built.component)?;
        writeln!(
            list,
            "    Embedded {{ name: {:?}, version: {:?}, component: include_bytes!({file:?}) }},",
            built.name, built.version
        )?;
    }
    list.push_str("];\n");
    fs::write(out.join("embedded.rs"), list)?;
    Ok(())
}

/// Has cargo run this again when one of these changes.
fn watch(paths: &[PathBuf]) {
    for path in paths.iter().filter(|path| path.exists()) {
        println!("cargo::rerun-if-changed={}", path.display());
    }
}
