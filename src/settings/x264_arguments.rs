//! `Settings::x264_arguments`: the settings as options of the x264 program.

use super::{Chroma, ChromaLocation, Matrix, Quality, Range, Settings, Tune, drawn};

/// Options that the program takes without a value, and, with `no-` before them, to turn them off.
const SWITCHES: &[&str] =
    &["8x8dct", "cabac", "chroma-me", "dct-decimate", "fast-pskip", "mbtree", "mixed-refs", "psy", "weightb"];

/// Options that the program takes without a value, and that are off without them.
const ADDITIONS: &[&str] = &[
    "aud",
    "constrained-intra",
    "cpu-independent",
    "filler",
    "non-deterministic",
    "open-gop",
    "sliced-threads",
    "stitchable",
    "no-deblock",
    "no-scenecut",
];

impl Settings {
    /// Returns the options with which the x264 program makes the stream that this crate makes of these settings:
    ///
    /// ```sh
    /// x264 --demuxer raw … --output movie.264 frames.yuv
    /// ```
    ///
    /// The file has the planes of the frames, one after another, in the layout of
    /// [`Movie::push_planes_from`](crate::Movie::push_planes_from). The stream of the program is that of a
    /// [`Movie`](crate::Movie) with the layout [`AnnexB`](crate::Layout::AnnexB) and a constant frame rate. The number of
    /// threads must be the same, so it is best [set](Self::threads). Both streams state the rate factor as a text, the
    /// program with one digit after the point, a movie with all of them.
    ///
    /// [`Tune::Drawn`] is printed as the parameters that it stands for:
    ///
    /// ```
    /// # use kinetograph::{Settings, Tune};
    /// let drawn = Settings::new(640, 360).tune(Tune::Drawn).x264_arguments();
    /// assert!(drawn.contains(&"--no-psy".to_string()));
    /// ```
    pub fn x264_arguments(&self) -> Vec<String> {
        let mut arguments = Vec::new();
        let mut add = |name: &str, value: &dyn std::fmt::Display| {
            arguments.extend([format!("--{name}"), value.to_string()]);
        };
        let (width, height) = self.coded_size();
        let format = if self.chroma == Chroma::Gray { "400".to_string() } else { self.chroma.to_string() };
        for name in ["input-csp", "output-csp"] {
            add(name, &format_args!("i{format}"));
        }
        for name in ["input-depth", "output-depth"] {
            add(name, &self.bit_depth);
        }
        add("input-res", &format_args!("{width}x{height}"));
        add("fps", &format_args!("{}/{}", self.frame_rate.numerator(), self.frame_rate.denominator()));
        add("sar", &format_args!("{}:{}", self.pixel_aspect.0, self.pixel_aspect.1));
        for name in ["input-range", "range"] {
            add(name, &if self.color_space.range == Range::Full { "pc" } else { "tv" });
        }
        add("colorprim", &self.color_space.primaries);
        add("transfer", &self.color_space.transfer);
        let matrix = match self.color_space.matrix {
            Matrix::Bt601 => "smpte170m",
            Matrix::Bt709 => "bt709",
            Matrix::Bt2020 => "bt2020nc",
        };
        add("colormatrix", &matrix);
        if self.chroma == Chroma::Yuv420 {
            add("chromaloc", &self.chroma_location.unwrap_or(ChromaLocation::Center).code());
        }
        add("preset", &self.preset);
        if let Some(tune) = self.tune.filter(|tune| *tune != Tune::Drawn) {
            add("tune", &tune);
        }
        match self.quality {
            Quality::Crf(factor) => add("crf", &factor),
            Quality::Bitrate(rate) => add("bitrate", &rate),
            Quality::Qp(quantiser) => add("qp", &quantiser),
            Quality::Lossless => add("qp", &0),
            // Found by making the movie more than once, which x264 does not do.
            Quality::MaxBytes(_) => {}
        }
        if let Some(vbv) = self.vbv {
            add("vbv-maxrate", &vbv.max_kbit_per_second);
            add("vbv-bufsize", &vbv.buffer_kbit);
        }
        let optional = [("keyint", self.keyframe_interval), ("threads", self.threads)];
        for (name, value) in optional.into_iter().filter_map(|(name, value)| Some((name, value?))) {
            add(name, &value);
        }
        if let Some(level) = self.level {
            add("level", &level);
        }
        if let Some(profile) = self.profile {
            add("profile", &profile);
        }
        for (name, value) in self.encoder_options() {
            let name = name.replace('_', "-");
            let plain = name.strip_prefix("no").map_or(&*name, |rest| rest.trim_start_matches('-'));
            let is_on = !["0", "false", "no"].contains(&value);
            if SWITCHES.contains(&plain) {
                arguments.push(if is_on == (plain == name) { format!("--{plain}") } else { format!("--no-{plain}") });
            } else if ADDITIONS.contains(&&*name) {
                arguments.extend(is_on.then(|| format!("--{name}")));
            } else {
                arguments.extend([format!("--{name}"), value.to_string()]);
            }
        }
        arguments
    }

    /// Returns names and values in the order in which x264 parses them, after the preset and x264's own tune.
    pub(crate) fn encoder_options(&self) -> impl Iterator<Item = (&str, &str)> {
        let is_drawn = self.tune == Some(Tune::Drawn);
        let drawn = is_drawn.then(|| drawn::options(self.preset)).into_iter().flatten();
        drawn.chain(self.x264_options.iter().map(|(name, value)| (&**name, &**value)))
    }
}
