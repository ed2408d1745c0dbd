//! `Samples`: a compact list of all samples of a movie (size, duration, offset, sync), for the index.

/// One sample as the index describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sample {
    /// The size in bytes.
    pub size: u32,
    /// Ticks from the decoding of the sample to that of the next one.
    pub duration: u32,
    /// Ticks from the decoding of the sample to its presentation.
    pub offset: u32,
    /// Whether it is a sync sample, at which decoding can begin.
    pub sync: bool,
}

/// Samples that are contiguous in the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chunk {
    /// Where the first one begins in the output, before the movie is finished.
    pub position: u64,
    pub bytes: u64,
    pub samples: u32,
}

/// All samples of a movie, in decoding order.
///
/// A long movie has millions of samples, so each takes only a few bytes. Its size with two flags, its composition
/// offset and its duration, unless that is the usual one, are stored as little-endian base-128 numbers.
#[derive(Debug)]
pub(super) struct Samples {
    log: Vec<u8>,
    usual_duration: u32,
    pub chunks: Vec<Chunk>,
    pub count: u32,
    pub sync_count: u32,
    /// The sum of all durations, in ticks.
    pub duration: u64,
    /// The sum of all sizes.
    pub bytes: u64,
}

impl Samples {
    pub fn new(usual_duration: u32) -> Self {
        Self { log: Vec::new(), usual_duration, chunks: Vec::new(), count: 0, sync_count: 0, duration: 0, bytes: 0 }
    }

    pub fn push(&mut self, sample: Sample) {
        let unusual = sample.duration != self.usual_duration;
        self.put(u64::from(sample.size) << 2 | u64::from(unusual) << 1 | u64::from(sample.sync));
        self.put(sample.offset.into());
        if unusual {
            self.put(sample.duration.into());
        }
        self.count += 1;
        self.sync_count += u32::from(sample.sync);
        self.duration += u64::from(sample.duration);
        self.bytes += u64::from(sample.size);
    }

    pub fn iter(&self) -> impl Iterator<Item = Sample> + '_ {
        let mut log = self.log.iter();
        let mut next = move || {
            let (mut value, mut shift) = (0, 0);
            loop {
                let byte = *log.next()?;
                value |= u64::from(byte & 127) << shift;
                shift += 7;
                if byte < 128 {
                    return Some(value);
                }
            }
        };
        std::iter::from_fn(move || {
            let first = next()?;
            let offset = next()? as u32;
            let duration = if first & 2 != 0 { next()? as u32 } else { self.usual_duration };
            Some(Sample { size: (first >> 2) as u32, duration, offset, sync: first & 1 != 0 })
        })
    }

    /// Returns the number of bytes of memory in use.
    #[cfg(test)]
    pub fn heap_bytes(&self) -> usize {
        self.log.capacity() + self.chunks.capacity() * size_of::<Chunk>()
    }

    fn put(&mut self, mut value: u64) {
        while value >= 128 {
            self.log.push(value as u8 | 128);
            value >>= 7;
        }
        self.log.push(value as u8);
    }
}
