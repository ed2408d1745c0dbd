//! Where the bytes of a movie go: a file, memory, a stream.

mod file;
mod memory;

pub(crate) use file::UnfinishedFile;
pub(crate) use memory::Memory;
