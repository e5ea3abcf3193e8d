//! A file layer under SQLite that does what the usual one does and writes down,
//! in order, everything that reaches the disk.

// SQLite's file layer is a C interface: each function here is called by SQLite,
// with the pointers that this file gave it.
#![allow(unsafe_code)]

use std::{
    ffi::{CStr, CString, c_char, c_int, c_void},
    ptr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI32, Ordering},
    },
};

use rusqlite::ffi;

/// What happened to a file; files are known by the end of their name.
#[derive(Debug, Clone)]
pub enum Step {
    /// Bytes were written at a place.
    Write(Suffix, u64, Vec<u8>),
    /// The file got a length.
    Truncate(Suffix, u64),
    /// All that was done to the file before is on the disk.
    Sync(Suffix),
    /// The file went.
    Delete(Suffix),
    /// The commit of a number was acknowledged.
    Acknowledged(usize),
}

/// What follows the name of the store's file: nothing, `-wal` or `-journal`.
pub type Suffix = &'static str;

const SUFFIXES: [Suffix; 2] = ["-wal", "-journal"];

/// Everything that happened so far, and what is to go wrong from now on.
#[derive(Default, Clone)]
pub struct Record(Arc<Inner>);

#[derive(Default)]
struct Inner {
    steps: Mutex<Vec<Step>>,
    /// The code that writes and syncs fail with; 0 for none.
    fault: AtomicI32,
}

impl Record {
    /// Makes a file layer of a name. It stays as long as the process.
    pub fn install(name: &str) -> Self {
        let record = Self::default();
        let name = CString::new(name).expect("no NUL in a name").into_raw();
        // SAFETY: the layer copies the usual one, which SQLite keeps for ever, and both
        // it and the record it points to are leaked, because SQLite keeps them for ever.
        unsafe {
            let usual = ffi::sqlite3_vfs_find(ptr::null());
            let layer = Box::into_raw(Box::new(ffi::sqlite3_vfs {
                szOsFile: (*usual).szOsFile + size_of::<File>() as c_int,
                zName: name,
                pNext: ptr::null_mut(),
                pAppData: Box::into_raw(Box::new(Layer { usual, record: record.clone() })).cast(),
                xOpen: Some(open),
                xDelete: Some(delete),
                xAccess: Some(access),
                xFullPathname: Some(full_path),
                ..*usual
            }));
            assert_eq!(ffi::sqlite3_vfs_register(layer, 0), ffi::SQLITE_OK);
        }
        record
    }

    /// Notes something.
    pub fn push(&self, step: Step) {
        self.0.steps.lock().unwrap().push(step);
    }

    /// Lets writes fail with a code (syncs alone where it is about those), or none.
    pub fn fail(&self, code: Option<c_int>) {
        self.0.fault.store(code.unwrap_or(ffi::SQLITE_OK), Ordering::SeqCst);
    }

    /// What was noted.
    pub fn steps(&self) -> Vec<Step> {
        self.0.steps.lock().unwrap().clone()
    }
}

struct Layer {
    usual: *mut ffi::sqlite3_vfs,
    record: Record,
}

/// SQLite's room for an open file: ours, and behind it the usual layer's.
#[repr(C)]
struct File {
    methods: *const ffi::sqlite3_io_methods,
    record: *const Record,
    suffix: Suffix,
    /// Temporary files and indexes of the log say nothing about the disk.
    silent: bool,
}

unsafe fn layer<'a>(vfs: *mut ffi::sqlite3_vfs) -> &'a Layer {
    // SAFETY: `install` put it there.
    unsafe { &*(*vfs).pAppData.cast::<Layer>() }
}

unsafe fn usual(file: *mut ffi::sqlite3_file) -> *mut ffi::sqlite3_file {
    // SAFETY: `szOsFile` made room for both, one behind the other.
    unsafe { file.cast::<File>().add(1).cast() }
}

unsafe fn note(file: *mut ffi::sqlite3_file, step: impl FnOnce(Suffix) -> Step) {
    // SAFETY: `open` filled it in before SQLite called any method.
    unsafe {
        let file = &*file.cast::<File>();
        if !file.silent {
            let record = &*file.record;
            record.push(step(file.suffix));
        }
    }
}

/// What a write or a sync is to fail with.
unsafe fn fault(file: *mut ffi::sqlite3_file, syncs: bool) -> Option<c_int> {
    // SAFETY: as above.
    let record = unsafe { &*(*file.cast::<File>()).record };
    let code = record.0.fault.load(Ordering::SeqCst);
    (code != ffi::SQLITE_OK && syncs == (code == ffi::SQLITE_IOERR_FSYNC)).then_some(code)
}

unsafe fn suffix_of(path: *const c_char) -> Suffix {
    // SAFETY: SQLite's names end with NUL.
    let path = unsafe { CStr::from_ptr(path) }.to_string_lossy();
    SUFFIXES.into_iter().find(|suffix| path.ends_with(suffix)).unwrap_or("")
}

unsafe extern "C" fn open(
    vfs: *mut ffi::sqlite3_vfs,
    path: *const c_char,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: the arguments are SQLite's own; ours is filled in before it is used.
    unsafe {
        let Layer { usual: below, record } = layer(vfs);
        let silent = path.is_null();
        let suffix = if silent { "" } else { suffix_of(path) };
        ptr::write(file.cast(), File { methods: METHODS, record, suffix, silent });
        let result = (**below)
            .xOpen
            .map_or(ffi::SQLITE_CANTOPEN, |open| open(*below, path, usual(file), flags, out));
        if result != ffi::SQLITE_OK {
            (*file).pMethods = ptr::null();
        }
        result
    }
}

unsafe extern "C" fn delete(vfs: *mut ffi::sqlite3_vfs, path: *const c_char, sync: c_int) -> c_int {
    // SAFETY: the arguments are SQLite's own.
    unsafe {
        let Layer { usual, record } = layer(vfs);
        let result = (**usual).xDelete.map_or(ffi::SQLITE_ERROR, |f| f(*usual, path, sync));
        if result == ffi::SQLITE_OK {
            record.push(Step::Delete(suffix_of(path)));
        }
        result
    }
}

unsafe extern "C" fn access(
    vfs: *mut ffi::sqlite3_vfs,
    path: *const c_char,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: the arguments are SQLite's own.
    unsafe {
        let usual = layer(vfs).usual;
        (*usual).xAccess.map_or(ffi::SQLITE_ERROR, |f| f(usual, path, flags, out))
    }
}

unsafe extern "C" fn full_path(
    vfs: *mut ffi::sqlite3_vfs,
    path: *const c_char,
    size: c_int,
    out: *mut c_char,
) -> c_int {
    // SAFETY: the arguments are SQLite's own.
    unsafe {
        let usual = layer(vfs).usual;
        (*usual).xFullPathname.map_or(ffi::SQLITE_ERROR, |f| f(usual, path, size, out))
    }
}

/// A method that the usual layer carries out.
macro_rules! passed_on {
    ($($name:ident = $method:ident($($argument:ident: $kind:ty),*) -> $result:ty;)*) => {$(
        unsafe extern "C" fn $name(file: *mut ffi::sqlite3_file $(, $argument: $kind)*) -> $result {
            // SAFETY: SQLite calls methods of open files alone, and the usual layer has all of them.
            unsafe {
                let file = usual(file);
                (*(*file).pMethods).$method.expect("the usual layer has it")(file $(, $argument)*)
            }
        }
    )*};
}

passed_on! {
    close = xClose() -> c_int;
    read = xRead(to: *mut c_void, size: c_int, at: i64) -> c_int;
    write_below = xWrite(from: *const c_void, size: c_int, at: i64) -> c_int;
    truncate_below = xTruncate(size: i64) -> c_int;
    sync_below = xSync(flags: c_int) -> c_int;
    file_size = xFileSize(size: *mut i64) -> c_int;
    lock = xLock(kind: c_int) -> c_int;
    unlock = xUnlock(kind: c_int) -> c_int;
    check_lock = xCheckReservedLock(out: *mut c_int) -> c_int;
    control_below = xFileControl(what: c_int, with: *mut c_void) -> c_int;
    sector_size = xSectorSize() -> c_int;
    characteristics = xDeviceCharacteristics() -> c_int;
    shm_map = xShmMap(page: c_int, size: c_int, extend: c_int, out: *mut *mut c_void) -> c_int;
    shm_lock = xShmLock(offset: c_int, count: c_int, flags: c_int) -> c_int;
    shm_barrier = xShmBarrier() -> ();
    shm_unmap = xShmUnmap(delete: c_int) -> c_int;
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    from: *const c_void,
    size: c_int,
    at: i64,
) -> c_int {
    // SAFETY: SQLite gives `size` bytes.
    unsafe {
        if let Some(code) = fault(file, false) {
            return code;
        }
        let result = write_below(file, from, size, at);
        if result == ffi::SQLITE_OK {
            let bytes = std::slice::from_raw_parts(from.cast::<u8>(), size as usize).to_vec();
            note(file, |suffix| Step::Write(suffix, at as u64, bytes));
        }
        result
    }
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: i64) -> c_int {
    // SAFETY: as SQLite calls it.
    unsafe {
        let result = truncate_below(file, size);
        if result == ffi::SQLITE_OK {
            note(file, |suffix| Step::Truncate(suffix, size as u64));
        }
        result
    }
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    // SAFETY: as SQLite calls it.
    unsafe {
        if let Some(code) = fault(file, true) {
            return code;
        }
        let result = sync_below(file, flags);
        if result == ffi::SQLITE_OK {
            note(file, Step::Sync);
        }
        result
    }
}

unsafe extern "C" fn control(
    file: *mut ffi::sqlite3_file,
    what: c_int,
    with: *mut c_void,
) -> c_int {
    // Room that is taken in advance would be written without being seen.
    if matches!(what, ffi::SQLITE_FCNTL_SIZE_HINT | ffi::SQLITE_FCNTL_CHUNK_SIZE) {
        return ffi::SQLITE_NOTFOUND;
    }
    // SAFETY: as SQLite calls it.
    unsafe { control_below(file, what, with) }
}

const METHODS: &ffi::sqlite3_io_methods = &ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_lock),
    xFileControl: Some(control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    // The store's file is never mapped into memory.
    xFetch: None,
    xUnfetch: None,
};
