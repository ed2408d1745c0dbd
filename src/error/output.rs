//! `OutputError`: why a file cannot be replaced.

/// Why a file must not be replaced in [`Error::Output`](crate::Error::Output).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum OutputError {
    /// The file has no permission to write for this process, or for nobody. The latter protects it from root too.
    #[error("is read-only; remove it or make it writable")]
    ReadOnly,
    /// The folder is sticky, as `/tmp` is: only the owner of the file or of the folder may replace the file.
    #[error("is in a sticky folder and belongs to user {owner}; user {user} cannot replace it")]
    #[non_exhaustive]
    Sticky {
        /// The user that the file belongs to.
        owner: u32,
        /// The user that this process acts for.
        user: u32,
    },
}
