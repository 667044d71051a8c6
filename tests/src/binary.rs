//! Where the gateway's binary is: beside the folder of the test executables, built before the tests.

use std::path::PathBuf;

/// Returns the path of `hookgate`.
///
/// # Panics
/// It is not built: cargo builds the binary of another package only when it is told to.
pub fn hookgate() -> PathBuf {
    let test = std::env::current_exe().expect("a test runs from a file");
    let built = test
        .ancestors()
        .find(|folder| folder.file_name().is_some_and(|name| name == "deps"))
        .and_then(|deps| deps.parent())
        .expect("cargo puts test executables into a folder `deps`");
    let path = built.join(format!("hookgate{}", std::env::consts::EXE_SUFFIX));
    assert!(
        path.is_file(),
        "{} is not there: run `cargo build -p hookgate` before the tests",
        path.display()
    );
    path
}
