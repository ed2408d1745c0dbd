//! `Target`: the path that a movie gets, the names of the files beside it, and what the movie keeps of an earlier file.

use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

#[cfg(unix)]
use super::folder_of;
use crate::{Error, OutputError, Result};

/// The longest file name, in bytes, that the names beside it repeat. File systems allow 255 bytes for a name.
const MAX_NAME: usize = 240;

/// How many bytes of a longer name they repeat.
const SHORTENED: usize = 220;

/// Where a movie is to be.
#[derive(Clone, Debug)]
pub(super) struct Target {
    path: PathBuf,
    /// The movie that the names beside it repeat.
    movie: PathBuf,
}

impl Target {
    /// Checks that a movie can be at `path`. If `path` is a symbolic link, the target is the file that it leads to.
    ///
    /// # Errors
    /// [`Error::Io`] if the path does not lead to a regular file or to nothing, or has no file name;
    /// [`Error::Output`] if a file there must not be replaced.
    pub fn new(path: &Path) -> Result<Self> {
        let wrong = |why: &str| Error::io(format!("creating {}", path.display()))(io::Error::other(why));
        let target = resolve(path).map_err(Error::io(format!("creating {}", path.display())))?;
        // A name with a separator or a dot after it could be created, but no file could be renamed to it.
        let ends_in = |name: &std::ffi::OsStr| target.as_os_str().as_encoded_bytes().ends_with(name.as_encoded_bytes());
        let has_name = target.file_name().is_some_and(ends_in);
        match fs::metadata(&target) {
            Ok(there) if there.is_dir() => return Err(wrong("it is a folder")),
            Ok(there) if !there.is_file() => return Err(wrong("it is not a regular file; use Movie::stream")),
            Ok(there) if has_name => {
                check_replaceable(&target, &there).map_err(|reason| Error::Output { path: path.into(), reason })?;
            }
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(Error::io(format!("creating {}", path.display()))(error));
            }
            _ => {}
        }
        if has_name { Ok(Self { movie: target.clone(), path: target }) } else { Err(wrong("it has no file name")) }
    }

    /// Returns the target for an unfinished file that is changed in place.
    pub fn in_place(path: &Path) -> io::Result<Self> {
        let path = resolve(path)?;
        let is_part = path.extension().is_some_and(|extension| extension == "part");
        Ok(Self { movie: if is_part { path.with_extension("") } else { path.clone() }, path })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the name of the file that grows while the movie is recorded.
    pub fn part(&self) -> PathBuf {
        self.beside(".part")
    }

    /// Returns the name of the copy that is made while the movie is finished.
    pub fn copy(&self) -> PathBuf {
        self.beside(".finishing")
    }

    /// Returns a name that no file has, for the file of an earlier run.
    pub fn numbered_part(&self) -> PathBuf {
        let mut names = (1_u32..).map(|number| self.beside(&format!(".{number}.part")));
        let is_free =
            |path: &PathBuf| fs::symlink_metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound);
        names.find(is_free).unwrap_or_else(|| self.beside(".0.part"))
    }

    /// Returns the target's name with a suffix. A name that would be too long is cut, and its checksum follows.
    fn beside(&self, suffix: &str) -> PathBuf {
        let name = self.movie.file_name().unwrap_or_default();
        let mut beside = name.to_owned();
        if name.len() > MAX_NAME {
            let text = name.to_string_lossy();
            let end = (0..=SHORTENED).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
            beside = OsString::from(format!("{}~{:08x}", &text[..end], crc32fast::hash(name.as_encoded_bytes())));
        }
        beside.push(suffix);
        self.path.with_file_name(beside)
    }

    /// Gives a new file the mode of the file that it will replace. The owner and the group follow when the movie is
    /// finished.
    #[cfg(unix)]
    pub fn keep_mode(&self, file: &File) {
        use std::os::unix::fs::{MetadataExt, PermissionsExt};
        let (Ok(replaced), Ok(new)) = (fs::metadata(&self.path), file.metadata()) else { return };
        let mode = replaced.mode() & 0o777;
        // As editors do: a group that the old file did not belong to is given no more than everybody.
        let shared = (mode & 0o007) << 3 & mode;
        let mode = if new.gid() == replaced.gid() { mode } else { mode & 0o707 | shared };
        if new.mode() & 0o777 != mode {
            // A file system without permissions refuses.
            let _ = file.set_permissions(fs::Permissions::from_mode(mode));
        }
    }

    #[cfg(not(unix))]
    pub fn keep_mode(&self, _: &File) {}

    /// Gives a finished file the owner, the group and the mode of the file that it will replace, as far as permitted.
    pub fn keep_owner_and_mode(&self, file: &File) {
        #[cfg(unix)]
        {
            use std::os::unix::fs::{MetadataExt, fchown};
            if let (Ok(replaced), Ok(new)) = (fs::metadata(&self.path), file.metadata()) {
                if new.gid() != replaced.gid() {
                    let _ = fchown(file, None, Some(replaced.gid()));
                }
                if new.uid() != replaced.uid() {
                    let _ = fchown(file, Some(replaced.uid()), None);
                }
            }
        }
        self.keep_mode(file);
    }

    /// Writes the names in the target's folder to the disk, so that they survive a power cut.
    pub fn sync_folder(&self) {
        #[cfg(unix)]
        if let Err(error) = File::open(folder_of(&self.path)).and_then(|folder| folder.sync_all()) {
            // The movie is complete, so this is not its error.
            log::warn!("writing the folder of {} to the disk: {error}", self.path.display());
        }
    }
}

/// Checks that this process may replace a file.
fn check_replaceable(path: &Path, there: &Metadata) -> Result<(), OutputError> {
    // A file that nobody may write is protected from root too.
    if there.permissions().readonly() {
        return Err(OutputError::ReadOnly);
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;

        use rustix::fs::{Access, AtFlags, CWD, accessat};
        use rustix::io::Errno;

        let access = accessat(CWD, path, Access::WRITE_OK, AtFlags::EACCESS);
        if matches!(access, Err(Errno::ACCESS | Errno::PERM | Errno::ROFS)) {
            return Err(OutputError::ReadOnly);
        }
        let user = super::user();
        let is_mine = |owner: u32| [0, owner].contains(&user);
        if let Ok(folder) = fs::metadata(folder_of(path))
            && folder.mode() & 0o1000 != 0
            && !is_mine(folder.uid())
            && !is_mine(there.uid())
        {
            return Err(OutputError::Sticky { owner: there.uid(), user });
        }
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// Follows a path whose last component is a symbolic link, even one to a file that does not exist yet.
fn resolve(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    // As many links as Linux follows.
    for _ in 0..40 {
        match fs::symlink_metadata(&path) {
            Ok(there) if there.is_symlink() => {
                let link = fs::read_link(&path)?;
                path = path.parent().unwrap_or(Path::new("")).join(link);
            }
            _ => return Ok(path),
        }
    }
    Err(io::Error::other("too many symbolic links"))
}
