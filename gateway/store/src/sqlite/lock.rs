//! The lock beside the database: on SQLite it is the lease of the whole process.
//!
//! The system frees it when the process ends, however it ends. The file itself stays.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};

use super::options::{OpenError, OpenOptions};

/// Held as long as this lives.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock and writes this process' number into it.
    pub(super) fn take(options: &OpenOptions) -> Result<Lock, OpenError> {
        let path = options.lock_path();
        let failed = |source| OpenError::Lock { path: path.clone(), source };
        let mut file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(OpenError::Locked { holder: holder(&mut file), path });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        let number = std::process::id().to_string();
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(number.as_bytes()))
            .map_err(failed)?;
        Ok(Lock { _file: file })
    }
}

/// Reads who wrote the file; none if it cannot be read: the refusal does not need it.
fn holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}
