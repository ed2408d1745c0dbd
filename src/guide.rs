//! A guide for each common task: the pages of `docs/` as modules of the documentation.

/// Defines a module for each page in `docs/`, so that its examples are tested.
macro_rules! pages {
    ($($name:ident = $file:literal,)*) => {
        $(
            #[doc = include_str!(concat!("../docs/", $file))]
            pub mod $name {}
        )*
    };
}

pages! {
    charts = "charts.md",
    quality = "quality.md",
    colors = "colors.md",
    odd_sizes = "odd-sizes.md",
    long_movies = "long-movies.md",
    streaming = "streaming.md",
    notebooks = "notebooks.md",
    gpu = "gpu.md",
    captures = "captures.md",
    from_matplotlib = "matplotlib.md",
    from_an_ffmpeg_pipe = "ffmpeg-pipe.md",
    rgb_exact = "rgb-exact.md",
    async_programs = "async.md",
    shipping = "shipping.md",
}
