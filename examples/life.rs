//! Conway's game of life on a torus. Each state is a picture of grey levels, which converts into a frame.
//!
//! `cargo run --release --example life` writes target/gallery/life.mp4.

use std::io::Write;

use kinetograph::{Animation, Frame, Settings};

/// Cells in a row and in a column, and pixels along each side of a cell.
const CELLS: (usize, usize) = (160, 90);
const SIDE: usize = 6;

/// The grey level of each cell. Living cells are white, and dead ones fade.
#[derive(Clone)]
struct Life(Vec<u8>);

/// The levels of all pixels.
struct Picture(Vec<u8>);

impl<'a> From<&'a Picture> for Frame<'a> {
    fn from(picture: &'a Picture) -> Self {
        Frame::gray8(&picture.0, (CELLS.0 * SIDE) as u32, (CELLS.1 * SIDE) as u32)
    }
}

fn main() -> kinetograph::Result<()> {
    std::fs::create_dir_all("target/gallery").expect("a folder that can be made");
    let mut random = fastrand::Rng::with_seed(3);
    let soup = Life((0..CELLS.0 * CELLS.1).map(|_| if random.u8(..) < 70 { 255 } else { 0 }).collect());
    let generations = std::iter::successors(Some(soup), |life| Some(life.next()));
    let settings = Settings::new((CELLS.0 * SIDE) as u32, (CELLS.1 * SIDE) as u32).frame_rate(20);
    let movie = Animation::from_frame_states(settings, generations.map(|life| life.picture()).take(300));
    let report = movie.save("target/gallery/life.mp4")?;
    let _ = writeln!(std::io::stdout(), "{report}"); // nobody may be reading
    Ok(())
}

impl Life {
    fn next(&self) -> Self {
        let lives = |column: usize, row: usize| self.0[row % CELLS.1 * CELLS.0 + column % CELLS.0] == 255;
        let level = |cell: usize| {
            let (column, row) = (cell % CELLS.0 + CELLS.0, cell / CELLS.0 + CELLS.1);
            let around = (0..9).filter(|at| *at != 4 && lives(column + at % 3 - 1, row + at / 3 - 1)).count();
            match (around, self.0[cell]) {
                (3, _) | (2, 255) => 255,
                (_, 255) => 120,
                (_, level) => level / 16 * 15,
            }
        };
        Self((0..self.0.len()).map(level).collect())
    }

    /// Enlarges each cell to a square.
    fn picture(&self) -> Picture {
        let row = |cells: &[u8]| cells.iter().flat_map(|level| [*level; SIDE]).collect::<Vec<u8>>().repeat(SIDE);
        Picture(self.0.chunks(CELLS.0).flat_map(row).collect())
    }
}
