//! Instruction sets: one is chosen once, at run time.

use super::plain;
use super::rows::{Plan, Rows};
#[cfg(target_arch = "x86_64")]
use super::{avx2, avx512};

/// An instruction set that this machine has: a value of this type is the proof.
///
/// ```
/// use kinetograph::color::{Converter, Isa};
/// use kinetograph::{Chroma, ColorSpace};
///
/// let converter = Converter::new(ColorSpace::BT709, Chroma::Yuv420, 8, [255; 3]);
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
}

impl Isa {
    /// What the crate was compiled for: present everywhere.
    pub const BASELINE: Self = Self(Kind::Baseline);

    /// All that this machine has, the fastest last.
    pub fn available() -> Vec<Self> {
        let mut available = vec![Self::BASELINE];
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                available.push(Self(Kind::Avx2));
            }
            if is_x86_feature_detected!("avx512vbmi") && is_x86_feature_detected!("avx512vnni") {
                available.push(Self(Kind::Avx512));
            }
        }
        available
    }

    /// The fastest that this machine has.
    pub fn best() -> Self {
        Self::available().pop().unwrap_or(Self::BASELINE)
    }

    /// The name: "baseline", "avx2" (with FMA) or "avx512" (with VBMI and VNNI, as Ice Lake and Zen 4 have).
    pub fn name(self) -> &'static str {
        match self.0 {
            Kind::Baseline => "baseline",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => "avx512",
        }
    }

    /// Converts all rows of a frame by this instruction set.
    #[allow(unsafe_code)]
    pub(super) fn convert<'a>(self, plan: &Plan<'_>, frame: impl Iterator<Item = Rows<'a>>) {
        match self.0 {
            Kind::Baseline => plain::convert(plan, frame),
            // SAFETY: the CPU has AVX2 and FMA: `available`, the only maker of this value, has asked it.
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => unsafe { avx2::convert(plan, frame) },
            // SAFETY: the CPU has AVX-512 VBMI and VNNI: `available`, the only maker of this value, has asked it.
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => unsafe { avx512::convert(plan, frame) },
        }
    }
}

impl std::fmt::Debug for Isa {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
