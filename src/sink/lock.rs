//! Locked files: a file is locked as long as a process writes it, so that no other process takes it for a leftover.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::Path;
#[cfg(unix)]
use std::time::{Duration, Instant};

use super::fault;
use super::target::Target;
use crate::{Error, Result};

/// How long a lock is waited for.
#[cfg(unix)]
const LOCK_WAIT: Duration = Duration::from_secs(1);

/// How often a file may be replaced by other processes while it is being opened.
const ATTEMPTS: usize = 100;

/// [`File::try_lock`] or [`File::try_lock_shared`].
type TryLock = fn(&File) -> Result<(), fs::TryLockError>;

/// A file that this process has locked.
pub(super) struct Locked {
    pub file: File,
    pub state: State,
}

/// What is known of a locked file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum State {
    /// This process has created it.
    New,
    /// A process that has ended left it. It belongs to this user, and this process may write to it.
    LeftOver,
    /// It belongs to somebody else, or the file system has no locks, so that nobody knows whether it is being written.
    Foreign,
}

/// Creates and locks the file at `path`, or locks the one that is there.
///
/// # Errors
/// [`Error::StillRecording`] about `target` if another process has locked the file; [`Error::Io`] if it cannot be
/// created or opened.
pub(super) fn open_or_create(path: &Path, target: &Target) -> Result<Locked> {
    for _ in 0..ATTEMPTS {
        let created = fault::point().and_then(|()| options().create_new(true).open(path));
        let (file, is_new) = match created {
            Ok(file) => (file, true),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => match open(path) {
                Ok(file) => (file, false),
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(refused(path, target.path(), error)),
            },
            Err(error) if is_sharing_violation(&error) => return Err(refused(path, target.path(), error)),
            Err(error) => return Err(Error::io(format!("creating a file beside {}", target.path().display()))(error)),
        };
        let has_locks = lock(&file, target.path(), File::try_lock)?;
        // Another process may have renamed or removed the file between opening and locking.
        if leads_to(path, &file) {
            let state = match is_new {
                true => State::New,
                false if has_locks && is_private(&file) => State::LeftOver,
                false => State::Foreign,
            };
            return Ok(Locked { file, state });
        }
    }
    let error = io::Error::other("other processes replace it again and again");
    Err(Error::io(format!("opening {}", path.display()))(error))
}

/// Opens and locks a file that is there.
///
/// # Errors
/// [`Error::StillRecording`] if another process has locked the file; [`Error::Io`] if it cannot be opened.
pub(super) fn open_existing(path: &Path) -> Result<File> {
    let opened = check_kind(fs::metadata(path)).and_then(|()| options().open(path));
    let file = opened.map_err(|error| refused(path, path, error))?;
    lock(&file, path, File::try_lock)?;
    Ok(file)
}

/// Opens a file that is there for reading, and locks it. Others may read it too, but not write to it.
///
/// # Errors
/// As [`open_existing`].
pub(super) fn open_to_read(path: &Path) -> Result<File> {
    let opened = check_kind(fs::metadata(path)).and_then(|()| options().write(false).open(path));
    let file = opened.map_err(|error| refused(path, path, error))?;
    lock(&file, path, File::try_lock_shared)?;
    Ok(file)
}

/// Returns whether the path leads to this file.
#[cfg(unix)]
pub(super) fn leads_to(path: &Path, file: &File) -> bool {
    use std::os::unix::fs::MetadataExt;
    let place = |there: fs::Metadata| (there.dev(), there.ino());
    fs::symlink_metadata(path).ok().map(place) == file.metadata().ok().map(place)
}

#[cfg(not(unix))]
pub(super) fn leads_to(path: &Path, file: &File) -> bool {
    use same_file::Handle;
    let open = file.try_clone().and_then(Handle::from_file);
    matches!((Handle::from_path(path), open), (Ok(there), Ok(open)) if there == open)
}

fn options() -> OpenOptions {
    let mut options = File::options();
    options.read(true).write(true);
    // Others may read, rename and remove the file, but not write to it.
    #[cfg(windows)]
    std::os::windows::fs::OpenOptionsExt::share_mode(&mut options, 1 | 4);
    options
}

/// Opens an existing file that is not a symbolic link. One that may not be written can still be locked.
fn open(path: &Path) -> io::Result<File> {
    check_kind(fs::symlink_metadata(path))?;
    match options().open(path) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => options().write(false).open(path),
        opened => opened,
    }
}

/// Refuses what would block or act when it is opened.
fn check_kind(there: io::Result<fs::Metadata>) -> io::Result<()> {
    if there?.is_file() { Ok(()) } else { Err(io::Error::other("it is not a regular file")) }
}

fn refused(path: &Path, target: &Path, error: io::Error) -> Error {
    match is_sharing_violation(&error) {
        true => Error::StillRecording { path: target.into(), process: None },
        false => Error::io(format!("opening {}", path.display()))(error),
    }
}

fn is_sharing_violation(error: &io::Error) -> bool {
    cfg!(windows) && error.raw_os_error() == Some(32)
}

/// Locks the file as long as it is open. Returns `false` where the system or the file system has no such locks.
///
/// A process that any thread starts has the lock of every open file until it executes its program, even of a file that
/// is closed meanwhile. So the lock may be held for a moment when nobody is writing.
#[cfg(unix)]
fn lock(file: &File, target: &Path, try_lock: TryLock) -> Result<bool> {
    let begin = Instant::now();
    loop {
        match try_lock(file) {
            Ok(()) => return Ok(true),
            Err(fs::TryLockError::Error(_)) => return Ok(false),
            Err(fs::TryLockError::WouldBlock) if begin.elapsed() > LOCK_WAIT => {
                return Err(Error::StillRecording { path: target.into(), process: writer(file) });
            }
            Err(fs::TryLockError::WouldBlock) => std::thread::sleep(LOCK_WAIT / 100),
        }
    }
}

/// On Windows, the share mode with which a file is opened is its lock.
#[cfg(not(unix))]
fn lock(_: &File, _: &Path, _: TryLock) -> Result<bool> {
    Ok(cfg!(windows))
}

/// Returns the process that has locked the file, if it is on this machine and the system tells.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn writer(file: &File) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    let there = file.metadata().ok()?;
    let (major, minor) = (rustix::fs::major(there.dev()), rustix::fs::minor(there.dev()));
    let place = format!("{major:02x}:{minor:02x}:{}", there.ino());
    // 1: FLOCK  ADVISORY  WRITE 1234 08:01:5678 0 EOF
    fs::read_to_string("/proc/locks").ok()?.lines().find_map(|line| {
        let fields: Vec<_> = line.split_whitespace().collect();
        let [_, "FLOCK", _, _, process, found, ..] = *fields else { return None };
        process.parse().ok().filter(|process| found == place && *process > 0)
    })
}

#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
fn writer(_: &File) -> Option<u32> {
    None
}

/// Returns whether the file belongs to this user and has no other name, so that nobody else can have made it.
#[cfg(unix)]
fn is_private(file: &File) -> bool {
    use std::os::unix::fs::MetadataExt;
    let can_write = rustix::fs::fcntl_getfl(file).is_ok_and(|flags| flags.contains(rustix::fs::OFlags::RDWR));
    can_write && file.metadata().is_ok_and(|there| there.uid() == super::user() && there.nlink() == 1)
}

#[cfg(not(unix))]
fn is_private(file: &File) -> bool {
    file.metadata().is_ok_and(|there| !there.permissions().readonly())
}
