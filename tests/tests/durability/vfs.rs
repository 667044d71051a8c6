//! A SQLite VFS that stands before the system's: locks, shared memory and reads go through, every
//! change and sync of a database or its log is told to a [`Disk`] first. It never syncs anything for
//! real: that is what the model is for.
//!
//! The only unsafe code of the tests: a VFS is a table of C functions, and SQLite has no safer door.
// Every pointer below comes from SQLite, which promises: `file` is one that our `open` filled in and
// `close` has not seen, `vfs` is the one that was registered, buffers are as long as the count beside.
#![allow(unsafe_code, non_snake_case)]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::Path;
use std::ptr;
use std::slice;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use libsqlite3_sys as sys;
use libsqlite3_sys::{sqlite3_file, sqlite3_int64, sqlite3_io_methods, sqlite3_vfs};

use super::disk::{Change, Disk, Off};

/// What our files are beside the system's: that one follows in the same block of memory.
#[repr(C)]
struct File {
    methods: *const sqlite3_io_methods,
    /// Null for files that a power cut may take without harm, such as temporary ones.
    tracked: *mut Tracked,
}

struct Tracked {
    name: String,
    disk: Arc<Disk>,
}

struct Beyond {
    system: *mut sqlite3_vfs,
    disk: Arc<Disk>,
}

/// Registers a VFS over `disk` and returns its name. It stays registered as long as the process lives:
/// SQLite cannot tell when its last connection has gone.
pub(crate) fn register(disk: Arc<Disk>) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("power-cut-{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let c_name = CString::new(name.clone()).expect("no zero byte");
    // SAFETY: a null name asks for the default VFS, which lives as long as the process.
    let system = unsafe { sys::sqlite3_vfs_find(ptr::null()) };
    assert!(!system.is_null(), "SQLite has a default VFS");
    // SAFETY: not null, and only read here.
    let (file_bytes, path_bytes) = unsafe { ((*system).szOsFile, (*system).mxPathname) };
    let own = c_int::try_from(size_of::<File>()).expect("two pointers");
    let vfs = Box::new(sqlite3_vfs {
        iVersion: 1,
        szOsFile: own + file_bytes,
        mxPathname: path_bytes,
        pNext: ptr::null_mut(),
        zName: c_name.into_raw(),
        pAppData: Box::into_raw(Box::new(Beyond { system, disk })).cast(),
        xOpen: Some(open),
        xDelete: Some(delete),
        xAccess: Some(access),
        xFullPathname: Some(full_pathname),
        xDlOpen: None,
        xDlError: None,
        xDlSym: None,
        xDlClose: None,
        xRandomness: Some(randomness),
        xSleep: Some(sleep),
        xCurrentTime: Some(current_time),
        xGetLastError: None,
        xCurrentTimeInt64: None,
        xSetSystemCall: None,
        xGetSystemCall: None,
        xNextSystemCall: None,
    });
    // SAFETY: the VFS and all that it points to are never freed.
    let registered = unsafe { sys::sqlite3_vfs_register(Box::into_raw(vfs), 0) };
    assert_eq!(registered, sys::SQLITE_OK);
    name
}

static METHODS: sqlite3_io_methods = sqlite3_io_methods {
    // 2: with shared memory, which the log needs; no mapped reads.
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

/// Calls a method of the system's VFS.
macro_rules! system {
    ($vfs:expr, $method:ident ( $($argument:expr),* )) => {{
        // SAFETY: `pAppData` is the `Beyond` that `register` made, and the system's VFS has every method.
        unsafe {
            let system = (*(*$vfs).pAppData.cast::<Beyond>()).system;
            ((*system).$method.expect("the system's VFS is complete"))(system, $($argument),*)
        }
    }};
}

/// Calls a method of the system's file behind ours.
macro_rules! behind {
    ($file:expr, $method:ident ( $($argument:expr),* )) => {{
        // SAFETY: `open` opened the system's file at that place, so its methods are set and complete.
        unsafe {
            let real = real($file);
            ((*(*real).pMethods).$method.expect("the system's files are complete"))(real, $($argument),*)
        }
    }};
}

/// SAFETY: `file` is in a block of `szOsFile` bytes, ours first, the system's behind it.
unsafe fn real(file: *mut sqlite3_file) -> *mut sqlite3_file {
    unsafe { file.cast::<File>().add(1).cast() }
}

fn base_name(path: *const c_char) -> String {
    // SAFETY: SQLite's paths end with a zero byte.
    let path = unsafe { CStr::from_ptr(path) }.to_string_lossy().into_owned();
    let name = Path::new(&path).file_name().map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or(path)
}

/// Tells the disk of something that happens to a file; `error` is what SQLite hears if the power is off.
fn told(file: *mut sqlite3_file, error: c_int, tell: impl FnOnce(&Tracked) -> Result<(), Off>) -> c_int {
    // SAFETY: `open` set `tracked`, to null or to what only `close` frees.
    match unsafe { (*file.cast::<File>()).tracked.as_ref() }.map(tell) {
        Some(Err(Off)) => error,
        Some(Ok(())) | None => sys::SQLITE_OK,
    }
}

fn size(number: sqlite3_int64) -> usize {
    usize::try_from(number).expect("SQLite knows no negative offset")
}

unsafe extern "C" fn open(
    vfs: *mut sqlite3_vfs,
    path: sys::sqlite3_filename,
    file: *mut sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    let own = file.cast::<File>();
    // SAFETY: the block is ours to fill in.
    unsafe { ptr::write(own, File { methods: ptr::null(), tracked: ptr::null_mut() }) };
    // SAFETY: as in `system!`.
    let disk = unsafe { &(*(*vfs).pAppData.cast::<Beyond>()).disk };
    if disk.is_off() {
        return sys::SQLITE_CANTOPEN;
    }
    // SAFETY: see `real`.
    let behind = unsafe { real(file) };
    let opened = system!(vfs, xOpen(path, behind, flags, out));
    if opened == sys::SQLITE_OK {
        let is_tracked =
            flags & (sys::SQLITE_OPEN_MAIN_DB | sys::SQLITE_OPEN_MAIN_JOURNAL | sys::SQLITE_OPEN_WAL) != 0;
        let tracked = (is_tracked && !path.is_null())
            .then(|| Box::into_raw(Box::new(Tracked { name: base_name(path), disk: Arc::clone(disk) })));
        // SAFETY: filled in above.
        unsafe { ptr::write(own, File { methods: &METHODS, tracked: tracked.unwrap_or(ptr::null_mut()) }) };
    }
    opened
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    let closed = behind!(file, xClose());
    // SAFETY: made by `open`, and this is the last that is heard of the file.
    unsafe {
        let tracked = ptr::replace(&mut (*file.cast::<File>()).tracked, ptr::null_mut());
        if !tracked.is_null() {
            drop(Box::from_raw(tracked));
        }
    }
    closed
}

unsafe extern "C" fn write(
    file: *mut sqlite3_file,
    from: *const c_void,
    count: c_int,
    at: sqlite3_int64,
) -> c_int {
    let told = told(file, sys::SQLITE_IOERR_WRITE, |tracked| {
        let count = usize::try_from(count).expect("a count is not negative");
        // SAFETY: SQLite hands over `count` bytes.
        let bytes = unsafe { slice::from_raw_parts(from.cast::<u8>(), count) }.to_vec();
        tracked.disk.change(&tracked.name, Change::Write(size(at), bytes))
    });
    if told == sys::SQLITE_OK { behind!(file, xWrite(from, count, at)) } else { told }
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, to: sqlite3_int64) -> c_int {
    let told = told(file, sys::SQLITE_IOERR_TRUNCATE, |tracked| {
        tracked.disk.change(&tracked.name, Change::Size(size(to)))
    });
    if told == sys::SQLITE_OK { behind!(file, xTruncate(to)) } else { told }
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, _flags: c_int) -> c_int {
    told(file, sys::SQLITE_IOERR_FSYNC, |tracked| tracked.disk.sync(&tracked.name))
}

unsafe extern "C" fn delete(vfs: *mut sqlite3_vfs, path: *const c_char, sync_dir: c_int) -> c_int {
    let name = base_name(path);
    // SAFETY: as in `system!`.
    let disk = unsafe { &(*(*vfs).pAppData.cast::<Beyond>()).disk };
    if disk.delete(&name, sync_dir != 0).is_ok() {
        system!(vfs, xDelete(path, sync_dir))
    } else {
        sys::SQLITE_IOERR_DELETE
    }
}

unsafe extern "C" fn read(
    file: *mut sqlite3_file,
    to: *mut c_void,
    count: c_int,
    at: sqlite3_int64,
) -> c_int {
    behind!(file, xRead(to, count, at))
}

unsafe extern "C" fn file_size(file: *mut sqlite3_file, out: *mut sqlite3_int64) -> c_int {
    behind!(file, xFileSize(out))
}

unsafe extern "C" fn lock(file: *mut sqlite3_file, level: c_int) -> c_int {
    behind!(file, xLock(level))
}

unsafe extern "C" fn unlock(file: *mut sqlite3_file, level: c_int) -> c_int {
    behind!(file, xUnlock(level))
}

unsafe extern "C" fn check_reserved_lock(file: *mut sqlite3_file, out: *mut c_int) -> c_int {
    behind!(file, xCheckReservedLock(out))
}

unsafe extern "C" fn file_control(file: *mut sqlite3_file, operation: c_int, argument: *mut c_void) -> c_int {
    behind!(file, xFileControl(operation, argument))
}

unsafe extern "C" fn sector_size(file: *mut sqlite3_file) -> c_int {
    behind!(file, xSectorSize())
}

unsafe extern "C" fn device_characteristics(file: *mut sqlite3_file) -> c_int {
    behind!(file, xDeviceCharacteristics())
}

unsafe extern "C" fn shm_map(
    file: *mut sqlite3_file,
    page: c_int,
    bytes: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    behind!(file, xShmMap(page, bytes, extend, out))
}

unsafe extern "C" fn shm_lock(file: *mut sqlite3_file, offset: c_int, count: c_int, flags: c_int) -> c_int {
    behind!(file, xShmLock(offset, count, flags))
}

unsafe extern "C" fn shm_barrier(file: *mut sqlite3_file) {
    behind!(file, xShmBarrier());
}

unsafe extern "C" fn shm_unmap(file: *mut sqlite3_file, delete: c_int) -> c_int {
    behind!(file, xShmUnmap(delete))
}

unsafe extern "C" fn access(
    vfs: *mut sqlite3_vfs,
    path: *const c_char,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    system!(vfs, xAccess(path, flags, out))
}

unsafe extern "C" fn full_pathname(
    vfs: *mut sqlite3_vfs,
    path: *const c_char,
    count: c_int,
    out: *mut c_char,
) -> c_int {
    system!(vfs, xFullPathname(path, count, out))
}

unsafe extern "C" fn randomness(vfs: *mut sqlite3_vfs, count: c_int, out: *mut c_char) -> c_int {
    system!(vfs, xRandomness(count, out))
}

unsafe extern "C" fn sleep(vfs: *mut sqlite3_vfs, microseconds: c_int) -> c_int {
    system!(vfs, xSleep(microseconds))
}

unsafe extern "C" fn current_time(vfs: *mut sqlite3_vfs, out: *mut f64) -> c_int {
    system!(vfs, xCurrentTime(out))
}
