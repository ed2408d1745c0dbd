//! Frames per second of movies whose frames are drawn already, by preset: the table of `kinetograph bench`.
//!
//! `cargo bench --bench encode [-- WxH]`

#[path = "../examples/waves/plot.rs"]
mod plot;
#[path = "../cli/src/bench/table.rs"]
mod table;

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    // Cargo adds options.
    let size = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or("1280x720".into());
    let (width, height) = size.split_once('x').ok_or("the size must be like 640x360")?;
    let backdrop = plot::backdrop(width.parse()?, height.parse()?);
    let picture = |index| {
        let mut canvas = backdrop.clone();
        plot::draw(&mut canvas, index);
        canvas
    };
    table::print(&(0..60).map(picture).collect::<Vec<_>>(), &mut std::io::stdout())
}
