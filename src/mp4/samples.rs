//! The facts about samples that the index needs, in a few bytes each.

/// One sample as the index describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sample {
    /// In bytes.
    pub size: u32,
    /// Ticks from its decoding to the next one's.
    pub duration: u32,
    /// Ticks from its decoding to its presentation.
    pub offset: u32,
    /// Whether decoding can begin with it.
    pub sync: bool,
}

/// Samples that stand side by side in the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chunk {
    /// Where the first one begins in the output, before the movie is finished.
    pub position: u64,
    pub bytes: u64,
    pub samples: u32,
}

/// All samples of a movie, in decoding order.
///
/// A long movie has millions, so each is held in the few bytes that it needs: its size with two flags, its composition
/// offset, and its duration where that is not the usual one, as little-endian base-128 numbers.
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

    /// Bytes of memory held.
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
