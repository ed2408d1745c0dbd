//! SegmentPlan that were made alone: as bytes, as files, and as a folder of them that outlives the process.

pub(crate) mod folder;
pub(crate) mod plan;

use std::fmt::Debug;
use std::fs;
use std::io::Write;
use std::path::Path;

use self::plan::{BufferedPacket, PacketBuffer, SegmentPlan};
use crate::packet::ParameterSets;
use crate::settings::Settings;
use crate::{Error, Result};

/// What the bytes of a piece begin with; the last two are the version of their form.
const MAGIC: &[u8; 16] = b"kinetograph pc01";

/// The extension of the files that a killed process leaves.
pub(crate) const UNFINISHED: &str = "unfinished-piece";

/// Bytes of a sample's entry: size, pts, dts, sync.
const SAMPLE: usize = 4 + 8 + 8 + 1;

/// One part of an [`Animation`](crate::Animation), encoded: made by [`encode_segment`](crate::Animation::encode_segment) on
/// whatever machine, used by [`join`](crate::Animation::join).
///
/// A piece knows which part of which movie it is: the number of frames, the settings that shape the stream, the version
/// of this crate and that of x264. It does not know what was drawn.
#[derive(Clone, PartialEq, Eq)]
pub struct Segment {
    part: u64,
    identity: String,
    sets: ParameterSets,
    film: PacketBuffer,
}

impl Segment {
    pub(crate) fn new(part: u64, identity: &Identity, sets: ParameterSets, film: PacketBuffer) -> Self {
        Self { part, identity: identity.0.clone(), sets, film }
    }

    /// Which part it is, counted from 0.
    pub fn part(&self) -> u64 {
        self.part
    }

    /// Frames in it.
    pub fn frames(&self) -> u64 {
        self.film.samples.len() as u64
    }

    /// The piece as bytes, with a checksum.
    pub fn to_bytes(&self) -> Vec<u8> {
        to_bytes(self.part, &self.identity, &self.sets, &self.film)
    }

    /// The piece that [`to_bytes`](Self::to_bytes) has made into bytes.
    ///
    /// # Errors
    /// [`Error::Segment`] if the bytes are not those of a piece, or not as they were.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        parse(bytes).map_err(|reason| Error::Segment { piece: "a piece".into(), reason: reason.into() })
    }

    /// Writes the piece into a file, which appears when it is complete.
    ///
    /// # Errors
    /// [`Error::Io`] if that fails.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        store(path.as_ref(), &self.to_bytes())
    }

    /// Reads a piece from a file.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be read, [`Error::Segment`] if it is not a piece, or damaged.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let bytes = fs::read(path).map_err(Error::io(format!("reading {}", path.display())))?;
        parse(&bytes).map_err(|reason| Error::Segment { piece: path.display().to_string(), reason: reason.into() })
    }

    pub(crate) fn film(&self) -> &PacketBuffer {
        &self.film
    }

    pub(crate) fn into_film(self) -> PacketBuffer {
        self.film
    }

    pub(crate) fn sets(&self) -> &ParameterSets {
        &self.sets
    }

    /// Whether it is a piece of this movie.
    pub(crate) fn check(&self, identity: &Identity, parts: &SegmentPlan, sets: &ParameterSets) -> Result<()> {
        let refuse = |reason: String| Err(Error::Segment { piece: format!("the piece of part {}", self.part), reason });
        for (theirs, ours) in self.identity.lines().zip(identity.0.lines()) {
            if theirs != ours {
                let name = ours.split_once(':').map_or(ours, |(name, _)| name);
                let value = |line: &str| line.split_once(": ").map_or(line, |(_, value)| value).to_string();
                return refuse(format!("its {name} is {}, not {}", value(theirs), value(ours)));
            }
        }
        if self.identity != identity.0 {
            return refuse("it was made with other settings".into());
        }
        if self.sets != *sets {
            let x264 = |sets: &ParameterSets| {
                let text = String::from_utf8_lossy(&sets.sei).into_owned();
                // "x264 - core 164 r3095 baee400 - H.264/MPEG-4 AVC codec - …"
                text.split_once("x264 - ")
                    .and_then(|(_, rest)| rest.split_once(" - "))
                    .map(|(core, _)| core.to_string())
            };
            let name = |sets| x264(sets).unwrap_or_else(|| "another x264".into());
            return refuse(format!("it was made by x264 {}, not {}", name(&self.sets), name(sets)));
        }
        if self.part >= parts.count() {
            return refuse(format!("the movie has {} parts, counted from 0", parts.count()));
        }
        let frames = parts.range(self.part);
        if self.frames() != frames.end - frames.start {
            return refuse(format!("it has {} frames, not {}", self.frames(), frames.end - frames.start));
        }
        Ok(())
    }
}

impl std::fmt::Debug for Segment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Segment(part {}, {} frames, {} bytes)", self.part, self.frames(), self.film.data.len())
    }
}

/// What pieces must have in common to become one movie, as lines `name: value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity(pub(super) String);

impl Identity {
    pub fn new(settings: &Settings, parts: &SegmentPlan) -> Self {
        // Every setting is either here or about the container alone.
        let Settings {
            width,
            height,
            frame_rate,
            variable_rate,
            quality,
            vbv,
            preset,
            tune,
            profile,
            level,
            chroma,
            bit_depth,
            color_space,
            background,
            odd_size: _,
            keyframe_interval,
            pixel_aspect,
            threads,
            container: _,
            x264_options,
        } = settings;
        let lines: [(&str, &dyn Debug); 20] = [
            ("version", &env!("CARGO_PKG_VERSION")),
            ("number of frames", &parts.frames()),
            ("width", width),
            ("height", height),
            ("frame_rate", &(frame_rate.numerator(), frame_rate.denominator())),
            ("variable_rate", variable_rate),
            ("quality", quality),
            ("vbv", vbv),
            ("preset", preset),
            ("tune", tune),
            ("profile", profile),
            ("level", level),
            ("chroma", chroma),
            ("bit_depth", bit_depth),
            ("color_space", color_space),
            ("background", background),
            ("keyframe_interval", keyframe_interval),
            ("pixel_aspect", pixel_aspect),
            ("threads", threads),
            ("x264_options", x264_options),
        ];
        Self(lines.iter().map(|(name, value)| format!("{name}: {value:?}\n")).collect())
    }
}

/// A file that appears, complete, or does not.
pub(crate) fn store(path: &Path, bytes: &[u8]) -> Result<()> {
    let doing = || format!("writing {}", path.display());
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file =
        tempfile::Builder::new().suffix(&format!(".{UNFINISHED}")).tempfile_in(folder).map_err(Error::io(doing()))?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_data()).map_err(Error::io(doing()))?;
    file.persist(path).map_err(|error| Error::io(doing())(error.error))?;
    Ok(())
}

/// Magic, CRC-32 of the rest; part, texts and film, each behind its length. Numbers are little-endian.
pub(crate) fn to_bytes(part: u64, identity: &str, sets: &ParameterSets, film: &PacketBuffer) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(film.data.len() + film.samples.len() * SAMPLE + 4096);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(&part.to_le_bytes());
    let samples = film.samples.iter().flat_map(|sample| {
        let mut entry = [0; SAMPLE];
        entry[..4].copy_from_slice(&sample.bytes.to_le_bytes());
        entry[4..12].copy_from_slice(&sample.pts.to_le_bytes());
        entry[12..20].copy_from_slice(&sample.dts.to_le_bytes());
        entry[20] = sample.sync.into();
        entry
    });
    let samples: Vec<u8> = samples.collect();
    for field in [identity.as_bytes(), &sets.sps, &sets.pps, &sets.sei, &samples, &film.data] {
        bytes.extend_from_slice(&(field.len() as u64).to_le_bytes());
        bytes.extend_from_slice(field);
    }
    let checksum = crc32fast::hash(&bytes[MAGIC.len() + 4..]);
    bytes[MAGIC.len()..][..4].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

fn parse(bytes: &[u8]) -> Result<Segment, &'static str> {
    let rest = bytes.strip_prefix(MAGIC).ok_or("it is not a piece that this version can read")?;
    let (checksum, rest) = rest.split_first_chunk().ok_or(DAMAGED)?;
    if crc32fast::hash(rest) != u32::from_le_bytes(*checksum) {
        return Err(DAMAGED);
    }
    fields(rest).ok_or(DAMAGED)
}

const DAMAGED: &str = "it is damaged: remove it and make the part again";

fn fields(bytes: &[u8]) -> Option<Segment> {
    let (part, mut rest) = bytes.split_first_chunk()?;
    let mut field = || {
        let (length, after) = rest.split_first_chunk()?;
        let (field, after) = after.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
        rest = after;
        Some(field)
    };
    let identity = String::from_utf8(field()?.to_vec()).ok()?;
    let sets = ParameterSets { sps: field()?.to_vec(), pps: field()?.to_vec(), sei: field()?.to_vec() };
    let samples: Option<Vec<BufferedPacket>> = field()?.chunks(SAMPLE).map(sample).collect();
    let film = PacketBuffer { samples: samples?, data: field()?.to_vec() };
    let bytes: u64 = film.samples.iter().map(|sample| u64::from(sample.bytes)).sum();
    (bytes == film.data.len() as u64).then_some(Segment { part: u64::from_le_bytes(*part), identity, sets, film })
}

fn sample(entry: &[u8]) -> Option<BufferedPacket> {
    let (bytes, rest) = entry.split_first_chunk()?;
    let (pts, rest) = rest.split_first_chunk()?;
    let (dts, rest) = rest.split_first_chunk()?;
    Some(BufferedPacket {
        bytes: u32::from_le_bytes(*bytes),
        pts: i64::from_le_bytes(*pts),
        dts: i64::from_le_bytes(*dts),
        sync: *rest.first()? != 0,
    })
}
