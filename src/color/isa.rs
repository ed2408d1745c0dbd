//! `Isa`: detects the instruction sets of the CPU, and dispatches to a kernel at run time.

#[cfg(target_arch = "x86_64")]
use super::avx2::Avx2;
#[cfg(target_arch = "x86_64")]
use super::avx512::Avx512;
#[cfg(target_arch = "aarch64")]
use super::neon::Neon;
use super::plan::Plan;
use super::portable::Portable;
use super::rows::Rows;
use crate::{Error, Frame, Result};

/// An instruction set that this machine has. A value of this type proves that.
///
/// A [`Converter`](super::Converter) chooses the fastest one. This type is for benchmarks, and for tests that compare
/// instruction sets. It prints as its name and parses from it. Parsing refuses an instruction set that this machine
/// lacks.
///
/// ```
/// use kinetograph::color::{Converter, Isa};
/// use kinetograph::{BitDepth, Chroma, ColorSpace};
///
/// let converter = Converter::new(ColorSpace::BT709, Chroma::Yuv420, BitDepth::Eight, [255; 3]);
/// assert_eq!(converter.isa(), Isa::best());
/// let slower = converter.with_isa(Isa::BASELINE);
/// assert_eq!(slower.isa().name(), "baseline");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Isa(Kind);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Baseline,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "aarch64")]
    Neon,
}

impl Isa {
    /// The instruction set that the crate was compiled for. Every machine that runs it has it.
    pub const BASELINE: Self = Self(Kind::Baseline);

    /// Returns all instruction sets that this machine has, the fastest last.
    pub fn available() -> Vec<Self> {
        let mut available = vec![Self::BASELINE];
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                available.push(Self(Kind::Avx2));
            }
            if is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vbmi")
                && is_x86_feature_detected!("avx512vnni")
            {
                available.push(Self(Kind::Avx512));
            }
        }
        #[cfg(target_arch = "aarch64")]
        available.push(Self(Kind::Neon));
        available
    }

    /// Returns the fastest instruction set that this machine has.
    pub fn best() -> Self {
        Self::available().pop().unwrap_or(Self::BASELINE)
    }

    /// Returns the name: "baseline", "avx2" (with FMA), "avx512" (F, BW, VBMI and VNNI, which Ice Lake and Zen 4
    /// have) or "neon" (which every aarch64 CPU has).
    pub fn name(self) -> &'static str {
        match self.0 {
            Kind::Baseline => "baseline",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => "avx512",
            #[cfg(target_arch = "aarch64")]
            Kind::Neon => "neon",
        }
    }

    /// Converts all rows of a frame with this instruction set.
    #[allow(unsafe_code)]
    pub(super) fn convert<'a>(self, plan: &Plan, frame: &Frame<'_>, rows: impl Iterator<Item = Rows<'a>>) {
        // SAFETY: the CPU has the instruction set: `available`, which alone makes this value, has detected it.
        unsafe {
            match self.0 {
                Kind::Baseline => plan.convert_generally::<Portable, Portable>(frame, rows),
                #[cfg(target_arch = "x86_64")]
                Kind::Avx2 => plan.convert::<Avx2>(frame, rows),
                #[cfg(target_arch = "x86_64")]
                Kind::Avx512 => plan.convert::<Avx512>(frame, rows),
                #[cfg(target_arch = "aarch64")]
                Kind::Neon => plan.convert::<Neon>(frame, rows),
            }
        }
    }
}

impl std::fmt::Display for Isa {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

impl std::str::FromStr for Isa {
    type Err = Error;

    /// Parses a [`name`](Self::name).
    ///
    /// # Errors
    /// [`Error::Setting`] unless it is one of the [available](Self::available) instruction sets.
    fn from_str(text: &str) -> Result<Self> {
        let available = Self::available();
        available.iter().copied().find(|isa| isa.name() == text).ok_or_else(|| {
            let names: Vec<&str> = available.iter().map(|isa| isa.name()).collect();
            Error::setting("isa", format!("{text:?}"), format!("this machine has {}", names.join(", ")))
        })
    }
}

impl std::fmt::Debug for Isa {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
