//! Where the bytes of a movie go: a file, memory, a stream.

mod complete;
mod file;
mod memory;

pub(crate) use file::UnfinishedFile;
#[cfg(test)]
pub(crate) use file::fault;
pub(crate) use memory::Memory;
